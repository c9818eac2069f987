//! Errors of the protocol. Refused transactions and queries are answers instead.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Envelope, no_id};
use crate::ChainError;

/// An error of JSON-RPC 2.0, in CometBFT's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RpcError {
    code: i32,
    message: &'static str,
    data: String,
}

impl RpcError {
    pub(super) const METHOD_NOT_FOUND: Self = Self {
        code: -32601,
        message: "Method not found",
        data: String::new(),
    };

    pub(super) fn parse(data: impl Into<String>) -> Self {
        Self::new(-32700, "Parse error. Invalid JSON", data)
    }

    pub(super) fn invalid_request(data: impl Into<String>) -> Self {
        Self::new(-32600, "Invalid Request", data)
    }

    pub(super) fn invalid_params(data: impl Into<String>) -> Self {
        Self::new(-32602, "Invalid params", data)
    }

    /// CometBFT's error for anything that a method cannot answer, whether the caller or the node is at fault.
    pub(super) fn internal(data: impl Into<String>) -> Self {
        Self::new(-32603, "Internal error", data)
    }

    fn new(code: i32, message: &'static str, data: impl Into<String>) -> Self {
        Self {
            code,
            message,
            data: data.into(),
        }
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        if let ChainError::Store(cause) = &error {
            tracing::error!(%cause, "accounts and transactions cannot be read");
        }
        Self::internal(error.to_string())
    }
}

/// An answer that no handler gives, as an error of JSON-RPC.
pub fn fault(status: StatusCode, text: &str) -> Response {
    let envelope = Envelope::of(no_id(), Err(RpcError::internal(text)));
    (status, Json(envelope)).into_response()
}
