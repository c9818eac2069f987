//! What every request passes before its dialect sees it, and every answer after.
//!
//! One layer does it all: request id, size and time limits, a barrier for panics, security headers, the access log and
//! metrics. As six layers it would be six boxed futures a request.

mod context;
mod cors;
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
use crate::http::description::RouteTable;
use crate::http::dialect::Owners;
use crate::http::error::{Fault, Refusal};
use crate::http::response::Identified;
use crate::metrics::Metrics;

pub use context::{BodyLimits, Context};
pub use cors::{public_query, public_read};
use headers::Content;
pub(crate) use panic::caught;
pub use request_id::RequestId;

/// What the layer needs to know.
pub struct Envelope {
    /// How answers are worded that no handler gives.
    pub owners: Owners,
    /// What the description says of every route.
    pub routes: RouteTable,
    /// The limits on bodies of routes that declare none.
    pub body: BodyLimits,
    /// Time to answer a request.
    pub request_timeout: Duration,
    /// Whether a method that may change something makes a line in the log.
    pub logged: Logged,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Which requests that went well are lines in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    /// Those whose method may change something.
    Changes,
    /// None: over JSON-RPC all requests look the same, and most of them only read.
    Failures,
}

impl Envelope {
    /// For routes that these owners word and this table describes.
    pub fn new(owners: Owners, routes: RouteTable, limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Envelope {
            owners,
            routes,
            body: BodyLimits::usual(limits),
            request_timeout: limits.request_timeout(),
            logged: Logged::Changes,
            metrics,
        }
    }

    /// Puts the layer around a router, and an answer for what it does not route.
    pub fn around(self, router: Router) -> Router {
        let envelope = Arc::new(self);
        let (unrouted, no_method) = (envelope.owners.clone(), envelope.owners.clone());
        router
            .fallback(async move |request: Request| {
                let path = request.uri().path();
                unrouted.wording(path).answer(unrouted.unrouted(path))
            })
            .method_not_allowed_fallback(async move |request: Request| {
                let wording = no_method.wording(request.uri().path());
                wording.answer(Refusal::NoMethod)
            })
            .layer(from_fn_with_state(envelope, pass))
    }
}

async fn pass(State(envelope): State<Arc<Envelope>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let path = request.uri().path();
    let (wording, content) = (envelope.owners.wording(path), Content::of(path));
    // The pattern, not the path: paths hold DIDs, which are nobody's business in a log or a metric's label.
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let route = pattern
        .as_ref()
        .and_then(|pattern| envelope.routes.facts(pattern.as_str(), &method));
    let declared = route.as_ref().and_then(|route| route.body_bytes_max);
    let body = envelope.body.with(declared);
    request.extensions_mut().insert(Context {
        id: id.clone(),
        wording,
        route,
        body,
    });

    let request = bounded(request, body.bytes_max);
    let running = tokio::time::timeout(envelope.request_timeout, panic::caught(next.run(request)));
    let response = match running.await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!(
                request_id = id.as_str(),
                panic = panic.message(),
                "a handler panicked"
            );
            wording.answer(Fault::Internal)
        }
        Err(_) => wording.answer(Fault::Timeout),
    };

    let mut response = Identified::with(response, id.as_str());
    headers::add(response.headers_mut(), content, &id);
    let pattern = pattern.as_ref().map_or("unmatched", MatchedPath::as_str);
    let duration = start.elapsed();
    envelope
        .metrics
        .request(pattern, &method, response.status(), duration);
    let reads = method.is_safe() || envelope.logged == Logged::Failures;
    let weight = if reads { Weight::Read } else { Weight::Change };
    log(
        &id,
        &method,
        pattern,
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
