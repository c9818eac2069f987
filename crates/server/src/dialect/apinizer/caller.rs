//! Who asks, for which project, and whether they may, in the contract's order: 401, 404, 403, then the rest.

use access::{Principal, Right};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::ApinizerError;
use crate::app::App;
use crate::authentication::{Caller, authenticate};

/// The parameters of a path, or why they could not be read: that is said only to those who may ask.
pub(super) type Parameters<T> = Result<Path<T>, PathRejection>;

/// Who asks, when they may. A project's name counts as unknown where it cannot be read.
pub(super) async fn project_caller(
    app: &App,
    parts: &Parts,
    project: Option<&str>,
    right: Right,
) -> Result<Caller, ApinizerError> {
    let caller = authenticate(app, parts, None).await?;
    let name = project.unwrap_or_default();
    let unknown = || ApinizerError::NoProject(name.chars().take(256).collect());
    if !may_see(&caller, name) || app.access.project(&caller.account.tenant, name)?.is_none() {
        return Err(unknown());
    }
    caller
        .require(right)
        .map_err(crate::authentication::AuthError::from)?;
    Ok(caller)
}

/// Clients see their own project alone.
pub(super) fn may_see(caller: &Caller, name: &str) -> bool {
    match &caller.account.principal {
        Principal::Client { project, .. } => project == name,
        Principal::ApiKey(_) | Principal::Token { .. } => true,
    }
}

pub(super) fn read<T: DeserializeOwned>(parameters: Parameters<T>) -> Option<T> {
    parameters.ok().map(|Path(parameters)| parameters)
}
