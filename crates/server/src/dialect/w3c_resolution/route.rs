//! `/1.0/identifiers/{identifier}`: `GET`, `HEAD` and `POST`.

use axum::extract::{self, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing;
use did::Did;
use proof::receipt::Stage;
use publication::Claim;
use resolver::{AnswerKind, Form, Found, FoundVersion, Name, Query, ResolveError};
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Keeping, Proven};
use super::identifier::{Identifier, PREFIX};
use super::negotiate::{Representation, negotiate};
use super::options;
use super::problem::{ErrorKind, Problem};
use super::view::View;
use crate::app::App;
use crate::config::{Origins, Profile};
use crate::http::description;
use crate::http::layer;
use crate::http::request::{Received, form};

const PATH: &str = "/1.0/identifiers/{*identifier}";

/// The routes of this dialect. Pages of the configured origins may read them.
pub(super) fn router(origins: &Origins) -> OpenApiRouter<App> {
    // Without a handler of its own, a preflight would never reach the layer.
    let preflight = routing::options(async || StatusCode::NO_CONTENT);
    OpenApiRouter::new()
        .routes(routes!(identifiers, identifiers_with_options))
        .route(PATH, preflight)
        // An empty text is no DID either.
        .route(
            PREFIX,
            routing::get(identifiers).post(identifiers_with_options),
        )
        .layer(layer::public_query(origins))
}

/// Resolve a DID, or dereference a DID URL.
///
/// The shape follows `Accept`: by default the full result, `application/did-resolution` of a DID and
/// `application/did-url-dereferencing` of what stands behind a path, a fragment or a service; of a resource its data,
/// in its own type. A DID that has ended is answered with 410, `"didDocument": null`, `"deactivated": true` and its
/// receipt in `proof`; with `versionId` or `versionTime` an older version is shown with its document, still as 410.
/// The media types from before 2025 get 200 and the document.
///
/// Options stand in the query if the identifier is percent-encoded; if it is not, the query belongs to the DID URL.
#[utoipa::path(
    get, path = "/1.0/identifiers/{*identifier}", tag = description::RESOLUTION, security(()),
    params(
        ("identifier" = String, Path, description = "The DID or DID URL, percent-encoded or not. After the DID may \
            stand `/versions`, `/version/{id}`, `/version/{id}/metadata`, `/metadata`, `/resources/{id}`, \
            `/resources/{id}/metadata`."),
        ("versionId" = Option<String>, Query, description = "The version with this id."),
        ("versionTime" = Option<String>, Query, description = "The version that was the latest then: \
            `2026-01-31T12:00:00Z`, in UTC, without fractions."),
        ("noCache" = Option<bool>, Query, description = "Whether caches must not keep the answer. None is used here."),
        ("expandRelativeUrls" = Option<bool>, Query, description = "The ledger stores absolute DID URLs only."),
        ("returnDeactivatedDidDocument" = Option<bool>, Query, description = "Whether the last document of a DID that \
            has ended is shown, still as 410. Proposed, not registered."),
        ("service" = Option<String>, Query, description = "The service with this id."),
        ("serviceType" = Option<String>, Query, description = "Services of this type."),
        ("relativeRef" = Option<String>, Query, description = "A relative reference to something at the service."),
        ("verificationRelationship" = Option<String>, Query, description = "What the method of the fragment must be \
            authorized for."),
        ("transformKeys" = Option<String>, Query, description = "The type in which Ed25519 keys are shown."),
        ("metadata" = Option<bool>, Query, description = "Whether only metadata is shown."),
        ("before" = Option<String>, Query, description = "With `/versions`: those before this one."),
        ("resourceId" = Option<String>, Query, description = "The resource with this id."),
        ("resourceCollectionId" = Option<String>, Query, description = "Resources of this collection."),
        ("resourceName" = Option<String>, Query, description = "Resources with this name."),
        ("resourceType" = Option<String>, Query, description = "Resources of this type."),
        ("resourceVersion" = Option<String>, Query, description = "Resources with this label of a version."),
        ("resourceVersionTime" = Option<String>, Query, description = "The resource that was the newest then."),
        ("checksum" = Option<String>, Query, description = "The resource whose data has this SHA-256."),
        ("resourceMetadata" = Option<bool>, Query, description = "Whether only what is known of resources is shown."),
    ),
    responses(
        (status = 200, description = "The DID is active.", content_type = "application/did-resolution"),
        (status = 301, description = "Another form of a DID; the stored one is at `Location`.",
            content_type = "application/did-resolution"),
        (status = 303, description = "The service is at `Location` (`text/uri-list`)."),
        (status = 304, description = "The client has it already (`If-None-Match`)."),
        (status = 400, description = "No DID or DID URL, or unusable options.",
            content_type = "application/did-resolution"),
        (status = 404, description = "No such DID, version, or part.", content_type = "application/did-resolution"),
        (status = 406, description = "`Accept` cannot be met.", content_type = "application/did-resolution"),
        (status = 410, description = "The DID has ended, for ever.", content_type = "application/did-resolution"),
        (status = 500, description = "An internal error, or a method that may not be used as was asked.",
            content_type = "application/did-resolution"),
        (status = 501, description = "Another method, network or option.", content_type = "application/did-resolution"),
        (status = 503, description = "Whether it is active is not known now.",
            content_type = "application/did-resolution"),
    ),
)]
async fn identifiers(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let request = Request {
        uri: &uri,
        headers: &headers,
        method: Method::GET,
    };
    varied(request.answer(&app, Vec::new()).await)
}

/// Resolve a DID, or dereference a DID URL, with options in the body.
///
/// The body is a JSON object of options, each a string or a boolean: `application/did-resolution`,
/// `application/did-url-dereferencing` or `application/json`. Otherwise as `GET`.
#[utoipa::path(
    post, path = "/1.0/identifiers/{*identifier}", tag = description::RESOLUTION, security(()),
    params(("identifier" = String, Path, description = "The DID or DID URL, percent-encoded or not.")),
    request_body(
        content = Option<Object>, content_type = "application/json", description = "The options; may be left out.",
    ),
    responses(
        (status = 200, description = "The DID is active.", content_type = "application/did-resolution"),
        (status = 303, description = "The service is at `Location` (`text/uri-list`)."),
        (status = 308, description = "Another form of a DID; the stored one is at `Location`.",
            content_type = "application/did-resolution"),
        (status = 400, description = "No DID or DID URL, or unusable options.",
            content_type = "application/did-resolution"),
        (status = 404, description = "No such DID, version, or part.", content_type = "application/did-resolution"),
        (status = 406, description = "`Accept` cannot be met.", content_type = "application/did-resolution"),
        (status = 410, description = "The DID has ended, for ever.", content_type = "application/did-resolution"),
        (status = 500, description = "An internal error, or a method that may not be used as was asked.",
            content_type = "application/did-resolution"),
        (status = 501, description = "Another method, network or option.", content_type = "application/did-resolution"),
        (status = 503, description = "Whether it is active is not known now.",
            content_type = "application/did-resolution"),
    ),
)]
async fn identifiers_with_options(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: extract::Request,
) -> Response {
    let request = Request {
        uri: &uri,
        headers: &headers,
        method: Method::POST,
    };
    let received = Received::read(&app.gate, body).await;
    let options = received
        .map_err(|error| options::invalid(error.to_string()))
        .and_then(|received| options::read(&received));
    let response = match options {
        Ok(options) => request.answer(&app, options).await,
        Err(problem) => problem.answer(request.view_of_error(&app)),
    };
    varied(response)
}

/// Every answer depends on what the client accepts.
fn varied(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// The full result in the shape from before 2025, whatever the client accepts. Other forms of a DID are resolved, and
/// not redirected.
pub(crate) fn legacy_result(app: &App, did: &str, query: Option<&str>) -> Response {
    let mut view = View {
        representation: Representation::LegacyResult,
        kind: AnswerKind::Document,
        profile: Profile::Standard,
    };
    let found = form::parse(query.unwrap_or_default().as_bytes())
        .map_err(|error| Problem::new(ErrorKind::InvalidOptions, error.to_string()))
        .and_then(|options| Ok(Query::parse(did, options)?))
        .and_then(|question| {
            view.kind = question.kind();
            if !matches!(view.kind, AnswerKind::Document | AnswerKind::Metadata) {
                view.representation = Representation::LegacyDereferencing;
            }
            let asked = question.check(view.rules(), view.ended())?;
            Ok(app.resolver.answer(asked)?)
        });
    let keeping = Keeping::of(app.resolution.active_max_age_s, Proven::Fully);
    found
        .and_then(|found| answer::answer(&found, view, keeping, &HeaderMap::new()))
        .unwrap_or_else(|problem| problem.answer(view))
}

/// One request, without its body.
struct Request<'a> {
    uri: &'a Uri,
    headers: &'a HeaderMap,
    method: Method,
}

impl Request<'_> {
    async fn answer(&self, app: &App, options: Vec<(String, String)>) -> Response {
        match self.try_answer(app, options).await {
            Ok(response) => response,
            Err((problem, view)) => problem.answer(view),
        }
    }

    async fn try_answer(
        &self,
        app: &App,
        options: Vec<(String, String)>,
    ) -> Result<Response, (Problem, View)> {
        let unseen = |problem: Problem| (problem, self.view_of_error(app));
        let identifier = Identifier::of(self.uri).map_err(unseen)?;
        if options.is_empty() && identifier.is_bare() {
            return self.answer_did(app, &identifier).await;
        }
        let options = [identifier.options().map_err(unseen)?, options].concat();
        let question = Query::parse(&identifier.text, options);
        let question = question.map_err(|error| unseen(error.into()))?;
        let view = self.view(app, question.kind())?;
        if let Some(response) = self.moved(&identifier, question.name()) {
            return Ok(response);
        }
        let asked = question.check(view.rules(), view.ended());
        let asked = asked.map_err(|error| (error.into(), view))?;
        let no_cache = asked.no_cache;
        let found = app.resolver.answer(asked);
        let found = found.map_err(|error| (error.into(), view))?;
        let (found, proven) = match found {
            Found::Version(found) => {
                let (found, proven) = proven(app, *found, view).await;
                (Found::Version(Box::new(found)), proven)
            }
            found => (found, Proven::Fully),
        };
        let keeping = match no_cache {
            true => Keeping::NOTHING,
            false => self.keeping(app, proven),
        };
        answer::answer(&found, view, keeping, self.headers).map_err(|problem| (problem, view))
    }

    /// The way of nearly all requests: a DID and nothing else.
    async fn answer_did(
        &self,
        app: &App,
        identifier: &Identifier<'_>,
    ) -> Result<Response, (Problem, View)> {
        let unseen = |error: ResolveError| (error.into(), self.view_of_error(app));
        let name = Name::of(&identifier.text).map_err(unseen)?;
        let view = self.view(app, AnswerKind::Document)?;
        if let Some(response) = self.moved(identifier, &name) {
            return Ok(response);
        }
        let resolution = app.resolver.latest(name.did);
        let resolution = resolution.map_err(|error| (error.into(), view))?;
        let found = FoundVersion::latest(resolution, view.ended());
        let (found, proven) = proven(app, found, view).await;
        let keeping = self.keeping(app, proven);
        answer::version(&found, view, keeping, self.headers).map_err(|problem| (problem, view))
    }

    fn view(&self, app: &App, kind: AnswerKind) -> Result<View, (Problem, View)> {
        let preferred = View::preferred(kind, app.resolution.profile);
        match negotiate(self.headers, kind) {
            Ok(representation) => Ok(View {
                representation,
                ..preferred
            }),
            Err(error) => Err((error.into(), preferred)),
        }
    }

    /// How an error is answered before it is known what was asked for.
    fn view_of_error(&self, app: &App) -> View {
        let kind = match Identifier::of(self.uri) {
            Ok(identifier) if identifier.text.contains(['/', '?', '#']) => AnswerKind::Part,
            _ => AnswerKind::Document,
        };
        self.view(app, kind).unwrap_or_else(|(_, view)| view)
    }

    fn moved(&self, identifier: &Identifier<'_>, name: &Name) -> Option<Response> {
        if name.form == Form::Stored {
            return None;
        }
        let end = identifier.text.find(['/', '?', '#']);
        let from = &identifier.text[..end.unwrap_or(identifier.text.len())];
        let address = identifier.address_of(name.did.as_str());
        let permanently = match self.method {
            Method::POST => StatusCode::PERMANENT_REDIRECT,
            _ => StatusCode::MOVED_PERMANENTLY,
        };
        Some(answer::moved(
            from,
            name.did.as_str(),
            &address,
            permanently,
        ))
    }

    fn keeping(&self, app: &App, proven: Proven) -> Keeping {
        match self.method {
            // Answers to POST are kept by nobody (RFC 9110, section 9.3.3).
            Method::POST => Keeping::NOTHING,
            _ => Keeping::of(app.resolution.active_max_age_s, proven),
        }
    }
}

/// An end with its receipt. That the DID has ended is true without it, so that it is left out rather than waited for.
async fn proven(app: &App, mut found: FoundVersion, view: View) -> (FoundVersion, Proven) {
    if !found.resolution.is_deactivated() || view.representation.is_legacy() {
        return (found, Proven::Fully);
    }
    let Some((receipt, proven)) = receipt(app, found.resolution.did()).await else {
        return (found, Proven::NotYet);
    };
    found.resolution = found.resolution.with_receipt(receipt);
    (found, proven)
}

async fn receipt(app: &App, did: &Did) -> Option<(Box<RawValue>, Proven)> {
    let served = match app.publication.receipt(did).await {
        Ok(served) if served.claim == Claim::Deactivated => served,
        Ok(_) => return None,
        Err(error) => {
            tracing::warn!(%error, "a DID that has ended is answered without its receipt");
            return None;
        }
    };
    let proven = match served.stage {
        Stage::Published => Proven::Fully,
        Stage::Finished => Proven::NotYet,
    };
    let receipt = String::from_utf8(served.receipt).ok()?;
    Some((RawValue::from_string(receipt).ok()?, proven))
}
