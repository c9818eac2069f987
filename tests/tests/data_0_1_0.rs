//! What a server of version 0.1.0 has written is opened, checked and gone on with by this one, and answered for with
//! the same bytes. `fixtures/data-0.1.0/README.md` says what is in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::client::Client;
use tests::comet::LISTENING;
use tests::server::{Place, Server};
use tests::studio::expect_200;

const NETWORKS: [&str; 2] = ["--networks", "testnet,mainnet"];
const SERVED: [&str; 4] = [
    "--networks",
    "testnet,mainnet",
    "--comet-listen",
    "127.0.0.1:0",
];

/// A copy of what was written, and what was answered then.
struct Old {
    place: Place,
    answers: Value,
}

impl Old {
    /// With these parts: `data`, `data.guard`, `data.keys`, `backup`.
    fn with(parts: &[&str]) -> Self {
        let place = Place::new().unwrap();
        let unpacked = Command::new("tar")
            .arg("-xzf")
            .arg(fixture("place.tar.gz"))
            .args(parts)
            .current_dir(place.folder())
            .status();
        assert!(unpacked.unwrap().success());
        let answers = fs::read(fixture("answers.json")).unwrap();
        Self {
            place,
            answers: serde_json::from_slice(&answers).unwrap(),
        }
    }

    fn left() -> Self {
        Self::with(&["data", "data.guard", "data.keys"])
    }

    fn list(&self, name: &str) -> &[Value] {
        self.answers[name].as_array().unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.place.folder().join(path)
    }

    /// Runs a command that has to succeed; what it printed.
    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = self.place.run(&[arguments, &NETWORKS].concat())?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {error}");
        Ok(String::from_utf8(output.stdout)?)
    }

    fn start(&self) -> Result<Server> {
        self.place.start_with(&SERVED)
    }

    /// What needs no server: every entry leads to the state that is there, and the audit log is the one of then.
    fn check_files(&self) -> Result<()> {
        self.run(&["ledger", "verify"])?;
        self.run(&["audit", "verify"])?;
        let audit = self.run(&["audit", "export"])?;
        let entries = self
            .list("audit")
            .iter()
            .map(|entry| entry.as_str().unwrap());
        ensure!(audit.lines().eq(entries), "another audit log: {audit}");
        Ok(())
    }

    /// What was answered then is answered now.
    async fn check_answers(&self, server: &Server) -> Result<()> {
        let client = server.client()?;
        for kept in self.list("receipts") {
            let path = format!("/v1/receipts/{}", text(kept, "did"));
            same(&client, &path, text(kept, "receipt")).await?;
        }
        for kept in self.list("same") {
            same(&client, text(kept, "path"), text(kept, "answer")).await?;
        }
        for kept in self.list("resolutions") {
            let answer = client.get(text(kept, "path")).await?;
            let (then, now) = (kept["answer"].clone(), answer.json()?);
            ensure!(kept["status"] == answer.status, "{}", answer.text());
            ensure!(
                without_the_hour(then) == without_the_hour(now),
                "{}",
                answer.text()
            );
        }
        for (network, entries) in self.answers["feeds"].as_object().unwrap() {
            ensure!(
                feed(&client, network).await? == *entries,
                "another feed of {network}"
            );
            let policies = &self.answers["policies"][network];
            for (name, path) in [("policy", ""), ("bounds", "/bounds")] {
                let path = format!("/v1/policy/{network}{path}");
                same(&client, &path, text(policies, name)).await?;
            }
        }
        let comet = Client::new(&server.logged_address(LISTENING)?, None)?;
        let transaction = &self.answers["transaction"];
        same(
            &comet,
            text(transaction, "path"),
            text(transaction, "answer"),
        )
        .await
    }

    async fn check_resources(&self, server: &Server) -> Result<()> {
        let client = server.client()?;
        let path = |one: &Value| {
            format!(
                "/resource/search/{}?resourceId={}",
                text(one, "did"),
                text(one, "id")
            )
        };
        for resource in self.list("resources") {
            same(&client, &path(resource), text(resource, "data")).await?;
        }
        let erased = client.get(&path(&self.answers["erased"])).await?;
        ensure!(erased.status == 410, "{}", erased.text());
        Ok(())
    }

    /// Who was known is known, and who was not any more is not.
    async fn check_accounts(&self, server: &Server) -> Result<()> {
        let client = server.client()?;
        let status_with = async |key: &Value| {
            let client = client.with_key(key.as_str());
            Ok::<_, anyhow::Error>(client.get("/did/list").await?.status)
        };
        let keys = &self.answers["apiKeys"];
        for key in keys["good"].as_array().unwrap() {
            ensure!(status_with(key).await? == 200, "{key} is not let in");
        }
        for key in keys["revoked"].as_array().unwrap() {
            ensure!(status_with(key).await? == 401, "{key} is let in");
        }
        let known = &self.answers["client"];
        let password = format!("{}:{}", text(known, "username"), text(known, "password"));
        let basic = format!("Basic {}", STANDARD.encode(password));
        let nobody = client.with_key(None);
        let listed = nobody
            .get_with("/did/list", &[("authorization", &basic)])
            .await?;
        ensure!(listed.status == 200, "{}", listed.text());
        let strict = &self.answers["needsApproval"];
        let path = format!("/did/deactivate/{}", text(strict, "did"));
        let refused = client
            .with_key(strict["apiKey"].as_str())
            .post_nothing(&path)
            .await?;
        ensure!(refused.status == 403, "{}", refused.text());
        Ok(())
    }

    /// The secret in the vault opens for a service account of today.
    async fn check_vault(&self, server: &Server) -> Result<()> {
        let kept = &self.answers["vault"];
        fs::write(self.path("signer.pem"), text(kept, "signer"))?;
        let account = [
            "service-account",
            "create",
            "reader",
            "--role",
            "integration_admin",
        ];
        let made = self.run(&[&account[..], &["--public-key", "signer.pem"]].concat())?;
        let made: Value = serde_json::from_str(&made)?;
        let bearer = format!("Bearer {}", text(&made, "token"));
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-tenantid", text(kept, "tenant")),
        ];
        let path = format!("/api/v1/credentials/{}", text(kept, "integrationId"));
        let shown = server
            .client()?
            .with_key(None)
            .get_with(&path, &headers)
            .await?;
        let secret = text(kept, "accessToken");
        ensure!(
            shown.status == 200 && shown.text().contains(secret),
            "{}",
            shown.text()
        );
        Ok(())
    }
}

impl Old {
    /// Everything that was open then can be finished now.
    async fn check_ceremonies(&self, server: &Server) -> Result<()> {
        let client = server.client()?;
        let kept = &self.answers["ceremonies"];
        let path =
            |name: &str, part: &str| format!("/v1/ceremonies/{}{part}", text(&kept[name], "id"));
        let committed = expect_200(client.get(&path("committed", "")).await?)?;
        ensure!(committed["state"] == "committed", "{committed}");
        for name in ["open", "preSigned"] {
            let found = expect_200(client.get(&path(name, "")).await?)?;
            ensure!(found["state"] == "collecting", "{found}");
            let did = text(&kept[name], "did");
            ensure!(resolve(&client, did).await? == 200, "{did} is not active");
        }

        // Of three signatures one was there; one comes by the link of then, one by a key that is held here.
        let open = &kept["open"];
        let by_link = format!("{}/signatures", text(open, "link"));
        expect_200(client.with_key(None).post(&by_link, &open["rest"]).await?)?;
        expect_200(
            client
                .post(&path("open", "/held-signatures"), &json!({}))
                .await?,
        )?;
        let done = expect_200(client.post(&path("open", "/commit"), &json!({})).await?)?;
        ensure!(done["state"] == "committed", "{done}");

        let path_to_sign = path("preSigned", "/signatures");
        let rest = &kept["preSigned"]["rest"];
        expect_200(client.post(&path_to_sign, rest).await?)?;
        let message = expect_200(client.get(&path("preSigned", "/export")).await?)?;
        expect_200(
            client
                .with_key(None)
                .post("/v1/operations", &message)
                .await?,
        )?;
        for name in ["open", "preSigned"] {
            let did = text(&kept[name], "did");
            ensure!(
                resolve(&client, did).await? == 410,
                "{did} is not deactivated"
            );
        }
        Ok(())
    }

    /// What is deactivated is not updated, created or deactivated again, by whichever way.
    async fn check_finality(&self, server: &Server) -> Result<()> {
        let client = server.client()?;
        let before = feed(&client, "testnet").await?;
        for attempt in self.list("attempts") {
            let answer = client.post("/v1/operations", &attempt["message"]).await?;
            let refused = (400..500).contains(&answer.status);
            ensure!(
                refused,
                "{}: {} {}",
                attempt["what"],
                answer.status,
                answer.text()
            );
        }
        for did in self.list("deactivated") {
            let did = did.as_str().unwrap();
            let update = json!({"did": did, "service": []});
            let update = client.post("/did/update", &update);
            ensure!(update.await?.status == 400, "{did} is updated");
            let document = json!({"id": did, "controller": [did]});
            for operation in ["create", "update"] {
                let body = json!({"operation": operation, "didDocument": document});
                let answer = client.post("/v1/ceremonies", &body).await?;
                let refused = (400..500).contains(&answer.status);
                ensure!(refused, "{did}: {operation}: {}", answer.text());
            }
            ensure!(
                resolve(&client, did).await? == 410,
                "{did} is not deactivated"
            );
        }
        ensure!(
            feed(&client, "testnet").await? == before,
            "something was accepted"
        );
        Ok(())
    }

    /// Every receipt, those of earlier checkpoints too, verifies without any server.
    fn check_receipts(&self) -> Result<()> {
        for kept in self.list("receipts").iter().chain(self.list("earlier")) {
            let verdict = self.verify(text(kept, "did"), text(kept, "receipt"))?;
            ensure!(verdict["proven"] == true, "{verdict}");
            ensure!(verdict["status"] == kept["status"], "{verdict}");
        }
        Ok(())
    }

    fn verify(&self, did: &str, receipt: &str) -> Result<Value> {
        let policies = &self.answers["policies"][did.split(':').nth(2).unwrap()];
        for (name, content) in [
            ("receipt", receipt),
            ("policy", text(policies, "policy")),
            ("bounds", text(policies, "bounds")),
        ] {
            fs::write(self.path(name), content)?;
        }
        let arguments = [
            "verify", "receipt", "--policy", "policy", "--bounds", "bounds", "--json",
        ];
        Ok(serde_json::from_slice(&self.place.run(&arguments)?.stdout)?)
    }

    /// Everything, in an order in which nothing changes what comes later.
    async fn check(&self) -> Result<()> {
        self.check_files()?;
        let server = self.start()?;
        self.check_answers(&server).await?;
        self.check_resources(&server).await?;
        self.check_accounts(&server).await?;
        self.check_finality(&server).await?;
        self.check_ceremonies(&server).await?;
        self.check_vault(&server).await?;
        server.stop()?;
        self.run(&["ledger", "verify"])?;
        self.run(&["audit", "verify"])?;
        Ok(())
    }
}

#[tokio::test]
async fn the_directory_opens_and_everything_is_as_it_was_left() {
    Old::left().check().await.unwrap();
}

#[tokio::test]
async fn the_index_is_made_anew_where_it_is_missing() {
    let old = Old::left();
    for network in ["testnet", "mainnet"] {
        fs::remove_file(old.path(&format!("data/ledger/{network}/index.redb"))).unwrap();
    }
    let server = old.start().unwrap();
    old.check_answers(&server).await.unwrap();
    server.stop().unwrap();
    old.check_files().unwrap();
}

#[tokio::test]
async fn the_backup_is_restored_beside_the_guard_and_is_the_same() {
    let old = Old::with(&["data.guard", "backup"]);
    old.run(&["restore", "--from", "backup"]).unwrap();
    old.check().await.unwrap();
}

#[tokio::test]
async fn the_backup_is_restored_where_nothing_else_is_left() {
    let old = Old::with(&["backup"]);
    old.run(&["restore", "--from", "backup"]).unwrap();
    old.check().await.unwrap();
}

#[test]
fn every_receipt_of_then_verifies_without_a_server() {
    Old::with(&[]).check_receipts().unwrap();
}

#[test]
fn a_changed_letter_in_a_receipt_is_noticed() {
    let mut old = Old::with(&[]);
    old.check_receipts().unwrap();
    let receipt = text(&old.answers["receipts"][0], "receipt").replacen(
        "\"methods\":[{",
        "\"methods\":[ {",
        1,
    );
    old.answers["receipts"][0]["receipt"] = receipt.into();
    assert!(old.check_receipts().is_err());
}

#[tokio::test]
async fn another_answer_than_that_of_then_is_noticed() {
    let mut old = Old::left();
    let server = old.start().unwrap();
    for (list, member) in [("receipts", "receipt"), ("same", "answer")] {
        let kept = old.answers[list][1][member].take();
        old.answers[list][1][member] = format!("{} ", kept.as_str().unwrap()).into();
        assert!(old.check_answers(&server).await.is_err(), "{list}");
        old.answers[list][1][member] = kept;
    }
    old.answers["resolutions"][0]["status"] = 200.into();
    assert!(old.check_answers(&server).await.is_err());
}

#[test]
fn a_flipped_byte_in_any_file_is_noticed() {
    let segment = "data/ledger/testnet/segment-00000000.log";
    let in_the_store = b"ben@example.org";
    for (file, needle) in [
        (segment, b"00000010-0000-4000".as_slice()),
        (
            "data/ledger/mainnet/segment-00000000.log",
            b"0000001a-0000-4000",
        ),
        ("data/atropos.sqlite", in_the_store),
        (
            "backup/ledger/testnet/segment-00000000.log",
            b"00000010-0000-4000",
        ),
        ("backup/root.key", &[]),
    ] {
        let parts: &[&str] = if file.starts_with("backup") {
            &["backup"]
        } else {
            &["data", "data.guard", "data.keys"]
        };
        let old = Old::with(parts);
        flip_at(&old.path(file), needle);
        if file.starts_with("backup") {
            assert!(old.run(&["restore", "--from", "backup"]).is_err(), "{file}");
        } else {
            assert!(old.check_files().is_err(), "{file}");
        }
    }
}

#[test]
fn another_key_file_opens_nothing() {
    let old = Old::left();
    flip_at(&old.path("data.keys/root.key"), &[]);
    assert!(old.start().is_err());
}

/// Changes a bit of the first byte of every place where the needle is found.
fn flip_at(path: &Path, needle: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let length = needle.len().max(1);
    let found: Vec<usize> = (0..bytes.len() - length)
        .filter(|at| bytes[*at..].starts_with(needle))
        .take(if needle.is_empty() { 1 } else { usize::MAX })
        .collect();
    assert!(!found.is_empty(), "{} does not hold it", path.display());
    for at in found {
        bytes[at] ^= 1;
    }
    fs::write(path, bytes).unwrap();
}

async fn same(client: &Client, path: &str, kept: &str) -> Result<()> {
    let answer = client.with_key(None).get(path).await?;
    ensure!(
        answer.body == kept.as_bytes(),
        "{path}: {} {}",
        answer.status,
        answer.text()
    );
    Ok(())
}

async fn feed(client: &Client, network: &str) -> Result<Value> {
    let path = format!("/v1/feed?network={network}&limit=1000");
    Ok(client.get(&path).await?.json()?["entries"].take())
}

async fn resolve(client: &Client, did: &str) -> Result<u16> {
    Ok(client.get(&format!("/1.0/identifiers/{did}")).await?.status)
}

/// A resolution without the time at which it was asked for.
fn without_the_hour(mut resolution: Value) -> Value {
    resolution["didResolutionMetadata"]["retrieved"].take();
    resolution
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/data-0.1.0")
        .join(name)
}
