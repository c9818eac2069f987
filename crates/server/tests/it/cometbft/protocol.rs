//! The protocol itself: forms of requests, errors, what clients read of a status.

use axum::extract::Request;
use serde_json::{Value, json};

use super::Comet;

/// What CosmJS refuses to go on without: types and emptiness as in docs/comet.md.
#[tokio::test]
async fn a_status_has_what_clients_insist_on() {
    let comet = Comet::start().await;
    let status = comet.call("status", json!({})).await;
    let text = |path: &str| {
        let found = status.pointer(path).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("{path} is no string in {status}"))
            .to_owned()
    };
    for number in [
        "/node_info/protocol_version/p2p",
        "/node_info/protocol_version/block",
        "/node_info/protocol_version/app",
        "/sync_info/latest_block_height",
        "/validator_info/voting_power",
    ] {
        assert!(text(number).parse::<u64>().is_ok(), "{number}");
    }
    for bytes in [
        "/node_info/id",
        "/sync_info/latest_block_hash",
        "/sync_info/latest_app_hash",
        "/validator_info/address",
    ] {
        assert!(
            hex::decode(text(bytes)).is_ok_and(|bytes| !bytes.is_empty()),
            "{bytes}"
        );
    }
    for filled in [
        "/node_info/listen_addr",
        "/node_info/moniker",
        "/node_info/channels",
    ] {
        assert!(!text(filled).is_empty(), "{filled}");
    }
    assert_eq!(text("/node_info/network"), "atropos-testnet-1");
    assert!(text("/node_info/version").starts_with("0.38."));
    assert!(status["node_info"]["other"].is_object());
    assert!(
        text("/sync_info/latest_block_time")
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    assert_eq!(status["sync_info"]["catching_up"], false);
    assert_eq!(
        text("/validator_info/pub_key/type"),
        "tendermint/PubKeyEd25519"
    );
}

#[tokio::test]
async fn a_ledger_that_others_contradict_is_behind() {
    let comet = Comet::start().await;
    let networks = &comet.server.app.networks;
    let log = networks.by_name("testnet").unwrap().log().unwrap();
    log.set_assurance(ledger::Assurance::Paused {
        known_size: 100,
        by: "somebody".to_owned(),
    });
    let status = comet.call("status", json!({})).await;
    assert_eq!(status["sync_info"]["catching_up"], true);
    let refused = comet
        .request("broadcast_tx_sync", json!({"tx": "AAAA"}))
        .await;
    assert_eq!(refused["error"]["code"], -32603);
    let data = refused["error"]["data"].as_str().unwrap().to_owned();
    assert!(data.starts_with("no transactions are taken: "), "{data}");
}

#[tokio::test]
async fn a_request_in_an_address_gets_the_same_answer() {
    let comet = Comet::start().await;
    let answer = comet.get("/status").await;
    let by_address = answer.json();
    assert_eq!((answer.status, &by_address["id"]), (200, &json!(-1)));
    let by_post = comet.call("status", json!({})).await;
    assert_eq!(by_address["result"]["node_info"], by_post["node_info"]);

    let answer = comet
        .get("/abci_query?path=%22/no/such%22&data=0x0a&prove=false")
        .await
        .json();
    assert_eq!(answer["result"]["response"]["code"], 6);
    assert_eq!(comet.get("/health").await.json()["result"], json!({}));
    assert_eq!(comet.get("/no_such_method").await.status, 404);
    let list = comet.get("/").await;
    assert!(
        String::from_utf8(list.body)
            .unwrap()
            .contains("broadcast_tx_sync(tx)")
    );
}

#[tokio::test]
async fn a_query_that_nobody_knows_is_an_answer() {
    let comet = Comet::start().await;
    let params = json!({"path": "/cosmos.gov.v1.Query/Params", "data": "", "prove": false});
    let answer = comet.call("abci_query", params).await;
    let response = &answer["response"];
    assert_eq!(response["code"], 6);
    assert_eq!(response["codespace"], "sdk");
    let log = response["log"].as_str().unwrap();
    assert!(
        log.contains("unknown query path") && log.ends_with("unknown request"),
        "{log}"
    );
    assert_ne!(response["height"], "0");
}

#[tokio::test]
async fn errors_are_those_of_json_rpc() {
    let comet = Comet::start().await;
    for (body, code, id) in [
        ("{", -32700, json!(-1)),
        ("\u{0}\u{1}", -32700, json!(-1)),
        ("[]", -32600, json!(-1)),
        ("7", -32600, json!(-1)),
        (r#"{"id": 1, "jsonrpc": "2.0"}"#, -32600, json!(1)),
        (r#"{"id": {}, "method": "status"}"#, -32600, json!(-1)),
        (r#"{"id": "a", "method": "no_such"}"#, -32601, json!("a")),
        (
            r#"{"id": 1, "method": "status", "params": 7}"#,
            -32602,
            json!(1),
        ),
        (r#"{"id": 1, "method": "abci_query"}"#, -32602, json!(1)),
        (
            r#"{"id": 1, "method": "abci_query", "params": {"path": "/x", "data": "xyz"}}"#,
            -32602,
            json!(1),
        ),
        (
            r#"{"id": 1, "method": "broadcast_tx_sync", "params": {"tx": "?"}}"#,
            -32602,
            json!(1),
        ),
        (
            r#"{"id": 1, "method": "tx", "params": {"hash": "AAAA"}}"#,
            -32602,
            json!(1),
        ),
        (
            r#"{"id": 1, "method": "tx_search", "params": {"query": "transfer.amount=1"}}"#,
            -32603,
            json!(1),
        ),
        (
            r#"{"id": 1, "method": "block", "params": {"height": "0"}}"#,
            -32603,
            json!(1),
        ),
        (
            r#"{"id": 1, "method": "block", "params": ["99999999"]}"#,
            -32603,
            json!(1),
        ),
    ] {
        let answer = comet.post(body).await;
        let envelope = answer.json();
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!(envelope["error"]["code"], code, "{body}: {envelope}");
        assert_eq!(envelope["id"], id, "{body}");
        assert!(envelope["error"]["data"].is_string() && envelope.get("result").is_none());
    }
}

#[tokio::test]
async fn several_requests_get_as_many_answers() {
    let comet = Comet::start().await;
    let status = |id: u64| json!({"jsonrpc": "2.0", "id": id, "method": "status", "params": {}});
    let mut requests = vec![
        status(1),
        json!({"method": "status"}),
        json!({"id": 3, "method": "x"}),
    ];
    let answer = comet
        .post(Value::from(requests.clone()).to_string())
        .await
        .json();
    let ids: Vec<_> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(ids, [json!(1), json!(3)]);
    assert_eq!(answer[1]["error"]["code"], -32601);
    requests.extend((0..30).map(status));
    let answer = comet.post(Value::from(requests).to_string()).await.json();
    assert_eq!(answer["error"]["code"], -32600);
    let values = format!("[{}1]", "1,".repeat(5000));
    assert_eq!(comet.post(values).await.json()["error"]["code"], -32600);
    // Nobody waits for an answer to a notification.
    assert!(comet.post(r#"{"method": "status"}"#).await.body.is_empty());
}

#[tokio::test]
async fn what_is_not_served_speaks_the_same_language() {
    let comet = Comet::start().await;
    let answer = comet.post_at("/a/b", "{}").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"]["code"], -32603);
    let put = Request::put("/").body(axum::body::Body::empty()).unwrap();
    let answer = crate::support::send(&comet.router, put).await;
    assert_eq!(
        (answer.status, answer.json()["jsonrpc"].clone()),
        (405, json!("2.0"))
    );
    let large = vec![b' '; chain::cometbft::BODY_BYTES_MAX + 1];
    let answer = comet.post(large).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"]["code"], -32600);
}

#[tokio::test]
async fn without_an_address_there_is_no_chain() {
    let server = crate::support::Server::start().await;
    assert!(server.app.chain.is_none());
}
