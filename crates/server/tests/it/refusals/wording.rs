//! How every dialect words that a caller has to wait: each answer, byte for byte, as it was reviewed.
//!
//! Equal answers stand once, with the requests that get them. What differs from run to run (ids, times) is left out.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::body::Body;
use axum::extract::Request;
use serde_json::Value;

use super::credentials::{Shown, basic, bearer};
use super::fill::World;
use super::routes::{Route, described};
use crate::support::{Answer, Server, send};

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
