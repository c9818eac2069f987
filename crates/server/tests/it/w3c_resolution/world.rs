//! A DID with everything that can be asked for, and ways to ask.

use axum::body::Body;
use axum::extract::Request;
use did::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    Service,
};
use prost::Message;
use serde_json::{Value, json};

use crate::support::{Answer, Server, Wallet, send};

pub const RESULT: &str = "application/did-resolution";
pub const DEREFERENCING: &str = "application/did-url-dereferencing";
pub const DOCUMENT: &str = "application/did";
pub const LEGACY_RESULT: &str = "application/ld+json;profile=\"https://w3id.org/did-resolution\"";
pub const LEGACY_DEREFERENCING: &str =
    "application/ld+json;profile=\"https://w3id.org/did-url-dereferencing\"";

/// A server with one DID: two keys, one more inside `assertionMethod`, three services, and two versions.
pub struct World {
    pub server: Server,
    pub wallet: Wallet,
}

impl World {
    pub async fn new() -> World {
        World::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> World {
        let server = Server::start_with(settings).await;
        let wallet = Wallet::new(0xab, 2);
        let world = World { server, wallet };
        world.write("create", world.payload(1)).await;
        let mut second = world.payload(2);
        second.also_known_as = vec!["https://example.com".into()];
        world.write("update", second).await;
        world
    }

    fn payload(&self, version: u8) -> MsgCreateDidDocPayload {
        let mut payload = self.wallet.document(version);
        let id = |fragment: &str| format!("{}#{fragment}", self.wallet.did);
        let embedded = json!({
            "id": id("bbs"), "type": "Bls12381G2Key2020", "controller": self.wallet.did,
            "publicKeyBase58": "x",
        });
        payload.context = vec!["https://www.w3.org/ns/did/v1".into()];
        payload.assertion_method = vec![json!(embedded.to_string()).to_string()];
        payload.service = [
            ("files", "Files", "https://files.example/base/"),
            ("site", "LinkedDomains", "https://site.example/a?b#c"),
            ("chat", "Chat", "no url"),
        ]
        .map(|(fragment, service_type, endpoint)| Service {
            id: id(fragment),
            service_type: service_type.into(),
            service_endpoint: vec![endpoint.into()],
            ..Service::default()
        })
        .into();
        payload
    }

    async fn write(&self, kind: &str, payload: MsgCreateDidDocPayload) {
        let signatures = self.wallet.signatures(&payload, &[1]);
        let message = MsgCreateDidDoc {
            payload: Some(payload),
            signatures,
        };
        self.submit(kind, message.encode_to_vec()).await;
    }

    /// Ends the DID.
    pub async fn end(&self) {
        let payload = MsgDeactivateDidDocPayload {
            id: self.wallet.did.clone(),
            version_id: self.version(3),
        };
        let signatures = self.wallet.signatures(&payload, &[1, 2]);
        let message = MsgDeactivateDidDoc {
            payload: Some(payload),
            signatures,
        };
        self.submit("deactivate", message.encode_to_vec()).await;
    }

    async fn submit(&self, kind: &str, message: Vec<u8>) {
        let path = format!("/v1/operations?type={kind}");
        let answer = self
            .server
            .submit_as("application/protobuf", &path, message)
            .await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(matches!(answer.status, 200 | 201), "{kind}: {text}");
    }

    /// The id of a version: 1 and 2, and 3 for the end.
    pub fn version(&self, number: u8) -> String {
        self.wallet.version_id(number)
    }

    /// Asks with the DID not encoded: what follows belongs to the DID URL.
    pub async fn get(&self, after: &str, accept: Option<&str>) -> Answer {
        let path = format!("{}{after}", self.wallet.did);
        self.server.resolve(&path, accept).await
    }

    /// Asks with the DID encoded: a query are options.
    pub async fn get_encoded(&self, after: &str, accept: Option<&str>) -> Answer {
        let path = format!("{}{after}", self.wallet.did.replace(':', "%3A"));
        self.server.resolve(&path, accept).await
    }

    /// Sends options in a body.
    pub async fn post(&self, after: &str, content_type: Option<&str>, body: &str) -> Answer {
        let path = format!("/1.0/identifiers/{}{after}", self.wallet.did);
        let request = Request::post(path);
        let request = match content_type {
            Some(content_type) => request.header("content-type", content_type),
            None => request,
        };
        let request = request.body(Body::from(body.to_owned())).unwrap();
        send(&self.server.router, request).await
    }
}

/// The name of the error in an answer of the standard's types, whichever function it is of.
pub fn error_of(answer: &Answer) -> String {
    let body = answer.json();
    let resolution = &body["didResolutionMetadata"]["error"]["type"];
    let dereferencing = &body["dereferencingMetadata"]["error"]["type"];
    let url = resolution.as_str().or(dereferencing.as_str());
    url.unwrap_or_default().to_owned()
}

/// What stands in an error besides its metadata.
pub fn without_metadata(answer: &Answer) -> Value {
    let mut body = answer.json();
    let members = body.as_object_mut().unwrap();
    members.remove("didResolutionMetadata");
    members.remove("dereferencingMetadata");
    body
}
