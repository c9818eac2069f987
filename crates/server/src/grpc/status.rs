//! How gRPC says that a query has no answer.

use chain::query::{QueryError, Status as Kind};
use tonic::{Code, Status};

pub(super) fn of(error: &QueryError) -> Status {
    let code = match error.status() {
        Kind::Unknown => Code::Unknown,
        Kind::InvalidArgument => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::ResourceExhausted => Code::ResourceExhausted,
        Kind::FailedPrecondition => Code::FailedPrecondition,
        Kind::OutOfRange => Code::OutOfRange,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::Internal => Code::Internal,
        Kind::Unavailable => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}
