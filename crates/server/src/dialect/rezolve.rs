//! The vault dialect, `/api/v1/*`: secrets of other systems, in the shapes of Rezolve's credential API. Described in
//! `docs/vault-api.md`.

mod audit_logs;
mod credentials;
mod error;
mod fields;
mod requests;
mod vault_request;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{Dialect, Wording};

use error::ERRORS;
pub use error::{RezolveError, VaultProblem};

/// Rezolve's credential API.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "Rezolve",
    owns: &["/api/v1/"],
    not_served: &[],
    wording: Wording::of::<RezolveError>(),
    routes: |_| ERRORS.describe::<VaultProblem, _>(router()),
};

fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(credentials::store))
        .routes(routes!(credentials::reveal))
        .routes(routes!(credentials::details))
        .routes(routes!(credentials::patch, credentials::delete))
        .routes(routes!(audit_logs::audit_logs))
}
