//! `POST /v1/checkpoints`: somebody has seen more of this log than the server knows.

use axum::Json;
use axum::extract::{Request, State};
use publication::{Effect, PRESENTED_BYTES_MAX};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{AtroposError, NativeProblem};
use crate::app::App;
use crate::http::description;
use crate::http::request::Received;

/// What a checkpoint or receipt that was presented has changed.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(
    tag = "effect",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub enum Presented {
    /// Nothing: it fits what this server holds.
    None {
        /// How.
        reason: String,
    },
    /// It is of a longer log than this server holds: nothing is accepted, and "active" is not said, until that is
    /// cleared.
    Paused {
        /// Entries of the longer log.
        known_size: u64,
        /// Who has shown it.
        by: String,
    },
    /// It contradicts this server's log, under a signature of its own key: "active" is never said again.
    Contradicted {
        /// How.
        reason: String,
    },
}

/// Present a checkpoint or a receipt of this server's log.
///
/// Whoever holds one keeps the server honest: one that was put back to an older state is caught by the newer
/// checkpoint, one that signed two histories by the other one. Needs no account; what the log's key has not signed
/// changes nothing.
#[utoipa::path(
    post, path = "/v1/checkpoints", tag = description::PROOFS, security(()),
    extensions(("x-body-bytes-max" = json!(PRESENTED_BYTES_MAX))),
    request_body(
        content((String = "text/plain"), (serde_json::Value = "application/json")),
        description = "A signed checkpoint, or a receipt, byte for byte.",
    ),
    responses(
        (status = 200, description = "It is from this log, and was compared.", body = Presented),
        (status = 400, description = "It proves nothing here.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 503, description = "Too much at once.", body = NativeProblem),
    ),
)]
pub(super) async fn present(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Presented>, AtroposError> {
    let received = Received::read(&app.gate, request).await?;
    let presented = match app.publication.present(&received.body).await? {
        Effect::None { reason } => Presented::None { reason },
        Effect::Paused { known_size, by } => Presented::Paused { known_size, by },
        Effect::Contradicted { reason } => Presented::Contradicted { reason },
    };
    Ok(Json(presented))
}
