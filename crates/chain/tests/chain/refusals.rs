//! Every message that is refused for itself is refused as a transaction, with the same code and text.

use cosmos::proto::Any;
use did::OperationKind;
use serde_json::Value;

use crate::world::{CHAIN_ID, Payer, World, assert_failure, draft};

#[tokio::test]
async fn every_message_of_the_fixture_is_refused_with_its_code_and_text() {
    let (world, payer) = (World::new(), Payer::new(1));
    let head = world.ledger.published();
    let mut sequence = 0;
    for row in rows() {
        let text = row["text"].as_str().unwrap();
        let code = u32::try_from(row["code"].as_u64().unwrap()).unwrap();
        for message in messages(&row) {
            let bytes = payer.sign(&draft(vec![message]), CHAIN_ID, sequence);
            // A node looks at resources later than at documents.
            if code == 1205 {
                assert_failure(&world.refused(&bytes).await, "cheqd", code, text);
            } else {
                let failure = world.deliver(&bytes).await.outcome.unwrap_err();
                let text = format!("failed to execute message; message index: 0: {text}");
                assert_failure(&failure, "cheqd", code, &text);
                sequence += 1;
            }
        }
    }
    assert!(sequence > 0);
    assert_eq!(world.ledger.published(), head);
}

fn rows() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/refusals.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The message of a row; a document is refused alike where it is to replace another one.
fn messages(row: &Value) -> Vec<Any> {
    let value = hex::decode(row["message"].as_str().unwrap()).unwrap();
    let type_url = row["typeUrl"].as_str().unwrap();
    let update =
        (type_url == OperationKind::Create.type_url()).then(|| OperationKind::Update.type_url());
    std::iter::once(type_url)
        .chain(update)
        .map(|type_url| Any {
            type_url: type_url.to_owned(),
            value: value.clone(),
        })
        .collect()
}
