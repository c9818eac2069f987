//! Several messages in one transaction: all of them or none.

use cosmos::Transaction;

use crate::world::{Holder, Payer, World, assert_failure};

#[tokio::test]
async fn all_messages_are_done_in_their_order() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let messages = vec![holder.create(), holder.update(2), holder.resource(1, b"x")];
    let included = world.deliver(&payer.transaction(messages)).await;
    assert_eq!(included.outcome, Ok(()));
    let did = did::Did::parse(&holder.did).unwrap();
    let latest = world.ledger.latest(&did).unwrap().unwrap();
    assert!(latest.has_resources && latest.previous_version_id.is_some());
}

#[tokio::test]
async fn one_that_fails_takes_all_others_back() {
    let (world, payer) = (World::new(), Payer::new(1));
    let (first, second, third) = (Holder::new(1, 1), Holder::new(2, 2), Holder::new(3, 1));
    world
        .deliver(&payer.transaction(vec![second.create()]))
        .await;
    let before = world.ledger.published();
    let messages = vec![first.create(), second.deactivate(2, &[1]), third.create()];
    let failure = world
        .deliver(&payer.transaction(messages))
        .await
        .outcome
        .unwrap_err();
    assert_eq!((failure.codespace.as_str(), failure.code), ("cheqd", 1101));
    assert!(
        failure
            .log
            .starts_with("failed to execute message; message index: 1: "),
        "{failure}"
    );
    assert_eq!(world.ledger.published(), before);
    assert_eq!(world.sequence(&payer), 2);
    let messages = vec![first.create(), third.create()];
    world
        .deliver(&payer.transaction(messages))
        .await
        .outcome
        .unwrap();
}

#[tokio::test]
async fn the_first_that_fails_is_named() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let mut nameless = holder.resource_payload(1, b"x");
    nameless.name.clear();
    let signatures = holder.signatures(&nameless, &[1]);
    let invalid = crate::world::signed_resource(nameless, signatures);
    let name = "failed to execute message; message index: 1: payload: (resourceName: cannot be blank.).: DID namespace \
                validation failed";
    let bytes = payer.transaction(vec![holder.create(), invalid.clone()]);
    let failure = world.deliver(&bytes).await.outcome.unwrap_err();
    assert_failure(&failure, "cheqd", 1206, name);
    // Behind one that the ledger refuses, it is not reached.
    let bytes = payer.transaction(vec![holder.update(2), invalid]);
    let failure = world.deliver(&bytes).await.outcome.unwrap_err();
    assert_eq!(failure.code, 1201);
    assert!(failure.log.contains("message index: 0: "), "{failure}");
}

#[tokio::test]
async fn an_update_cannot_shrink_the_list_of_keys_and_end_the_did() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 2));
    world
        .deliver(&payer.transaction(vec![holder.create()]))
        .await;
    let mut smaller = holder.document(2);
    smaller.verification_method.truncate(1);
    let update = holder.change(did::OperationKind::Update, smaller);
    let bytes = payer.transaction(vec![update, holder.deactivate(3, &[1])]);
    assert_eq!(Transaction::decode(&bytes).unwrap().messages().len(), 2);
    let failure = world.deliver(&bytes).await.outcome.unwrap_err();
    assert_eq!(failure.code, 1101);
    assert!(failure.log.contains("message index: 1: "), "{failure}");
    assert!(failure.log.contains(&holder.method(2)), "{failure}");
    let did = did::Did::parse(&holder.did).unwrap();
    assert!(!world.ledger.latest(&did).unwrap().unwrap().deactivated);
}
