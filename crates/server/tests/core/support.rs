//! A whole server in a temporary directory, without a socket, and somebody who signs for themselves.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

use atropos::app::App;
use atropos::config::{Config, Layer, Places, from_environment};
use atropos::start::{StartError, Started, start};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use did::proto::resource::MsgCreateResourcePayload;
use did::proto::{
    MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload, SignInfo,
    VerificationMethod,
};
use ed25519_dalek::{Signer, SigningKey};
use http_body_util::BodyExt;
use prost::Message;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
}

pub async fn send(router: &Router, request: Request) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

pub async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// A configuration of a data directory in `folder`, with further settings as environment variables.
pub fn config(folder: &TempDir, settings: &[(&str, &str)]) -> Config {
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let settings = settings
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    let environment = settings.chain([("ATROPOS_DATA".to_owned(), data)]);
    let environment = from_environment(environment).unwrap();
    let places = Places {
        xdg_data_home: None,
        home: None,
    };
    Config::resolve(Layer::default(), environment, Layer::default(), &places).unwrap()
}

pub async fn start_in(folder: &TempDir, settings: &[(&str, &str)]) -> Result<Started, StartError> {
    // The files of a server that has just ended are let go by its threads a moment later.
    for _ in 0..200 {
        match start(&config(folder, settings)).await {
            Err(StartError::Open {
                source: ledger::OpenError::InUse(_),
                ..
            }) => {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            result => return result,
        }
    }
    panic!("the ledger stays in use")
}

pub struct Server {
    pub router: Router,
    pub app: App,
    pub key: String,
    pub folder: TempDir,
}

impl Server {
    pub async fn start() -> Server {
        Server::start_with(&[]).await
    }

    /// With further settings as environment variables.
    pub async fn start_with(settings: &[(&str, &str)]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let Started { app, first_key } = start_in(&folder, settings).await.unwrap();
        let key = first_key.unwrap().secret.reveal().to_owned();
        Server {
            router: atropos::start::router::router(app.clone()),
            app,
            key,
            folder,
        }
    }

    /// Sends with the first API key.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", &self.key);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        send(&self.router, request.unwrap()).await
    }

    /// `POST /v1/operations`, without any key.
    pub async fn submit(&self, body: impl Into<Body>) -> Answer {
        self.submit_as("application/json", "/v1/operations", body)
            .await
    }

    pub async fn submit_as(&self, content_type: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path)
            .header("content-type", content_type)
            .body(body.into())
            .unwrap();
        send(&self.router, request).await
    }

    pub async fn resolve(&self, path: &str, accept: Option<&str>) -> Answer {
        let request = Request::get(format!("/1.0/identifiers/{path}"));
        let request = match accept {
            Some(accept) => request.header("accept", accept),
            None => request,
        };
        send(&self.router, request.body(Body::empty()).unwrap()).await
    }
}

/// A DID whose keys are held outside of the server.
pub struct Wallet {
    pub did: String,
    keys: Vec<SigningKey>,
}

impl Wallet {
    pub fn new(id: u8, keys: u8) -> Wallet {
        Wallet {
            did: format!("did:cheqd:testnet:00000000-0000-4000-8000-0000000000{id:02x}"),
            keys: (1..=keys)
                .map(|key| SigningKey::from_bytes(&[id, key].repeat(16).try_into().unwrap()))
                .collect(),
        }
    }

    pub fn method(&self, number: usize) -> String {
        format!("{}#key-{number}", self.did)
    }

    pub fn version_id(&self, version: u8) -> String {
        format!("{version:08x}-0000-4000-8000-0000000000ff")
    }

    pub fn document(&self, version: u8) -> MsgCreateDidDocPayload {
        let methods = (1..).zip(&self.keys).map(|(number, key)| {
            let multicodec = [&[0xed, 0x01], key.verifying_key().as_bytes().as_slice()].concat();
            VerificationMethod {
                id: self.method(number),
                verification_method_type: "Ed25519VerificationKey2020".into(),
                controller: self.did.clone(),
                verification_material: format!("z{}", bs58::encode(multicodec).into_string()),
            }
        });
        MsgCreateDidDocPayload {
            id: self.did.clone(),
            controller: vec![self.did.clone()],
            verification_method: methods.collect(),
            authentication: vec![self.method(1)],
            version_id: self.version_id(version),
            ..MsgCreateDidDocPayload::default()
        }
    }

    pub fn signatures(&self, payload: &impl Message, signers: &[usize]) -> Vec<SignInfo> {
        let payload = payload.encode_to_vec();
        let sign = |number: &usize| SignInfo {
            verification_method_id: self.method(*number),
            signature: self.keys[number - 1].sign(&payload).to_bytes().to_vec(),
        };
        signers.iter().map(sign).collect()
    }

    /// The create message as JSON, signed by key 1.
    pub fn create(&self) -> Value {
        let document = self.document(1);
        let signatures = json_signatures(&self.signatures(&document, &[1]));
        let methods = document.verification_method.iter().map(|method| {
            json!({
                "id": method.id, "verification_method_type": method.verification_method_type,
                "controller": method.controller, "verification_material": method.verification_material,
            })
        });
        json!({
            "@type": "/cheqd.did.v2.MsgCreateDidDoc",
            "payload": {
                "id": document.id, "controller": document.controller, "authentication": document.authentication,
                "verification_method": methods.collect::<Vec<_>>(), "version_id": document.version_id,
            },
            "signatures": signatures,
        })
    }

    /// A message that creates a resource of this number, signed by these keys.
    pub fn resource(&self, number: u8, data: &[u8], signers: &[usize]) -> Value {
        use base64::Engine;
        let payload = MsgCreateResourcePayload {
            data: data.to_vec(),
            collection_id: self.did.rsplit(':').next().unwrap().into(),
            id: format!("{number:08x}-0000-4000-a000-000000000000"),
            name: "name".into(),
            resource_type: "Type".into(),
            ..MsgCreateResourcePayload::default()
        };
        let signatures = json_signatures(&self.signatures(&payload, signers));
        json!({
            "@type": "/cheqd.resource.v2.MsgCreateResource",
            "payload": {
                "data": base64::engine::general_purpose::STANDARD.encode(data),
                "collection_id": payload.collection_id, "id": payload.id, "name": payload.name,
                "resource_type": payload.resource_type,
            },
            "signatures": signatures,
        })
    }

    /// The deactivate message, signed by these keys.
    pub fn deactivate(&self, signers: &[usize]) -> MsgDeactivateDidDoc {
        let payload = MsgDeactivateDidDocPayload {
            id: self.did.clone(),
            version_id: self.version_id(2),
        };
        let signatures = self.signatures(&payload, signers);
        MsgDeactivateDidDoc {
            payload: Some(payload),
            signatures,
        }
    }

    /// The same as JSON.
    pub fn deactivate_json(&self, signers: &[usize]) -> Value {
        let message = self.deactivate(signers);
        json!({
            "@type": "/cheqd.did.v2.MsgDeactivateDidDoc",
            "payload": {"id": self.did, "version_id": self.version_id(2)},
            "signatures": json_signatures(&message.signatures),
        })
    }
}

fn json_signatures(signatures: &[SignInfo]) -> Vec<Value> {
    use base64::Engine;
    let text = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let one = |info: &SignInfo| {
        let signature = text(&info.signature);
        json!({"verification_method_id": info.verification_method_id, "signature": signature})
    };
    signatures.iter().map(one).collect()
}
