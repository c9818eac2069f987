//! What comes out when a transaction is delivered: the codes and texts of the cheqd ledger, but for the differences in
//! `docs/deviations.md`. The sequence is used all the same.

use chain::Failure;
use cosmos::proto::Any;
use did::OperationKind;

use crate::world::{
    Holder, Payer, World, assert_failure, ended, signed_document, signed_resource, version_id,
};

/// A world with one payer, who is never refused.
struct Stage {
    world: World,
    payer: Payer,
}

impl Stage {
    fn new() -> Stage {
        Stage {
            world: World::new(),
            payer: Payer::new(1),
        }
    }

    async fn done(&self, messages: Vec<Any>) {
        let included = self.world.deliver(&self.payer.transaction(messages)).await;
        assert_eq!(included.outcome, Ok(()));
    }

    async fn failed(&self, messages: Vec<Any>) -> Failure {
        let (before, sequence) = (self.world.ledger.published(), self.sequence());
        let included = self.world.deliver(&self.payer.transaction(messages)).await;
        assert_eq!(self.world.ledger.published(), before);
        assert_eq!(self.sequence(), sequence + 1);
        included.outcome.unwrap_err()
    }

    #[track_caller]
    fn fails(
        &self,
        messages: Vec<Any>,
        codespace: &'static str,
        code: u32,
        text: &str,
    ) -> impl Future<Output = ()> {
        let log = format!("failed to execute message; message index: 0: {text}");
        async move { assert_failure(&self.failed(messages).await, codespace, code, &log) }
    }

    fn sequence(&self) -> u64 {
        self.world.sequence(&self.payer)
    }
}

#[tokio::test]
async fn what_is_done_is_in_the_ledger() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 2));
    stage.done(vec![holder.create()]).await;
    stage.done(vec![holder.update(2)]).await;
    stage.done(vec![holder.resource(1, b"{}")]).await;
    stage.done(vec![holder.deactivate(3, &[1, 2])]).await;
    let did = did::Did::parse(&holder.did).unwrap();
    let latest = stage.world.ledger.latest(&did).unwrap().unwrap();
    assert_eq!(
        (latest.deactivated, latest.version_id),
        (true, version_id(3))
    );
    assert!(latest.has_resources);
}

#[tokio::test]
async fn a_did_that_exists_is_not_created_again() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    stage.done(vec![holder.create()]).await;
    let text = format!("{}: DID Doc exists", holder.did);
    // To the last byte the same message, which another dialect would answer as it did then.
    stage
        .fails(vec![holder.create()], "cheqd", 1200, &text)
        .await;
    let other = holder.change(OperationKind::Create, holder.document(9));
    stage.fails(vec![other], "cheqd", 1200, &text).await;
}

#[tokio::test]
async fn a_did_that_does_not_exist_is_not_changed() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    let did = &holder.did;
    let text = format!("{did}: not found: DID Doc not found");
    stage
        .fails(vec![holder.update(2)], "cheqd", 1201, &text)
        .await;
    let text = format!("{did}: DID Doc not found");
    stage
        .fails(vec![holder.deactivate(2, &[1])], "cheqd", 1201, &text)
        .await;
    let text = format!("{did}: not found");
    stage
        .fails(vec![holder.resource(1, b"x")], "sdk", 38, &text)
        .await;
    let mut document = holder.document(1);
    document.controller.push(Holder::new(2, 1).did);
    let text = format!("{}: DID Doc not found", Holder::new(2, 1).did);
    let message = holder.change(OperationKind::Create, document);
    stage.fails(vec![message], "cheqd", 1201, &text).await;
}

#[tokio::test]
async fn another_network_is_reported_after_existence() {
    let stage = Stage::new();
    let mut elsewhere = Holder::new(1, 1);
    elsewhere.did = elsewhere.did.replace("testnet", "mainnet");
    let failure = stage.failed(vec![elsewhere.create()]).await;
    assert_eq!(
        (failure.codespace.as_str(), failure.code),
        ("cheqd", 1206),
        "{failure}"
    );
    assert!(
        failure
            .log
            .contains("did namespace must be one of: testnet"),
        "{failure}"
    );
    assert!(
        failure.log.ends_with(": DID namespace validation failed"),
        "{failure}"
    );
    let text = format!("{}: DID Doc not found", elsewhere.did);
    stage
        .fails(vec![elsewhere.deactivate(2, &[1])], "cheqd", 1201, &text)
        .await;
}

#[tokio::test]
async fn a_did_that_has_ended_stays_so() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    stage.done(vec![holder.create()]).await;
    stage.done(vec![holder.deactivate(2, &[1])]).await;
    let text = format!("{}: DID Doc already deactivated", holder.did);
    for message in [
        holder.deactivate(2, &[1]),
        holder.deactivate(3, &[1]),
        holder.deactivate(3, &[]),
        holder.update(4),
        holder.resource(1, b"x"),
    ] {
        stage.fails(vec![message], "cheqd", 1207, &text).await;
    }
    let text = format!("{}: DID Doc exists", holder.did);
    stage
        .fails(vec![holder.create()], "cheqd", 1200, &text)
        .await;
}

#[tokio::test]
async fn a_deactivation_names_every_key_that_has_not_signed() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 3));
    stage.done(vec![holder.create()]).await;
    for signers in [&[][..], &[1], &[1, 3]] {
        let failure = stage.failed(vec![holder.deactivate(2, signers)]).await;
        assert_eq!(
            (failure.codespace.as_str(), failure.code),
            ("cheqd", 1101),
            "{failure}"
        );
        assert!(
            failure
                .log
                .starts_with("failed to execute message; message index: 0: "),
            "{failure}"
        );
        for number in 1..=3 {
            let is_named = failure.log.contains(&holder.method(number));
            assert_eq!(is_named, !signers.contains(&number), "{number}: {failure}");
        }
        assert!(
            failure.log.ends_with("signature is required but not found"),
            "{failure}"
        );
    }
    let payload = holder.ending(2);
    let mut signatures = holder.signatures(&payload, &[1, 2, 3]);
    signatures[1].signature[0] ^= 1;
    let failure = stage.failed(vec![ended(payload, signatures)]).await;
    assert_eq!(
        (failure.codespace.as_str(), failure.code),
        ("cheqd", 1100),
        "{failure}"
    );
    assert!(failure.log.contains(&holder.method(2)), "{failure}");
    stage.done(vec![holder.deactivate(2, &[1, 2, 3])]).await;
}

#[tokio::test]
async fn signatures_of_a_create_are_those_of_the_cheqd_ledger() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    let create =
        |signatures| signed_document(OperationKind::Create, holder.document(1), signatures);
    let text = format!(
        "signer: {}: signature is required but not found",
        holder.did
    );
    stage
        .fails(vec![create(vec![])], "cheqd", 1101, &text)
        .await;
    let mut signatures = holder.signatures(&holder.document(1), &[1]);
    signatures[0].signature[5] ^= 1;
    let text = format!(
        "method id: {}: invalid signature detected",
        holder.method(1)
    );
    stage
        .fails(vec![create(signatures.clone())], "cheqd", 1100, &text)
        .await;
    signatures[0].verification_method_id = holder.method(7);
    let text = format!("{}: verification method not found", holder.method(7));
    stage
        .fails(vec![create(signatures)], "cheqd", 1202, &text)
        .await;
}

#[tokio::test]
async fn signatures_of_an_update_are_those_of_the_cheqd_ledger() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    stage.done(vec![holder.create()]).await;
    let update =
        |signatures| signed_document(OperationKind::Update, holder.document(2), signatures);
    let failure = stage.failed(vec![update(vec![])]).await;
    assert_eq!(
        (failure.codespace.as_str(), failure.code),
        ("cheqd", 1101),
        "{failure}"
    );
    assert!(
        failure.log.contains(&format!(
            "there should be at least one signature by {} (",
            holder.did
        )),
        "{failure}"
    );
    let mut signatures = holder.signatures(&holder.document(2), &[1]);
    signatures[0].signature[5] ^= 1;
    let failure = stage.failed(vec![update(signatures)]).await;
    assert_eq!(
        (failure.codespace.as_str(), failure.code),
        ("cheqd", 1100),
        "{failure}"
    );
    assert!(
        failure
            .log
            .contains("there should be at least one valid signature by "),
        "{failure}"
    );
}

#[tokio::test]
async fn a_version_id_is_used_once() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    stage.done(vec![holder.create()]).await;
    let text = format!(
        "diddoc version already exists for did {}, version {}: DID Doc exists: internal error",
        holder.did,
        version_id(1)
    );
    stage
        .fails(vec![holder.update(1)], "cheqd", 1500, &text)
        .await;
    stage
        .fails(vec![holder.deactivate(1, &[1])], "cheqd", 1500, &text)
        .await;
}

#[tokio::test]
async fn resources_are_judged_as_on_the_cheqd_ledger() {
    let (stage, holder) = (Stage::new(), Holder::new(1, 1));
    stage.done(vec![holder.create()]).await;
    stage.done(vec![holder.resource(1, b"x")]).await;
    let id = holder.resource_payload(1, b"x").id;
    let text = format!("{id}: Resource exists");
    stage
        .fails(vec![holder.resource(1, b"x")], "resource", 2200, &text)
        .await;
    stage
        .fails(vec![holder.resource(1, b"y")], "resource", 2200, &text)
        .await;

    // What is wrong with it by itself comes out now, and not at the broadcast.
    let mut nameless = holder.resource_payload(2, b"x");
    nameless.name.clear();
    let signatures = holder.signatures(&nameless, &[1]);
    let text = "payload: (resourceName: cannot be blank.).: DID namespace validation failed";
    let message = signed_resource(nameless, signatures);
    stage.fails(vec![message], "cheqd", 1206, text).await;

    let payload = holder.resource_payload(2, b"x");
    let mut signatures = holder.signatures(&payload, &[1]);
    signatures[0].signature[5] ^= 1;
    let text = format!(
        "method id: {}: invalid signature detected",
        holder.method(1)
    );
    let message = signed_resource(payload, signatures);
    stage.fails(vec![message], "cheqd", 1100, &text).await;
}
