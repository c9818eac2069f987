//! `atropos demo`: the life of a DID, shown with requests that go to a server in this process.

use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use ledger::Embedded;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::ledger::verified;
use crate::config::{Config, Network, Places, Sources};
use crate::output::line;
use crate::start::router::router;
use crate::start::{Started, options_of, start};

/// The types of the three verification methods.
const METHOD_TYPES: [&str; 3] = [
    "Ed25519VerificationKey2020",
    "Ed25519VerificationKey2018",
    "JsonWebKey2020",
];
const NETWORK: Network = Network::Testnet;

pub(super) async fn run() -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("cannot make a temporary directory")?;
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let config = Sources::default()
        .with("data", &data)
        .config(&Places::default())?;
    let Started { app, first_key } = start(&config).await?;
    let api_key = first_key.context("the first start made no API key")?;
    line(
        "A server in a temporary directory: one ledger, one tenant, one API key. Nothing leaves this machine.",
    )?;
    let demo = Demo {
        router: router(app),
        api_key: api_key.secret.reveal().to_owned(),
    };
    let shown = demo.show().await;
    drop(demo);
    shown?;

    line(
        "\n8. An auditor replays the log from its first entry, with every rule and every signature.\n",
    )?;
    let report = audit(&config).await?;
    for text in verified(NETWORK, &report).lines() {
        line(format!("   {text}"))?;
    }
    folder
        .close()
        .context("cannot remove the temporary directory")?;
    Ok(line("\nThe temporary directory is removed.")?)
}

/// The ledger closes with its last handle, which a connection of the router may keep a moment longer.
async fn audit(config: &Config) -> anyhow::Result<ledger::Report> {
    let options = options_of(&config.settings, NETWORK);
    let mut attempts = 50;
    loop {
        match Embedded::verify(&options) {
            Err(ledger::VerifyError::Open(ledger::OpenError::InUse(_))) if attempts > 0 => {
                attempts -= 1;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            result => return Ok(result?),
        }
    }
}

struct Demo {
    router: Router,
    api_key: String,
}

impl Demo {
    async fn show(&self) -> anyhow::Result<()> {
        line("\n1. Three custodial keys, created by the server.\n")?;
        let mut keys = Vec::new();
        for _ in METHOD_TYPES {
            let answer = self
                .call(Method::POST, "/key/create", None, StatusCode::OK)
                .await?;
            let kid = answer["kid"]
                .as_str()
                .context("a key without id")?
                .to_owned();
            line(format!("   key {kid}"))?;
            keys.push(kid);
        }
        let did = format!("did:cheqd:{NETWORK}:{}", uuid::Uuid::new_v4());
        line(
            "\n2. A DID whose document lists all three, each as a different type of verification method.\n",
        )?;
        let document = self.document(&did, &keys).await?;
        let options = json!({"verificationMethodType": METHOD_TYPES[0]});
        let body = json!({"didDocument": document, "options": options});
        self.call(Method::POST, "/did/create", Some(body), StatusCode::OK)
            .await?;
        line(format!("   {did}"))?;
        self.deactivate(&did, &keys).await?;
        self.after(&did, &keys, document).await
    }

    async fn document(&self, did: &str, keys: &[String]) -> anyhow::Result<Value> {
        let mut methods = Vec::new();
        for (number, (kid, method_type)) in (1..).zip(keys.iter().zip(METHOD_TYPES)) {
            let path = format!(
                "/key/{kid}/verification-method?verificationMethodType={method_type}&id=key-{number}&controller={did}"
            );
            methods.push(self.call(Method::GET, &path, None, StatusCode::OK).await?);
        }
        Ok(json!({
            "@context": ["https://www.w3.org/ns/did/v1"],
            "id": did,
            "controller": [did],
            "verificationMethod": methods,
            "authentication": [format!("{did}#key-1")],
        }))
    }

    async fn deactivate(&self, did: &str, keys: &[String]) -> anyhow::Result<()> {
        let path = format!("/did/deactivate/{did}");
        line("\n3. Deactivate, signed by two of the three: refused. The DID stays as it is.\n")?;
        let two = json!({"publicKeyHexs": &keys[..2]});
        let refused = self
            .call(Method::POST, &path, Some(two), StatusCode::BAD_REQUEST)
            .await?;
        line(format!("   error   {}", text(&refused["error"])))?;
        for missing in refused["missing"].as_array().into_iter().flatten() {
            line(format!("   missing {}", text(missing)))?;
        }
        self.resolve(did, StatusCode::OK).await?;

        line("\n4. Deactivate, signed by all three: accepted, and on disk.\n")?;
        let all = json!({"publicKeyHexs": keys});
        let deactivated = self
            .call(Method::POST, &path, Some(all), StatusCode::OK)
            .await?;
        line(format!(
            "   didDocumentMetadata {}",
            deactivated["didDocumentMetadata"]
        ))?;

        line("\n5. Every resolver request now reports it.\n")?;
        let resolved = self.resolve(did, StatusCode::GONE).await?;
        ensure!(
            resolved["didDocumentMetadata"]["deactivated"] == true,
            "the resolver does not report the deactivation"
        );
        line(format!(
            "   didDocument         {}",
            resolved["didDocument"]
        ))?;
        line(format!(
            "   didDocumentMetadata {}",
            resolved["didDocumentMetadata"]
        ))?;
        let same = resolved["didDocumentMetadata"]["versionId"]
            == deactivated["didDocumentMetadata"]["versionId"];
        ensure!(same, "the resolver shows another version");
        Ok(())
    }

    async fn after(&self, did: &str, keys: &[String], document: Value) -> anyhow::Result<()> {
        line("\n6. Deactivate once more: the same answer, and nothing new in the log.\n")?;
        let before = self.log_size().await?;
        let body = json!({"publicKeyHexs": keys});
        self.call(
            Method::POST,
            &format!("/did/deactivate/{did}"),
            Some(body),
            StatusCode::OK,
        )
        .await?;
        let after = self.log_size().await?;
        ensure!(before == after, "the repeated request was written");
        line(format!(
            "   entries in the log: {before} before, {after} after"
        ))?;

        line("\n7. Try to bring it back with an update, signed by all three: refused, forever.\n")?;
        let body = json!({"didDocument": document});
        let refused = self
            .call(
                Method::POST,
                "/did/update",
                Some(body),
                StatusCode::BAD_REQUEST,
            )
            .await?;
        Ok(line(format!("   error   {}", text(&refused["error"])))?)
    }

    async fn resolve(&self, did: &str, expected: StatusCode) -> anyhow::Result<Value> {
        self.call(
            Method::GET,
            &format!("/1.0/identifiers/{did}"),
            None,
            expected,
        )
        .await
    }

    async fn log_size(&self) -> anyhow::Result<Value> {
        let health = self.send(Method::GET, "/health", None).await?.1;
        Ok(health["networks"][0]["size"].clone())
    }

    /// Sends a request, shows it with its status, and insists on that status.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        expected: StatusCode,
    ) -> anyhow::Result<Value> {
        let (status, answer) = self.send(method.clone(), path, body).await?;
        line(format!(
            "   {method} {} -> {}",
            path.split('?').next().unwrap_or(path),
            status.as_u16()
        ))?;
        ensure!(status == expected, "expected {expected}: {answer}");
        Ok(answer)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", &self.api_key);
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request?).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok((status, serde_json::from_slice(&bytes)?))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
