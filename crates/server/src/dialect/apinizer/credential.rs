//! Credentials as the contract shows and takes them.

use access::{
    Client, ClientDetails, ClientDraft, Field, FieldFault, Metadatum, PASSWORD_BYTES_MAX,
    PASSWORD_BYTES_MIN, Password, USERNAME_CHARS_MAX, Username,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::deploy::DeploymentResult;
use super::error::{ApinizerError, ValidationError};
use clock::rfc3339_ms;

/// A credential, as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// E-mail address.
    pub email: String,
    /// Name of who uses it.
    pub full_name: String,
    /// Description.
    pub description: String,
    /// Its name, unique over all projects.
    pub username: String,
    /// Always null: only a hash is kept.
    pub password: Option<String>,
    /// Names of roles.
    pub role_name_list: Vec<String>,
    /// Whether it may be used.
    pub enabled: bool,
    /// From where it may be used; empty: from anywhere.
    pub ip_list: Vec<String>,
    /// From when on it may not be used any more.
    pub expire_date: Option<String>,
    /// Further items; not there when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<MetadataItem>,
}

/// An item of metadata. It is never secret.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetadataItem {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
    /// Only `false`: secrets belong into the vault.
    #[serde(default, skip_serializing)]
    pub secret: bool,
    /// Only `false`: tokens are opaque.
    #[serde(default, skip_serializing)]
    pub include_in_jwt: bool,
    /// Only `false`.
    #[serde(default, skip_serializing)]
    pub include_in_token_response: bool,
    /// Only null.
    #[serde(default, skip_serializing)]
    pub jwt_claim_name: Option<String>,
}

/// A credential, as it is sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialInput {
    /// E-mail address.
    pub email: String,
    /// Name of who uses it.
    pub full_name: String,
    /// Description.
    #[serde(default)]
    pub description: Option<String>,
    /// Its name. Never changed.
    pub username: String,
    /// Its password. Needed to create; to update, null or absent leaves it as it is.
    #[serde(default, deserialize_with = "secret")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<Zeroizing<String>>,
    /// Names of roles.
    #[serde(default)]
    pub role_name_list: Option<Vec<String>>,
    /// Whether it may be used; yes by default.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// IP addresses and blocks from which it may be used; empty: from anywhere.
    #[serde(default)]
    pub ip_list: Option<Vec<String>>,
    /// From when on it may not be used any more (RFC 3339).
    #[serde(default)]
    pub expire_date: Option<String>,
    /// Further items.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataItem>>,
}

/// A new password. Other members are ignored.
#[derive(Deserialize, ToSchema)]
pub struct PasswordInput {
    /// The password.
    #[serde(deserialize_with = "needed_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: Zeroizing<String>,
}

/// Credentials of a project.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialList {
    /// Always true.
    pub success: bool,
    /// By username.
    pub result_list: Vec<Credential>,
}

/// One credential.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialAnswer {
    /// Always true.
    pub success: bool,
    /// The credential.
    pub result: Credential,
}

/// A change that is made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAnswer {
    /// The change is made. Always true: what is not made is an error.
    pub success: bool,
    /// How far it has come.
    pub deployment_result: DeploymentResult,
}

impl ChangeAnswer {
    pub(super) fn of(deployment_result: DeploymentResult) -> ChangeAnswer {
        ChangeAnswer {
            success: true,
            deployment_result,
        }
    }
}

impl From<Client> for Credential {
    fn from(client: Client) -> Credential {
        let details = &client.details;
        let item = |item: &Metadatum| MetadataItem {
            key: item.key.clone(),
            value: item.value.clone(),
            secret: false,
            include_in_jwt: false,
            include_in_token_response: false,
            jwt_claim_name: None,
        };
        Credential {
            email: details.email().to_owned(),
            full_name: details.full_name().to_owned(),
            description: details.description().to_owned(),
            username: client.username.as_str().to_owned(),
            password: None,
            role_name_list: details.roles().to_vec(),
            enabled: details.enabled(),
            ip_list: details.networks().iter().map(ToString::to_string).collect(),
            expire_date: details.expires_ms().map(rfc3339_ms),
            metadata: details.metadata().iter().map(item).collect(),
        }
    }
}

/// A credential that was sent, with every field as it can be.
pub(super) struct Parsed {
    pub(super) username: Username,
    pub(super) details: ClientDetails,
    pub(super) password: Option<Password>,
}

impl CredentialInput {
    /// Checks all fields, and names all that are wrong.
    pub(super) fn parse(self) -> Result<Parsed, ApinizerError> {
        let mut errors = Vec::new();
        let mut wrong = |field, message: String| errors.push(ValidationError { field, message });
        let username = Username::parse(&self.username);
        if username.is_none() {
            wrong(
                "username",
                format!("1 to {USERNAME_CHARS_MAX} of A-Z a-z 0-9 . _ @ + -"),
            );
        }
        let password = self.password.map(Password::parse);
        if matches!(password, Some(None)) {
            wrong("password", password_rule());
        }
        let expires_ms = self.expire_date.as_deref().map(instant_ms);
        if matches!(expires_ms, Some(None)) {
            wrong("expireDate", EXPIRE_RULE.into());
        }
        let metadata = self.metadata.unwrap_or_default();
        if metadata.iter().any(MetadataItem::asks_for_more) {
            wrong(
                "metadata",
                "items are neither secret nor part of tokens here: leave secret, includeInJwt and \
                 includeInTokenResponse false, and jwtClaimName null"
                    .into(),
            );
        }
        let draft = ClientDraft {
            email: self.email,
            full_name: self.full_name,
            description: self.description.unwrap_or_default(),
            enabled: self.enabled.unwrap_or(true),
            expires_ms: expires_ms.flatten(),
            networks: self.ip_list.unwrap_or_default(),
            roles: self.role_name_list.unwrap_or_default(),
            metadata: metadata.into_iter().map(MetadataItem::kept).collect(),
        };
        match (username, ClientDetails::parse(draft)) {
            (Some(username), Ok(details)) if errors.is_empty() => Ok(Parsed {
                username,
                details,
                password: password.flatten(),
            }),
            (_, details) => {
                errors.extend(
                    details
                        .err()
                        .into_iter()
                        .flatten()
                        .map(ValidationError::from),
                );
                Err(ApinizerError::Invalid(errors))
            }
        }
    }
}

/// What a password must be.
pub(super) fn password_rule() -> String {
    format!("{PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes without control characters")
}

const EXPIRE_RULE: &str = "give a time such as 2026-12-31T23:59:59.000Z, or null";

/// A time (RFC 3339) in Unix milliseconds.
pub(super) fn instant_ms(text: &str) -> Option<u64> {
    const CHARS_MAX: usize = 64;
    let time: jiff::Timestamp = text.get(..text.len().min(CHARS_MAX + 1))?.parse().ok()?;
    u64::try_from(time.as_millisecond()).ok()
}

impl MetadataItem {
    fn asks_for_more(&self) -> bool {
        self.secret
            || self.include_in_jwt
            || self.include_in_token_response
            || self.jwt_claim_name.is_some()
    }

    fn kept(self) -> Metadatum {
        Metadatum {
            key: self.key,
            value: self.value,
        }
    }
}

impl From<FieldFault> for ValidationError {
    fn from(fault: FieldFault) -> ValidationError {
        let field = match fault.field {
            Field::Email => "email",
            Field::FullName => "fullName",
            Field::Description => "description",
            Field::Networks => "ipList",
            Field::Roles => "roleNameList",
            Field::Metadata => "metadata",
        };
        ValidationError {
            field,
            message: fault.message,
        }
    }
}

fn secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Zeroizing<String>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Zeroizing::new))
}

fn needed_secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(value: Value) -> Result<Parsed, ApinizerError> {
        serde_json::from_value::<CredentialInput>(value)
            .unwrap()
            .parse()
    }

    #[test]
    fn all_wrong_fields_are_named_at_once() {
        let wrong = json!({
            "email": "x", "fullName": "", "username": "a b", "password": "short", "expireDate": "tomorrow",
            "ipList": ["10.0.0.0/40"], "roleNameList": [""], "metadata": [{"key": "a", "secret": true}],
            "description": "x".repeat(1025),
        });
        let Err(ApinizerError::Invalid(errors)) = parse(wrong) else {
            panic!("accepted");
        };
        let mut fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        fields.sort_unstable();
        let all = [
            "description",
            "email",
            "expireDate",
            "fullName",
            "ipList",
            "metadata",
            "password",
            "roleNameList",
            "username",
        ];
        assert_eq!(fields, all);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let parsed = parse(json!({"email": "a@b", "fullName": "A", "username": "a"})).unwrap();
        assert!(parsed.details.enabled() && parsed.password.is_none());
        assert_eq!(parsed.details.expires_ms(), None);
    }

    #[test]
    fn times_are_exact() {
        assert_eq!(
            instant_ms("2024-12-31T23:59:59.000Z"),
            Some(1_735_689_599_000)
        );
        assert_eq!(instant_ms("2024-12-31T23:59:59Z"), Some(1_735_689_599_000));
        assert_eq!(instant_ms("2024-12-31"), None);
        assert_eq!(instant_ms(&"ä".repeat(100)), None);
    }
}
