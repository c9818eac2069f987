//! Counters for operators, in the OpenMetrics text form.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::OperationKind;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything this process counts. Labels are closed sets, so that no client can make them grow.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    operations: Family<OperationLabels, Counter>,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Outcome {
    /// On disk.
    Committed,
    /// Already done by an earlier request; the same answer was given again.
    Repeated,
    /// Against the rules: signatures, document, state.
    Refused,
    /// Not tried, because too much was going on.
    Busy,
    /// A fault of ours.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: Route,
    method: MethodLabel,
    status: StatusClass,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: Route,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    kind: KindLabel,
    outcome: Outcome,
}

/// Its label is the name of the variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct KindLabel(OperationKind);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Route(Arc<str>);

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        encoder.write_str(&self.0)
    }
}

impl EncodeLabelValue for KindLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        write!(encoder, "{:?}", self.0)
    }
}

/// Methods are free text on the wire; all but these count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum MethodLabel {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct StatusClass(u16);

impl EncodeLabelValue for StatusClass {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        write!(encoder, "{}xx", self.0)
    }
}

impl Metrics {
    /// A fresh set, all zero.
    #[must_use]
    pub fn new() -> Arc<Metrics> {
        let mut registry = Registry::with_prefix("atropos");
        let requests = Family::default();
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(duration_histogram);
        let operations = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time to the head of the answer",
            durations.clone(),
        );
        registry.register(
            "operations",
            "Signed operations by what became of them",
            operations.clone(),
        );
        Arc::new(Metrics {
            registry,
            requests,
            durations,
            operations,
        })
    }

    /// Counts an answered request. `route` is a route's pattern, never a path.
    pub fn request(&self, route: &str, method: &Method, status: StatusCode, duration: Duration) {
        let route = Route(route.into());
        let labels = RequestLabels {
            route: route.clone(),
            method: method_label(method),
            status: StatusClass(status.as_u16() / 100),
        };
        self.requests.get_or_create(&labels).inc();
        self.durations
            .get_or_create(&RouteLabels { route })
            .observe(duration.as_secs_f64());
    }

    /// Counts an operation.
    pub fn operation(&self, kind: OperationKind, outcome: Outcome) {
        self.operations
            .get_or_create(&OperationLabels {
                kind: KindLabel(kind),
                outcome,
            })
            .inc();
    }

    /// All counters as text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }

    /// The answer to `GET /metrics`.
    pub fn answer(&self) -> Response {
        match self.text() {
            Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// From 50 µs, a read from memory, to about 27 s, a request that nearly timed out.
fn duration_histogram() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(
        50e-6, 3.0, 13,
    ))
}

fn method_label(method: &Method) -> MethodLabel {
    match *method {
        Method::GET => MethodLabel::Get,
        Method::HEAD => MethodLabel::Head,
        Method::POST => MethodLabel::Post,
        Method::PUT => MethodLabel::Put,
        Method::PATCH => MethodLabel::Patch,
        Method::DELETE => MethodLabel::Delete,
        Method::OPTIONS => MethodLabel::Options,
        _ => MethodLabel::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_operations_are_counted_by_closed_labels() {
        let metrics = Metrics::new();
        let brew = Method::from_bytes(b"BREW").unwrap();
        metrics.request(
            "/did/{did}",
            &Method::GET,
            StatusCode::OK,
            Duration::from_millis(1),
        );
        metrics.request(
            "/did/{did}",
            &Method::GET,
            StatusCode::NO_CONTENT,
            Duration::from_millis(1),
        );
        metrics.request(
            "/did/{did}",
            &brew,
            StatusCode::IM_A_TEAPOT,
            Duration::from_millis(1),
        );
        metrics.operation(OperationKind::Deactivate, Outcome::Refused);
        let text = metrics.text().unwrap();
        for line in [
            "atropos_http_requests_total{route=\"/did/{did}\",method=\"Get\",status=\"2xx\"} 2\n",
            "atropos_http_requests_total{route=\"/did/{did}\",method=\"Other\",status=\"4xx\"} 1\n",
            "atropos_http_request_duration_seconds_count{route=\"/did/{did}\"} 3\n",
            "atropos_operations_total{kind=\"Deactivate\",outcome=\"Refused\"} 1\n",
            "# EOF\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
