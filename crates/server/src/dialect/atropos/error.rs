//! Errors of the native dialect.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::Rejection;
use ledger::{NoLog, ReadError, SubmitError, UnknownNetwork};
use publication::{PresentError, ServeError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{Fault, Refusal};

/// What a native route answers instead of a result.
#[derive(Debug, PartialEq, Eq)]
pub enum AtroposError {
    /// 400: the request cannot be read as operations. Nothing was judged.
    Malformed {
        /// Which operation, counted from 0, where it is one.
        position: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// 400: the rules refuse an operation. Nothing was written.
    Rejected {
        /// Which operation, counted from 0.
        position: usize,
        /// Why.
        rejection: Rejection,
    },
    /// 400: signatures are missing, do not verify, or have no place. Nothing was written.
    Signatures {
        /// What it means.
        error: String,
        /// Methods or DIDs whose signature is missing.
        missing: Vec<String>,
        /// Methods whose signature does not verify.
        invalid: Vec<String>,
        /// Methods whose signature does not belong there.
        unexpected: Vec<String>,
    },
    /// 403: the keys that are held here may not be used for it.
    Forbidden(String),
    /// 404: there is no such thing.
    NotFound(String),
    /// 406: none of the types in `Accept` is served.
    NotAcceptable(String),
    /// 409: what is there stands against it.
    Conflict(String),
    /// 400, 401, 403, 413, 415, 429: what all dialects share, which is who calls, and what can be read.
    Refused(Refusal),
    /// 503: the credential could not be checked.
    Unchecked(String),
    /// 503: it may well be so, but it cannot be vouched for now. Never the same as "no".
    Unknown(String),
    /// 503: nothing was written, or, after a fault, sending the same again is safe.
    Unavailable(String),
    /// 500: the log has the reason.
    Internal,
}

/// The body of an error. Everything after `error` stands only where the rules refused an operation, except `position`.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct NativeProblem {
    /// What is wrong, for a person; for a refusal, the text of the cheqd ledger.
    pub error: String,
    /// The ledger's number for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// The code space of the number: `cheqd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codespace: Option<&'static str>,
    /// Which operation, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Methods or DIDs whose signature is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
    /// Methods whose signature does not verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invalid: Option<Vec<String>>,
    /// Methods whose signature does not belong there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexpected: Option<Vec<String>>,
}

impl AtroposError {
    pub(super) fn malformed(position: Option<usize>, reason: impl Into<String>) -> AtroposError {
        AtroposError::Malformed {
            position,
            reason: reason.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> AtroposError {
        tracing::error!(error, "a native request has failed");
        AtroposError::Internal
    }

    fn status(&self) -> StatusCode {
        match self {
            AtroposError::Malformed { .. }
            | AtroposError::Rejected { .. }
            | AtroposError::Signatures { .. } => StatusCode::BAD_REQUEST,
            AtroposError::Forbidden(_) => StatusCode::FORBIDDEN,
            AtroposError::NotFound(_) => StatusCode::NOT_FOUND,
            AtroposError::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            AtroposError::Conflict(_) => StatusCode::CONFLICT,
            AtroposError::Refused(refusal) => refusal.status(),
            AtroposError::Unchecked(_)
            | AtroposError::Unknown(_)
            | AtroposError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            AtroposError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn problem(self) -> NativeProblem {
        match self {
            AtroposError::Malformed { position, reason } => NativeProblem {
                error: reason,
                position,
                ..NativeProblem::default()
            },
            AtroposError::Rejected {
                position,
                rejection,
            } => NativeProblem {
                error: rejection.to_string(),
                code: Some(rejection.code().as_u32()),
                codespace: Some(rejection.code().codespace()),
                position: Some(position),
                missing: Some(rejection.missing().to_vec()),
                invalid: Some(rejection.invalid().to_vec()),
                unexpected: Some(rejection.unexpected().to_vec()),
            },
            AtroposError::Signatures {
                error,
                missing,
                invalid,
                unexpected,
            } => NativeProblem {
                error,
                missing: Some(missing),
                invalid: Some(invalid),
                unexpected: Some(unexpected),
                ..NativeProblem::default()
            },
            AtroposError::Refused(refusal) => NativeProblem {
                error: refusal.to_string(),
                ..NativeProblem::default()
            },
            AtroposError::Forbidden(error)
            | AtroposError::NotFound(error)
            | AtroposError::NotAcceptable(error)
            | AtroposError::Conflict(error)
            | AtroposError::Unchecked(error)
            | AtroposError::Unknown(error)
            | AtroposError::Unavailable(error) => NativeProblem {
                error,
                ..NativeProblem::default()
            },
            AtroposError::Internal => NativeProblem {
                error: Fault::Internal.to_string(),
                ..NativeProblem::default()
            },
        }
    }
}

crate::dialect::worded_by!(AtroposError);

impl From<Refusal> for AtroposError {
    fn from(refusal: Refusal) -> AtroposError {
        match refusal {
            Refusal::Query(reason) => {
                AtroposError::malformed(None, format!("the query cannot be read: {reason}"))
            }
            Refusal::Unauthorized(text) => {
                AtroposError::Refused(Refusal::Unauthorized(format!("Unauthorized error: {text}")))
            }
            refusal => AtroposError::Refused(refusal),
        }
    }
}

impl From<Fault> for AtroposError {
    fn from(fault: Fault) -> AtroposError {
        match fault {
            Fault::Internal => AtroposError::Internal,
            Fault::Unchecked(text) => AtroposError::Unchecked(text),
            fault => AtroposError::Unavailable(fault.to_string()),
        }
    }
}

impl From<UnknownNetwork> for AtroposError {
    fn from(error: UnknownNetwork) -> AtroposError {
        AtroposError::NotFound(error.to_string())
    }
}

impl From<NoLog> for AtroposError {
    fn from(error: NoLog) -> AtroposError {
        AtroposError::NotFound(error.to_string())
    }
}

impl From<ServeError> for AtroposError {
    /// What cannot be told is never told as "active", and never as "not there".
    fn from(error: ServeError) -> AtroposError {
        let text = error.to_string();
        match error {
            ServeError::NoLog(_) | ServeError::NoReceiptAt { .. } => AtroposError::NotFound(text),
            ServeError::Withheld(_) => AtroposError::Unknown(text),
            ServeError::NotYetPublished | ServeError::Busy => AtroposError::Unavailable(text),
            ServeError::TooMany { .. } => AtroposError::malformed(None, text),
            ServeError::Read(error) => AtroposError::from(error),
            ServeError::Prove(error) => AtroposError::internal(&error),
            ServeError::Store(error) => AtroposError::internal(&error),
            ServeError::StatusList(error) => AtroposError::internal(&error),
        }
    }
}

impl From<PresentError> for AtroposError {
    fn from(error: PresentError) -> AtroposError {
        match error {
            PresentError::Read(error) => AtroposError::from(error),
            PresentError::NotKept { .. } => AtroposError::internal(&error),
            PresentError::Garbage { .. }
            | PresentError::OtherLog { .. }
            | PresentError::Unsigned
            | PresentError::Forged { .. }
            | PresentError::ReplacedKey { .. } => AtroposError::malformed(None, error.to_string()),
        }
    }
}

impl From<ReadError> for AtroposError {
    fn from(error: ReadError) -> AtroposError {
        match error {
            ReadError::Withheld(withheld) => AtroposError::Unknown(withheld.to_string()),
            ReadError::Document { .. } => AtroposError::Conflict(error.to_string()),
            error => AtroposError::internal(&error),
        }
    }
}

impl From<SubmitError> for AtroposError {
    fn from(error: SubmitError) -> AtroposError {
        match error {
            SubmitError::Rejected {
                position,
                rejection,
            } => AtroposError::Rejected {
                position,
                rejection,
            },
            SubmitError::Count { .. } | SubmitError::Data { .. } => {
                AtroposError::malformed(None, error.to_string())
            }
            SubmitError::Random(_) => AtroposError::internal(&error),
            SubmitError::Moved(_) => AtroposError::Conflict(error.to_string()),
            SubmitError::Held(_) => AtroposError::Unknown(error.to_string()),
            SubmitError::Busy
            | SubmitError::Contended
            | SubmitError::Stopped(_)
            | SubmitError::Unknown
            | SubmitError::Pending { .. } => AtroposError::Unavailable(error.to_string()),
            SubmitError::Unpaid(_) | SubmitError::Network(_) => {
                tracing::error!(%error, "a network takes no operations from here");
                AtroposError::Unknown(error.to_string())
            }
            SubmitError::Read(source) => AtroposError::from(source),
        }
    }
}

impl IntoResponse for AtroposError {
    fn into_response(self) -> Response {
        let retry_after = match &self {
            AtroposError::Unavailable(_) => Some(HeaderValue::from_static("1")),
            AtroposError::Unknown(_) => Some(HeaderValue::from_static("10")),
            AtroposError::Refused(Refusal::TooMany(too_many)) => {
                Some(HeaderValue::from(too_many.retry_after_s))
            }
            _ => None,
        };
        let mut response = (self.status(), Json(self.problem())).into_response();
        if let Some(after) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}
