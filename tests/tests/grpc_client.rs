//! A gRPC client of another project, made from the `.proto` files alone, against the built binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

use std::path::Path;

use did::OperationKind;
use did::proto::resource::MsgCreateResourcePayload;
use prost::Message;
use serde_json::{Value, json};
use tests::client::Client;
use tests::node::{self, Found};
use tests::server::Place;
use tests::studio::Held;
use tests::wallet::{Signed, Wallet};

const LISTEN: [&str; 4] = [
    "--comet-listen",
    "127.0.0.1:0",
    "--grpc-listen",
    "127.0.0.1:0",
];

#[tokio::test]
async fn documents_are_byte_identical_and_reflection_lists_the_services() {
    let mut node = match node::node().unwrap() {
        Found::Node(node) => node,
        Found::Missing(reason) => {
            eprintln!("left out: {reason}");
            return;
        }
    };
    let place = Place::new().unwrap();
    let server = place.start_with(&LISTEN).unwrap();
    let cases = cases(&server.client().unwrap()).await;

    let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cosmos/proto");
    let comet = server
        .logged_address("listening for cheqd's client libraries")
        .unwrap();
    node.args(["--test", "--test-reporter", "tap", "grpc/queries.test.mjs"])
        .env("TEST_URL", format!("http://{}", server.address()))
        .env("TEST_COMET", format!("http://{comet}"))
        .env(
            "TEST_GRPC",
            server.logged_address("listening for gRPC").unwrap(),
        )
        .env("TEST_PROTOS", protos)
        .env("TEST_CASES", cases.to_string());
    let output = node.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("# pass 10"), "{printed}");
    server.stop().unwrap();
}

/// DIDs of every kind, and a resource.
async fn cases(client: &Client) -> Value {
    let active = Held::create(client, &Wallet::did_of(1), 3).await.unwrap();
    let (ended, changed) = (Wallet::new(2, 2), Wallet::new(3, 1));
    send(client, &ended.create()).await;
    send(client, &ended.deactivate(2)).await;
    send(client, &changed.create()).await;
    for version in 2..6 {
        let endpoint = format!("https://example.com/{version}");
        send(client, &changed.update(version, &endpoint)).await;
    }
    let resource = MsgCreateResourcePayload {
        data: br#"{"a":1}"#.to_vec(),
        collection_id: changed.did().rsplit(':').next().unwrap().to_owned(),
        id: "0b1f4a5e-5f0d-4c3e-9a43-0d5d9d0c7a11".to_owned(),
        name: "name".to_owned(),
        version: "1.0".to_owned(),
        resource_type: "Type".to_owned(),
        also_known_as: Vec::new(),
    };
    send(
        client,
        &changed.sign(OperationKind::CreateResource, resource.encode_to_vec()),
    )
    .await;
    json!({
        "active": active.did,
        "ended": ended.did(),
        "changed": changed.did(),
        "unknown": Wallet::did_of(9),
        "resource": {
            "collection_id": resource.collection_id,
            "id": resource.id,
            "name": resource.name,
            "resource_type": resource.resource_type,
            "data": String::from_utf8(resource.data).unwrap(),
        },
    })
}

async fn send(client: &Client, message: &Signed) {
    let sent = client.post_bytes(message.path(), "application/protobuf", message.bytes());
    let answer = sent.await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}
