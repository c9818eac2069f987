//! `GET /v1/status-list/{network}` and `GET /v1/keys`: who is deactivated, for use without asking again.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use publication::StatusList;
use serde_json::{Value, json};

use super::error::{AtroposError, NativeProblem};
use super::receipts::ACTIVE_SECONDS_MAX;
use super::request::network;
use crate::app::App;
use crate::http::description;
use crate::http::request::Accept;
use crate::http::response::Content;
use crate::http::response::caching::Cache;

const JWT: &str = "application/vc+jwt";
const VC: &str = "application/vc";
const KEYS_SECONDS: u64 = 300;

/// Get the status list of a network (W3C Bitstring Status List v1.0).
///
/// Bit i is the DID with the `statusListIndex` i of its receipt; 1 is "deactivated". A verifier that holds the list
/// asks nobody which DID it looks at.
#[utoipa::path(
    get, path = "/v1/status-list/{network}", tag = description::PROOFS, security(()),
    params(("network" = String, Path, description = "`testnet` or `mainnet`.")),
    responses(
        (status = 200, description = "The credential: signed (VC-JOSE-COSE), or enveloped.",
            content((String = "application/vc+jwt"), (serde_json::Value = "application/vc"))),
        (status = 304, description = "The client has it already."),
        (status = 404, description = "Not a network of this server.", body = NativeProblem),
        (status = 406, description = "`Accept` cannot be met.", body = NativeProblem),
        (status = 503, description = "It cannot be vouched for now.", body = NativeProblem),
    ),
)]
pub(super) async fn status_list(
    State(app): State<App>,
    Path(asked): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let form = form(&headers)?;
    let network = network(&app, Some(&asked))?;
    let list = app.publication.status_list(network).await?;
    let cache = Cache::Seconds(app.publication_settings.freshness_s.min(ACTIVE_SECONDS_MAX));
    let tag = list.etag.trim_matches('"');
    let content = match form {
        JWT => Content::new(JWT, cache, list.jwt.clone()).tagged(tag.to_owned()),
        _ => {
            let tag = format!("{tag}.vc");
            Content::new(VC, cache, enveloped(&list).to_string()).tagged(tag)
        }
    };
    let mut response = content.answer(&headers);
    let vary = HeaderValue::from_static("accept");
    response.headers_mut().append(header::VARY, vary);
    Ok(response)
}

/// Get the key that signs the status lists, as a JWK set (RFC 7517).
///
/// The keys of the logs stand in their policies, the keys of webhooks in the webhooks.
#[utoipa::path(
    get, path = "/v1/keys", tag = description::PROOFS, security(()),
    responses((status = 200, description = "The keys.", content_type = "application/jwk-set+json")),
)]
pub(super) async fn keys(State(app): State<App>, headers: HeaderMap) -> Response {
    let keys = json!({"keys": [app.publication.status_key_jwk()]});
    let cache = Cache::Seconds(KEYS_SECONDS);
    Content::new("application/jwk-set+json", cache, keys.to_string()).answer(&headers)
}

fn form(headers: &HeaderMap) -> Result<&'static str, AtroposError> {
    let accept =
        Accept::of(headers).map_err(|error| AtroposError::NotAcceptable(error.to_string()))?;
    let (jwt, vc) = (
        accept.quality("application", "vc+jwt", None),
        accept.quality("application", "vc", None),
    );
    match (jwt, vc) {
        (0, 0) => {
            let text = format!("a status list is served as {JWT} and {VC}");
            Err(AtroposError::NotAcceptable(text))
        }
        _ if vc > jwt => Ok(VC),
        _ => Ok(JWT),
    }
}

/// The signed credential within an unsigned one (Verifiable Credentials Data Model v2.0, section 4.13).
fn enveloped(list: &StatusList) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": format!("data:{JWT},{}", list.jwt),
        "type": "EnvelopedVerifiableCredential",
    })
}
