//! Answers that may be kept: their type, their tag and for how long.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::caching::{Cache, is_known};

/// A body with what caches need to know.
#[derive(Debug)]
pub(crate) struct Content {
    content_type: &'static str,
    cache: Cache,
    /// The strong tag, without its quotes.
    tag: Option<String>,
    body: Bytes,
}

impl Content {
    pub(crate) fn new(content_type: &'static str, cache: Cache, body: impl Into<Bytes>) -> Content {
        Content {
            content_type,
            cache,
            tag: None,
            body: body.into(),
        }
    }

    pub(crate) fn tagged(mut self, tag: String) -> Content {
        self.tag = Some(tag);
        self
    }

    /// The answer to a request with these headers: 304 where the client has it already.
    pub(crate) fn answer(self, request: &HeaderMap) -> Response {
        let tag = self
            .tag
            .and_then(|tag| HeaderValue::from_str(&format!("\"{tag}\"")).ok());
        let known = tag.as_ref().is_some_and(|tag| is_known(request, tag));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let content_type = HeaderValue::from_static(self.content_type);
            (
                [(header::CONTENT_TYPE, content_type)],
                Body::from(self.body),
            )
                .into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, self.cache.header());
        if let Some(tag) = tag {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content::new("text/plain", Cache::Seconds(7), "x").tagged("5.ab".into())
    }

    fn asked(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))])
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        for (given, status) in [
            ("\"5.ab\"", 304),
            ("\"4\", W/\"5.ab\"", 304),
            ("*", 304),
            ("\"5\"", 200),
            ("5.ab", 200),
        ] {
            let response = content().answer(&asked(given));
            assert_eq!(response.status().as_u16(), status, "{given}");
            assert_eq!(response.headers()[header::ETAG], "\"5.ab\"");
            assert_eq!(
                response.headers()[header::CACHE_CONTROL],
                "public, max-age=7"
            );
        }
        assert_eq!(content().answer(&HeaderMap::new()).status(), StatusCode::OK);
    }
}
