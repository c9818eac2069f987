//! The answer to a challenge, signed by a credential.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::client_data::{self, CLIENT_DATA_BYTES_MAX, SignedFor};
use super::webauthn::{AUTHENTICATOR_BYTES_MAX, asserted};
use super::{CredentialKind, SigningCredential, count_signature};
use crate::error::ActionError;
use crate::key::{DigestName, VerifyingKey};
use crate::{Access, ChallengeId};

/// Longest signature, in bytes: that of the largest RSA key has 512.
const SIGNATURE_BYTES_MAX: usize = 1024;

/// A challenge, and the credentials that may answer it.
#[derive(Debug, Clone)]
pub struct SigningChallenge {
    /// Its id.
    pub id: ChallengeId,
    /// What has to be signed.
    pub challenge: String,
    /// The credential ids of the keys that may sign.
    pub keys: Vec<String>,
    /// The credential ids of the passkeys that may sign.
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
    /// The user, as the authenticator knows it.
    pub user_handle: Option<String>,
}

impl Access {
    /// The credential among `allowed` that has answered the challenge.
    pub(crate) async fn check_assertion(
        &self,
        challenge: &str,
        allowed: Vec<SigningCredential>,
        assertion: &Assertion,
    ) -> Result<SigningCredential, ActionError> {
        assertion.check_sizes()?;
        let credential = allowed
            .into_iter()
            .find(|one| one.credential_id == assertion.credential_id && one.kind == assertion.kind)
            .ok_or(ActionError::Credential)?;
        let key =
            VerifyingKey::from_spki(&credential.public_key).map_err(|_| ActionError::Credential)?;
        match credential.kind {
            CredentialKind::Key => {
                client_data::check(&assertion.client_data, SignedFor::KeyGet, challenge, &[])
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
        credential: &SigningCredential,
        assertion: &Assertion,
    ) -> Result<(), ActionError> {
        let party = self.challenges.settings.party.as_ref();
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
        let sign_count = asserted(party, challenge, key, answer).map_err(ActionError::Signature)?;
        let id = credential.id.clone();
        let moved: Result<bool, ActionError> = self
            .store
            .write(move |connection| count_signature(connection, &id, sign_count))
            .await;
        if moved? {
            Ok(())
        } else {
            Err(ActionError::Signature(
                "the counter of the authenticator went back",
            ))
        }
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

pub(crate) fn ids(credentials: &[SigningCredential], kind: CredentialKind) -> Vec<String> {
    credentials
        .iter()
        .filter(|one| one.kind == kind)
        .map(|one| one.credential_id.clone())
        .collect()
}
