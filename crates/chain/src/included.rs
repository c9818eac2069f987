//! Transactions with their outcome, as a node shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmos::{Coins, DENOM, Message, Transaction, TxHash};
use ledger::Embedded;

use crate::rows::TransactionRow;
use crate::{Failure, fees, message_data};

/// A transaction that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its hash.
    pub hash: TxHash,
    /// Its bytes, as they were submitted.
    pub bytes: Vec<u8>,
    /// The block that holds it.
    pub height: u64,
    /// Its place there, counted from 0.
    pub position: u64,
    /// When it was delivered, in Unix milliseconds. What it made has the same time.
    pub time_ms: u64,
    /// Its outcome.
    pub outcome: Result<(), Failure>,
    /// The most gas that it would have paid for.
    pub gas_wanted: u64,
    /// The gas that it has used.
    pub gas_used: u64,
    /// What happened, in the events that clients look for.
    pub events: Vec<Event>,
    /// A `TxMsgData` with what its messages answered; empty after a failure.
    pub data: Vec<u8>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its kind: `tx`, `message`, `transfer`.
    pub kind: &'static str,
    /// What it is about.
    pub attributes: Vec<Attribute>,
}

/// A name with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name.
    pub key: &'static str,
    /// The value.
    pub value: String,
}

impl Included {
    /// Completes a row with what follows from the transaction and the ledger. `None` for a row that holds none.
    pub(crate) fn of(row: TransactionRow, ledger: &Embedded) -> Option<Self> {
        let transaction = Transaction::decode(&row.bytes).ok()?;
        let data = match row.outcome {
            Ok(()) => message_data::of_messages(ledger, transaction.messages()),
            Err(_) => None,
        };
        Some(Self {
            hash: transaction.hash(),
            height: row.position.height,
            position: row.position.position,
            time_ms: row.time_ms,
            gas_wanted: transaction.fee().gas_limit,
            gas_used: fees::gas_used(row.bytes.len(), transaction.messages()),
            events: events(&transaction, row.fee, row.outcome.is_ok()),
            data: data.unwrap_or_default(),
            outcome: row.outcome,
            bytes: row.bytes,
        })
    }
}

/// A failed transaction has only the events before its messages.
fn events(transaction: &Transaction, fee: u64, succeeded: bool) -> Vec<Event> {
    let payer = transaction.payer().to_string();
    let account_sequence = format!("{payer}/{}", transaction.sequence());
    let fee = Coins::of(DENOM, u128::from(fee)).unwrap_or_default();
    let mut events = vec![
        event("tx", [("fee", fee.to_string()), ("fee_payer", payer)]),
        event("tx", [("acc_seq", account_sequence)]),
        event(
            "tx",
            [("signature", STANDARD.encode(transaction.signature()))],
        ),
    ];
    if succeeded {
        let messages = transaction.messages().iter().enumerate();
        events.extend(messages.flat_map(|(index, message)| events_of(index, message)));
    }
    events
}

fn events_of(index: usize, message: &Message) -> Vec<Event> {
    let index = index.to_string();
    let action = message.type_url().to_owned();
    // `/cheqd.did.v2.MsgCreateDidDoc` belongs to the module `did`.
    let module = action.split('.').nth(1).unwrap_or_default().to_owned();
    let mut acted = vec![("action", action)];
    if let Message::Transfer(transfer) = message {
        acted.push(("sender", transfer.from.to_string()));
    }
    acted.extend([("module", module), ("msg_index", index.clone())]);
    let mut events = vec![event("message", acted)];
    if let Message::Transfer(transfer) = message {
        events.push(event(
            "transfer",
            [
                ("recipient", transfer.to.to_string()),
                ("sender", transfer.from.to_string()),
                ("amount", transfer.amount.to_string()),
                ("msg_index", index),
            ],
        ));
    }
    events
}

fn event(
    kind: &'static str,
    attributes: impl IntoIterator<Item = (&'static str, String)>,
) -> Event {
    let attributes = attributes.into_iter();
    let attributes = attributes.map(|(key, value)| Attribute { key, value });
    Event {
        kind,
        attributes: attributes.collect(),
    }
}
