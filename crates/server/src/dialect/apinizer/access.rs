//! What a credential has access to.

use access::{Grant, GrantTarget, Right};
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{changing, json_body};
use super::caller::Parameters;
use super::credential::{ChangeAnswer, instant_ms};
use super::credentials::Named;
use super::deploy;
use super::error::{ApinizerError, ApiopsProblem};
use crate::app::App;
use crate::http::description;

type Answer<T> = Result<Json<T>, ApinizerError>;

/// What a credential has access to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessList {
    /// Always true.
    pub success: bool,
    /// By type and name; what expired is left out.
    pub result_list: Vec<Access>,
}

/// An API, or a group of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Its name.
    pub name: &'static str,
    /// `API_PROXY` or `API_PROXY_GROUP`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When the access ends; not there when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<String>,
}

/// Access that is to be granted or revoked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessInput {
    /// At least one, and none twice.
    pub credential_access_list: Vec<AccessItem>,
}

/// One of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessItem {
    /// Of `API_PROXY`: `did-read`, `did-create`, `did-update`, `did-deactivate`, `did-import`, `resources`, `keys`,
    /// `webhooks`. Of
    /// `API_PROXY_GROUP`: `registrar`, `all`.
    #[serde(default)]
    pub name: String,
    /// `API_PROXY` or `API_PROXY_GROUP`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// When the access ends (RFC 3339). Not looked at where access is revoked.
    #[serde(default)]
    pub expire_time: Option<String>,
}

/// List what a credential has access to.
#[utoipa::path(
    get, path = "/apiops/projects/{projectName}/credentials/{username}/access/", tag = description::CREDENTIALS,
    params(
        ("projectName" = String, Path, description = "Name of the project."),
        ("username" = String, Path, description = "Username of the credential."),
    ),
    responses(
        (status = 200, description = "All of it.", body = AccessList),
        (status = 400, description = "There is no such credential.", body = ApiopsProblem),
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
    named: Parameters<(String, String)>,
    request: Request,
) -> Answer<AccessList> {
    let (parts, _) = request.into_parts();
    let named = Named::of(named);
    let caller = named.caller(&app, &parts, Right::ClientsRead).await?;
    let grants = app.access.client_grants(&named.place(&caller)?)?;
    Ok(Json(AccessList {
        success: true,
        result_list: grants.into_iter().map(Access::from).collect(),
    }))
}

/// Grant a credential access.
///
/// All of it, or, if one item cannot be granted, nothing.
#[utoipa::path(
    put, path = "/apiops/projects/{projectName}/credentials/{username}/access/", tag = description::CREDENTIALS,
    params(
        ("projectName" = String, Path, description = "Name of the project."),
        ("username" = String, Path, description = "Username of the credential."),
    ),
    request_body = AccessInput,
    responses(
        (status = 200, description = "Granted, and deployed as `deploymentResult` says.", body = ChangeAnswer),
        (status = 400, description = "No such credential or API, or it has the access.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn grant(
    State(app): State<App>,
    named: Parameters<(String, String)>,
    request: Request,
) -> Answer<ChangeAnswer> {
    let (parts, body) = request.into_parts();
    let named = Named::of(named);
    let caller = named.caller(&app, &parts, Right::ClientsManage).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let place = named.place(&caller)?;
    let input: AccessInput = json_body(&approved)?;
    app.access.client(&place)?;
    let grants = input.items()?.iter().map(AccessItem::grant);
    let grants = grants.collect::<Result<_, _>>()?;
    approved.still(&app, &caller)?;
    let granted = app.access.grant_access(place, grants, &caller.by).await?;
    Ok(Json(ChangeAnswer::of(deploy::deploy(&app, &granted).await)))
}

/// Revoke access of a credential.
///
/// All of it, or, if one item was not granted, nothing. Requests that are under way end before they sign or write.
#[utoipa::path(
    delete, path = "/apiops/projects/{projectName}/credentials/{username}/access/", tag = description::CREDENTIALS,
    params(
        ("projectName" = String, Path, description = "Name of the project."),
        ("username" = String, Path, description = "Username of the credential."),
    ),
    request_body = AccessInput,
    responses(
        (status = 200, description = "Revoked, and undeployed as `deploymentResult` says.", body = ChangeAnswer),
        (status = 400, description = "No such credential or API, or it has no access.", body = ApiopsProblem),
        (status = 401, description = "No credential that is let in.", body = ApiopsProblem),
        (status = 403, description = "The credential lacks the right.", body = ApiopsProblem),
        (status = 404, description = "No such project, or somebody else's.", body = ApiopsProblem),
        (status = 429, description = "Too many requests.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn revoke(
    State(app): State<App>,
    named: Parameters<(String, String)>,
    request: Request,
) -> Answer<ChangeAnswer> {
    let (parts, body) = request.into_parts();
    let named = Named::of(named);
    let caller = named.caller(&app, &parts, Right::ClientsManage).await?;
    let approved = changing(&app, Request::from_parts(parts, body), &caller).await?;
    let place = named.place(&caller)?;
    let input: AccessInput = json_body(&approved)?;
    app.access.client(&place)?;
    let targets = input.items()?.iter().map(AccessItem::target);
    let targets = targets.collect::<Result<_, _>>()?;
    approved.still(&app, &caller)?;
    let revoked = app.access.revoke_access(place, targets, &caller.by).await?;
    let result = deploy::sealed(&app, deploy::deploy_less(&app, &revoked)).await;
    Ok(Json(ChangeAnswer::of(result)))
}

impl AccessInput {
    /// The items, at least one, and none twice.
    fn items(&self) -> Result<&[AccessItem], ApinizerError> {
        let items = &self.credential_access_list;
        if items.is_empty() || items.len() > access::GRANTS_PER_CLIENT_MAX {
            let most = access::GRANTS_PER_CLIENT_MAX;
            let text = format!("credentialAccessList should have 1 to {most} items");
            return Err(ApinizerError::BadRequest(text));
        }
        for (at, item) in items.iter().enumerate() {
            let same =
                |earlier: &AccessItem| earlier.kind == item.kind && earlier.name == item.name;
            if items[..at].iter().any(same) {
                return Err(ApinizerError::bad_request(
                    "credentialAccessList names one API twice",
                ));
            }
        }
        Ok(items)
    }
}

impl AccessItem {
    fn target(&self) -> Result<GrantTarget, ApinizerError> {
        if self.name.is_empty() {
            return Err(ApinizerError::bad_request(
                "Credential access object name can not be empty!",
            ));
        }
        if !matches!(self.kind.as_str(), "API_PROXY" | "API_PROXY_GROUP") {
            let text = "Credential access object type should be API_PROXY or API_PROXY_GROUP";
            return Err(ApinizerError::bad_request(text));
        }
        GrantTarget::parse(&self.kind, &self.name).ok_or_else(|| {
            let name: String = self.name.chars().take(128).collect();
            let kind = kind_for_people(&self.kind);
            ApinizerError::BadRequest(format!(
                "{kind} (name:{name}) is not found or user does not have privilege to access it!"
            ))
        })
    }

    fn grant(&self) -> Result<Grant, ApinizerError> {
        let wrong = || {
            ApinizerError::invalid(
                "expireTime",
                "give a time such as 2026-12-31T23:59:59.000Z, or null",
            )
        };
        let expires_ms = self
            .expire_time
            .as_deref()
            .map(|text| instant_ms(text).ok_or_else(wrong));
        Ok(Grant {
            target: self.target()?,
            expires_ms: expires_ms.transpose()?,
        })
    }
}

impl From<Grant> for Access {
    fn from(grant: Grant) -> Access {
        Access {
            name: grant.target.as_str(),
            kind: grant.target.kind(),
            expire_time: grant.expires_ms.map(clock::rfc3339_ms),
        }
    }
}

/// The words for a type of access.
pub(super) fn kind_for_people(kind: &str) -> &'static str {
    match kind {
        "API_PROXY_GROUP" => "API Proxy Group",
        _ => "API Proxy",
    }
}
