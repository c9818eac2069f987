//! `POST /v1/operations`.

use prost::Message;
use serde_json::{Value, json};

use crate::support::{Server, Wallet, get};

#[tokio::test]
async fn a_wallet_creates_and_ends_its_did_without_an_account() {
    let server = Server::start().await;
    let wallet = Wallet::new(1, 3);
    let created = server.submit(wallet.create().to_string()).await;
    assert_eq!(created.status, 200, "{}", created.error());
    let created = created.json();
    let operation = &created["operations"][0];
    assert_eq!(
        (operation["kind"].as_str(), operation["logIndex"].as_u64()),
        (Some("create"), Some(2))
    );
    assert_eq!(operation["leafHash"].as_str().unwrap().len(), 64);
    assert!(
        created["checkpoint"]
            .as_str()
            .unwrap()
            .starts_with("atropos.local/testnet/")
    );

    let path = "/v1/operations?type=/cheqd.did.v2.MsgDeactivateDidDoc";
    let incomplete = wallet.deactivate(&[1, 3]).encode_to_vec();
    let refused = server
        .submit_as("application/protobuf", path, incomplete)
        .await;
    assert_eq!(refused.status, 400);
    let refused = refused.json();
    assert_eq!(refused["missing"], json!([wallet.method(2)]));
    assert_eq!(
        (refused["code"].as_u64(), refused["codespace"].as_str()),
        (Some(1101), Some("cheqd"))
    );
    assert_eq!(
        (refused["position"].as_u64(), &refused["invalid"]),
        (Some(0), &json!([]))
    );

    let complete = wallet.deactivate(&[1, 2, 3]).encode_to_vec();
    let path = "/v1/operations?type=deactivate";
    let ended = server
        .submit_as("application/octet-stream", path, complete.clone())
        .await;
    assert_eq!(ended.status, 200, "{}", ended.error());
    let again = server
        .submit_as("application/x-protobuf", path, complete)
        .await;
    assert_eq!(again.json()["operations"], ended.json()["operations"]);
    assert_eq!(server.resolve(&wallet.did, None).await.status, 410);

    let metrics = String::from_utf8(get(&server.router, "/metrics").await.body).unwrap();
    for outcome in ["Committed", "Repeated", "Refused"] {
        let line =
            format!("atropos_operations_total{{kind=\"Deactivate\",outcome=\"{outcome}\"}} 1\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
}

#[tokio::test]
async fn several_operations_are_accepted_together_or_not_at_all() {
    let server = Server::start().await;
    let (first, second) = (Wallet::new(1, 1), Wallet::new(2, 2));
    let batch = |operations: &[Value]| json!({"operations": operations}).to_string();
    let refused = server
        .submit(batch(&[
            first.create(),
            second.create(),
            second.deactivate_json(&[2]),
        ]))
        .await;
    assert_eq!(
        (refused.status, refused.json()["position"].as_u64()),
        (400, Some(2))
    );
    assert_eq!(server.resolve(&first.did, None).await.status, 404);

    let accepted = server
        .submit(batch(&[
            first.create(),
            second.create(),
            second.deactivate_json(&[1, 2]),
        ]))
        .await;
    assert_eq!(accepted.status, 200, "{}", accepted.error());
    assert_eq!(accepted.json()["operations"].as_array().unwrap().len(), 3);
    assert_eq!(server.resolve(&first.did, None).await.status, 200);
    assert_eq!(server.resolve(&second.did, None).await.status, 410);
}

#[tokio::test]
async fn what_cannot_be_read_exactly_is_refused() {
    let server = Server::start().await;
    let wallet = Wallet::new(1, 1);
    let changed = |pointer: &str, name: &str, value: Value| {
        let mut message = wallet.create();
        message.pointer_mut(pointer).unwrap()[name] = value;
        message.to_string()
    };
    let elsewhere = wallet.create().to_string().replace("testnet", "mainnet");
    let twice =
        wallet
            .create()
            .to_string()
            .replacen("\"payload\":", "\"payload\":{},\"payload\":", 1);
    let many = json!({"operations": vec![wallet.create(); 33]}).to_string();
    for (body, text) in [
        (changed("", "more", json!(1)), "more"),
        (changed("/payload", "versionId", json!("x")), "versionId"),
        (
            changed("/payload/verification_method/0", "public", json!("x")),
            "public",
        ),
        (changed("/signatures/0", "signature", json!("a")), "base64"),
        (
            changed("", "@type", json!("/cheqd.did.v2.MsgBurn")),
            "@type",
        ),
        (changed("", "bound_preimage", json!("AAAA")), "preimage"),
        (
            changed("/payload", "id", json!("did:web:x")),
            "basic validation failed",
        ),
        (twice, "twice"),
        (elsewhere, "network `mainnet` is not served here"),
        (many, "1 to 32 operations"),
        (json!({"operations": []}).to_string(), "1 to 32 operations"),
        ("[]".into(), "shape"),
        ("{".into(), "cannot be read"),
    ] {
        let answer = server.submit(body).await;
        assert_eq!(answer.status, 400, "{}", answer.error());
        assert!(answer.error().contains(text), "{text}: {}", answer.error());
    }
    let message = wallet.deactivate(&[1]).encode_to_vec();
    for path in [
        "/v1/operations",
        "/v1/operations?type=burn",
        "/v1/operations?type=update&type=update",
    ] {
        let answer = server
            .submit_as("application/protobuf", path, message.clone())
            .await;
        assert_eq!(
            (answer.status, answer.error().contains("type=create")),
            (400, true),
            "{path}"
        );
    }
    let trailing = [message.as_slice(), &[0x1a, 0x00]].concat();
    let answer = server
        .submit_as(
            "application/protobuf",
            "/v1/operations?type=deactivate",
            trailing,
        )
        .await;
    assert!(
        answer.error().contains("canonical encoding"),
        "{}",
        answer.error()
    );
    assert_eq!(
        server
            .submit_as("text/plain", "/v1/operations", "x")
            .await
            .status,
        415
    );
    let long = "x".repeat(300_000);
    assert_eq!(server.submit(long).await.status, 413);
}
