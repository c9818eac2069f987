//! Open challenges, and user actions that were signed and not used yet. In memory only: a restart voids them all, which
//! is the safe direction.

mod action;
mod once;
mod payload;

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::now_ms;
use sha2::{Digest, Sha256};

pub use action::{ActionRequest, Announced};
pub(crate) use action::{PendingAction, SignedAction};
use once::{Full, Once, Taken};

use crate::caller::{Caller, Principal, TokenKind};
use crate::credential::{CredentialKind, RelyingParty};
use crate::error::{AccessError, ActionError, IdentityError};
use crate::{Access, ChallengeId, CredentialId, TenantId, TokenId, UserId};

/// Entries of one kind, of all tenants together.
const OPEN_MAX: usize = 32_768;

/// Lifetimes, and the relying party of passkeys.
#[derive(Debug, Clone)]
pub struct SigningSettings {
    /// Life of a session.
    pub session_ms: u64,
    /// Life of a challenge.
    pub challenge_ms: u64,
    /// Life of a user action that was signed and not used.
    pub action_ms: u64,
    /// The relying party of passkeys; without it there are none.
    pub party: Option<RelyingParty>,
}

impl Default for SigningSettings {
    fn default() -> SigningSettings {
        SigningSettings {
            session_ms: 3_600_000,
            challenge_ms: 120_000,
            action_ms: 60_000,
            party: None,
        }
    }
}

/// The open challenges of this process.
pub(crate) struct Challenges {
    pub(crate) settings: SigningSettings,
    state: Mutex<State>,
    /// Makes up challenges for users that do not exist, always the same for one name.
    disguise: [u8; 32],
}

struct State {
    actions: Once<ChallengeId, PendingAction>,
    signed: Once<[u8; 32], SignedAction>,
    creations: Once<ChallengeId, Creation>,
    logins: Once<ChallengeId, PendingLogin>,
}

struct Creation {
    token: TokenId,
    generation: u64,
    user: UserId,
    kind: CredentialKind,
    challenge: String,
}

/// A login that has begun.
pub(crate) struct PendingLogin {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) challenge: String,
}

impl Access {
    /// The relying party of passkeys; none when there are none.
    #[must_use]
    pub fn relying_party(&self) -> Option<&RelyingParty> {
        self.challenges.settings.party.as_ref()
    }
}

impl Challenges {
    pub(crate) fn new(settings: SigningSettings) -> Challenges {
        let mut disguise = [0; 32];
        // Without randomness nothing here works: no id, no challenge. Then a disguise is not missed either.
        let _ = getrandom::fill(&mut disguise);
        Challenges {
            settings,
            state: Mutex::new(State {
                actions: Once::new(OPEN_MAX),
                signed: Once::new(OPEN_MAX),
                creations: Once::new(OPEN_MAX),
                logins: Once::new(OPEN_MAX),
            }),
            disguise,
        }
    }

    pub(crate) fn put_action(
        &self,
        id: &ChallengeId,
        pending: PendingAction,
    ) -> Result<(), ActionError> {
        let holder = pending.token.to_string();
        let (now, ends) = self.life(self.settings.challenge_ms);
        self.state()
            .actions
            .put((id.clone(), pending), &holder, ends, now)
            .map_err(|Full| ActionError::Busy)
    }

    pub(crate) fn take_action(
        &self,
        caller: &Caller,
        id: &ChallengeId,
    ) -> Result<PendingAction, ActionError> {
        let taken = self
            .state()
            .actions
            .take(id, now_ms(), |pending| pending.is_of(caller));
        match taken {
            Taken::Now(pending) => Ok(pending),
            Taken::Before | Taken::Unknown => Err(ActionError::Challenge),
        }
    }

    pub(crate) fn put_signed(
        &self,
        hash: [u8; 32],
        signed: SignedAction,
    ) -> Result<(), ActionError> {
        let holder = signed.pending.token.to_string();
        let (now, ends) = self.life(self.settings.action_ms);
        self.state()
            .signed
            .put((hash, signed), &holder, ends, now)
            .map_err(|Full| ActionError::Busy)
    }

    /// The one removal that decides who uses a user action.
    pub(crate) fn take_signed(
        &self,
        hash: &[u8; 32],
        fits: impl FnOnce(&SignedAction) -> bool,
    ) -> Result<SignedAction, ActionError> {
        match self.state().signed.take(hash, now_ms(), fits) {
            Taken::Now(signed) => Ok(signed),
            Taken::Before => Err(ActionError::Spent),
            Taken::Unknown => Err(ActionError::Mismatch("it is unknown or expired")),
        }
    }

    /// Opens the creation of a credential: the challenge and its id.
    pub(crate) fn open_creation(
        &self,
        caller: &Caller,
        kind: CredentialKind,
    ) -> Result<(ChallengeId, String), IdentityError> {
        let (_, user) = caller.user()?;
        let Principal::Token { token, .. } = &caller.principal else {
            return Err(IdentityError::NotApproved(ActionError::NotASigner));
        };
        let (id, challenge) = (ChallengeId::generate()?, random_challenge()?);
        let creation = Creation {
            token: token.clone(),
            generation: caller.generation,
            user,
            kind,
            challenge: challenge.clone(),
        };
        let (now, ends) = self.life(self.settings.challenge_ms);
        self.state()
            .creations
            .put((id.clone(), creation), token.as_str(), ends, now)
            .map_err(|Full| IdentityError::NotApproved(ActionError::Busy))?;
        Ok((id, challenge))
    }

    /// The challenge that the creation of a credential has to answer.
    pub(crate) fn take_creation(
        &self,
        caller: &Caller,
        id: &ChallengeId,
        kind: CredentialKind,
    ) -> Result<String, IdentityError> {
        let own = |creation: &Creation| {
            creation.kind == kind
                && creation.generation == caller.generation
                && caller.token_of(TokenKind::Session) == Some(&creation.token)
        };
        match self.state().creations.take(id, now_ms(), own) {
            Taken::Now(creation) => Ok(creation.challenge),
            Taken::Before | Taken::Unknown => {
                Err(IdentityError::NotApproved(ActionError::Challenge))
            }
        }
    }

    pub(crate) fn put_login(
        &self,
        id: &ChallengeId,
        login: PendingLogin,
    ) -> Result<(), ActionError> {
        let holder = login.user.to_string();
        let (now, ends) = self.life(self.settings.challenge_ms);
        self.state()
            .logins
            .put((id.clone(), login), &holder, ends, now)
            .map_err(|Full| ActionError::Busy)
    }

    pub(crate) fn take_login(&self, id: &ChallengeId) -> Result<PendingLogin, ActionError> {
        match self.state().logins.take(id, now_ms(), |_| true) {
            Taken::Now(login) => Ok(login),
            Taken::Before | Taken::Unknown => Err(ActionError::Challenge),
        }
    }

    /// The credential id of a user that does not exist.
    pub(crate) fn made_up_credential_id(&self, tenant: &str, name: &str) -> String {
        let mut hash = Sha256::new_with_prefix(self.disguise);
        for part in [tenant, name] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    /// Forgets the user actions that a credential has signed.
    pub(crate) fn void_credential(&self, id: &CredentialId) {
        self.state()
            .signed
            .void(|signed| signed.credential.id == *id);
    }

    /// Forgets the challenges of a token.
    pub(crate) fn void_token(&self, id: &TokenId) {
        let mut state = self.state();
        state.actions.void(|pending| pending.token == *id);
        state.signed.void(|signed| signed.pending.token == *id);
        state.creations.void(|creation| creation.token == *id);
    }

    /// Forgets the challenges of a user.
    pub(crate) fn void_user(&self, id: &UserId) {
        let mut state = self.state();
        state.actions.void(|pending| pending.user == *id);
        state.signed.void(|signed| signed.pending.user == *id);
        state.creations.void(|creation| creation.user == *id);
        state.logins.void(|login| login.user == *id);
    }

    fn life(&self, life_ms: u64) -> (u64, u64) {
        let now = now_ms();
        (now, now.saturating_add(life_ms))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 256 random bits, as they travel.
pub(crate) fn random_challenge() -> Result<String, AccessError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(AccessError::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}
