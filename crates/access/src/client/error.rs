//! Why a client could not be managed, by whose fault it is.

use store::{StoreError, WriteError};

use super::{CLIENTS_PER_PROJECT_MAX, CLIENTS_PER_TENANT_MAX, GrantTarget, Username};
use crate::{AccessError, PROJECTS_PER_TENANT_MAX};

/// Why projects, clients or their grants could not be managed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The tenant has no such project.
    #[error("there is no such project")]
    NoSuchProject,
    /// The tenant has a project of this name.
    #[error("there is a project with this name already: choose another name")]
    ProjectTaken,
    /// The project has no such client: there never was one, it was deleted, or it is somebody else's.
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
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[source] getrandom::Error),
    /// There is not enough memory to hash a password.
    #[error("there is not enough memory for Argon2id")]
    NoMemory,
    /// Too many writes are waiting.
    #[error("the store is busy: try again")]
    Busy,
    /// The store could not do it.
    #[error("the store could not do it")]
    Store(#[from] StoreError),
    /// SQLite refused a statement.
    #[error("the store could not do it")]
    Sqlite(#[from] rusqlite::Error),
    /// What all of access shares.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<WriteError<ClientError>> for ClientError {
    fn from(error: WriteError<ClientError>) -> ClientError {
        match error {
            WriteError::Refused(error) => error,
            WriteError::Busy => ClientError::Busy,
            WriteError::Failed(error) => ClientError::Store(error),
        }
    }
}
