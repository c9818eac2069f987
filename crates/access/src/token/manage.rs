//! What people do with their tokens. Every change needs an approval that still stands when it is made.

use rusqlite::{Connection, OptionalExtension, params};

use super::{AccessToken, TOKEN_LIFE_MS_MAX, TOKENS_PER_USER_MAX, Token, TokenState, insert, rows};
use crate::audit::{Action, Attribution, Entry, Event, append};
use crate::caller::Caller;
use crate::credential::{self, DigestName, NewKey, VerifyingKey};
use crate::identity_error::{IdentityError, Thing};
use crate::tenant::{now_ms, valid_name};
use crate::user_action::Approval;
use crate::{Access, Role, TenantId, TokenId, TokenKind, UserId};

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

/// What may change in a token.
#[derive(Debug, Clone, Default)]
pub struct PatUpdate {
    /// Another name.
    pub name: Option<String>,
    /// Another name that others use.
    pub external_id: Option<String>,
}

/// What can be done with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenChange {
    /// On, as another generation: what was let in before is not let in again.
    Activate,
    /// Off.
    Deactivate,
    /// Off for good.
    Archive,
}

impl Access {
    /// The personal access tokens of a user, oldest first, archived ones not.
    ///
    /// # Errors
    /// Those of the store.
    pub fn pats(&self, user: &UserId) -> Result<Vec<Token>, IdentityError> {
        let all = self
            .store
            .read(|connection| rows::of_user(connection, user, TokenKind::Pat))?;
        let shown = |token: &Token| token.state != TokenState::Archived;
        Ok(all.into_iter().filter(shown).collect())
    }

    /// The tokens of a service account, oldest first, archived ones too.
    ///
    /// # Errors
    /// Those of the store.
    pub fn service_account_tokens(&self, user: &UserId) -> Result<Vec<Token>, IdentityError> {
        let all = self
            .store
            .read(|connection| rows::of_user(connection, user, TokenKind::ServiceAccount));
        Ok(all?)
    }

    /// A personal access token of a user, archived or not.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or those of the store.
    pub fn pat(&self, user: &UserId, id: &TokenId) -> Result<Token, IdentityError> {
        self.store
            .read(|connection| rows::by_id(connection, user, id))?
            .filter(|token| token.kind == TokenKind::Pat)
            .ok_or(IdentityError::NotFound(Thing::Token))
    }

    /// Makes a personal access token with its key. Its text is shown here and never again.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn create_pat(
        &self,
        caller: &Caller,
        approval: &Approval,
        new: NewPat,
        by: &Attribution,
    ) -> Result<(Token, AccessToken, Entry), IdentityError> {
        let (tenant, user) = caller.user()?;
        let (caller, approval, by) = (caller.clone(), approval.clone(), by.clone());
        let change = move |connection: &Connection| {
            approval.require(connection, &caller)?;
            let new = NewToken {
                tenant,
                user,
                kind: TokenKind::Pat,
                pat: new,
            };
            new.insert(connection, Some(&approval), &by)
        };
        self.store.write(change).await.map_err(IdentityError::from)
    }

    /// Changes the names of a token. `None`: they are so already.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn update_pat(
        &self,
        caller: &Caller,
        approval: &Approval,
        (id, update): (&TokenId, PatUpdate),
        by: &Attribution,
    ) -> Result<(Token, Option<Entry>), IdentityError> {
        let (tenant, user) = caller.user()?;
        let (caller, approval, by, id) = (caller.clone(), approval.clone(), by.clone(), id.clone());
        let change = move |connection: &Connection| {
            approval.require(connection, &caller)?;
            let before = changeable(connection, &user, &id)?;
            let mut after = before.clone();
            if let Some(name) = &update.name {
                after.name = valid_name(name)?;
            }
            if let Some(external_id) = &update.external_id {
                after.external_id = Some(valid_name(external_id)?);
            }
            if after == before {
                return Ok((before, None));
            }
            if after.name != before.name {
                refuse_duplicate(connection, &user, &after.name)?;
            }
            connection
                .prepare_cached("UPDATE tokens SET name = ?2, external_id = ?3 WHERE id = ?1")?
                .execute(params![id.as_str(), after.name, after.external_id])?;
            let event = Event::new(Some(&tenant), Action::TokenUpdate, id.as_str())
                .with("approval", approval.id().as_str())
                .with("name", after.name.as_str());
            Ok((after, Some(append(connection, &by, &event)?)))
        };
        self.store.write(change).await.map_err(IdentityError::from)
    }

    /// Switches a personal access token on, off, or off for good, and its key with it. `None`: it was so already.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn change_pat(
        &self,
        caller: &Caller,
        approval: &Approval,
        (id, to): (&TokenId, TokenChange),
        by: &Attribution,
    ) -> Result<(Token, Option<Entry>), IdentityError> {
        let (tenant, user) = caller.user()?;
        let (caller, approval, by, id) = (caller.clone(), approval.clone(), by.clone(), id.clone());
        let voided = id.clone();
        let change = move |connection: &Connection| {
            approval.require(connection, &caller)?;
            let token = rows::by_id(connection, &user, &id)?
                .filter(|token| token.kind == TokenKind::Pat)
                .ok_or(IdentityError::NotFound(Thing::Token))?;
            switch(connection, &tenant, token, to, (Some(&approval), &by))
        };
        let changed = self.store.write(change).await.map_err(IdentityError::from);
        if matches!(&changed, Ok((_, Some(_)))) {
            self.ceremonies.void_token(&voided);
        }
        changed
    }

    /// Ends a session for good, if it is one. `None`: it was over.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn close_session(
        &self,
        caller: &Caller,
        by: &Attribution,
    ) -> Result<Option<Entry>, IdentityError> {
        let (caller, by) = (caller.clone(), by.clone());
        let change = move |connection: &Connection| {
            let Some(token) = caller.token_of(TokenKind::Session) else {
                return Ok(None);
            };
            let ended = connection
                .prepare_cached(
                    "UPDATE tokens SET state = 'archived', generation = generation + 1
                     WHERE id = ?1 AND kind = 'session' AND state <> 'archived'",
                )?
                .execute([token.as_str()])?;
            if ended == 0 {
                return Ok(None);
            }
            let event = Event::new(Some(&caller.tenant), Action::SessionClose, token.as_str());
            Ok(Some(append(connection, &by, &event)?))
        };
        self.store.write(change).await.map_err(IdentityError::from)
    }
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
        approval: Option<&Approval>,
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
        token.key = Some(key.insert(connection, owner)?.of_token());
        let mut event = Event::new(Some(&self.tenant), Action::TokenCreate, token.id.as_str())
            .with("user", self.user.as_str())
            .with("kind", super::kind_name(self.kind))
            .with("name", token.name.as_str())
            .with("expiresMs", token.expires_ms);
        if let Some(key) = &token.key {
            event = event.with("publicKey", key.fingerprint.as_str());
        }
        if let Some(role) = token.role {
            event = event.with("role", role.name());
        }
        if let Some(approval) = approval {
            event = event.with("approval", approval.id().as_str());
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

/// Switches a token and its key in one step.
fn switch(
    connection: &Connection,
    tenant: &TenantId,
    token: Token,
    to: TokenChange,
    (approval, by): (Option<&Approval>, &Attribution),
) -> Result<(Token, Option<Entry>), IdentityError> {
    let (state, name, action) = match to {
        TokenChange::Activate => (TokenState::Active, "active", Action::TokenActivate),
        TokenChange::Deactivate => (TokenState::Inactive, "inactive", Action::TokenDeactivate),
        TokenChange::Archive => (TokenState::Archived, "archived", Action::TokenArchive),
    };
    if token.state == state || (token.state, to) == (TokenState::Archived, TokenChange::Deactivate)
    {
        return Ok((token, None));
    }
    if token.state == TokenState::Archived {
        return Err(IdentityError::Archived);
    }
    connection
        .prepare_cached("UPDATE tokens SET state = ?2, generation = generation + 1 WHERE id = ?1")?
        .execute(params![token.id.as_str(), name])?;
    connection
        .prepare_cached(
            "UPDATE credentials SET active = ?2, generation = generation + 1 WHERE token = ?1",
        )?
        .execute(params![token.id.as_str(), state == TokenState::Active])?;
    let mut event = Event::new(Some(tenant), action, token.id.as_str());
    if let Some(approval) = approval {
        event = event.with("approval", approval.id().as_str());
    }
    let entry = append(connection, by, &event)?;
    Ok((Token { state, ..token }, Some(entry)))
}

fn changeable(
    connection: &Connection,
    user: &UserId,
    id: &TokenId,
) -> Result<Token, IdentityError> {
    let token = rows::by_id(connection, user, id)?
        .filter(|token| token.kind == TokenKind::Pat)
        .ok_or(IdentityError::NotFound(Thing::Token))?;
    match token.state {
        TokenState::Archived => Err(IdentityError::Archived),
        TokenState::Active | TokenState::Inactive => Ok(token),
    }
}

fn refuse_duplicate(
    connection: &Connection,
    user: &UserId,
    name: &str,
) -> Result<(), IdentityError> {
    let taken = connection
        .prepare_cached(
            "SELECT 1 FROM tokens WHERE user = ?1 AND name = ?2 AND kind <> 'session' AND state <> 'archived'",
        )?
        .query_row([user.as_str(), name], |_| Ok(()))
        .optional()?;
    match taken {
        None => Ok(()),
        Some(()) => Err(IdentityError::Duplicate { what: "the name" }),
    }
}
