//! Published resolvers of other projects, unmodified, against the built binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

use tests::node::{self, Found};
use tests::server::Place;
use tests::studio::{Held, expect_200};
use tests::wallet::Wallet;

#[tokio::test]
async fn active_ended_historic_and_unknown_dids_are_resolved() {
    let mut node = match node::node().unwrap() {
        Found::Node(node) => node,
        Found::Missing(reason) => {
            eprintln!("left out: {reason}");
            return;
        }
    };
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let client = server.client().unwrap();
    let active = Held::create(&client, &Wallet::did_of(1), 1).await.unwrap();
    let ended = Held::create(&client, &Wallet::did_of(2), 2).await.unwrap();
    let path = format!("/1.0/identifiers/{}", ended.did);
    let first = expect_200(client.get(&path).await.unwrap()).unwrap();
    let first = first["didDocumentMetadata"]["versionId"].as_str().unwrap();
    expect_200(ended.deactivate_with(&client, &[]).await.unwrap()).unwrap();

    let file = "resolution/resolve.test.mjs";
    node.args(["--test", "--test-reporter", "tap", file])
        .env("TEST_URL", format!("http://{}", server.address()))
        .env("TEST_ACTIVE", &active.did)
        .env("TEST_ENDED", &ended.did)
        .env("TEST_FIRST", first)
        .env("TEST_UNKNOWN", Wallet::did_of(3));
    let output = node.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("# pass 3"), "{printed}");
    server.stop().unwrap();
}
