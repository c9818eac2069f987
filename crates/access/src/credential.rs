//! Signing credentials: public keys of users, by which they log in and approve.

mod assertion;
mod client_data;
mod key_proof;
mod webauthn;

use audit::{Action, Event};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use clock::now_ms;
use rusqlite::{Connection, Row, params};
use sha2::{Digest, Sha256};

use crate::error::{AccessError, IdentityError};
use crate::key::{DigestName, VerifyingKey};
use crate::rows::parsed;
use crate::tenant::valid_name;
use crate::{CredentialId, TenantId, TokenId, UserId};

pub(crate) use assertion::ids;
pub use assertion::{Assertion, SigningChallenge};
pub(crate) use key_proof::proven;
pub use webauthn::RelyingParty;
pub(crate) use webauthn::attested;

/// Credentials of one user, switched-off ones included, keys of tokens not.
pub const CREDENTIALS_PER_USER_MAX: usize = 64;
/// Longest id that a signer may give its credential, in bytes: WebAuthn allows 1,023, in base64url.
const CREDENTIAL_ID_BYTES_MAX: usize = 1364;

const COLUMNS: &str =
    "id, tenant, user, kind, credential_id, name, public_key, digest, relying_party, origin,
    sign_count, created_ms, active, generation";

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// A key pair, for programs.
    Key,
    /// A passkey or security key (WebAuthn), for people.
    Fido2,
}

impl CredentialKind {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CredentialKind::Key => "Key",
            CredentialKind::Fido2 => "Fido2",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<CredentialKind> {
        match name {
            "Key" => Some(CredentialKind::Key),
            "Fido2" => Some(CredentialKind::Fido2),
            _ => None,
        }
    }
}

/// A signing credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningCredential {
    /// Its id, by which it is managed.
    pub id: CredentialId,
    /// The tenant.
    pub tenant: TenantId,
    /// Whose.
    pub user: UserId,
    /// What it is.
    pub kind: CredentialKind,
    /// What its signer calls it.
    pub credential_id: String,
    /// A name for people.
    pub name: String,
    /// The DER of its `SubjectPublicKeyInfo`.
    pub public_key: Vec<u8>,
    /// What is hashed before it signs, unless a signature says otherwise.
    pub digest: DigestName,
    /// For whom it was made: a domain name, or empty.
    pub relying_party: String,
    /// From which page it was made, or empty.
    pub origin: String,
    /// The counter of its authenticator.
    pub sign_count: u32,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// Whether it can sign.
    pub active: bool,
    /// Rises whenever it is switched on or off.
    pub(crate) generation: u64,
}

impl SigningCredential {
    /// `SHA256:` and the hash of the public key (SPKI DER).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_key)
    }
}

/// `SHA256:` and 43 characters of base64.
pub(crate) fn fingerprint(spki: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(spki)))
}

/// What a key is called that no signer has named: base64url of `ci-…`.
pub(crate) fn fresh_credential_id() -> Result<String, AccessError> {
    let id = CredentialId::generate()?;
    let name = id.as_str().replacen("cr-", "ci-", 1);
    Ok(URL_SAFE_NO_PAD.encode(name))
}

/// A key that is to become a credential.
pub(crate) struct NewKey {
    pub(crate) key: VerifyingKey,
    pub(crate) digest: DigestName,
    pub(crate) name: String,
    pub(crate) credential_id: String,
}

impl NewKey {
    pub(crate) fn insert(
        self,
        connection: &Connection,
        (tenant, user, token): (&TenantId, &UserId, Option<&TokenId>),
    ) -> Result<SigningCredential, IdentityError> {
        let credential = SigningCredential {
            id: CredentialId::generate()?,
            tenant: tenant.clone(),
            user: user.clone(),
            kind: CredentialKind::Key,
            credential_id: self.credential_id,
            name: valid_name(&self.name)?,
            public_key: self.key.to_spki()?,
            digest: self.digest,
            relying_party: String::new(),
            origin: String::new(),
            sign_count: 0,
            created_ms: now_ms(),
            active: true,
            generation: 0,
        };
        insert(connection, &credential, token)?;
        Ok(credential)
    }
}

/// The audit event of a new credential.
pub(crate) fn created(credential: &SigningCredential) -> Event {
    let action = Action::CredentialCreate;
    Event::new(Some(&credential.tenant), action, credential.id.as_str())
        .with("user", credential.user.as_str())
        .with("kind", credential.kind.as_str())
        .with("credentialId", credential.credential_id.as_str())
        .with("publicKey", fingerprint(&credential.public_key))
}

/// Puts a credential into the table, if its id is new to the user and its key to the tenant: a key that was switched
/// off must not come back under another name.
pub(crate) fn insert(
    connection: &Connection,
    credential: &SigningCredential,
    token: Option<&TokenId>,
) -> Result<(), IdentityError> {
    check_credential_id(&credential.credential_id)?;
    let same_id = connection
        .prepare_cached("SELECT 1 FROM credentials WHERE user = ?1 AND credential_id = ?2")?
        .exists([credential.user.as_str(), &credential.credential_id])?;
    let same_key = connection
        .prepare_cached("SELECT 1 FROM credentials WHERE tenant = ?1 AND public_key = ?2")?
        .exists(params![credential.tenant.as_str(), credential.public_key])?;
    let what = match (same_id, same_key) {
        (true, _) => Some("the credential id"),
        (false, true) => Some("the public key"),
        (false, false) => None,
    };
    if let Some(what) = what {
        return Err(IdentityError::Duplicate { what });
    }
    let sql = format!(
        "INSERT INTO credentials (token, {COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    connection.prepare_cached(&sql)?.execute(params![
        token.map(TokenId::as_str),
        credential.id.as_str(),
        credential.tenant.as_str(),
        credential.user.as_str(),
        credential.kind.as_str(),
        credential.credential_id,
        credential.name,
        credential.public_key,
        credential.digest.as_str(),
        credential.relying_party,
        credential.origin,
        credential.sign_count,
        credential.created_ms,
        credential.active,
        credential.generation,
    ])?;
    Ok(())
}

/// The credentials that people manage, oldest first.
pub(crate) fn of_user(
    connection: &Connection,
    user: &UserId,
) -> Result<Vec<SigningCredential>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM credentials WHERE user = ?1 AND token IS NULL ORDER BY created_ms, id"
    );
    connection
        .prepare_cached(&sql)?
        .query_map([user.as_str()], credential)?
        .collect()
}

/// The keys that came with a token: one.
pub(crate) fn of_token(
    connection: &Connection,
    token: &TokenId,
) -> Result<Vec<SigningCredential>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM credentials WHERE token = ?1");
    connection
        .prepare_cached(&sql)?
        .query_map([token.as_str()], credential)?
        .collect()
}

/// Whether a credential is on, in this generation.
pub(crate) fn is_active(
    connection: &Connection,
    id: &CredentialId,
    generation: u64,
) -> Result<bool, rusqlite::Error> {
    connection
        .prepare_cached("SELECT 1 FROM credentials WHERE id = ?1 AND generation = ?2 AND active")?
        .exists(params![id.as_str(), generation])
}

/// Moves an authenticator's counter on; whether it moved. One that never counts stays at 0.
pub(crate) fn count_signature(
    connection: &Connection,
    id: &CredentialId,
    sign_count: u32,
) -> Result<bool, rusqlite::Error> {
    let moved = connection
        .prepare_cached(
            "UPDATE credentials SET sign_count = ?2
             WHERE id = ?1 AND active AND (sign_count < ?2 OR (sign_count = 0 AND ?2 = 0))",
        )?
        .execute(params![id.as_str(), sign_count])?;
    Ok(moved == 1)
}

/// A next generation of all credentials of a user: nothing that they signed before counts any more.
pub(crate) fn outdate_all(connection: &Connection, user: &UserId) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("UPDATE credentials SET generation = generation + 1 WHERE user = ?1")?
        .execute([user.as_str()])?;
    Ok(())
}

fn check_credential_id(id: &str) -> Result<(), IdentityError> {
    let fits = (1..=CREDENTIAL_ID_BYTES_MAX).contains(&id.len());
    if fits && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(IdentityError::Invalid(format!(
        "credId should have 1 to {CREDENTIAL_ID_BYTES_MAX} printable ASCII characters without spaces"
    )))
}

fn credential(row: &Row<'_>) -> Result<SigningCredential, rusqlite::Error> {
    Ok(SigningCredential {
        id: row.get(0)?,
        tenant: row.get(1)?,
        user: row.get(2)?,
        kind: parsed(row, 3, CredentialKind::parse)?,
        credential_id: row.get(4)?,
        name: row.get(5)?,
        public_key: row.get(6)?,
        digest: parsed(row, 7, |name| DigestName::parse(name).ok())?,
        relying_party: row.get(8)?,
        origin: row.get(9)?,
        sign_count: row.get(10)?,
        created_ms: row.get(11)?,
        active: row.get(12)?,
        generation: row.get(13)?,
    })
}
