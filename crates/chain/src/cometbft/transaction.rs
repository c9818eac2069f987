//! Transactions with their results, and the answers to broadcasts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cosmos::TxHash;
use serde::Serialize;

use super::answer::{Text64, base64_or_null};
use crate::{Broadcast, Failure, Included};

#[derive(Serialize)]
pub(super) struct TxAnswer {
    hash: String,
    height: Text64,
    index: u64,
    tx_result: TxResult,
    tx: String,
}

#[derive(Serialize)]
pub(super) struct TxResult {
    code: u32,
    data: Option<String>,
    log: String,
    info: &'static str,
    gas_wanted: Text64,
    gas_used: Text64,
    events: Vec<EventAnswer>,
    codespace: String,
}

#[derive(Serialize)]
struct EventAnswer {
    #[serde(rename = "type")]
    kind: &'static str,
    attributes: Vec<AttributeAnswer>,
}

#[derive(Serialize)]
struct AttributeAnswer {
    key: &'static str,
    value: String,
    index: bool,
}

/// What `broadcast_tx_sync` and `_async` answer.
#[derive(Serialize)]
pub(super) struct Broadcasted {
    code: u32,
    data: &'static str,
    log: String,
    codespace: String,
    hash: String,
}

/// What `broadcast_tx_commit` answers.
#[derive(Serialize)]
pub(super) struct Committed {
    check_tx: TxResult,
    tx_result: TxResult,
    hash: String,
    height: Text64,
}

impl TxAnswer {
    pub(super) fn of(included: &Included) -> Self {
        Self {
            hash: included.hash.to_string(),
            height: Text64(included.height),
            index: included.position,
            tx_result: TxResult::of(included),
            tx: STANDARD.encode(&included.bytes),
        }
    }
}

impl TxResult {
    pub(super) fn of(included: &Included) -> Self {
        let events = included.events.iter().map(|event| EventAnswer {
            kind: event.kind,
            attributes: event
                .attributes
                .iter()
                .map(|attribute| AttributeAnswer {
                    key: attribute.key,
                    value: attribute.value.clone(),
                    index: true,
                })
                .collect(),
        });
        Self {
            data: base64_or_null(&included.data),
            gas_wanted: Text64(included.gas_wanted),
            gas_used: Text64(included.gas_used),
            events: events.collect(),
            ..Self::without_events(&included.outcome)
        }
    }

    fn without_events(outcome: &Result<(), Failure>) -> Self {
        let (code, codespace, log) = code_and_log(outcome);
        Self {
            code,
            data: None,
            log,
            info: "",
            gas_wanted: Text64(0),
            gas_used: Text64(0),
            events: Vec::new(),
            codespace,
        }
    }
}

impl Broadcasted {
    pub(super) fn of(broadcast: &Broadcast) -> Self {
        let (code, codespace, log) = code_and_log(&broadcast.checked);
        Self {
            code,
            data: "",
            log,
            codespace,
            hash: broadcast.hash.to_string(),
        }
    }

    /// It is not checked yet.
    pub(super) fn unchecked(hash: TxHash) -> Self {
        Self::of(&Broadcast {
            hash,
            checked: Ok(()),
        })
    }
}

impl Committed {
    pub(super) fn of(broadcast: &Broadcast, included: Option<&Included>) -> Self {
        Self {
            check_tx: TxResult::without_events(&broadcast.checked),
            tx_result: included.map_or_else(|| TxResult::without_events(&Ok(())), TxResult::of),
            hash: broadcast.hash.to_string(),
            height: Text64(included.map_or(0, |included| included.height)),
        }
    }
}

fn code_and_log(outcome: &Result<(), Failure>) -> (u32, String, String) {
    match outcome {
        Ok(()) => (0, String::new(), String::new()),
        Err(failure) => (failure.code, failure.codespace.clone(), failure.log.clone()),
    }
}
