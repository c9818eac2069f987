//! A server with people in several roles, and receivers of webhooks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use access::{GivenKey, Role, TenantId, VerifyingKey};
use audit::Attribution;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::{Answer, Server, Wallet, send};

pub const INTEGRATION: &str = "servicenow-prod-001";
pub const CREDENTIALS: &str = "/api/v1/credentials";
pub const ADMIN: &str = "admin@rezolve.example";

pub struct Place {
    pub server: Server,
    pub tenant: TenantId,
    /// Sessions: of the integration admin, of a viewer, of an auditor.
    pub admin: String,
    pub viewer: String,
    pub auditor: String,
    pub admin_key: SigningKey,
}

impl Place {
    pub async fn new() -> Place {
        let settings = [
            ("ATROPOS_PUBLICATION_WEBHOOKS", "anywhere"),
            ("ATROPOS_PUBLICATION_INTERVAL_MS", "10"),
        ];
        let server = Server::start_with(&settings).await;
        let tenant = server
            .app
            .access
            .tenant_named("default")
            .unwrap()
            .unwrap()
            .id;
        let admin_key = SigningKey::from_bytes(&[7; 32]);
        let person = async |name: &str, key: &SigningKey, role| {
            let verifying = VerifyingKey::from_ed25519(key.verifying_key().as_bytes()).unwrap();
            let given = GivenKey {
                key: verifying,
                credential_id: None,
            };
            let (by, roles) = (Attribution::command_line(), [role]);
            let made = server
                .app
                .access
                .create_person(&tenant, (name, &roles), given, &by);
            made.await.unwrap().2.reveal().to_owned()
        };
        let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
        let admin = person(ADMIN, &admin_key, Role::IntegrationAdmin).await;
        let viewer = person("viewer", &key(8), Role::Viewer).await;
        let auditor = person("auditor", &key(9), Role::Auditor).await;
        Place {
            server,
            tenant,
            admin,
            viewer,
            auditor,
            admin_key,
        }
    }

    /// Sends as the integration admin for the own tenant.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.ask_as(&self.admin, method, path, body).await
    }

    pub async fn ask_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("x-tenantid", self.tenant.to_string()),
            ("accept", "application/json".to_owned()),
        ];
        self.send(method, path, &headers, body).await
    }

    /// Sends with these headers alone.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        send(&self.server.router, request.unwrap()).await
    }

    /// Stores a credential and answers with its id.
    pub async fn store(&self, name: &str, auth_type: &str, token: &str) -> String {
        let body = json!({
            "integrationId": INTEGRATION, "credentialName": name, "authType": auth_type, "accessToken": token,
        });
        let stored = self.ask(Method::POST, CREDENTIALS, Some(body)).await;
        assert_eq!(stored.status, 200, "{}", stored.json());
        stored.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    pub async fn delete(&self, id: &str) -> Answer {
        self.ask(Method::DELETE, &at(id), None).await
    }

    pub async fn webhook(&self, body: Value) -> Answer {
        self.ask(Method::POST, "/v1/webhooks", Some(body)).await
    }

    pub async fn shown_webhook(&self, id: &str) -> Value {
        let path = format!("/v1/webhooks/{id}");
        self.ask(Method::GET, &path, None).await.json()
    }

    /// Something happens that webhooks are told of.
    pub async fn create_did(&self, number: u8) {
        let message = Wallet::new(number, 1).create().to_string();
        let answer = self.server.submit(message).await;
        assert_eq!(answer.status, 200, "{}", answer.error());
    }

    /// Runs statements on the store's file from a second connection.
    pub fn sql(&self, statement: &str) {
        self.connection().execute_batch(statement).unwrap();
    }

    pub fn connection(&self) -> rusqlite::Connection {
        let data = self.server.folder.path().join("data");
        rusqlite::Connection::open(data.join(atropos::start::STORE_FILE)).unwrap()
    }

    pub fn audit_size(&self) -> u64 {
        self.server.app.access.audit().head().unwrap().size
    }
}

/// Where a credential is found.
pub fn at(id: &str) -> String {
    format!("{CREDENTIALS}/{INTEGRATION}/{id}")
}

/// An answer with everything that differs from run to run in one form: ids, times.
pub fn normal(mut value: Value) -> Value {
    each_text(&mut value, &mut |text| {
        let is_time = text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
        let is_id = text
            .strip_prefix("cred-")
            .is_some_and(|id| Uuid::try_parse(id).is_ok());
        if is_time {
            *text = "<time>".to_owned();
        } else if is_id {
            *text = "cred-<uuid>".to_owned();
        } else if text.starts_with("us-") {
            *text = "<user>".to_owned();
        }
    });
    value
}

fn each_text(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| each_text(member, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Waits for something that comes in the background. How long it takes is not what is tested.
pub async fn until(mut is_there: impl FnMut() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(60);
    while !is_there() {
        assert!(Instant::now() < give_up, "it did not come within a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A receiver of webhooks that takes everything.
pub struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Receiver {
    pub async fn start() -> Receiver {
        let received = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Receiver { address, received }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn received(&self) -> Vec<HeaderMap> {
        self.received.lock().unwrap().clone()
    }
}

async fn receive(
    State(received): State<Arc<Mutex<Vec<HeaderMap>>>>,
    headers: HeaderMap,
) -> StatusCode {
    received.lock().unwrap().push(headers);
    StatusCode::NO_CONTENT
}
