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
//! The challenge is base64url of the SHA-256 of that text. The use of the action puts all of it into the audit log,
//! together with client data, signature and public key.

use audit::{Action, Event};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clock::now_ms;
use sha2::{Digest, Sha256};

use super::payload::PayloadHash;
use crate::caller::{Caller, Principal};
use crate::credential::{Assertion, CredentialKind, SigningCredential};
use crate::error::{AccessError, ActionError};
use crate::{TenantId, TokenId, UserId};

/// Longest path with its query, in bytes.
const ACTION_PATH_BYTES_MAX: usize = 2048;
/// Methods that can be signed for.
const METHODS: [&str; 5] = ["POST", "PUT", "PATCH", "DELETE", "GET"];
const LABEL: &str = "atropos/user-action/v1";

/// A request that is going to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Announced<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it will be sent, percent-encoded, with or without its query.
    pub path: &'a str,
    /// The body as it will be sent.
    pub payload: &'a str,
}

/// A request that was received.
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

/// A request that was announced.
pub(crate) struct PendingAction {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) token: TokenId,
    pub(crate) generation: u64,
    method: String,
    path: String,
    query: Option<String>,
    payload: PayloadHash,
    random: [u8; 32],
    expires_ms: u64,
}

impl PendingAction {
    pub(crate) fn of(
        caller: &Caller,
        (user, token): (&UserId, &TokenId),
        announced: Announced<'_>,
        life_ms: u64,
    ) -> Result<PendingAction, ActionError> {
        check_announced(announced)?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(AccessError::NoRandomness)?;
        let (path, query) = match announced.path.split_once('?') {
            None => (announced.path, None),
            Some((path, query)) => (path, Some(query)),
        };
        Ok(PendingAction {
            tenant: caller.tenant.clone(),
            user: user.clone(),
            token: token.clone(),
            generation: caller.generation,
            method: announced.method.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            payload: PayloadHash::of(announced.payload.as_bytes()),
            random,
            expires_ms: now_ms().saturating_add(life_ms),
        })
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

    /// The text whose hash is the challenge.
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

    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.statement()))
    }

    pub(crate) fn require(&self, request: &ActionRequest<'_>) -> Result<(), ActionError> {
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
pub(crate) struct SignedAction {
    pub(crate) pending: PendingAction,
    pub(crate) credential: SigningCredential,
    pub(crate) assertion: Assertion,
}

impl SignedAction {
    pub(crate) fn is_usable_by(&self, caller: &Caller) -> bool {
        match &caller.principal {
            Principal::Token { .. } => self.pending.is_of(caller),
            Principal::ApiKey(_) | Principal::Client { .. } => caller.tenant == self.pending.tenant,
        }
    }

    /// All that is needed to check the signature again, offline.
    pub(crate) fn evidence(&self) -> Event {
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
