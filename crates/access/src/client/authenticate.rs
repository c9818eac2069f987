//! The caller of a client, by password or token, and whether it still counts.

use std::net::IpAddr;

use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::password::PasswordHash;
use super::{Client, grant, rows};
use crate::caller::{Caller, CredentialStatus, Principal};
use crate::error::AuthenticationError;
use crate::{Access, TokenId, token};

/// The client with this username and password.
///
/// An unknown username costs as much as a wrong password, and nothing is disclosed of a client before its password was
/// right. No connection to the store is held while the processor works.
pub(crate) fn authenticate(
    access: &Access,
    username: &str,
    password: &str,
    address: Option<IpAddr>,
) -> Result<Caller, AuthenticationError> {
    let unavailable = AuthenticationError::Unavailable;
    let read = access
        .store
        .read(|connection| rows::password(connection, username));
    let known = read
        .map_err(unavailable)?
        .unwrap_or_else(PasswordHash::of_no_client);
    if known.matches(password) != Some(true) {
        return Err(AuthenticationError::Unknown);
    }
    let read = access.store.read(|connection| {
        // It may have been changed while it was checked: then what was presented is no longer right.
        let same = rows::password(connection, username)?.is_some_and(|now| now.same_as(&known));
        match rows::by_username(connection, username)?.filter(|_| same) {
            Some(client) => holder(connection, client, None).map(Some),
            None => Ok(None),
        }
    });
    let holder = read
        .map_err(unavailable)?
        .ok_or(AuthenticationError::Unknown)?;
    if !may_come_from(&holder.client, address) {
        return Err(AuthenticationError::Unknown);
    }
    holder.status.check().map(|()| holder.caller)
}

/// The client that has this token. Its address is checked separately: [`Access::recheck_address`].
pub(crate) fn authenticate_token(
    access: &Access,
    text: &str,
) -> Result<Caller, AuthenticationError> {
    let hash = token::hash(text).ok_or(AuthenticationError::Unknown)?;
    let read = access.store.read(|connection| by_token(connection, hash));
    let holder = read
        .map_err(AuthenticationError::Unavailable)?
        .ok_or(AuthenticationError::Unknown)?;
    holder.status.check().map(|()| holder.caller)
}

/// Whether a client's caller still counts: not when the client is gone, changed, or has fewer rights than then.
pub(crate) fn status(
    connection: &Connection,
    caller: &Caller,
) -> Result<CredentialStatus, rusqlite::Error> {
    let Principal::Client {
        project,
        username,
        token,
    } = &caller.principal
    else {
        return Ok(CredentialStatus::Unknown);
    };
    let found = rows::by_username(connection, username)?;
    let same = |client: &Client| client.tenant == caller.tenant && client.project == *project;
    let Some(client) = found.filter(same) else {
        return Ok(CredentialStatus::Unknown);
    };
    let token = match token {
        None => None,
        Some(id) => match token_of(connection, id)? {
            None => return Ok(CredentialStatus::Revoked),
            token => token,
        },
    };
    let holder = holder(connection, client, token)?;
    let less = caller.rights.intersection(holder.caller.rights) != caller.rights;
    if holder.status == CredentialStatus::Valid
        && (less || holder.client.generation != caller.generation)
    {
        return Ok(CredentialStatus::Revoked);
    }
    Ok(holder.status)
}

impl Access {
    /// Whether a caller may come from this address. Clients alone are bound to addresses; to those that are, an
    /// address that is not known is a wrong one.
    pub fn recheck_address(
        &self,
        caller: &Caller,
        address: Option<IpAddr>,
    ) -> Result<(), AuthenticationError> {
        let Principal::Client { username, .. } = &caller.principal else {
            return Ok(());
        };
        let read = self
            .store
            .read(|connection| rows::by_username(connection, username));
        let client = read.map_err(AuthenticationError::Unavailable)?;
        if client.is_some_and(|client| may_come_from(&client, address)) {
            Ok(())
        } else {
            Err(AuthenticationError::Unknown)
        }
    }
}

/// A client, whether it counts, and its caller.
struct Holder {
    client: Client,
    status: CredentialStatus,
    caller: Caller,
}

struct Token {
    id: TokenId,
    generation: u64,
    expires_ms: u64,
}

fn by_token(connection: &Connection, hash: [u8; 32]) -> Result<Option<Holder>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, secret_sha256, username FROM client_tokens WHERE secret_sha256 = ?1",
    )?;
    let found: Option<(TokenId, [u8; 32], String)> = statement
        .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    // The search is by hash, whose bytes a caller cannot steer; the decision takes the same time for all.
    let Some((id, _, username)) = found.filter(|(_, stored, _)| stored.ct_eq(&hash).into()) else {
        return Ok(None);
    };
    let token = token_of(connection, &id)?;
    let client = rows::by_username(connection, &username)?;
    match client.zip(token) {
        Some((client, token)) => holder(connection, client, Some(token)).map(Some),
        None => Ok(None),
    }
}

fn token_of(connection: &Connection, id: &TokenId) -> Result<Option<Token>, rusqlite::Error> {
    let mut statement = connection
        .prepare_cached("SELECT generation, expires_ms FROM client_tokens WHERE id = ?1")?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Token {
            id: id.clone(),
            generation: row.get(0)?,
            expires_ms: row.get(1)?,
        })
    };
    statement.query_row(params![id.as_str()], row).optional()
}

fn holder(
    connection: &Connection,
    client: Client,
    token: Option<Token>,
) -> Result<Holder, rusqlite::Error> {
    let now_ms = now_ms();
    let tenant_revoked: bool = connection
        .prepare_cached("SELECT revoked_ms IS NOT NULL FROM tenants WHERE id = ?1")?
        .query_row([client.tenant.as_str()], |row| row.get(0))?;
    let details = &client.details;
    let expired = |expires_ms: Option<u64>| expires_ms.is_some_and(|at_ms| at_ms <= now_ms);
    let token_expired = expired(token.as_ref().map(|token| token.expires_ms));
    let older = token
        .as_ref()
        .is_some_and(|token| token.generation != client.generation);
    let status = if tenant_revoked {
        CredentialStatus::Revoked
    } else if !details.enabled {
        CredentialStatus::Inactive
    } else if expired(details.expires_ms) {
        CredentialStatus::Expired
    } else if older {
        CredentialStatus::Revoked
    } else if token_expired {
        CredentialStatus::Expired
    } else {
        CredentialStatus::Valid
    };
    let caller = Caller {
        tenant: client.tenant.clone(),
        principal: Principal::Client {
            project: client.project.clone(),
            username: client.username.as_str().to_owned(),
            token: token.map(|token| token.id),
        },
        rights: grant::rights(connection, client.username.as_str(), now_ms)?,
        generation: client.generation,
    };
    Ok(Holder {
        client,
        status,
        caller,
    })
}

fn may_come_from(client: &Client, address: Option<IpAddr>) -> bool {
    let networks = &client.details.networks;
    networks.is_empty()
        || address.is_some_and(|address| networks.iter().any(|network| network.contains(address)))
}
