//! A caller: who sent a request, by what it is authenticated, and what it may do.

use std::net::IpAddr;

use audit::Actor;

use crate::error::{ActionError, AuthenticationError, IdentityError, MissingRight};
use crate::right::{Right, Rights};
use crate::{ApiKeyId, TenantId, TokenId, UserId};

/// What a request presents to be authenticated.
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
        /// The client's address: too many failures from one are slowed down.
        address: Option<IpAddr>,
    },
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant whose DIDs, keys and accounts may be used.
    pub tenant: TenantId,
    /// By what it is authenticated.
    pub principal: Principal,
    /// What it may do.
    pub rights: Rights,
    /// The generation of what was presented. A change of it starts the next one, which ends this caller.
    pub(crate) generation: u64,
}

/// By what a caller is authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// An API key.
    ApiKey(ApiKeyId),
    /// An access token.
    Token {
        /// The user.
        user: UserId,
        /// The token.
        token: TokenId,
        /// Its kind.
        kind: TokenKind,
    },
    /// A client of a project.
    Client {
        /// The project.
        project: String,
        /// The client.
        username: String,
        /// The token that it got for its password, if it presented one.
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
    pub fn require(&self, right: Right) -> Result<(), MissingRight> {
        if self.rights.contains(right) {
            Ok(())
        } else {
            Err(MissingRight { right })
        }
    }

    /// The tenant and the user of an access token.
    pub(crate) fn user(&self) -> Result<(TenantId, UserId), IdentityError> {
        match &self.principal {
            Principal::Token { user, .. } => Ok((self.tenant.clone(), user.clone())),
            Principal::ApiKey(_) | Principal::Client { .. } => {
                Err(IdentityError::NotApproved(ActionError::NotASigner))
            }
        }
    }

    /// The access token, if it is of this kind.
    pub(crate) fn token_of(&self, wanted: TokenKind) -> Option<&TokenId> {
        match &self.principal {
            Principal::Token { token, kind, .. } if *kind == wanted => Some(token),
            Principal::Token { .. } | Principal::ApiKey(_) | Principal::Client { .. } => None,
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

/// Whether a credential that authenticated a caller still does: the answer of every kind's own lookup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialStatus {
    Valid,
    Unknown,
    Revoked,
    Inactive,
    Expired,
}

impl CredentialStatus {
    pub(crate) fn check(self) -> Result<(), AuthenticationError> {
        match self {
            CredentialStatus::Valid => Ok(()),
            CredentialStatus::Unknown => Err(AuthenticationError::Unknown),
            CredentialStatus::Revoked => Err(AuthenticationError::Revoked),
            CredentialStatus::Inactive => Err(AuthenticationError::Inactive),
            CredentialStatus::Expired => Err(AuthenticationError::Expired),
        }
    }
}
