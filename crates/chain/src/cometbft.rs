//! CometBFT's JSON-RPC, on its own port, for cheqd's client libraries.
//!
//! `POST /` takes a request, or several in an array; `GET /<method>?…` takes one in its address. This module only
//! translates: [`Chain`] decides what transactions and queries do. Large numbers are strings, and bytes are base64 or
//! hexadecimal, wherever a node writes them so.

mod answer;
mod arguments;
mod block;
mod error;
mod method;
mod search;
mod status;
mod transaction;

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use http_body_util::BodyExt;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Chain, Host};

use arguments::Arguments;
use error::RpcError;
use method::Method;

pub use error::fault;

/// Largest body: the largest transaction in base64, and the request around it.
pub const BODY_BYTES_MAX: usize = 6 << 20;
/// Bodies up to this size need no reserved memory.
const USUAL_BODY_BYTES: usize = 128 << 10;
/// Most requests in one array.
const BATCH_MAX: usize = 32;
/// The answer to any other path or method.
pub const NOT_SERVED: &str =
    "nothing is served here: POST / takes JSON-RPC, and GET / lists the methods";
/// Most commas in a body. Each value takes much more memory than its text, and no request here has many.
const COMMAS_MAX: usize = 4096;

/// What the handlers work with.
#[derive(Clone)]
struct Port {
    chain: Chain,
    host: Host,
}

/// The routes of the port. The server limits bodies to [`BODY_BYTES_MAX`] and words its own errors with [`fault`].
pub fn router(chain: Chain, host: Host) -> Router {
    Router::new()
        .route("/", get(methods).post(posted))
        .route("/{method}", any(addressed))
        .fallback(|| async { fault(StatusCode::NOT_FOUND, NOT_SERVED) })
        .method_not_allowed_fallback(|| async { fault(StatusCode::METHOD_NOT_ALLOWED, NOT_SERVED) })
        .with_state(Port { chain, host })
}

/// The answer to one request.
#[derive(Serialize)]
struct Envelope {
    jsonrpc: &'static str,
    id: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<RpcError>,
}

impl Envelope {
    fn of(id: Value, result: Result<Box<RawValue>, RpcError>) -> Self {
        let (result, error) = match result {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            jsonrpc: "2.0",
            id,
            result,
            error,
        }
    }
}

/// The id of an answer to a request without one.
fn no_id() -> Value {
    Value::from(-1)
}

/// A request, or several.
async fn posted(State(port): State<Port>, request: Request) -> Response {
    let body = match read(&port, request.into_body()).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    if body.iter().filter(|byte| **byte == b',').count() > COMMAS_MAX {
        let many = RpcError::invalid_request("the body has more values than any request needs");
        return Json(Envelope::of(no_id(), Err(many))).into_response();
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Array(requests)) => batch(&port, requests).await,
        Ok(request) => match one(&port, request).await {
            Some(envelope) => Json(envelope).into_response(),
            None => StatusCode::OK.into_response(),
        },
        Err(error) => {
            let error = RpcError::parse(format!("error unmarshalling request: {error}"));
            Json(Envelope::of(no_id(), Err(error))).into_response()
        }
    }
}

async fn batch(port: &Port, requests: Vec<Value>) -> Response {
    let found = requests.len();
    if found == 0 || found > BATCH_MAX {
        let error = format!("an array has 1 to {BATCH_MAX} requests, this one has {found}");
        let envelope = Envelope::of(no_id(), Err(RpcError::invalid_request(error)));
        return Json(envelope).into_response();
    }
    let mut envelopes = Vec::with_capacity(found);
    for request in requests {
        envelopes.extend(one(port, request).await);
    }
    match envelopes.is_empty() {
        true => StatusCode::OK.into_response(),
        false => Json(envelopes).into_response(),
    }
}

/// Answers one request; none to a notification, which has no id.
async fn one(port: &Port, request: Value) -> Option<Envelope> {
    let Value::Object(mut request) = request else {
        let error = RpcError::invalid_request("a request is a JSON object");
        return Some(Envelope::of(no_id(), Err(error)));
    };
    let id = match request.remove("id") {
        None | Some(Value::Null) => return None,
        Some(id @ (Value::String(_) | Value::Number(_))) => id,
        Some(_) => {
            let error = RpcError::invalid_request("an id is a string or a number");
            return Some(Envelope::of(no_id(), Err(error)));
        }
    };
    let Some(Value::String(name)) = request.remove("method") else {
        let error = RpcError::invalid_request("a request names its method");
        return Some(Envelope::of(id, Err(error)));
    };
    let arguments = Arguments::of_json(request.remove("params").unwrap_or_default());
    let result = match arguments {
        Ok(arguments) => answered(port, &name, arguments).await,
        Err(error) => Err(error),
    };
    Some(Envelope::of(id, result))
}

/// A request in its address: `/tx?hash=0x…`.
async fn addressed(
    State(port): State<Port>,
    Path(name): Path<String>,
    Query(arguments): Query<HashMap<String, String>>,
) -> Response {
    if Method::by_name(&name).is_none() {
        let text = "404: no such method; GET / lists those that there are\n";
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    let result = answered(&port, &name, Arguments::of_address(arguments)).await;
    Json(Envelope::of(no_id(), result)).into_response()
}

async fn answered(
    port: &Port,
    name: &str,
    arguments: Arguments,
) -> Result<Box<RawValue>, RpcError> {
    let method = Method::by_name(name).ok_or(RpcError::METHOD_NOT_FOUND)?;
    method.call(port, arguments).await
}

/// The methods, for people.
async fn methods() -> Response {
    let names = Method::ALL.map(Method::signature).join("\n");
    let text = format!(
        "CometBFT JSON-RPC: POST / with a request, or GET /<method>?<arguments>.\n\n{names}\n"
    );
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (plain, text).into_response()
}

/// Reads a body; for a large one memory is reserved.
async fn read(port: &Port, body: Body) -> Result<Vec<u8>, Response> {
    let reserved = port
        .host
        .reserve_for(&body, USUAL_BODY_BYTES, BODY_BYTES_MAX);
    let _reserved =
        reserved.map_err(|full| refused(StatusCode::SERVICE_UNAVAILABLE, full.to_string()))?;
    let read = body.collect().await;
    let bytes = read.map_err(|error| {
        let text =
            format!("the body cannot be read, or has more than {BODY_BYTES_MAX} bytes: {error}");
        refused(StatusCode::PAYLOAD_TOO_LARGE, text)
    })?;
    Ok(bytes.to_bytes().to_vec())
}

fn refused(status: StatusCode, text: String) -> Response {
    let envelope = Envelope::of(no_id(), Err(RpcError::invalid_request(text)));
    (status, Json(envelope)).into_response()
}
