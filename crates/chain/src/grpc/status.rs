//! Statuses of gRPC.

use axum::http::StatusCode;
use axum::response::Response;
use tonic::{Code, Status};

use crate::query::{GrpcCode, QueryError};

pub(super) fn of(error: &QueryError) -> Status {
    let code = match error.grpc_code() {
        GrpcCode::Unknown => Code::Unknown,
        GrpcCode::InvalidArgument => Code::InvalidArgument,
        GrpcCode::NotFound => Code::NotFound,
        GrpcCode::ResourceExhausted => Code::ResourceExhausted,
        GrpcCode::FailedPrecondition => Code::FailedPrecondition,
        GrpcCode::OutOfRange => Code::OutOfRange,
        GrpcCode::Unimplemented => Code::Unimplemented,
        GrpcCode::Internal => Code::Internal,
        GrpcCode::Unavailable => Code::Unavailable,
    };
    Status::new(code, error.to_string())
}

/// The status of HTTP that means about the same, for metrics.
pub(super) fn in_http(response: &Response) -> StatusCode {
    let status = Status::from_header_map(response.headers());
    match status.map(|status| status.code()) {
        None | Some(Code::Ok) => response.status(),
        Some(Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange) => {
            StatusCode::BAD_REQUEST
        }
        Some(Code::NotFound | Code::Unimplemented) => StatusCode::NOT_FOUND,
        Some(Code::ResourceExhausted) => StatusCode::TOO_MANY_REQUESTS,
        Some(Code::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(Code::DeadlineExceeded) => StatusCode::GATEWAY_TIMEOUT,
        Some(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn metrics_distinguish_a_refusal_from_a_fault() {
        for (status, expected) in [
            (Status::not_found(""), 404),
            (Status::invalid_argument(""), 400),
            (Status::resource_exhausted(""), 429),
            (Status::unavailable(""), 503),
            (Status::internal(""), 500),
        ] {
            assert_eq!(in_http(&status.into_http::<Body>()).as_u16(), expected);
        }
        assert_eq!(in_http(&Response::new(Body::empty())).as_u16(), 200);
    }
}
