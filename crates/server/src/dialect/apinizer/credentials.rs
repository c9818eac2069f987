//! Credentials of a project: listed, made, changed, deleted.

use access::{ClientPlace, Password, PasswordHash, Right, Username};
use axum::Json;
use axum::extract::{Request, State};

use super::body::{changing, json_body};
use super::caller::{Parameters, project_caller, read};
use super::credential::{
    ChangeAnswer, Credential, CredentialAnswer, CredentialInput, CredentialList, PasswordInput,
    password_rule,
};
use super::deploy;
use super::error::{ApinizerError, ApiopsProblem, no_credential};
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;

type Answer<T> = Result<Json<T>, ApinizerError>;

/// List the credentials of a project.
///
/// Disabled and expired ones too. Passwords are never shown.
#[utoipa::path(
    get, path = "/apiops/projects/{projectName}/credentials/", tag = description::CREDENTIALS,
    params(("projectName" = String, Path, description = "Name of the project.")),
    responses(
        (status = 200, description = "All of them, at most 1,000.", body = CredentialList),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    project: Parameters<String>,
    request: Request,
) -> Answer<CredentialList> {
    let (parts, _) = request.into_parts();
    let project = read(project);
    let caller = project_caller(&app, &parts, project.as_deref(), Right::ClientsRead).await?;
    let project = project.unwrap_or_default();
    let clients = app.access.clients(&caller.account.tenant, &project)?;
    Ok(Json(CredentialList {
        success: true,
        result_list: clients.into_iter().map(Credential::from).collect(),
    }))
}

/// Get a credential.
#[utoipa::path(
    get, path = "/apiops/projects/{projectName}/credentials/{username}/", tag = description::CREDENTIALS,
    params(
        ("projectName" = String, Path, description = "Name of the project."),
        ("username" = String, Path, description = "Username of the credential."),
    ),
    responses(
        (status = 200, description = "The credential, without its password.", body = CredentialAnswer),
        (status = 400, description = "There is no such credential.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn get(
    State(app): State<App>,
    named: Parameters<(String, String)>,
    request: Request,
) -> Answer<CredentialAnswer> {
    let (parts, _) = request.into_parts();
    let named = Named::of(named);
    let caller = named.caller(&app, &parts, Right::ClientsRead).await?;
    let client = app.access.client(&named.place(&caller)?)?;
    Ok(Json(CredentialAnswer {
        success: true,
        result: client.into(),
    }))
}

/// Create a credential.
///
/// It has no access until it is granted. A username is never given twice, not even after its credential was deleted.
#[utoipa::path(
    post, path = "/apiops/projects/{projectName}/credentials/", tag = description::CREDENTIALS,
    params(("projectName" = String, Path, description = "Name of the project.")),
    request_body = CredentialInput,
    responses(
        (status = 200, description = "Created, and deployed as `deploymentResult` says.", body = ChangeAnswer),
        (status = 400, description = "Wrong input.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 409, description = "The username is or was taken, or a limit is reached.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    project: Parameters<String>,
    request: Request,
) -> Answer<ChangeAnswer> {
    let (parts, body) = request.into_parts();
    let project = read(project);
    let caller = project_caller(&app, &parts, project.as_deref(), Right::ClientsManage).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let input: CredentialInput = json_body(&approved)?;
    let parsed = input.parse()?;
    let password = parsed.password.ok_or_else(no_password)?;
    let place = ClientPlace {
        tenant: caller.account.tenant.clone(),
        project: project.unwrap_or_default(),
        username: parsed.username,
    };
    let password = hashed(&app, password).await?;
    approved.still(&app, &caller)?;
    let created = app
        .access
        .create_client(place, parsed.details, password, &caller.by)
        .await?;
    Ok(Json(ChangeAnswer::of(deploy::deploy(&app, &created).await)))
}

/// Update a credential.
///
/// All fields are replaced; the username says which credential it is, and stays.
#[utoipa::path(
    put, path = "/apiops/projects/{projectName}/credentials/", tag = description::CREDENTIALS,
    params(("projectName" = String, Path, description = "Name of the project.")),
    request_body = CredentialInput,
    responses(
        (status = 200, description = "Updated, and deployed as `deploymentResult` says.", body = ChangeAnswer),
        (status = 400, description = "Wrong input, or there is no such credential.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn update(
    State(app): State<App>,
    project: Parameters<String>,
    request: Request,
) -> Answer<ChangeAnswer> {
    let (parts, body) = request.into_parts();
    let project = read(project);
    let caller = project_caller(&app, &parts, project.as_deref(), Right::ClientsManage).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let input: CredentialInput = json_body(&approved)?;
    let parsed = input.parse()?;
    let place = ClientPlace {
        tenant: caller.account.tenant.clone(),
        project: project.unwrap_or_default(),
        username: parsed.username,
    };
    // Whether it is there is looked at again in the change itself; here it saves hashing for nothing.
    app.access.client(&place)?;
    let password = match parsed.password {
        Some(password) => Some(hashed(&app, password).await?),
        None => None,
    };
    approved.still(&app, &caller)?;
    let updated = app
        .access
        .update_client(place, parsed.details, password, &caller.by)
        .await?;
    let result = deploy::sealed(&app, deploy::deploy(&app, &updated)).await;
    Ok(Json(ChangeAnswer::of(result)))
}

/// Change the password of a credential.
///
/// Other fields are ignored. Everything that was let in with the old password is refused from the next request on.
#[utoipa::path(
    patch, path = "/apiops/projects/{projectName}/credentials/{username}/", tag = description::CREDENTIALS,
    params(
        ("projectName" = String, Path, description = "Name of the project."),
        ("username" = String, Path, description = "Username of the credential."),
    ),
    request_body = PasswordInput,
    responses(
        (status = 200, description = "Changed, and deployed as `deploymentResult` says.", body = ChangeAnswer),
        (status = 400, description = "Wrong input, or there is no such credential.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn change_password(
    State(app): State<App>,
    named: Parameters<(String, String)>,
    request: Request,
) -> Answer<ChangeAnswer> {
    let (parts, body) = request.into_parts();
    let named = Named::of(named);
    let caller = named.caller(&app, &parts, Right::ClientsManage).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let input: PasswordInput = json_body(&approved)?;
    let place = named.place(&caller)?;
    app.access.client(&place)?;
    let password = Password::parse(input.password)
        .ok_or_else(|| ApinizerError::invalid("password", password_rule()))?;
    let password = hashed(&app, password).await?;
    approved.still(&app, &caller)?;
    let changed = app
        .access
        .change_client_password(place, password, &caller.by)
        .await?;
    let result = deploy::sealed(&app, deploy::deploy(&app, &changed)).await;
    Ok(Json(ChangeAnswer::of(result)))
}

/// Delete a credential, for good.
///
/// Its password, tokens and grants are gone, it is refused from the next request on, and every environment has to
/// confirm that. The username is never given again.
#[utoipa::path(
    delete, path = "/apiops/projects/{projectName}/credentials/{username}/", tag = description::CREDENTIALS,
    params(
        ("projectName" = String, Path, description = "Name of the project."),
        ("username" = String, Path, description = "Username of the credential."),
    ),
    responses(
        (status = 200, description = "Deleted, and undeployed as `deploymentResult` says.", body = ChangeAnswer),
        (status = 400, description = "There is no such credential, or not any more.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server. Nothing was deleted.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn delete(
    State(app): State<App>,
    named: Parameters<(String, String)>,
    request: Request,
) -> Answer<ChangeAnswer> {
    let (parts, body) = request.into_parts();
    let named = Named::of(named);
    let caller = named.caller(&app, &parts, Right::ClientsManage).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let place = named.place(&caller)?;
    approved.still(&app, &caller)?;
    let result = deploy::delete(&app, place, &caller).await?;
    Ok(Json(ChangeAnswer::of(result)))
}

/// A credential in a path, which may be none.
pub(super) struct Named {
    project: Option<String>,
    username: String,
}

impl Named {
    pub(super) fn of(parameters: Parameters<(String, String)>) -> Named {
        let (project, username) = read(parameters).unzip();
        Named {
            project,
            username: username.unwrap_or_default(),
        }
    }

    pub(super) async fn caller(
        &self,
        app: &App,
        parts: &axum::http::request::Parts,
        right: Right,
    ) -> Result<Caller, ApinizerError> {
        project_caller(app, parts, self.project.as_deref(), right).await
    }

    /// What is not a username is nobody's.
    pub(super) fn place(self, caller: &Caller) -> Result<ClientPlace, ApinizerError> {
        let username =
            Username::parse(&self.username).ok_or_else(|| no_credential(&self.username))?;
        Ok(ClientPlace {
            tenant: caller.account.tenant.clone(),
            project: self.project.unwrap_or_default(),
            username,
        })
    }
}

async fn hashed(app: &App, password: Password) -> Result<PasswordHash, ApinizerError> {
    let place = app.gate.password().await;
    let place = place.map_err(|full| ApinizerError::Unavailable(full.to_string()))?;
    let hashing = tokio::task::spawn_blocking(move || {
        let _place = place;
        password.hash()
    });
    let hash = hashing
        .await
        .map_err(|error| ApinizerError::internal(&error))?;
    Ok(hash?)
}

fn no_password() -> ApinizerError {
    ApinizerError::invalid("password", password_rule())
}
