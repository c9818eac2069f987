//! The `/resource/*` routes.

mod request;
mod search;

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use did::OperationKind;
use registrar::{CreateResource, LIST_MAX, Page, ResourceFilter};
use resolver::{LinkedResource, Seconds};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{AbsentBody, Input};
use super::counted;
use super::did_routes::{About, refusal, refused, registered, signing_keys};
use super::error::StudioError;
use super::responses::ResourceMetadata;
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;
use crate::http::gate::RESOURCE_BODY_BYTES_MAX;
use crate::http::rate::Source;
use crate::metrics::Outcome;
use crate::permit::permit;
use access::Right;
use request::{ListResources, NewResource};

/// The routes for resources.
pub fn resource_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(search::search))
        .routes(routes!(list))
}

/// A resource that was created.
#[derive(Serialize, ToSchema)]
pub(super) struct Created {
    #[schema(value_type = ResourceMetadata)]
    resource: LinkedResource,
}

/// Create a DID-linked resource.
///
/// One held key signs for each controller of the DID; with `publicKeyHexs`, all that are named. What is created stays:
/// a resource cannot be changed, and only the operator of the server can erase its data.
#[utoipa::path(
    post, path = "/resource/create/{did}", tag = description::RESOURCES,
    extensions(
        ("x-permission" = json!(Right::ResourcesCreate.as_str())),
        ("x-body-bytes-max" = json!(RESOURCE_BODY_BYTES_MAX)),
        ("x-errors" = json!([400, 401, 403, 429, 500, 503])),
    ),
    params(("did" = String, Path, description = "The DID that it is to belong to.")),
    request_body(
        content((serde_json::Value = "application/json"), (serde_json::Value = "application/x-www-form-urlencoded")),
        description = "`name`, `type`, `data`, `encoding` (`hex`, `base64` or `base64url`); and, if wanted, `version`, \
            `alsoKnownAs` (a list of `{uri, description}`), `publicKeyHexs`. The data has at most 2 MiB.",
    ),
    responses((status = 201, description = "The resource is on the ledger.", body = Created)),
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(did): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Created>), StudioError> {
    app.rates.signatures(&Source::caller(&caller.account))?;
    let input = Input::read(&app.gate, request, AbsentBody::Refused).await?;
    let request = NewResource::parse(&did, input)?;
    let did = registered(&request.did)?;
    let about = || About::Resource(request.did.as_str().to_owned());
    let made = app
        .registrar
        .create_resource(
            caller.tenant(),
            CreateResource {
                did,
                id: None,
                name: request.name,
                version: request.version,
                resource_type: request.resource_type,
                also_known_as: request.also_known_as,
                data: request.data,
                keys: signing_keys(request.public_key_hexs),
            },
            permit(&app, &caller),
        )
        .await;
    let made = made.map_err(|error| refused(&app, &caller, about(), error));
    let made = counted(&app, OperationKind::CreateResource, made, |_| {
        Outcome::Committed
    })?;
    let resource = LinkedResource::from(made);
    Ok((StatusCode::CREATED, Json(Created { resource })))
}

/// Resources of an account.
#[derive(Serialize, ToSchema)]
pub(super) struct ResourceList {
    /// How many there are, on all pages.
    total: u64,
    /// Those of this page.
    resources: Vec<ListedResource>,
}

/// A resource in the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ListedResource {
    resource_id: String,
    resource_name: String,
    resource_type: String,
    media_type: String,
    /// The DID that it belongs to.
    did: String,
    /// `testnet` or `mainnet`.
    network: String,
    /// Nothing is encrypted here: what is on the ledger is public.
    encrypted: bool,
    /// When it was accepted (RFC 3339).
    created_at: String,
}

/// Get a list of the resources of this account.
///
/// Those of all DIDs that it manages, deactivated ones too, DID after DID, the newest first in each.
#[utoipa::path(
    get, path = "/resource/list", tag = description::RESOURCES,
    params(
        ("did" = Option<String>, Query, description = "Those of this DID alone."),
        ("network" = Option<String>, Query, description = "`testnet` or `mainnet`; both if not given."),
        ("resourceName" = Option<String>, Query, description = "Those with this name."),
        ("resourceType" = Option<String>, Query, description = "Those of this type."),
        ("page" = Option<u64>, Query, description = "Counted from 1."),
        ("limit" = Option<u32>, Query, description = "Resources on one page, at most 10,000."),
    ),
    responses((status = 200, description = "The request was successful.", body = ResourceList)),
    extensions(
        ("x-permission" = json!(Right::ResourcesRead.as_str())),
        ("x-errors" = json!([400, 401, 403, 500])),
    ),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<ResourceList>, StudioError> {
    let request = ListResources::parse(Input::of_query(query.as_deref())?)?;
    let filter = ResourceFilter {
        did: request.did.as_ref().map(registered).transpose()?,
        network: request.network.map(|network| network.to_string()),
        name: request.name,
        resource_type: request.resource_type,
    };
    let page = Page {
        offset: (request.page - 1).saturating_mul(u64::from(request.limit)),
        limit: request.limit.min(LIST_MAX),
    };
    let listed = app
        .registrar
        .resources(caller.tenant(), &filter, page)
        .await;
    let listed = listed.map_err(|error| refusal(About::List, error))?;
    let resources = listed.resources.into_iter().map(|metadata| ListedResource {
        resource_id: metadata.header.id,
        resource_name: metadata.header.name,
        resource_type: metadata.header.resource_type,
        media_type: metadata.media_type,
        network: metadata.did.namespace().unwrap_or_default().to_owned(),
        did: metadata.did.to_string(),
        encrypted: false,
        created_at: Seconds::of_ms(metadata.created_ms).to_string(),
    });
    Ok(Json(ResourceList {
        total: listed.total,
        resources: resources.collect(),
    }))
}

/// Texts by name, such as those of a query.
type Texts = HashMap<String, String>;
