//! Projects.

use access::{AccessError, ClientError, Project, Right};
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{changing, json_body};
use super::caller::may_see;
use super::error::{ApinizerError, ApiopsProblem};
use crate::app::App;
use crate::authentication::authenticate;
use crate::http::description;

/// Projects.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectList {
    /// Always true.
    pub success: bool,
    /// By name.
    pub result_list: Vec<ShownProject>,
    /// How many they are.
    pub result_count: usize,
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownProject {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// One project.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectAnswer {
    /// Always true.
    pub success: bool,
    /// The project.
    pub result: ShownProject,
}

/// A new project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectInput {
    /// Its name: 1 to 128 characters, none of them control characters or one of `/ \ ? # %`.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
}

/// List the projects that the caller can see.
#[utoipa::path(
    get, path = "/apiops/projects/", tag = description::CREDENTIALS,
    responses(
        (status = 200, description = "All of them, at most 100. `default` is always there.", body = ProjectList),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    request: Request,
) -> Result<Json<ProjectList>, ApinizerError> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&app, &parts, Some(Right::ClientsRead)).await?;
    let projects = app.access.projects(&caller.account.tenant)?;
    let result_list: Vec<_> = projects
        .into_iter()
        .filter(|project| may_see(&caller, &project.name))
        .map(ShownProject::from)
        .collect();
    Ok(Json(ProjectList {
        success: true,
        result_count: result_list.len(),
        result_list,
    }))
}

/// Create a project.
#[utoipa::path(
    post, path = "/apiops/projects/", tag = description::CREDENTIALS,
    request_body = ProjectInput,
    responses(
        (status = 200, description = "Created.", body = ProjectAnswer),
        (status = 400, description = "Wrong input.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 409, description = "The name is taken, or a limit is reached.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    request: Request,
) -> Result<Json<ProjectAnswer>, ApinizerError> {
    let (parts, body) = request.into_parts();
    let caller = authenticate(&app, &parts, Some(Right::ClientsManage)).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let input: ProjectInput = json_body(&approved)?;
    approved.still(&app, &caller)?;
    let tenant = &caller.account.tenant;
    let created = app
        .access
        .create_project(tenant, &input.name, &input.description, &caller.by);
    let created = created.await.map_err(|error| match error {
        ClientError::Access(AccessError::InvalidName) => ApinizerError::invalid(
            "name",
            "name and description have at most 128 characters, none of them control characters; the name has at least \
             one, no spaces at its ends, and none of / \\ ? # %",
        ),
        error => error.into(),
    })?;
    Ok(Json(ProjectAnswer {
        success: true,
        result: created.into(),
    }))
}

impl From<Project> for ShownProject {
    fn from(project: Project) -> ShownProject {
        ShownProject {
            name: project.name,
            description: project.description,
        }
    }
}
