//! The native dialect: what no published contract has. Described in `docs/native-api.md`.

mod answer;
mod error;
mod message;
mod operations;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::App;

pub use answer::{CommittedOperation, OperationsAnswer};
pub use error::NativeProblem;

/// The routes of this dialect.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(operations::submit))
}
