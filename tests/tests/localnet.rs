//! `atropos localnet`: what it prints is true, and enough to work with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cosmos::proto::Any;
use cosmos::proto::auth::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmos::proto::bank::{QueryBalanceRequest, QueryBalanceResponse};
use cosmos::{Coins, DENOM, Draft, PayerKey, Signer};
use did::OperationKind;
use prost::Message;
use serde_json::{Value, json};
use tests::client::Client;
use tests::server::{Place, Server};
use tests::wallet::Wallet;

const PORTS: [&str; 6] = [
    "--comet-listen",
    "127.0.0.1:0",
    "--grpc-listen",
    "127.0.0.1:0",
    // The address is awaited in the log.
    "--log-filter",
    "info",
];

/// A running network, known only by what it has printed.
struct Localnet {
    server: Server,
    printed: String,
    comet: Client,
}

impl Localnet {
    fn start(place: &Place, flags: &[&str]) -> Localnet {
        let flags = [&PORTS[..], flags].concat();
        let server = place.start_command("localnet", &flags).unwrap();
        let printed = server.printed().unwrap();
        let rpc = after(&printed, "CometBFT RPC");
        let comet = Client::new(rpc.strip_prefix("http://").unwrap(), None).unwrap();
        Localnet {
            server,
            printed,
            comet,
        }
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.comet.post("/", &request).await.unwrap();
        answer.json().unwrap()["result"].clone()
    }

    async fn ask<A: Message + Default>(&self, path: &str, request: &impl Message) -> A {
        let data = hex::encode(request.encode_to_vec());
        let params = json!({"path": path, "data": data});
        let answer = self.call("abci_query", params).await;
        let answer = &answer["response"];
        let value = answer["value"].as_str().unwrap_or_default();
        A::decode(STANDARD.decode(value).unwrap().as_slice()).expect("an answer")
    }

    async fn balance(&self, address: &str) -> u64 {
        let request = QueryBalanceRequest {
            address: address.to_owned(),
            denom: DENOM.to_owned(),
        };
        let path = "/cosmos.bank.v1beta1.Query/Balance";
        let answer: QueryBalanceResponse = self.ask(path, &request).await;
        answer.balance.unwrap().amount.parse().unwrap()
    }

    async fn account(&self, address: &str) -> BaseAccount {
        let request = QueryAccountRequest {
            address: address.to_owned(),
        };
        let path = "/cosmos.auth.v1beta1.Query/Account";
        let answer: QueryAccountResponse = self.ask(path, &request).await;
        BaseAccount::decode(answer.account.unwrap().value.as_slice()).unwrap()
    }

    /// Address and phrase of each account, in the order in which they are printed.
    fn accounts(&self) -> Vec<(String, PayerKey)> {
        let mut lines = self.printed.lines();
        let mut accounts = Vec::new();
        while let Some(line) = lines.next() {
            if let Some(address) = line.split_whitespace().next()
                && address.starts_with("cheqd1")
            {
                let key = PayerKey::from_phrase(lines.next().unwrap().trim()).unwrap();
                assert_eq!(key.address().to_string(), address);
                accounts.push((address.to_owned(), key));
            }
        }
        assert_eq!(accounts.len(), 4);
        accounts
    }
}

/// The word behind a label.
fn after(printed: &str, label: &str) -> String {
    let line = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix(label));
    let word = line.expect(label).split_whitespace().next();
    word.unwrap().to_owned()
}

#[tokio::test]
async fn accounts_have_money_and_make_dids_that_resolve() {
    let place = Place::new().unwrap();
    let localnet = Localnet::start(&place, &["--fees", "static"]);
    let accounts = localnet.accounts();
    for (address, _) in &accounts[..3] {
        assert_eq!(localnet.balance(address).await, 1_000_000_000_000_000);
    }
    assert!(localnet.balance(&accounts[3].0).await > 900_000_000_000_000_000);

    let wallet = Wallet::new(1, 1);
    let (address, payer) = &accounts[0];
    let account = localnet.account(address).await;
    let draft = Draft {
        messages: vec![Any {
            type_url: OperationKind::Create.type_url().to_owned(),
            value: wallet.create().bytes(),
        }],
        memo: String::new(),
        timeout_height: 0,
        fee: Coins::of(DENOM, 50_000_000_000).unwrap(),
        gas_limit: 360_000,
    };
    let signer = Signer {
        chain_id: after(&localnet.printed, "chain id"),
        account_number: account.account_number,
        sequence: account.sequence,
    };
    let bytes = draft.sign(payer, &signer);
    let sent = localnet
        .call("broadcast_tx_sync", json!({"tx": STANDARD.encode(bytes)}))
        .await;
    assert_eq!(sent["code"], 0, "{sent}");
    let http = after(&localnet.printed, "HTTP");
    let http = Client::new(http.strip_prefix("http://").unwrap(), None).unwrap();
    let path = format!("/1.0/identifiers/{}", wallet.did());
    assert_eq!(http.get(&path).await.unwrap().status, 200);
    let left = 1_000_000_000_000_000 - 50_000_000_000;
    assert_eq!(localnet.balance(address).await, left);
    localnet.server.stop().unwrap();

    // It goes on from there, and gives nothing twice.
    let localnet = Localnet::start(&place, &["--fees", "static"]);
    assert_eq!(localnet.balance(address).await, left);
    assert_eq!(
        localnet.balance(&accounts[1].0).await,
        1_000_000_000_000_000
    );
    localnet.server.stop().unwrap();
}

#[tokio::test]
async fn by_default_nothing_costs_anything_and_everybody_may_sign() {
    let place = Place::new().unwrap();
    let localnet = Localnet::start(&place, &[]);
    assert!(
        localnet.printed.contains("FOR DEVELOPMENT ONLY"),
        "{}",
        localnet.printed
    );
    let stranger = cosmos::Address::from_bytes([9; 20]).to_string();
    assert_eq!(localnet.account(&stranger).await.sequence, 0);
    let status = localnet.call("status", json!({})).await;
    assert_eq!(
        status["node_info"]["network"],
        after(&localnet.printed, "chain id")
    );
    let grpc = after(&localnet.printed, "gRPC");
    assert_eq!(
        grpc,
        localnet
            .server
            .logged_address("listening for gRPC")
            .unwrap()
    );
    localnet.server.stop().unwrap();
}

#[test]
fn the_data_of_another_server_is_left_alone() {
    let place = Place::new().unwrap();
    place.start().unwrap().stop().unwrap();
    let refused = place.run(&["localnet"]).unwrap();
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(text.contains("give another folder with --data"), "{text}");
}
