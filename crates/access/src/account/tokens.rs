//! Personal access tokens: listed, made, changed and switched by their users.

use audit::{Action, Attribution, Entry, Event, append};
use rusqlite::{Connection, params};

use crate::approval::Approval;
use crate::caller::{Caller, TokenKind};
use crate::error::{IdentityError, Thing};
use crate::tenant::valid_name;
use crate::token::{AccessToken, NewPat, NewToken, Token, TokenState, refuse_duplicate, rows};
use crate::{Access, TenantId, TokenId, UserId};

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
    /// On, as another generation: callers of before stay rejected.
    Activate,
    /// Off.
    Deactivate,
    /// Off for good.
    Archive,
}

impl Access {
    /// The personal access tokens of a user, oldest first, archived ones not.
    pub fn pats(&self, user: &UserId) -> Result<Vec<Token>, IdentityError> {
        let all = self
            .store
            .read(|connection| rows::of_user(connection, user, TokenKind::Pat))?;
        let shown = |token: &Token| token.state != TokenState::Archived;
        Ok(all.into_iter().filter(shown).collect())
    }

    /// A personal access token of a user, archived or not.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or those of the store.
    pub fn pat(&self, user: &UserId, id: &TokenId) -> Result<Token, IdentityError> {
        self.store
            .read(|connection| Ok(held(connection, user, id)))?
    }

    /// Makes a personal access token with its key. Its text is shown here and never again.
    pub async fn create_pat(
        &self,
        caller: &Caller,
        approval: &Approval,
        new: NewPat,
        by: &Attribution,
    ) -> Result<(Token, AccessToken, Entry), IdentityError> {
        let (tenant, user) = caller.user()?;
        let (caller, approval, by) = (caller.clone(), approval.clone(), by.clone());
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            approval.require(connection, &caller)?;
            let new = NewToken {
                tenant,
                user,
                kind: TokenKind::Pat,
                pat: new,
            };
            new.insert(connection, Some(approval.id()), &by)
        };
        self.store.write(change).await
    }

    /// Changes the names of a token. `None`: they are so already.
    pub async fn update_pat(
        &self,
        caller: &Caller,
        approval: &Approval,
        (id, update): (&TokenId, PatUpdate),
        by: &Attribution,
    ) -> Result<(Token, Option<Entry>), IdentityError> {
        let (tenant, user) = caller.user()?;
        let (caller, approval, by, id) = (caller.clone(), approval.clone(), by.clone(), id.clone());
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            approval.require(connection, &caller)?;
            let before = held(connection, &user, &id)?;
            if before.state == TokenState::Archived {
                return Err(IdentityError::Archived);
            }
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
        self.store.write(change).await
    }

    /// Switches a personal access token on, off, or off for good, and its key with it. `None`: nothing changed.
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
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            approval.require(connection, &caller)?;
            let token = held(connection, &user, &id)?;
            switch(connection, &tenant, token, to, (&approval, &by))
        };
        let changed = self.store.write(change).await;
        if matches!(&changed, Ok((_, Some(_)))) {
            self.challenges.void_token(&voided);
        }
        changed
    }
}

/// Switches a token and its key in one step.
fn switch(
    connection: &Connection,
    tenant: &TenantId,
    token: Token,
    to: TokenChange,
    (approval, by): (&Approval, &Attribution),
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
    let event = Event::new(Some(tenant), action, token.id.as_str())
        .with("approval", approval.id().as_str());
    let entry = append(connection, by, &event)?;
    Ok((Token { state, ..token }, Some(entry)))
}

fn held(connection: &Connection, user: &UserId, id: &TokenId) -> Result<Token, IdentityError> {
    rows::by_id(connection, user, id)?
        .filter(|token| token.kind == TokenKind::Pat)
        .ok_or(IdentityError::NotFound(Thing::Token))
}
