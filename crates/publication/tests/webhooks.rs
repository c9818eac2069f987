//! Webhooks: what is sent, to whom, and where they never lead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::receiver::{Answer, FakeNames, Receiver};
use common::{Setup, Subject, World, alone, until};
use proof::receipt::{Receipt, Stage};
use publication::{
    Filter, InvalidUrl, NewSubscription, Reach, SUBSCRIPTIONS_MAX, Schemes, Subscription,
    SubscriptionState, WebhookError,
};

const TENANT: &str = "tenant-a";
const OTHER: &str = "tenant-b";

/// Plain HTTP to 127.0.0.1 and nowhere else within.
fn local() -> Setup {
    Setup {
        reach: Reach {
            schemes: Schemes::HttpToo,
            private: vec!["127.0.0.1/32".parse().unwrap()],
        },
        ..Setup::default()
    }
}

fn to(url: impl Into<String>) -> NewSubscription {
    NewSubscription {
        url: url.into(),
        filter: Filter::All,
        integration: None,
        credential: None,
    }
}

fn about(receiver: &Receiver, subjects: &[&Subject]) -> NewSubscription {
    let dids: BTreeSet<_> = subjects.iter().map(|subject| subject.did()).collect();
    NewSubscription {
        url: receiver.url(),
        filter: Filter::Dids(dids),
        integration: None,
        credential: None,
    }
}

async fn subscribed(world: &World, new: NewSubscription) -> Subscription {
    world
        .publication
        .webhooks()
        .subscribe(TENANT, new)
        .await
        .unwrap()
}

fn view(world: &World, id: &str) -> Subscription {
    world
        .publication
        .webhooks()
        .subscription(TENANT, id)
        .unwrap()
}

async fn failing(world: &World, id: &str) -> String {
    until(|| match view(world, id).state {
        SubscriptionState::Active { failing } => failing.map(|failing| failing.reason),
        SubscriptionState::Disabled { .. } | SubscriptionState::Held(_) => None,
    })
    .await
}

async fn disabled(world: &World, id: &str) -> String {
    until(|| match view(world, id).state {
        SubscriptionState::Disabled { reason, .. } => Some(reason),
        SubscriptionState::Active { .. } | SubscriptionState::Held(_) => None,
    })
    .await
}

#[tokio::test]
async fn operations_are_told_in_order_signed_and_with_their_receipt() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    let before = world.create(9).await;
    let subscription = subscribed(&world, to(receiver.url())).await;
    let subject = world.create(1).await;
    receiver.until(1).await;
    world.submit(vec![subject.update(2)]).await;
    receiver.until(2).await;
    let deactivation = world.submit(vec![subject.deactivate(3)]).await;
    let received = receiver.until(3).await;

    let types: Vec<_> = received
        .iter()
        .map(|message| message.json()["type"].clone())
        .collect();
    assert_eq!(types, ["did.created", "did.updated", "did.deactivated"]);
    let ids: BTreeSet<_> = received
        .iter()
        .map(|message| message.header("webhook-id"))
        .collect();
    assert_eq!(ids.len(), 3);
    for message in &received {
        assert!(message.is_signed_by(&subscription.public_key));
        assert!(!message.header("webhook-id").contains('.'));
        assert_eq!(message.header("content-type"), "application/json");
        assert_ne!(message.json()["data"]["did"], before.did().as_str());
    }
    let data = received[2].json()["data"].clone();
    assert_eq!(data["id"], deactivation[0].location.entry().unwrap().index);
    assert_eq!(data["did"], subject.did().as_str());
    assert_eq!(data["network"], "testnet");
    assert_eq!(data["receiptStage"], "published");
    let receipt = Receipt::parse(data["receipt"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(receipt.stage(), Stage::Published);
    receipt.verify(&alone()).unwrap();

    // Each subscription has its own key, and a changed message is not signed.
    let other = subscribed(&world, to(receiver.url())).await;
    assert!(!received[0].is_signed_by(&other.public_key));
    let mut changed = received[0].clone();
    changed.body.push(b' ');
    assert!(!changed.is_signed_by(&subscription.public_key));
}

#[tokio::test]
async fn a_message_is_told_again_until_it_is_taken() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    receiver.answer([
        Answer::Status(500),
        Answer::Status(404),
        Answer::Status(503),
    ]);
    let subscription = subscribed(&world, to(receiver.url())).await;
    world.create(1).await;
    world.create(2).await;
    let received = receiver.until(5).await;
    let id = received[0].header("webhook-id");
    for message in &received[..4] {
        assert_eq!(message.header("webhook-id"), id);
        assert!(message.is_signed_by(&subscription.public_key));
    }
    assert_ne!(received[4].header("webhook-id"), id);
    until(|| {
        let state = view(&world, &subscription.id).state;
        (state == SubscriptionState::Active { failing: None }).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_receiver_may_ask_for_time() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    receiver.answer([Answer::RetryAfter(429, "3600")]);
    let subscription = subscribed(&world, to(receiver.url())).await;
    world.create(1).await;
    failing(&world, &subscription.id).await;
    let SubscriptionState::Active {
        failing: Some(failing),
    } = view(&world, &subscription.id).state
    else {
        panic!("not failing");
    };
    assert!(failing.next_attempt_ms - failing.since_ms >= 3_600_000);
    // Enabling it skips the wait.
    let webhooks = world.publication.webhooks();
    webhooks.enable(TENANT, &subscription.id).await.unwrap();
    receiver.until(2).await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let world = World::new(local());
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    receiver.always(Answer::Redirect(elsewhere.url()));
    let subscription = subscribed(&world, to(receiver.url())).await;
    world.create(1).await;
    let reason = failing(&world, &subscription.id).await;
    assert_eq!(
        reason,
        "the receiver answered 307; redirects are not followed"
    );
    receiver.until(2).await;
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn who_wants_no_more_is_told_no_more_until_it_is_enabled() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    receiver.answer([Answer::Status(410)]);
    let subscription = subscribed(&world, to(receiver.url())).await;
    world.create(1).await;
    let reason = disabled(&world, &subscription.id).await;
    assert_eq!(reason, "the receiver answered 410 Gone");
    world.create(2).await;
    let world = world.restarted(local()).await;
    world.create(3).await;
    assert_eq!(receiver.received().len(), 1);
    // What it has missed is sent then.
    let webhooks = world.publication.webhooks();
    webhooks.enable(TENANT, &subscription.id).await.unwrap();
    assert_eq!(receiver.until(4).await.len(), 4);
}

#[tokio::test]
async fn failing_for_too_long_disables() {
    let mut setup = local();
    setup.disable_after_days = 0;
    let world = World::new(setup);
    let receiver = Receiver::start().await;
    receiver.always(Answer::Status(500));
    let subscription = subscribed(&world, to(receiver.url())).await;
    world.create(1).await;
    let reason = disabled(&world, &subscription.id).await;
    assert_eq!(reason, "the receiver answered 500");
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_is_restarted() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    let subscription = subscribed(&world, to(receiver.url())).await;
    world.create(1).await;
    receiver.until(1).await;
    until(|| {
        // The place is written down after the answer.
        let sql = "SELECT next_index FROM publication_cursors";
        let next: i64 = world
            .store
            .read(|c| c.query_row(sql, [], |row| row.get(0)))
            .unwrap();
        (next as u64 >= world.root().0 - 1).then_some(())
    })
    .await;
    world.publication.stop().await;
    for number in 2..5 {
        world.create(number).await;
    }
    let world = world.restarted(local()).await;
    let received = receiver.until(4).await;
    let dids: Vec<_> = received
        .iter()
        .map(|message| message.json()["data"]["did"].clone())
        .collect();
    let expected: Vec<_> = (1..5)
        .map(|number| Subject::new(number).did().to_string())
        .collect();
    assert_eq!(dids, expected);
    assert_eq!(
        view(&world, &subscription.id).public_key,
        subscription.public_key
    );
}

#[tokio::test]
async fn a_filter_lets_through_what_it_names() {
    let world = World::new(local());
    let (one, list) = (Receiver::start().await, Receiver::start().await);
    let subjects: Vec<_> = (1..5).map(Subject::new).collect();
    subscribed(&world, about(&one, &[&subjects[3]])).await;
    subscribed(&world, about(&list, &[&subjects[1], &subjects[3]])).await;
    for subject in &subjects {
        world.submit(vec![subject.create()]).await;
    }
    let dids = |received: Vec<common::receiver::Received>| -> Vec<_> {
        received
            .iter()
            .map(|message| message.json()["data"]["did"].clone())
            .collect()
    };
    let did = |at: usize| subjects[at].did().to_string();
    assert_eq!(dids(list.until(2).await), [did(1), did(3)]);
    assert_eq!(dids(one.until(1).await), [did(3)]);
}

/// The name leads to the receiver at the first look-up, and to another internal machine at the second.
#[tokio::test]
async fn a_name_that_changes_its_mind_leads_nowhere_else() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let inside = Receiver::at(&format!("127.0.0.2:{port}")).await;
    let names = FakeNames::answering(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let mut setup = local();
    setup.names = Arc::clone(&names) as _;
    let world = World::new(setup);
    let url = format!("http://receiver.test:{port}/hook");
    let subscription = subscribed(&world, to(url)).await;

    world.create(1).await;
    receiver.until(1).await;
    assert_eq!(
        names.queried(),
        ["receiver.test"],
        "looked up once, and connected to what was checked"
    );
    world.create(2).await;
    let reason = failing(&world, &subscription.id).await;
    assert_eq!(
        reason,
        "the name receiver.test leads to an address that is not public"
    );
    assert_eq!(receiver.received().len(), 1);
    assert!(inside.received().is_empty());
}

#[tokio::test]
async fn one_address_within_spoils_a_name() {
    let receiver = Receiver::start().await;
    for answer in [["127.0.0.1", "10.0.0.1"], ["169.254.169.254", "127.0.0.1"]] {
        let mut setup = local();
        setup.names = FakeNames::answering(&[&answer]);
        let world = World::new(setup);
        let url = format!("http://receiver.test:{}/hook", receiver.address.port());
        let subscription = subscribed(&world, to(url)).await;
        world.create(1).await;
        let reason = failing(&world, &subscription.id).await;
        assert_eq!(
            reason,
            "the name receiver.test leads to an address that is not public"
        );
    }
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn in_production_plain_http_and_addresses_within_are_refused_at_once() {
    let world = World::alone();
    let webhooks = world.publication.webhooks();
    let refused = async |url: &str| webhooks.subscribe(TENANT, to(url)).await.unwrap_err();
    let plain = refused("http://receiver.example/").await;
    assert!(
        matches!(plain, WebhookError::Url(InvalidUrl::Scheme)),
        "{plain}"
    );
    for url in [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://0x7f.1/",
    ] {
        let within = refused(url).await;
        assert!(
            matches!(within, WebhookError::Url(InvalidUrl::Refused(_))),
            "{url}: {within}"
        );
    }
    assert!(webhooks.list(TENANT).unwrap().is_empty());
}

#[tokio::test]
async fn tenants_see_their_own_and_have_so_many() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    let webhooks = world.publication.webhooks();
    let mut made = Vec::new();
    for _ in 0..SUBSCRIPTIONS_MAX {
        made.push(subscribed(&world, to(receiver.url())).await);
    }
    let more = webhooks
        .subscribe(TENANT, to(receiver.url()))
        .await
        .unwrap_err();
    assert!(
        matches!(
            more,
            WebhookError::TooMany {
                limit: SUBSCRIPTIONS_MAX
            }
        ),
        "{more}"
    );
    let others = webhooks.subscribe(OTHER, to(receiver.url())).await.unwrap();
    assert_eq!(webhooks.list(OTHER).unwrap(), [others]);
    assert_eq!(webhooks.list(TENANT).unwrap().len(), SUBSCRIPTIONS_MAX);

    let id = &made[0].id;
    assert!(matches!(
        webhooks.subscription(OTHER, id),
        Err(WebhookError::NotFound)
    ));
    assert!(matches!(
        webhooks.unsubscribe(OTHER, id).await,
        Err(WebhookError::NotFound)
    ));
    assert!(matches!(
        webhooks.enable(OTHER, id).await,
        Err(WebhookError::NotFound)
    ));
    for subscription in &made {
        webhooks
            .unsubscribe(TENANT, &subscription.id)
            .await
            .unwrap();
    }
    assert!(webhooks.list(TENANT).unwrap().is_empty());
    // Only the remaining subscription is notified.
    world.create(1).await;
    receiver.until(1).await;
    world.create(2).await;
    assert_eq!(receiver.until(2).await.len(), 2);
}

#[tokio::test]
async fn filters_name_served_dids_within_the_limit() {
    let world = World::new(local());
    let receiver = Receiver::start().await;
    let webhooks = world.publication.webhooks();
    let many: Vec<_> = (1..=1_001).map(Subject::new).collect();
    let many: Vec<_> = many.iter().collect();
    for (count, fits) in [(0, false), (1, true), (1_000, true), (1_001, false)] {
        let made = webhooks
            .subscribe(TENANT, about(&receiver, &many[..count]))
            .await;
        match made {
            Ok(subscription) => {
                assert!(fits, "{count}");
                assert_eq!(view(&world, &subscription.id), subscription);
            }
            Err(error) => {
                assert!(
                    !fits && matches!(error, WebhookError::DidCount { limit: 1_000 }),
                    "{error}"
                );
            }
        }
    }
    let foreign = "did:cheqd:mainnet:00000001-0000-4000-8000-000000000000"
        .parse()
        .unwrap();
    let new = NewSubscription {
        url: receiver.url(),
        filter: Filter::Dids(BTreeSet::from([foreign])),
        integration: None,
        credential: None,
    };
    let refused = webhooks.subscribe(TENANT, new).await.unwrap_err();
    assert!(matches!(refused, WebhookError::NoLog(_)), "{refused}");
}
