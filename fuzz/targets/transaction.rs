//! Cosmos transactions as they are broadcast.
//!
//! What is accepted is in its canonical encoding: its parts, encoded again, are the same bytes. It names one payer and
//! verifies for at most one chain id and account number, and its messages go on to the reader of identity messages.
//! Whatever can be read with a signature can be read to be simulated, with the same messages.

#![no_main]

use cosmos::proto::tx::{Tx, TxRaw};
use cosmos::{Message, Transaction, TxHash};
use did::Operation;
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

fuzz_target!(|data: &[u8]| {
    let simulated = Transaction::decode_simulated(data);
    let transaction = match Transaction::decode(data) {
        Ok(transaction) => transaction,
        Err(refusal) => {
            assert!(refusal.code.as_u32() > 1 && !refusal.to_string().is_empty());
            return;
        }
    };
    let raw = TxRaw::decode(data).expect("it was read before");
    assert_eq!(raw.encode_to_vec(), data);
    let whole = Tx::decode(data).expect("it was read before");
    assert_eq!(whole.encode_to_vec(), data, "another spelling of one transaction");

    assert_eq!(transaction.bytes(), data);
    assert_eq!(transaction.hash(), TxHash::of(data));
    assert!(transaction.fee().gas_limit > 0 && !transaction.messages().is_empty());
    let simulated = simulated.expect("what can be read can be simulated");
    assert_eq!(simulated.messages, transaction.messages());
    assert_eq!(simulated.payer, Some(transaction.payer()));

    let first = transaction.verify(None, "atropos-testnet-1", 0).is_ok();
    let second = transaction.verify(None, "atropos-testnet-1", 1).is_ok();
    assert!(!(first && second), "one signature for two account numbers");
    for message in transaction.messages() {
        assert!(message.signer().is_none_or(|signer| signer == transaction.payer()));
        if let Message::Identity { kind, value } = message {
            let _ = Operation::decode(*kind, value);
        }
    }
});
