//! What webhooks show to their receivers: from the vault, anew at every attempt.

use access::TenantId;
use keystore::Keystore;
use publication::{CredentialProblem, CredentialSource, WebhookCredential};
use vault::{SecretId, Vault, VaultError};

use super::tokens::Tokens;

/// The vault, as webhooks see it.
pub struct VaultCredentials {
    /// What is stored.
    pub vault: Vault,
    /// What opens it.
    pub keystore: Keystore,
}

impl CredentialSource for VaultCredentials {
    fn credential(
        &self,
        tenant: &str,
        subscription: &str,
        credential: &str,
    ) -> Result<WebhookCredential, CredentialProblem> {
        let tenant = TenantId::parse(tenant).ok_or(CredentialProblem::Unknown)?;
        let id = SecretId::parse(credential).ok_or(CredentialProblem::Unknown)?;
        let bound = self
            .vault
            .bound_secret(&tenant, subscription, &id)
            .map_err(problem)?
            .ok_or(CredentialProblem::Unknown)?;
        let tokens =
            Tokens::open(&self.keystore, &bound.credential, bound.sealed).map_err(|error| {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    credential = %id,
                    "a credential does not open"
                );
                CredentialProblem::Unavailable
            })?;
        Ok(tokens.of_webhook(bound.credential.auth_type)?)
    }
}

/// What a webhook is told of a failure of the vault.
pub(crate) fn problem(error: VaultError) -> CredentialProblem {
    match error {
        VaultError::Deleted { .. } => CredentialProblem::Deleted,
        VaultError::Inactive => CredentialProblem::Inactive,
        VaultError::Expired => CredentialProblem::Expired,
        VaultError::NotFound { .. } => CredentialProblem::Unknown,
        error => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a credential cannot be read"
            );
            CredentialProblem::Unavailable
        }
    }
}
