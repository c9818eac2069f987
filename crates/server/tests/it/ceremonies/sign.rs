//! `atropos sign`: without any server.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use axum::http::Method;
use serde_json::{Value, json};

use super::vector::{DID, assert_fixture, fixture};
use super::wallets::*;
use crate::support::{Folder, Server};

struct Place(Folder);

impl Place {
    fn new() -> Place {
        Place(Folder::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file that nobody else can read.
    fn key(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }
}

fn sign(statement: &Path, key: &Path, more: &[&str], answer: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_atropos"))
        .arg("sign")
        .arg(statement)
        .arg("--key")
        .arg(key)
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended before it reads.
    let _ = child.stdin.take().unwrap().write_all(answer.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn seed(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

#[test]
fn it_says_in_plain_words_what_ends_and_signs_what_is_pinned() {
    let place = Place::new();
    let key = place.key("key", &seed(1));
    let output = sign(&fixture("statement.json"), &key, &[], "yes\n");
    let (out, told) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}");
    assert_fixture("signatures.json", &out);
    for part in [
        "DEACTIVATION of a DID",
        "cannot be undone",
        DID,
        "testnet",
        "2030-01-01T00:00:00.000Z",
        "current document",
        "<- your key",
        "#key-2",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn nothing_is_signed_without_a_yes() {
    let place = Place::new();
    let key = place.key("key", &seed(1));
    for answer in ["", "no\n", "y\n"] {
        let output = sign(&fixture("statement.json"), &key, &[], answer);
        assert!(!output.status.success());
        assert_eq!(text(&output.stdout), "");
    }
    let output = sign(&fixture("statement.json"), &key, &["--yes", "--qr"], "");
    assert!(output.status.success());
    assert!(text(&output.stderr).contains('█'));
}

#[test]
fn keys_that_do_not_belong_there_or_lie_open_do_not_sign() {
    let place = Place::new();
    let statement = fixture("statement.json");
    let stranger = place.key("stranger", &seed(9));
    let output = sign(&statement, &stranger, &["--yes"], "");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("does not need a signature of this key"));
    let own = place.key("own", &seed(1));
    let output = sign(&statement, &own, &["--yes", "--slot", "1"], "");
    assert!(!output.status.success(), "that slot is another key's");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o644)).unwrap();
    let output = sign(&statement, &own, &["--yes"], "");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("chmod 600"));

    let mut file: Value = serde_json::from_slice(&fs::read(&statement).unwrap()).unwrap();
    file["network"] = json!("mainnet");
    let forged = place.path("forged");
    fs::write(&forged, file.to_string()).unwrap();
    let own = place.key("again", &seed(1));
    let output = sign(&forged, &own, &["--yes"], "");
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("Do not sign it"));
    let existing = place.path("existing");
    fs::write(&existing, "x").unwrap();
    let more = ["--yes", "--out", existing.to_str().unwrap()];
    assert!(!sign(&statement, &own, &more, "").status.success());
    assert_eq!(fs::read_to_string(&existing).unwrap(), "x");
}

#[tokio::test]
async fn what_it_signs_ends_a_did() {
    let place = Place::new();
    let server = Server::start().await;
    let (ann, ben) = (key(1), key(2));
    let did = made(&server, &[&ann, &ben]).await;
    let ceremony = started(&server, json!({"operation": "deactivate", "did": did})).await;
    let id = ceremony["id"].as_str().unwrap();
    let path = format!("/v1/ceremonies/{id}/statement");
    let file = done(&server, Method::GET, &path, None).await;
    let statement = place.path("statement.json");
    fs::write(&statement, file.to_string()).unwrap();
    for byte in [1, 2] {
        let key = place.key(&format!("key-{byte}"), &seed(byte));
        let out = place.path(&format!("signatures-{byte}"));
        let more = ["--yes", "--out", out.to_str().unwrap()];
        let output = sign(&statement, &key, &more, "");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let signatures: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        let answer = post(&server, &ceremony, "signatures", signatures).await;
        assert_eq!(answer.status, 200, "{}", answer.error());
    }
    let committed = post(&server, &ceremony, "commit", json!({})).await;
    assert_eq!(committed.status, 200, "{}", committed.error());
    assert_eq!(server.resolve(&did, None).await.status, 410);
}
