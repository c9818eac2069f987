//! All routes of the server.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::dialect::apinizer;
use crate::dialect::atropos;
use crate::dialect::cheqd_studio;
use crate::dialect::dfns;
use crate::dialect::dif_registration;
use crate::dialect::rezolve;
use crate::dialect::w3c_resolution;
use crate::health::HealthReport;
use crate::http::description;
use crate::http::layer;

/// All routes, with the layer that every request passes.
pub fn router(app: App) -> Router {
    let (api, description) = OpenApiRouter::with_openapi(description::Description::openapi())
        .merge(cheqd_studio::did_router())
        .merge(cheqd_studio::key_router())
        .merge(cheqd_studio::resource_router())
        .merge(w3c_resolution::router(&app.origins))
        .merge(dif_registration::router(&app.origins))
        .merge(atropos::router(&app.origins))
        .merge(dfns::router())
        .merge(apinizer::router())
        .merge(rezolve::router())
        .routes(routes!(health))
        .routes(routes!(metrics))
        .split_for_parts();
    let description = description::with_faults_of_bodies(without_wildcards(description));
    let description = description::with_types_of_results(description);
    let (limits, metrics) = (app.limits.clone(), app.metrics.clone());
    layer::around(
        api.with_state(app).merge(description::routes(description)),
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
    get, path = "/health", tag = description::OPERATION, security(()),
    responses(
        (status = 200, description = "It answers; `status` says what it can do.", body = HealthReport),
        (status = 503, description = "A ledger has stopped.", body = HealthReport),
    ),
)]
async fn health(State(app): State<App>) -> HealthReport {
    HealthReport::of(&app.networks, &app.publication)
}

/// Counters in the OpenMetrics text form.
#[utoipa::path(
    get, path = "/metrics", tag = description::OPERATION, security(()),
    responses((status = 200, description = "The counters.", content_type = "application/openmetrics-text")),
)]
async fn metrics(State(app): State<App>) -> Response {
    app.metrics.answer()
}
