//! `GET /v1/feed`: every operation in the order of the log, in pages or as they come.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use publication::{FEED_LIMIT_MAX, FeedEntry, FeedFollower};
use serde::Serialize;

use super::error::{AtroposError, NativeProblem};
use super::request::{Query, network};
use crate::app::App;
use crate::http::description;
use crate::http::gate::Room;
use crate::http::request::Accept;

/// Entries of a page when nobody says otherwise.
const LIMIT: u64 = 100;
/// How often a reader that waits is told that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Messages that wait for a slow reader; then the feed waits with it, outside of any lock.
const MESSAGES_WAITING_MAX: usize = 4;
/// Where a reader that lost its connection goes on.
const LAST_EVENT_ID: &str = "last-event-id";

/// A page of the feed.
#[derive(Serialize)]
struct Page {
    entries: Vec<FeedEntry>,
    /// What to give as `after` for the next page; the same as before where nothing is new.
    next: Option<u64>,
}

/// Read the operations of a network, in the order of its log.
///
/// With `Accept: text/event-stream` the answer does not end: what is there comes first, then what is accepted, as it
/// is. `Last-Event-ID` says where to go on.
#[utoipa::path(
    get, path = "/v1/feed", tag = description::PROOFS, security(()),
    params(
        ("network" = Option<String>, Query, description = "`testnet` or `mainnet`; may be left out where there \
            is only one."),
        ("after" = Option<u64>, Query, description = "Only what stands behind this log index."),
        ("limit" = Option<u64>, Query, description = "Entries of a page, 1 to 1000."),
        ("Last-Event-ID" = Option<u64>, Header, description = "As `after`, and stronger, for event streams."),
    ),
    responses(
        (status = 200, description = "A page, or events.",
            content((serde_json::Value = "application/json"), (String = "text/event-stream"))),
        (status = 400, description = "Unusable parameters.", body = NativeProblem),
        (status = 404, description = "Not a network of this server.", body = NativeProblem),
        (status = 503, description = "Too many follow already.", body = NativeProblem),
    ),
)]
pub(super) async fn feed(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let query = Query::read(query.as_deref(), &["network", "after", "limit"])?;
    let network = network(&app, query.text("network"))?.to_owned();
    let after = query.number("after")?;
    if wants_events(&headers)? {
        let after = last_event_id(&headers)?.or(after);
        return events(&app, &network, after);
    }
    let limit = query.number("limit")?.unwrap_or(LIMIT);
    if limit == 0 || limit > FEED_LIMIT_MAX as u64 {
        let reason = format!("limit should be 1 to {FEED_LIMIT_MAX}");
        return Err(AtroposError::malformed(None, reason));
    }
    let page =
        super::blocking(move || app.publication.feed(&network, after, limit as usize)).await??;
    let next = page.next.or(after);
    Ok(Json(Page {
        entries: page.entries,
        next,
    })
    .into_response())
}

fn wants_events(headers: &HeaderMap) -> Result<bool, AtroposError> {
    let accept =
        Accept::of(headers).map_err(|error| AtroposError::NotAcceptable(error.to_string()))?;
    let (json, events) = (
        accept.quality("application", "json", None),
        accept.quality("text", "event-stream", None),
    );
    if json == 0 && events == 0 {
        let text = "the feed is served as application/json and text/event-stream";
        return Err(AtroposError::NotAcceptable(text.into()));
    }
    Ok(events > json)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, AtroposError> {
    let Some(value) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| {
        let reason = "Last-Event-ID should be the id of an event of this feed: a log index";
        AtroposError::malformed(None, reason)
    })
}

fn events(app: &App, network: &str, after: Option<u64>) -> Result<Response, AtroposError> {
    let place = app.gate.follower()?;
    let follower = app.publication.follow(network, after)?;
    let (sender, body) = Channel::<Bytes>::new(MESSAGES_WAITING_MAX);
    let closing = app.gate.closing();
    tokio::spawn(async move {
        tokio::select! {
            () = closing => {}
            () = pump(follower, sender, place) => {}
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// Writes events until the reader is gone, which a heartbeat finds out at the latest.
async fn pump(mut follower: FeedFollower, mut sender: Sender<Bytes>, _place: Room) {
    let hello = Bytes::from_static(b"retry: 3000\n\n");
    if sender.send_data(hello).await.is_err() {
        return;
    }
    loop {
        let message = match tokio::time::timeout(HEARTBEAT, follower.next()).await {
            Err(_) => Bytes::from_static(b":\n\n"),
            Ok(Ok(entries)) => written(&entries),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a reader of the feed cannot be served any more");
                return;
            }
        };
        if sender.send_data(message).await.is_err() {
            return;
        }
    }
}

fn written(entries: &[FeedEntry]) -> Bytes {
    let mut text = String::with_capacity(entries.len() * 512);
    for entry in entries {
        match serde_json::to_string(entry) {
            Ok(data) => text += &format!("id: {}\nevent: operation\ndata: {data}\n\n", entry.id),
            Err(error) => tracing::error!(%error, "an entry of the feed cannot be written"),
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_event_streams_gets_them() {
        let wants = |accept: &'static str| {
            wants_events(&HeaderMap::from_iter([(
                header::ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        for accept in [
            "text/event-stream",
            "application/json;q=0.5, text/event-stream",
        ] {
            assert_eq!(wants(accept), Ok(true), "{accept}");
        }
        for accept in ["*/*", "application/json", "text/*;q=0.1, application/json"] {
            assert_eq!(wants(accept), Ok(false), "{accept}");
        }
        assert!(matches!(
            wants("text/html"),
            Err(AtroposError::NotAcceptable(_))
        ));
    }
}
