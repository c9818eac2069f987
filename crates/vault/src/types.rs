//! What the vault is made of. Each type is parsed once, and cannot be wrong afterwards.

use std::fmt;

use access::Person;
use audit::TenantId;
use serde_json::{Map, Value};
use uuid::Uuid;

/// Characters of an integration's id.
pub const INTEGRATION_ID_CHARS_MAX: usize = 128;
/// Scopes of one credential.
pub const SCOPES_MAX: usize = 64;
/// Bytes of a credential's metadata, as JSON.
pub const METADATA_BYTES_MAX: usize = 16 << 10;
/// Credentials of one tenant that are not deleted.
pub const SECRETS_MAX: usize = 1_000;

const SCOPE_CHARS_MAX: usize = 128;
const NAME_CHARS_MAX: usize = 128;
const DESCRIPTION_CHARS_MAX: usize = 1_024;
const ENDPOINT_BYTES_MAX: usize = 2_048;
/// What stands before the UUID of a credential in the published contract.
const PREFIX: &str = "cred-";

/// The id of a vault credential: a UUID, shown as `cred-` and the UUID.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId(pub(crate) String);

impl SecretId {
    /// The id in a text, with or without `cred-`; `None` when the rest is not a UUID with hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<SecretId> {
        let uuid = text.strip_prefix(PREFIX).unwrap_or(text);
        let uuid = Uuid::try_parse(uuid).ok().filter(|_| uuid.len() == 36)?;
        Some(SecretId(uuid.hyphenated().to_string()))
    }

    /// A new id (RFC 9562, version 4).
    ///
    /// # Errors
    /// [`access::AccessError::NoRandomness`].
    pub fn generate() -> Result<SecretId, access::AccessError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(access::AccessError::NoRandomness)?;
        let uuid = uuid::Builder::from_random_bytes(random).into_uuid();
        Ok(SecretId(uuid.hyphenated().to_string()))
    }

    /// The UUID alone, in lower case.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

/// The id of an integration: 1 to [`INTEGRATION_ID_CHARS_MAX`] of `A-Z a-z 0-9 . _ : -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntegrationId(pub(crate) String);

impl IntegrationId {
    /// The id in a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<IntegrationId> {
        let clean =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        let fits = (1..=INTEGRATION_ID_CHARS_MAX).contains(&text.len());
        (fits && text.bytes().all(clean)).then(|| IntegrationId(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IntegrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! auth_types {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// How the secret is presented to the other system.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuthType {
            $($(#[$doc])* $name,)*
        }

        impl AuthType {
            /// All of them.
            pub const ALL: &[AuthType] = &[$(AuthType::$name,)*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(AuthType::$name => $wire,)* }
            }

            /// The one with this name.
            #[must_use]
            pub fn parse(text: &str) -> Option<AuthType> {
                match text { $($wire => Some(AuthType::$name),)* _ => None }
            }
        }
    };
}

auth_types! {
    /// A bearer token of OAuth 2.
    Oauth2Bearer = "oauth2_bearer",
    /// A client id and secret that are exchanged for tokens.
    Oauth2ClientCredentials = "oauth2_client_credentials",
    /// A key in a header.
    ApiKey = "api_key",
    /// A user name and a password (RFC 7617).
    BasicAuth = "basic_auth",
    /// Any other bearer token.
    BearerToken = "bearer_token",
    /// A signed token that is shown as a bearer token.
    Jwt = "jwt",
    /// A SAML assertion.
    Saml = "saml",
    /// Anything else.
    Custom = "custom",
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The value in a text; `None` when it does not fit.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                let check: fn(&str) -> bool = $check;
                check(text).then(|| $name(text.to_owned()))
            }

            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

texts! {
    /// The name of a credential: 1 to 128 characters without control characters and outer spaces.
    SecretName: |text| is_line(text, NAME_CHARS_MAX) && text.trim() == text;
    /// What a credential is for: 1 to 1,024 characters without control characters other than line feeds.
    Description: |text| {
        is_line(&text.replace('\n', " "), DESCRIPTION_CHARS_MAX)
    };
    /// A URL of the other system: `https://` or `http://`, at most 2,048 bytes of printable ASCII. Nothing goes there.
    Endpoint: |text| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let fits = text.len() <= ENDPOINT_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits && host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    };
}

fn is_line(text: &str, chars_max: usize) -> bool {
    let length_fits = (1..=chars_max).contains(&text.chars().take(chars_max + 1).count());
    length_fits && !text.chars().any(char::is_control)
}

/// What the secret may do at the other system: at most [`SCOPES_MAX`] different words of printable ASCII.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// The scopes in a list, in its order.
    #[must_use]
    pub fn parse(list: Vec<String>) -> Option<Scopes> {
        let word = |scope: &String| {
            (1..=SCOPE_CHARS_MAX).contains(&scope.len())
                && scope.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let distinct = |at: usize| !list[..at].contains(&list[at]);
        let fits =
            list.len() <= SCOPES_MAX && list.iter().all(word) && (0..list.len()).all(distinct);
        fits.then_some(Scopes(list))
    }

    /// The scopes.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

/// What its owner wants to remember of a credential: a JSON object of at most [`METADATA_BYTES_MAX`] bytes. No place
/// for secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The metadata in an object.
    #[must_use]
    pub fn parse(object: Map<String, Value>) -> Option<Metadata> {
        let metadata = Metadata(object);
        (metadata.to_json().len() <= METADATA_BYTES_MAX).then_some(metadata)
    }

    /// The object.
    #[must_use]
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// A sealed secret in its parts. Their meaning is known to the crate that sealed them.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedParts {
    /// The data key of this secret alone, itself sealed.
    pub wrapped_key: Vec<u8>,
    /// The nonce.
    pub nonce: Vec<u8>,
    /// The ciphertext.
    pub ciphertext: Vec<u8>,
}

/// The state of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretState {
    /// It can be used.
    Active,
    /// It was switched off, and can be switched on again.
    Inactive,
    /// Its time is over.
    Expired,
}

impl SecretState {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SecretState::Active => "active",
            SecretState::Inactive => "inactive",
            SecretState::Expired => "expired",
        }
    }
}

/// What is known of a credential that is not deleted: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSecret {
    /// Its id.
    pub id: SecretId,
    /// The tenant.
    pub tenant: TenantId,
    /// Under which integration it was stored.
    pub integration: IntegrationId,
    /// Its name, of its own within the integration.
    pub name: SecretName,
    /// How it is presented to the other system.
    pub auth_type: AuthType,
    /// What it is for.
    pub description: Option<Description>,
    /// What it may do there.
    pub scopes: Scopes,
    /// Where the other system gives tokens.
    pub token_endpoint: Option<Endpoint>,
    /// Where the other system asks its users.
    pub authorization_endpoint: Option<Endpoint>,
    /// What its owner wants to remember.
    pub metadata: Metadata,
    /// Whether it is switched on.
    pub switched_on: bool,
    /// When its time is over, Unix time in milliseconds.
    pub expires_ms: Option<u64>,
    /// When it was stored.
    pub created_ms: u64,
    /// By whom.
    pub created_by: Person,
    /// When it was last changed.
    pub updated_ms: u64,
    /// By whom.
    pub updated_by: Person,
    /// When its secret was last read.
    pub last_accessed_ms: Option<u64>,
    /// How often it was read. Uses by this server itself are not counted.
    pub access_count: u64,
}

impl VaultSecret {
    /// Its state at a time.
    #[must_use]
    pub fn state(&self, now_ms: u64) -> SecretState {
        match (self.switched_on, self.is_expired(now_ms)) {
            (false, _) => SecretState::Inactive,
            (true, true) => SecretState::Expired,
            (true, false) => SecretState::Active,
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_ms
            .is_some_and(|expires_ms| expires_ms <= now_ms)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::*;

    #[test]
    fn both_spellings_of_an_id_are_one_id() {
        let uuid = "550e8400-e29b-41d4-a716-446655440001";
        let id = SecretId::parse(uuid).unwrap();
        for text in [
            format!("cred-{uuid}"),
            uuid.to_uppercase(),
            format!("cred-{}", uuid.to_uppercase()),
        ] {
            assert_eq!(SecretId::parse(&text), Some(id.clone()), "{text}");
        }
        assert_eq!(id.to_string(), format!("cred-{uuid}"));
        for text in [
            "",
            "cred-",
            "cred-550e8400e29b41d4a716446655440001",
            "{550e8400-e29b-41d4-a716-446655440001}",
            "urn:uuid:550e8400-e29b-41d4-a716-446655440001",
            "CRED-550e8400-e29b-41d4-a716-446655440001",
            "cred-cred-550e8400-e29b-41d4-a716-446655440001",
            "550e8400-e29b-41d4-a716-44665544000g",
        ] {
            assert_eq!(SecretId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn values_that_do_not_fit_are_none() {
        assert!(IntegrationId::parse("servicenow-prod-001").is_some());
        for text in ["", "a b", "a/b", "ä", &"a".repeat(129)] {
            assert_eq!(IntegrationId::parse(text), None, "{text}");
        }
        for text in ["", " a", "a\n", &"a".repeat(129)] {
            assert_eq!(SecretName::parse(text), None, "{text}");
        }
        assert!(Description::parse("two\nlines").is_some());
        assert_eq!(Description::parse("bell\u{7}"), None);
        for (text, fits) in [
            ("https://a.example/token", true),
            ("http://a", true),
            ("https://", false),
            ("https:///x", false),
            ("ftp://a", false),
            ("https://a b", false),
        ] {
            assert_eq!(Endpoint::parse(text).is_some(), fits, "{text}");
        }
        let scopes = |list: &[&str]| Scopes::parse(list.iter().map(ToString::to_string).collect());
        assert!(scopes(&[]).is_some() && scopes(&["read", "write:all"]).is_some());
        for list in [&["read", "read"][..], &[""], &["a b"]] {
            assert_eq!(scopes(list), None, "{list:?}");
        }
        let object = |length: usize| {
            json!({"a": "x".repeat(length)})
                .as_object()
                .cloned()
                .unwrap()
        };
        assert!(Metadata::parse(object(METADATA_BYTES_MAX - 8)).is_some());
        assert!(Metadata::parse(object(METADATA_BYTES_MAX - 7)).is_none());
        for auth_type in AuthType::ALL {
            assert_eq!(AuthType::parse(auth_type.as_str()), Some(*auth_type));
        }
    }
}
