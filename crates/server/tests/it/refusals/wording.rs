//! How every dialect words every refusal and every fault: each answer, byte for byte, as it was reviewed.
//!
//! Equal answers stand once, with the requests that get them. What differs from run to run (ids, times) is left out.

use std::collections::BTreeMap;
use std::fmt::Write;

use atropos::config::Limits;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::Method;
use axum::routing;
use http_body_util::channel::Channel;
use serde_json::Value;

use super::credentials::{Shown, basic, bearer, lacking};
use super::fill::World;
use super::routes::{Route, described};
use crate::support::{Answer, Server, get, send};

/// A path of each dialect, and of none.
const PATHS: [&str; 9] = [
    "/did/x",
    "/1.0/identifiers/x",
    "/1.0/create",
    "/v1/x",
    "/auth/x",
    "/apiops/x",
    "/api/v1/x",
    "/swagger/x",
    "/x",
];

/// Headers that belong to the wording.
const HEADERS: [&str; 6] = [
    "content-type",
    "retry-after",
    "allow",
    "cache-control",
    "etag",
    "www-authenticate",
];

/// Answers, and who got them.
#[derive(Default)]
struct Answers(BTreeMap<String, Vec<String>>);

impl Answers {
    fn add(&mut self, request: String, answer: &Answer, own: &[(String, &str)]) {
        // What went well is the business of other tests.
        if answer.status < 400 {
            return;
        }
        let mut text = format!("{}\n", answer.status);
        for name in HEADERS {
            if answer.headers.contains_key(name) {
                writeln!(text, "{name}: {}", answer.header(name)).unwrap();
            }
        }
        text += &match serde_json::from_slice::<Value>(&answer.body) {
            Ok(mut body) => {
                settle(&mut body);
                body.to_string()
            }
            Err(_) => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        for (thing, name) in own {
            text = text.replace(thing.as_str(), name);
        }
        self.0.entry(text).or_default().push(request);
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (answer, requests) in &self.0 {
            writeln!(text, "{answer}").unwrap();
            for request in requests {
                writeln!(text, "    {request}").unwrap();
            }
        }
        text
    }
}

/// Leaves out what differs from run to run.
fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if ["timestamp", "duration", "id"].contains(&name.as_str()) {
                    *value = "…".into();
                }
                settle(value);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(settle),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => {
            *text = "…".into();
        }
        _ => {}
    }
}

#[tokio::test]
async fn what_no_handler_answers_is_worded_by_the_dialect_of_the_path() {
    let limits = Limits {
        request_timeout_ms: 50,
        ..crate::routes::limits()
    };
    let methods = || {
        routing::get(async || -> &'static str { panic!("the secret is 42") })
            .post(async || std::future::pending::<()>().await)
    };
    let routes = PATHS
        .iter()
        .fold(Router::new(), |router, path| router.route(path, methods()));
    let misbehaving = crate::support::layered(routes, &limits);
    let server = Server::start().await.router;
    let mut answers = Answers::default();
    for path in PATHS {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let request = Request::builder().method(method.clone()).uri(path);
            let answer = send(&misbehaving, request.body(Body::empty()).unwrap()).await;
            answers.add(format!("misbehaving: {method} {path}"), &answer, &[]);
        }
    }
    let unrouted = [
        "/did/export/x",
        "/account",
        "/auth/y/z",
        "/admin/x",
        "/1.0/creates",
        "/v1",
        "",
    ];
    for path in PATHS.iter().copied().chain(unrouted) {
        for path in [path.to_owned(), format!("{path}/no/such/path")] {
            let answer = get(&server, &path).await;
            answers.add(format!("GET {path}"), &answer, &[]);
        }
    }
    let world = World::new().await;
    for route in described(&world.server).await {
        for method in ["DELETE", "PUT", "PATCH"] {
            let path = world.path(&route);
            let request = Request::builder().method(method).uri(&path);
            let answer = send(&world.server.router, request.body(Body::empty()).unwrap()).await;
            if answer.status == 405 {
                let name = format!("{method} {}", route.path);
                answers.add(name, &answer, &own(&world));
            }
        }
    }
    for requests in answers.0.values_mut() {
        requests.dedup();
    }
    insta::assert_snapshot!("unrouted", answers.text());
}

#[tokio::test]
async fn who_is_not_heard_is_told_so_by_the_dialect_of_the_path() {
    let world = World::new().await;
    let header = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    let key = world.server.key.clone();
    let mut cases: Vec<(&str, Shown)> = vec![
        ("nothing", vec![]),
        (
            "two",
            [header("x-api-key", &key), bearer(&world.person.token)].concat(),
        ),
        ("another scheme", header("authorization", "Digest x")),
        ("an unknown key", header("x-api-key", &"k".repeat(64))),
        ("an unknown client", basic("nobody")),
        ("a key", header("x-api-key", &key)),
    ];
    for one in lacking(&world).await {
        cases.push((one.name, one.shown));
    }
    let mut answers = Answers::default();
    for route in described(&world.server).await {
        for (case, shown) in &cases {
            // A good credential changes things.
            if *case == "a key"
                && !["/auth/", "/apiops/"]
                    .iter()
                    .any(|own| route.path.starts_with(own))
            {
                continue;
            }
            let body = world.body(&route).unwrap_or_default().to_string();
            let answer = asked(&world, &route, "", shown, ("application/json", body.into())).await;
            answers.add(format!("{case}: {}", route.name()), &answer, &own(&world));
        }
    }
    insta::assert_snapshot!("unheard", answers.text());
}

#[tokio::test]
async fn bodies_and_queries_that_are_not_taken_are_refused_by_the_dialect_of_the_path() {
    let world = World::new().await;
    let shown = bearer(&world.person.token);
    let json = "application/json";
    let (mut answers, mut routes) = (Answers::default(), described(&world.server).await);
    // Those that end things come last.
    routes.sort_by_key(|route| (route.method != "GET", route.method != "POST"));
    for route in &routes {
        for query in [
            "?nobody=1",
            "?limit=1&limit=1",
            "?x=%ff",
            "?limit=x&after=x&size=x&page=x",
        ] {
            let body = Body::from("{");
            let answer = asked(&world, route, query, &shown, (json, body)).await;
            answers.add(format!("{query}: {}", route.name()), &answer, &own(&world));
        }
        if route.method == "GET" {
            continue;
        }
        for (name, content_type, body) in bodies() {
            let answer = asked(&world, route, "", &shown, (content_type, body)).await;
            answers.add(format!("{name}: {}", route.name()), &answer, &own(&world));
        }
    }
    insta::assert_snapshot!("unread", answers.text());
}

fn bodies() -> Vec<(&'static str, &'static str, Body)> {
    let json = "application/json";
    let (sender, broken) = Channel::<Bytes, std::io::Error>::new(1);
    sender.abort(std::io::Error::other("gone"));
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let long = |bytes: usize| Body::from(vec![b' '; bytes]);
    vec![
        ("broken off", json, Body::new(broken)),
        ("empty", json, Body::empty()),
        ("no type", "", Body::from("{}")),
        ("another type", "text/plain", Body::from("{}")),
        (
            "a bad form",
            "application/x-www-form-urlencoded",
            Body::from("a=%ff"),
        ),
        ("no JSON", json, Body::from("{")),
        ("not UTF-8", json, Body::from(b"{\"\xff\":1}".to_vec())),
        ("twice", json, Body::from("{\"a\":1,\"a\":2}")),
        ("deep", json, Body::from(format!("{{\"a\":{deep}}}"))),
        ("a list", json, Body::from("[]")),
        ("a stranger", json, Body::from("{\"nobody\":1}")),
        ("long", json, long(300_000)),
        ("very long", json, long(33 << 20)),
    ]
}

#[tokio::test]
async fn who_has_to_wait_is_told_so_by_the_dialect_of_the_path() {
    let world = World::new().await;
    let gate = &world.server.app.gate;
    let mut answers = Answers::default();
    let places = [
        gate.password().await.unwrap(),
        gate.password().await.unwrap(),
    ];
    let bulk = gate.bulk(usize::MAX).unwrap();
    let one_of_each = [
        "GET /did/list",
        "POST /1.0/update",
        "GET /v1/webhooks",
        "GET /auth/pats",
        "GET /apiops/projects/",
        "GET /api/v1/admin/audit-logs",
    ];
    let routes = described(&world.server).await;
    for route in routes
        .iter()
        .filter(|route| one_of_each.contains(&route.name().as_str()))
    {
        let answer = asked(
            &world,
            route,
            "",
            &basic("nobody"),
            ("application/json", Body::from("{}")),
        )
        .await;
        answers.add(format!("passwords: {}", route.name()), &answer, &[]);
    }
    let large = [
        "POST /resource/create/{did}",
        "POST /1.0/createResource",
        "POST /v1/operations",
        "POST /v1/status",
        "POST /v1/checkpoints",
        "POST /v1/imports",
    ];
    for route in routes
        .iter()
        .filter(|route| large.contains(&route.name().as_str()))
    {
        let body = Body::from(vec![b' '; 300_000]);
        let answer = asked(
            &world,
            route,
            "",
            &bearer(&world.person.token),
            ("application/json", body),
        )
        .await;
        answers.add(format!("bulk: {}", route.name()), &answer, &own(&world));
    }
    drop((places, bulk));
    let setting = ("ATROPOS_RATES_KEY_REQUESTS_PER_S", "1");
    let server = Server::start_with(&[setting]).await;
    for route in routes
        .iter()
        .filter(|route| one_of_each.contains(&route.name().as_str()))
    {
        // A second may pass between two requests, not between a hundred.
        for _ in 0..100 {
            let request = Request::builder()
                .method(route.method.as_str())
                .uri(&route.path);
            let request = request
                .header("x-api-key", &server.key)
                .header("content-type", "application/json");
            let answer = send(&server.router, request.body(Body::from("{}")).unwrap()).await;
            if answer.status == 429 {
                answers.add(format!("too often: {}", route.name()), &answer, &[]);
                break;
            }
        }
    }
    insta::assert_snapshot!("waiting", answers.text());
}

async fn asked(
    world: &World,
    route: &Route,
    query: &str,
    shown: &Shown,
    (content_type, body): (&str, Body),
) -> Answer {
    let mut request = Request::builder()
        .method(route.method.as_str())
        .uri(format!("{}{query}", world.path(route)));
    for (name, value) in shown.iter().chain(&world.headers(route)) {
        request = request.header(*name, value);
    }
    if !content_type.is_empty() {
        request = request.header("content-type", content_type);
    }
    send(&world.server.router, request.body(body).unwrap()).await
}

fn own(world: &World) -> Vec<(String, &'static str)> {
    let own = world.own_things().into_iter();
    own.zip([
        "{did}",
        "{kid}",
        "{webhook}",
        "{ceremony}",
        "{link}",
        "{token}",
        "{secret}",
    ])
    .map(|(thing, name)| (thing.to_owned(), name))
    .collect()
}
