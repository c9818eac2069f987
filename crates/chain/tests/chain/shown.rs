//! How transactions, blocks and simulations are shown.

use chain::Event;
use cosmos::proto::abci::TxMsgData;
use cosmos::proto::did::MsgCreateDidDocResponse;
use cosmos::proto::resource::MsgCreateResourceResponse;
use prost::Message;

use crate::world::{GAS, Holder, Payer, World, version_id};

fn of_kind<'e>(events: &'e [Event], kind: &str) -> Vec<&'e Event> {
    events.iter().filter(|event| event.kind == kind).collect()
}

#[tokio::test]
async fn events_are_those_of_a_node() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let messages = vec![holder.create(), holder.resource(1, b"x")];
    let included = world.deliver(&payer.transaction(messages)).await;
    let pairs = |event: &Event| -> Vec<(&'static str, String)> {
        let attributes = event.attributes.iter();
        attributes.map(|one| (one.key, one.value.clone())).collect()
    };
    let address = payer.address().to_string();
    let tx = of_kind(&included.events, "tx");
    assert_eq!(
        pairs(tx[0]),
        [("fee", String::new()), ("fee_payer", address.clone())]
    );
    assert_eq!(pairs(tx[1]), [("acc_seq", format!("{address}/0"))]);
    assert_eq!(tx[2].attributes[0].key, "signature");
    let messages = of_kind(&included.events, "message");
    let expected = |action: &str, module: &str, index: &str| {
        [
            ("action", action.to_owned()),
            ("module", module.to_owned()),
            ("msg_index", index.to_owned()),
        ]
    };
    assert_eq!(
        pairs(messages[0]),
        expected("/cheqd.did.v2.MsgCreateDidDoc", "did", "0")
    );
    assert_eq!(
        pairs(messages[1]),
        expected("/cheqd.resource.v2.MsgCreateResource", "resource", "1")
    );
    let failed = world
        .deliver(&payer.transaction(vec![holder.create()]))
        .await;
    assert!(of_kind(&failed.events, "message").is_empty());
    assert_eq!(of_kind(&failed.events, "tx").len(), 3);
    assert!(failed.data.is_empty());
}

#[tokio::test]
async fn messages_answer_what_they_made_as_it_was_then() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 1));
    let messages = vec![holder.create(), holder.resource(1, b"x")];
    let made = world.deliver(&payer.transaction(messages)).await;
    let then = TxMsgData::decode(made.data.as_slice())
        .unwrap()
        .msg_responses;
    assert_eq!(then[0].type_url, "/cheqd.did.v2.MsgCreateDidDocResponse");
    assert_eq!(
        then[1].type_url,
        "/cheqd.resource.v2.MsgCreateResourceResponse"
    );
    let value = MsgCreateDidDocResponse::decode(then[0].value.as_slice())
        .unwrap()
        .value
        .unwrap();
    assert_eq!(value.did_doc.unwrap(), holder.document(1).into_document());
    let metadata = value.metadata.unwrap();
    assert_eq!(metadata.version_id, version_id(1));
    let created = metadata.created.unwrap();
    assert_eq!(
        created.seconds as u64 * 1000 + created.nanos as u64 / 1_000_000,
        made.time_ms
    );
    let resource = MsgCreateResourceResponse::decode(then[1].value.as_slice())
        .unwrap()
        .resource
        .unwrap();
    assert_eq!(resource.name, "schema");

    // What comes later does not change it.
    world
        .deliver(&payer.transaction(vec![holder.resource(2, b"y")]))
        .await;
    let ended = world
        .deliver(&payer.transaction(vec![holder.deactivate(2, &[1])]))
        .await;
    assert_eq!(world.chain.transaction(&made.hash).unwrap().unwrap(), made);
    let data = TxMsgData::decode(ended.data.as_slice())
        .unwrap()
        .msg_responses;
    let value = MsgCreateDidDocResponse::decode(data[0].value.as_slice())
        .unwrap()
        .value
        .unwrap();
    let metadata = value.metadata.unwrap();
    assert!(metadata.deactivated);
    assert_eq!(metadata.previous_version_id, version_id(1));
}

#[tokio::test]
async fn a_block_holds_its_transactions_in_order() {
    let (world, payer) = (World::new(), Payer::new(1));
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(
            world
                .deliver(&payer.transaction(vec![Holder::new(number, 1).create()]))
                .await,
        );
    }
    for included in &made {
        let block = world.chain.block(included.height).unwrap().unwrap();
        assert_eq!(block.transactions[included.position as usize], *included);
        assert!(block.time_ms >= included.time_ms);
    }
    let height = world.chain.height();
    assert!(
        made.iter()
            .all(|included| (1..=height).contains(&included.height))
    );
    assert_eq!(world.chain.block(0).unwrap(), None);
    assert_eq!(world.chain.block(height + 1000).unwrap(), None);
}

#[tokio::test]
async fn a_simulation_says_what_would_come_and_changes_nothing() {
    let (world, payer, holder) = (World::new(), Payer::new(1), Holder::new(1, 2));
    let before = world.ledger.published();
    let create = payer.transaction(vec![holder.create()]);
    assert!(world.chain.simulate(&create).unwrap().gas_used < GAS);
    let ending = payer.transaction(vec![holder.deactivate(2, &[1])]);
    assert_eq!(world.chain.simulate(&ending).unwrap_err().code, 1201);
    assert_eq!(
        (world.ledger.published(), world.sequence(&payer)),
        (before, 0)
    );

    world.deliver(&create).await.outcome.unwrap();
    let failure = world.chain.simulate(&ending).unwrap_err();
    assert_eq!(failure.code, 1101);
    assert!(failure.log.contains(&holder.method(2)), "{failure}");
    let both = payer.transaction(vec![holder.update(2), holder.deactivate(3, &[1, 2])]);
    assert_eq!(world.chain.simulate(&both).unwrap_err().code, 1101);
    let ending = payer.transaction(vec![holder.deactivate(2, &[1, 2])]);
    assert!(world.chain.simulate(&ending).is_ok());
    assert_eq!(world.chain.simulate(b"garbage").unwrap_err().code, 2);
}
