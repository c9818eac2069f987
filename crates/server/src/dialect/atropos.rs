//! The native dialect: what no published contract has. Described in `docs/native-api.md`.

mod answer;
mod audit;
mod ceremonies;
mod checkpoints;
mod deactivations;
mod error;
mod feed;
mod log;
mod message;
mod operations;
mod policy;
mod receipts;
mod request;
mod status;
mod status_list;
mod transfers;
mod webhooks;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::config::Origins;
use crate::http::layer;
use crate::http::{Dialect, Wording};

pub use answer::{CommittedOperation, OperationsAnswer};
pub use audit::{AuditEntry, AuditPage};
pub use error::{AtroposError, NativeProblem};
pub(crate) use policy::bounds_of;

/// What no published contract has.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "Atropos",
    owns: &["/v1/"],
    not_served: &[],
    wording: Wording::of::<AtroposError>(),
    routes: router,
};

fn router(origins: &Origins) -> OpenApiRouter<App> {
    let account = OpenApiRouter::new()
        .routes(routes!(operations::submit))
        .routes(routes!(deactivations::plan))
        .routes(routes!(deactivations::many))
        .routes(routes!(deactivations::needed_for))
        .routes(routes!(audit::page))
        .routes(routes!(audit::export))
        .routes(routes!(webhooks::create, webhooks::list))
        .routes(routes!(webhooks::read, webhooks::enable, webhooks::remove));
    account.merge(ceremonies::router()).merge(proofs(origins))
}

/// What needs no account.
fn proofs(origins: &Origins) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(receipts::receipt))
        .routes(routes!(receipts::tlog_proof))
        .routes(routes!(status::one))
        .routes(routes!(status::many))
        .routes(routes!(status_list::status_list))
        .routes(routes!(status_list::keys))
        .routes(routes!(feed::feed))
        .routes(routes!(policy::policy))
        .routes(routes!(policy::bounds))
        .routes(routes!(checkpoints::present))
        .routes(routes!(transfers::export))
        .routes(routes!(transfers::import))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::tile))
        .layer(layer::public_read(origins))
}

/// Runs what reads much from the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, AtroposError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| AtroposError::internal(&error))
}
