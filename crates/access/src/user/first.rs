//! The first user and the first service account: made on the server's machine, before any user can log in.

use audit::{Attribution, append};
use rusqlite::Connection;

use super::{NewUser, User, UserKind};
use crate::caller::TokenKind;
use crate::credential::{self, NewKey, SigningCredential};
use crate::error::{ActionError, IdentityError};
use crate::key::{DigestName, VerifyingKey};
use crate::right::Role;
use crate::token::{self, AccessToken, NewPat, NewToken, Token};
use crate::{Access, TenantId};

/// The public key of a signer.
#[derive(Debug)]
pub struct GivenKey {
    /// The key.
    pub key: VerifyingKey,
    /// What its signer calls it; without it, a fresh name.
    pub credential_id: Option<String>,
}

impl Access {
    /// Makes a person with a key to sign with, and opens a session for it. All of it, or nothing.
    pub async fn create_person(
        &self,
        tenant: &TenantId,
        (name, roles): (&str, &[Role]),
        key: GivenKey,
        by: &Attribution,
    ) -> Result<(User, SigningCredential, AccessToken), IdentityError> {
        let new = NewUser {
            tenant: tenant.clone(),
            kind: UserKind::Person,
            name: name.to_owned(),
            roles: roles.to_vec(),
        };
        let (by, life_ms) = (by.clone(), self.challenges.settings.session_ms);
        let key = key.named(name)?;
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            let user = new.insert(connection, &by)?;
            let credential = key.insert(connection, (&user.tenant, &user.id, None))?;
            append(connection, &by, &credential::created(&credential))?;
            let owner = (&user.tenant, &user.id);
            let (_, text) = token::open_session(connection, owner, &credential.id, life_ms, &by)?;
            Ok((user, credential, text))
        };
        self.store.write(change).await
    }

    /// Gives a person a further key, and opens a session with it: the way back in after the loss of all others.
    pub async fn add_key(
        &self,
        user: &User,
        key: GivenKey,
        by: &Attribution,
    ) -> Result<(SigningCredential, AccessToken), IdentityError> {
        if user.kind != UserKind::Person {
            return Err(IdentityError::NotApproved(ActionError::NotASigner));
        }
        let (user, by) = (user.clone(), by.clone());
        let life_ms = self.challenges.settings.session_ms;
        let key = key.named(&user.name)?;
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            let credential = key.insert(connection, (&user.tenant, &user.id, None))?;
            append(connection, &by, &credential::created(&credential))?;
            let owner = (&user.tenant, &user.id);
            let (_, text) = token::open_session(connection, owner, &credential.id, life_ms, &by)?;
            Ok((credential, text))
        };
        self.store.write(change).await
    }

    /// Makes a service account with a token and the key that belongs to it. All of it, or nothing.
    pub async fn create_service_account(
        &self,
        tenant: &TenantId,
        (name, roles): (&str, &[Role]),
        (key, life_ms): (VerifyingKey, u64),
        by: &Attribution,
    ) -> Result<(User, Token, AccessToken), IdentityError> {
        let new = NewUser {
            tenant: tenant.clone(),
            kind: UserKind::ServiceAccount,
            name: name.to_owned(),
            roles: roles.to_vec(),
        };
        let by = by.clone();
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            let user = new.insert(connection, &by)?;
            let pat = NewPat {
                name: user.name.clone(),
                key,
                role: None,
                external_id: None,
                life_ms,
            };
            let new = NewToken {
                tenant: user.tenant.clone(),
                user: user.id.clone(),
                kind: TokenKind::ServiceAccount,
                pat,
            };
            let (token, text, _) = new.insert(connection, None, &by)?;
            Ok((user, token, text))
        };
        self.store.write(change).await
    }
}

impl GivenKey {
    fn named(self, name: &str) -> Result<NewKey, IdentityError> {
        let credential_id = match self.credential_id {
            Some(id) => id,
            None => credential::fresh_credential_id()?,
        };
        Ok(NewKey {
            key: self.key,
            digest: DigestName::Sha256,
            name: name.to_owned(),
            credential_id,
        })
    }
}
