//! The published client of dfns, unmodified, against the built binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

use tests::binary;
use tests::node::{self, Found};
use tests::server::Place;

/// Where the software authenticator says that it signs.
const PASSKEYS: [&str; 4] = [
    "--auth-relying-party",
    "localhost",
    "--auth-origins",
    "http://localhost:8080",
];

fn passes(file: &str) {
    let mut node = match node::node().unwrap() {
        Found::Node(node) => node,
        Found::Missing(reason) => {
            eprintln!("left out: {reason}");
            return;
        }
    };
    let place = Place::new().unwrap();
    let server = place.start_with(&PASSKEYS).unwrap();
    node.args(["--test", "--test-reporter", "tap", file])
        .env("TEST_URL", format!("http://{}", server.address()))
        .env("TEST_BINARY", binary::atropos().unwrap())
        .env("TEST_DATA", place.folder().join("data"));
    let output = node.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(!printed.contains("# pass 0"), "{printed}");
    server.stop().unwrap();
}

#[test]
fn credentials_are_made_and_switched_off() {
    passes("dfns/credentials.test.mjs");
}

#[test]
fn tokens_are_made_used_and_switched_off() {
    passes("dfns/tokens.test.mjs");
}

#[test]
fn passkeys_sign() {
    passes("dfns/webauthn.test.mjs");
}

#[test]
fn user_actions_are_used_once_for_one_request() {
    passes("dfns/replays.test.mjs");
}
