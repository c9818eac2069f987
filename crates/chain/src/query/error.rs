//! Why a query is refused, in both protocols: with the codes and texts of a Cosmos node.

use cosmos::{Refusal, SdkCode};
use ledger::ReadError;
use thiserror::Error;

use crate::ChainError;

/// Why a query has no answer. The texts are those of the Cosmos SDK and of the cheqd ledger where these have some.
#[derive(Debug, Error)]
pub enum QueryError {
    /// Nothing is served under this path.
    #[error("unknown query path")]
    Path,
    /// The request is longer than requests of this query may be.
    #[error("the request has {found} bytes; this query takes at most {limit}")]
    Size {
        /// Its length in bytes.
        found: usize,
        /// The most that is taken.
        limit: usize,
    },
    /// The bytes are not the request of this query.
    #[error("{0}")]
    Undecodable(#[from] prost::DecodeError),
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The state of another block than the newest is requested.
    #[error("{0}")]
    Height(Refusal),
    /// There is nothing of this name; a node answers with `NOT_FOUND`.
    #[error("{0}")]
    NotFound(String),
    /// There is nothing of this name; the cheqd ledger answers with an error that it has not registered for queries.
    #[error("{0}")]
    Absent(String),
    /// It existed, and was erased.
    #[error("{0}")]
    Erased(String),
    /// There are more entries than one answer has.
    #[error("{0}")]
    TooMany(String),
    /// The transaction would fail.
    #[error("{0}")]
    Fails(String),
    /// It is withheld, or not possible, at present.
    #[error("{0}")]
    Unavailable(String),
    /// Reading failed: the server is at fault.
    #[error("the ledger cannot answer; its own log says why")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The status codes of gRPC that queries end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrpcCode {
    /// `UNKNOWN` (2).
    Unknown,
    /// `INVALID_ARGUMENT` (3).
    InvalidArgument,
    /// `NOT_FOUND` (5).
    NotFound,
    /// `RESOURCE_EXHAUSTED` (8).
    ResourceExhausted,
    /// `FAILED_PRECONDITION` (9).
    FailedPrecondition,
    /// `OUT_OF_RANGE` (11).
    OutOfRange,
    /// `UNIMPLEMENTED` (12).
    Unimplemented,
    /// `INTERNAL` (13).
    Internal,
    /// `UNAVAILABLE` (14).
    Unavailable,
}

impl QueryError {
    /// Its status in gRPC; the message is the text of the error.
    pub fn grpc_code(&self) -> GrpcCode {
        match self {
            Self::Path => GrpcCode::Unimplemented,
            Self::Size { .. } | Self::TooMany(_) => GrpcCode::ResourceExhausted,
            Self::Undecodable(_) | Self::Invalid(_) => GrpcCode::InvalidArgument,
            Self::Height(_) => GrpcCode::OutOfRange,
            Self::NotFound(_) | Self::Absent(_) => GrpcCode::NotFound,
            Self::Erased(_) => GrpcCode::FailedPrecondition,
            Self::Fails(_) => GrpcCode::Unknown,
            Self::Unavailable(_) => GrpcCode::Unavailable,
            Self::Fault(_) => GrpcCode::Internal,
        }
    }

    /// Its refusal in the ABCI: the code and log that a node derives from its gRPC error.
    pub fn refusal(&self) -> Refusal {
        let text = self.to_string();
        let code = match self {
            Self::Height(refusal) => return refusal.clone(),
            Self::Undecodable(_) => return SdkCode::InvalidRequest.because(text),
            Self::Path | Self::Absent(_) | Self::Fails(_) => {
                return SdkCode::UnknownRequest.because(text);
            }
            Self::NotFound(_) => SdkCode::KeyNotFound,
            Self::Invalid(_) | Self::Erased(_) => SdkCode::InvalidRequest,
            Self::Size { .. } | Self::TooMany(_) | Self::Unavailable(_) | Self::Fault(_) => {
                SdkCode::UnknownRequest
            }
        };
        code.because(format!(
            "rpc error: code = {} desc = {text}",
            self.grpc_code().name()
        ))
    }
}

impl GrpcCode {
    /// The name that Go programs print.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::InvalidArgument => "InvalidArgument",
            Self::NotFound => "NotFound",
            Self::ResourceExhausted => "ResourceExhausted",
            Self::FailedPrecondition => "FailedPrecondition",
            Self::OutOfRange => "OutOfRange",
            Self::Unimplemented => "Unimplemented",
            Self::Internal => "Internal",
            Self::Unavailable => "Unavailable",
        }
    }
}

impl From<ChainError> for QueryError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Stopped(_) | ChainError::Interrupted => {
                Self::Unavailable(error.to_string())
            }
            ChainError::LargeBlock { .. } => Self::TooMany(error.to_string()),
            ChainError::Store(_) => Self::Fault(Box::new(error)),
        }
    }
}

impl From<ReadError> for QueryError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Withheld(withheld) => Self::Unavailable(withheld.to_string()),
            fault => Self::Fault(Box::new(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_and_log(error: &QueryError) -> (u32, String) {
        let refusal = error.refusal();
        (refusal.code.as_u32(), refusal.to_string())
    }

    #[test]
    fn the_abci_has_the_code_and_log_of_a_node() {
        let cases = [
            (QueryError::Path, 6, "unknown query path: unknown request"),
            (
                QueryError::NotFound("account cheqd1 not found".to_owned()),
                22,
                "rpc error: code = NotFound desc = account cheqd1 not found: key not found",
            ),
            (
                QueryError::Absent("did:cheqd:testnet:x: not found".to_owned()),
                6,
                "did:cheqd:testnet:x: not found: unknown request",
            ),
            (
                QueryError::Invalid("Address cannot be empty".to_owned()),
                18,
                "rpc error: code = InvalidArgument desc = Address cannot be empty: invalid request",
            ),
            (
                QueryError::Height(SdkCode::InvalidHeight.because("cannot query")),
                26,
                "cannot query: invalid height",
            ),
        ];
        for (error, code, log) in cases {
            assert_eq!(code_and_log(&error), (code, log.to_owned()));
        }
    }

    #[test]
    fn what_is_withheld_is_never_reported_as_absent() {
        let withheld = ledger::Withheld::Assurance(ledger::Assurance::Unconfirmed);
        let error = QueryError::from(ReadError::Withheld(withheld));
        assert_eq!(error.grpc_code(), GrpcCode::Unavailable);
        let (code, log) = code_and_log(&error);
        assert_eq!(code, 6);
        assert!(
            log.starts_with("rpc error: code = Unavailable desc = "),
            "{log}"
        );
        assert!(!log.to_lowercase().contains("not found"), "{log}");
    }
}
