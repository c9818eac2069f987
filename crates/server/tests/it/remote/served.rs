//! A whole server over a network that others keep.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use atropos::start::router::router;
use atropos::start::start;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use did::Operation;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::world::{CHAIN_ID, Subject, World, config};
use crate::support::Folder;

struct Server {
    router: Router,
    key: String,
    _folder: Folder,
}

impl Server {
    async fn start(world: &World) -> Server {
        let folder = Folder::new().unwrap();
        let phrase = folder.path().join("payer");
        fs::write(&phrase, super::world::phrase()).unwrap();
        fs::set_permissions(&phrase, fs::Permissions::from_mode(0o600)).unwrap();
        let text = format!(
            "networks = []\n[cheqd.testnet]\nchain_id = '{CHAIN_ID}'\nnodes = ['{}']\npayer_file = '{}'\n\
             poll_ms = 30\ntimeout_blocks = 1000\nblock_age_max_s = 0\n",
            world.url,
            phrase.display()
        );
        let started = start(&config(folder.path(), &text)).await.unwrap();
        Server {
            router: router(started.app),
            key: started.first_key.unwrap().secret.reveal().to_owned(),
            _folder: folder,
        }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let json = "application/json";
        self.send(method, path, json, body.to_owned().into()).await
    }

    /// Submits a message that is signed already.
    async fn submit(&self, kind: &str, operation: &Operation) -> (u16, Value) {
        let path = format!("/v1/operations?type={kind}");
        let body = operation.to_message_bytes().into();
        self.send("POST", &path, "application/protobuf", body).await
    }

    async fn send(&self, method: &str, path: &str, media_type: &str, body: Body) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", &self.key)
            .header("content-type", media_type)
            .body(body)
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dids_are_made_resolved_and_ended_there() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let wanted = json!({
        "network": "testnet",
        "identifierFormatType": "uuid",
        "verificationMethodType": "Ed25519VerificationKey2020",
    });
    let (status, made) = server.ask("POST", "/did/create", &wanted.to_string()).await;
    assert_eq!(status, 200, "{made}");
    let did = made["did"].as_str().unwrap().to_owned();
    let on_network = world.network.latest(&did.parse().unwrap()).unwrap();
    assert!(!on_network.unwrap().deactivated);

    let path = format!("/1.0/identifiers/{did}");
    let (status, resolved) = server.ask("GET", &path, "").await;
    assert_eq!(
        (status, &resolved["didDocument"]["id"]),
        (200, &Value::from(did.clone()))
    );
    let (_, listed) = server.ask("GET", "/did/list", "").await;
    assert!(listed.to_string().contains(&did), "{listed}");

    let subject = Subject::new(1);
    let create = subject.create();
    let (status, created) = server.submit("create", &create).await;
    assert_eq!(status, 200, "{created}");
    let one = &created["operations"][0];
    assert_eq!(one["transactionHash"].as_str().unwrap().len(), 64);
    assert!(one["blockHeight"].as_u64().unwrap() > 0);
    assert!(one.get("logIndex").is_none() && created.get("checkpoint").is_none());

    // The rules here ask for every key before anything is paid for; the network would take less.
    let (status, refused) = server.submit("deactivate", &subject.end_unsigned()).await;
    assert_eq!((status, &refused["code"]), (400, &1101.into()), "{refused}");
    assert_eq!(refused["missing"][0], format!("{}#key-1", subject.did));
    let end = subject.end();
    let (status, ended) = server.submit("deactivate", &end).await;
    assert_eq!(status, 200, "{ended}");
    let (status, again) = server.submit("deactivate", &end).await;
    assert_eq!((status, &again), (200, &ended));
    let path = format!("/1.0/identifiers/{}", subject.did);
    let (status, resolved) = server.ask("GET", &path, "").await;
    assert_eq!(status, 410, "{resolved}");
    assert_eq!(resolved["didDocumentMetadata"]["deactivated"], true);
    assert_eq!(world.versions(&subject.did), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_log_says_that_there_is_none_and_health_says_how_the_network_is() {
    let world = World::start().await;
    let server = Server::start(&world).await;
    let did = "did:cheqd:testnet:00000000-0000-4000-8000-00000000ffff";
    for path in [
        format!("/v1/receipts/{did}"),
        format!("/v1/status/{did}"),
        "/log/testnet/checkpoint".to_owned(),
        "/v1/feed?network=testnet".to_owned(),
        "/v1/status-list/testnet".to_owned(),
        format!("/v1/exports/{did}"),
    ] {
        let (status, answer) = server.ask("GET", &path, "").await;
        assert!((400..500).contains(&status), "{path}: {status} {answer}");
        let text = answer.to_string();
        assert!(text.contains("keeps no log here"), "{path}: {text}");
    }
    let (_, health) = server.ask("GET", "/health", "").await;
    assert_eq!(
        (&health["status"], &health["networks"][0]["state"]),
        (&"ok".into(), &"ok".into())
    );
    assert!(health["networks"][0].get("size").is_none());

    world.node.set_down(true);
    let (status, answer) = server
        .ask("GET", &format!("/1.0/identifiers/{did}"), "")
        .await;
    assert_eq!(status, 503, "{answer}");
    let (status, health) = server.ask("GET", "/health", "").await;
    assert_eq!((status, &health["status"]), (200, &"unreachable".into()));
}
