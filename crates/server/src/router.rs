//! All routes of the server.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::health::{Health, HealthReport};
use crate::state::App;
use crate::{apiops, auth, layers, native, openapi, registration, resolution, studio, vault};

/// All routes, with the layer that every request passes.
pub fn router(app: App) -> Router {
    let (api, description) = OpenApiRouter::with_openapi(openapi::Description::openapi())
        .merge(studio::did_router())
        .merge(studio::key_router())
        .merge(studio::resource_router())
        .merge(resolution::router(&app.origins))
        .merge(registration::router(&app.origins))
        .merge(native::router(&app.origins))
        .merge(auth::router())
        .merge(apiops::router())
        .merge(vault::router())
        .routes(routes!(health))
        .routes(routes!(metrics))
        .split_for_parts();
    let description = openapi::with_faults_of_bodies(without_wildcards(description));
    let description = openapi::with_types_of_results(description);
    let (limits, metrics) = (app.limits.clone(), app.metrics.clone());
    layers::around(
        api.with_state(app).merge(openapi::routes(description)),
        &limits,
        metrics,
    )
}

/// A parameter that may hold slashes is `{*name}` to the router. The description has no word for that.
fn without_wildcards(mut description: OpenApi) -> OpenApi {
    let paths = std::mem::take(&mut description.paths.paths);
    description.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    description
}

/// Whether this server and its ledgers work.
#[utoipa::path(
    get, path = "/health", tag = openapi::OPERATION, security(()),
    responses(
        (status = 200, description = "It answers; `status` says what it can do.", body = HealthReport),
        (status = 503, description = "A ledger has stopped.", body = HealthReport),
    ),
)]
async fn health(State(app): State<App>) -> HealthReport {
    Health::of(app.networks.clone(), app.publication.clone()).report()
}

/// Counters in the OpenMetrics text form.
#[utoipa::path(
    get, path = "/metrics", tag = openapi::OPERATION, security(()),
    responses((status = 200, description = "The counters.", content_type = "application/openmetrics-text")),
)]
async fn metrics(State(app): State<App>) -> Response {
    app.metrics.answer()
}
