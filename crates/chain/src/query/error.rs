//! Why a query is refused, and how both protocols say it: with the codes and texts of a Cosmos node.

use cosmos::{Code, Refusal};
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
    /// What is asked for makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The state of another block than the newest is asked for.
    #[error("{0}")]
    Height(Refusal),
    /// There is nothing of this name: a node says so by a status of its own.
    #[error("{0}")]
    NotFound(String),
    /// There is nothing of this name: the cheqd ledger says so by an error that it has not registered for queries.
    #[error("{0}")]
    Absent(String),
    /// It exists, and cannot be given any more.
    #[error("{0}")]
    Erased(String),
    /// There are more entries than one answer has.
    #[error("{0}")]
    TooMany(String),
    /// The transaction would fail.
    #[error("{0}")]
    Fails(String),
    /// It may not be told now, or not be done now; later it may.
    #[error("{0}")]
    Unavailable(String),
    /// What is asked for cannot be read: the fault is here.
    #[error("the ledger cannot answer; its own log says why")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// How gRPC says an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
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
    /// How gRPC says it; the message is the text of the error.
    pub fn status(&self) -> Status {
        match self {
            Self::Path => Status::Unimplemented,
            Self::Size { .. } | Self::TooMany(_) => Status::ResourceExhausted,
            Self::Undecodable(_) | Self::Invalid(_) => Status::InvalidArgument,
            Self::Height(_) => Status::OutOfRange,
            Self::NotFound(_) | Self::Absent(_) => Status::NotFound,
            Self::Erased(_) => Status::FailedPrecondition,
            Self::Fails(_) => Status::Unknown,
            Self::Unavailable(_) => Status::Unavailable,
            Self::Fault(_) => Status::Internal,
        }
    }

    /// How the ABCI says it: the code and log that a node makes of its own gRPC error.
    pub fn refusal(&self) -> Refusal {
        let text = self.to_string();
        let code = match self {
            Self::Height(refusal) => return refusal.clone(),
            Self::Undecodable(_) => return Code::InvalidRequest.because(text),
            Self::Path | Self::Absent(_) | Self::Fails(_) => {
                return Code::UnknownRequest.because(text);
            }
            Self::NotFound(_) => Code::KeyNotFound,
            Self::Invalid(_) | Self::Erased(_) => Code::InvalidRequest,
            Self::Size { .. } | Self::TooMany(_) | Self::Unavailable(_) | Self::Fault(_) => {
                Code::UnknownRequest
            }
        };
        code.because(format!(
            "rpc error: code = {} desc = {text}",
            self.status().name()
        ))
    }
}

impl Status {
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

    fn said(error: &QueryError) -> (u32, String) {
        let refusal = error.refusal();
        (refusal.code.as_u32(), refusal.to_string())
    }

    #[test]
    fn the_abci_says_what_a_node_says() {
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
                QueryError::Height(Code::InvalidHeight.because("cannot query")),
                26,
                "cannot query: invalid height",
            ),
        ];
        for (error, code, log) in cases {
            assert_eq!(said(&error), (code, log.to_owned()));
        }
    }

    #[test]
    fn what_is_withheld_is_never_said_to_be_absent() {
        let withheld = ledger::Withheld::Assurance(ledger::Assurance::Unconfirmed);
        let error = QueryError::from(ReadError::Withheld(withheld));
        assert_eq!(error.status(), Status::Unavailable);
        let (code, log) = said(&error);
        assert_eq!(code, 6);
        assert!(
            log.starts_with("rpc error: code = Unavailable desc = "),
            "{log}"
        );
        assert!(!log.to_lowercase().contains("not found"), "{log}");
    }
}
