//! Transactions over JSON-RPC.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cosmos::TxHash;
use serde_json::json;

use super::{Comet, Payer, create, deactivate};
use crate::support::Wallet;

#[tokio::test]
async fn a_transaction_is_there_when_its_broadcast_is_answered() {
    let comet = Comet::start().await;
    let (payer, wallet) = (Payer::new(1), Wallet::new(1, 2));
    let bytes = payer.transaction(0, vec![create(&wallet)]);
    let hash = TxHash::of(&bytes).to_string();
    let answer = comet.broadcast(&bytes).await;
    assert_eq!(
        answer,
        json!({"code": 0, "data": "", "log": "", "codespace": "", "hash": hash})
    );

    let found = comet.found(&hash).await;
    assert_eq!(found["hash"], hash);
    assert!(found["height"].as_str().unwrap().parse::<u64>().unwrap() > 0);
    assert!(found["index"].is_u64());
    assert_eq!(found["tx"], STANDARD.encode(&bytes));
    let result = &found["tx_result"];
    assert_eq!(
        (&result["code"], &result["log"], &result["codespace"]),
        (&json!(0), &json!(""), &json!(""))
    );
    assert!(STANDARD.decode(result["data"].as_str().unwrap()).is_ok());
    assert_eq!(result["gas_wanted"], "360000");
    assert!(result["gas_used"].as_str().unwrap().parse::<u64>().is_ok());
    let attribute = &result["events"][0]["attributes"][0];
    assert_eq!(
        (&attribute["key"], &attribute["index"]),
        (&json!("fee"), &json!(true))
    );

    let by_hash = comet
        .call(
            "tx",
            json!({"hash": STANDARD.encode(hex::decode(&hash).unwrap())}),
        )
        .await;
    assert_eq!(by_hash, found);
    let by_address = comet.get(&format!("/tx?hash=0x{hash}")).await.json();
    assert_eq!(by_address["result"], found);
    let resolved = comet.server.resolve(&wallet.did, None).await;
    assert_eq!(resolved.status, 200);
}

#[tokio::test]
async fn an_incomplete_deactivation_names_the_key_and_the_complete_one_ends_the_did() {
    let comet = Comet::start().await;
    let (payer, wallet) = (Payer::new(1), Wallet::new(1, 2));
    comet
        .broadcast(&payer.transaction(0, vec![create(&wallet)]))
        .await;
    let bytes = payer.transaction(1, vec![deactivate(&wallet, &[1])]);
    let answer = comet.broadcast(&bytes).await;
    assert_eq!(answer["code"], 0);
    let found = comet.found(answer["hash"].as_str().unwrap()).await;
    let result = &found["tx_result"];
    assert_eq!(
        (&result["code"], &result["codespace"]),
        (&json!(1101), &json!("cheqd"))
    );
    let log = result["log"].as_str().unwrap();
    assert!(
        log.starts_with("failed to execute message; message index: 0: "),
        "{log}"
    );
    assert!(
        log.contains(&wallet.method(2)) && !log.contains(&wallet.method(1)),
        "{log}"
    );
    assert!(result["data"].is_null());

    let bytes = payer.transaction(2, vec![deactivate(&wallet, &[1, 2])]);
    let params = json!({ "tx": STANDARD.encode(&bytes) });
    let committed = comet.call("broadcast_tx_commit", params).await;
    assert_eq!(
        (
            &committed["check_tx"]["code"],
            &committed["tx_result"]["code"]
        ),
        (&json!(0), &json!(0))
    );
    assert_ne!(committed["height"], "0");
    assert_eq!(comet.server.resolve(&wallet.did, None).await.status, 410);
}

#[tokio::test]
async fn what_the_check_refuses_is_nowhere() {
    let comet = Comet::start().await;
    let (payer, wallet) = (Payer::new(1), Wallet::new(1, 1));
    let bytes = payer.transaction(5, vec![create(&wallet)]);
    let answer = comet.broadcast(&bytes).await;
    assert_eq!(
        (&answer["code"], &answer["codespace"]),
        (&json!(32), &json!("sdk"))
    );
    assert_eq!(
        answer["log"],
        "account sequence mismatch, expected 0, got 5: incorrect account sequence"
    );
    let hash = answer["hash"].as_str().unwrap();
    let params = json!({"query": format!("tx.hash='{hash}'"), "page": "1"});
    let found = comet.call("tx_search", params).await;
    assert_eq!(found, json!({"txs": [], "total_count": "0"}));
    let hash = STANDARD.encode(hex::decode(hash).unwrap());
    let absent = comet.request("tx", json!({ "hash": hash })).await;
    assert_eq!(absent["error"]["code"], -32603);
    assert!(
        absent["error"]["data"]
            .as_str()
            .unwrap()
            .ends_with(" not found")
    );
    let params = json!({ "tx": STANDARD.encode(&bytes) });
    let committed = comet.call("broadcast_tx_commit", params).await;
    assert_eq!(
        (&committed["check_tx"]["code"], &committed["height"]),
        (&json!(32), &json!("0"))
    );
    let garbage = comet.broadcast(b"garbage").await;
    assert_eq!(
        (&garbage["code"], &garbage["codespace"]),
        (&json!(2), &json!("sdk"))
    );
}

#[tokio::test]
async fn without_waiting_it_comes_a_moment_later() {
    let comet = Comet::start().await;
    let bytes = Payer::new(1).transaction(0, vec![create(&Wallet::new(1, 1))]);
    let params = json!([STANDARD.encode(&bytes)]);
    let answer = comet.call("broadcast_tx_async", params).await;
    assert_eq!(answer["hash"], TxHash::of(&bytes).to_string());
    // The same bytes are answered once they are through.
    comet.broadcast(&bytes).await;
    assert_eq!(
        comet.found(answer["hash"].as_str().unwrap()).await["tx_result"]["code"],
        0
    );
}

#[tokio::test]
async fn blocks_hold_what_was_broadcast() {
    let comet = Comet::start().await;
    let payer = Payer::new(1);
    let bytes = payer.transaction(0, vec![create(&Wallet::new(1, 1))]);
    let answer = comet.broadcast(&bytes).await;
    let found = comet.found(answer["hash"].as_str().unwrap()).await;
    let height = found["height"].as_str().unwrap();
    let place = found["index"].as_u64().unwrap() as usize;

    let block = comet.call("block", json!({ "height": height })).await;
    assert_eq!(block["block"]["header"]["height"], height);
    assert_eq!(block["block"]["header"]["chain_id"], "atropos-testnet-1");
    assert_eq!(
        block["block"]["data"]["txs"][place],
        STANDARD.encode(&bytes)
    );
    let results = comet.call("block_results", json!([height])).await;
    assert_eq!(results["txs_results"][place], found["tx_result"]);
    assert!(results["consensus_param_updates"]["block"]["max_gas"].is_string());
    let params = json!({"query": format!("tx.height={height}"), "page": "1", "per_page": "100"});
    let listed = comet.call("tx_search", params).await;
    assert_eq!(listed["txs"][place], found);
    let newest = comet.call("block", json!({})).await;
    assert!(
        newest["block"]["header"]["height"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .is_ok()
    );
}

#[tokio::test]
async fn where_fees_are_static_the_faucet_pays_first() {
    let faucet = Payer::new(1);
    let address = faucet.0.address().to_string();
    let settings = [
        ("ATROPOS_COMET_FEES", "static"),
        ("ATROPOS_COMET_FAUCET", address.as_str()),
    ];
    let comet = Comet::start_with(&settings).await;
    let poor = Payer::new(2).transaction(0, vec![create(&Wallet::new(1, 1))]);
    assert_eq!(comet.broadcast(&poor).await["code"], 9);
    let rich = faucet.transaction(0, vec![create(&Wallet::new(1, 1))]);
    let answer = comet.broadcast(&rich).await;
    let found = comet.found(answer["hash"].as_str().unwrap()).await;
    assert_eq!(found["tx_result"]["code"], 0);
    let paid = &found["tx_result"]["events"][0]["attributes"][0];
    assert_eq!(paid["value"], "50000000000ncheq");
}
