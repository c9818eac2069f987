//! Resources of a DID: `/1.0/createResource`, `/1.0/updateResource`.
//!
//! A resource never changes. An update is another resource of the same name and type, which comes after the one that
//! it updates; both can be read for ever.

mod answer;
mod request;

use std::time::Instant;

use access::Right;
use axum::extract::{Request, State};
use did::{Did, OperationKind};
use ledger::ResourceMetadata;
use registrar::{CreateResource, RegistrarError, SigningKeys};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::About;
use super::call::Call;
use super::error::RegistrationError;
use super::members::Members;
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;
use crate::http::gate::RESOURCE_BODY_BYTES_MAX;
use crate::metrics;
use crate::permit::permit;

pub use answer::{DidUrlState, ResourceResult};
use answer::{ResourceAnswer, ResourceFunction};
use request::{Create, Update};

/// The routes for resources.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_resource))
        .routes(routes!(update_resource))
}

/// Create a resource of a DID.
///
/// `content` is the data in base64, at most 2 MiB of it. The keys of the DID are held here and sign here.
#[utoipa::path(
    post, path = "/1.0/createResource", tag = description::REGISTRATION,
    extensions(("x-body-bytes-max" = json!(RESOURCE_BODY_BYTES_MAX))),
    request_body(
        content((serde_json::Value = "application/json")),
        description = "`did`, `relativeDidUrl`, `options` (`name`, `type`, `versionId`, `alsoKnownAs`), `secret`, \
            `content`.",
        example = json!({
            "did": "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0",
            "options": {"name": "degree", "type": "JSONSchema", "versionId": "1"},
            "content": "eyJ0eXBlIjoib2JqZWN0In0=",
        }),
    ),
    responses(
        (status = 201, description = "The resource is there.", body = ResourceResult),
        (status = 400, description = "The input; nothing was written.", body = ResourceResult),
        (status = 401, description = "No credential, or none that is good.", body = ResourceResult),
        (status = 403, description = "The credential lacks the permission.", body = ResourceResult),
        (status = 413, description = "The body is too long.", body = ResourceResult),
        (status = 415, description = "The body is not JSON.", body = ResourceResult),
        (status = 429, description = "Too many requests, or too many failures.", body = ResourceResult),
        (status = 500, description = "A fault of this server.", body = ResourceResult),
        (status = 503, description = "Busy: send the same again later.", body = ResourceResult),
    ),
)]
async fn create_resource(State(app): State<App>, request: Request) -> ResourceAnswer {
    answered(&app, ResourceFunction::Create, request).await
}

/// Update a resource of a DID: make the next one of its name and type.
///
/// `relativeDidUrl` is `/resources/` and the id of the one that is updated, which has to be the newest. `content` is a
/// list of one, as `contentOperation` is, which may be left out: `setContent`.
#[utoipa::path(
    post, path = "/1.0/updateResource", tag = description::REGISTRATION,
    extensions(("x-body-bytes-max" = json!(RESOURCE_BODY_BYTES_MAX))),
    request_body(
        content((serde_json::Value = "application/json")),
        description = "`did`, `relativeDidUrl`, `options` (`versionId`, `alsoKnownAs`), `secret`, `contentOperation`, \
            `content`.",
        example = json!({
            "did": "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0",
            "relativeDidUrl": "/resources/5e16a3f9-7c6e-4b6b-8e28-20f56780ee25",
            "options": {"versionId": "2"},
            "contentOperation": ["setContent"],
            "content": ["eyJ0eXBlIjoiYXJyYXkifQ=="],
        }),
    ),
    responses(
        (status = 200, description = "The next resource is there.", body = ResourceResult),
        (status = 201, description = "The same, in the profile of cheqd's registrar.", body = ResourceResult),
        (status = 400, description = "The input; nothing was written.", body = ResourceResult),
        (status = 401, description = "No credential, or none that is good.", body = ResourceResult),
        (status = 403, description = "The credential lacks the permission.", body = ResourceResult),
        (status = 413, description = "The body is too long.", body = ResourceResult),
        (status = 415, description = "The body is not JSON.", body = ResourceResult),
        (status = 429, description = "Too many requests, or too many failures.", body = ResourceResult),
        (status = 500, description = "A fault of this server.", body = ResourceResult),
        (status = 503, description = "Busy: send the same again later.", body = ResourceResult),
    ),
)]
async fn update_resource(State(app): State<App>, request: Request) -> ResourceAnswer {
    answered(&app, ResourceFunction::Update, request).await
}

async fn answered(app: &App, function: ResourceFunction, request: Request) -> ResourceAnswer {
    let begin = Instant::now();
    let mut about = About::default();
    let outcome = outcome(app, function, request, &mut about).await;
    ResourceAnswer {
        function,
        profile: app.registration.profile,
        begin,
        about,
        outcome,
    }
}

async fn outcome(
    app: &App,
    function: ResourceFunction,
    request: Request,
    about: &mut About,
) -> Result<ResourceMetadata, RegistrationError> {
    let (call, members) = Call::read(app, request, about).await?;
    let made = made(&call, function, members).await;
    let counted = match &made {
        Ok(_) => metrics::Outcome::Committed,
        Err(fault) => {
            app.rates.failed(&call.source, fault);
            super::not_done(fault)
        }
    };
    app.metrics
        .operation(OperationKind::CreateResource, counted);
    made
}

async fn made(
    call: &Call<'_>,
    function: ResourceFunction,
    members: Members,
) -> Result<ResourceMetadata, RegistrationError> {
    let caller = call.account()?;
    caller.require(Right::ResourcesCreate)?;
    let request = match function {
        ResourceFunction::Create => Create::parse(members)?.into_request(),
        ResourceFunction::Update => {
            let update = Update::parse(members)?;
            let present = owned(call, &caller, &update.did, &update.resource)?;
            update.after(present)?
        }
    };
    let permit = permit(call.app, &caller);
    let registrar = &call.app.registrar;
    Ok(registrar
        .create_resource(caller.tenant(), request, permit)
        .await?)
}

/// The resource that is updated.
fn owned(
    call: &Call<'_>,
    caller: &Caller,
    did: &Did,
    id: &str,
) -> Result<ResourceMetadata, RegistrationError> {
    if !call.app.registrar.owns(caller.tenant(), did)? {
        return Err(RegistrarError::NotFound(did.clone()).into());
    }
    let ledger = call.app.networks.of(did).map_err(RegistrarError::from)?;
    let found = ledger
        .resource_metadata(did, id)
        .map_err(RegistrarError::from)?;
    found.ok_or_else(|| RegistrationError::not_found(format!("{did} has no resource {id}")))
}

fn request(
    did: Did,
    id: Option<String>,
    described: request::Described,
    data: Vec<u8>,
) -> CreateResource {
    CreateResource {
        did,
        id,
        name: described.name,
        version: described.version,
        resource_type: described.resource_type,
        also_known_as: described.also_known_as,
        data,
        keys: SigningKeys::AllCustodial,
    }
}
