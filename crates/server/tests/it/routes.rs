//! The routes of the server itself, and what every request passes.

use atropos::config::{Limits, Origins, Places, Sources};
use atropos::dialect::cheqd_studio::StudioError;
use atropos::http::gate::Gate;
use atropos::http::request::Received;
use atropos::metrics::Metrics;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::{Router, routing};
use serde_json::json;

use crate::support::{Server, get, layered, layered_with, send};

/// The default limits.
pub fn limits() -> Limits {
    let sources = Sources::default().with("data", "/data");
    sources.config(&Places::default()).unwrap().settings.limits
}

/// Handlers that misbehave, under the same layer as the real ones.
fn misbehaving(limits: &Limits) -> Router {
    let read = async move |request: Request| -> Result<(), StudioError> {
        let received = Received::read(&Gate::default(), request).await?;
        Ok(received.json().map(drop)?)
    };
    let router = Router::new()
        .route(
            "/panic/{what}",
            routing::get(async || -> &'static str { panic!("the secret is 42") }),
        )
        .route(
            "/hang",
            routing::post(async || std::future::pending::<()>().await),
        )
        .route(
            "/1.0/identifiers/{did}",
            routing::get(async || -> &'static str { panic!("the secret is 42") }),
        )
        .route("/read", routing::post(read))
        .route("/refuse", routing::get(async || StudioError::Internal));
    layered(router, limits)
}

#[tokio::test]
async fn health_and_metrics_answer() {
    let server = Server::start().await.router;
    let health = get(&server, "/health").await;
    assert_eq!(
        (health.status, health.json()["status"].as_str()),
        (200, Some("ok"))
    );
    let metrics = get(&server, "/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(
        text.contains(
            "atropos_http_requests_total{route=\"/health\",method=\"Get\",status=\"2xx\"} 1"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn the_api_page_loads_from_this_server_alone() {
    let server = Server::start().await.router;
    let root = get(&server, "/").await;
    assert_eq!((root.status, root.header("location")), (303, "/swagger"));
    assert_eq!(
        get(&server, "/swagger").await.header("location"),
        "/swagger/"
    );
    let page = String::from_utf8(get(&server, "/swagger/").await.body).unwrap();
    let mut loaded = 0;
    for piece in page
        .split(['"', '\''])
        .filter(|piece| piece.ends_with(".js") || piece.ends_with(".css"))
    {
        let name = piece.strip_prefix("./").unwrap_or(piece);
        assert!(!name.contains(':') && !name.starts_with('/'), "{name}");
        let asset = get(&server, &format!("/swagger/{name}")).await;
        assert_eq!(
            (asset.status, asset.body.is_empty()),
            (200, false),
            "{name}"
        );
        assert!(
            asset
                .header("content-security-policy")
                .contains("default-src 'self'")
        );
        loaded += 1;
    }
    assert!(loaded >= 4, "{page}");
    let start = get(&server, "/swagger/swagger-initializer.js").await;
    let start = String::from_utf8(start.body).unwrap();
    assert!(
        start.contains("/openapi.json") && !start.contains("://"),
        "{start}"
    );
    assert!(start.contains(r#""validatorUrl": "none""#), "{start}");
}

#[tokio::test]
async fn the_description_is_the_one_that_was_reviewed() {
    let answer = get(&Server::start().await.router, "/openapi.json").await;
    assert_eq!(answer.status, 200);
    let mut description = answer.json();
    let scheme = json!({"type": "apiKey", "in": "header", "name": "x-api-key"});
    assert_eq!(
        description["components"]["securitySchemes"]["ApiKeyAuth"],
        scheme
    );
    assert_eq!(
        description["security"],
        json!([{"ApiKeyAuth": []}, {"Bearer": []}, {"Basic": []}])
    );
    description["info"]["version"] = json!("[version]");
    insta::assert_json_snapshot!("openapi", description);
}

#[tokio::test]
async fn every_answer_carries_its_id_and_the_security_headers() {
    let server = Server::start().await.router;
    for path in ["/health", "/swagger/", "/nothing"] {
        let request = Request::get(path)
            .header("x-request-id", "trace-7")
            .body(Body::empty())
            .unwrap();
        let answer = send(&server, request).await;
        assert_eq!(answer.header("x-request-id"), "trace-7");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
    }
    assert!(
        !get(&server, "/health")
            .await
            .header("x-request-id")
            .is_empty()
    );
}

#[tokio::test]
async fn what_is_not_routed_answers_in_the_shape_of_its_dialect() {
    let server = Server::start().await.router;
    let answer = get(&server, "/did/nothing").await;
    assert_eq!(
        (answer.status, answer.json().as_object().unwrap().len()),
        (404, 1)
    );
    assert!(answer.json()["error"].is_string());
    let request = Request::builder()
        .method(Method::DELETE)
        .uri("/1.0/identifiers/did:x/y/z")
        .body(Body::empty())
        .unwrap();
    let answer = send(&server, request).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (405, "application/did-resolution")
    );
    assert!(answer.json()["didResolutionMetadata"]["error"]["type"].is_string());
    let request = Request::builder()
        .method(Method::DELETE)
        .uri("/health")
        .body(Body::empty())
        .unwrap();
    let answer = send(&server, request).await;
    assert_eq!(
        (answer.status, answer.json()["error"].is_string()),
        (405, true)
    );
    assert!(answer.header("allow").contains("GET"));
}

#[tokio::test]
async fn panics_and_time_outs_leak_nothing() {
    let limits = Limits {
        request_timeout_ms: 50,
        ..limits()
    };
    let router = misbehaving(&limits);
    for path in ["/panic/x", "/1.0/identifiers/did:x", "/refuse"] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, 500, "{path}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(
            text.contains("nternal error") && !text.contains("42"),
            "{text}"
        );
    }
    let answer = send(&router, Request::post("/hang").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert!(
        answer.json()["error"]
            .as_str()
            .unwrap()
            .contains("may have been made")
    );
}

#[tokio::test]
async fn no_handler_can_read_more_than_the_limit() {
    let router = misbehaving(&Limits {
        body_bytes: 10,
        ..limits()
    });
    let post = |body: &'static str| {
        Request::post("/read")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    assert_eq!(send(&router, post("{\"a\":1}")).await.status, 200);
    let answer = send(&router, post("{\"a\":12345}")).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["error"].is_string());
}

#[tokio::test]
async fn metrics_name_routes_and_never_paths() {
    let limits = limits();
    let metrics = Metrics::new();
    let router = Router::new().route("/did/{did}", routing::get(async || StatusCode::OK));
    let router = layered_with(router, &limits, metrics.clone());
    get(&router, "/did/did:cheqd:testnet:secret").await;
    get(&router, "/elsewhere/secret").await;
    let text = metrics.text().unwrap();
    assert!(
        text.contains("route=\"/did/{did}\"") && text.contains("route=\"unmatched\""),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn public_reads_are_open_to_the_configured_origins() {
    let allowed = async |origins: Origins, origin: &str| {
        let router = Router::new()
            .route("/", routing::get(async || "x"))
            .layer(atropos::http::layer::public_read(&origins));
        let request = Request::get("/")
            .header(header::ORIGIN, origin)
            .body(Body::empty())
            .unwrap();
        send(&router, request)
            .await
            .header("access-control-allow-origin")
            .to_owned()
    };
    let only = || Origins::Only(vec!["https://wallet.example".parse().unwrap()]);
    assert_eq!(allowed(Origins::Any, "https://a.example").await, "*");
    assert_eq!(
        allowed(only(), "https://wallet.example").await,
        "https://wallet.example"
    );
    assert_eq!(allowed(only(), "https://a.example").await, "");
}
