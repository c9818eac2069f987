//! Errors of the native dialect.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::Rejection;
use ledger::{NoLog, ReadError, SubmitError, UnknownNetwork};
use publication::{PresentError, ServeError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::authentication::Asked;
use crate::dialect::cheqd_studio::StudioError;
use crate::gate::Full;
use crate::http::rate::TooMany;

/// What a native route answers instead of a result.
#[derive(Debug, PartialEq, Eq)]
pub enum NativeError {
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
    /// 404: there is no such thing.
    NotFound(String),
    /// 406: none of the types in `Accept` is served.
    NotAcceptable(String),
    /// 409: what is there stands against it.
    Conflict(String),
    /// 401, 403, 413, 415, 429: what all dialects share, which is who asks, and the body.
    Body(StudioError),
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

impl NativeError {
    pub(super) fn malformed(position: Option<usize>, reason: impl Into<String>) -> NativeError {
        NativeError::Malformed {
            position,
            reason: reason.into(),
        }
    }

    /// A fault of ours: the log gets the reason, the caller does not.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> NativeError {
        tracing::error!(error, "a native request has failed");
        NativeError::Internal
    }

    fn status(&self) -> StatusCode {
        match self {
            NativeError::Malformed { .. }
            | NativeError::Rejected { .. }
            | NativeError::Signatures { .. } => StatusCode::BAD_REQUEST,
            NativeError::NotFound(_) => StatusCode::NOT_FOUND,
            NativeError::NotAcceptable(_) => StatusCode::NOT_ACCEPTABLE,
            NativeError::Conflict(_) => StatusCode::CONFLICT,
            NativeError::Body(error) => error.status(),
            NativeError::Unknown(_) | NativeError::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            NativeError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn problem(self) -> NativeProblem {
        match self {
            NativeError::Malformed { position, reason } => NativeProblem {
                error: reason,
                position,
                ..NativeProblem::default()
            },
            NativeError::Rejected {
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
            NativeError::Signatures {
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
            NativeError::Body(error) => NativeProblem {
                error: error.to_string(),
                ..NativeProblem::default()
            },
            NativeError::NotFound(error)
            | NativeError::NotAcceptable(error)
            | NativeError::Conflict(error)
            | NativeError::Unknown(error)
            | NativeError::Unavailable(error) => NativeProblem {
                error,
                ..NativeProblem::default()
            },
            NativeError::Internal => NativeProblem {
                error: StudioError::Internal.to_string(),
                ..NativeProblem::default()
            },
        }
    }
}

impl From<StudioError> for NativeError {
    /// What all dialects share: limits of bodies, and API keys.
    fn from(error: StudioError) -> NativeError {
        NativeError::Body(error)
    }
}

impl From<Asked> for NativeError {
    fn from(asked: Asked) -> NativeError {
        NativeError::Body(asked.into())
    }
}

impl From<TooMany> for NativeError {
    fn from(too_many: TooMany) -> NativeError {
        NativeError::Body(too_many.into())
    }
}

impl From<access::MissingRight> for NativeError {
    fn from(lacking: access::MissingRight) -> NativeError {
        Asked::from(lacking).into()
    }
}

impl From<Full> for NativeError {
    fn from(error: Full) -> NativeError {
        NativeError::Unavailable(error.to_string())
    }
}

impl From<UnknownNetwork> for NativeError {
    fn from(error: UnknownNetwork) -> NativeError {
        NativeError::NotFound(error.to_string())
    }
}

impl From<NoLog> for NativeError {
    fn from(error: NoLog) -> NativeError {
        NativeError::NotFound(error.to_string())
    }
}

impl From<ServeError> for NativeError {
    /// What cannot be told is never told as "active", and never as "not there".
    fn from(error: ServeError) -> NativeError {
        let text = error.to_string();
        match error {
            ServeError::NoLog(_) | ServeError::NoReceiptAt { .. } => NativeError::NotFound(text),
            ServeError::Withheld(_) => NativeError::Unknown(text),
            ServeError::NotYetPublished | ServeError::Busy => NativeError::Unavailable(text),
            ServeError::TooMany { .. } => NativeError::malformed(None, text),
            ServeError::Read(error) => NativeError::from(error),
            ServeError::Prove(error) => NativeError::internal(&error),
            ServeError::Store(error) => NativeError::internal(&error),
            ServeError::StatusList(error) => NativeError::internal(&error),
        }
    }
}

impl From<PresentError> for NativeError {
    fn from(error: PresentError) -> NativeError {
        match error {
            PresentError::Read(error) => NativeError::from(error),
            PresentError::NotKept { .. } => NativeError::internal(&error),
            PresentError::Garbage { .. }
            | PresentError::OtherLog { .. }
            | PresentError::Unsigned
            | PresentError::Forged { .. }
            | PresentError::ReplacedKey { .. } => NativeError::malformed(None, error.to_string()),
        }
    }
}

impl From<ReadError> for NativeError {
    fn from(error: ReadError) -> NativeError {
        match error {
            ReadError::Withheld(withheld) => NativeError::Unknown(withheld.to_string()),
            ReadError::Document { .. } => NativeError::Conflict(error.to_string()),
            error => NativeError::internal(&error),
        }
    }
}

impl From<SubmitError> for NativeError {
    fn from(error: SubmitError) -> NativeError {
        match error {
            SubmitError::Rejected {
                position,
                rejection,
            } => NativeError::Rejected {
                position,
                rejection,
            },
            SubmitError::Count { .. } | SubmitError::Data { .. } => {
                NativeError::malformed(None, error.to_string())
            }
            SubmitError::Random(_) => NativeError::internal(&error),
            SubmitError::Moved(_) => NativeError::Conflict(error.to_string()),
            SubmitError::Held(_) => NativeError::Unknown(error.to_string()),
            SubmitError::Busy
            | SubmitError::Contended
            | SubmitError::Stopped(_)
            | SubmitError::Unknown
            | SubmitError::Pending { .. } => NativeError::Unavailable(error.to_string()),
            SubmitError::Unpaid(_) | SubmitError::Network(_) => {
                tracing::error!(%error, "a network takes no operations from here");
                NativeError::Unknown(error.to_string())
            }
            SubmitError::Read(source) => NativeError::from(source),
        }
    }
}

impl IntoResponse for NativeError {
    fn into_response(self) -> Response {
        let retry_after = match &self {
            NativeError::Unavailable(_) => Some(HeaderValue::from_static("1")),
            NativeError::Unknown(_) => Some(HeaderValue::from_static("10")),
            NativeError::Body(StudioError::TooManyRequests { retry_after_s, .. }) => {
                Some(HeaderValue::from(*retry_after_s))
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
