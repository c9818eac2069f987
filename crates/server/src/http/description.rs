//! The description of the API (OpenAPI 3.1) and the page that shows it.

use axum::response::Redirect;
use axum::{Json, Router, routing};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{PathItem, RefOr};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

mod errors;
mod route;

pub use errors::{Errors, undescribed};
pub use route::{RouteFacts, RouteTable};

/// What stands above all paths. The paths come from the routers themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Atropos",
        description = "DID registrar, ledger and resolver whose deactivations are complete, final and provable.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = DIDS, description = "Create, change and end DIDs. The paths and bodies are those of cheqd Studio."),
        (name = RESOURCES, description = "Files that belong to a DID. The paths and bodies are those of cheqd Studio."),
        (name = KEYS, description = "Keys that this server holds for an account."),
        (name = NATIVE, description = "Operations that their signers send themselves."),
        (name = CEREMONIES, description = "Signatures of several holders, collected over time."),
        (name = PROOFS, description = "What verifiers need: receipts, status, the log itself."),
        (name = WEBHOOKS, description = "Messages when a DID changes (Standard Webhooks)."),
        (name = AUDIT, description = "What was done, and by whom: hash-chained, checkable offline."),
        (name = CREDENTIALS, description = "Credentials of programs. The paths and bodies are those of Apinizer."),
        (name = VAULT, description = "Secrets of other systems. The paths and bodies are those of Rezolve."),
        (name = REGISTRATION, description = "DIF DID Registration over HTTP."),
        (name = RESOLUTION, description = "W3C DID Resolution over HTTP."),
        (name = AUTH, description = "Credentials, tokens and signed requests. The paths and bodies are those of dfns."),
        (name = OPERATION, description = "For those who run the server."),
    ),
    security(("ApiKeyAuth" = []), ("Bearer" = []), ("Basic" = [])),
    modifiers(&Schemes),
)]
pub struct Description;

/// Tag of the DID routes, as Studio names it.
pub const DIDS: &str = "Decentralized Identifiers (DIDs)";
/// Tag of the routes for resources.
pub const RESOURCES: &str = "DID-Linked Resources";
/// Tag of the key routes.
pub const KEYS: &str = "Keys";
/// Tag of what no published contract has.
pub const NATIVE: &str = "Operations";
/// Tag of the ceremonies.
pub const CEREMONIES: &str = "Ceremonies";
/// Tag of receipts, status and the log.
pub const PROOFS: &str = "Proofs";
/// Tag of the webhooks.
pub const WEBHOOKS: &str = "Webhooks";
/// Tag of the audit log.
pub const AUDIT: &str = "Audit";
/// Tag of the credentials of projects.
pub const CREDENTIALS: &str = "Credentials";
/// Tag of the vault.
pub const VAULT: &str = "Vault";
/// Tag of the registration routes.
pub const REGISTRATION: &str = "Registration";
/// Tag of the resolution routes.
pub const RESOLUTION: &str = "Resolution";
/// Tag of credentials, tokens and signed requests.
pub const AUTH: &str = "Access";
/// Tag of health and metrics.
pub const OPERATION: &str = "Operation";

/// What a request can show to be let in.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme(
            "ApiKeyAuth",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("x-api-key"))),
        );
        for (name, scheme) in [
            ("Bearer", HttpAuthScheme::Bearer),
            ("Basic", HttpAuthScheme::Basic),
        ] {
            components.add_security_scheme(name, SecurityScheme::Http(Http::new(scheme)));
        }
    }
}

/// What a body can be refused for before its route sees it.
const FAULTS_OF_BODIES: [(&str, &str); 2] = [
    ("413", "The body is longer than the limit."),
    ("415", "The body is of another type."),
];

/// The description with what all routes with a body have in common, in the shape of their own dialect, which is that of
/// their 400.
pub fn with_faults_of_bodies(
    mut description: utoipa::openapi::OpenApi,
) -> utoipa::openapi::OpenApi {
    for item in description.paths.paths.values_mut() {
        let PathItem {
            put,
            post,
            delete,
            patch,
            ..
        } = item;
        let operations = [put, post, delete, patch].into_iter().flatten();
        for operation in operations.filter(|operation| operation.request_body.is_some()) {
            let responses = &mut operation.responses.responses;
            let Some(RefOr::T(refused)) = responses.get("400").cloned() else {
                continue;
            };
            for (status, text) in FAULTS_OF_BODIES {
                let mut response = refused.clone();
                text.clone_into(&mut response.description);
                responses
                    .entry(status.to_owned())
                    .or_insert(RefOr::T(response));
            }
        }
    }
    description
}

/// The types in which the resolution routes answer besides `application/did-resolution`: by `Accept`, and for what
/// stands behind a DID URL.
const TYPES_OF_RESULTS: [&str; 3] = [
    "application/did-url-dereferencing",
    "application/ld+json",
    "application/json",
];

/// The description with every type in which a result of resolution can come.
pub fn with_types_of_results(
    mut description: utoipa::openapi::OpenApi,
) -> utoipa::openapi::OpenApi {
    for item in description.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else {
                    continue;
                };
                let Some(result) = response.content.get("application/did-resolution").cloned()
                else {
                    continue;
                };
                // Documents alone, and the data of resources, which has its own type.
                let alone: &[&str] = if status == "200" { &["*/*"] } else { &[] };
                let others = TYPES_OF_RESULTS.iter().chain(alone);
                let others = others.map(|name| ((*name).to_owned(), result.clone()));
                response.content.extend(others);
            }
        }
    }
    description
}

/// Whether a path belongs to the page that shows the description, and to what it loads.
pub fn is_page(path: &str) -> bool {
    path == "/swagger" || path.starts_with("/swagger/")
}

/// Serves the description at `/openapi.json` and the page at `/swagger`, to which `/` leads. All the page loads is in
/// this binary.
pub fn routes(description: utoipa::openapi::OpenApi) -> Router {
    let config = utoipa_swagger_ui::Config::from("/openapi.json")
        .try_it_out_enabled(true)
        .persist_authorization(false)
        // The default asks a server on the internet whether the description is valid.
        .validator_url("none");
    Router::new()
        .route("/", routing::get(async || Redirect::to("/swagger")))
        .route(
            "/openapi.json",
            routing::get(async move || Json(description)),
        )
        .merge(SwaggerUi::new("/swagger").config(config))
}
