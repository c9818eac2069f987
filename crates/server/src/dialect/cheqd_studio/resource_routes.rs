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

use super::body::{AbsentBody, BodyLimits, Input};
use super::did_routes::{About, refusal, refused, registered, signing_keys};
use super::error::{InvalidRequest, StudioError};
use super::responses::ResourceMetadata;
use crate::app::App;
use crate::authentication::Asker;
use crate::gate::RESOURCE_BODY_BYTES_MAX;
use crate::http::description;
use crate::http::rate::Source;
use crate::metrics::Outcome;
use crate::permit::leave;
use access::Right;
use request::{ListResources, NewResource};

/// The routes for resources.
pub fn resource_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(search::search))
        .routes(routes!(list))
}

/// How long the bodies of a path may be, in bytes, where they are long by nature; 0 everywhere else.
pub(crate) fn body_bytes_max(path: &str) -> usize {
    if path.starts_with("/resource/create/") {
        RESOURCE_BODY_BYTES_MAX
    } else {
        0
    }
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
    params(("did" = String, Path, description = "The DID that it is to belong to.")),
    request_body(
        content((serde_json::Value = "application/json"), (serde_json::Value = "application/x-www-form-urlencoded")),
        description = "`name`, `type`, `data`, `encoding` (`hex`, `base64` or `base64url`); and, if wanted, `version`, \
            `alsoKnownAs` (a list of `{uri, description}`), `publicKeyHexs`. The data has at most 2 MiB.",
    ),
    responses(
        (status = 201, description = "The resource is on the ledger.", body = Created),
        (status = 400, description = "A problem with the input fields has occurred.", body = InvalidRequest),
        (status = 401, description = "Access token is missing or invalid", body = InvalidRequest),
        (status = 403, description = "The credential lacks the permission for it.", body = InvalidRequest),
        (status = 413, description = "The body is too long.", body = InvalidRequest),
        (status = 429, description = "Too many requests, or too many failures.", body = InvalidRequest),
        (status = 500, description = "An internal error has occurred.", body = InvalidRequest),
        (status = 503, description = "Busy: send the same again later.", body = InvalidRequest),
    ),
)]
async fn create(
    State(app): State<App>,
    asker: Asker,
    Path(did): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Created>), StudioError> {
    asker.require(Right::ResourcesCreate)?;
    app.rates.signatures(&Source::caller(&asker.caller))?;
    let usual = app.body_limits();
    let room = app.gate.room_for_resource(request.body(), usual.bytes_max);
    let (_place, bytes_max) = room.map_err(|full| StudioError::Unavailable(full.to_string()))?;
    let limits = BodyLimits { bytes_max, ..usual };
    let input = Input::read(request, AbsentBody::Refused, limits).await?;
    let request = NewResource::parse(&did, input)?;
    let did = registered(&request.did)?;
    let about = || About::Resource(request.did.as_str().to_owned());
    let made = app
        .registrar
        .create_resource(
            asker.tenant(),
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
            leave(&app, &asker),
        )
        .await;
    let made = made.map_err(|error| refused(&app, &asker, about(), error));
    let made = app.counted(OperationKind::CreateResource, made, |_| Outcome::Committed)?;
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
    responses(
        (status = 200, description = "The request was successful.", body = ResourceList),
        (status = 400, description = "A problem with the input fields has occurred.", body = InvalidRequest),
        (status = 401, description = "Access token is missing or invalid", body = InvalidRequest),
        (status = 403, description = "The credential lacks the permission for it.", body = InvalidRequest),
        (status = 500, description = "An internal error has occurred.", body = InvalidRequest),
    ),
)]
async fn list(
    State(app): State<App>,
    asker: Asker,
    RawQuery(query): RawQuery,
) -> Result<Json<ResourceList>, StudioError> {
    asker.require(Right::ResourcesRead)?;
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
    let listed = app.registrar.resources(asker.tenant(), &filter, page).await;
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
