//! Errors of managing users, credentials and tokens, and of signing.

use audit::AuditError;
use store::StoreError;

use super::{AccessError, AuthenticationError};
use crate::key::KeyError;

/// Something that is managed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A person or a service account.
    User,
    /// A signing credential.
    Credential,
    /// An access token.
    Token,
    /// A permission.
    Permission,
    /// An entry of the audit log.
    LogEntry,
}

impl Thing {
    /// What it is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Thing::User => "User",
            Thing::Credential => "Credential",
            Thing::Token => "Token",
            Thing::Permission => "Permission",
            Thing::LogEntry => "Log entry",
        }
    }
}

/// Why a user, a credential or a token could not be managed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// There is none, or it belongs to another user: which of the two is not disclosed.
    #[error("{} not found", .0.as_str())]
    NotFound(Thing),
    /// The value is in use already.
    #[error("{what} is in use already: choose another one")]
    Duplicate {
        /// The field.
        what: &'static str,
    },
    /// A value that cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// A key that is not accepted.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Without it the user could sign nothing more.
    #[error("this is the last active credential of the user: create or activate another one first")]
    LastCredential,
    /// Archived for good.
    #[error("the token is archived: create another one")]
    Archived,
    /// A limit is reached.
    #[error("at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// The caller is not authenticated any more.
    #[error(transparent)]
    Rejected(#[from] AuthenticationError),
    /// The approval is not valid, or not any more.
    #[error(transparent)]
    NotApproved(#[from] ActionError),
    /// Anything else.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Why a challenge, a signature or a user action was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// Only people, their programs and service accounts sign.
    #[error("user actions are signed with the access token of a user or a service account")]
    NotASigner,
    /// What was announced cannot be signed for.
    #[error("{0}")]
    Unusable(String),
    /// The challenge is unknown, used, expired, or another token's.
    #[error("the challenge is unknown, used or expired: begin again")]
    Challenge,
    /// The credential is unknown, switched off, or not the caller's.
    #[error("the credential is not one that can sign here")]
    Credential,
    /// The signature, or what it covers, is wrong.
    #[error("the signature is not valid: {0}")]
    Signature(&'static str),
    /// No user action came with the request.
    #[error("no user action came with the request")]
    Missing,
    /// The user action is unknown, expired, or for something else.
    #[error("the user action is not valid for this request: {0}")]
    Mismatch(&'static str),
    /// It was used before.
    #[error("the user action was used before")]
    Spent,
    /// The approver lacks the right for what it approves.
    #[error("the approver lacks the right {0}")]
    MissingRight(crate::Right),
    /// Its user, token or credential was deactivated.
    #[error("what the approval rests on was switched off")]
    Withdrawn,
    /// Too many are open.
    #[error("too many challenges are open: try again in a moment")]
    Busy,
    /// Anything else.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<AuditError> for IdentityError {
    fn from(error: AuditError) -> IdentityError {
        AccessError::from(error).into()
    }
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> IdentityError {
        AccessError::from(error).into()
    }
}

impl From<rusqlite::Error> for IdentityError {
    fn from(error: rusqlite::Error) -> IdentityError {
        AccessError::from(error).into()
    }
}

impl From<AuditError> for ActionError {
    fn from(error: AuditError) -> ActionError {
        AccessError::from(error).into()
    }
}

impl From<StoreError> for ActionError {
    fn from(error: StoreError) -> ActionError {
        AccessError::from(error).into()
    }
}

impl From<rusqlite::Error> for ActionError {
    fn from(error: rusqlite::Error) -> ActionError {
        AccessError::from(error).into()
    }
}
