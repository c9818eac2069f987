//! Every described route × everything that is not good enough.

use std::time::Duration;

use access::THIS_NODE;
use axum::body::Body;
use axum::extract::Request;
use serde_json::Value;

use super::credentials::{self, Refused, Shown};
use super::fill::{MAKES_ONES_OWN, NEEDS_NO_RIGHT, PUBLIC, World};
use super::routes::{Route, described};
use super::state::{State, store_of};
use crate::support::{Answer, send};

/// How often it is looked whether everything is confirmed.
const TRIES_MAX: u32 = 600;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

#[tokio::test]
async fn what_needs_no_credential_is_known_by_name_and_everything_else_says_what_it_needs() {
    let world = World::new().await;
    let routes = described(&world.server).await;
    let mut faults = Vec::new();
    for route in &routes {
        let name = route.name();
        let (public, free) = (
            PUBLIC.contains(&name.as_str()),
            NEEDS_NO_RIGHT.contains(&name.as_str()),
        );
        let describes = |status: &str| route.statuses.iter().any(|known| known == status);
        if route.is_public != public {
            let what = if public {
                "one"
            } else {
                "none: if that is meant, say so in fill.rs"
            };
            faults.push(format!("{name} is described to ask for {what}"));
        }
        if !public && !describes("401") {
            faults.push(format!("{name} does not describe 401"));
        }
        if !public && !free && !describes("403") {
            faults.push(format!("{name} does not describe 403"));
        }
    }
    for name in [PUBLIC, NEEDS_NO_RIGHT, MAKES_ONES_OWN].concat() {
        if !routes.iter().any(|route| route.name() == name) {
            faults.push(format!("{name} is not described"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn whoever_is_not_or_not_any_more_let_in_changes_nothing() {
    let world = World::new().await;
    let ended = credentials::ended(&world).await;
    refuse_all(&world, &ended, |_| true).await;
}

#[tokio::test]
async fn whoever_lacks_the_permission_changes_nothing() {
    let world = World::new().await;
    let lacking = credentials::lacking(&world).await;
    let needs = |route: &Route| !NEEDS_NO_RIGHT.contains(&route.name().as_str());
    refuse_all(&world, &lacking, needs).await;
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing() {
    let world = World::new().await;
    let stranger = credentials::stranger(&world).await;
    settled(&world).await;
    let (store, mut faults) = (store_of(&world.server), Vec::new());
    for route in guarded(&world).await {
        let name = route.name();
        let in_its_body = [
            "POST /1.0/createResource",
            "POST /1.0/deactivate",
            "POST /1.0/update",
            "POST /1.0/updateResource",
            "POST /did/update",
        ];
        let names_a_thing = !route.parameters.is_empty() || in_its_body.contains(&name.as_str());
        if MAKES_ONES_OWN.contains(&name.as_str()) || !route.schemes.contains(&"Bearer".into()) {
            continue;
        }
        let before = State::of(&world.server, &store);
        let answer = ask(&world, &route, &stranger).await;
        let changes = State::of(&world.server, &store).changes_since(&before);
        if !changes.is_empty() {
            faults.push(format!("{name} changed {changes:?}"));
        }
        let text = String::from_utf8_lossy(&answer.body);
        let told = world
            .own_things()
            .into_iter()
            .find(|own| text.contains(own));
        if let Some(told) = told.filter(|_| route.method == "GET" && answer.status == 200) {
            faults.push(format!("{name} tells of {told}: {text}"));
        }
        let refused = (400..500).contains(&answer.status) && answer.status != 401;
        if names_a_thing && !(refused && is_in_shape(&route, &answer)) {
            faults.push(format!("{name}: {} {text}", answer.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

async fn refuse_all(world: &World, refused: &[Refused], asks: impl Fn(&Route) -> bool) {
    settled(world).await;
    let (store, mut faults, mut asked) = (store_of(&world.server), Vec::new(), 0);
    for route in guarded(world).await.into_iter().filter(asks) {
        for one in refused {
            let takes = |scheme: &str| route.schemes.iter().any(|taken| taken == scheme);
            // What a route does not take is nothing to it: also refused.
            let status = match one.scheme {
                Some(scheme) if !takes(scheme) => 401,
                _ => one.status,
            };
            let what = format!("{} with {}", route.name(), one.name);
            let before = State::of(&world.server, &store);
            let answer = ask(world, &route, &one.shown).await;
            let changes = State::of(&world.server, &store).changes_since(&before);
            if !changes.is_empty() {
                faults.push(format!("{what} changed {changes:?}"));
            }
            if answer.status != status || !is_in_shape(&route, &answer) {
                let text = String::from_utf8_lossy(&answer.body);
                faults.push(format!(
                    "{what}: {} instead of {status}: {text}",
                    answer.status
                ));
            }
            asked += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(asked > 50, "{asked} questions are no matrix");
}

/// What was made and ended for the test stands in the log, and is confirmed, before anything is asked: the task that
/// confirms it writes on its own.
async fn settled(world: &World) {
    let app = &world.server.app;
    assert!(app.settled().await.is_ok());
    let open = || app.access.due_deployments(THIS_NODE, i64::MAX as u64, 1);
    for _ in 0..TRIES_MAX {
        if open().unwrap().is_empty() {
            return;
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    panic!("not confirmed: {:?}", open().unwrap());
}

async fn guarded(world: &World) -> Vec<Route> {
    let routes = described(&world.server).await;
    routes
        .into_iter()
        .filter(|route| !route.is_public)
        .collect()
}

async fn ask(world: &World, route: &Route, shown: &Shown) -> Answer {
    let mut request = Request::builder()
        .method(route.method.as_str())
        .uri(world.path(route));
    for (name, value) in shown.iter().chain(&world.headers(route)) {
        request = request.header(*name, value);
    }
    let request = match world.body(route) {
        None => request.body(Body::empty()),
        Some(body) => request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string())),
    };
    send(&world.server.router, request.unwrap()).await
}

/// Whether an error has the shape of the dialect that its path belongs to.
fn is_in_shape(route: &Route, answer: &Answer) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return false;
    };
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let error = &body["error"];
    let shaped = match route.path.split('/').nth(1).unwrap_or_default() {
        "1.0" => {
            let state = match &body["didState"] {
                Value::Null => &body["didUrlState"],
                state => state,
            };
            state["state"] == "failed" && text(&state["error"]) && text(&state["reason"])
        }
        "apiops" => text(error) && text(&body["error_description"]),
        "auth" => text(&error["message"]) && text(&error["id"]),
        "api" => {
            let told = text(&error["code"]) && text(&error["message"]);
            body["success"] == false && told && text(&body["timestamp"])
        }
        _ => text(error),
    };
    shaped && answer.header("content-type") == "application/json"
}
