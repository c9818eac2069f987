//! What this dialect answers.

use access::{
    Access, Assignment, IdentityError, Role, SigningChallenge, SigningCredential, TenantId, Token,
    kind_name,
};
use serde::Serialize;
use utoipa::ToSchema;

use clock::rfc3339_ms;

/// A success without more to say.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// `success`.
    pub message: &'static str,
}

impl Message {
    pub(super) const SUCCESS: Message = Message { message: "success" };
}

/// A challenge, and who may answer it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Challenge {
    /// Kinds of credentials that are taken.
    pub supported_credential_kinds: Vec<SupportedKind>,
    /// What has to be signed.
    pub challenge: String,
    /// Its id, to be sent back.
    pub challenge_identifier: String,
    /// Always empty: there is no other page to sign on.
    pub external_authentication_url: &'static str,
    /// `required`: an authenticator has to know its user.
    pub user_verification: &'static str,
    /// `none`.
    pub attestation: &'static str,
    /// For whom passkeys sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rp: Option<Party>,
    /// Credentials that may answer.
    pub allow_credentials: AllowedCredentials,
}

/// A kind of credential that is taken.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupportedKind {
    /// `Key` or `Fido2`.
    pub kind: &'static str,
    /// `first`.
    pub factor: &'static str,
    /// `false`.
    pub requires_second_factor: bool,
}

/// For whom passkeys sign.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Party {
    /// A domain name.
    pub id: String,
    /// A name for people.
    pub name: String,
}

/// Credentials that may answer a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllowedCredentials {
    /// Keys.
    pub key: Vec<AllowedCredential>,
    /// Passkeys.
    pub webauthn: Vec<AllowedCredential>,
}

/// A credential that may answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllowedCredential {
    /// `public-key`.
    pub r#type: &'static str,
    /// What its signer calls it.
    pub id: String,
}

impl Challenge {
    pub(super) fn of(challenge: SigningChallenge, rp: Option<Party>) -> Challenge {
        let kind = |kind| SupportedKind {
            kind,
            factor: "first",
            requires_second_factor: false,
        };
        let kinds = match &rp {
            Some(_) => vec![kind("Key"), kind("Fido2")],
            None => vec![kind("Key")],
        };
        Challenge {
            supported_credential_kinds: kinds,
            challenge: challenge.challenge,
            challenge_identifier: challenge.id.to_string(),
            external_authentication_url: "",
            user_verification: "required",
            attestation: "none",
            rp,
            allow_credentials: AllowedCredentials {
                key: allowed(challenge.keys),
                webauthn: allowed(challenge.passkeys),
            },
        }
    }
}

pub(super) fn allowed(ids: Vec<String>) -> Vec<AllowedCredential> {
    let one = |id| AllowedCredential {
        r#type: "public-key",
        id,
    };
    ids.into_iter().map(one).collect()
}

/// A signing credential.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownCredential {
    /// `Key` or `Fido2`.
    pub kind: &'static str,
    /// What its signer calls it.
    pub credential_id: String,
    /// By which it is managed.
    pub credential_uuid: String,
    /// When it was made.
    pub date_created: String,
    /// Whether it can sign.
    pub is_active: bool,
    /// A name for people.
    pub name: String,
    /// `SHA256:` and the hash of the public key (SPKI DER) in base64.
    pub public_key: String,
    /// For whom a passkey was made, or empty.
    pub relying_party_id: String,
    /// From which page, or empty.
    pub origin: String,
}

impl From<SigningCredential> for ShownCredential {
    fn from(credential: SigningCredential) -> ShownCredential {
        ShownCredential {
            kind: credential.kind.as_str(),
            credential_uuid: credential.id.to_string(),
            date_created: rfc3339_ms(credential.created_ms),
            is_active: credential.active,
            public_key: credential.fingerprint(),
            credential_id: credential.credential_id,
            name: credential.name,
            relying_party_id: credential.relying_party,
            origin: credential.origin,
        }
    }
}

/// The credentials of a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialList {
    /// The oldest first.
    pub items: Vec<ShownCredential>,
}

/// A personal access token. Has no `Debug`: once it holds the token's text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pat {
    /// Its text: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// When it was made.
    pub date_created: String,
    /// When it ends.
    pub date_expires: String,
    /// What the signer calls the key that came with it.
    pub cred_id: String,
    /// Whether it lets anybody in.
    pub is_active: bool,
    /// `Pat`.
    pub kind: &'static str,
    /// Whose it is.
    pub linked_user_id: String,
    /// Always empty.
    pub linked_app_id: &'static str,
    /// Its name.
    pub name: String,
    /// The tenant.
    pub org_id: String,
    /// What others call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What it may do, as far as its user may.
    pub permission_assignments: Vec<PermissionAssignment>,
    /// `SHA256:` and the hash of the public key (SPKI DER) in base64.
    pub public_key: String,
    /// Its id.
    pub token_id: String,
}

/// A permission that somebody has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionAssignment {
    /// The permission.
    pub permission_id: &'static str,
    /// Its name.
    pub permission_name: &'static str,
    /// Under which it was given to the user; empty where the token itself has it.
    pub assignment_id: String,
    /// What it allows.
    pub operations: Vec<&'static str>,
}

/// The personal access tokens of a user.
#[derive(Serialize, ToSchema)]
pub struct PatList {
    /// The oldest first.
    pub items: Vec<Pat>,
}

impl Pat {
    /// A token as it is shown. Without a permission of its own it has those of its user.
    pub(super) fn of(access: &Access, token: Token) -> Result<Pat, IdentityError> {
        let assignments = match token.role {
            Some(role) => vec![assignment(role, String::new())],
            None => {
                let all = access.assignments(&token.user)?;
                all.into_iter()
                    .map(|Assignment { id, role }| assignment(role, id.to_string()))
                    .collect()
            }
        };
        Ok(Pat::with(token, assignments))
    }

    fn with(token: Token, permission_assignments: Vec<PermissionAssignment>) -> Pat {
        let is_active = token.is_active();
        let (cred_id, public_key) = match token.key {
            Some(key) => (key.credential_id, key.fingerprint),
            None => Default::default(),
        };
        Pat {
            access_token: None,
            date_created: rfc3339_ms(token.created_ms),
            date_expires: rfc3339_ms(token.expires_ms),
            cred_id,
            is_active,
            kind: kind_name(token.kind),
            linked_user_id: token.user.to_string(),
            linked_app_id: "",
            name: token.name,
            org_id: TenantId::org_id(&token.tenant),
            external_id: token.external_id,
            permission_assignments,
            public_key,
            token_id: token.id.to_string(),
        }
    }
}

fn assignment(role: Role, assignment_id: String) -> PermissionAssignment {
    PermissionAssignment {
        permission_id: role.permission_id(),
        permission_name: role.name(),
        assignment_id,
        operations: role.rights().iter().map(|right| right.as_str()).collect(),
    }
}
