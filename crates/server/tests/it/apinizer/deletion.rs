//! Deleting a credential: while it is used, with a node that does not confirm, over a restart.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::{AccessToken, Caller};
use atropos::app::App;
use atropos::dialect::apinizer::{Login, Probe, SelfProbe};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::Method;
use http_body_util::channel::Channel;
use serde_json::{Value, json};

use super::place::{PASSWORD, Place, basic, credential, deployment};
use crate::support::{send, start_in};

/// How a probe fails.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// No login can be tried.
    Silent,
    /// Every login is let in, as whoever was let in last.
    LetsIn,
}

struct Faulty {
    fault: Mutex<Fault>,
    last: Mutex<Option<Box<Caller>>>,
}

impl Faulty {
    fn new() -> Arc<Faulty> {
        Arc::new(Faulty {
            fault: Mutex::new(Fault::None),
            last: Mutex::default(),
        })
    }

    fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn outcome(&self, real: Login) -> Login {
        match *self.fault.lock().unwrap() {
            Fault::None => {
                if let Login::LetIn(caller) = &real {
                    *self.last.lock().unwrap() = Some(caller.clone());
                }
                real
            }
            Fault::Silent => Login::Unanswered("the node is silent".into()),
            Fault::LetsIn => Login::LetIn(self.last.lock().unwrap().clone().unwrap()),
        }
    }
}

impl Probe for Faulty {
    fn token<'a>(
        &'a self,
        app: &'a App,
        token: &'a AccessToken,
        from: Option<IpAddr>,
    ) -> Pin<Box<dyn Future<Output = Login> + Send + 'a>> {
        Box::pin(async move { self.outcome(SelfProbe.token(app, token, from).await) })
    }

    fn password<'a>(
        &'a self,
        app: &'a App,
        username: &'a str,
        password: &'a str,
    ) -> Pin<Box<dyn Future<Output = Login> + Send + 'a>> {
        Box::pin(async move { self.outcome(SelfProbe.password(app, username, password).await) })
    }
}

async fn open_deployments(place: &Place) -> Vec<Value> {
    let path = "/apiops/projects/default/deployments/";
    let answer = place.manage(Method::GET, path, None).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json());
    answer.json()["resultList"].as_array().unwrap().clone()
}

/// Until the background has emptied the queue.
async fn wait_until_confirmed(place: &Place) {
    for _ in 0..600 {
        if open_deployments(place).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", open_deployments(place).await);
}

#[tokio::test]
async fn no_request_is_let_in_once_the_deletion_is_answered() {
    let place = Place::new().await;
    place.create("api-user").await;
    place.grant("api-user", "API_PROXY", "keys").await;
    let bearer = place.bearer_of("api-user").await;
    let answered = Arc::new(AtomicBool::new(false));
    let mut asking = Vec::new();
    for _ in 0..8 {
        let (router, bearer, answered) =
            (place.router.clone(), bearer.clone(), Arc::clone(&answered));
        asking.push(tokio::spawn(async move {
            let (mut before, mut after) = (Vec::new(), Vec::new());
            while after.len() < 20 {
                let late = answered.load(Ordering::SeqCst);
                let request = Request::get("/key/list").header("authorization", &bearer);
                let status = send(&router, request.body(Body::empty()).unwrap())
                    .await
                    .status;
                if late {
                    after.push(status)
                } else {
                    before.push(status)
                }
                tokio::task::yield_now().await;
            }
            (before, after)
        }));
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let deleted = place.delete("api-user").await;
    answered.store(true, Ordering::SeqCst);
    assert_eq!(
        deleted.json(),
        deployment("Undeployment", "Undeployed successfully", &deleted.json())
    );
    for task in asking {
        let (before, after) = task.await.unwrap();
        assert_eq!(before.first(), Some(&200));
        // Once refused, always refused.
        let first = before
            .iter()
            .position(|status| *status == 401)
            .unwrap_or(before.len());
        assert!(
            before[..first].iter().all(|status| *status == 200),
            "{before:?}"
        );
        assert!(
            before[first..]
                .iter()
                .chain(&after)
                .all(|status| *status == 401),
            "{before:?} {after:?}"
        );
    }
    let by_password = place
        .ask(&basic("api-user", PASSWORD), Method::GET, "/key/list", None)
        .await;
    assert_eq!(by_password.status, 401);
    assert!(open_deployments(&place).await.is_empty());
}

#[tokio::test]
async fn a_request_under_way_ends_before_it_signs() {
    let place = Place::new().await;
    place.create("api-user").await;
    place
        .grant("api-user", "API_PROXY_GROUP", "registrar")
        .await;
    let bearer = place.bearer_of("api-user").await;
    let parameters =
        json!({"network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020"});
    let made = place
        .ask(&bearer, Method::POST, "/did/create", Some(parameters))
        .await;
    assert_eq!(made.status, 200, "{:?}", made.json());
    let made = made.json();
    let did = made["did"].as_str().unwrap();
    let keys: Vec<&Value> = made["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["kid"])
        .collect();
    let body = json!({"publicKeyHexs": keys}).to_string();

    // Half of the body is read: the request was let in. Then its client ends.
    let (mut sender, channel) = Channel::<Bytes>::new(1);
    let request = Request::post(format!("/did/deactivate/{did}"))
        .header("authorization", &bearer)
        .header("content-type", "application/json")
        .body(Body::new(channel))
        .unwrap();
    let router = place.router.clone();
    let under_way = tokio::spawn(async move { send(&router, request).await });
    let (first, rest) = body.split_at(1);
    sender
        .send_data(Bytes::copy_from_slice(first.as_bytes()))
        .await
        .unwrap();
    // There is room for one piece: the second is taken once the first was read.
    sender.send_data(Bytes::from_static(b" ")).await.unwrap();
    let deleted = place.delete("api-user").await;
    assert_eq!(deleted.json()["deploymentResult"]["success"], true);
    sender
        .send_data(Bytes::copy_from_slice(rest.as_bytes()))
        .await
        .unwrap();
    drop(sender);
    let answer = under_way.await.unwrap();
    assert_eq!(answer.status, 401, "{:?}", answer.json());
    let resolved = place
        .ask(
            &bearer,
            Method::GET,
            &format!("/1.0/identifiers/{did}"),
            None,
        )
        .await;
    assert_eq!(
        resolved.status,
        200,
        "it still stands: {:?}",
        resolved.json()
    );
    let again = place
        .ask(
            &bearer,
            Method::POST,
            &format!("/did/deactivate/{did}"),
            None,
        )
        .await;
    assert_eq!(again.status, 401);
}

#[tokio::test]
async fn a_probe_that_fails_is_reported_and_tried_again() {
    for (fault, reason) in [
        (
            Fault::Silent,
            "node-1: the login could not be tried: the node is silent",
        ),
        (
            Fault::LetsIn,
            "node-1: a login of the deleted client was let in",
        ),
    ] {
        let probe = Faulty::new();
        let place = Place::with_probe(Arc::clone(&probe) as Arc<dyn Probe>).await;
        place.create("api-user").await;
        let bearer = place.bearer_of("api-user").await;
        probe.set(fault);
        let deleted = place.delete("api-user").await;
        let result = &deleted.json()["deploymentResult"];
        // The change itself is made, whatever the node says.
        assert_eq!(
            (deleted.status, &deleted.json()["success"]),
            (200, &json!(true))
        );
        assert_eq!(result["success"], false);
        assert_eq!(
            result["environmentResults"],
            json!([{"environmentName": "production", "success": false, "message": reason}])
        );
        assert_eq!(result["detailList"][0]["success"], false);
        assert_eq!(
            place
                .ask(&bearer, Method::GET, "/key/list", None)
                .await
                .status,
            401
        );
        assert_eq!(place.delete("api-user").await.status, 400);

        let open = open_deployments(&place).await;
        assert_eq!((open.len(), &open[0]["username"]), (1, &json!("api-user")));
        assert_eq!(
            (&open[0]["state"], &open[0]["podName"]),
            (&json!("unreachable"), &json!("node-1"))
        );
        assert!(open[0]["attempts"].as_u64().unwrap() >= 1 && open[0]["nextAttempt"].is_string());
        let environments = place
            .manage(Method::GET, "/apiops/projects/default/environments/", None)
            .await;
        let environment = &environments.json()["resultList"][0];
        assert_eq!(environment["status"], "REPUBLISH_REQUIRED");
        assert_eq!(
            (&environment["deployed"], &environment["redeployRequired"]),
            (&json!(false), &json!(true))
        );

        probe.set(Fault::None);
        wait_until_confirmed(&place).await;
        let username = access::Username::parse("api-user").unwrap();
        let deployments = place.app.access.deployments(&username).unwrap();
        assert_eq!(deployments[0].state, access::DeploymentState::Removed);
    }
}

#[tokio::test]
async fn a_client_that_is_wrongly_refused_or_let_in_is_reported() {
    let probe = Faulty::new();
    let place = Place::with_probe(Arc::clone(&probe) as Arc<dyn Probe>).await;
    place.create("api-user").await;
    probe.set(Fault::LetsIn);
    let mut off = credential("api-user");
    off["enabled"] = false.into();
    let path = "/apiops/projects/default/credentials/";
    let updated = place.manage(Method::PUT, path, Some(off)).await.json();
    let message = &updated["deploymentResult"]["environmentResults"][0]["message"];
    assert_eq!(
        message,
        "node-1: a client that is disabled or expired was let in"
    );
    let created = place.create("other-user").await.json();
    let message = &created["deploymentResult"]["environmentResults"][0]["message"];
    assert_eq!(message, "node-1: somebody else was let in");
    probe.set(Fault::None);
    wait_until_confirmed(&place).await;
}

#[tokio::test]
async fn what_was_not_confirmed_is_confirmed_at_the_next_start() {
    let probe = Faulty::new();
    let place = Place::with_probe(Arc::clone(&probe) as Arc<dyn Probe>).await;
    place.create("api-user").await;
    place.create("other-user").await;
    probe.set(Fault::Silent);
    let deleted = place.delete("api-user").await;
    assert_eq!(deleted.json()["deploymentResult"]["success"], false);
    let Place {
        router,
        app,
        folder,
        ..
    } = place;
    app.publication.stop().await;
    drop((router, app));
    let started = start_in(&folder, &[]).await.unwrap();
    let all = |username: &str| {
        let username = access::Username::parse(username).unwrap();
        started.app.access.deployments(&username).unwrap()
    };
    assert_eq!(all("api-user")[0].state, access::DeploymentState::Removed);
    assert_eq!(all("other-user")[0].state, access::DeploymentState::Applied);
}
