//! For how long answers may be kept, and what a client has already (RFC 9111, RFC 9110).

use axum::http::{HeaderMap, HeaderValue, header};

/// For how long an answer may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// It never changes.
    Forever,
    /// It is true for so long. With 0 it may be kept, and is asked for again whenever it is used.
    Seconds(u64),
    /// Not at all.
    Never,
}

/// A year, which caches take for ever (RFC 9111 knows no longer word for it).
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASKED_AGAIN: HeaderValue = HeaderValue::from_static("public, no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

impl Cache {
    /// The value of `Cache-Control`.
    pub(crate) fn header(self) -> HeaderValue {
        match self {
            Cache::Forever => FOREVER,
            Cache::Seconds(0) => ASKED_AGAIN,
            Cache::Seconds(seconds) => {
                HeaderValue::from_str(&format!("public, max-age={seconds}")).unwrap_or(NO_STORE)
            }
            Cache::Never => NO_STORE,
        }
    }
}

/// Whether `If-None-Match` (RFC 9110, section 13.1.2) names the tag; compared weakly, as the section asks.
pub(crate) fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    fn strong(tag: &[u8]) -> &[u8] {
        tag.strip_prefix(b"W/").unwrap_or(tag)
    }
    let lines = request.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|given| given == "*" || strong(given.as_bytes()) == strong(tag.as_bytes()))
}
