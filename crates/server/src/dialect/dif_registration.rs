//! DIF DID Registration over HTTP, and what a driver of the Universal Registrar must obey.
//!
//! Keys are held here and sign here (internal-secret mode), or they are the client's, and a job waits for their
//! signatures (client-managed mode). What is served, and what was decided where the specification is silent, stands in
//! `docs/registration.md`.

mod algorithm;
mod answer;
mod call;
mod catalog;
mod client;
mod document;
mod error;
mod execute;
mod internal;
mod members;
mod request;
mod resource;
mod secrets;
mod signing;

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use did::OperationKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::config::{Origins, RegistrationProfile};
use crate::http::description;
use crate::http::layer;
use crate::http::{Dialect, Wording};
use crate::metrics;

use answer::{About, Answer, Done, Function, Made, Outcome};
pub use answer::{
    DidState, DocumentMetadata, RegistrationMetadata, RegistrationResult, SigningRequest,
};
use call::Call;
pub use catalog::{MethodProperties, MethodTraits};
pub use error::{ErrorName, RegistrationError};
use members::Members;
use request::Reading;
pub use resource::{DidUrlState, ResourceResult};
use secrets::Mode;

/// DIF DID Registration. A path that is not served is never answered with 404.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "DIF DID Registration",
    owns: &[
        "/1.0/create",
        "/1.0/update",
        "/1.0/deactivate",
        "/1.0/execute",
        "/1.0/createResource",
        "/1.0/updateResource",
        "/1.0/deactivateResource",
        "/1.0/methods",
        "/1.0/properties",
        "/1.0/traits",
    ],
    not_served: &[],
    wording: Wording::of::<RegistrationError>(),
    routes: router,
};

impl IntoResponse for RegistrationError {
    /// An answer that no handler gives.
    fn into_response(self) -> Response {
        let answer = Answer {
            function: Function::Execute,
            profile: RegistrationProfile::Standard,
            begin: Instant::now(),
            about: About::default(),
            outcome: Err(self),
        };
        answer.into_response()
    }
}

/// The routes of this dialect. Pages of the configured origins may read what anybody may read.
fn router(origins: &Origins) -> OpenApiRouter<App> {
    let catalog = OpenApiRouter::new()
        .routes(routes!(catalog::methods))
        .routes(routes!(catalog::properties))
        .routes(routes!(catalog::traits))
        .layer(layer::public_read(origins));
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(update))
        .routes(routes!(deactivate))
        .routes(routes!(execute_operation))
        .merge(resource::router())
        .merge(catalog)
}

/// Create a DID.
///
/// In internal mode the keys are made and held here, and an account is needed: a document with the methods of
/// `requestVerificationMethod`, or with one method where nothing is said. With `clientSecretMode` the keys are the
/// client's: the answer is what they have to sign, and the same path takes the signatures with the `jobId`.
#[utoipa::path(
    post, path = "/1.0/create", tag = description::REGISTRATION,
    security((), ("ApiKeyAuth" = []), ("Bearer" = []), ("Basic" = [])),
    params(("method" = Option<String>, Query, description = "The DID method, where the body does not name it.")),
    request_body(
        content((serde_json::Value = "application/json")),
        description = "`jobId`, `method`, `did`, `options`, `secret`, `didDocument`.",
        example = json!({
            "method": "cheqd",
            "options": {"network": "testnet", "requestVerificationMethod": [
                {"id": "#key-1", "type": "Ed25519VerificationKey2020", "purpose": ["authentication"]},
                {"id": "#key-2", "type": "JsonWebKey2020", "purpose": ["assertionMethod"]},
            ]},
            "didDocument": {"service": [
                {"id": "#site", "type": "LinkedDomains", "serviceEndpoint": ["https://example.com"]},
            ]},
        }),
    ),
    responses(
        (status = 201, description = "The DID is there.", body = RegistrationResult),
        (status = 200, description = "Not finished: `didState` says what to do.", body = RegistrationResult),
        (status = 400, description = "The input; nothing was written.", body = RegistrationResult),
        (status = 401, description = "No credential, or none that is good.", body = RegistrationResult),
        (status = 403, description = "The credential lacks the permission.", body = RegistrationResult),
        (status = 413, description = "The body is too long.", body = RegistrationResult),
        (status = 415, description = "The body is not JSON.", body = RegistrationResult),
        (status = 429, description = "Too many requests, or too many failures.", body = RegistrationResult),
        (status = 500, description = "A fault of this server.", body = RegistrationResult),
        (status = 503, description = "Busy: send the same again later.", body = RegistrationResult),
    ),
)]
async fn create(State(app): State<App>, request: Request) -> Answer {
    answered(&app, Function::Create, request).await
}

/// Change a DID document, and end its DID with it where the last operation is `deactivate`.
///
/// `didDocumentOperation` is `setDidDocument`, `addToDidDocument`, `removeFromDidDocument`, in any number, and at the
/// end `deactivate`, whose document is `null`. All of it is accepted together or not at all.
#[utoipa::path(
    post, path = "/1.0/update", tag = description::REGISTRATION,
    security((), ("ApiKeyAuth" = []), ("Bearer" = []), ("Basic" = [])),
    request_body(
        content((serde_json::Value = "application/json")),
        description = "`jobId`, `did`, `options`, `secret`, `didDocumentOperation`, `didDocument`.",
        example = json!({
            "did": "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0",
            "didDocumentOperation": ["addToDidDocument"],
            "didDocument": [{"service": [
                {"id": "#blog", "type": "LinkedDomains", "serviceEndpoint": ["https://blog.example.com"]},
            ]}],
        }),
    ),
    responses(
        (status = 200, description = "Finished or not: `didState` says which.", body = RegistrationResult),
        (status = 201, description = "Finished, in the profile of cheqd's registrar.", body = RegistrationResult),
        (status = 400, description = "The input; nothing was written.", body = RegistrationResult),
        (status = 401, description = "No credential, or none that is good.", body = RegistrationResult),
        (status = 403, description = "No permission, or no approval of the end.", body = RegistrationResult),
        (status = 413, description = "The body is too long.", body = RegistrationResult),
        (status = 415, description = "The body is not JSON.", body = RegistrationResult),
        (status = 429, description = "Too many requests, or too many failures.", body = RegistrationResult),
        (status = 500, description = "A fault of this server.", body = RegistrationResult),
        (status = 503, description = "Busy: send the same again later.", body = RegistrationResult),
    ),
)]
async fn update(State(app): State<App>, request: Request) -> Answer {
    answered(&app, Function::Update, request).await
}

/// End a DID. It cannot be taken back.
///
/// The complete set signs: every verification method of the present document, and one of every other controller. A DID
/// that has ended already gets the same answer, and nothing changes.
#[utoipa::path(
    post, path = "/1.0/deactivate", tag = description::REGISTRATION,
    security((), ("ApiKeyAuth" = []), ("Bearer" = []), ("Basic" = [])),
    request_body(
        content((serde_json::Value = "application/json")),
        description = "`jobId`, `did`, `options`, `secret`.",
        example = json!({
            "did": "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0",
            "options": {"clientSecretMode": true},
            "secret": {},
        }),
    ),
    responses(
        (status = 200, description = "Finished or not: `didState` says which.", body = RegistrationResult),
        (status = 201, description = "Finished, in the profile of cheqd's registrar.", body = RegistrationResult),
        (status = 400, description = "The input; nothing was written.", body = RegistrationResult),
        (status = 401, description = "No credential, or none that is good.", body = RegistrationResult),
        (status = 403, description = "No permission, or no approval of the end.", body = RegistrationResult),
        (status = 413, description = "The body is too long.", body = RegistrationResult),
        (status = 415, description = "The body is not JSON.", body = RegistrationResult),
        (status = 429, description = "Too many requests, or too many failures.", body = RegistrationResult),
        (status = 500, description = "A fault of this server.", body = RegistrationResult),
        (status = 503, description = "Busy: send the same again later.", body = RegistrationResult),
    ),
)]
async fn deactivate(State(app): State<App>, request: Request) -> Answer {
    answered(&app, Function::Deactivate, request).await
}

/// Execute an operation of a DID method. The method `cheqd` defines none, so that every request is refused.
#[utoipa::path(
    post, path = "/1.0/execute", tag = description::REGISTRATION, security(()),
    request_body(
        content((serde_json::Value = "application/json")),
        description = "`jobId`, `did`, `options`, `secret`, `operation`, `operationData`.",
    ),
    responses(
        (status = 400, description = "The method defines no such operation.", body = RegistrationResult),
        (status = 401, description = "The credential is not good.", body = RegistrationResult),
        (status = 413, description = "The body is too long.", body = RegistrationResult),
        (status = 415, description = "The body is not JSON.", body = RegistrationResult),
        (status = 429, description = "Too many requests, or too many failures.", body = RegistrationResult),
        (status = 503, description = "Busy: send the same again later.", body = RegistrationResult),
    ),
)]
async fn execute_operation(State(app): State<App>, request: Request) -> Answer {
    answered(&app, Function::Execute, request).await
}

async fn answered(app: &App, function: Function, request: Request) -> Answer {
    let begin = Instant::now();
    let mut about = About::default();
    let outcome = outcome(app, function, request, &mut about).await;
    Answer {
        function,
        profile: app.registration.profile,
        begin,
        about,
        outcome,
    }
}

async fn outcome(
    app: &App,
    function: Function,
    request: Request,
    about: &mut About,
) -> Result<Outcome, RegistrationError> {
    let (call, members) = Call::read(app, request, about).await?;
    let source = call.source.clone();
    let outcome = done(call, function, members, about).await;
    if let Err(fault) = &outcome {
        app.rates.failed(&source, fault);
    }
    count(app, function, &outcome);
    outcome
}

/// Reads the request as its function takes it, and does it in the mode that it names.
async fn done(
    call: Call<'_>,
    function: Function,
    members: Members,
    about: &mut About,
) -> Result<Outcome, RegistrationError> {
    use request::Request::{Continued, First};
    let network = usual_network(call.app);
    let method = call.method.clone();
    let reading = Reading {
        profile: call.profile(),
        method: method.as_deref(),
        network: &network,
    };
    let continued = match function {
        Function::Execute => return Err(execute::refusal(members)),
        Function::Create => match reading.create(members)? {
            Continued(continued) => continued,
            First(create, mode) => {
                about.did = Some(create.did.to_string());
                return match mode {
                    Mode::Internal(secrets) => internal::create(call, create, secrets).await,
                    Mode::Client(secrets) => client::create(&call, create, secrets, about).await,
                };
            }
        },
        Function::Update => match reading.update(members)? {
            Continued(continued) => continued,
            First(update, Mode::Internal(secrets)) => {
                return internal::update(call, update, secrets).await;
            }
            First(update, Mode::Client(secrets)) => {
                return client::update(&call, update, secrets, about).await;
            }
        },
        Function::Deactivate => match reading.deactivate(members)? {
            Continued(continued) => continued,
            First(request, Mode::Internal(_)) => {
                return internal::deactivate(call, request).await;
            }
            First(request, Mode::Client(secrets)) => {
                return client::deactivate(&call, request, secrets, about).await;
            }
        },
    };
    client::go_on(&call, function, continued, about).await
}

/// The network of a new DID where nothing says which: testnet where it is served, else the first that is.
fn usual_network(app: &App) -> String {
    let mut names: Vec<&str> = app.networks.iter().map(|one| one.namespace()).collect();
    names.sort_by_key(|name| *name != "testnet");
    names.first().copied().unwrap_or("testnet").to_owned()
}

fn count(app: &App, function: Function, outcome: &Result<Outcome, RegistrationError>) {
    let kind = match function {
        Function::Create => OperationKind::Create,
        Function::Update => OperationKind::Update,
        Function::Deactivate => OperationKind::Deactivate,
        Function::Execute => return,
    };
    let counted = match outcome {
        Ok(Outcome::Finished(finished)) => match finished.done {
            Done::Now => metrics::Outcome::Committed,
            Done::Before => metrics::Outcome::Repeated,
        },
        // Nothing is submitted yet, so there is nothing to count.
        Ok(Outcome::Action(_) | Outcome::Wait(_)) => return,
        Err(fault) => not_done(fault),
    };
    app.metrics.operation(kind, counted);
    if let (Function::Update, Ok(Outcome::Finished(finished))) = (function, outcome)
        && matches!(finished.made, Made::End)
    {
        app.metrics.operation(OperationKind::Deactivate, counted);
    }
}

/// What a request that was not done counts as.
fn not_done(fault: &RegistrationError) -> metrics::Outcome {
    match fault.status() {
        StatusCode::SERVICE_UNAVAILABLE => metrics::Outcome::Busy,
        status if status.is_server_error() => metrics::Outcome::Failed,
        _ => metrics::Outcome::Refused,
    }
}
