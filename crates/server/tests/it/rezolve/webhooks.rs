//! Webhooks that use a credential of the vault: what they send, and that they send nothing once it is off.

use std::fs;

use axum::http::Method;
use serde_json::json;

use super::place::{CREDENTIALS, INTEGRATION, Place, Receiver, at, until};

#[tokio::test]
async fn deleting_a_credential_of_three_webhooks_stops_them_and_leaves_no_byte_of_it() {
    let place = Place::new().await;
    let id = place
        .store("Receivers", "oauth2_bearer", "a-token-nobody-else-has")
        .await;
    let (mut receivers, mut hooks) = (Vec::new(), Vec::new());
    for number in 0..3 {
        let receiver = Receiver::start().await;
        let name = json!(format!("hook-{number}"));
        let body = json!({"url": receiver.url(), "credentialId": id, "integrationId": name});
        let made = place.webhook(body).await;
        assert_eq!(made.status, 201, "{}", made.error());
        assert_eq!(
            (&made.json()["credentialId"], &made.json()["integrationId"]),
            (&json!(id), &name)
        );
        hooks.push(made.json()["id"].as_str().unwrap().to_owned());
        receivers.push(receiver);
    }
    // One without a credential, which must not be touched; and a fourth, which is removed before.
    let bystander = Receiver::start().await;
    assert_eq!(
        place.webhook(json!({"url": bystander.url()})).await.status,
        201
    );
    let fourth = place
        .webhook(json!({"url": bystander.url(), "credentialId": id}))
        .await;
    assert_eq!(fourth.json()["integrationId"], fourth.json()["id"]);
    let path = format!("/v1/webhooks/{}", fourth.json()["id"].as_str().unwrap());
    let affected = async || {
        let details = format!("{CREDENTIALS}/{INTEGRATION}/details");
        let details = place.ask(Method::GET, &details, None).await;
        details.json()["data"]["integrationsAffected"].clone()
    };
    assert_eq!(affected().await, 4);
    assert_eq!(place.ask(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(affected().await, 3);

    place.create_did(1).await;
    for receiver in &receivers {
        until(|| receiver.received().len() == 1).await;
        let headers = &receiver.received()[0];
        assert_eq!(headers["authorization"], "Bearer a-token-nobody-else-has");
    }
    let sql = "SELECT wrapped_key, nonce, ciphertext FROM vault_secrets";
    let sealed: [Vec<u8>; 3] = place
        .connection()
        .query_row(sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
        .unwrap();
    let is_somewhere = |needle: &[u8]| {
        fs::read_dir(place.server.folder.path().join("data"))
            .unwrap()
            .any(|entry| {
                let path = entry.unwrap().path();
                path.is_file()
                    && fs::read(path)
                        .unwrap()
                        .windows(needle.len())
                        .any(|window| window == needle)
            })
    };
    assert!(sealed.iter().all(|part| is_somewhere(part)));
    assert!(!is_somewhere(b"a-token-nobody-else-has"));

    let deleted = place.delete(&id).await;
    assert_eq!(deleted.status, 200, "{}", deleted.json());
    assert_eq!(deleted.json()["data"]["integrationsAffected"], 3);
    for part in &sealed {
        assert!(!is_somewhere(part), "a part of it lies in a file");
    }
    let seen: Vec<usize> = receivers
        .iter()
        .map(|receiver| receiver.received().len())
        .collect();
    let told = bystander.received().len();
    place.create_did(2).await;
    place.create_did(3).await;
    until(|| bystander.received().len() >= told + 2).await;
    for (receiver, seen) in receivers.iter().zip(seen) {
        assert_eq!(
            receiver.received().len(),
            seen,
            "something left after the deletion"
        );
    }
    for hook in &hooks {
        let shown = place.shown_webhook(hook).await;
        assert_eq!(
            (&shown["state"], &shown["problem"]["code"]),
            (&json!("held"), &json!("credential_deleted"))
        );
    }
    assert_eq!(place.delete(&id).await.status, 409);
    // The audit log's head stands in the ledger's log.
    let ledger = place.server.app.networks.log_of("testnet").unwrap();
    let head = atropos::anchor::audit_head_of(ledger).unwrap();
    assert_eq!(head.size, place.audit_size());
}

#[tokio::test]
async fn switched_off_messages_wait_and_switched_on_they_are_sent() {
    let place = Place::new().await;
    let id = place.store("Receiver", "basic_auth", "user:password").await;
    let receiver = Receiver::start().await;
    let made = place
        .webhook(json!({"url": receiver.url(), "credentialId": id}))
        .await;
    let hook = made.json()["id"].as_str().unwrap().to_owned();
    let off = place
        .ask(Method::PATCH, &at(&id), Some(json!({"status": "inactive"})))
        .await;
    assert_eq!(off.json()["data"]["integrationsAffected"], 1);
    let bystander = Receiver::start().await;
    place.webhook(json!({"url": bystander.url()})).await;
    place.create_did(1).await;
    until(|| bystander.received().len() == 1).await;
    let shown = place.shown_webhook(&hook).await;
    assert_eq!(
        (&shown["state"], &shown["problem"]["code"]),
        (&json!("held"), &json!("credential_inactive"))
    );
    assert!(receiver.received().is_empty());
    place
        .ask(Method::PATCH, &at(&id), Some(json!({"status": "active"})))
        .await;
    until(|| receiver.received().len() == 1).await;
    assert_eq!(
        receiver.received()[0]["authorization"],
        "Basic dXNlcjpwYXNzd29yZA=="
    );
    assert_eq!(place.shown_webhook(&hook).await["state"], "active");
}

#[tokio::test]
async fn only_what_fits_is_bound_and_only_by_those_who_may_read_it() {
    let place = Place::new().await;
    let url = "http://127.0.0.1:9/hook";
    let key = place.store("Key", "api_key", "key").await;
    for (auth_type, token, reason) in [
        ("saml", "9f8e7d", "saml"),
        (
            "oauth2_client_credentials",
            "9f8e7d",
            "oauth2_client_credentials",
        ),
        ("custom", "9f8e7d", "whsec_"),
        ("basic_auth", "9f8e7d", "colon"),
        ("jwt", "9f8 e7d", "printable"),
    ] {
        let id = place.store(auth_type, auth_type, token).await;
        let refused = place.webhook(json!({"url": url, "credentialId": id})).await;
        assert_eq!(refused.status, 400, "{auth_type}");
        assert!(refused.error().contains(reason), "{}", refused.error());
        assert!(!refused.error().contains(token));
    }
    let shared = place
        .store("Shared", "custom", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        .await;
    assert_eq!(
        place
            .webhook(json!({"url": url, "credentialId": shared}))
            .await
            .status,
        201
    );
    for (body, status) in [
        (json!({"url": url, "credentialId": "cred-1"}), 400),
        (
            json!({"url": url, "credentialId": "cred-550e8400-e29b-41d4-a716-446655440099"}),
            400,
        ),
        (
            json!({"url": url, "credentialId": key, "integrationId": "a b"}),
            400,
        ),
        (
            json!({"url": url, "credentialId": key, "integrationId": "orders"}),
            201,
        ),
        (json!({"url": url, "integrationId": "orders"}), 409),
    ] {
        assert_eq!(place.webhook(body.clone()).await.status, status, "{body}");
    }
    // An API key manages webhooks, and may not have secrets sent to wherever it wants.
    let body = Some(json!({"url": url, "credentialId": key}));
    let refused = place.server.ask(Method::POST, "/v1/webhooks", body).await;
    assert_eq!(refused.status, 403);
    place
        .ask(
            Method::PATCH,
            &at(&key),
            Some(json!({"status": "inactive"})),
        )
        .await;
    let refused = place
        .webhook(json!({"url": url, "credentialId": key}))
        .await;
    assert_eq!(refused.status, 409);
}
