//! Errors of the native dialect.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::{CODESPACE, Rejection};
use ledger::SubmitError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::studio::StudioError;

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
    /// 413 or 415: the body.
    Body(StudioError),
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

    fn status(&self) -> StatusCode {
        match self {
            NativeError::Malformed { .. } | NativeError::Rejected { .. } => StatusCode::BAD_REQUEST,
            NativeError::Body(error) => error.status(),
            NativeError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            NativeError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn problem(self) -> NativeProblem {
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
                codespace: Some(CODESPACE),
                position: Some(position),
                missing: Some(rejection.missing().to_vec()),
                invalid: Some(rejection.invalid().to_vec()),
                unexpected: Some(rejection.unexpected().to_vec()),
            },
            NativeError::Body(error) => NativeProblem {
                error: error.to_string(),
                ..NativeProblem::default()
            },
            NativeError::Unavailable(error) => NativeProblem {
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
            SubmitError::Count { .. } => NativeError::malformed(None, error.to_string()),
            SubmitError::Busy
            | SubmitError::Contended
            | SubmitError::Stopped(_)
            | SubmitError::Unknown => NativeError::Unavailable(error.to_string()),
            SubmitError::Read(source) => {
                tracing::error!(
                    error = &source as &dyn std::error::Error,
                    "a submission cannot be judged"
                );
                NativeError::Internal
            }
        }
    }
}

impl IntoResponse for NativeError {
    fn into_response(self) -> Response {
        let retry = matches!(self, NativeError::Unavailable(_));
        let mut response = (self.status(), Json(self.problem())).into_response();
        if retry {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
