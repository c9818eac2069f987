//! Transactions as cheqd's own client library makes them: `fixtures/cheqd-transactions.json`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use cosmos::proto::Any;
use cosmos::proto::base::Coin;
use cosmos::{Coins, Draft, Message, PayerKey, Signer, Transaction, TxHash};
use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    payers: Vec<Payer>,
    transactions: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payer {
    name: String,
    secret: String,
    public_key_hex: String,
    address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    payer: String,
    messages: Vec<VectorMessage>,
    memo: String,
    chain_id: String,
    account_number: String,
    sequence: String,
    fee: VectorFee,
    tx_hex: String,
    hash: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VectorMessage {
    type_url: String,
    value_hex: String,
}

#[derive(Deserialize)]
struct VectorFee {
    amount: Vec<VectorCoin>,
    gas: String,
}

#[derive(Deserialize)]
struct VectorCoin {
    denom: String,
    amount: String,
}

fn vectors() -> Vectors {
    let text = include_str!("../../../fixtures/cheqd-transactions.json");
    serde_json::from_str(text).unwrap()
}

fn key(payer: &Payer) -> PayerKey {
    let mut bytes = Zeroizing::new([0; 32]);
    match hex::decode_to_slice(&payer.secret, &mut *bytes) {
        Ok(()) => PayerKey::from_bytes(&bytes).unwrap(),
        Err(_) => PayerKey::from_phrase(&payer.secret).unwrap(),
    }
}

impl Vector {
    fn payer<'v>(&self, vectors: &'v Vectors) -> &'v Payer {
        let named = |payer: &&Payer| payer.name == self.payer;
        vectors.payers.iter().find(named).unwrap()
    }

    fn fee(&self) -> Coins {
        let messages = self.fee.amount.iter().map(|coin| Coin {
            denom: coin.denom.clone(),
            amount: coin.amount.clone(),
        });
        Coins::try_from(messages.collect::<Vec<_>>().as_slice()).unwrap()
    }

    fn messages(&self) -> Vec<Any> {
        let messages = self.messages.iter().map(|message| Any {
            type_url: message.type_url.clone(),
            value: hex::decode(&message.value_hex).unwrap(),
        });
        messages.collect()
    }

    fn signer(&self) -> Signer {
        Signer {
            chain_id: self.chain_id.clone(),
            account_number: self.account_number.parse().unwrap(),
            sequence: self.sequence.parse().unwrap(),
        }
    }
}

#[test]
fn payers_have_the_addresses_that_the_client_library_derives() {
    let vectors = vectors();
    assert!(vectors.payers.len() > 2);
    for payer in &vectors.payers {
        let key = key(payer);
        assert_eq!(
            hex::encode(key.public_key().to_bytes()),
            payer.public_key_hex,
            "{}",
            payer.name
        );
        assert_eq!(key.address().to_string(), payer.address, "{}", payer.name);
    }
}

#[test]
fn transactions_are_made_byte_for_byte() {
    let vectors = vectors();
    assert!(vectors.transactions.len() > 5);
    for vector in &vectors.transactions {
        let draft = Draft {
            messages: vector.messages(),
            memo: vector.memo.clone(),
            timeout_height: 0,
            fee: vector.fee(),
            gas_limit: vector.fee.gas.parse().unwrap(),
        };
        let bytes = draft.sign(&key(vector.payer(&vectors)), &vector.signer());
        assert_eq!(hex::encode(&bytes), vector.tx_hex, "{}", vector.name);
        assert_eq!(
            TxHash::of(&bytes).to_string(),
            vector.hash,
            "{}",
            vector.name
        );
    }
}

#[test]
fn transactions_are_read_and_verified() {
    let vectors = vectors();
    for vector in &vectors.transactions {
        let bytes = hex::decode(&vector.tx_hex).unwrap();
        let transaction = Transaction::decode(&bytes).unwrap();
        let name = &vector.name;
        assert_eq!(transaction.bytes(), bytes, "{name}");
        assert_eq!(transaction.hash().to_string(), vector.hash, "{name}");
        assert_eq!(
            transaction.payer().to_string(),
            vector.payer(&vectors).address,
            "{name}"
        );
        assert_eq!(transaction.memo(), vector.memo, "{name}");
        assert_eq!(transaction.fee().amount, vector.fee(), "{name}");
        assert_eq!(
            transaction.fee().gas_limit.to_string(),
            vector.fee.gas,
            "{name}"
        );
        assert_eq!(
            transaction.sequence().to_string(),
            vector.sequence,
            "{name}"
        );
        let values = transaction.messages().iter().map(|message| match message {
            Message::Identity { kind, value } => (kind.type_url().to_owned(), hex::encode(value)),
            Message::Transfer(_) => panic!("no vector has one"),
        });
        let expected = vector.messages.iter();
        let expected =
            expected.map(|message| (message.type_url.clone(), message.value_hex.clone()));
        assert!(values.eq(expected), "{name}");

        let Signer {
            chain_id,
            account_number,
            ..
        } = vector.signer();
        assert_eq!(
            transaction.verify(None, &chain_id, account_number),
            Ok(()),
            "{name}"
        );
        for (chain_id, account_number) in
            [("other-1", account_number), (&chain_id, account_number + 1)]
        {
            let refusal = transaction
                .verify(None, chain_id, account_number)
                .unwrap_err();
            assert_eq!(refusal.code.as_u32(), 4, "{name}");
        }
    }
}
