//! Signing credentials: made and switched by their users.

use audit::{Action, Attribution, Entry, Event, append};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::now_ms;
use rusqlite::{Connection, params};

use crate::approval::Approval;
use crate::caller::{Caller, TokenKind};
use crate::credential::{
    CREDENTIALS_PER_USER_MAX, CredentialKind, RelyingParty, SigningCredential, attested, created,
    ids, insert, of_user, proven,
};
use crate::error::{ActionError, IdentityError, Thing};
use crate::key::DigestName;
use crate::tenant::valid_name;
use crate::user::Switch;
use crate::{Access, ChallengeId, CredentialId, UserId, token};

/// A credential to be made, with the proof that its holder has the private key.
#[derive(Debug)]
pub struct NewCredential {
    /// What it is.
    pub kind: CredentialKind,
    /// A name for people.
    pub name: String,
    /// What its signer calls it.
    pub credential_id: String,
    /// The challenge that it answers.
    pub challenge: ChallengeId,
    /// The client data, as they were signed.
    pub client_data: Vec<u8>,
    /// The attestation: JSON of a key, an attestation object of an authenticator.
    pub attestation: Vec<u8>,
}

/// A challenge for a user who makes a credential.
#[derive(Debug, Clone)]
pub struct CreationChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// What has to be signed.
    pub challenge: String,
    /// For whom an authenticator makes a passkey; none for keys.
    pub party: Option<RelyingParty>,
    /// The passkeys that the user has: an authenticator need not make a second one.
    pub passkeys: Vec<String>,
}

impl Access {
    /// A challenge for a new credential of the caller, to be answered in the same session.
    pub fn begin_credential(
        &self,
        caller: &Caller,
        kind: CredentialKind,
    ) -> Result<CreationChallenge, IdentityError> {
        let (_, user) = caller.user()?;
        let (party, passkeys) = match kind {
            CredentialKind::Key => (None, Vec::new()),
            CredentialKind::Fido2 => {
                let party = self.challenges.settings.party.clone();
                let all = self.credentials(&user)?;
                (
                    Some(party.ok_or_else(no_party)?),
                    ids(&all, CredentialKind::Fido2),
                )
            }
        };
        let (id, challenge) = self.challenges.open_creation(caller, kind)?;
        Ok(CreationChallenge {
            id,
            challenge,
            party,
            passkeys,
        })
    }

    /// The credentials of a user, oldest first, switched-off ones too, keys of tokens not: at most
    /// [`CREDENTIALS_PER_USER_MAX`].
    pub fn credentials(&self, user: &UserId) -> Result<Vec<SigningCredential>, IdentityError> {
        Ok(self.store.read(|connection| of_user(connection, user))?)
    }

    /// Makes a credential for the caller, who proves to hold its private key.
    pub async fn create_credential(
        &self,
        caller: &Caller,
        approval: &Approval,
        new: NewCredential,
        by: &Attribution,
    ) -> Result<(SigningCredential, Entry), IdentityError> {
        let challenge = self
            .challenges
            .take_creation(caller, &new.challenge, new.kind)?;
        let credential = verified(caller, &challenge, new, &self.challenges.settings.party)?;
        let (caller, approval, by) = (caller.clone(), approval.clone(), by.clone());
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            approval.require(connection, &caller)?;
            let count = of_user(connection, &credential.user)?.len();
            if count >= CREDENTIALS_PER_USER_MAX {
                return Err(IdentityError::TooMany {
                    what: "credentials of a user",
                    max: CREDENTIALS_PER_USER_MAX,
                });
            }
            insert(connection, &credential, None)?;
            let event = created(&credential).with("approval", approval.id().as_str());
            let entry = append(connection, &by, &event)?;
            Ok((credential, entry))
        };
        self.store.write(change).await
    }

    /// Switches a credential of the caller on or off. `None`: nothing changed.
    ///
    /// Off ends what depends on it: its open challenges and user actions, and the sessions that it opened, but for the
    /// caller's own. The last active credential stays on.
    pub async fn switch_credential(
        &self,
        caller: &Caller,
        approval: &Approval,
        (id, switch): (&CredentialId, Switch),
        by: &Attribution,
    ) -> Result<Option<Entry>, IdentityError> {
        let (_, user) = caller.user()?;
        let (caller, approval, by, id) = (caller.clone(), approval.clone(), by.clone(), id.clone());
        let voided = id.clone();
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            approval.require(connection, &caller)?;
            let all = of_user(connection, &user)?;
            let found = all.iter().find(|credential| credential.id == id);
            let credential = found.ok_or(IdentityError::NotFound(Thing::Credential))?;
            let active = switch == Switch::Activate;
            if credential.active == active {
                return Ok(None);
            }
            let others = all.iter().filter(|other| other.active && other.id != id);
            if !active && others.count() == 0 {
                return Err(IdentityError::LastCredential);
            }
            connection
                .prepare_cached(
                    "UPDATE credentials SET active = ?2, generation = generation + 1 WHERE id = ?1",
                )?
                .execute(params![id.as_str(), active])?;
            let mut event = switched(&caller, credential, switch);
            if let (Switch::Deactivate, Some(session)) =
                (switch, caller.token_of(TokenKind::Session))
            {
                let ended = token::end_sessions_of(connection, &id, session)?;
                event = event.with("sessionsEnded", ended);
            }
            let event = event.with("approval", approval.id().as_str());
            Ok(Some(append(connection, &by, &event)?))
        };
        let changed = self.store.write(change).await;
        if matches!(&changed, Ok(Some(_))) {
            self.challenges.void_credential(&voided);
        }
        changed
    }
}

fn switched(caller: &Caller, credential: &SigningCredential, switch: Switch) -> Event {
    let action = match switch {
        Switch::Activate => Action::CredentialActivate,
        Switch::Deactivate => Action::CredentialDeactivate,
    };
    Event::new(Some(&caller.tenant), action, credential.id.as_str())
        .with("user", credential.user.as_str())
}

/// The credential, if the answer to the challenge proves it.
fn verified(
    caller: &Caller,
    challenge: &str,
    new: NewCredential,
    party: &Option<RelyingParty>,
) -> Result<SigningCredential, IdentityError> {
    let (tenant, user) = caller.user()?;
    let refused = |reason| IdentityError::NotApproved(ActionError::Signature(reason));
    let mut credential = SigningCredential {
        id: CredentialId::generate()?,
        tenant,
        user,
        kind: new.kind,
        credential_id: new.credential_id,
        name: valid_name(&new.name)?,
        public_key: Vec::new(),
        digest: DigestName::Sha256,
        relying_party: String::new(),
        origin: String::new(),
        sign_count: 0,
        created_ms: now_ms(),
        active: true,
        generation: 0,
    };
    match new.kind {
        CredentialKind::Key => {
            let (key, digest) = proven(challenge, &new.client_data, &new.attestation)?;
            credential.public_key = key.to_spki()?;
            credential.digest = digest;
        }
        CredentialKind::Fido2 => {
            let party = party.as_ref().ok_or_else(no_party)?;
            let made =
                attested(party, challenge, &new.client_data, &new.attestation).map_err(refused)?;
            if URL_SAFE_NO_PAD.encode(&made.credential_id) != credential.credential_id {
                return Err(refused("credId is not that of the authenticator data"));
            }
            credential.public_key = made.key.to_spki()?;
            credential.relying_party = party.id.clone();
            credential.origin = made.origin;
            credential.sign_count = made.sign_count;
        }
    }
    Ok(credential)
}

fn no_party() -> IdentityError {
    IdentityError::Invalid(
        "passkeys are not taken here: auth.relying_party is not configured".into(),
    )
}
