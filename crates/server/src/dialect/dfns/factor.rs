//! The signature in a body: `firstFactor`.

use access::{Assertion, CredentialKind, DigestName};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::DfnsError;

/// The answer to a challenge.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignedChallenge {
    /// The id of the challenge.
    pub challenge_identifier: String,
    /// The signature.
    pub first_factor: Factor,
    /// Not asked for here.
    #[schema(value_type = Object)]
    pub second_factor: Option<Value>,
}

/// A signature and what made it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Factor {
    /// `Key` or `Fido2`.
    pub kind: String,
    /// The signature.
    pub credential_assertion: CredentialAssertion,
}

/// What a signer answers. All but `credId` and `algorithm` in base64url.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CredentialAssertion {
    /// What the signer calls its credential.
    pub cred_id: String,
    /// What it says that it signs.
    pub client_data: String,
    /// The signature.
    pub signature: String,
    /// `SHA256`, `RSA-SHA256` or `SHA512`, where the signature has another digest than the credential's own.
    pub algorithm: Option<String>,
    /// Of an authenticator.
    pub authenticator_data: Option<String>,
    /// Of an authenticator: the user's id.
    pub user_handle: Option<String>,
}

impl SignedChallenge {
    pub(super) fn assertion(self) -> Result<Assertion, DfnsError> {
        if self.second_factor.is_some_and(|factor| !factor.is_null()) {
            return Err(DfnsError::bad_request(
                "secondFactor: none is asked for here",
            ));
        }
        let given = self.first_factor.credential_assertion;
        let digest = given.algorithm.as_deref().map(DigestName::parse);
        Ok(Assertion {
            kind: kind("firstFactor.kind", &self.first_factor.kind)?,
            credential_id: given.cred_id,
            client_data: decoded("clientData", &given.client_data)?,
            signature: decoded("signature", &given.signature)?,
            digest: digest
                .transpose()
                .map_err(|error| DfnsError::bad_request(error.to_string()))?,
            authenticator_data: match given.authenticator_data {
                Some(data) => decoded("authenticatorData", &data)?,
                None => Vec::new(),
            },
            user_handle: given.user_handle.filter(|handle| !handle.is_empty()),
        })
    }
}

/// A kind of credential that is taken here.
pub(super) fn kind(name: &str, text: &str) -> Result<CredentialKind, DfnsError> {
    CredentialKind::parse(text)
        .ok_or_else(|| DfnsError::bad_request(format!("{name} should be Key or Fido2")))
}

/// base64url, with or without padding.
pub(super) fn decoded(name: &str, text: &str) -> Result<Vec<u8>, DfnsError> {
    URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| DfnsError::bad_request(format!("{name} should be base64url")))
}
