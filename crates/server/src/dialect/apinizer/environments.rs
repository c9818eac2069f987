//! Environments, and what their nodes have not confirmed yet.

use access::{Deployment, Environment, Right};
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Parameters, project_caller, read};
use super::error::{ApinizerError, ApiopsProblem};
use crate::app::App;
use crate::authentication::authenticate;
use crate::http::description;
use clock::rfc3339_ms;

/// Environments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentList {
    /// Always true.
    pub success: bool,
    /// By name.
    pub result_list: Vec<ShownEnvironment>,
    /// How many they are.
    pub result_count: usize,
}

/// An environment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownEnvironment {
    /// Its id: its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// `PRODUCTION`, `SANDBOX` or `TEST`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where its first node listens.
    pub access_url: Option<String>,
    /// `PUBLISHED`, or `REPUBLISH_REQUIRED` while a node has not confirmed everything.
    pub status: &'static str,
    /// Whether its nodes have confirmed everything of this project; null without a project.
    pub deployed: Option<bool>,
    /// The opposite.
    pub redeploy_required: Option<bool>,
}

/// What is not confirmed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentList {
    /// Always true.
    pub success: bool,
    /// By username and node.
    pub result_list: Vec<ShownDeployment>,
    /// How many they are.
    pub result_count: usize,
}

/// What one node has not confirmed of one credential.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownDeployment {
    /// The credential, which may be deleted.
    pub username: String,
    /// The environment.
    pub environment_name: String,
    /// The node.
    pub pod_name: String,
    /// The revision that it is to confirm.
    pub revision: u64,
    /// `pending`, `removing`, or `unreachable` once it did not confirm.
    pub state: &'static str,
    /// How often it did not confirm.
    pub attempts: u32,
    /// Why, the last time.
    pub message: Option<String>,
    /// When it is asked again.
    pub next_attempt: Option<String>,
}

/// List all environments.
#[utoipa::path(
    get, path = "/apiops/environments/", tag = description::CREDENTIALS,
    responses(
        (status = 200, description = "All of them.", body = EnvironmentList),
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
) -> Result<Json<EnvironmentList>, ApinizerError> {
    let (parts, _) = request.into_parts();
    let caller = authenticate(&app, &parts, Some(Right::ClientsRead)).await?;
    let mut open = Vec::new();
    for project in app.access.projects(&caller.account.tenant)? {
        open.extend(
            app.access
                .unconfirmed(&caller.account.tenant, &project.name)?,
        );
    }
    shown(&app, &open, Scope::Tenant)
}

/// List the environments of a project.
#[utoipa::path(
    get, path = "/apiops/projects/{projectName}/environments/", tag = description::CREDENTIALS,
    params(("projectName" = String, Path, description = "Name of the project.")),
    responses(
        (status = 200, description = "All of them: every project has every environment.", body = EnvironmentList),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn of_project(
    State(app): State<App>,
    project: Parameters<String>,
    request: Request,
) -> Result<Json<EnvironmentList>, ApinizerError> {
    let (parts, _) = request.into_parts();
    let project = read(project);
    let caller = project_caller(&app, &parts, project.as_deref(), Right::ClientsRead).await?;
    let project = project.unwrap_or_default();
    let open = app.access.unconfirmed(&caller.account.tenant, &project)?;
    shown(&app, &open, Scope::Project)
}

/// List what nodes have not confirmed.
///
/// Empty when all is well. What is here is tried again in the background. Not a route of the published contract.
#[utoipa::path(
    get, path = "/apiops/projects/{projectName}/deployments/", tag = description::CREDENTIALS,
    params(("projectName" = String, Path, description = "Name of the project.")),
    responses(
        (status = 200, description = "All of it, at most 1,000.", body = DeploymentList),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn deployments(
    State(app): State<App>,
    project: Parameters<String>,
    request: Request,
) -> Result<Json<DeploymentList>, ApinizerError> {
    let (parts, _) = request.into_parts();
    let project = read(project);
    let caller = project_caller(&app, &parts, project.as_deref(), Right::ClientsRead).await?;
    let open = app
        .access
        .unconfirmed(&caller.account.tenant, &project.unwrap_or_default())?;
    let result_list: Vec<_> = open.into_iter().map(ShownDeployment::from).collect();
    Ok(Json(DeploymentList {
        success: true,
        result_count: result_list.len(),
        result_list,
    }))
}

/// Whose deployments are looked at.
#[derive(Clone, Copy)]
enum Scope {
    Tenant,
    Project,
}

fn shown(
    app: &App,
    open: &[Deployment],
    scope: Scope,
) -> Result<Json<EnvironmentList>, ApinizerError> {
    let nodes = app.access.nodes()?;
    let one = |environment: Environment| {
        let all = open
            .iter()
            .all(|open| open.node.environment != environment.name);
        let node = nodes
            .iter()
            .find(|node| node.environment == environment.name);
        let address = node
            .map(|node| node.address.clone())
            .filter(|address| !address.is_empty());
        let deployed = match scope {
            Scope::Tenant => None,
            Scope::Project => Some(all),
        };
        ShownEnvironment {
            id: environment.name.clone(),
            name: environment.name,
            description: environment.description,
            kind: environment.kind.as_str(),
            access_url: address,
            status: if all {
                "PUBLISHED"
            } else {
                "REPUBLISH_REQUIRED"
            },
            deployed,
            redeploy_required: deployed.map(|deployed| !deployed),
        }
    };
    let result_list: Vec<_> = app.access.environments()?.into_iter().map(one).collect();
    Ok(Json(EnvironmentList {
        success: true,
        result_count: result_list.len(),
        result_list,
    }))
}

impl From<Deployment> for ShownDeployment {
    fn from(deployment: Deployment) -> ShownDeployment {
        ShownDeployment {
            username: deployment.username.as_str().to_owned(),
            environment_name: deployment.node.environment,
            pod_name: deployment.node.id,
            revision: deployment.revision,
            state: deployment.state.as_str(),
            attempts: deployment.attempts,
            message: deployment.reason,
            next_attempt: deployment.next_attempt_ms.map(rfc3339_ms),
        }
    }
}
