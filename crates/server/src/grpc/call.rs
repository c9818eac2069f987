//! One call: from a path and bytes to bytes or a status.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chain::Chain;
use chain::query::Query;
use tonic::metadata::MetadataMap;
use tonic::server::Grpc;
use tonic::{Request as Call, Response as Answer, Status};
use tower::service_fn;

use super::body::{self, Read};
use super::codec::Raw;
use super::status;
use crate::app::App;
use crate::http::layer::caught;

/// The block whose state is asked for, and the one whose state was told.
const HEIGHT: &str = "x-cosmos-block-height";

/// What calls need.
pub(super) struct Calls {
    pub(super) chain: Chain,
    pub(super) app: App,
    /// The most time that a call gets, whatever it asks for.
    pub(super) timeout: Duration,
}

pub(super) async fn unary(calls: Arc<Calls>, request: Request) -> Response {
    let start = Instant::now();
    // The known path, not the one that came: a label of a metric must not be of the caller's making.
    let route = Query::of_path(request.uri().path()).map_or("unmatched", Query::path);
    let metrics = Arc::clone(&calls.app.metrics);
    let response = whatever_comes(calls, request).await;
    let status = status::in_http(&response);
    metrics.request(route, &Method::POST, status, start.elapsed());
    response
}

async fn whatever_comes(calls: Arc<Calls>, request: Request) -> Response {
    if !is_grpc(request.headers()) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let path = request.uri().path().to_owned();
    let timeout = timeout_of(request.headers(), calls.timeout);
    let running = tokio::time::timeout(timeout, caught(answered(calls, request)));
    let status = match running.await {
        Ok(Ok(Ok(response))) => return response,
        Ok(Ok(Err(status))) => status,
        Ok(Err(panic)) => {
            tracing::error!(path, panic = panic.message(), "a call panicked");
            Status::internal("the call has failed; the log of the server says why")
        }
        Err(_) => Status::deadline_exceeded("the call took too long"),
    };
    status.into_http::<Body>()
}

async fn answered(calls: Arc<Calls>, request: Request) -> Result<Response, Status> {
    let Some(query) = Query::of_path(request.uri().path()) else {
        return Err(Status::unimplemented("unknown service or method"));
    };
    let bytes_max = query.request_bytes_max();
    let (head, body) = request.into_parts();
    let Read { bytes, _place } = body::read(body, bytes_max, &calls.app.gate).await?;
    let request = Request::from_parts(head, Body::from(bytes));
    let service = service_fn(|call: Call<Bytes>| ask(&calls.chain, query, call));
    let mut grpc = Grpc::new(Raw).apply_max_message_size_config(Some(bytes_max), None);
    Ok(grpc.unary(service, request).await.map(Body::new))
}

async fn ask(chain: &Chain, query: Query, call: Call<Bytes>) -> Result<Answer<Vec<u8>>, Status> {
    let height = height_of(call.metadata())?;
    let told = chain.height();
    let answer = chain.query(query.path(), call.get_ref(), height).await;
    let mut answer = Answer::new(answer.map_err(|error| status::of(&error))?);
    answer.metadata_mut().insert(HEIGHT, told.into());
    Ok(answer)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

fn height_of(metadata: &MetadataMap) -> Result<u64, Status> {
    let Some(value) = metadata.get(HEIGHT) else {
        return Ok(0);
    };
    let height = value.to_str().ok().and_then(|text| text.parse().ok());
    height.ok_or_else(|| Status::invalid_argument(format!("{HEIGHT} should be a block's height")))
}

/// What the caller asks for, within what every call gets.
fn timeout_of(headers: &HeaderMap, most: Duration) -> Duration {
    let asked = headers.get("grpc-timeout").and_then(|value| {
        let text = value.to_str().ok()?;
        let unit = text.len().checked_sub(1)?;
        // At most eight digits, says the protocol.
        let digits = text
            .get(..unit)
            .filter(|digits| (1..=8).contains(&digits.len()))?;
        let count: u64 = digits.parse().ok()?;
        match text.get(unit..)? {
            "H" => Some(Duration::from_secs(count * 3600)),
            "M" => Some(Duration::from_secs(count * 60)),
            "S" => Some(Duration::from_secs(count)),
            "m" => Some(Duration::from_millis(count)),
            "u" => Some(Duration::from_micros(count)),
            "n" => Some(Duration::from_nanos(count)),
            _ => None,
        }
    });
    asked.map_or(most, |asked| asked.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_the_time_it_asks_for_but_never_more_than_all() {
        let most = Duration::from_secs(30);
        for (text, expected) in [
            ("5S", Duration::from_secs(5)),
            ("250m", Duration::from_millis(250)),
            ("7u", Duration::from_micros(7)),
            ("9n", Duration::from_nanos(9)),
            ("1M", most),
            ("99999999H", most),
            ("100000000n", most),
            ("-1S", most),
            ("S", most),
            ("", most),
            ("5", most),
            ("5d", most),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            assert_eq!(timeout_of(&headers, most), expected, "{text}");
        }
        assert_eq!(timeout_of(&HeaderMap::new(), most), most);
    }
}
