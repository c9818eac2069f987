//! `atropos verify`: offline, with one exit code for each outcome.

use std::fs;

use serde_json::{Value, json};

use super::{run, stderr, stdout, text};
use crate::support::{Folder, Server, Wallet, get};

/// Receipts of a deactivated, an active and an absent DID, with policy and bounds, in a folder.
async fn files() -> Folder {
    let server = Server::start().await;
    let (active, ended, absent) = (Wallet::new(1, 1), Wallet::new(2, 2), Wallet::new(3, 1));
    for message in [
        active.create(),
        ended.create(),
        ended.deactivate_json(&[1, 2]),
    ] {
        assert_eq!(server.submit(message.to_string()).await.status, 200);
    }
    let folder = Folder::new().unwrap();
    for (name, path) in [
        ("ended", format!("/v1/receipts/{}", ended.did)),
        ("active", format!("/v1/receipts/{}", active.did)),
        ("absent", format!("/v1/receipts/{}", absent.did)),
        ("policy", "/v1/policy/testnet".to_owned()),
        ("bounds", "/v1/policy/testnet/bounds".to_owned()),
    ] {
        let answer = get(&server.router, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        fs::write(folder.path().join(name), answer.body).unwrap();
    }
    folder
}

fn verify(folder: &Folder, receipt: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let path = |name: &str| folder.path().join(name);
    let (receipt, policy, bounds) = (path(receipt), path("policy"), path("bounds"));
    let mut arguments = vec!["verify", text(&receipt), "--policy", text(&policy)];
    arguments.extend(["--bounds", text(&bounds)]);
    arguments.extend(more);
    let output = run(&arguments);
    (output.status.code(), stdout(&output), stderr(&output))
}

#[tokio::test]
async fn what_is_proven_is_said_and_ends_with_zero() {
    let folder = files().await;
    for (name, part) in [
        ("ended", "  deactivated (no later than 20"),
        ("active", "  active as of 20"),
        ("absent", "  never existed as of 20"),
    ] {
        let (code, out, err) = verify(&folder, name, &[]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        assert!(out.contains(part), "{out}");
        assert!(out.contains("by the log's own clock"), "{out}");
    }
    let (_, out, _) = verify(&folder, "ended", &[]);
    assert!(
        out.contains("log index ") && out.contains("methods 2,"),
        "{out}"
    );

    let (code, out, _) = verify(&folder, "ended", &["--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &value["proven"]), (Some(0), &json!(true)));
    assert_eq!(value["status"], "deactivated");
    assert_eq!(value["atLatest"]["clock"], "log");
    assert_eq!(value["summary"]["distinctKeys"], 2);
    assert!(value["checkpoint"]["size"].is_u64());
}

#[tokio::test]
async fn what_proves_nothing_says_why_and_ends_with_one() {
    let folder = files().await;
    let bytes = fs::read(folder.path().join("ended")).unwrap();
    let changed =
        String::from_utf8(bytes)
            .unwrap()
            .replacen("\"distinctKeys\":2", "\"distinctKeys\":3", 1);
    fs::write(folder.path().join("changed"), changed).unwrap();
    let (code, out, _) = verify(&folder, "changed", &["--json"]);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(
        (&value["proven"], &value["code"]),
        (&json!(false), &json!("otherSummary"))
    );
    let (code, out, _) = verify(&folder, "changed", &[]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("proves nothing") && out.contains("distinctKeys"),
        "{out}"
    );

    // The policy is what counts: to one that believes another log, the same receipt proves nothing.
    let other = files().await;
    fs::copy(folder.path().join("ended"), other.path().join("foreign")).unwrap();
    assert_eq!(verify(&other, "foreign", &[]).0, Some(1));
    assert_eq!(verify(&folder, "bounds", &[]).0, Some(1));
}

#[tokio::test]
async fn what_cannot_be_checked_ends_with_two() {
    let folder = files().await;
    let (code, out, err) = verify(&folder, "missing", &[]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("missing"), "{err}");
    assert_eq!(verify(&folder, "ended", &["--colour"]).0, Some(2));
    fs::write(folder.path().join("policy"), "log nonsense\n").unwrap();
    let (code, _, err) = verify(&folder, "ended", &[]);
    assert_eq!(code, Some(2));
    assert!(err.contains("policy"), "{err}");
    assert_eq!(run(&["verify"]).status.code(), Some(2));
}
