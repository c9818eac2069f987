//! All routes of the server.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::dialect::{
    apinizer, atropos, cheqd_studio, dfns, dif_registration, rezolve, w3c_resolution,
};
use crate::health::HealthReport;
use crate::http::description::{self, RouteTable};
use crate::http::layer::Envelope;
use crate::http::{Dialect, Owners};

/// Every contract that is served, in the order of the description.
const DIALECTS: [Dialect<App>; 7] = [
    cheqd_studio::DIALECT,
    w3c_resolution::DIALECT,
    dif_registration::DIALECT,
    atropos::DIALECT,
    dfns::DIALECT,
    apinizer::DIALECT,
    rezolve::DIALECT,
];

/// Which dialect words what no handler answers.
pub fn owners() -> Owners {
    Owners::of(&DIALECTS, cheqd_studio::DIALECT.wording)
}

/// All routes, with the layer that every request passes.
pub fn router(app: App) -> Router {
    let all = OpenApiRouter::with_openapi(description::Description::openapi());
    let all = DIALECTS.iter().fold(all, |all, dialect| {
        all.merge((dialect.routes)(&app.origins))
    });
    let (api, description) = all
        .routes(routes!(health))
        .routes(routes!(metrics))
        .split_for_parts();
    let table = RouteTable::of(&description);
    let description = description::with_faults_of_bodies(without_wildcards(description));
    let description = description::with_types_of_results(description);
    let envelope = Envelope::new(owners(), table, &app.limits, app.metrics.clone());
    envelope.around(api.with_state(app).merge(description::routes(description)))
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
