//! cheqd's own client library, unmodified, against the built binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

use tests::node::{self, Found};
use tests::server::Place;

#[tokio::test]
async fn both_builds_of_the_library_make_change_read_and_end_dids() {
    let mut node = match node::node().unwrap() {
        Found::Node(node) => node,
        Found::Missing(reason) => {
            eprintln!("left out: {reason}");
            return;
        }
    };
    let place = Place::new().unwrap();
    let server = place
        .start_with(&["--comet-listen", "127.0.0.1:0"])
        .unwrap();
    let rpc = server
        .logged_address("listening for cheqd's client libraries")
        .unwrap();
    node.args(["--test", "--test-reporter", "tap", "cheqd/sdk.test.mjs"])
        .env("TEST_RPC", format!("http://{rpc}"))
        .env("TEST_URL", format!("http://{}", server.address()));
    let output = node.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("# pass 20"), "{printed}");
    server.stop().unwrap();
}
