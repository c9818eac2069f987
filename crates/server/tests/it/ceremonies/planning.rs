//! Plans, the end of many, and what a key is needed for.

use axum::http::Method;
use serde_json::{Value, json};

use super::wallets::*;
use crate::support::Server;

async fn held(server: &Server) -> (String, String) {
    let body =
        json!({"network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020"});
    let made = done(server, Method::POST, "/did/create", Some(body)).await;
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("did"), text("controllerKeyId"))
}

async fn plan(server: &Server, did: &str) -> Value {
    let body = Some(json!({"did": did}));
    done(server, Method::POST, "/v1/deactivations/plan", body).await
}

#[tokio::test]
async fn a_plan_says_what_an_end_would_take_and_what_hangs_on_it() {
    let server = Server::start().await;
    let (mine, kid) = held(&server).await;
    let planned = plan(&server, &mine).await;
    assert_eq!(planned["outlook"], "ready");
    assert_eq!(planned["required"][0]["publicKeyHex"], kid.as_str());
    assert_eq!(planned["required"][0]["held"], true);
    assert_eq!(planned["controls"], json!([]));

    let ann = key(1);
    let did = random_did();
    let mut document = document(&did, &[&ann]);
    document["controller"] = json!([did, mine]);
    let body = json!({"operation": "create", "didDocument": document});
    let ceremony = started(&server, body).await;
    let body = signed(&ceremony, &ann, &format!("{did}#key-1"));
    post(&server, &ceremony, "signatures", body).await;
    post(&server, &ceremony, "held-signatures", json!({})).await;
    let made = post(&server, &ceremony, "commit", json!({})).await;
    assert_eq!(made.status, 200, "{}", made.error());
    let planned = plan(&server, &did).await;
    assert_eq!(planned["outlook"], "needsOthers");
    assert_eq!(planned["required"][0]["ask"], json!([did]));
    assert_eq!(planned["anyOf"][0]["did"], mine.as_str());
    assert_eq!(planned["externalControllers"], json!([mine]));
    assert_eq!(plan(&server, &mine).await["controls"], json!([did]));

    let path = format!("/v1/held-keys/{kid}/needed-for");
    let needed = done(&server, Method::GET, &path, None).await;
    let of = |did: &str| {
        let dids = needed["dids"].as_array().unwrap().iter();
        dids.clone().find(|one| one["did"] == did).unwrap()["oneOf"].clone()
    };
    assert_eq!((of(&mine), of(&did)), (json!(1), json!(1)));
    let other = format!("/v1/held-keys/{}/needed-for", "00".repeat(32));
    assert_eq!(server.ask(Method::GET, &other, None).await.status, 404);
}

#[tokio::test]
async fn of_many_each_ends_or_is_refused_by_itself() {
    let server = Server::start().await;
    let (one, _) = held(&server).await;
    let (two, _) = held(&server).await;
    let elsewhere = made(&server, &[&key(1)]).await;
    let unknown = random_did();
    let body = json!({"dids": [one, elsewhere, unknown, two]});
    let ended = done(
        &server,
        Method::POST,
        "/v1/deactivations",
        Some(body.clone()),
    )
    .await;
    let outcomes = |answer: &Value| -> Vec<String> {
        let results = answer["results"].as_array().unwrap().iter();
        results
            .map(|one| one["outcome"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        outcomes(&ended),
        ["deactivated", "refused", "refused", "deactivated"]
    );
    let problem = &ended["results"][1]["problem"];
    assert_eq!(problem["missing"], json!([format!("{elsewhere}#key-1")]));
    assert_eq!(server.resolve(&one, None).await.status, 410);
    assert_eq!(server.resolve(&elsewhere, None).await.status, 200);
    let again = done(&server, Method::POST, "/v1/deactivations", Some(body)).await;
    assert_eq!(outcomes(&again)[0], "deactivatedBefore");
    assert_eq!(
        again["results"][0]["versionId"],
        ended["results"][0]["versionId"]
    );
    for dids in [
        json!([]),
        json!([one, one]),
        json!(["x"]),
        json!(vec![one; 101]),
    ] {
        let body = Some(json!({"dids": dids}));
        let refused = server.ask(Method::POST, "/v1/deactivations", body).await;
        assert_eq!(refused.status, 400, "{dids}");
    }
}
