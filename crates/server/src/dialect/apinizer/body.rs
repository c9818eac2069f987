//! The body of a request that may change something.

use access::Right;
use axum::extract::Request;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::error::ApiopsError;
use crate::app::App;
use crate::authentication::Asker;
use crate::dialect::cheqd_studio::media_type;
use crate::http::request::json;
use crate::permit::Approved;

/// A request that may change clients, approved where the tenant demands it.
pub(super) async fn changing(
    app: &App,
    request: Request,
    asker: &Asker,
) -> Result<Approved, ApiopsError> {
    Ok(Approved::of(app, request, asker, Right::ClientsManage).await?)
}

/// The body as a JSON object of a type, also of a DELETE.
pub(super) fn json_body<T: DeserializeOwned>(
    app: &App,
    approved: &Approved,
) -> Result<T, ApiopsError> {
    if approved.body.is_empty() {
        return Err(ApiopsError::bad_request("The request has no body"));
    }
    if media_type(&approved.headers).as_deref() != Some("application/json") {
        let text = "Content-Type should be application/json";
        return Err(ApiopsError::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    json::parse(&approved.body, app.limits.json_depth)
        .and_then(json::typed)
        .map_err(|error| ApiopsError::bad_request(error.to_string()))
}
