//! Answers: credentials as the contract shows them.

use access::{Person, Tenant};
use axum::Json;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use vault::{Changed as VaultChanged, Deleted, Details, SecretState, VaultSecret};
use zeroize::Zeroizing;

use crate::secret::Tokens;
use clock::rfc3339_ms;

/// The body of every success.
#[derive(Debug, Serialize, ToSchema)]
pub struct VaultAnswer<T> {
    /// `true`.
    pub success: bool,
    /// What was done.
    pub message: &'static str,
    /// What was asked for.
    pub data: T,
    /// When it was answered.
    pub timestamp: String,
}

impl<T> VaultAnswer<T> {
    pub(super) fn new(message: &'static str, data: T, at_ms: u64) -> Json<VaultAnswer<T>> {
        Json(VaultAnswer {
            success: true,
            message,
            data,
            timestamp: rfc3339_ms(at_ms),
        })
    }
}

/// Who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ShownPerson)]
pub struct PersonView {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address; empty where none is known.
    pub email: String,
}

/// The tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShownTenant)]
pub struct TenantView {
    /// Its UUID.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What every form of a credential has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownCredential)]
pub struct CredentialView {
    /// Its id: `cred-` and a UUID.
    pub id: String,
    /// Under which integration it was stored.
    pub integration_id: String,
    /// Its name.
    pub credential_name: String,
    /// How the other system is shown it.
    pub auth_type: &'static str,
    /// What it is for.
    pub description: Option<String>,
    /// What it may do there.
    pub scopes: Vec<String>,
    /// Where the other system gives tokens.
    pub token_endpoint: Option<String>,
    /// Where the other system asks its users.
    pub authorization_endpoint: Option<String>,
    /// What its owner wants to remember.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// `active`, `inactive` or `expired`.
    pub status: &'static str,
    /// When its time is over.
    pub expires_at: Option<String>,
    /// When it was stored.
    pub created_at: String,
    /// By whom.
    pub created_by: PersonView,
}

/// A credential that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredCredential {
    /// The credential.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// Whose it is.
    pub tenant: TenantView,
}

/// A credential with its secret. Has no `Debug`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevealedCredential {
    /// The credential.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// The access token.
    #[schema(value_type = Option<String>)]
    #[serde(serialize_with = "text")]
    pub access_token: Option<Zeroizing<String>>,
    /// The refresh token.
    #[schema(value_type = Option<String>)]
    #[serde(serialize_with = "text")]
    pub refresh_token: Option<Zeroizing<String>>,
    /// When it was last read: now.
    pub last_accessed_at: Option<String>,
}

/// A credential without its secret, and how it is used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailedCredential {
    /// The credential.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// Whether its time is over.
    pub is_expired: bool,
    /// How often somebody read it.
    pub access_count: u64,
    /// When somebody last did.
    pub last_accessed_at: Option<String>,
    /// When it was last changed.
    pub updated_at: String,
    /// By whom.
    pub updated_by: PersonView,
    /// How many integrations a deletion would stop now.
    pub integrations_affected: u32,
}

/// A credential that was changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedCredential {
    /// The credential.
    #[serde(flatten)]
    pub credential: CredentialView,
    /// When it was last changed.
    pub updated_at: String,
    /// By whom.
    pub updated_by: PersonView,
    /// What is different now: `{from, to}`, for scopes `{added, removed}`.
    #[schema(value_type = Object)]
    pub changes: Map<String, Value>,
    /// How many integrations use it.
    pub integrations_affected: u32,
}

/// A credential that was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedCredential {
    /// Its id.
    pub id: String,
    /// Under which integration it was stored.
    pub integration_id: String,
    /// Its name.
    pub credential_name: String,
    /// How the other system was shown it.
    pub auth_type: &'static str,
    /// `deleted`.
    pub status: &'static str,
    /// When it was deleted.
    pub deleted_at: String,
    /// By whom.
    pub deleted_by: PersonView,
    /// How many integrations used it. They have nothing to show any more.
    pub integrations_affected: u32,
}

impl CredentialView {
    fn at(credential: &VaultSecret, now_ms: u64) -> CredentialView {
        CredentialView {
            id: credential.id.to_string(),
            integration_id: credential.integration.to_string(),
            credential_name: credential.name.as_str().to_owned(),
            auth_type: credential.auth_type.as_str(),
            description: credential
                .description
                .as_ref()
                .map(|text| text.as_str().to_owned()),
            scopes: credential.scopes.as_slice().to_vec(),
            token_endpoint: credential
                .token_endpoint
                .as_ref()
                .map(|url| url.as_str().to_owned()),
            authorization_endpoint: credential
                .authorization_endpoint
                .as_ref()
                .map(|url| url.as_str().to_owned()),
            metadata: credential.metadata.as_object().clone(),
            status: credential.state(now_ms).as_str(),
            expires_at: credential.expires_ms.map(rfc3339_ms),
            created_at: rfc3339_ms(credential.created_ms),
            created_by: (&credential.created_by).into(),
        }
    }
}

impl StoredCredential {
    pub(super) fn new(credential: &VaultSecret, tenant: Tenant, now_ms: u64) -> Self {
        StoredCredential {
            credential: CredentialView::at(credential, now_ms),
            tenant: TenantView {
                id: tenant.id.to_string(),
                name: tenant.name,
            },
        }
    }
}

impl RevealedCredential {
    pub(super) fn new(credential: &VaultSecret, tokens: Tokens, now_ms: u64) -> Self {
        RevealedCredential {
            credential: CredentialView::at(credential, now_ms),
            access_token: tokens.access,
            refresh_token: tokens.refresh,
            last_accessed_at: credential.last_accessed_ms.map(rfc3339_ms),
        }
    }
}

impl DetailedCredential {
    pub(super) fn new(details: &Details, now_ms: u64) -> Self {
        let credential = &details.credential;
        DetailedCredential {
            credential: CredentialView::at(credential, now_ms),
            is_expired: credential.is_expired(now_ms),
            access_count: credential.access_count,
            last_accessed_at: credential.last_accessed_ms.map(rfc3339_ms),
            updated_at: rfc3339_ms(credential.updated_ms),
            updated_by: (&credential.updated_by).into(),
            integrations_affected: details.integrations_affected,
        }
    }
}

impl ChangedCredential {
    pub(super) fn new(changed: &VaultChanged, now_ms: u64) -> Self {
        let after = &changed.after;
        ChangedCredential {
            credential: CredentialView::at(after, now_ms),
            updated_at: rfc3339_ms(after.updated_ms),
            updated_by: (&after.updated_by).into(),
            changes: changes(changed),
            integrations_affected: changed.integrations_affected,
        }
    }
}

impl From<&Deleted> for DeletedCredential {
    fn from(deleted: &Deleted) -> DeletedCredential {
        DeletedCredential {
            id: deleted.id.to_string(),
            integration_id: deleted.integration.to_string(),
            credential_name: deleted.name.as_str().to_owned(),
            auth_type: deleted.auth_type.as_str(),
            status: "deleted",
            deleted_at: rfc3339_ms(deleted.deleted_ms),
            deleted_by: (&deleted.deleted_by).into(),
            integrations_affected: deleted.integrations_affected,
        }
    }
}

impl From<&Person> for PersonView {
    fn from(person: &Person) -> PersonView {
        PersonView {
            id: person.id.clone(),
            name: person.name.clone(),
            email: person.email.clone().unwrap_or_default(),
        }
    }
}

fn changes(changed: &VaultChanged) -> Map<String, Value> {
    let (before, after) = (&changed.before, &changed.after);
    let description = |credential: &VaultSecret| {
        let text = credential.description.as_ref();
        text.map(|text| text.as_str().to_owned())
    };
    let member = |name: &str| match name {
        "credentialName" => json!({"from": before.name.as_str(), "to": after.name.as_str()}),
        "description" => json!({"from": description(before), "to": description(after)}),
        "metadata" => {
            json!({"from": before.metadata.as_object(), "to": after.metadata.as_object()})
        }
        "scopes" => {
            let (old, new) = (before.scopes.as_slice(), after.scopes.as_slice());
            let only = |one: &[String], other: &[String]| -> Vec<String> {
                let own = one.iter().filter(|scope| !other.contains(scope));
                own.cloned().collect()
            };
            json!({"added": only(new, old), "removed": only(old, new)})
        }
        _ => json!({"from": switched(before), "to": switched(after)}),
    };
    let members = changed.members().into_iter();
    members
        .map(|name| (name.to_owned(), member(name)))
        .collect()
}

fn switched(credential: &VaultSecret) -> &'static str {
    if credential.switched_on {
        SecretState::Active.as_str()
    } else {
        SecretState::Inactive.as_str()
    }
}

fn text<S: serde::Serializer>(
    token: &Option<Zeroizing<String>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    token.as_deref().serialize(serializer)
}
