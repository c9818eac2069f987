//! Webhooks with credentials: what a receiver gets, and that nothing is sent with one that is switched off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::receiver::{Answer, Receiver};
use common::{Setup, World, until};
use hmac::{Hmac, KeyInit, Mac};
use publication::{
    CredentialProblem, CredentialSource, Filter, NewSubscription, Reach, Registered, Schemes,
    Subscription, SubscriptionState, WebhookCredential, WebhookError,
};
use sha2::Sha256;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

const TENANT: &str = "tenant-a";
const SHARED: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

type Make = fn() -> WebhookCredential;

/// A vault that a test switches.
#[derive(Default)]
struct Vault(Mutex<HashMap<String, Result<Make, CredentialProblem>>>);

impl Vault {
    fn set(&self, credential: &str, state: Result<Make, CredentialProblem>) {
        self.0.lock().unwrap().insert(credential.to_owned(), state);
    }
}

impl CredentialSource for Vault {
    fn credential(
        &self,
        tenant: &str,
        _subscription: &str,
        credential: &str,
    ) -> Result<WebhookCredential, CredentialProblem> {
        assert_eq!(tenant, TENANT);
        let all = self.0.lock().unwrap();
        match all.get(credential) {
            Some(Ok(make)) => Ok(make()),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(CredentialProblem::Unknown),
        }
    }
}

fn token() -> WebhookCredential {
    WebhookCredential::bearer("token-1").ok().unwrap()
}

fn setup(vault: &Arc<Vault>) -> Setup {
    Setup {
        reach: Reach {
            schemes: Schemes::HttpToo,
            private: vec!["127.0.0.1/32".parse().unwrap()],
        },
        credentials: Arc::clone(vault) as _,
        ..Setup::default()
    }
}

fn to(url: String, credential: &str) -> NewSubscription {
    NewSubscription {
        url,
        filter: Filter::All,
        integration: None,
        credential: Some(credential.to_owned()),
    }
}

async fn subscribed(world: &World, new: NewSubscription) -> Subscription {
    let webhooks = world.publication.webhooks();
    webhooks.subscribe(TENANT, new).await.unwrap()
}

fn state(world: &World, id: &str) -> SubscriptionState {
    let webhooks = world.publication.webhooks();
    webhooks.subscription(TENANT, id).unwrap().state
}

#[tokio::test]
async fn each_kind_is_shown_as_its_standard_says() {
    let vault = Arc::new(Vault::default());
    let world = World::new(setup(&vault));
    let kinds: [(&str, Make, &str, &str); 3] = [
        ("bearer", token, "authorization", "Bearer token-1"),
        (
            "basic",
            || WebhookCredential::basic("user:pass").ok().unwrap(),
            "authorization",
            "Basic dXNlcjpwYXNz",
        ),
        (
            "key",
            || WebhookCredential::api_key("key-1").ok().unwrap(),
            "x-api-key",
            "key-1",
        ),
    ];
    let shared: Make = || WebhookCredential::shared(SHARED).ok().unwrap();
    vault.set("shared", Ok(shared));
    let signed = Receiver::start().await;
    let subscription = subscribed(&world, to(signed.url(), "shared")).await;
    let mut receivers = Vec::new();
    for (id, make, ..) in kinds {
        vault.set(id, Ok(make));
        let receiver = Receiver::start().await;
        let subscription = subscribed(&world, to(receiver.url(), id)).await;
        assert_eq!(subscription.credential.as_deref(), Some(id));
        receivers.push((receiver, subscription));
    }
    world.create(1).await;
    for ((_, _, name, value), (receiver, subscription)) in kinds.iter().zip(&receivers) {
        let received = receiver.until(1).await;
        assert_eq!(received[0].header(name), *value);
        assert!(received[0].is_signed_by(&subscription.public_key));
    }
    let received = signed.until(1).await;
    assert!(received[0].is_signed_by(&subscription.public_key));
    assert!(!received[0].headers.contains_key("authorization"));
    // As a receiver does that knows the shared secret and the standard.
    let key = STANDARD
        .decode(SHARED.strip_prefix("whsec_").unwrap())
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, time) = (
        received[0].header("webhook-id"),
        received[0].header("webhook-timestamp"),
    );
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(&received[0].body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let signatures: Vec<_> = received[0].header("webhook-signature").split(' ').collect();
    assert_eq!(signatures.len(), 2);
    assert_eq!(signatures[1], expected);
}

#[tokio::test]
async fn messages_wait_while_the_credential_cannot_be_used_and_none_is_lost() {
    let vault = Arc::new(Vault::default());
    let world = World::new(setup(&vault));
    let receiver = Receiver::start().await;
    vault.set("one", Ok(token));
    let subscription = subscribed(&world, to(receiver.url(), "one")).await;
    let webhooks = world.publication.webhooks();
    world.create(1).await;
    receiver.until(1).await;
    for problem in [
        CredentialProblem::Inactive,
        CredentialProblem::Expired,
        CredentialProblem::Deleted,
        CredentialProblem::Unavailable,
    ] {
        vault.set("one", Err(problem.clone()));
        webhooks.credential_changed("one").await;
        assert_eq!(
            state(&world, &subscription.id),
            SubscriptionState::Held(problem)
        );
    }
    let plain = Receiver::start().await;
    let other = NewSubscription {
        credential: None,
        ..to(plain.url(), "")
    };
    subscribed(&world, other).await;
    for number in 2..5 {
        world.create(number).await;
    }
    // The other one is notified of all of them meanwhile.
    plain.until(3).await;
    assert_eq!(receiver.received().len(), 1);

    vault.set("one", Ok(token));
    webhooks.credential_changed("one").await;
    // One that was under way when the credential was switched off may have arrived all the same, and comes again.
    let messages = || {
        let received = receiver.received();
        let ids = received
            .iter()
            .map(|message| message.header("webhook-id").to_owned());
        ids.collect::<HashSet<String>>().len()
    };
    until(|| (messages() == 4).then_some(())).await;
    until(|| {
        let mended = SubscriptionState::Active { failing: None };
        (state(&world, &subscription.id) == mended).then_some(())
    })
    .await;
}

/// A receiver that takes the request and never answers: the message is under way until it is cut.
#[tokio::test]
async fn what_is_under_way_is_cut_and_waited_for() {
    let vault = Arc::new(Vault::default());
    let world = World::new(setup(&vault));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    vault.set("one", Ok(token));
    let subscription = subscribed(&world, to(url, "one")).await;
    world.create(1).await;
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut seen = vec![0; 1 << 20];
    assert!(connection.read(&mut seen).await.unwrap() > 0);

    vault.set("one", Err(CredentialProblem::Deleted));
    let webhooks = world.publication.webhooks();
    webhooks.credential_changed("one").await;
    // The end of the stream, or a reset where the rest was not read.
    while let Ok(more) = connection.read(&mut seen).await {
        if more == 0 {
            break;
        }
    }
    let held = SubscriptionState::Held(CredentialProblem::Deleted);
    assert_eq!(state(&world, &subscription.id), held);
    world.create(2).await;
    let bystander = Receiver::start().await;
    let other = NewSubscription {
        credential: None,
        ..to(bystander.url(), "")
    };
    subscribed(&world, other).await;
    world.create(3).await;
    bystander.until(1).await;
    let connection = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept());
    assert!(connection.await.is_err(), "no one connects any more");
    // It was cut; it did not time out.
    vault.set("one", Ok(token));
    let mended = SubscriptionState::Active { failing: None };
    assert_eq!(state(&world, &subscription.id), mended);
}

#[tokio::test]
async fn further_rows_are_written_with_the_subscription_or_nothing_is() {
    let vault = Arc::new(Vault::default());
    let world = World::new(setup(&vault));
    let webhooks = world.publication.webhooks();
    let receiver = Receiver::start().await;
    receiver.always(Answer::Status(204));
    let named = |name: &str| NewSubscription {
        integration: Some(name.to_owned()),
        ..to(receiver.url(), "one")
    };
    let refuse = |_: &rusqlite::Connection, registered: &Registered| {
        assert_eq!(registered.integration, "orders");
        assert_eq!(registered.credential.as_deref(), Some("one"));
        Err(WebhookError::Credential(CredentialProblem::Expired))
    };
    let refused = webhooks
        .subscribe_with(TENANT, named("orders"), refuse)
        .await;
    assert!(matches!(refused, Err(WebhookError::Credential(_))));
    assert!(webhooks.list(TENANT).unwrap().is_empty());

    let made = subscribed(&world, named("orders")).await;
    assert_eq!(made.integration, "orders");
    for taken in ["orders", &made.id] {
        let again = webhooks.subscribe(TENANT, named(taken)).await;
        let free = taken == made.id;
        assert_eq!(
            matches!(again, Err(WebhookError::IntegrationTaken)),
            !free,
            "{taken}"
        );
    }
    let keep = |_: &rusqlite::Connection| Err(WebhookError::Busy);
    let kept = webhooks.unsubscribe_with(TENANT, &made.id, keep).await;
    assert!(matches!(kept, Err(WebhookError::Busy)));
    assert!(webhooks.subscription(TENANT, &made.id).is_ok());
    let kept = webhooks.enable_with("tenant-b", &made.id, keep).await;
    assert!(matches!(kept, Err(WebhookError::NotFound)));
    webhooks.unsubscribe(TENANT, &made.id).await.unwrap();
    assert!(webhooks.subscription(TENANT, &made.id).is_err());
}
