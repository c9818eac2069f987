//! Logging in: a session for whoever answers a challenge with an active credential.

use rusqlite::Connection;

use crate::audit::{Actor, Attribution};
use crate::ceremony::{PendingLogin, random_challenge};
use crate::credential::{self, Credential, CredentialKind};
use crate::identity_error::{ActionError, IdentityError};
use crate::user_action::{ActionChallenge, Assertion, ids};
use crate::{Access, AccessToken, ChallengeId, TenantId, Token, User, UserKind, token};

impl Access {
    /// A challenge for somebody who wants to log in. One who cannot gets one as well, which nobody can answer.
    ///
    /// # Errors
    /// [`ActionError`].
    pub fn begin_login(&self, org: &str, username: &str) -> Result<ActionChallenge, ActionError> {
        let (id, challenge) = (ChallengeId::generate()?, random_challenge()?);
        let Some((user, credentials)) = self.who_logs_in(org, username)? else {
            return Ok(ActionChallenge {
                id,
                challenge,
                keys: vec![self.ceremonies.made_up_credential_id(org, username)],
                passkeys: Vec::new(),
            });
        };
        let login = PendingLogin {
            tenant: user.tenant,
            user: user.id,
            challenge: challenge.clone(),
        };
        self.ceremonies.put_login(&id, login)?;
        Ok(ActionChallenge {
            id,
            challenge,
            keys: ids(&credentials, CredentialKind::Key),
            passkeys: ids(&credentials, CredentialKind::Fido2),
        })
    }

    /// Opens a session. The challenge is used up, whether the answer is right or wrong.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub async fn finish_login(
        &self,
        challenge: &ChallengeId,
        assertion: &Assertion,
        by: &Attribution,
    ) -> Result<(Token, AccessToken), IdentityError> {
        let login = self.ceremonies.take_login(challenge)?;
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
        let life_ms = self.ceremonies.settings.session_ms;
        let open = move |connection: &Connection| {
            let user = crate::user::of_tenant(connection, &login.tenant, &login.user)?;
            let stands = credential::stands(connection, &credential.id, credential.generation)?;
            if !user.active || !stands {
                return Err(IdentityError::NotApproved(ActionError::Withdrawn));
            }
            let owner = (&login.tenant, &login.user);
            token::open_session(connection, owner, &credential.id, life_ms, &by)
        };
        self.store.write(open).await.map_err(IdentityError::from)
    }

    /// The person and its credentials, if it can log in.
    fn who_logs_in(
        &self,
        org: &str,
        username: &str,
    ) -> Result<Option<(User, Vec<Credential>)>, ActionError> {
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
    user: &crate::UserId,
) -> Result<Vec<Credential>, rusqlite::Error> {
    let all = credential::of_user(connection, user)?;
    Ok(all.into_iter().filter(|one| one.active).collect())
}
