//! What transactions cost where fees are [`Fees::Static`], and how their gas is counted.
//!
//! Fees are the fixed ones that cheqd's clients offer; each identity message has its own, and gas does not change it.
//! Gas is counted by a formula over sizes, so that a transaction uses exactly the gas of its simulation.

use cosmos::{DENOM, Fee, Message, Refusal, SdkCode};
use did::{Operation, OperationKind};

use crate::Fees;

/// For creating a DID, in ncheq.
pub const CREATE_DID: u64 = 50_000_000_000;
/// For updating a DID, in ncheq.
pub const UPDATE_DID: u64 = 25_000_000_000;
/// For deactivating a DID, in ncheq.
pub const DEACTIVATE_DID: u64 = 10_000_000_000;
/// For a resource that is a picture, in ncheq.
pub const CREATE_IMAGE: u64 = 10_000_000_000;
/// For a resource in JSON, in ncheq.
pub const CREATE_JSON: u64 = 2_500_000_000;
/// For any other resource, in ncheq.
pub const CREATE_RESOURCE: u64 = 5_000_000_000;
/// Units of gas for one ncheq, where a transaction has no identity message.
pub const GAS_PER_NCHEQ: u64 = 2;

const GAS_PER_BYTE: u64 = 10;
const GAS_OF_SIGNATURE: u64 = 1_000;
const GAS_OF_ACCOUNT: u64 = 30_000;
const GAS_OF_MESSAGE: u64 = 20_000;
const GAS_PER_MESSAGE_BYTE: u64 = 30;

/// Gas that the check of a transaction uses.
pub(crate) fn gas_to_check(bytes: usize) -> u64 {
    GAS_PER_BYTE * bytes as u64 + GAS_OF_SIGNATURE
}

/// Gas that a transaction of so many bytes with these messages uses.
pub fn gas_used(bytes: usize, messages: &[Message]) -> u64 {
    let of_messages = messages.iter().map(|message| match message {
        Message::Identity { value, .. } => {
            GAS_OF_MESSAGE + GAS_PER_MESSAGE_BYTE * value.len() as u64
        }
        Message::Transfer(_) => GAS_OF_MESSAGE,
    });
    gas_to_check(bytes) + GAS_OF_ACCOUNT + of_messages.sum::<u64>()
}

/// The fee of an operation, in ncheq.
pub(crate) fn of_operation(operation: &Operation) -> u64 {
    match operation.kind() {
        OperationKind::Create => CREATE_DID,
        OperationKind::Update => UPDATE_DID,
        OperationKind::Deactivate => DEACTIVATE_DID,
        OperationKind::CreateResource => operation
            .resource()
            .map_or(CREATE_RESOURCE, |resource| of_resource(resource.data)),
    }
}

fn of_resource(data: &[u8]) -> u64 {
    match ledger::media_type(data).as_str() {
        "application/json" => CREATE_JSON,
        media_type if media_type.starts_with("image/") => CREATE_IMAGE,
        _ => CREATE_RESOURCE,
    }
}

/// What has to be paid: `for_messages`, or where there is no identity message, by gas.
///
/// # Errors
/// Code 11 when the check alone exceeds the gas limit, code 13 when the offered fee is too low.
pub(crate) fn due(
    fees: Fees,
    offered: &Fee,
    bytes: usize,
    for_messages: Option<u64>,
) -> Result<u64, Refusal> {
    if fees == Fees::Free {
        return Ok(0);
    }
    check_gas(offered.gas_limit, gas_to_check(bytes), "txSize")?;
    let due = for_messages.unwrap_or(offered.gas_limit.div_ceil(GAS_PER_NCHEQ));
    if offered.amount.amount_of(DENOM) < u128::from(due) {
        let amount = &offered.amount;
        let little = format!("insufficient fees; got: {amount} required: {due}{DENOM}");
        return Err(SdkCode::InsufficientFee.because(little));
    }
    Ok(due)
}

/// # Errors
/// Code 11 when more gas is used than the limit allows.
pub(crate) fn check_gas(limit: u64, used: u64, location: &str) -> Result<(), Refusal> {
    if used <= limit {
        return Ok(());
    }
    Err(SdkCode::OutOfGas.because(format!(
        "out of gas in location: {location}; gasWanted: {limit}, gasUsed: {used}"
    )))
}
