//! The `/did/*` routes.

mod read;
mod refusal;
mod translate;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use did::OperationKind;
use registrar::{BoundScope, Deactivate, DeactivatedBy, Managed, RegistrarError, SigningKeys};
use resolver::Options;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{AbsentBody, Input};
use super::counted;
use super::error::StudioError;
use super::requests::{CreateDid, DeactivateDid, ImportDid, UpdateDid};
use super::responses::{DeactivatedDidResolution, DidDeactivateRequest, IdentifierResult};
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;
use crate::http::rate::Source;
use crate::http::request::Received;
use crate::metrics::Outcome;
use crate::permit::{GivenAction, permit, permit_with};
use access::Right;
pub(super) use refusal::{About, refusal};
pub(super) use translate::did as registered;

/// The routes for DIDs.
pub fn did_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(update))
        .routes(routes!(deactivate))
        .routes(routes!(import))
        .routes(routes!(read::list))
        .routes(routes!(read::search))
}

/// Create a DID Document.
///
/// Either from parameters (`network`, `identifierFormatType`, `verificationMethodType`, `key`, `service`, `@context`)
/// or from a `didDocument`. Verification methods of a given document are kept if this account holds all of their keys;
/// without any it gets one, `#key-1`. Every key signs.
#[utoipa::path(
    post, path = "/did/create", tag = description::DIDS,
    request_body(
        content((Value = "application/json"), (Value = "application/x-www-form-urlencoded")),
        description = "`network`, `verificationMethodType`, and what else is wanted; or `didDocument` with `options`.",
    ),
    responses((status = 200, description = "The request was successful.", body = IdentifierResult)),
    extensions(
        ("x-permission" = json!(Right::DidsCreate.as_str())),
        ("x-errors" = json!([400, 401, 403, 429, 500])),
    ),
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<IdentifierResult>, StudioError> {
    app.rates.signatures(&Source::caller(&caller.account))?;
    let input = Input::read(&app.gate, request, AbsentBody::Refused).await?;
    let request = translate::create(CreateDid::parse(input)?)?;
    let made = app
        .registrar
        .create(caller.tenant(), request, permit(&app, &caller))
        .await;
    let made = made.map_err(|error| refused(&app, &caller, About::Create, error));
    let made = counted(&app, OperationKind::Create, made, |_| Outcome::Committed)?;
    Ok(Json(translate::identifier(&made, provider(&made), None)))
}

/// Update a DID Document.
///
/// Takes a whole `didDocument`, or `did` with the sections that change: `service`, `verificationMethod`,
/// `authentication`. Every key that is new in the document must be held by this account and signs.
#[utoipa::path(
    post, path = "/did/update", tag = description::DIDS,
    request_body(
        content((Value = "application/json"), (Value = "application/x-www-form-urlencoded")),
        description = "`didDocument`, or `did` and sections; `publicKeyHexs` names the keys that sign, by default all \
            that are held and needed.",
    ),
    responses((status = 200, description = "The request was successful.", body = IdentifierResult)),
    extensions(
        ("x-permission" = json!(Right::DidsUpdate.as_str())),
        ("x-errors" = json!([400, 401, 403, 429, 500])),
    ),
)]
async fn update(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<IdentifierResult>, StudioError> {
    app.rates.signatures(&Source::caller(&caller.account))?;
    let input = Input::read(&app.gate, request, AbsentBody::Refused).await?;
    let request = UpdateDid::parse(input)?;
    let about = About::update(&request);
    let updated = app
        .registrar
        .update(
            caller.tenant(),
            translate::update(request)?,
            permit(&app, &caller),
        )
        .await;
    let updated = updated.map_err(|error| refused(&app, &caller, about, error));
    let updated = counted(&app, OperationKind::Update, updated, |_| Outcome::Committed)?;
    Ok(Json(translate::identifier(
        &updated,
        did::METHOD.to_owned(),
        None,
    )))
}

/// Deactivate a DID Document.
///
/// This endpoint deactivates a DID Document by taking the DID identifier as input. Must be called and signed by the DID
/// owner. The complete set of keys signs: all verification methods of the present document, and one of every other
/// controller. It cannot be taken back. A DID that is deactivated already gets the same answer, and nothing changes.
#[utoipa::path(
    post, path = "/did/deactivate/{did}", tag = description::DIDS,
    summary = "Deactivate a DID Document.",
    params(("did" = String, Path, description = "DID identifier to deactivate.")),
    request_body(
        content(
            (DidDeactivateRequest = "application/json"),
            (DidDeactivateRequest = "application/x-www-form-urlencoded"),
        ),
    ),
    responses((status = 200, description = "The request was successful.", body = DeactivatedDidResolution)),
    extensions(
        ("x-permission" = json!(Right::DidsDeactivate.as_str())),
        ("x-errors" = json!([400, 401, 403, 429, 500])),
    ),
)]
async fn deactivate(
    State(app): State<App>,
    caller: Caller,
    Path(did): Path<String>,
    request: Request,
) -> Result<Response, StudioError> {
    app.rates.signatures(&Source::caller(&caller.account))?;
    let received = Received::read(&app.gate, request).await?;
    let input = Input::of(&received, AbsentBody::Allowed)?;
    let request = DeactivateDid::parse(&did, input)?;
    let did = translate::did(&request.did)?;
    let keys = signing_keys(request.public_key_hexs);
    let ended = app
        .registrar
        .deactivate(
            caller.tenant(),
            Deactivate {
                did,
                keys,
                scope: BoundScope::default(),
            },
            permit_with(&app, &caller, GivenAction::of(&received)),
        )
        .await;
    let ended = ended.map_err(|error| refused(&app, &caller, About::Deactivate, error));
    let ended = counted(
        &app,
        OperationKind::Deactivate,
        ended,
        |ended| match ended.deactivated_by {
            DeactivatedBy::ThisRequest => Outcome::Committed,
            DeactivatedBy::EarlierRequest => Outcome::Repeated,
        },
    )?;
    let resolution = app.resolver.resolve(ended.did.as_str(), &Options::default()).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, did = %ended.did, "a deactivated DID cannot be read");
        StudioError::Internal
    })?;
    Ok(Json(resolution.deactivated()).into_response())
}

/// Import a DID Document.
///
/// The DID must be on this ledger, and active. The keys are those of all its verification methods, and no others. They
/// are stored sealed and never handed out again.
#[utoipa::path(
    post, path = "/did/import", tag = description::DIDS,
    request_body(
        content((Value = "application/json"), (Value = "application/x-www-form-urlencoded")),
        description = "`did`; `keys`: a list of `{privateKeyHex, type, encrypted: false, alias}`; `controllerKeyId`.",
    ),
    responses((status = 200, description = "The request was successful.", body = IdentifierResult)),
    extensions(
        ("x-permission" = json!(Right::DidsImport.as_str())),
        ("x-errors" = json!([400, 401, 403, 429, 500])),
    ),
)]
async fn import(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<IdentifierResult>, StudioError> {
    let input = Input::read(&app.gate, request, AbsentBody::Refused).await?;
    let request = translate::import(ImportDid::parse(input)?)?;
    let first = request.first_key.clone();
    let imported = app
        .registrar
        .import(caller.tenant(), request, permit(&app, &caller))
        .await;
    let imported = imported.map_err(|error| refusal(About::Import, error))?;
    Ok(Json(translate::identifier(
        &imported,
        provider(&imported),
        first.as_deref(),
    )))
}

/// The answer to a request that was not done. Those for signatures that were missing or wrong are counted.
pub(super) fn refused(
    app: &App,
    caller: &Caller,
    about: About,
    error: RegistrarError,
) -> StudioError {
    app.rates.failed(&Source::caller(&caller.account), &error);
    refusal(about, error)
}

/// No keys named means: all that are held.
pub(super) fn signing_keys(public_key_hexs: Vec<String>) -> SigningKeys {
    if public_key_hexs.is_empty() {
        SigningKeys::AllCustodial
    } else {
        SigningKeys::Exactly(public_key_hexs)
    }
}

/// Such as `did:cheqd:testnet`.
fn provider(managed: &Managed) -> String {
    let did = managed.did.as_str();
    did.rsplit_once(':')
        .map_or(did, |(provider, _)| provider)
        .to_owned()
}
