//! The `/key/*` routes: keys that this server holds for an account.

use access::Right;
use audit::{Action, Event};
use axum::Json;
use axum::extract::{Path, RawQuery, Request, State};
use did::UnsupportedKey;
use keystore::{CustodialAlgorithm, KeystoreError, LIST_MAX};
use resolver::Seconds;
use store::StoreError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use zeroize::Zeroizing;

use super::body::{AbsentBody, Input};
use super::error::StudioError;
use super::keys::{self, CreateKey, ImportKey, KeyType, VerificationMethodQuery};
use super::responses::{KMS, KeyList, KeyMeta, KeyResult, MethodOfKey, StoredKey};
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;

/// The routes for keys.
pub fn key_router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(import))
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(verification_method))
}

/// Create a key.
#[utoipa::path(
    post, path = "/key/create", tag = description::KEYS,
    params(("type" = Option<String>, Query, description = "`Ed25519` (default) or `Secp256r1` (P-256).")),
    responses((status = 200, description = "The key, on disk.", body = StoredKey)),
    extensions(
        ("x-permission" = json!(Right::KeysCreate.as_str())),
        ("x-errors" = json!([400, 401, 403])),
    ),
)]
async fn create(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<StoredKey>, StudioError> {
    let CreateKey { key_type } = CreateKey::parse(Input::of_query(query.as_deref())?)?;
    let key = app
        .keystore
        .generate(caller.tenant(), held(key_type)?, None)
        .await;
    let key = key.map_err(failed)?;
    recorded(&app, &caller, Action::KeysCreate, &key).await?;
    Ok(Json(key.into()))
}

/// Take over a private key.
#[utoipa::path(
    post, path = "/key/import", tag = description::KEYS,
    request_body(
        content((Value = "application/json"), (Value = "application/x-www-form-urlencoded")),
        description = "`privateKeyHex` (Ed25519: 32 bytes, or 64 with the public key; Secp256r1: 32 bytes), \
            `encrypted` (`false`), `type`, `alias`.",
    ),
    responses((status = 200, description = "The key, on disk.", body = StoredKey)),
    extensions(
        ("x-permission" = json!(Right::KeysImport.as_str())),
        ("x-errors" = json!([400, 401, 403])),
    ),
)]
async fn import(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<StoredKey>, StudioError> {
    let input = Input::read(&app.gate, request, AbsentBody::Refused).await?;
    let ImportKey(key) = ImportKey::parse(input)?;
    if key.encryption.is_some() {
        let text = "Encrypted import is not configured on this server: send the key with encrypted false, over TLS";
        return Err(StudioError::bad_request(text));
    }
    let private_key = decode_private_key(&key.private_key_hex)?;
    let stored = app
        .keystore
        .import(caller.tenant(), held(key.key_type)?, private_key, key.alias)
        .await;
    let stored = stored.map_err(failed)?;
    recorded(&app, &caller, Action::KeysImport, &stored).await?;
    Ok(Json(stored.into()))
}

/// List keys.
///
/// By key id, at most 1,000 a page. Not a route of cheqd Studio.
#[utoipa::path(
    get, path = "/key/list", tag = description::KEYS,
    params(("after" = Option<String>, Query, description = "The last key id of the page before.")),
    responses((status = 200, description = "The keys.", body = KeyList)),
    extensions(
        ("x-permission" = json!(Right::KeysRead.as_str())),
        ("x-errors" = json!([400, 401, 403])),
    ),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<KeyList>, StudioError> {
    let after = keys::after(Input::of_query(query.as_deref())?)?;
    let keys = app
        .keystore
        .list(caller.tenant(), after.as_deref())
        .map_err(failed)?;
    let next = (keys.len() == LIST_MAX)
        .then(|| keys.last().map(|key| key.kid.clone()))
        .flatten();
    Ok(Json(KeyList {
        keys: keys.into_iter().map(StoredKey::from).collect(),
        next,
    }))
}

/// Read a key.
#[utoipa::path(
    get, path = "/key/read/{kid}", tag = description::KEYS,
    params(("kid" = String, Path, description = "The public key in hexadecimal.")),
    responses((status = 200, description = "The key.", body = StoredKey)),
    extensions(
        ("x-permission" = json!(Right::KeysRead.as_str())),
        ("x-errors" = json!([400, 401, 403, 404])),
    ),
)]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(kid): Path<String>,
) -> Result<Json<StoredKey>, StudioError> {
    Ok(Json(find(&app, &caller, &kid)?.into()))
}

/// Write a key as a verification method.
#[utoipa::path(
    get, path = "/key/{kid}/verification-method", tag = description::KEYS,
    params(
        ("kid" = String, Path, description = "The public key in hexadecimal."),
        ("verificationMethodType" = String, Query, description = "How it is to be written."),
        ("id" = Option<String>, Query, description = "Fragment of the method's id; `key-1` by default."),
        ("controller" = Option<String>, Query, description = "DID of the method's id and controller."),
    ),
    responses((status = 200, description = "The method.", body = MethodOfKey)),
    extensions(
        ("x-permission" = json!(Right::KeysRead.as_str())),
        ("x-errors" = json!([400, 401, 403, 404])),
    ),
)]
async fn verification_method(
    State(app): State<App>,
    caller: Caller,
    Path(kid): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<MethodOfKey>, StudioError> {
    let query = VerificationMethodQuery::parse(Input::of_query(query.as_deref())?)?;
    let key = find(&app, &caller, &kid)?;
    let method_type = query.method_type;
    let unsupported = |error: UnsupportedKey| StudioError::bad_request(error.to_string());
    let material = method_type.encode(&key.public_key).map_err(unsupported)?;
    MethodOfKey::new(query, material).map(Json)
}

/// A key that is held and not yet recorded can be used by nobody but its tenant, and each use has an entry of its own.
async fn recorded(
    app: &App,
    caller: &Caller,
    action: Action,
    key: &keystore::StoredKey,
) -> Result<(), StudioError> {
    let event = Event::new(Some(&caller.account.tenant), action, key.kid.as_str());
    match app.access.record(caller.by.clone(), event).await {
        Ok(entry) => {
            app.noted(&entry);
            Ok(())
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a key is stored, and its audit entry could not be written"
            );
            Err(StudioError::Unavailable(
                "The key is stored, but this could not be recorded. List the keys before repeating it.".into(),
            ))
        }
    }
}

fn find(app: &App, caller: &Caller, kid: &str) -> Result<keystore::StoredKey, StudioError> {
    let kid = keys::kid(kid)?;
    let key = app.keystore.find(caller.tenant(), kid).map_err(failed)?;
    key.ok_or_else(|| StudioError::NotFound(format!("Key with kid: {kid} not found")))
}

pub(super) fn held(key_type: KeyType) -> Result<CustodialAlgorithm, StudioError> {
    match key_type {
        KeyType::Ed25519 => Ok(CustodialAlgorithm::Ed25519),
        KeyType::Secp256r1 => Ok(CustodialAlgorithm::P256),
        KeyType::Secp256k1 => Err(StudioError::bad_request(
            "Invalid key type: Secp256k1 keys cannot sign for a DID; use Ed25519 or Secp256r1",
        )),
    }
}

fn failed(error: KeystoreError) -> StudioError {
    match error {
        KeystoreError::InvalidAlias | KeystoreError::InvalidPrivateKey(_) => {
            StudioError::bad_request(error.to_string())
        }
        KeystoreError::Store(StoreError::Busy) => {
            StudioError::Unavailable("The keystore is busy. Try again in a moment.".into())
        }
        error => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the keystore failed"
            );
            StudioError::Internal
        }
    }
}

impl KeyResult {
    /// A key by its id and algorithm.
    pub fn of(kid: String, algorithm: CustodialAlgorithm) -> KeyResult {
        let (key_type, algorithms) = match algorithm {
            CustodialAlgorithm::Ed25519 => ("Ed25519", vec!["Ed25519", "EdDSA"]),
            CustodialAlgorithm::P256 => ("Secp256r1", vec!["ES256"]),
        };
        KeyResult {
            public_key_hex: kid.clone(),
            kid,
            kms: KMS,
            key_type,
            meta: KeyMeta { algorithms },
        }
    }
}

impl From<keystore::StoredKey> for StoredKey {
    fn from(key: keystore::StoredKey) -> StoredKey {
        let created_at = Seconds::of_ms(key.created_ms).to_string();
        StoredKey {
            key: KeyResult::of(key.kid, key.algorithm),
            public_key_alias: key.alias,
            updated_at: created_at.clone(),
            created_at,
        }
    }
}

/// The bytes of a private key that came in plain form.
pub(super) fn decode_private_key(hex: &str) -> Result<Zeroizing<Vec<u8>>, StudioError> {
    let wrong = |_| StudioError::bad_request("Private key should be a hexadecimal string");
    let mut bytes = Zeroizing::new(vec![0; hex.len() / 2]);
    hex::decode_to_slice(hex, &mut bytes).map_err(wrong)?;
    Ok(bytes)
}
