//! A whole server in a temporary directory, without a socket.

use access::TenantId;
use std::sync::Arc;

use atropos::app::App;
use atropos::config::{Config, Limits, Places, Sources};
use atropos::http::description::RouteTable;
use atropos::http::layer::Envelope;
use atropos::metrics::Metrics;
use atropos::start::router::owners;
use atropos::start::{StartError, Started, start};
use audit::Attribution;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::scratch::Folder;

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

/// A router under the layer that every request passes.
pub fn layered(router: Router, limits: &Limits) -> Router {
    layered_with(router, limits, Metrics::new())
}

/// The same, counting with these metrics.
pub fn layered_with(router: Router, limits: &Limits, metrics: Arc<Metrics>) -> Router {
    Envelope::new(owners(), RouteTable::default(), limits, metrics).around(router)
}

pub async fn get(router: &Router, path: &str) -> Answer {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

/// A configuration of a data directory in `folder`, with further settings as environment variables.
pub fn config(folder: &Folder, settings: &[(&str, &str)]) -> Config {
    let data = folder.path().join("data").to_string_lossy().into_owned();
    let settings = settings
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    let environment = settings.chain([("ATROPOS_DATA".to_owned(), data)]);
    let sources = Sources::default().environment(environment).unwrap();
    sources.config(&Places::default()).unwrap()
}

pub async fn start_in(folder: &Folder, settings: &[(&str, &str)]) -> Result<Started, StartError> {
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
    pub folder: Folder,
}

impl Server {
    pub async fn start() -> Server {
        Server::start_with(&[]).await
    }

    /// With further settings as environment variables.
    pub async fn start_with(settings: &[(&str, &str)]) -> Server {
        let folder = Folder::new().unwrap();
        let Started { app, first_key } = start_in(&folder, settings).await.unwrap();
        let key = first_key.unwrap().secret.reveal().to_owned();
        Server {
            router: atropos::start::router::router(app.clone()),
            app,
            key,
            folder,
        }
    }

    /// A further tenant, and its API key.
    pub async fn another_account(&self, name: &str) -> (TenantId, String) {
        let (access, by) = (&self.app.access, Attribution::command_line());
        let tenant = access.create_tenant(name, &by).await.unwrap().id;
        let (_, secret) = access.create_api_key(&tenant, "key", &by).await.unwrap();
        (tenant, secret.reveal().to_owned())
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
