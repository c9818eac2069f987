//! Why no handler answers a request: the request was wrong ([`Refusal`]), or we could not ([`Fault`]).
//!
//! Both lists are closed. Every dialect words each of them in its own shape; the texts here are the usual ones.

use access::{MissingRight, Right};
use axum::http::StatusCode;

use super::gate::Full;
use super::rate::TooMany;

/// What a request did wrong. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 404: no route has this path.
    #[error("Nothing is served at this path. The API is described at /swagger.")]
    NoRoute,
    /// 404: the contract of this name has such a route, this server does not.
    #[error(
        "{0} has this route, and this server does not serve it. The API is described at /swagger."
    )]
    NotServed(&'static str),
    /// 405: the path has no such method.
    #[error("This path does not take this method. The API is described at /swagger.")]
    NoMethod,
    /// 413: the body is longer than its route allows.
    #[error("The request body is larger than {bytes_max} bytes")]
    TooLong {
        /// The limit.
        bytes_max: usize,
    },
    /// 415: the body has another media type than these.
    #[error("Content-Type should be {0}")]
    MediaType(&'static str),
    /// 400: the body ended before it was whole.
    #[error("The request body broke off")]
    BrokenOff,
    /// 400: there is no body.
    #[error("The request has no body")]
    NoBody,
    /// 400: the body is JSON, but not an object.
    #[error("The body should be a JSON object")]
    NotAnObject,
    /// 400: the body cannot be read as its media type.
    #[error("{0}")]
    Syntax(String),
    /// 400: the body can be read, and holds what is not taken.
    #[error("{0}")]
    Content(String),
    /// 400: the query is not a form.
    #[error("The query cannot be read: {0}")]
    Query(String),
    /// 400: a parameter that the route does not have.
    #[error("{name:?} is not a parameter of this path; it takes: {}", list(.known))]
    UnknownParameter {
        /// The parameter.
        name: String,
        /// Those that the route has.
        known: Vec<String>,
    },
    /// 400: a parameter that is given more than once.
    #[error("{0} is given twice")]
    RepeatedParameter(String),
    /// 400: a parameter of another form than expected.
    #[error("{name} should be {expected}")]
    Parameter {
        /// The parameter.
        name: String,
        /// What it should be.
        expected: String,
    },
    /// 401: no credential, or none that is good. The text says what is wrong with it.
    #[error("{0}")]
    Unauthorized(String),
    /// 403: a good credential without this right.
    #[error("This credential lacks the permission {0}.")]
    Lacking(Right),
    /// 429: a budget is spent.
    #[error(transparent)]
    TooMany(TooMany),
}

impl Refusal {
    /// The status that most dialects give it.
    pub fn status(&self) -> StatusCode {
        match self {
            Refusal::NoRoute | Refusal::NotServed(_) => StatusCode::NOT_FOUND,
            Refusal::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::BrokenOff
            | Refusal::NoBody
            | Refusal::NotAnObject
            | Refusal::Syntax(_)
            | Refusal::Content(_)
            | Refusal::Query(_)
            | Refusal::UnknownParameter { .. }
            | Refusal::RepeatedParameter(_)
            | Refusal::Parameter { .. } => StatusCode::BAD_REQUEST,
            Refusal::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Refusal::Lacking(_) => StatusCode::FORBIDDEN,
            Refusal::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// What we could not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// 500: a defect of ours. The log has it, the answer does not.
    #[error("Internal error: the log holds the reason under the x-request-id of this answer.")]
    Internal,
    /// 503: the answer was not ready in time. Whether something was written is not known.
    #[error(
        "The answer took too long. A change may have been made all the same: read the DID before repeating it."
    )]
    Timeout,
    /// 503: no room for it now. Nothing was done.
    #[error(transparent)]
    Full(Full),
    /// 503: the credential could not be checked now. Nothing was done.
    #[error("{0}")]
    Unchecked(String),
}

impl Fault {
    /// The status that most dialects give it.
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::Timeout | Fault::Full(_) | Fault::Unchecked(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }
}

/// One or the other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The request was wrong.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// We could not.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl HttpError {
    /// The status that most dialects give it.
    pub fn status(&self) -> StatusCode {
        match self {
            HttpError::Refusal(refusal) => refusal.status(),
            HttpError::Fault(fault) => fault.status(),
        }
    }
}

impl From<TooMany> for HttpError {
    fn from(too_many: TooMany) -> HttpError {
        Refusal::TooMany(too_many).into()
    }
}

impl From<MissingRight> for HttpError {
    fn from(missing: MissingRight) -> HttpError {
        Refusal::Lacking(missing.right).into()
    }
}

impl From<Full> for HttpError {
    fn from(full: Full) -> HttpError {
        Fault::Full(full).into()
    }
}

fn list(known: &[String]) -> String {
    match known {
        [] => "none".to_owned(),
        known => known.join(", "),
    }
}
