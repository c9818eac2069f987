//! Resources over HTTP: created by an account and by anyone who can sign, found, listed, and resolved with their DID.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Server, Wallet, send};

const FORM: &str = "application/x-www-form-urlencoded";

async fn did_of(server: &Server) -> String {
    let body =
        json!({"network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020"});
    let made = server.ask(Method::POST, "/did/create", Some(body)).await;
    assert_eq!(made.status, 200, "{}", made.error());
    made.json()["did"].as_str().unwrap().to_owned()
}

async fn create(server: &Server, did: &str, body: Value) -> Answer {
    let path = format!("/resource/create/{did}");
    server.ask(Method::POST, &path, Some(body)).await
}

/// The resource that was created.
async fn created(server: &Server, did: &str, name: &str, data: &str) -> Value {
    let body = json!({
        "name": name, "type": "Type", "data": hex::encode(data), "encoding": "hex", "version": "1.0",
    });
    let answer = create(server, did, body).await;
    assert_eq!(answer.status, 201, "{}", answer.error());
    answer.json()["resource"].clone()
}

/// Without any key.
async fn search(server: &Server, did: &str, query: &str) -> Answer {
    let request = Request::get(format!("/resource/search/{did}{query}"));
    send(&server.router, request.body(Body::empty()).unwrap()).await
}

fn linked(answer: &Answer) -> Vec<Value> {
    let list = answer.json()["contentStream"]["linkedResourceMetadata"].clone();
    serde_json::from_value(list).unwrap()
}

fn id(resource: &Value) -> &str {
    resource["resourceId"].as_str().unwrap()
}

#[tokio::test]
async fn a_resource_is_created_found_listed_and_resolved() {
    let server = Server::start().await;
    let did = did_of(&server).await;
    let resource = created(&server, &did, "name", r#"{"a":1}"#).await;
    let expected = json!({
        "resourceURI": format!("{did}/resources/{}", id(&resource)),
        "resourceCollectionId": did.rsplit(':').next().unwrap(),
        "resourceId": id(&resource), "resourceName": "name", "resourceType": "Type",
        "mediaType": "application/json", "resourceVersion": "1.0", "created": resource["created"],
        "checksum": "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
        "previousVersionId": null, "nextVersionId": null,
    });
    assert_eq!(resource, expected);

    let found = search(&server, &did, &format!("?resourceId={}", id(&resource))).await;
    assert_eq!(
        (found.status, found.body.as_slice()),
        (200, &br#"{"a":1}"#[..])
    );
    assert_eq!(found.header("content-type"), "application/json");
    assert_eq!(found.header("x-content-type-options"), "nosniff");
    assert!(found.header("content-security-policy").contains("sandbox"));
    assert_eq!(
        linked(&search(&server, &did, "").await),
        std::slice::from_ref(&resource)
    );

    let resolved = server.resolve(&did, None).await.json();
    let listed = &resolved["didDocumentMetadata"]["linkedResourceMetadata"];
    assert_eq!(*listed, json!([resource]));

    let listed = server.ask(Method::GET, "/resource/list", None).await.json();
    assert_eq!(listed["total"], 1);
    assert_eq!(listed["resources"][0]["resourceId"], id(&resource));
    assert_eq!(listed["resources"][0]["did"], did);
    let none = server
        .ask(Method::GET, "/resource/list?resourceName=other", None)
        .await;
    assert_eq!(none.json(), json!({"total": 0, "resources": []}));
}

#[tokio::test]
async fn forms_say_the_same() {
    let server = Server::start().await;
    let did = did_of(&server).await;
    for (encoding, data) in [("base64", "MTIz"), ("base64url", "MTIz"), ("hex", "313233")] {
        let request = Request::post(format!("/resource/create/{did}"))
            .header("x-api-key", &server.key)
            .header("content-type", FORM);
        let body = format!("name=1%2C2&type=Type&version=1.0&encoding={encoding}&data={data}");
        let answer = send(&server.router, request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, 201, "{}", answer.error());
        let resource = answer.json()["resource"].clone();
        assert_eq!(
            (&resource["resourceName"], &resource["resourceVersion"]),
            (&json!("1,2"), &json!("1.0"))
        );
        let found = search(&server, &did, &format!("?resourceId={}", id(&resource))).await;
        assert_eq!(found.body, b"123", "{encoding}");
        assert_eq!(found.header("content-type"), "text/plain; charset=utf-8");
    }
}

#[tokio::test]
async fn what_is_not_created_is_answered_in_the_shape_of_the_contract() {
    let server = Server::start().await;
    let (did, ended) = (did_of(&server).await, did_of(&server).await);
    let end = format!("/did/deactivate/{ended}");
    assert_eq!(server.ask(Method::POST, &end, None).await.status, 200);
    let strange = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    let whole = json!({"name": "n", "type": "T", "data": "YQ==", "encoding": "base64"});
    let without = |name: &str| {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    let with = |name: &str, value: Value| {
        let mut body = whole.clone();
        body[name] = value;
        body
    };
    for (did, body, text) in [
        (&*did, without("name"), "name is required"),
        (&did, without("data"), "data is required"),
        (
            &did,
            with("encoding", json!("rot13")),
            "Invalid encoding value, should be one of hex, base64, base64url",
        ),
        (
            &did,
            with("name", json!("n".repeat(65))),
            "resourceName: the length must be between 1 and 64",
        ),
        (
            &did,
            with("publicKeyHexs", json!(["aa"])),
            "Public keys with hexs: aa are not owned by the customer",
        ),
        (
            &ended,
            whole.clone(),
            "is a either Deactivated or Not found",
        ),
        (
            strange,
            whole.clone(),
            "is a either Deactivated or Not found",
        ),
        ("did:web:x", whole.clone(), "not supported"),
    ] {
        let answer = create(&server, did, body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.error().contains(text), "{text}: {}", answer.error());
    }
    let path = format!("/resource/create/{did}");
    let request = Request::post(path).header("content-type", "application/json");
    let anybody = request.body(Body::from(whole.to_string())).unwrap();
    assert_eq!(send(&server.router, anybody).await.status, 401);
    assert_eq!(linked(&search(&server, &did, "").await), [Value::Null; 0]);
}

#[tokio::test]
async fn the_largest_data_is_taken_and_more_is_refused() {
    let server = Server::start().await;
    let did = did_of(&server).await;
    let body = |bytes: usize| {
        let data = hex::encode(vec![b'x'; bytes]);
        json!({"name": "n", "type": "T", "data": data, "encoding": "hex"})
    };
    let taken = create(&server, &did, body(2 << 20)).await;
    assert_eq!(taken.status, 201, "{}", taken.error());
    let found = search(&server, &did, "?resourceName=n").await;
    assert_eq!(found.body.len(), 2 << 20);
    let refused = create(&server, &did, body((2 << 20) + 1)).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .error()
            .contains("data: the length must be between 1 and 2097152")
    );
    assert_eq!(create(&server, &did, body(3 << 20)).await.status, 413);
}

#[tokio::test]
async fn filters_find_one_or_say_why_not() {
    let server = Server::start().await;
    let did = did_of(&server).await;
    let first = created(&server, &did, "a", "first").await;
    let second = created(&server, &did, "a", "second").await;
    let other = created(&server, &did, "b", "first").await;
    let collection = did.rsplit(':').next().unwrap();
    let checksum = second["checksum"].as_str().unwrap();
    for (query, data) in [
        ("?resourceName=a".to_owned(), "second"),
        ("?resourceName=a&resourceType=Type".to_owned(), "second"),
        (format!("?checksum={checksum}"), "second"),
        (format!("?checksum={}", checksum.to_uppercase()), "second"),
        (format!("?resourceId={}", id(&first)), "first"),
        (
            format!("?resourceId={}", id(&first).to_uppercase()),
            "first",
        ),
        (
            format!("?resourceName=b&resourceCollectionId={collection}"),
            "first",
        ),
        ("?resourceName=b&resourceVersion=1.0".to_owned(), "first"),
        (
            "?resourceName=a&resourceVersionTime=2999-01-01T00:00:00Z".to_owned(),
            "second",
        ),
    ] {
        let found = search(&server, &did, &query).await;
        assert_eq!(
            (found.status, found.body.as_slice()),
            (200, data.as_bytes()),
            "{query}"
        );
    }
    for (query, status) in [
        ("?colour=red".to_owned(), 400),
        ("?resourceId=x".to_owned(), 400),
        ("?resourceVersion=1.0".to_owned(), 400),
        (format!("?resourceCollectionId={collection}"), 400),
        ("?resourceVersionTime=2999-01-01T00:00:00Z".to_owned(), 400),
        ("?resourceName=a&resourceVersionTime=soon".to_owned(), 400),
        ("?resourceMetadata=perhaps".to_owned(), 400),
        ("?resourceName=a&resourceName=b".to_owned(), 400),
        // Different names.
        ("?resourceType=Type".to_owned(), 400),
        // Two with one content.
        (
            format!("?checksum={}", first["checksum"].as_str().unwrap()),
            400,
        ),
        ("?resourceName=c".to_owned(), 404),
        ("?resourceName=a&resourceVersion=2.0".to_owned(), 404),
        ("?resourceName=a&resourceCollectionId=x".to_owned(), 404),
        (
            "?resourceName=a&resourceVersionTime=1999-01-01T00:00:00Z".to_owned(),
            404,
        ),
        (
            "?resourceId=7bf81a20-633c-4cc7-bc4a-5a45801005e0".to_owned(),
            404,
        ),
    ] {
        let found = search(&server, &did, &query).await;
        assert_eq!(found.status, status, "{query}");
        assert!(!found.error().is_empty(), "{query}");
    }
    let both = search(&server, &did, "?resourceName=a&resourceMetadata=true").await;
    let ids: Vec<String> = linked(&both).iter().map(|one| id(one).to_owned()).collect();
    assert_eq!(ids, [id(&second), id(&first)]);
    assert_eq!(linked(&both)[1]["nextVersionId"], second["resourceId"]);
    assert_eq!(linked(&search(&server, &did, "").await)[0], other);
    let nobody = search(
        &server,
        "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0",
        "",
    )
    .await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn anyone_who_can_sign_submits_a_resource_together_with_its_did() {
    let server = Server::start().await;
    let wallet = Wallet::new(7, 2);
    let both = json!({"operations": [wallet.create(), wallet.resource(1, b"data", &[2])]});
    let answer = server.submit(both.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.error());
    let committed = answer.json()["operations"][1].clone();
    assert_eq!(committed["kind"], "createResource");
    assert_eq!(committed["did"], wallet.did);
    let found = search(&server, &wallet.did, "?resourceName=name").await;
    assert_eq!(found.body, b"data");
    // The same again is the same, in the other encoding too.
    let again = server
        .submit(wallet.resource(1, b"data", &[2]).to_string())
        .await;
    assert_eq!(again.json()["operations"][0], committed);
    for (message, code, codespace) in [
        (wallet.resource(1, b"other", &[1]), 2200, "resource"),
        (wallet.resource(2, b"", &[1]), 1206, "cheqd"),
        (wallet.resource(2, b"data", &[]), 1101, "cheqd"),
        (Wallet::new(8, 1).resource(2, b"data", &[1]), 38, "sdk"),
    ] {
        let refused = server.submit(message.to_string()).await;
        assert_eq!(refused.status, 400);
        let problem = refused.json();
        assert_eq!(
            (&problem["code"], &problem["codespace"]),
            (&json!(code), &json!(codespace))
        );
    }
    let large = wallet.resource(3, &vec![b'x'; 2 << 20], &[1]);
    let taken = server.submit(large.to_string()).await;
    assert_eq!(taken.status, 200, "{}", taken.error());
}
