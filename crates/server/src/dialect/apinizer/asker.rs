//! Who asks, for which project, and whether they may, in the contract's order: 401, 404, 403, then the rest.

use access::{Principal, Right};
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::ApiopsError;
use crate::app::App;
use crate::authentication::{Asker, ask};

/// The parameters of a path, or why they could not be read: that is said only to those who may ask.
pub(super) type Parameters<T> = Result<Path<T>, PathRejection>;

/// Who asks, when they may. A project's name counts as unknown where it cannot be read.
pub(super) async fn project_asker(
    app: &App,
    parts: &Parts,
    project: Option<&str>,
    right: Right,
) -> Result<Asker, ApiopsError> {
    let asker = ask(app, parts, None).await?;
    let name = project.unwrap_or_default();
    let unknown = || ApiopsError::NoProject(name.chars().take(256).collect());
    if !may_see(&asker, name) || app.access.project(&asker.caller.tenant, name)?.is_none() {
        return Err(unknown());
    }
    asker
        .require(right)
        .map_err(crate::authentication::Asked::from)?;
    Ok(asker)
}

/// Clients see their own project alone.
pub(super) fn may_see(asker: &Asker, name: &str) -> bool {
    match &asker.caller.principal {
        Principal::Client { project, .. } => project == name,
        Principal::ApiKey(_) | Principal::Token { .. } => true,
    }
}

pub(super) fn read<T: DeserializeOwned>(parameters: Parameters<T>) -> Option<T> {
    parameters.ok().map(|Path(parameters)| parameters)
}
