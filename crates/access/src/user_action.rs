//! User actions: one exact request, signed by a credential, used once.
//!
//! The challenge carries the hash of what is to be done, so that the signature alone proves what was approved. What the
//! hash covers, in this order, each part followed by a line break:
//!
//! ```text
//! atropos/user-action/v1
//! tenant          UUID
//! user            us-…
//! token           to-…
//! method          PUT
//! path            as announced, with its query if there was one
//! payload         SHA-256 of the announced text, in hexadecimal
//! random          256 bits, in hexadecimal
//! expires         Unix time in milliseconds
//! ```
//!
//! The challenge is base64url of the SHA-256 of that text. Whoever uses the action leaves all of it in the audit log,
//! together with client data, signature and public key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::audit::{Action, Attribution, Event};
use crate::caller::{Caller, Principal, Standing};
use crate::credential::{
    self, AUTHENTICATOR_BYTES_MAX, CLIENT_DATA_BYTES_MAX, Ceremony, Credential, CredentialKind,
    DigestName, VerifyingKey,
};
use crate::identity_error::{ActionError, IdentityError};
use crate::payload::PayloadHash;
use crate::tenant::now_ms;
use crate::{
    Access, AccessError, ActionId, ChallengeId, CredentialId, Right, TenantId, TokenId, TokenKind,
    UserId, token,
};

/// Longest path with its query, in bytes.
pub const ACTION_PATH_BYTES_MAX: usize = 2048;
/// Longest signature, in bytes: that of the largest RSA key has 512.
const SIGNATURE_BYTES_MAX: usize = 1024;
/// Methods that can be signed for.
const METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "GET"];
const LABEL: &str = "atropos/user-action/v1";

/// What is going to be done.
#[derive(Debug, Clone, Copy)]
pub struct Announced<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it will be sent, percent-encoded, with or without its query.
    pub path: &'a str,
    /// The body as it will be sent.
    pub payload: &'a str,
}

/// A request that has come.
#[derive(Debug, Clone, Copy)]
pub struct ActionRequest<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it was sent.
    pub path: &'a str,
    /// Its query as it was sent, if there is one.
    pub query: Option<&'a str>,
    /// The body as it was sent.
    pub body: &'a [u8],
}

/// A challenge, and who may answer it.
#[derive(Debug, Clone)]
pub struct ActionChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// What has to be signed.
    pub challenge: String,
    /// What the signers of the keys that may sign call them.
    pub keys: Vec<String>,
    /// The same of passkeys.
    pub passkeys: Vec<String>,
}

/// The answer to a challenge.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// By which kind of credential.
    pub kind: CredentialKind,
    /// What its signer calls it.
    pub credential_id: String,
    /// The client data, as they were signed.
    pub client_data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Another digest than the credential's own.
    pub digest: Option<DigestName>,
    /// What an authenticator signs beside the client data.
    pub authenticator_data: Vec<u8>,
    /// Whose credential the authenticator says it is.
    pub user_handle: Option<String>,
}

/// The text of a user action: to be used once, soon.
pub struct UserAction(Zeroizing<String>);

impl UserAction {
    /// The text of the header `X-DFNS-USERACTION`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A user action that was used: leave to do one thing, as long as nobody switches off what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    entry: ActionId,
    tenant: TenantId,
    user: UserId,
    token: TokenId,
    token_generation: u64,
    credential: CredentialId,
    credential_generation: u64,
}

impl Approval {
    /// The audit entry that holds the evidence.
    #[must_use]
    pub fn id(&self) -> &ActionId {
        &self.entry
    }

    /// Who has approved.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// By which credential.
    #[must_use]
    pub fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// Refuses a change of which caller or approval do not stand any more: asked in the transaction of the change.
    pub(crate) fn require(
        &self,
        connection: &Connection,
        caller: &Caller,
    ) -> Result<(), IdentityError> {
        crate::caller::standing(connection, caller)?.verdict()?;
        if self.tenant != caller.tenant || !self.stands(connection)? {
            return Err(IdentityError::NotApproved(ActionError::Withdrawn));
        }
        Ok(())
    }

    fn stands(&self, connection: &Connection) -> Result<bool, rusqlite::Error> {
        let token = token::standing(connection, &self.token, self.token_generation)?;
        Ok(token == Standing::Good
            && credential::stands(connection, &self.credential, self.credential_generation)?)
    }
}

impl Access {
    /// A challenge for one exact request, to be answered by a credential of the caller: of a person one that it
    /// manages, of a long-lived token the key that came with it.
    ///
    /// # Errors
    /// [`ActionError`].
    pub fn begin_action(
        &self,
        caller: &Caller,
        announced: Announced<'_>,
    ) -> Result<ActionChallenge, ActionError> {
        let Principal::Token { user, token, kind } = &caller.principal else {
            return Err(ActionError::NotASigner);
        };
        check_announced(announced)?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(AccessError::NoRandomness)?;
        let (path, query) = split(announced.path);
        let pending = Pending {
            tenant: caller.tenant.clone(),
            user: user.clone(),
            token: token.clone(),
            generation: caller.generation,
            method: announced.method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            payload: PayloadHash::of(announced.payload.as_bytes()),
            random,
            expires_ms: now_ms().saturating_add(self.ceremonies.settings.challenge_ms),
        };
        let allowed = self
            .store
            .read(|connection| signers(connection, user, token, *kind))?;
        let (id, challenge) = (ChallengeId::generate()?, pending.challenge());
        self.ceremonies.put_action(&id, pending)?;
        Ok(ActionChallenge {
            id,
            challenge,
            keys: ids(&allowed, CredentialKind::Key),
            passkeys: ids(&allowed, CredentialKind::Fido2),
        })
    }

    /// Takes the answer to a challenge. The challenge is used up by it, whether it is right or wrong.
    ///
    /// # Errors
    /// [`ActionError`].
    pub async fn sign_action(
        &self,
        caller: &Caller,
        challenge: &ChallengeId,
        assertion: Assertion,
    ) -> Result<UserAction, ActionError> {
        let Principal::Token { user, token, kind } = &caller.principal else {
            return Err(ActionError::NotASigner);
        };
        let pending = self.ceremonies.take_action(caller, challenge)?;
        let allowed = self
            .store
            .read(|connection| signers(connection, user, token, *kind))?;
        let credential = self
            .check_assertion(&pending.challenge(), allowed, &assertion)
            .await?;
        let text = UserAction(Zeroizing::new(crate::ceremony::random_challenge()?));
        let signed = Signed {
            pending,
            credential,
            assertion,
        };
        self.ceremonies.put_signed(hash(text.reveal()), signed)?;
        Ok(text)
    }

    /// Uses a user action, once and for all: it is gone before anything is done, also when it does not fit. The
    /// evidence is in the audit log when this answers.
    ///
    /// A token can use only its own. An API key or a client can use those of any user of its tenant: so a request by
    /// one of them needs a person, too, where an approval is demanded. `right` is what the approver must be allowed
    /// to do, now.
    ///
    /// # Errors
    /// [`ActionError`].
    pub async fn spend_action(
        &self,
        text: &str,
        request: &ActionRequest<'_>,
        (caller, right): (&Caller, Option<Right>),
        by: &Attribution,
    ) -> Result<Approval, ActionError> {
        let signed = self
            .ceremonies
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
                return Err(ActionError::Lacking(right));
            }
        }
        let entry = self.record(by.clone(), signed.evidence()).await?;
        approval.entry = entry.id;
        Ok(approval)
    }

    /// Whether nothing that an approval rests on was switched off since: asked again before a signature or a commit.
    ///
    /// # Errors
    /// [`ActionError::Withdrawn`], or those of the store.
    pub fn still_approved(&self, approval: &Approval) -> Result<(), ActionError> {
        if self.store.read(|connection| approval.stands(connection))? {
            Ok(())
        } else {
            Err(ActionError::Withdrawn)
        }
    }

    /// The credential among `allowed` that has answered the challenge.
    pub(crate) async fn check_assertion(
        &self,
        challenge: &str,
        allowed: Vec<Credential>,
        assertion: &Assertion,
    ) -> Result<Credential, ActionError> {
        assertion.check_sizes()?;
        let credential = allowed
            .into_iter()
            .find(|one| one.credential_id == assertion.credential_id && one.kind == assertion.kind)
            .ok_or(ActionError::Credential)?;
        let key =
            VerifyingKey::from_spki(&credential.public_key).map_err(|_| ActionError::Credential)?;
        match credential.kind {
            CredentialKind::Key => {
                credential::check_client_data(
                    &assertion.client_data,
                    Ceremony::KeyGet,
                    challenge,
                    &[],
                )
                .map_err(ActionError::Signature)?;
                let digest = assertion.digest.unwrap_or(credential.digest);
                key.verify(digest, &assertion.client_data, &assertion.signature)
                    .map_err(|_| ActionError::Signature("it does not verify"))?;
            }
            CredentialKind::Fido2 => {
                self.check_authenticator(challenge, &key, &credential, assertion)
                    .await?;
            }
        }
        Ok(credential)
    }

    async fn check_authenticator(
        &self,
        challenge: &str,
        key: &VerifyingKey,
        credential: &Credential,
        assertion: &Assertion,
    ) -> Result<(), ActionError> {
        let party = self.ceremonies.settings.party.as_ref();
        let party = party.ok_or(ActionError::Credential)?;
        if let Some(handle) = &assertion.user_handle {
            let user = URL_SAFE_NO_PAD.encode(credential.user.as_str());
            if *handle != user && handle != credential.user.as_str() {
                return Err(ActionError::Signature("it is of another user"));
            }
        }
        let answer = (
            assertion.client_data.as_slice(),
            assertion.authenticator_data.as_slice(),
            assertion.signature.as_slice(),
        );
        let sign_count =
            credential::asserted(party, challenge, key, answer).map_err(ActionError::Signature)?;
        let id = credential.id.clone();
        let moved = self
            .store
            .write(move |connection| {
                credential::count_signature(connection, &id, sign_count).map_err(ActionError::from)
            })
            .await?;
        if moved {
            Ok(())
        } else {
            Err(ActionError::Signature(
                "the counter of the authenticator went back",
            ))
        }
    }
}

/// A request that was announced.
pub(crate) struct Pending {
    tenant: TenantId,
    user: UserId,
    token: TokenId,
    generation: u64,
    method: String,
    path: String,
    query: Option<String>,
    payload: PayloadHash,
    random: [u8; 32],
    expires_ms: u64,
}

impl Pending {
    pub(crate) fn token(&self) -> &TokenId {
        &self.token
    }

    pub(crate) fn user(&self) -> &UserId {
        &self.user
    }

    pub(crate) fn is_of(&self, caller: &Caller) -> bool {
        let own =
            matches!(&caller.principal, Principal::Token { token, .. } if *token == self.token);
        own && caller.tenant == self.tenant && caller.generation == self.generation
    }

    fn announced_path(&self) -> String {
        match &self.query {
            None => self.path.clone(),
            Some(query) => format!("{}?{query}", self.path),
        }
    }

    /// What the challenge is the hash of.
    fn statement(&self) -> String {
        let expires = self.expires_ms.to_string();
        let parts = [
            LABEL,
            self.tenant.as_str(),
            self.user.as_str(),
            self.token.as_str(),
            &self.method,
            &self.announced_path(),
            &hex::encode(self.payload.exact()),
            &hex::encode(self.random),
            &expires,
        ];
        parts.map(|part| format!("{part}\n")).concat()
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.statement()))
    }

    fn require(&self, request: &ActionRequest<'_>) -> Result<(), ActionError> {
        if self.method != request.method {
            return Err(ActionError::Mismatch("it is for another method"));
        }
        if self.path != request.path {
            return Err(ActionError::Mismatch("it is for another path"));
        }
        // The usual client announces no query; one that does means it.
        if self.query.is_some() && self.query.as_deref() != request.query {
            return Err(ActionError::Mismatch("it is for another query"));
        }
        if self.payload.fits(request.body) {
            Ok(())
        } else {
            Err(ActionError::Mismatch("it is for another payload"))
        }
    }
}

/// A request that was signed for.
pub(crate) struct Signed {
    pub(crate) pending: Pending,
    credential: Credential,
    assertion: Assertion,
}

impl Signed {
    pub(crate) fn credential(&self) -> &CredentialId {
        &self.credential.id
    }

    fn is_usable_by(&self, caller: &Caller) -> bool {
        match &caller.principal {
            Principal::Token { .. } => self.pending.is_of(caller),
            Principal::ApiKey(_) | Principal::Client { .. } => caller.tenant == self.pending.tenant,
        }
    }

    /// All that is needed to check the signature again, offline.
    fn evidence(&self) -> Event {
        let pending = &self.pending;
        let assertion = &self.assertion;
        let mut event = Event::new(
            Some(&pending.tenant),
            Action::UserActionApprove,
            self.credential.id.as_str(),
        )
        .with("user", pending.user.as_str())
        .with("token", pending.token.as_str())
        .with("method", pending.method.as_str())
        .with("path", pending.announced_path())
        .with("payloadSha256", hex::encode(pending.payload.exact()))
        .with("random", hex::encode(pending.random))
        .with("expiresMs", pending.expires_ms)
        .with("kind", self.credential.kind.as_str())
        .with("credentialId", self.credential.credential_id.as_str())
        .with(
            "publicKey",
            URL_SAFE_NO_PAD.encode(&self.credential.public_key),
        )
        .with("clientData", URL_SAFE_NO_PAD.encode(&assertion.client_data))
        .with("signature", URL_SAFE_NO_PAD.encode(&assertion.signature));
        event = match self.credential.kind {
            CredentialKind::Key => {
                let digest = assertion.digest.unwrap_or(self.credential.digest);
                event.with("digest", digest.as_str())
            }
            CredentialKind::Fido2 => event.with(
                "authenticatorData",
                URL_SAFE_NO_PAD.encode(&assertion.authenticator_data),
            ),
        };
        event
    }
}

impl Assertion {
    fn check_sizes(&self) -> Result<(), ActionError> {
        let fit = self.client_data.len() <= CLIENT_DATA_BYTES_MAX
            && self.signature.len() <= SIGNATURE_BYTES_MAX
            && self.authenticator_data.len() <= AUTHENTICATOR_BYTES_MAX;
        if fit {
            Ok(())
        } else {
            Err(ActionError::Signature("a part of it is too long"))
        }
    }
}

/// The credentials that may sign for a token, active ones alone.
fn signers(
    connection: &Connection,
    user: &UserId,
    token: &TokenId,
    kind: TokenKind,
) -> Result<Vec<Credential>, rusqlite::Error> {
    let all = match kind {
        TokenKind::Session => credential::of_user(connection, user)?,
        TokenKind::Pat | TokenKind::ServiceAccount => credential::of_token(connection, token)?,
        TokenKind::Client => Vec::new(),
    };
    Ok(all.into_iter().filter(|one| one.active).collect())
}

pub(crate) fn ids(credentials: &[Credential], kind: CredentialKind) -> Vec<String> {
    credentials
        .iter()
        .filter(|one| one.kind == kind)
        .map(|one| one.credential_id.clone())
        .collect()
}

fn check_announced(announced: Announced<'_>) -> Result<(), ActionError> {
    if !METHODS.contains(&announced.method) {
        let reason = format!(
            "userActionHttpMethod should be one of {}",
            METHODS.join(", ")
        );
        return Err(ActionError::Unusable(reason));
    }
    let path = announced.path;
    let clean = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if path.starts_with('/') && path.len() <= ACTION_PATH_BYTES_MAX && clean {
        return Ok(());
    }
    Err(ActionError::Unusable(format!(
        "userActionHttpPath should be a path as it is sent, percent-encoded, at most {ACTION_PATH_BYTES_MAX} bytes"
    )))
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('?') {
        None => (path, None),
        Some((path, query)) => (path, Some(query)),
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
