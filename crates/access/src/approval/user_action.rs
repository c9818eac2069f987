//! A user action: a challenge for one exact request, its signature, and its use, once.

use audit::Attribution;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Approval;
use crate::caller::{Caller, Principal, TokenKind};
use crate::challenge::{ActionRequest, Announced, PendingAction, SignedAction, random_challenge};
use crate::credential::{
    self, Assertion, CredentialKind, SigningChallenge, SigningCredential, ids,
};
use crate::error::ActionError;
use crate::{Access, ActionId, ChallengeId, Right, TokenId, UserId, token};

/// The text of a user action: to be used once, soon.
pub struct UserAction(Zeroizing<String>);

impl UserAction {
    /// The text of the header `X-DFNS-USERACTION`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Access {
    /// A challenge for one exact request, to be answered by a credential of the caller: of a person one that it
    /// manages, of a long-lived token the key that came with it.
    pub fn begin_action(
        &self,
        caller: &Caller,
        announced: Announced<'_>,
    ) -> Result<SigningChallenge, ActionError> {
        let Principal::Token { user, token, kind } = &caller.principal else {
            return Err(ActionError::NotASigner);
        };
        let life_ms = self.challenges.settings.challenge_ms;
        let pending = PendingAction::of(caller, (user, token), announced, life_ms)?;
        let allowed = self
            .store
            .read(|connection| signers(connection, user, token, *kind))?;
        let (id, challenge) = (ChallengeId::generate()?, pending.challenge());
        self.challenges.put_action(&id, pending)?;
        Ok(SigningChallenge {
            id,
            challenge,
            keys: ids(&allowed, CredentialKind::Key),
            passkeys: ids(&allowed, CredentialKind::Fido2),
        })
    }

    /// Takes the answer to a challenge. The challenge is used up by it, whether it is right or wrong.
    pub async fn sign_action(
        &self,
        caller: &Caller,
        challenge: &ChallengeId,
        assertion: Assertion,
    ) -> Result<UserAction, ActionError> {
        let Principal::Token { user, token, kind } = &caller.principal else {
            return Err(ActionError::NotASigner);
        };
        let pending = self.challenges.take_action(caller, challenge)?;
        let allowed = self
            .store
            .read(|connection| signers(connection, user, token, *kind))?;
        let credential = self
            .check_assertion(&pending.challenge(), allowed, &assertion)
            .await?;
        let text = UserAction(Zeroizing::new(random_challenge()?));
        let signed = SignedAction {
            pending,
            credential,
            assertion,
        };
        self.challenges.put_signed(hash(text.reveal()), signed)?;
        Ok(text)
    }

    /// Uses a user action, once and for all: it is gone before anything is done, also when it does not fit. The
    /// evidence is in the audit log when this answers.
    ///
    /// A token can use only its own. An API key or a client can use those of any user of its tenant: so a request by
    /// one of them needs a person, too, where an approval is demanded. `right` is what the approver must be allowed
    /// to do, now.
    pub async fn spend_action(
        &self,
        text: &str,
        request: &ActionRequest<'_>,
        (caller, right): (&Caller, Option<Right>),
        by: &Attribution,
    ) -> Result<Approval, ActionError> {
        let signed = self
            .challenges
            .take_signed(&hash(text), |signed| signed.is_usable_by(caller))?;
        signed.pending.require(request)?;
        let pending = &signed.pending;
        let mut approval = Approval {
            entry: ActionId::generate()?,
            tenant: pending.tenant.clone(),
            user: pending.user.clone(),
            token: pending.token.clone(),
            token_generation: pending.generation,
            credential: signed.credential.id.clone(),
            credential_generation: signed.credential.generation,
        };
        self.still_approved(&approval)?;
        if let Some(right) = right {
            let rights = self
                .store
                .read(|connection| token::rights(connection, &pending.token))?;
            if !rights.contains(right) {
                return Err(ActionError::MissingRight(right));
            }
        }
        let entry = self.record(by.clone(), signed.evidence()).await?;
        approval.entry = entry.id;
        Ok(approval)
    }
}

/// The credentials that may sign for a token, active ones alone.
fn signers(
    connection: &Connection,
    user: &UserId,
    token: &TokenId,
    kind: TokenKind,
) -> Result<Vec<SigningCredential>, rusqlite::Error> {
    let all = match kind {
        TokenKind::Session => credential::of_user(connection, user)?,
        TokenKind::Pat | TokenKind::ServiceAccount => credential::of_token(connection, token)?,
        TokenKind::Client => Vec::new(),
    };
    Ok(all.into_iter().filter(|one| one.active).collect())
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
