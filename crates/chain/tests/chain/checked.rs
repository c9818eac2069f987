//! What is refused when a transaction is broadcast: nothing is written, and no sequence is used.

use did::OperationKind;
use did::proto::MsgCreateDidDocPayload;

use crate::world::{CHAIN_ID, Holder, Payer, World, assert_failure, draft};

#[tokio::test]
async fn garbage_is_no_transaction() {
    let world = World::new();
    for bytes in [b"garbage".as_slice(), &[0xff; 100]] {
        let failure = world.refused(bytes).await;
        assert_eq!((failure.codespace.as_str(), failure.code), ("sdk", 2));
        assert!(failure.log.ends_with(": tx parse error"), "{failure}");
    }
    assert_failure(
        &world.refused(b"").await,
        "sdk",
        18,
        "must contain at least one message: invalid request",
    );
}

#[tokio::test]
async fn the_signature_covers_chain_id_and_account_number() {
    let (world, payer) = (World::new(), Payer::new(1));
    let draft = draft(vec![Holder::new(1, 1).create()]);
    let number = world.account(&payer).number;
    let text = format!(
        "signature verification failed; please verify account number ({number}) and chain-id ({CHAIN_ID}): (unable \
         to verify single signer signature): unauthorized"
    );
    for bytes in [
        payer.sign(&draft, "cheqd-testnet-6", 0),
        payer.sign_as(&draft, number + 1),
    ] {
        assert_failure(&world.refused(&bytes).await, "sdk", 4, &text);
    }
    let mut spoiled = payer.sign(&draft, CHAIN_ID, 0);
    *spoiled.last_mut().unwrap() ^= 1;
    assert_eq!(world.refused(&spoiled).await.code, 4);
    assert_eq!(world.sequence(&payer), 0);
    world
        .deliver(&payer.sign(&draft, CHAIN_ID, 0))
        .await
        .outcome
        .unwrap();
}

#[tokio::test]
async fn only_the_next_sequence_is_taken() {
    let (world, payer) = (World::new(), Payer::new(1));
    let ahead = payer.sign(&draft(vec![Holder::new(1, 1).create()]), CHAIN_ID, 1);
    assert_failure(
        &world.refused(&ahead).await,
        "sdk",
        32,
        "account sequence mismatch, expected 0, got 1: incorrect account sequence",
    );
    world
        .deliver(&payer.transaction(vec![Holder::new(2, 1).create()]))
        .await;
    assert_eq!(world.sequence(&payer), 1);
    let used = payer.sign(&draft(vec![Holder::new(3, 1).create()]), CHAIN_ID, 0);
    assert_failure(
        &world.refused(&used).await,
        "sdk",
        32,
        "account sequence mismatch, expected 1, got 0: incorrect account sequence",
    );
    // What was too early before is the next one now.
    world.deliver(&ahead).await.outcome.unwrap();
}

#[tokio::test]
async fn a_wrong_sequence_is_reported_before_a_wrong_signature() {
    let (world, payer) = (World::new(), Payer::new(1));
    let bytes = payer.sign(&draft(vec![Holder::new(1, 1).create()]), "other-1", 5);
    assert_eq!(world.refused(&bytes).await.code, 32);
}

#[tokio::test]
async fn a_transaction_whose_time_is_over_is_refused() {
    let (world, payer) = (World::new(), Payer::new(1));
    let mut late = draft(vec![Holder::new(1, 1).create()]);
    late.timeout_height = 1;
    while world.chain.height() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let failure = world.refused(&payer.sign(&late, CHAIN_ID, 0)).await;
    assert_eq!((failure.codespace.as_str(), failure.code), ("sdk", 30));
    assert!(
        failure
            .log
            .ends_with(", timeout height: 1: tx timeout height"),
        "{failure}"
    );
    late.timeout_height = world.chain.height() + 1000;
    let taken = world.deliver(&payer.sign(&late, CHAIN_ID, 0)).await;
    assert!(taken.height <= late.timeout_height);
}

type Spoil = fn(&mut MsgCreateDidDocPayload);

/// What is done to a document, and what is said of it.
const CASES: &[(Spoil, &str)] = &[
    (
        |document| document.version_id.clear(),
        "version_id: cannot be blank",
    ),
    (
        |document| {
            document
                .authentication
                .push(document.authentication[0].clone())
        },
        "authentication: there should be no duplicates",
    ),
    (
        |document| document.verification_method[0].verification_method_type = "Multikey".to_owned(),
        "verification_method: (0: (type: must be a valid value.).)",
    ),
    (
        |document| document.controller[0] = "did:web:example.org".to_owned(),
        "controller: (0: did method must be: cheqd.)",
    ),
];

#[tokio::test]
async fn what_is_wrong_with_a_did_message_itself_is_reported_at_once() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let spoiled = |spoil: Spoil| {
        let mut document = holder.document(1);
        spoil(&mut document);
        payer.sign(
            &draft(vec![holder.change(OperationKind::Create, document)]),
            CHAIN_ID,
            0,
        )
    };
    for (spoil, details) in CASES {
        let log = format!("payload: ({details}.).: basic validation failed");
        assert_failure(&world.refused(&spoiled(*spoil)).await, "cheqd", 1205, &log);
    }
    let mut ending = holder.ending(2);
    ending.version_id = "2".to_owned();
    let signatures = holder.signatures(&ending, &[1]);
    let bytes = payer.sign(
        &draft(vec![crate::world::ended(ending, signatures)]),
        CHAIN_ID,
        0,
    );
    assert_failure(
        &world.refused(&bytes).await,
        "cheqd",
        1205,
        "payload: (version_id: uuid must be of length 36 (in form of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).).: basic \
         validation failed",
    );
    assert_eq!(world.sequence(&payer), 0);
}

#[tokio::test]
async fn a_chain_that_cannot_take_says_so() {
    let (world, payer) = (World::new(), Payer::new(1));
    world.ledger.set_assurance(ledger::Assurance::Paused {
        known_size: 100,
        by: "somebody".to_owned(),
    });
    let bytes = payer.transaction(vec![Holder::new(1, 1).create()]);
    let error = world.chain.submit(&bytes).await.unwrap_err().to_string();
    assert!(error.starts_with("no transactions are taken: "), "{error}");
    assert_eq!(world.sequence(&payer), 0);
}
