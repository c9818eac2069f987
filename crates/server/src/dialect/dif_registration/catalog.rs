//! What this registrar can do: `/1.0/methods`, `/1.0/properties`, `/1.0/traits`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::description;

/// The DID methods that are served.
#[utoipa::path(
    get, path = "/1.0/methods", tag = description::REGISTRATION, security(()),
    responses((status = 200, description = "The names of the methods.", body = Vec<String>)),
)]
pub(super) async fn methods() -> Json<[&'static str; 1]> {
    Json([did::METHOD])
}

/// What one has to know to use a method here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MethodProperties {
    /// The networks of which DIDs are taken.
    networks: Vec<String>,
    /// The types of verification methods that documents may have.
    supported_verification_methods: Vec<&'static str>,
    /// The values of `alg` in signing requests.
    signing_algorithms: Vec<&'static str>,
    /// How the identifiers of new DIDs are made.
    supported_algorithm: Vec<&'static str>,
    /// The operations that change a document.
    did_document_operations: Vec<&'static str>,
}

/// The properties of each method.
#[utoipa::path(
    get, path = "/1.0/properties", tag = description::REGISTRATION, security(()),
    responses((
        status = 200, description = "By the name of the method.",
        body = BTreeMap<String, MethodProperties>,
    )),
)]
pub(super) async fn properties(
    State(app): State<App>,
) -> Json<BTreeMap<&'static str, MethodProperties>> {
    let networks = app.networks.iter();
    let properties = MethodProperties {
        networks: networks
            .map(|ledger| ledger.namespace().to_owned())
            .collect(),
        supported_verification_methods: did::MethodType::ALL.map(|kind| kind.as_str()).into(),
        signing_algorithms: super::algorithm::ALL.into(),
        supported_algorithm: vec!["uuid"],
        did_document_operations: vec![
            "setDidDocument",
            "addToDidDocument",
            "removeFromDidDocument",
            "deactivate",
        ],
    };
    Json(BTreeMap::from([(did::METHOD, properties)]))
}

/// What DIDs of a method can do, in the words of the Universal Registrar.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MethodTraits {
    /// Documents can be changed.
    updatable: bool,
    /// DIDs can be ended.
    deactivatable: bool,
    /// All DIDs can be listed, by anybody.
    enumerable: bool,
    /// Earlier versions can be resolved.
    history_available: bool,
    /// Identifiers are words that people remember.
    human_readable: bool,
}

/// The traits of each method.
#[utoipa::path(
    get, path = "/1.0/traits", tag = description::REGISTRATION, security(()),
    responses((
        status = 200, description = "By the name of the method.",
        body = BTreeMap<String, MethodTraits>,
    )),
)]
pub(super) async fn traits() -> Json<BTreeMap<&'static str, MethodTraits>> {
    let traits = MethodTraits {
        updatable: true,
        deactivatable: true,
        // The log can be read by anybody from its first entry.
        enumerable: true,
        history_available: true,
        human_readable: false,
    };
    Json(BTreeMap::from([(did::METHOD, traits)]))
}
