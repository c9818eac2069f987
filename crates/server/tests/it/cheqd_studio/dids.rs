//! The `/did/*` routes over a real ledger, store and keystore, without a socket.

use access::TenantId;
use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};

use crate::support::{self, send};

const PARAMETERS: &str = "network=testnet&verificationMethodType=Ed25519VerificationKey2020";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A server with two accounts.
struct Server {
    server: support::Server,
    ours: (TenantId, String),
    theirs: (TenantId, String),
}

impl Server {
    async fn start() -> Server {
        let server =
            support::Server::start_with(&[("ATROPOS_LEDGER_ORIGIN", "test.example")]).await;
        Server {
            ours: server.another_account("ours").await,
            theirs: server.another_account("theirs").await,
            server,
        }
    }

    async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> (u16, Value) {
        self.post_as(&self.ours.1, path, content_type, body).await
    }

    async fn post_as(
        &self,
        key: &str,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> (u16, Value) {
        let request = Request::post(path)
            .header("x-api-key", key)
            .header("content-type", content_type);
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let request = Request::get(path).header("x-api-key", &self.ours.1);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn send(&self, request: Request) -> (u16, Value) {
        let answer = send(&self.server.router, request).await;
        (answer.status, answer.json())
    }

    async fn create(&self) -> Value {
        let (status, made) = self.post("/did/create", FORM, PARAMETERS).await;
        assert_eq!(status, 200, "{made}");
        made
    }

    /// A DID with two keys of this account, and their public keys.
    async fn create_with_two_keys(&self) -> (String, [String; 2]) {
        let did = format!("did:cheqd:testnet:{}", uuid::Uuid::new_v4());
        let (mut kids, mut methods) = (Vec::new(), Vec::new());
        for number in 1..=2 {
            let algorithm = keystore::CustodialAlgorithm::Ed25519;
            let keystore = &self.server.app.keystore;
            let key = keystore
                .generate(self.ours.0.as_str(), algorithm, None)
                .await
                .unwrap();
            let material = did::MethodType::Ed25519VerificationKey2020
                .encode(&key.public_key)
                .unwrap();
            methods.push(json!({
                "id": format!("{did}#key-{number}"), "type": "Ed25519VerificationKey2020", "controller": did,
                "publicKeyMultibase": material,
            }));
            kids.push(key.kid);
        }
        let document = json!({"id": did, "controller": [did], "verificationMethod": methods});
        let options = json!({"verificationMethodType": "Ed25519VerificationKey2020"});
        let body = json!({"didDocument": document, "options": options}).to_string();
        let (status, made) = self.post("/did/create", JSON, body).await;
        assert_eq!(status, 200, "{made}");
        (did, kids.try_into().unwrap())
    }
}

#[tokio::test]
async fn a_created_did_has_equal_lists_of_keys_and_is_listed() {
    let server = Server::start().await;
    let made = server.create().await;
    let did = made["did"].as_str().unwrap();
    for list in ["keys", "controllerKeys", "controllerKeyRefs"] {
        assert_eq!(made[list].as_array().unwrap().len(), 1, "{made}");
    }
    assert_eq!(made["controllerKeyId"], made["keys"][0]["publicKeyHex"]);
    assert_eq!(made["controllerKeys"][0]["controller"], did);
    assert_eq!(made["provider"], "did:cheqd:testnet");
    let listed = json!({"total": 1, "dids": [did]});
    assert_eq!(server.get("/did/list?network=testnet").await, (200, listed));
    let (status, found) = server.get(&format!("/did/search/{did}")).await;
    assert_eq!((status, &found["didDocument"]["id"]), (200, &made["did"]));
}

#[tokio::test]
async fn an_end_needs_every_key_and_is_final() {
    let server = Server::start().await;
    let (did, [first, second]) = server.create_with_two_keys().await;
    let path = format!("/did/deactivate/{did}");

    let (status, refused) = server
        .post(&path, FORM, format!("publicKeyHexs={first}"))
        .await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (400, Some("incomplete_signature_set"))
    );
    assert_eq!(refused["missing"], json!([format!("{did}#key-2")]));
    assert_eq!(
        (&refused["invalid"], &refused["unexpected"]),
        (&json!([]), &json!([]))
    );

    let body = json!({"publicKeyHexs": [first, second]}).to_string();
    let (status, ended) = server.post(&path, JSON, body).await;
    assert_eq!(status, 200, "{ended}");
    assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
    assert_eq!(
        ended["didDocumentMetadata"]["linkedResourceMetadata"],
        json!([])
    );
    assert_eq!(
        ended["didResolutionMetadata"],
        ended["didDidResolutionMetadata"]
    );
    assert_eq!(ended["didDocument"]["id"], did);

    let (status, again) = server.post(&path, FORM, "").await;
    assert_eq!(
        (status, &again["didDocumentMetadata"]),
        (200, &ended["didDocumentMetadata"])
    );
    let body = json!({"didDocument": ended["didDocument"]}).to_string();
    assert_eq!(server.post("/did/update", JSON, body).await.0, 400);
    let body = json!({"did": did, "authentication": []}).to_string();
    let (status, refused) = server.post("/did/update", JSON, body).await;
    let text = format!("{did} is either Deactivated or Not found");
    assert_eq!(
        (status, refused["error"].as_str()),
        (400, Some(text.as_str()))
    );
}

#[tokio::test]
async fn another_account_learns_nothing_and_ends_nothing() {
    let server = Server::start().await;
    let made = server.create().await;
    let did = made["did"].as_str().unwrap();
    let unknown = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    let mut texts = Vec::new();
    for did in [did, unknown] {
        let path = format!("/did/deactivate/{did}");
        let (status, refused) = server.post_as(&server.theirs.1, &path, JSON, "{}").await;
        assert_eq!(status, 400);
        texts.push(refused["error"].as_str().unwrap().replace(did, ""));
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(
        server
            .post_as("unknown", &format!("/did/deactivate/{did}"), JSON, "{}")
            .await
            .0,
        401
    );
    let (_, found) = server.get(&format!("/did/search/{did}")).await;
    assert_eq!(found["didDocumentMetadata"].get("deactivated"), None);
}

#[tokio::test]
async fn sections_of_a_document_are_updated() {
    let server = Server::start().await;
    let made = server.create().await;
    let did = made["did"].as_str().unwrap();
    let endpoint = ["https://a.example"];
    let service = json!([{"id": format!("{did}#site"), "type": "LinkedDomains", "serviceEndpoint": endpoint}]);
    let body = json!({"did": did, "service": service}).to_string();
    let (status, updated) = server.post("/did/update", JSON, body).await;
    assert_eq!(
        (status, &updated["provider"]),
        (200, &json!("cheqd")),
        "{updated}"
    );
    assert_eq!(
        updated["services"][0]["serviceEndpoint"],
        json!(["https://a.example"])
    );
    assert_eq!(updated["keys"], made["keys"]);
}

#[tokio::test]
async fn an_import_of_a_did_of_elsewhere_is_refused() {
    let server = Server::start().await;
    let key = json!({"privateKeyHex": "11".repeat(32), "type": "Ed25519", "encrypted": false});
    let did = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    let (status, refused) = server
        .post(
            "/did/import",
            JSON,
            json!({"did": did, "keys": [key]}).to_string(),
        )
        .await;
    assert_eq!(status, 400);
    let text = refused["error"].as_str().unwrap();
    assert!(
        text.starts_with("Invalid request: Invalid did document for did:cheqd:"),
        "{text}"
    );
    assert!(text.contains("test.example/testnet"), "{text}");
}

#[tokio::test]
async fn the_description_has_the_published_texts_of_the_deactivation() {
    let server = Server::start().await;
    let (_, description) = server.get("/openapi.json").await;
    let operation = &description["paths"]["/did/deactivate/{did}"]["post"];
    assert_eq!(operation["summary"], "Deactivate a DID Document.");
    let start = "This endpoint deactivates a DID Document by taking the DID identifier as input. Must be called and";
    assert!(
        operation["description"]
            .as_str()
            .unwrap()
            .replace('\n', " ")
            .starts_with(start)
    );
    for content_type in [JSON, FORM] {
        let schema = &operation["requestBody"]["content"][content_type]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/DidDeactivateRequest");
    }
    let schema = &operation["responses"]["200"]["content"][JSON]["schema"]["$ref"];
    assert_eq!(schema, "#/components/schemas/DeactivatedDidResolution");
    let name = "cheqd_studio_400";
    assert_eq!(
        operation["responses"]["400"]["$ref"],
        format!("#/components/responses/{name}")
    );
    assert_eq!(
        description["components"]["responses"][name]["content"][JSON]["schema"]["$ref"],
        "#/components/schemas/InvalidRequest"
    );
    for path in ["/did/create", "/did/update", "/did/import"] {
        assert!(description["paths"][path]["post"].is_object(), "{path}");
    }
    assert!(description["paths"]["/did/list"]["get"].is_object());
}
