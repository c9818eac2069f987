//! `GET /v1/policy/{network}`: what a verifier pins.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::{EarlierKey, Embedded};
use proof::note::{InvalidVerifier, NoteVerifier};
use serde_json::{Value, json};

use super::error::{AtroposError, NativeProblem};
use super::request::network;
use crate::app::App;
use crate::http::description;
use crate::http::response::Content;
use crate::http::response::caching::Cache;

/// For how long a policy may be kept, in seconds: keys change rarely, and are announced in the log.
const SECONDS: u64 = 300;

/// Get the policy of a network's log (C2SP `tlog-policy`): its keys, its witnesses and their quorum.
///
/// Get it once, over a way that you trust, and keep it: a policy that comes with what it is to verify proves nothing.
#[utoipa::path(
    get, path = "/v1/policy/{network}", tag = description::PROOFS, security(()),
    params(("network" = String, Path, description = "`testnet` or `mainnet`.")),
    responses(
        (status = 200, description = "The policy.", content_type = "text/plain"),
        (status = 404, description = "Not a network of this server.", body = NativeProblem),
    ),
)]
pub(super) async fn policy(
    State(app): State<App>,
    Path(asked): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let network = network(&app, Some(&asked))?;
    let text = app.publication.policy_text(network)?;
    let content = Content::new("text/plain; charset=utf-8", Cache::Seconds(SECONDS), text);
    Ok(content.answer(&headers))
}

/// Get the bounds that belong to the policy: up to which size each earlier log key may have signed, and the network id.
#[utoipa::path(
    get, path = "/v1/policy/{network}/bounds", tag = description::PROOFS, security(()),
    params(("network" = String, Path, description = "`testnet` or `mainnet`.")),
    responses(
        (status = 200, description = "The bounds.", content_type = "application/json"),
        (status = 404, description = "Not a network of this server.", body = NativeProblem),
    ),
)]
pub(super) async fn bounds(
    State(app): State<App>,
    Path(asked): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let ledger = app.networks.log_of(&asked)?;
    let earlier = ledger
        .earlier_keys()
        .map_err(|error| AtroposError::internal(&error))?;
    let bounds = bounds_of(ledger, &earlier).map_err(|error| AtroposError::internal(&error))?;
    let text = bounds.to_string();
    let content = Content::new("application/json", Cache::Seconds(SECONDS), text);
    Ok(content.answer(&headers))
}

/// The JSON that belongs to the policy of a log, for a verifier that pins it: the bounds of its earlier keys, and the
/// network id of its leaves.
///
/// # Errors
/// When an earlier key is not usable.
pub fn bounds_of(ledger: &Embedded, earlier: &[EarlierKey]) -> Result<Value, InvalidVerifier> {
    let network_id = hex::encode(ledger.network_id());
    let mut origins = BTreeSet::from([ledger.origin()]);
    let mut bounds = Vec::with_capacity(earlier.len());
    for key in earlier {
        origins.insert(&key.origin);
        let root = STANDARD.encode(key.root.as_bytes());
        let verifier = NoteVerifier::new(&key.origin, &key.key)?;
        bounds.push(json!({"key": verifier.to_string(), "size": key.size, "root": root}));
    }
    let network = |origin| json!({"origin": origin, "networkId": network_id});
    let networks: Vec<Value> = origins.into_iter().map(network).collect();
    Ok(json!({"bounds": bounds, "networks": networks}))
}
