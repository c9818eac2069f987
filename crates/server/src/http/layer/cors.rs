//! Reading from a browser.

use axum::http::{Method, header};
use std::time::Duration;
use tower_http::cors::{AllowMethods, AllowOrigin, Any, CorsLayer};

use crate::config::Origins;

/// For routes that anybody may read without credentials: GET and HEAD, from the configured origins. Routes without this
/// layer cannot be read by foreign pages at all.
pub fn public_read(origins: &Origins) -> CorsLayer {
    with_methods(origins, [Method::GET, Method::HEAD])
        .allow_headers([header::ACCEPT, super::request_id::HEADER])
        .expose_headers([super::request_id::HEADER])
}

/// The same for routes that are also read with POST, and whose answers are kept.
pub fn public_query(origins: &Origins) -> CorsLayer {
    with_methods(origins, [Method::GET, Method::HEAD, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            super::request_id::HEADER,
        ])
        .expose_headers([header::ETAG, header::RETRY_AFTER, super::request_id::HEADER])
}

fn with_methods(origins: &Origins, methods: impl Into<AllowMethods>) -> CorsLayer {
    let origins = match origins {
        Origins::Any => AllowOrigin::from(Any),
        Origins::Only(list) => AllowOrigin::list(list.iter().cloned()),
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(methods)
        .max_age(Duration::from_secs(3600))
}
