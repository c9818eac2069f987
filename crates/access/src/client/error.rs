//! Why a client could not be managed, by whose fault it is.

use audit::AuditError;
use store::StoreError;

use super::project::PROJECTS_PER_TENANT_MAX;
use super::{CLIENTS_PER_PROJECT_MAX, CLIENTS_PER_TENANT_MAX, GrantTarget, Username};
use crate::error::AccessError;

/// Why projects, clients or their grants could not be managed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The tenant has no such project.
    #[error("there is no such project")]
    NoSuchProject,
    /// The tenant has a project of this name.
    #[error("there is a project with this name already: choose another name")]
    ProjectTaken,
    /// The project has no such client: there never was one, it was deleted, or it belongs to another tenant.
    #[error("there is no client {0} in this project")]
    NoSuchClient(Username),
    /// A client of any tenant has the username, or had it.
    #[error(
        "the username {0} is taken, or was before its client was deleted: choose another username"
    )]
    UsernameTaken(Username),
    /// The client may call this already.
    #[error("the client has access to {} already", .0.as_str())]
    AlreadyGranted(GrantTarget),
    /// The client may not call this, so there is nothing to take away.
    #[error("the client has no access to {}", .0.as_str())]
    NotGranted(GrantTarget),
    /// A limit is reached.
    #[error(
        "at most {PROJECTS_PER_TENANT_MAX} projects, {CLIENTS_PER_PROJECT_MAX} clients in each, and \
         {CLIENTS_PER_TENANT_MAX} clients in all, deleted ones included"
    )]
    TooMany,
    /// There is not enough memory to hash a password.
    #[error("there is not enough memory for Argon2id")]
    NoMemory,
    /// What all of access shares.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<AuditError> for ClientError {
    fn from(error: AuditError) -> ClientError {
        AccessError::from(error).into()
    }
}

impl From<StoreError> for ClientError {
    fn from(error: StoreError) -> ClientError {
        AccessError::from(error).into()
    }
}

impl From<rusqlite::Error> for ClientError {
    fn from(error: rusqlite::Error) -> ClientError {
        AccessError::from(error).into()
    }
}
