//! `/key/*`, and who may use it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::json;

use crate::support::{Server, send};

#[tokio::test]
async fn keys_are_made_imported_read_and_listed() {
    let server = Server::start().await;
    let made = server
        .ask(Method::POST, "/key/create?type=Secp256r1", None)
        .await;
    assert_eq!(made.status, 200);
    let made = made.json();
    assert_eq!(
        (made["type"].as_str(), made["kid"].as_str().unwrap().len()),
        (Some("Secp256r1"), 66)
    );

    // RFC 8032, section 7.1, test 1.
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let body = json!({"privateKeyHex": seed, "encrypted": false, "alias": "rfc"});
    let imported = server
        .ask(Method::POST, "/key/import", Some(body))
        .await
        .json();
    let created_at = imported["createdAt"].clone();
    let expected = json!({
        "kid": public, "kms": "postgres", "type": "Ed25519", "publicKeyHex": public,
        "meta": {"algorithms": ["Ed25519", "EdDSA"]}, "publicKeyAlias": "rfc", "createdAt": created_at,
        "updatedAt": created_at,
    });
    assert_eq!(imported, expected);
    assert_eq!(
        server
            .ask(Method::GET, &format!("/key/read/{public}"), None)
            .await
            .json(),
        expected
    );
    let listed = server.ask(Method::GET, "/key/list", None).await.json();
    assert_eq!(
        (listed["keys"].as_array().unwrap().len(), &listed["next"]),
        (2, &json!(null))
    );

    let did = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    let path = format!(
        "/key/{public}/verification-method?verificationMethodType=JsonWebKey2020&controller={did}"
    );
    let method = server.ask(Method::GET, &path, None).await.json();
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let expected = json!({
        "id": format!("{did}#key-1"), "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": jwk,
    });
    assert_eq!(method, expected);
}

#[tokio::test]
async fn what_cannot_be_done_with_keys_is_said() {
    let server = Server::start().await;
    let import = |body| server.ask(Method::POST, "/key/import", Some(body));
    let sealed = json!({"privateKeyHex": "00", "encrypted": true, "ivHex": "00", "salt": "00"});
    let short = json!({"privateKeyHex": "00", "encrypted": false});
    for (answer, status, text) in [
        (
            server
                .ask(Method::POST, "/key/create?type=Secp256k1", None)
                .await,
            400,
            "cannot sign for a DID",
        ),
        (import(sealed).await, 400, "not configured"),
        (import(short).await, 400, "Ed25519 has 32 bytes"),
        (
            server.ask(Method::GET, "/key/read/xyz", None).await,
            400,
            "hexadecimal",
        ),
        (
            server.ask(Method::GET, "/key/read/00ff", None).await,
            404,
            "Key with kid: 00ff not found",
        ),
        (
            server.ask(Method::GET, "/key/list?page=1", None).await,
            400,
            "page is not a field",
        ),
        (
            server.ask(Method::POST, "/did/export/did:x", None).await,
            404,
            "does not serve it",
        ),
    ] {
        assert_eq!(answer.status, status, "{}", answer.error());
        assert!(answer.error().contains(text), "{}", answer.error());
    }
}

#[tokio::test]
async fn keys_belong_to_one_tenant_and_a_revoked_api_key_opens_nothing() {
    let mut server = Server::start().await;
    let kid = server.ask(Method::POST, "/key/create", None).await.json()["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/key/read/{kid}");
    let access = server.app.access.clone();
    let by = audit::Attribution::command_line();
    let other = access.create_tenant("other", &by).await.unwrap();
    let (key, secret) = access.create_api_key(&other.id, "x", &by).await.unwrap();
    server.key = secret.reveal().to_owned();
    assert_eq!(
        server.ask(Method::GET, &path, None).await.error(),
        format!("Key with kid: {kid} not found")
    );

    access.revoke_api_key(&key.id, &by).await.unwrap();
    let answer = server.ask(Method::GET, &path, None).await;
    assert_eq!(
        (answer.status, answer.error().contains("was revoked")),
        (401, true)
    );
    server.key = "atropos_00000000_nobody_has_this_key".into();
    let answer = server.ask(Method::GET, &path, None).await;
    assert_eq!(
        (answer.status, answer.error().contains("not known")),
        (401, true)
    );

    let missing = send(
        &server.router,
        Request::get(&path).body(Body::empty()).unwrap(),
    )
    .await;
    let text = "Unauthorized error: Seems like you are not authenticated. Please follow the authentication process \
                using 'Authorize' button";
    assert_eq!((missing.status, missing.error().as_str()), (401, text));
    let twice = Request::get(&path)
        .header("x-api-key", "a")
        .header("x-api-key", "b")
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(&server.router, twice).await.status, 401);
}
