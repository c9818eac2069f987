//! Access tokens: sessions of people, their long-lived tokens, tokens of service accounts.

mod bearer;
mod new;
pub(crate) mod rows;
mod status;

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, params};

use crate::caller::TokenKind;
use crate::credential::SigningCredential;
use crate::error::IdentityError;
use crate::right::Role;
use crate::{CredentialId, TenantId, TokenId, UserId};

pub use bearer::{AccessToken, kind_name};
pub(crate) use bearer::{Claims, hash};
pub use new::NewPat;
pub(crate) use new::{NewToken, refuse_duplicate};
pub(crate) use status::{authenticate, rights, status};

/// Tokens of one user, archived ones included, sessions not.
pub const TOKENS_PER_USER_MAX: usize = 1000;
/// Sessions of one user at once; a further one ends the oldest.
pub const SESSIONS_PER_USER_MAX: usize = 64;
/// Longest life of a token: 730 days.
pub const TOKEN_LIFE_MS_MAX: u64 = 730 * 86_400_000;

/// What is known of an access token: everything but its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The id.
    pub id: TokenId,
    /// The tenant.
    pub tenant: TenantId,
    /// Whose.
    pub user: UserId,
    /// What it is for.
    pub kind: TokenKind,
    /// A name, unique among those of the user that are not archived.
    pub name: String,
    /// What others call it.
    pub external_id: Option<String>,
    /// What it may do at most; without it, what the user may.
    pub role: Option<Role>,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// When it ends.
    pub expires_ms: u64,
    /// Whether it is on.
    pub state: TokenState,
    /// The key that came with it. Sessions have none.
    pub key: Option<TokenKey>,
}

impl Token {
    /// Whether it authenticates.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == TokenState::Active && self.expires_ms > now_ms()
    }
}

/// Whether a token is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// On.
    Active,
    /// Off, until it is switched on.
    Inactive,
    /// Off for good.
    Archived,
}

/// The key that came with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// The credential.
    pub credential: CredentialId,
    /// What its signer calls it.
    pub credential_id: String,
    /// `SHA256:` and the hash of the public key.
    pub fingerprint: String,
}

impl TokenKey {
    fn of(credential: SigningCredential) -> TokenKey {
        TokenKey {
            fingerprint: credential.fingerprint(),
            credential: credential.id,
            credential_id: credential.credential_id,
        }
    }
}

/// Puts a token into the table and makes its text.
pub(crate) fn insert(
    connection: &Connection,
    token: &Token,
    opened_by: Option<&CredentialId>,
) -> Result<AccessToken, IdentityError> {
    let username: String = connection
        .prepare_cached("SELECT name FROM users WHERE id = ?1")?
        .query_row([token.user.as_str()], |row| row.get(0))?;
    let text = AccessToken::generate(&Claims {
        id: &token.id,
        tenant: &token.tenant,
        kind: token.kind,
        user: token.user.as_str(),
        username: &username,
        created_ms: token.created_ms,
        expires_ms: token.expires_ms,
    })?;
    let hash = hash(text.reveal())
        .ok_or_else(|| IdentityError::Invalid("the user's name is too long".into()))?;
    connection
        .prepare_cached(
            "INSERT INTO tokens (id, tenant, user, kind, name, external_id, role, secret_sha256, opened_by,
                                 created_ms, expires_ms, state, generation)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'active', 0)",
        )?
        .execute(params![
            token.id.as_str(),
            token.tenant.as_str(),
            token.user.as_str(),
            rows::kind_text(token.kind),
            token.name,
            token.external_id,
            token.role.map(Role::name),
            hash,
            opened_by.map(CredentialId::as_str),
            token.created_ms,
            token.expires_ms,
        ])?;
    Ok(text)
}

/// A session that a credential opens. Those that are over, and the oldest of too many, make room.
pub(crate) fn open_session(
    connection: &Connection,
    (tenant, user): (&TenantId, &UserId),
    opened_by: &CredentialId,
    life_ms: u64,
    by: &Attribution,
) -> Result<(Token, AccessToken), IdentityError> {
    let now = now_ms();
    connection
        .prepare_cached(
            "DELETE FROM tokens WHERE user = ?1 AND kind = 'session' AND (expires_ms <= ?2 OR state = 'archived')",
        )?
        .execute(params![user.as_str(), now])?;
    connection
        .prepare_cached(
            "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE user = ?1 AND kind = 'session'
             ORDER BY created_ms DESC, id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![user.as_str(), SESSIONS_PER_USER_MAX - 1])?;
    let token = Token {
        id: TokenId::generate()?,
        tenant: tenant.clone(),
        user: user.clone(),
        kind: TokenKind::Session,
        name: String::new(),
        external_id: None,
        role: None,
        created_ms: now,
        expires_ms: now.saturating_add(life_ms),
        state: TokenState::Active,
        key: None,
    };
    let text = insert(connection, &token, Some(opened_by))?;
    let event = Event::new(Some(tenant), Action::SessionOpen, token.id.as_str())
        .with("user", user.as_str())
        .with("credential", opened_by.as_str());
    append(connection, by, &event)?;
    Ok((token, text))
}

/// Ends every session of a user for good.
pub(crate) fn end_sessions(
    connection: &Connection,
    user: &UserId,
) -> Result<usize, rusqlite::Error> {
    connection
        .prepare_cached(
            "UPDATE tokens SET state = 'archived' WHERE user = ?1 AND kind = 'session' AND state <> 'archived'",
        )?
        .execute([user.as_str()])
}

/// Ends the sessions that a credential opened, but for the one that asks, which is its own from now on.
pub(crate) fn end_sessions_of(
    connection: &Connection,
    credential: &CredentialId,
    but: &TokenId,
) -> Result<usize, rusqlite::Error> {
    connection
        .prepare_cached("UPDATE tokens SET opened_by = NULL WHERE opened_by = ?1 AND id = ?2")?
        .execute(params![credential.as_str(), but.as_str()])?;
    connection
        .prepare_cached(
            "UPDATE tokens SET state = 'archived', generation = generation + 1
             WHERE opened_by = ?1 AND kind = 'session' AND state <> 'archived'",
        )?
        .execute([credential.as_str()])
}

/// A next generation of everything a user has: what was let in before is refused at its next check.
pub(crate) fn outdate_all(connection: &Connection, user: &UserId) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("UPDATE tokens SET generation = generation + 1 WHERE user = ?1")?
        .execute([user.as_str()])?;
    Ok(())
}
