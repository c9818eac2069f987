//! `atropos backup` and `atropos restore`: everything together, and no log ever goes back.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Running, run, stderr, succeed, text};
use crate::support::{Folder, Wallet};

struct Place {
    folder: Folder,
}

impl Place {
    fn new() -> Place {
        Place {
            folder: Folder::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn serve(&self) -> Running {
        let data = self.path("data");
        Running::start(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0"])
    }

    fn backup(&self, name: &str) -> String {
        let (data, to) = (self.path("data"), self.path(name));
        succeed(&["backup", "--data", text(&data), "--to", text(&to)])
    }

    fn restore(&self, from: &Path, more: &[&str]) -> (bool, String) {
        let data = self.path("data");
        let arguments = ["restore", "--data", text(&data), "--from", text(from)];
        let output = run(&[&arguments[..], more].concat());
        let told = super::stdout(&output) + &stderr(&output);
        (output.status.success(), told)
    }

    /// The disk of the data is lost; what lies elsewhere is not.
    fn lose(&self, names: &[&str]) {
        for name in names {
            fs::remove_dir_all(self.path(name)).unwrap();
        }
    }
}

async fn submit(server: &Running, message: serde_json::Value) {
    let client = reqwest::Client::new();
    let request = client.post(server.url("/v1/operations")).json(&message);
    assert_eq!(request.send().await.unwrap().status(), 200);
}

async fn status(server: &Running, did: &str) -> u16 {
    let url = server.url(&format!("/1.0/identifiers/{did}"));
    reqwest::get(url).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_backup_of_a_running_server_brings_everything_back() {
    let place = Place::new();
    let (active, ended) = (Wallet::new(1, 1), Wallet::new(2, 2));
    let server = place.serve();
    for message in [
        active.create(),
        ended.create(),
        ended.deactivate_json(&[1, 2]),
    ] {
        submit(&server, message).await;
    }
    let told = place.backup("backup");
    assert!(
        told.contains("key file") && told.contains("entries"),
        "{told}"
    );
    server.stop();
    let secret = ["api-key", "create", "--data", text(&place.path("data"))].map(str::to_owned);
    let secret: Vec<&str> = secret.iter().map(String::as_str).collect();
    assert!(succeed(&secret).contains("secret"));

    place.lose(&["data", "data.keys"]);
    let (done, told) = place.restore(&place.path("backup"), &[]);
    assert!(done && told.contains("confirms"), "{told}");
    let server = place.serve();
    assert_eq!(status(&server, &active.did).await, 200);
    assert_eq!(status(&server, &ended.did).await, 410);
    submit(&server, active.deactivate_json(&[1])).await;
    assert_eq!(status(&server, &active.did).await, 410);
}

#[tokio::test]
async fn an_older_backup_is_refused_as_long_as_anything_remembers_more() {
    let place = Place::new();
    let wallet = Wallet::new(1, 1);
    let server = place.serve();
    submit(&server, wallet.create()).await;
    place.backup("older");
    submit(&server, wallet.deactivate_json(&[1])).await;
    // State leaves that tell of the audit log alone come in between.
    let (checkpoint, size) = loop {
        let answer = reqwest::get(server.url("/log/testnet/checkpoint"))
            .await
            .unwrap();
        let note = answer.text().await.unwrap();
        let size: u64 = note.lines().nth(1).unwrap().parse().unwrap();
        if size >= 6 && size == server.size().await {
            break (note, size);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let bundle = server.url(&format!("/log/testnet/tile/entries/000.p/{size}"));
    let bundle = reqwest::get(bundle).await.unwrap().bytes().await.unwrap();
    server.stop();
    let mirror = place.path("mirror/testnet/tile/entries/000.p");
    fs::create_dir_all(&mirror).unwrap();
    fs::write(mirror.join(size.to_string()), bundle).unwrap();
    let newest = place.path("newest");
    fs::write(&newest, checkpoint).unwrap();

    // The guard remembers.
    place.lose(&["data", "data.keys"]);
    let (done, told) = place.restore(&place.path("older"), &[]);
    assert!(
        !done && told.contains("deactivated DIDs would come back"),
        "{told}"
    );
    assert!(!place.path("data/atropos.sqlite").exists());

    // Without the guard, a checkpoint that somebody has kept does.
    place.lose(&["data", "data.guard", "data.keys"]);
    let known = ["--checkpoint", text(&newest)];
    let (done, told) = place.restore(&place.path("older"), &known);
    assert!(!done && told.contains("given checkpoint"), "{told}");

    // With the entries it can be completed: what has ended stays ended.
    let mirror = place.path("mirror");
    let known = ["--checkpoint", text(&newest), "--mirror", text(&mirror)];
    let (done, told) = place.restore(&place.path("older"), &known);
    assert!(done && told.contains("of them from the mirror"), "{told}");
    let server = place.serve();
    assert_eq!(status(&server, &wallet.did).await, 410);
}

#[tokio::test]
async fn when_nothing_remembers_more_the_restore_says_that_it_cannot_know() {
    let place = Place::new();
    let server = place.serve();
    submit(&server, Wallet::new(1, 1).create()).await;
    place.backup("backup");
    server.stop();
    place.lose(&["data", "data.guard", "data.keys"]);
    let (done, told) = place.restore(&place.path("backup"), &[]);
    assert!(done && told.contains("there was no head guard"), "{told}");
}

#[tokio::test]
async fn a_backup_that_was_changed_or_would_overwrite_is_refused() {
    let place = Place::new();
    place.serve().stop();
    place.backup("backup");
    let again = run(&[
        "backup",
        "--data",
        text(&place.path("data")),
        "--to",
        text(&place.path("backup")),
    ]);
    assert!(stderr(&again).contains("not empty"), "{}", stderr(&again));
    let (done, told) = place.restore(&place.path("backup"), &[]);
    assert!(!done && told.contains("already exists"), "{told}");

    place.lose(&["data", "data.keys"]);
    for (name, part) in [
        ("atropos.sqlite", "atropos.sqlite is not what was saved"),
        ("root.key", "root.key is not what was saved"),
        ("ledger/testnet/checkpoint", "not a whole backup"),
    ] {
        let path = place.path("backup").join(name);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        fs::write(&path, changed).unwrap();
        let (done, told) = place.restore(&place.path("backup"), &[]);
        assert!(!done && told.contains(part), "{name}: {told}");
        assert!(!place.path("data/atropos.sqlite").exists());
        fs::write(&path, whole).unwrap();
    }
    let manifest = place.path("backup/backup.json");
    fs::remove_file(manifest).unwrap();
    let (done, told) = place.restore(&place.path("backup"), &[]);
    assert!(!done && told.contains("backup.json"), "{told}");
}
