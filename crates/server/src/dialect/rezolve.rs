//! The vault dialect, `/api/v1/*`: secrets of other systems, in the shapes of Rezolve's credential API. Described in
//! `docs/vault-api.md`.

mod audit_logs;
mod credentials;
mod error;
mod fields;
mod knock;
mod query;
mod requests;
mod secret;
mod shown;
mod source;
pub(crate) mod webhooks;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub use error::{VaultFault, VaultProblem};
pub use source::VaultCredentials;

/// The routes of this dialect.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(credentials::store))
        .routes(routes!(credentials::reveal))
        .routes(routes!(credentials::details))
        .routes(routes!(credentials::patch, credentials::delete))
        .routes(routes!(audit_logs::audit_logs))
}
