//! The body of a request that may change something.

use access::Right;
use axum::extract::Request;
use serde::de::DeserializeOwned;

use super::error::ApinizerError;
use crate::app::App;
use crate::authentication::Caller;
use crate::http::Refusal;
use crate::permit::Approved;

/// A request that may change clients, approved where the tenant demands it.
pub(super) async fn changing(
    app: &App,
    request: Request,
    caller: &Caller,
) -> Result<Approved, ApinizerError> {
    Ok(Approved::of(app, request, caller, Right::ClientsManage).await?)
}

/// The body as JSON of a type, also of a DELETE.
pub(super) fn json_body<T: DeserializeOwned>(approved: &Approved) -> Result<T, ApinizerError> {
    if approved.body.is_empty() {
        return Err(Refusal::NoBody.into());
    }
    Ok(approved.typed()?)
}
