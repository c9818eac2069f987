//! What is asked for: bodies into types that cannot be wrong.

use serde_json::{Map, Value};
use vault::{
    AuthType, Change as VaultChange, Description, Endpoint, INTEGRATION_ID_CHARS_MAX,
    IntegrationId, METADATA_BYTES_MAX, Metadata, SCOPES_MAX, Scopes, SecretName,
    Switch as VaultSwitch,
};
use zeroize::Zeroizing;

use super::error::RezolveError;
use super::fields::{Fields, Given};
use crate::secret::{TOKEN_BYTES_MAX, Tokens};

/// Seconds after which a credential expires at most: a hundred years.
const EXPIRES_IN_MAX_S: u64 = 100 * 366 * 24 * 60 * 60;

const NAME: &str = "1 to 128 characters without control characters and outer spaces";
const DESCRIPTION: &str = "1 to 1024 characters without control characters";
const ENDPOINT: &str = "a URL of at most 2048 bytes that begins with https:// or http://";

/// A credential to be stored.
pub(super) struct StoreRequest {
    pub(super) integration: IntegrationId,
    pub(super) name: SecretName,
    pub(super) auth_type: AuthType,
    pub(super) description: Option<Description>,
    pub(super) expires_in_s: Option<u64>,
    pub(super) scopes: Scopes,
    pub(super) token_endpoint: Option<Endpoint>,
    pub(super) authorization_endpoint: Option<Endpoint>,
    pub(super) metadata: Metadata,
    pub(super) tokens: Tokens,
}

impl StoreRequest {
    pub(super) fn parse(mut body: Fields) -> Result<StoreRequest, RezolveError> {
        // Taken first: what holds secrets is wiped with the rest of the request.
        let tokens = Tokens {
            access: body
                .taken("accessToken", TOKEN_BYTES_MAX)
                .map(Zeroizing::new),
            refresh: body
                .taken("refreshToken", TOKEN_BYTES_MAX)
                .map(Zeroizing::new),
        };
        let integration = body.required("integrationId", &integration_form(), IntegrationId::parse);
        let name = body.required("credentialName", NAME, SecretName::parse);
        let auth_type = body.required("authType", &auth_types(), AuthType::parse);
        let description = body.optional("description", DESCRIPTION, Description::parse);
        let token_endpoint = body.optional("tokenEndpoint", ENDPOINT, Endpoint::parse);
        let authorization_endpoint =
            body.optional("authorizationEndpoint", ENDPOINT, Endpoint::parse);
        let expires_in_s = value(body.given("expiresIn", &seconds_form(), seconds));
        let scopes = value(body.given("scopes", &scopes_form(), scopes));
        let metadata = value(body.given("metadata", &metadata_form(), metadata));
        let required = integration.zip(name).zip(auth_type);
        let read = required.map(|((integration, name), auth_type)| StoreRequest {
            integration,
            name,
            auth_type,
            description,
            expires_in_s,
            scopes: scopes.unwrap_or_default(),
            token_endpoint,
            authorization_endpoint,
            metadata: metadata.unwrap_or_default(),
            tokens,
        });
        body.done(read)
    }
}

/// What is to be changed.
pub(super) fn change(mut body: Fields) -> Result<VaultChange, RezolveError> {
    let description = |value: &Value| Description::parse(value.as_str()?);
    let change = VaultChange {
        name: body.optional("credentialName", NAME, SecretName::parse),
        description: match body.given("description", DESCRIPTION, description) {
            Given::Absent => None,
            Given::Null => Some(None),
            Given::Value(text) => Some(Some(text)),
        },
        scopes: replaced(body.given("scopes", &scopes_form(), scopes)),
        metadata: replaced(body.given("metadata", &metadata_form(), metadata)),
        switch: body.optional("status", "active or inactive", |text| match text {
            "active" => Some(VaultSwitch::On),
            "inactive" => Some(VaultSwitch::Off),
            _ => None,
        }),
    };
    body.done(Some(change))
}

fn value<T>(given: Given<T>) -> Option<T> {
    match given {
        Given::Value(value) => Some(value),
        Given::Absent | Given::Null => None,
    }
}

/// `null` takes everything away.
fn replaced<T: Default>(given: Given<T>) -> Option<T> {
    match given {
        Given::Absent => None,
        Given::Null => Some(T::default()),
        Given::Value(value) => Some(value),
    }
}

fn seconds(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .filter(|seconds| (1..=EXPIRES_IN_MAX_S).contains(seconds))
}

fn scopes(value: &Value) -> Option<Scopes> {
    let texts: Option<Vec<String>> = value
        .as_array()?
        .iter()
        .map(|scope| scope.as_str().map(str::to_owned))
        .collect();
    Scopes::parse(texts?)
}

fn metadata(value: &Value) -> Option<Metadata> {
    let object: &Map<String, Value> = value.as_object()?;
    Metadata::parse(object.clone())
}

fn integration_form() -> String {
    format!("1 to {INTEGRATION_ID_CHARS_MAX} of A-Z a-z 0-9 . _ : -")
}

fn auth_types() -> String {
    let names: Vec<&str> = AuthType::ALL.iter().map(|kind| kind.as_str()).collect();
    format!("one of {}", names.join(", "))
}

fn seconds_form() -> String {
    format!("a number of seconds, 1 to {EXPIRES_IN_MAX_S}")
}

fn scopes_form() -> String {
    format!("a list of at most {SCOPES_MAX} different texts without spaces")
}

fn metadata_form() -> String {
    format!("an object of at most {METADATA_BYTES_MAX} bytes")
}
