//! A long-lived token to be made, with the key that belongs to it.

use audit::{Action, Attribution, Entry, Event, append};
use clock::now_ms;
use rusqlite::Connection;

use super::{
    AccessToken, TOKEN_LIFE_MS_MAX, TOKENS_PER_USER_MAX, Token, TokenKey, TokenState, insert,
    kind_name,
};
use crate::caller::TokenKind;
use crate::credential::{self, NewKey};
use crate::error::IdentityError;
use crate::key::{DigestName, VerifyingKey};
use crate::right::Role;
use crate::tenant::valid_name;
use crate::{ActionId, TenantId, TokenId, UserId};

/// A personal access token to be made.
#[derive(Debug)]
pub struct NewPat {
    /// Its name.
    pub name: String,
    /// The public key that its holder signs with.
    pub key: VerifyingKey,
    /// What it may do at most; without it, what its user may.
    pub role: Option<Role>,
    /// What others call it.
    pub external_id: Option<String>,
    /// How long it lives.
    pub life_ms: u64,
}

/// A long-lived token to be made.
pub(crate) struct NewToken {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) kind: TokenKind,
    pub(crate) pat: NewPat,
}

impl NewToken {
    pub(crate) fn insert(
        &self,
        connection: &Connection,
        approval: Option<&ActionId>,
        by: &Attribution,
    ) -> Result<(Token, AccessToken, Entry), IdentityError> {
        if !(1..=TOKEN_LIFE_MS_MAX).contains(&self.pat.life_ms) {
            return Err(IdentityError::Invalid(
                "a token lives for at least a second and at most 730 days".into(),
            ));
        }
        self.refuse_too_many(connection)?;
        let now = now_ms();
        let mut token = Token {
            id: TokenId::generate()?,
            tenant: self.tenant.clone(),
            user: self.user.clone(),
            kind: self.kind,
            name: valid_name(&self.pat.name)?,
            external_id: self
                .pat
                .external_id
                .as_deref()
                .map(valid_name)
                .transpose()?,
            role: self.pat.role,
            created_ms: now,
            expires_ms: now.saturating_add(self.pat.life_ms),
            state: TokenState::Active,
            key: None,
        };
        refuse_duplicate(connection, &self.user, &token.name)?;
        let text = insert(connection, &token, None)?;
        let key = NewKey {
            key: self.pat.key.clone(),
            digest: DigestName::Sha256,
            name: token.name.clone(),
            credential_id: credential::fresh_credential_id()?,
        };
        let owner = (&self.tenant, &self.user, Some(&token.id));
        token.key = Some(TokenKey::of(key.insert(connection, owner)?));
        let mut event = Event::new(Some(&self.tenant), Action::TokenCreate, token.id.as_str())
            .with("user", self.user.as_str())
            .with("kind", kind_name(self.kind))
            .with("name", token.name.as_str())
            .with("expiresMs", token.expires_ms);
        if let Some(key) = &token.key {
            event = event.with("publicKey", key.fingerprint.as_str());
        }
        if let Some(role) = token.role {
            event = event.with("role", role.name());
        }
        if let Some(approval) = approval {
            event = event.with("approval", approval.as_str());
        }
        let entry = append(connection, by, &event)?;
        Ok((token, text, entry))
    }

    fn refuse_too_many(&self, connection: &Connection) -> Result<(), IdentityError> {
        let count: usize = connection
            .prepare_cached("SELECT count(*) FROM tokens WHERE user = ?1 AND kind <> 'session'")?
            .query_row([self.user.as_str()], |row| row.get(0))?;
        if count < TOKENS_PER_USER_MAX {
            return Ok(());
        }
        Err(IdentityError::TooMany {
            what: "tokens of a user",
            max: TOKENS_PER_USER_MAX,
        })
    }
}

pub(crate) fn refuse_duplicate(
    connection: &Connection,
    user: &UserId,
    name: &str,
) -> Result<(), IdentityError> {
    let taken = connection
        .prepare_cached(
            "SELECT 1 FROM tokens WHERE user = ?1 AND name = ?2 AND kind <> 'session' AND state <> 'archived'",
        )?
        .exists([user.as_str(), name])?;
    if taken {
        return Err(IdentityError::Duplicate { what: "the name" });
    }
    Ok(())
}
