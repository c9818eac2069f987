//! One call: from a path and bytes to bytes or a status.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tonic::metadata::MetadataMap;
use tonic::server::Grpc;
use tonic::{Request as Call, Response as Answer, Status};
use tower::service_fn;

use super::body::{self, Read};
use super::codec::Raw;
use super::status;
use crate::query::Query;
use crate::{Chain, Host};

/// The block whose state is requested, and in the answer the one whose state it gives.
const HEIGHT: &str = "x-cosmos-block-height";

/// What calls work with.
pub(super) struct Calls {
    pub(super) chain: Chain,
    pub(super) host: Host,
}

pub(super) async fn unary(calls: Arc<Calls>, request: Request) -> Response {
    let start = Instant::now();
    // A known path, and not what the caller sent: it becomes the label of a metric.
    let route = Query::of_path(request.uri().path()).map_or("unmatched", Query::path);
    let count = Arc::clone(&calls.host.count);
    let response = within_its_time(calls, request).await;
    count(route, status::in_http(&response), start.elapsed());
    response
}

async fn within_its_time(calls: Arc<Calls>, request: Request) -> Response {
    if !is_grpc(request.headers()) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let path = request.uri().path().to_owned();
    let timeout = timeout_of(request.headers(), calls.host.call_timeout);
    let catch = calls.host.catch;
    let call = Box::pin(async move {
        let answer = answered(&calls, request).await;
        answer.unwrap_or_else(Status::into_http)
    });
    let status = match tokio::time::timeout(timeout, catch(call)).await {
        Ok(Ok(response)) => return response,
        Ok(Err(panic)) => {
            tracing::error!(path, panic, "a call panicked");
            Status::internal("the call has failed; the log of the server says why")
        }
        Err(_) => Status::deadline_exceeded("the call took too long"),
    };
    status.into_http::<Body>()
}

async fn answered(calls: &Calls, request: Request) -> Result<Response, Status> {
    let Some(query) = Query::of_path(request.uri().path()) else {
        return Err(Status::unimplemented("unknown service or method"));
    };
    let bytes_max = query.request_bytes_max();
    let (head, body) = request.into_parts();
    let Read { bytes, _reserved } = body::read(body, bytes_max, &calls.host).await?;
    let request = Request::from_parts(head, Body::from(bytes));
    let service = service_fn(|call: Call<Bytes>| answer(&calls.chain, query, call));
    let mut grpc = Grpc::new(Raw).apply_max_message_size_config(Some(bytes_max), None);
    Ok(grpc.unary(service, request).await.map(Body::new))
}

async fn answer(chain: &Chain, query: Query, call: Call<Bytes>) -> Result<Answer<Vec<u8>>, Status> {
    let height = height_of(call.metadata())?;
    let newest = chain.height();
    let answer = chain.query(query.path(), call.get_ref(), height).await;
    let mut answer = Answer::new(answer.map_err(|error| status::of(&error))?);
    answer.metadata_mut().insert(HEIGHT, newest.into());
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

/// The time that the caller requests, at most what every call gets.
fn timeout_of(headers: &HeaderMap, most: Duration) -> Duration {
    let requested = headers.get("grpc-timeout").and_then(|value| {
        let text = value.to_str().ok()?;
        let unit = text.len().checked_sub(1)?;
        // The protocol allows at most eight digits.
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
    requested.map_or(most, |requested| requested.min(most))
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
