//! Who sent a request: found from what was presented, and looked at again before anything is done.

use std::net::IpAddr;

use rusqlite::Connection;

use crate::audit::Actor;
use crate::{
    Access, AccessDenied, ApiKeyId, Lacking, Right, Rights, TenantId, TokenId, UserId, api_key,
    client, token,
};

/// What a request shows to be let in.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// The secret of an API key.
    ApiKey(&'a str),
    /// An access token.
    Bearer(&'a str),
    /// A client's username and password.
    Basic {
        /// The username.
        username: &'a str,
        /// The password.
        password: &'a str,
        /// From where it came: too many failures from one address are slowed down.
        address: Option<IpAddr>,
    },
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant whose DIDs, keys and accounts may be used.
    pub tenant: TenantId,
    /// By what it was let in.
    pub principal: Principal,
    /// What it may do.
    pub rights: Rights,
    /// The generation of what was presented: a later one is another.
    pub(crate) generation: u64,
}

/// By what a caller was let in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An API key.
    ApiKey(ApiKeyId),
    /// An access token.
    Token {
        /// Whose.
        user: UserId,
        /// Which.
        token: TokenId,
        /// Of what kind.
        kind: TokenKind,
    },
    /// A client of a project.
    Client {
        /// The project.
        project: String,
        /// The client.
        username: String,
        /// The token that it got for its password, if it showed that.
        token: Option<TokenId>,
    },
}

/// What an access token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A person, for a short time.
    Session,
    /// A person's program, for long.
    Pat,
    /// A machine.
    ServiceAccount,
    /// A client of a project, for a short time.
    Client,
}

impl Caller {
    /// Refuses a caller that may not do something.
    ///
    /// # Errors
    ///
    /// [`Lacking`].
    pub fn require(&self, right: Right) -> Result<(), Lacking> {
        if self.rights.contains(right) {
            Ok(())
        } else {
            Err(Lacking { right })
        }
    }

    /// The caller, as the audit log names it.
    #[must_use]
    pub fn attribution(&self) -> Actor {
        match &self.principal {
            Principal::ApiKey(id) => Actor::ApiKey(id.clone()),
            Principal::Token { user, token, .. } => Actor::User {
                user: user.clone(),
                token: Some(token.clone()),
            },
            Principal::Client {
                project, username, ..
            } => Actor::Client {
                project: project.clone(),
                username: username.clone(),
            },
        }
    }
}

impl Access {
    /// Who presents this. Reads what is committed; nothing is cached.
    ///
    /// [`Presented::Basic`] takes some ten milliseconds of one processor: call it where that blocks nobody.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`].
    pub fn authenticate(&self, presented: Presented<'_>) -> Result<Caller, AccessDenied> {
        match presented {
            Presented::ApiKey("") | Presented::Bearer("") => Err(AccessDenied::Missing),
            Presented::ApiKey(secret) => api_key::authenticate(self, secret),
            Presented::Bearer(token) => bearer(self, token),
            Presented::Basic {
                username,
                password,
                address,
            } => client::authenticate(self, username, password, address),
        }
    }

    /// Whether a caller that was let in still may come in: nothing it rests on was switched off since.
    ///
    /// # Errors
    ///
    /// [`AccessDenied`].
    pub fn recheck(&self, caller: &Caller) -> Result<(), AccessDenied> {
        let standing = self
            .store
            .read(|connection| standing(connection, caller))
            .map_err(AccessDenied::Unavailable)?;
        standing.verdict()
    }
}

/// How something stands that was once let in. The answer of every kind's own lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Unknown,
    Revoked,
    Inactive,
    Expired,
}

impl Standing {
    pub(crate) fn verdict(self) -> Result<(), AccessDenied> {
        match self {
            Standing::Good => Ok(()),
            Standing::Unknown => Err(AccessDenied::Unknown),
            Standing::Revoked => Err(AccessDenied::Revoked),
            Standing::Inactive => Err(AccessDenied::Inactive),
            Standing::Expired => Err(AccessDenied::Expired),
        }
    }
}

pub(crate) fn standing(
    connection: &Connection,
    caller: &Caller,
) -> Result<Standing, rusqlite::Error> {
    match &caller.principal {
        Principal::ApiKey(id) => api_key::standing(connection, id),
        Principal::Token { token, .. } => token::standing(connection, token, caller.generation),
        Principal::Client { .. } => client::standing(connection, caller),
    }
}

/// Tokens of all kinds look alike; a client's stand in a table of their own.
fn bearer(access: &Access, text: &str) -> Result<Caller, AccessDenied> {
    let of_user = access
        .store
        .read(|connection| token::authenticate(connection, text))
        .map_err(AccessDenied::Unavailable)?;
    match of_user {
        Ok(caller) => Ok(caller),
        Err(Standing::Unknown) => client::authenticate_token(access, text),
        Err(other) => other.verdict().and(Err(AccessDenied::Unknown)),
    }
}
