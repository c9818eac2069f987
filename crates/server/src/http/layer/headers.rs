//! Headers on every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::fault::Dialect;
use super::request_id::{self, RequestId};

const REFERRER_POLICY: HeaderName = header::REFERRER_POLICY;
/// An answer that is data has nothing to run or load. Some of it is somebody else's file: a resource of a DID.
const DATA_POLICY: HeaderValue =
    HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
/// The API page loads from this server alone; its styles and icons are partly inline.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
);

pub(super) fn add(headers: &mut HeaderMap, dialect: Dialect, id: &RequestId) {
    let policy = if dialect == Dialect::Page {
        PAGE_POLICY
    } else {
        DATA_POLICY
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
