//! Requests that cannot be what their sender meant: each gets its status, says what is wrong, and changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use serde_json::{Value, json};
use tests::client::{Answer, Client};
use tests::server::{Place, Server};
use tests::studio::{Held, METHOD_TYPES, new_key};
use tests::wallet::Wallet;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const PROTOBUF: &str = "application/protobuf";
/// Bytes of a body that are accepted at most, by default.
const BODY_BYTES_MAX: usize = 262_144;
/// Levels of nesting that are accepted at most, by default.
const DEPTH_MAX: usize = 16;

/// Status, content type, body, and words that the error has to name, separated by `|`.
type Row = (u16, &'static str, String, &'static str);

struct World {
    _place: Place,
    _server: Server,
    client: Client,
    held: Held,
    /// The ledger's head, which nothing here may move.
    head: (u64, String),
}

impl World {
    async fn new() -> World {
        let place = Place::new().unwrap();
        let server = place.start().unwrap();
        let client = server.client().unwrap();
        let held = Held::create(&client, &Wallet::did_of(1), 2).await.unwrap();
        let head = client.head().await.unwrap();
        let (_place, _server) = (place, server);
        World {
            _place,
            _server,
            client,
            held,
            head,
        }
    }

    fn path(&self) -> String {
        format!("/did/deactivate/{}", self.held.did)
    }

    /// Expects a status, an error in the one shape that names every one of the words, and the log as it was.
    async fn refused(&self, status: u16, words: &str, label: &str, answer: Answer) {
        assert_eq!(answer.status, status, "{label}: {}", answer.text());
        let error = answer
            .error()
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        for word in words.split('|') {
            assert!(
                error.contains(word),
                "{label}: `{error}` does not name `{word}`"
            );
        }
        let content_type = answer.headers["content-type"].to_str().unwrap();
        assert_eq!(content_type.split(';').next(), Some(JSON), "{label}");
        assert_eq!(self.client.head().await.unwrap(), self.head, "{label}");
    }

    async fn each_is_refused(&self, path: &str, rows: impl IntoIterator<Item = Row>) {
        for (status, content_type, body, words) in rows {
            let label = format!("{path} {}", body.chars().take(200).collect::<String>());
            let answer = self
                .client
                .post_bytes(path, content_type, body)
                .await
                .unwrap();
            self.refused(status, words, &label, answer).await;
        }
        self.is_still_active().await;
    }

    async fn is_still_active(&self) {
        let path = format!("/1.0/identifiers/{}", self.held.did);
        let answer = self.client.get(&path).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn json_row(body: impl Into<String>, words: &'static str) -> Row {
    (400, JSON, body.into(), words)
}

#[tokio::test]
async fn bodies_that_a_deactivation_cannot_read() {
    let world = World::new().await;
    let key = &world.held.keys[0];
    let (open, close) = ("[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
    let long = format!(r#"{{"publicKeyHexs":["{}"]}}"#, "a".repeat(BODY_BYTES_MAX));
    let twice = format!(r#"{{"publicKeyHexs":["{key}"],"publicKeyHexs":[]}}"#);
    let rows = [
        json_row("{", "JSON|line 1"),
        json_row(r#"{"publicKeyHexs":["aa",]}"#, "JSON"),
        json_row("[]", "JSON object"),
        json_row("null", "JSON object"),
        json_row("{} {}", "JSON"),
        json_row(r#"{"publicKeyHexs":{"a":1}}"#, "publicKeyHexs"),
        json_row(r#"{"publicKeyHexs":[1]}"#, "publicKeyHexs"),
        json_row(r#"{"publicKeyHexs":true}"#, "publicKeyHexs"),
        json_row(twice, "publicKeyHexs|twice"),
        json_row(r#"{"publicKeyHex":["aa"]}"#, "publicKeyHex"),
        json_row(
            format!(r#"{{"publicKeyHexs":{open}1{close}}}"#),
            "publicKeyHexs|deeper than 16",
        ),
        (413, JSON, long, "262144"),
        (415, "text/plain", "{}".into(), "Content-Type"),
        (415, "application/xml", "<a/>".into(), "Content-Type"),
        (
            415,
            "multipart/form-data; boundary=x",
            "--x--".into(),
            "Content-Type",
        ),
        (400, FORM, "publicKeyHexs=%zz".into(), ""),
        (400, FORM, "keys=aa".into(), "keys"),
    ];
    world.each_is_refused(&world.path(), rows).await;
}

#[tokio::test]
async fn bodies_that_other_routes_cannot_read() {
    let world = World::new().await;
    let create = [
        json_row("", "body"),
        json_row(r#"{"network":1}"#, "network"),
        json_row(r#"{"network":"devnet"}"#, "network"),
        json_row(r#"{"network":"testnet"}"#, "VerificationMethodType"),
        json_row(r#"{"didDocument":"x"}"#, "JSON object"),
        json_row(
            r#"{"verificationMethodType":"Ed25519","network":"testnet"}"#,
            "verificationMethod type",
        ),
    ];
    world.each_is_refused("/did/create", create).await;
    let no_change = json!({"did": world.held.did}).to_string();
    world
        .each_is_refused("/did/update", [json_row(no_change, "DID Document")])
        .await;
    let import = [
        json_row("{}", "Private key"),
        json_row(r#"{"privateKeyHex":"aa"}"#, "encrypted"),
        json_row(
            r#"{"privateKeyHex":"zz","encrypted":false}"#,
            "Private key|hexadecimal",
        ),
    ];
    world.each_is_refused("/key/import", import).await;
}

#[tokio::test]
async fn dids_that_are_none_or_live_elsewhere() {
    let world = World::new().await;
    let uuid = "7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    let unknown = Wallet::did_of(77);
    let rows = [
        ("x".into(), "did:"),
        (
            "did:web:example.com".into(),
            "DID method web is not supported",
        ),
        ("did:cheqd:testnet".into(), "Identifier is required"),
        (format!("did:cheqd:devnet:{uuid}"), "testnet or mainnet"),
        (format!("did:cheqd:mainnet:{uuid}"), "mainnet"),
        ("did:cheqd:testnet:abc".into(), "identifier is not valid"),
        (
            format!("{}%23key-1", world.held.did),
            "without path, query and fragment",
        ),
        (unknown.clone(), "DID document not found"),
    ];
    for (did, words) in rows {
        let answer = world
            .client
            .post_nothing(&format!("/did/deactivate/{did}"))
            .await
            .unwrap();
        world.refused(400, words, &did, answer).await;
        let did = did.replace("%23", "#");
        let update = json!({"did": did, "authentication": []});
        let answer = world.client.post("/did/update", &update).await.unwrap();
        world.refused(400, "", &did, answer).await;
    }
    world.is_still_active().await;
}

#[tokio::test]
async fn keys_that_are_not_written_as_the_server_writes_them_or_not_held() {
    let world = World::new().await;
    let [first, second] = [&world.held.keys[0], &world.held.keys[1]];
    let unknown = "ab".repeat(32);
    let upper = first.to_uppercase();
    let wrong = [
        upper,
        format!("0x{first}"),
        "not hexadecimal".into(),
        first[2..].into(),
        unknown,
    ];
    for wrong in &wrong {
        for keys in [vec![wrong], vec![wrong, second], vec![first, second, wrong]] {
            let answer = world
                .held
                .deactivate_with(&world.client, &keys)
                .await
                .unwrap();
            assert!(answer.text().contains(wrong), "{}", answer.text());
            world
                .refused(
                    400,
                    "are not owned by the customer",
                    &format!("{keys:?}"),
                    answer,
                )
                .await;
        }
    }
    let surplus = new_key(&world.client).await.unwrap();
    let keys = [first, second, &surplus];
    let answer = world
        .held
        .deactivate_with(&world.client, &keys)
        .await
        .unwrap();
    assert_eq!(
        answer.json().unwrap()["unexpected"],
        json!([surplus]),
        "{}",
        answer.text()
    );
    world.refused(400, "", "a key too many", answer).await;
    let answer = world.client.get("/key/read/XYZ").await.unwrap();
    world.refused(400, "keyId", "kid", answer).await;
    world.is_still_active().await;
}

#[tokio::test]
async fn signed_input_with_anything_that_is_not_read() {
    let world = World::new().await;
    let wallet = Wallet::new(9, 1);
    let message = wallet.create().json();
    let with = |words: &'static str, change: &dyn Fn(&mut Value)| {
        let mut message = message.clone();
        change(&mut message);
        json_row(message.to_string(), words)
    };
    let twice = message
        .to_string()
        .replacen(r#""id":"#, r#""id":"x","id":"#, 1);
    let rows = [
        with("memo", &|m| m["memo"] = json!("x")),
        with("note", &|m| m["payload"]["note"] = json!("x")),
        with("surplus", &|m| {
            m["payload"]["verification_method"][0]["surplus"] = json!(1)
        }),
        with("surplus", &|m| m["signatures"][0]["surplus"] = json!(1)),
        with("string", &|m| m["payload"]["id"] = json!(7)),
        with("@type", &|m| m["@type"] = json!("/cheqd.did.v2.MsgBurn")),
        with("signature|base64", &|m| {
            m["signatures"][0]["signature"] = json!("*")
        }),
        with("", &|m| m["signatures"] = json!([])),
        with("did:web:a.b", &|m| {
            m["payload"]["id"] = json!("did:web:a.b")
        }),
        json_row(twice, "twice"),
        json_row(r#"{"operations":[]}"#, "1 to 32"),
        json_row(json!({"operations": vec![&message; 33]}).to_string(), "33"),
        (415, FORM, "a=b".into(), "Content-Type"),
        (413, JSON, " ".repeat(BODY_BYTES_MAX + 1), "262144"),
    ];
    let path = "/v1/operations";
    world.each_is_refused(path, rows).await;
    world
        .each_is_refused(
            "/v1/operations?type=create",
            [json_row(message.to_string(), "query")],
        )
        .await;
    world
        .each_is_refused(
            "/v1/operations?type=burn",
            [(400, PROTOBUF, "x".into(), "type")],
        )
        .await;

    // A field that the definition does not have, at the end of the bytes.
    let mut bytes = wallet.create().bytes();
    bytes.extend([0x7a, 1, b'x']);
    for (bytes, label) in [(bytes, "unknown field"), (b"x".to_vec(), "no message")] {
        let path = wallet.create().path();
        let answer = world
            .client
            .post_bytes(path, PROTOBUF, bytes)
            .await
            .unwrap();
        world.refused(400, "", label, answer).await;
    }
    let answer = world.client.post(path, &message).await.unwrap();
    assert_eq!(
        answer.status,
        200,
        "unspoilt it is accepted: {}",
        answer.text()
    );
}

#[tokio::test]
async fn callers_without_a_known_key() {
    let world = World::new().await;
    let body = json!({"network": "testnet", "verificationMethodType": METHOD_TYPES[0]});
    let keys = [
        (None, "Unauthorized error|not authenticated"),
        (Some(""), "Unauthorized error"),
        (Some("atropos_unknown"), "Unauthorized error|not known"),
    ];
    for (key, words) in keys {
        let client = world.client.with_key(key);
        for answer in [
            client.post_nothing(&world.path()).await.unwrap(),
            client.post("/did/create", &body).await.unwrap(),
            client
                .post("/did/create", &json!("not even an object"))
                .await
                .unwrap(),
            client.post_nothing("/key/create").await.unwrap(),
            client.get("/did/list").await.unwrap(),
            client.get("/key/list").await.unwrap(),
        ] {
            world.refused(401, words, &format!("{key:?}"), answer).await;
        }
    }
    world.is_still_active().await;
}

#[tokio::test]
async fn routes_that_are_not_there() {
    let world = World::new().await;
    let not_served = [
        format!("/did/export/{}", world.held.did),
        "/credential/issue".to_owned(),
        "/account/create".to_owned(),
        "/presentation/create".to_owned(),
    ];
    for path in not_served {
        let answer = world.client.post(&path, &json!({})).await.unwrap();
        world
            .refused(404, "cheqd Studio has this route", &path, answer)
            .await;
    }
    for path in ["/did/deactivate", "/nothing", "/did//deactivate"] {
        let answer = world.client.post(path, &json!({})).await.unwrap();
        world.refused(404, "Nothing is served", path, answer).await;
    }
    let answer = world.client.get(&world.path()).await.unwrap();
    world.refused(405, "method", "GET", answer).await;
}
