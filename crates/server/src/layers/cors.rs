//! Reading from a browser.

use axum::http::{Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::config::Origins;

/// For routes that anybody may read without credentials: GET and HEAD, from the configured origins. Routes without this
/// layer cannot be read by foreign pages at all.
pub fn public_read(origins: &Origins) -> CorsLayer {
    let origins = match origins {
        Origins::Any => AllowOrigin::from(Any),
        Origins::Only(list) => AllowOrigin::list(list.iter().cloned()),
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers([header::ACCEPT, super::request_id::HEADER])
        .expose_headers([super::request_id::HEADER])
        .max_age(Duration::from_secs(3600))
}
