//! Approvals: whether a person must approve what a tenant does, and whether one has.
//!
//! 1. A tenant's [`ApprovalRule`] demands approvals or does not (`rule`).
//! 2. A user announces one exact request, signs the challenge for it with a credential, and gets a user action
//!    (`user_action`; what is signed is in `challenge::action`).
//! 3. The request carries the user action. [`Access::spend_action`] uses it up, leaves the evidence in the audit log
//!    and gives an [`Approval`].
//! 4. [`Access::record_use`] writes the audit entry of an act, and checks caller and rule in the same transaction
//!    (`record`). Before anything is signed or committed, [`Access::still_approved`] checks the approval once more.
//!
//! An approval ends with its user, its token or its credential, whichever is deactivated first.

mod record;
mod rule;
mod user_action;

use rusqlite::Connection;

pub(crate) use record::Recorder;
pub use rule::ApprovalRule;
pub use user_action::UserAction;

use crate::caller::{Caller, CredentialStatus};
use crate::error::{ActionError, IdentityError};
use crate::{
    Access, ActionId, CredentialId, TenantId, TokenId, UserId, authentication, credential, token,
};

/// A user action that was used: it approves one act, until its user, token or credential is deactivated.
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

    /// The user who approved.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The credential that signed.
    #[must_use]
    pub fn credential(&self) -> &CredentialId {
        &self.credential
    }

    /// Refuses a change when its caller or approval is not valid any more: checked in the transaction of the change.
    pub(crate) fn require(
        &self,
        connection: &Connection,
        caller: &Caller,
    ) -> Result<(), IdentityError> {
        authentication::status(connection, caller)?.check()?;
        if self.tenant != caller.tenant || !self.is_valid(connection)? {
            return Err(IdentityError::NotApproved(ActionError::Withdrawn));
        }
        Ok(())
    }

    fn is_valid(&self, connection: &Connection) -> Result<bool, rusqlite::Error> {
        let token = token::status(connection, &self.token, self.token_generation)?;
        Ok(token == CredentialStatus::Valid
            && credential::is_active(connection, &self.credential, self.credential_generation)?)
    }
}

impl Access {
    /// Whether an approval is still valid: checked again before a signature or a commit.
    ///
    /// # Errors
    /// [`ActionError::Withdrawn`], or those of the store.
    pub fn still_approved(&self, approval: &Approval) -> Result<(), ActionError> {
        if self
            .store
            .read(|connection| approval.is_valid(connection))?
        {
            Ok(())
        } else {
            Err(ActionError::Withdrawn)
        }
    }
}
