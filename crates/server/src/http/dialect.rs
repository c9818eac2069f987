//! A dialect as the HTTP layer sees it: one value.

use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

use super::error::{Fault, HttpError, Refusal};
use crate::config::Origins;

/// A published contract: which paths belong to it, how it words what no handler answers, and its routes. `S` is the
/// state of the application, which this layer does not know.
pub struct Dialect<S: 'static> {
    /// The contract, as texts name it.
    pub contract: &'static str,
    /// Its paths: a beginning if it ends with a slash, else one whole path.
    pub owns: &'static [&'static str],
    /// Beginnings of paths that the contract has and this server does not serve, whichever dialect owns them here.
    pub not_served: &'static [&'static str],
    /// How it words what it answers instead of a result.
    pub wording: Wording,
    /// Its routes. Pages of these origins may read what is public.
    pub routes: fn(&Origins) -> OpenApiRouter<S>,
}

/// How a dialect words refusals and faults.
#[derive(Clone, Copy, Debug)]
pub struct Wording {
    /// What the request did wrong.
    pub refusal: fn(Refusal) -> Response,
    /// What we could not do.
    pub fault: fn(Fault) -> Response,
}

impl Wording {
    /// The wording of a dialect whose error is an `E`.
    pub const fn of<E: From<Refusal> + From<Fault> + IntoResponse>() -> Wording {
        Wording {
            refusal: |refusal| E::from(refusal).into_response(),
            fault: |fault| E::from(fault).into_response(),
        }
    }

    /// The answer to a request that no handler answers.
    pub fn answer(self, error: impl Into<HttpError>) -> Response {
        match error.into() {
            HttpError::Refusal(refusal) => (self.refusal)(refusal),
            HttpError::Fault(fault) => {
                let timeout = fault == Fault::Timeout;
                let mut response = (self.fault)(fault);
                if timeout {
                    let after = HeaderValue::from_static("1");
                    response.headers_mut().insert(RETRY_AFTER, after);
                }
                response
            }
        }
    }
}

/// Which wording the answers of a path have.
#[derive(Clone)]
pub struct Owners {
    owners: Vec<Owner>,
    /// The wording of all other paths.
    other: Wording,
}

#[derive(Clone, Copy)]
struct Owner {
    contract: &'static str,
    owns: &'static [&'static str],
    not_served: &'static [&'static str],
    wording: Wording,
}

impl Owners {
    /// The paths of these dialects; all others are worded as `other` words them.
    pub fn of<S: 'static>(dialects: &[Dialect<S>], other: Wording) -> Owners {
        let owner = |dialect: &Dialect<S>| Owner {
            contract: dialect.contract,
            owns: dialect.owns,
            not_served: dialect.not_served,
            wording: dialect.wording,
        };
        Owners {
            owners: dialects.iter().map(owner).collect(),
            other,
        }
    }

    /// One wording for all paths.
    pub fn all(wording: Wording) -> Owners {
        Owners {
            owners: Vec::new(),
            other: wording,
        }
    }

    /// How answers to this path are worded.
    pub fn wording(&self, path: &str) -> Wording {
        let owner = self.owners.iter().find(|owner| {
            let mut owns = owner.owns.iter();
            owns.any(|own| *own == path || own.ends_with('/') && path.starts_with(own))
        });
        owner.map_or(self.other, |owner| owner.wording)
    }

    /// Why no route has this path.
    pub fn unrouted(&self, path: &str) -> Refusal {
        let known = self.owners.iter().find(|owner| {
            let mut not_served = owner.not_served.iter();
            not_served.any(|beginning| path.starts_with(beginning))
        });
        known.map_or(Refusal::NoRoute, |owner| Refusal::NotServed(owner.contract))
    }
}
