//! A server with somebody who manages its credentials.

use std::sync::Arc;

use access::{GivenKey, Role, VerifyingKey};
use atropos::app::App;
use atropos::dialect::apinizer::{Probe, SelfProbe};
use atropos::start::router::router;
use atropos::start::{Started, start_with_probe};
use audit::Attribution;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use crate::support::{Answer, Folder, config, send};

pub const PASSWORD: &str = "SecurePassword123!";

pub struct Place {
    pub router: Router,
    pub app: App,
    pub folder: Folder,
    /// The session of the tenant's admin.
    pub admin: String,
    pub admin_key: SigningKey,
    /// The first API key.
    pub api_key: String,
}

impl Place {
    pub async fn new() -> Place {
        Place::with_probe(Arc::new(SelfProbe)).await
    }

    pub async fn with_probe(probe: Arc<dyn Probe>) -> Place {
        let folder = Folder::new().unwrap();
        let started = start_with_probe(&config(&folder, &[]), probe).await;
        let Started { app, first_key } = started.unwrap();
        let admin_key = SigningKey::from_bytes(&[7; 32]);
        let admin = person(&app, "default", "admin", &admin_key, Role::Admin).await;
        Place {
            router: router(app.clone()),
            app,
            folder,
            admin,
            admin_key,
            api_key: first_key.unwrap().secret.reveal().to_owned(),
        }
    }

    /// Sends with this `Authorization`.
    pub async fn ask(
        &self,
        authorization: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", authorization);
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        send(&self.router, request.unwrap()).await
    }

    /// Sends as the admin.
    pub async fn manage(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let bearer = format!("Bearer {}", self.admin);
        self.ask(&bearer, method, path, body).await
    }

    pub async fn delete(&self, username: &str) -> Answer {
        let path = format!("/apiops/projects/default/credentials/{username}/");
        self.manage(Method::DELETE, &path, None).await
    }

    pub async fn create(&self, username: &str) -> Answer {
        let path = "/apiops/projects/default/credentials/";
        self.manage(Method::POST, path, Some(credential(username)))
            .await
    }

    pub async fn grant(&self, username: &str, kind: &str, name: &str) -> Answer {
        let path = format!("/apiops/projects/default/credentials/{username}/access/");
        let body = json!({"credentialAccessList": [{"name": name, "type": kind}]});
        self.manage(Method::PUT, &path, Some(body)).await
    }

    pub async fn token_form(&self, form: &str) -> Answer {
        let request = Request::post("/apiops/auth/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        send(&self.router, request).await
    }

    /// A token for a username and the usual password, as `Authorization`.
    pub async fn bearer_of(&self, username: &str) -> String {
        let form = format!(
            "grant_type=client_credentials&client_id={username}&client_secret=SecurePassword123%21"
        );
        let answer = self.token_form(&form).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json());
        format!("Bearer {}", answer.json()["access_token"].as_str().unwrap())
    }

    pub fn sql(&self, statement: &str) {
        let path = self
            .folder
            .path()
            .join("data")
            .join(atropos::start::STORE_FILE);
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute_batch(statement).unwrap();
    }
}

/// A person of a tenant with a role, and a session of theirs.
pub async fn person(app: &App, tenant: &str, name: &str, key: &SigningKey, role: Role) -> String {
    let access = &app.access;
    let tenant = access.tenant_named(tenant).unwrap().unwrap().id;
    let spki = [
        hex::decode("302a300506032b6570032100").unwrap().as_slice(),
        key.verifying_key().as_bytes(),
    ]
    .concat();
    let key = GivenKey {
        key: VerifyingKey::from_spki(&spki).unwrap(),
        credential_id: Some(format!("key-of-{name}")),
    };
    let by = Attribution::command_line();
    let made = access
        .create_person(&tenant, (name, &[role]), key, &by)
        .await;
    let (_, _, session) = made.unwrap();
    session.reveal().to_owned()
}

pub fn basic(username: &str, password: &str) -> String {
    use base64::Engine;
    let both = format!("{username}:{password}");
    let encoded = base64::engine::general_purpose::STANDARD.encode(both);
    format!("Basic {encoded}")
}

/// The example of the published page.
pub fn credential(username: &str) -> Value {
    json!({
        "email": "user@example.com", "fullName": "John Doe", "description": "API user credential",
        "username": username, "password": PASSWORD, "roleNameList": ["API_USER"], "enabled": true,
        "ipList": [], "expireDate": null,
    })
}

/// The `deploymentResult` of the published pages, with the rows that this server adds.
pub fn deployment(noun: &str, done: &str, answer: &Value) -> Value {
    let took = &answer["deploymentResult"]["detailList"][0]["responseTime"];
    assert!(took.is_u64(), "{answer}");
    json!({
        "success": true,
        "deploymentResult": {
            "success": true,
            "message": format!("{noun} completed successfully"),
            "environmentResults": [
                {"environmentName": "production", "success": true, "message": done},
            ],
            "detailList": [
                {"envName": "production", "podName": "node-1", "podIp": "127.0.0.1", "success": true,
                 "responseTime": took},
            ],
        },
    })
}
