//! What every request passes before its dialect sees it, and every answer after.
//!
//! One layer does it all: request id, size and time limits, a barrier for panics, security headers, the access log and
//! metrics. As six layers it would be six boxed futures a request.

mod cors;
mod fault;
mod headers;
mod panic;
mod request_id;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http_body_util::Limited;

use crate::config::Limits;
use crate::dialect::atropos;
use crate::dialect::cheqd_studio;
use crate::dialect::dfns;
use crate::dialect::dif_registration;
use crate::metrics::Metrics;

pub use cors::{public_query, public_read};
pub use fault::{Dialect, Fault};
pub(crate) use panic::caught;
pub use request_id::RequestId;

/// What the layer needs to know.
struct Envelope {
    body_bytes_max: fn(&str, usize) -> usize,
    usual_body_bytes: usize,
    dialect: fn(&str) -> Dialect,
    request_timeout: Duration,
    metrics: Arc<Metrics>,
}

/// Puts the layer around a router, and an answer for what it does not route.
pub fn around(router: Router, limits: &Limits, metrics: Arc<Metrics>) -> Router {
    let envelope = Envelope {
        body_bytes_max: |path, usual| {
            usual
                .max(atropos::body_bytes_max(path))
                .max(cheqd_studio::body_bytes_max(path))
                .max(dif_registration::body_bytes_max(path))
        },
        usual_body_bytes: limits.body_bytes,
        dialect: Dialect::of,
        request_timeout: limits.request_timeout(),
        metrics,
    };
    router
        .fallback(|request: Request| async move {
            let path = request.uri().path();
            Fault::of_unrouted(path).answer(Dialect::of(path))
        })
        .method_not_allowed_fallback(|request: Request| async move {
            Fault::NoMethod.answer(Dialect::of(request.uri().path()))
        })
        .layer(from_fn_with_state(Arc::new(envelope), pass))
}

/// The same for CometBFT's JSON-RPC, which words its own 404 and 405.
pub fn around_comet(router: Router, limits: &Limits, metrics: Arc<Metrics>) -> Router {
    let envelope = Envelope {
        body_bytes_max: |_, _| chain::cometbft::BODY_BYTES_MAX,
        usual_body_bytes: limits.body_bytes,
        dialect: |_| Dialect::Comet,
        request_timeout: limits.request_timeout(),
        metrics,
    };
    router.layer(from_fn_with_state(Arc::new(envelope), pass))
}

async fn pass(State(envelope): State<Arc<Envelope>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let dialect = (envelope.dialect)(request.uri().path());
    // The pattern, not the path: paths hold DIDs, which are nobody's business in a log or a metric's label.
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id.clone());

    let bytes_max = (envelope.body_bytes_max)(request.uri().path(), envelope.usual_body_bytes);
    let request = bounded(request, bytes_max);
    let running = tokio::time::timeout(envelope.request_timeout, panic::caught(next.run(request)));
    let mut response = match running.await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!(
                request_id = id.as_str(),
                panic = panic.message(),
                "a handler panicked"
            );
            Fault::Internal.answer(dialect)
        }
        Err(_) => Fault::Timeout.answer(dialect),
    };

    response = dfns::identified(response, &id);
    headers::add(response.headers_mut(), dialect, &id);
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let duration = start.elapsed();
    envelope
        .metrics
        .request(route, &method, response.status(), duration);
    // Over JSON-RPC all requests look the same, and most of them only read.
    let reads = method.is_safe() || dialect == Dialect::Comet;
    let weight = if reads { Weight::Read } else { Weight::Change };
    log(
        &id,
        &method,
        route,
        response.status().as_u16(),
        duration,
        weight,
    );
    response
}

/// A body that ends with an error as soon as it is too long. Requests without a body stay as they are.
fn bounded(request: Request, bytes_max: usize) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(Limited::new(body, bytes_max)))
}

/// What a request is to the log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Read,
    Change,
}

/// Reads that went well are many and say little, so they are `debug`; metrics count them all the same.
fn log(
    id: &RequestId,
    method: &axum::http::Method,
    route: &str,
    status: u16,
    duration: Duration,
    weight: Weight,
) {
    let (request_id, method_name) = (id.as_str(), method.as_str());
    let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    match status {
        500.. => {
            tracing::warn!(target: "atropos::access", request_id, method = method_name, route, status, duration_us)
        }
        ..400 if weight == Weight::Read => {
            tracing::debug!(target: "atropos::access", request_id, method = method_name, route, status, duration_us);
        }
        _ => {
            tracing::info!(target: "atropos::access", request_id, method = method_name, route, status, duration_us)
        }
    }
}
