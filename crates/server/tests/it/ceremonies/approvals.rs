//! What a tenant demands of an end binds the keys that are held here in a ceremony, too, and in an end of many.

use access::{ApprovalRule, Presented, Role};
use audit::Attribution;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::{Value, json};

use super::wallets::*;
use crate::support::Person;
use crate::support::{Answer, Server, send};

async fn demanding() -> (Server, Person) {
    let server = Server::start().await;
    let access = &server.app.access;
    let caller = access.authenticate(Presented::ApiKey(&server.key)).unwrap();
    let by = Attribution::command_line();
    let rule = access.set_approval_rule(&caller.tenant, ApprovalRule::On, &by);
    rule.await.unwrap();
    let person = Person::new(&server.app, &caller.tenant, "clotho", &[Role::Admin]).await;
    (server, person)
}

async fn held(server: &Server) -> String {
    let body =
        json!({"network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020"});
    let made = done(server, Method::POST, "/did/create", Some(body)).await;
    made["did"].as_str().unwrap().to_owned()
}

async fn with_action(server: &Server, path: &str, body: &Value, action: &str) -> Answer {
    let request = Request::post(path)
        .header("x-api-key", &server.key)
        .header("content-type", "application/json")
        .header("X-DFNS-USERACTION", action)
        .body(Body::from(body.to_string()))
        .unwrap();
    send(&server.router, request).await
}

#[tokio::test]
async fn held_keys_sign_an_end_in_a_ceremony_only_once_a_person_has_approved_it() {
    let (server, person) = demanding().await;
    let did = held(&server).await;
    let ceremony = started(&server, json!({"operation": "deactivate", "did": did})).await;
    let refused = post(&server, &ceremony, "held-signatures", json!({})).await;
    assert_eq!(refused.status, 403, "{}", refused.error());
    let early = post(&server, &ceremony, "commit", json!({})).await;
    assert_eq!(early.status, 400, "nothing was signed");
    let id = ceremony["id"].as_str().unwrap();
    let path = format!("/v1/ceremonies/{id}/held-signatures");
    let action = person.approve(&server.app, "POST", &path, "{}").await;
    let other = format!("/v1/ceremonies/{id}/commit");
    let misused = person.approve(&server.app, "POST", &other, "{}").await;
    let misused = with_action(&server, &path, &json!({}), &misused).await;
    assert_eq!(misused.status, 403, "{}", misused.error());
    let signed = with_action(&server, &path, &json!({}), &action).await;
    assert_eq!(signed.status, 200, "{}", signed.error());
    let committed = post(&server, &ceremony, "commit", json!({})).await;
    assert_eq!(committed.status, 200, "{}", committed.error());
    assert_eq!(server.resolve(&did, None).await.status, 410);
}

#[tokio::test]
async fn one_approval_of_the_whole_request_ends_many() {
    let (server, person) = demanding().await;
    let dids = [held(&server).await, held(&server).await];
    let body = json!({"dids": dids});
    let refused = done(
        &server,
        Method::POST,
        "/v1/deactivations",
        Some(body.clone()),
    )
    .await;
    for (result, did) in refused["results"].as_array().unwrap().iter().zip(&dids) {
        assert_eq!(result["outcome"], "refused");
        assert_eq!(server.resolve(did, None).await.status, 200);
    }
    let text = body.to_string();
    let action = person
        .approve(&server.app, "POST", "/v1/deactivations", &text)
        .await;
    let ended = with_action(&server, "/v1/deactivations", &body, &action).await;
    assert_eq!(ended.status, 200, "{}", ended.error());
    for (result, did) in ended.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .zip(&dids)
    {
        assert_eq!(result["outcome"], "deactivated", "{result}");
        assert_eq!(server.resolve(did, None).await.status, 410);
    }
}
