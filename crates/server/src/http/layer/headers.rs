//! Headers on every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::request_id::{self, RequestId};
use crate::http::description;

const REFERRER_POLICY: HeaderName = header::REFERRER_POLICY;
/// An answer that is data has nothing to run or load. Some of it is somebody else's file: a resource of a DID.
const DATA_POLICY: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
/// The API page loads from this server alone; its styles and icons are partly inline.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
);

/// What an answer is to a browser.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Page,
    Data,
}

impl Content {
    /// By the path that was asked for.
    pub(super) fn of(path: &str) -> Content {
        if description::is_page(path) {
            Content::Page
        } else {
            Content::Data
        }
    }
}

pub(super) fn add(headers: &mut HeaderMap, content: Content, id: &RequestId) {
    let policy = match content {
        Content::Page => PAGE_POLICY,
        Content::Data => DATA_POLICY,
    };
    headers.insert(request_id::HEADER, id.header());
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A status that was true a minute ago is not an answer: caching is what a handler allows, not what nobody forbade.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
