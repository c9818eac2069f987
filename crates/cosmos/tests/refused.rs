//! Bytes that are no transaction, and transactions that nobody can look at: code and text for each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use cosmos::proto::Any;
use cosmos::proto::bank::MsgSend;
use cosmos::proto::base::Coin;
use cosmos::proto::secp256k1::PubKey;
use cosmos::proto::signing::SignMode;
use cosmos::proto::tx::{AuthInfo, Fee, ModeInfo, Tip, TxBody, TxRaw, mode_info};
use cosmos::{Coins, Draft, PayerKey, SEND_TYPE_URL, Signer, Transaction};
use proptest::prelude::*;
use prost::Message as _;
use zeroize::Zeroizing;

fn key(byte: u8) -> PayerKey {
    PayerKey::from_bytes(&Zeroizing::new([byte; 32])).unwrap()
}

fn identity() -> Any {
    Any {
        type_url: "/cheqd.did.v2.MsgDeactivateDidDoc".to_owned(),
        value: vec![1, 2, 3],
    }
}

fn send(from: &PayerKey, amount: &[(&str, &str)]) -> Any {
    let amount = amount.iter().map(|(amount, denom)| Coin {
        denom: (*denom).to_owned(),
        amount: (*amount).to_owned(),
    });
    let message = MsgSend {
        from_address: from.address().to_string(),
        to_address: key(9).address().to_string(),
        amount: amount.collect(),
    };
    Any {
        type_url: SEND_TYPE_URL.to_owned(),
        value: message.encode_to_vec(),
    }
}

/// A signed transaction, taken apart to be spoiled.
struct Spoiled {
    body: TxBody,
    auth: AuthInfo,
    signatures: Vec<Vec<u8>>,
}

impl Spoiled {
    fn new() -> Self {
        let draft = Draft {
            messages: vec![identity()],
            memo: String::new(),
            timeout_height: 0,
            fee: Coins::of("ncheq", 7).unwrap(),
            gas_limit: 10,
        };
        let signer = Signer {
            chain_id: "chain-1".to_owned(),
            account_number: 0,
            sequence: 0,
        };
        let raw = TxRaw::decode(draft.sign(&key(1), &signer).as_slice()).unwrap();
        Self {
            body: TxBody::decode(raw.body_bytes.as_slice()).unwrap(),
            auth: AuthInfo::decode(raw.auth_info_bytes.as_slice()).unwrap(),
            signatures: raw.signatures,
        }
    }

    fn raw(&self) -> TxRaw {
        TxRaw {
            body_bytes: self.body.encode_to_vec(),
            auth_info_bytes: self.auth.encode_to_vec(),
            signatures: self.signatures.clone(),
        }
    }

    fn fee(&mut self) -> &mut Fee {
        self.auth.fee.as_mut().unwrap()
    }

    fn mode(&mut self, sum: Option<mode_info::Sum>) {
        self.auth.signer_infos[0].mode_info = Some(ModeInfo { sum });
    }
}

fn refusal(bytes: &[u8]) -> (u32, String) {
    let refusal = Transaction::decode(bytes).unwrap_err();
    (refusal.code.as_u32(), refusal.to_string())
}

#[track_caller]
fn assert_refused(spoil: impl FnOnce(&mut Spoiled), code: u32, text: &str) {
    let mut spoiled = Spoiled::new();
    spoil(&mut spoiled);
    let (found, log) = refusal(&spoiled.raw().encode_to_vec());
    assert_eq!(found, code, "{log}");
    assert!(log.contains(text), "{log}");
}

#[test]
fn what_is_not_spoiled_is_taken() {
    let bytes = Spoiled::new().raw().encode_to_vec();
    let transaction = Transaction::decode(&bytes).unwrap();
    assert_eq!(transaction.verify(None, "chain-1", 0), Ok(()));
    let known = key(1).public_key();
    assert_eq!(transaction.verify(Some(&known), "chain-1", 0), Ok(()));
    let other = key(2).public_key();
    assert!(transaction.verify(Some(&other), "chain-1", 0).is_err());
}

#[test]
fn garbage_and_other_encodings_are_no_transaction() {
    let good = Spoiled::new().raw().encode_to_vec();
    let unknown_field = [good.as_slice(), &[0x22, 0x00]].concat();
    let field_twice = [good.as_slice(), &good].concat();
    for bytes in [
        b"garbage".as_slice(),
        &[0xff; 64],
        &good[..good.len() - 1],
        &unknown_field,
        &field_twice,
    ] {
        let (code, log) = refusal(bytes);
        assert_eq!(code, 2, "{log}");
        assert!(log.ends_with(": tx parse error"), "{log}");
    }
    let mut raw = Spoiled::new().raw();
    raw.body_bytes.extend([0x18, 0x00]);
    assert_eq!(refusal(&raw.encode_to_vec()).0, 2);
    let mut raw = Spoiled::new().raw();
    raw.auth_info_bytes.extend([0x22, 0x00]);
    assert_eq!(refusal(&raw.encode_to_vec()).0, 2);
}

#[test]
fn an_empty_transaction_has_no_message() {
    assert_eq!(
        refusal(&[]),
        (
            18,
            "must contain at least one message: invalid request".to_owned()
        )
    );
}

#[test]
fn size_messages_and_memo_have_limits() {
    let (code, log) = refusal(&vec![0; cosmos::TRANSACTION_BYTES_MAX + 1]);
    assert_eq!((code, log.ends_with(": tx too large")), (21, true), "{log}");
    assert_refused(
        |tx| tx.body.messages.clear(),
        18,
        "must contain at least one message",
    );
    assert_refused(
        |tx| tx.body.messages = vec![identity(); cosmos::MESSAGES_MAX + 1],
        18,
        "at most 32 messages, this one has 33",
    );
    assert_refused(
        |tx| tx.body.memo = "m".repeat(257),
        12,
        "maximum number of characters is 256 but received 257 characters: memo too large",
    );
    let mut longest = Spoiled::new();
    longest.body.memo = "m".repeat(256);
    assert!(Transaction::decode(&longest.raw().encode_to_vec()).is_ok());
}

#[test]
fn unknown_messages_and_options_are_refused() {
    assert_refused(
        |tx| tx.body.messages[0].type_url = "/cosmos.gov.v1.MsgVote".to_owned(),
        2,
        "unable to resolve type URL /cosmos.gov.v1.MsgVote: tx parse error",
    );
    assert_refused(
        |tx| tx.body.extension_options.push(identity()),
        31,
        "unknown extension options",
    );
    assert_refused(
        |tx| tx.auth.tip = Some(Tip::default()),
        37,
        "tips are not taken",
    );
    let mut ignored = Spoiled::new();
    ignored.body.non_critical_extension_options.push(identity());
    assert!(Transaction::decode(&ignored.raw().encode_to_vec()).is_ok());
}

#[test]
fn exactly_the_payer_signs() {
    assert_refused(|tx| tx.signatures.clear(), 15, "no signatures supplied");
    assert_refused(
        |tx| tx.signatures.push(vec![1]),
        4,
        "wrong number of signers; expected 1",
    );
    assert_refused(|tx| tx.auth.signer_infos.clear(), 4, "expected: 1, got 0");
    assert_refused(
        |tx| tx.fee().payer.clear(),
        4,
        "the fee must name its payer",
    );
    assert_refused(
        |tx| tx.fee().payer = "cheqd1".to_owned(),
        7,
        "invalid address",
    );
    assert_refused(
        |tx| tx.fee().granter = key(2).address().to_string(),
        37,
        "fee grants",
    );
    assert_refused(
        |tx| tx.fee().payer = key(2).address().to_string(),
        8,
        "pubKey does not match signer address",
    );
    assert_refused(
        |tx| tx.body.messages.push(send(&key(2), &[("1", "ncheq")])),
        4,
        "wrong number of signers; expected 2, got 1",
    );
}

#[test]
fn only_one_kind_of_signature_is_taken() {
    let single = |mode: SignMode| {
        Some(mode_info::Sum::Single(mode_info::Single {
            mode: mode as i32,
        }))
    };
    assert_refused(
        |tx| tx.mode(single(SignMode::LegacyAminoJson)),
        37,
        "sign mode 127",
    );
    assert_refused(
        |tx| tx.mode(single(SignMode::Unspecified)),
        37,
        "sign mode 0",
    );
    assert_refused(|tx| tx.mode(None), 37, "without a mode");
    let multi = mode_info::Sum::Multi(mode_info::Multi::default());
    assert_refused(|tx| tx.mode(Some(multi)), 37, "a multi-signature");
    let other_key = |tx: &mut Spoiled, key: &[u8], type_url: &str| {
        tx.auth.signer_infos[0].public_key = Some(Any {
            type_url: type_url.to_owned(),
            value: PubKey { key: key.to_vec() }.encode_to_vec(),
        });
    };
    assert_refused(
        |tx| other_key(tx, &[2; 33], "/cosmos.crypto.ed25519.PubKey"),
        8,
        "ed25519",
    );
    assert_refused(
        |tx| other_key(tx, &[0; 33], "/cosmos.crypto.secp256k1.PubKey"),
        8,
        "33 bytes",
    );
}

#[test]
fn a_key_may_be_left_out_where_it_is_known() {
    let mut spoiled = Spoiled::new();
    spoiled.auth.signer_infos[0].public_key = None;
    let transaction = Transaction::decode(&spoiled.raw().encode_to_vec()).unwrap();
    let refusal = transaction.verify(None, "chain-1", 0).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "pubkey on account is not set: invalid pubkey"
    );
}

#[test]
fn gas_and_fee_are_numbers_that_make_sense() {
    assert_refused(|tx| tx.auth.fee = None, 18, "has no fee");
    assert_refused(
        |tx| tx.fee().gas_limit = 0,
        41,
        "must provide positive gas: invalid gas limit",
    );
    assert_refused(
        |tx| tx.fee().gas_limit = 1 << 63,
        18,
        "invalid gas supplied",
    );
    assert_refused(
        |tx| tx.fee().amount[0].amount = "-1".to_owned(),
        13,
        "invalid fee amount",
    );
    assert_refused(
        |tx| {
            let coin = tx.fee().amount[0].clone();
            tx.fee().amount = vec![coin; 17];
        },
        13,
        "at most 16 coins",
    );
}

#[test]
fn a_transfer_is_signed_by_who_pays_it() {
    let transfer = |messages: Vec<Any>| {
        let mut spoiled = Spoiled::new();
        spoiled.body.messages = messages;
        Transaction::decode(&spoiled.raw().encode_to_vec())
    };
    let taken = transfer(vec![send(&key(1), &[("5", "ncheq")])]).unwrap();
    assert_eq!(taken.messages()[0].signer(), Some(key(1).address()));
    for (amount, text) in [
        (vec![], "needs an amount: invalid coins"),
        (vec![("0", "ncheq")], "invalid amount"),
        (vec![("1", "x")], "invalid denom"),
    ] {
        let refusal = transfer(vec![send(&key(1), &amount)]).unwrap_err();
        assert_eq!(refusal.code.as_u32(), 10);
        assert!(refusal.to_string().contains(text), "{refusal}");
    }
}

#[test]
fn a_simulation_needs_neither_signature_nor_fee() {
    let mut spoiled = Spoiled::new();
    spoiled.signatures = vec![vec![]];
    spoiled.auth.fee = Some(Fee::default());
    let bytes = spoiled.raw().encode_to_vec();
    let simulated = Transaction::decode_simulated(&bytes).unwrap();
    assert_eq!(
        (simulated.messages.len(), simulated.payer, simulated.bytes),
        (1, None, bytes.len())
    );
    assert!(Transaction::decode(&bytes).is_err());
    spoiled.body.messages.clear();
    assert!(Transaction::decode_simulated(&spoiled.raw().encode_to_vec()).is_err());
}

proptest! {
    #[test]
    fn a_flipped_bit_never_panics_and_never_verifies(position in 0usize..10_000) {
        let mut bytes = Spoiled::new().raw().encode_to_vec();
        let at = position % (bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
        if let Ok(transaction) = Transaction::decode(&bytes) {
            prop_assert!(transaction.verify(None, "chain-1", 0).is_err());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Transaction::decode(&bytes);
        let _ = Transaction::decode_simulated(&bytes);
    }
}
