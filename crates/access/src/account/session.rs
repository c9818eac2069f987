//! Logging in: a session for the user who answers a challenge with an active credential. Logging out.

use audit::{Action, Actor, Attribution, Entry, Event, append};
use rusqlite::Connection;

use crate::caller::{Caller, TokenKind};
use crate::challenge::{PendingLogin, random_challenge};
use crate::credential::{
    self, Assertion, CredentialKind, SigningChallenge, SigningCredential, ids,
};
use crate::error::{ActionError, IdentityError};
use crate::token::{self, AccessToken, Token};
use crate::user::{self, User, UserKind};
use crate::{Access, ChallengeId, TenantId, UserId};

impl Access {
    /// A challenge for logging in. A user who cannot log in, or does not exist, gets one as well; it has no answer.
    pub fn begin_login(&self, org: &str, username: &str) -> Result<SigningChallenge, ActionError> {
        let (id, challenge) = (ChallengeId::generate()?, random_challenge()?);
        let Some((user, credentials)) = self.who_logs_in(org, username)? else {
            return Ok(SigningChallenge {
                id,
                challenge,
                keys: vec![self.challenges.made_up_credential_id(org, username)],
                passkeys: Vec::new(),
            });
        };
        let login = PendingLogin {
            tenant: user.tenant,
            user: user.id,
            challenge: challenge.clone(),
        };
        self.challenges.put_login(&id, login)?;
        Ok(SigningChallenge {
            id,
            challenge,
            keys: ids(&credentials, CredentialKind::Key),
            passkeys: ids(&credentials, CredentialKind::Fido2),
        })
    }

    /// Opens a session. The challenge is used up, whether the answer is right or wrong.
    pub async fn finish_login(
        &self,
        challenge: &ChallengeId,
        assertion: &Assertion,
        by: &Attribution,
    ) -> Result<(Token, AccessToken), IdentityError> {
        let login = self.challenges.take_login(challenge)?;
        let allowed = self
            .store
            .read(|connection| active(connection, &login.user))?;
        let credential = self
            .check_assertion(&login.challenge, allowed, assertion)
            .await?;
        let by = Attribution {
            actor: Actor::User {
                user: login.user.clone(),
                token: None,
            },
            ..by.clone()
        };
        let life_ms = self.challenges.settings.session_ms;
        let open = move |connection: &Connection| -> Result<_, IdentityError> {
            let user = user::of_tenant(connection, &login.tenant, &login.user)?;
            let active = credential::is_active(connection, &credential.id, credential.generation)?;
            if !user.active || !active {
                return Err(IdentityError::NotApproved(ActionError::Withdrawn));
            }
            let owner = (&login.tenant, &login.user);
            token::open_session(connection, owner, &credential.id, life_ms, &by)
        };
        self.store.write(open).await
    }

    /// Ends a session for good, if it is one. `None`: it was over.
    pub async fn close_session(
        &self,
        caller: &Caller,
        by: &Attribution,
    ) -> Result<Option<Entry>, IdentityError> {
        let (caller, by) = (caller.clone(), by.clone());
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
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
        self.store.write(change).await
    }

    /// The person and its credentials, if it can log in.
    fn who_logs_in(
        &self,
        org: &str,
        username: &str,
    ) -> Result<Option<(User, Vec<SigningCredential>)>, ActionError> {
        let Some(tenant) = TenantId::parse_org_id(org) else {
            return Ok(None);
        };
        let user = match self.user(&tenant, username) {
            Ok(user) => user,
            Err(IdentityError::NotFound(_)) => return Ok(None),
            Err(IdentityError::Access(error)) => return Err(error.into()),
            Err(_) => return Err(ActionError::Credential),
        };
        let revoked = self
            .tenant(&tenant)?
            .is_none_or(|tenant| tenant.revoked_ms.is_some());
        if revoked || !user.active || user.kind != UserKind::Person {
            return Ok(None);
        }
        let credentials = self.store.read(|connection| active(connection, &user.id))?;
        Ok((!credentials.is_empty()).then_some((user, credentials)))
    }
}

fn active(
    connection: &Connection,
    user: &UserId,
) -> Result<Vec<SigningCredential>, rusqlite::Error> {
    let all = credential::of_user(connection, user)?;
    Ok(all.into_iter().filter(|one| one.active).collect())
}
