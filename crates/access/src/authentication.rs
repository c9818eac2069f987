//! Authentication: from what a request presents to its caller, and whether that caller still counts.

use rusqlite::Connection;

use crate::caller::{Caller, CredentialStatus, Presented, Principal};
use crate::error::AuthenticationError;
use crate::{Access, api_key, client, token};

impl Access {
    /// Authenticates a caller. Reads what is committed; nothing is cached.
    ///
    /// [`Presented::Basic`] takes some ten milliseconds of one processor: call it on a thread that may block.
    pub fn authenticate(&self, presented: Presented<'_>) -> Result<Caller, AuthenticationError> {
        match presented {
            Presented::ApiKey("") | Presented::Bearer("") => Err(AuthenticationError::Missing),
            Presented::ApiKey(secret) => api_key::authenticate(self, secret),
            Presented::Bearer(token) => bearer(self, token),
            Presented::Basic {
                username,
                password,
                address,
            } => client::authenticate(self, username, password, address),
        }
    }

    /// Whether a caller is still authenticated: neither its credential nor anything that it depends on was deactivated.
    pub fn recheck(&self, caller: &Caller) -> Result<(), AuthenticationError> {
        self.store
            .read(|connection| status(connection, caller))
            .map_err(AuthenticationError::Unavailable)?
            .check()
    }
}

/// Whether what a caller was authenticated by still counts.
pub(crate) fn status(
    connection: &Connection,
    caller: &Caller,
) -> Result<CredentialStatus, rusqlite::Error> {
    match &caller.principal {
        Principal::ApiKey(id) => api_key::status(connection, id),
        Principal::Token { token, .. } => token::status(connection, token, caller.generation),
        Principal::Client { .. } => client::status(connection, caller),
    }
}

/// Tokens of all kinds look alike; those of clients have a table of their own.
fn bearer(access: &Access, text: &str) -> Result<Caller, AuthenticationError> {
    let of_user = access
        .store
        .read(|connection| token::authenticate(connection, text))
        .map_err(AuthenticationError::Unavailable)?;
    match of_user {
        Ok(caller) => Ok(caller),
        Err(CredentialStatus::Unknown) => client::authenticate_token(access, text),
        Err(other) => other.check().and(Err(AuthenticationError::Unknown)),
    }
}
