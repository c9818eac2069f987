//! Two tenants on one server: neither can use, read or guess what belongs to the other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::server::Place;
use tests::studio::{Held, METHOD_TYPES, expect_200, new_key};
use tests::wallet::Wallet;

/// Runs the command line, which prints JSON.
fn command(place: &Place, arguments: &[&str]) -> Value {
    let output = place.run(arguments).unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    serde_json::from_str(&out).unwrap()
}

/// A client of another tenant, made while the server runs.
fn second_tenant(place: &Place, first: &Client) -> (Client, String) {
    command(place, &["tenant", "create", "second"]);
    let key = command(
        place,
        &["api-key", "create", "--tenant", "second", "--name", "test"],
    );
    (
        first.with_key(key["secret"].as_str()),
        key["id"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn what_belongs_to_one_tenant_does_not_exist_for_the_other() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let first = server.client().unwrap();
    let (second, _) = second_tenant(&place, &first);
    let of_first = Held::create(&first, &Wallet::did_of(1), 2).await.unwrap();
    let of_second = Held::create(&second, &Wallet::did_of(2), 2).await.unwrap();
    let head = first.head().await.unwrap();

    for (owner, stranger, own, other) in [
        (&first, &second, &of_first, &of_second),
        (&second, &first, &of_second, &of_first),
    ] {
        sees_its_own_only(owner, own).await;
        cannot_touch(stranger, own, other).await;
    }
    assert_eq!(first.head().await.unwrap(), head);

    for (owner, own) in [(&first, &of_first), (&second, &of_second)] {
        let all: Vec<&String> = own.keys.iter().collect();
        expect_200(own.deactivate_with(owner, &all).await.unwrap()).unwrap();
    }
}

async fn sees_its_own_only(owner: &Client, own: &Held) {
    let list = expect_200(owner.get("/did/list").await.unwrap()).unwrap();
    assert_eq!(list, json!({"total": 1, "dids": [own.did]}));
    let keys = expect_200(owner.get("/key/list").await.unwrap()).unwrap();
    let mut kids: Vec<&str> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect();
    kids.sort_unstable();
    let mut own: Vec<&str> = own.keys.iter().map(String::as_str).collect();
    own.sort_unstable();
    assert_eq!(kids, own);
}

/// `stranger` has `mine`, and asks for everything of `theirs` in every way there is.
async fn cannot_touch(stranger: &Client, theirs: &Held, mine: &Held) {
    let unknown_did = Wallet::did_of(0xdead_beef);
    let unknown_key = "ab".repeat(32);
    let names = [
        (theirs.did.as_str(), theirs.keys[0].as_str()),
        (unknown_did.as_str(), unknown_key.as_str()),
    ];
    for path in [
        "/key/read/{}",
        "/key/{}/verification-method?verificationMethodType=JsonWebKey2020",
    ] {
        let mut refusals = Vec::new();
        for (_, key) in names {
            let answer = stranger.get(&path.replace("{}", key)).await.unwrap();
            refusals.push(refusal(404, &answer, key));
        }
        assert_eq!(refusals[0], refusals[1]);
    }
    for path in ["/did/update", "/did/deactivate/{}"] {
        let mut refusals = Vec::new();
        for (did, _) in names {
            let body = if path == "/did/update" {
                json!({"did": did, "authentication": []})
            } else {
                json!({})
            };
            let answer = stranger
                .post(&path.replace("{}", did), &body)
                .await
                .unwrap();
            refusals.push(refusal(400, &answer, did));
        }
        assert_eq!(refusals[0], refusals[1]);
    }
    for keys in [
        vec![&theirs.keys[0]],
        theirs.keys.iter().collect(),
        vec![&mine.keys[0], &mine.keys[1]],
    ] {
        let answer = theirs.deactivate_with(stranger, &keys).await.unwrap();
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    // Keys of the other cannot be named for an own DID either, nor one of them be bound to a new DID.
    let answer = mine
        .deactivate_with(stranger, &[&mine.keys[0], &mine.keys[1], &theirs.keys[0]])
        .await
        .unwrap();
    let error = answer.error().unwrap();
    assert_eq!(answer.status, 400);
    assert!(
        error.contains("are not owned by the customer") && error.contains(&theirs.keys[0]),
        "{error}"
    );
    let body = json!({"network": "testnet", "verificationMethodType": METHOD_TYPES[0], "key": theirs.keys[0]});
    let answer = stranger.post("/did/create", &body).await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(
        answer.error().unwrap().contains("Key not found"),
        "{}",
        answer.text()
    );
}

/// A refusal without the name that was asked for.
fn refusal(status: u16, answer: &Answer, name: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.text().replace(name, "<name>")
}

#[tokio::test]
async fn a_revoked_key_and_a_revoked_tenant_are_refused_at_once() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let first = server.client().unwrap();
    let (second, id) = second_tenant(&place, &first);
    new_key(&second).await.unwrap();

    command(&place, &["api-key", "revoke", &id]);
    let answer = second.get("/key/list").await.unwrap();
    assert_eq!(answer.status, 401);
    assert!(
        answer.error().unwrap().starts_with("Unauthorized error: "),
        "{}",
        answer.text()
    );

    let another = command(
        &place,
        &[
            "api-key", "create", "--tenant", "second", "--name", "another",
        ],
    );
    let second = first.with_key(another["secret"].as_str());
    assert_eq!(second.get("/key/list").await.unwrap().status, 200);
    command(&place, &["tenant", "revoke", "second"]);
    assert_eq!(second.get("/key/list").await.unwrap().status, 401);
    assert_eq!(first.get("/key/list").await.unwrap().status, 200);
}
