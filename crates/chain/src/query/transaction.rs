//! `cosmos.tx.v1beta1.Service`: submitting transactions, and finding them again.

use cosmos::TxHash;
use cosmos::proto::Any;
use cosmos::proto::abci::{self, GasInfo, TxResponse};
use cosmos::proto::event::{Event, EventAttribute};
use cosmos::proto::tx::{
    BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, GetTxRequest, GetTxResponse,
    SimulateRequest, SimulateResponse, Tx,
};
use prost::Message;

use super::error::QueryError;
use crate::{Broadcast, Chain, Failure, Included};

/// The type URL that nodes use in [`TxResponse::tx`].
const TX: &str = "/cosmos.tx.v1beta1.Tx";

pub(super) async fn broadcast(
    chain: &Chain,
    request: BroadcastTxRequest,
) -> Result<BroadcastTxResponse, QueryError> {
    match BroadcastMode::try_from(request.mode) {
        // Both answer when all is done, which is as soon as a node answers the first.
        Ok(BroadcastMode::Sync | BroadcastMode::Async) => {}
        Ok(BroadcastMode::Unspecified | BroadcastMode::Block) | Err(_) => {
            return Err(QueryError::Invalid(format!(
                "unsupported broadcast mode {}; take BROADCAST_MODE_SYNC (2)",
                request.mode
            )));
        }
    }
    if request.tx_bytes.is_empty() {
        return Err(QueryError::Invalid("invalid empty tx".to_owned()));
    }
    let Broadcast { hash, checked } = chain.submit(&request.tx_bytes).await?;
    let response = TxResponse {
        txhash: hash.to_string(),
        ..TxResponse::default()
    };
    Ok(BroadcastTxResponse {
        tx_response: Some(match checked {
            Ok(()) => response,
            Err(failure) => failed(response, failure),
        }),
    })
}

pub(super) fn found(chain: &Chain, request: GetTxRequest) -> Result<GetTxResponse, QueryError> {
    if request.hash.is_empty() {
        return Err(QueryError::Invalid("tx hash cannot be empty".to_owned()));
    }
    let hash: TxHash = request
        .hash
        .parse()
        .map_err(|error| QueryError::Invalid(format!("{error}")))?;
    let found = chain.transaction(&hash)?;
    let absent = || QueryError::NotFound(format!("tx not found: {hash}"));
    let found = found.ok_or_else(absent)?;
    Ok(GetTxResponse {
        // It was decoded when it was taken.
        tx: Tx::decode(found.bytes.as_slice()).ok(),
        tx_response: Some(shown(found)),
    })
}

pub(super) fn simulate(
    chain: &Chain,
    request: SimulateRequest,
) -> Result<SimulateResponse, QueryError> {
    let bytes = match (request.tx_bytes.is_empty(), request.tx) {
        (false, _) => request.tx_bytes,
        (true, Some(tx)) => tx.encode_to_vec(),
        (true, None) => {
            return Err(QueryError::Invalid(
                "empty txBytes is not allowed".to_owned(),
            ));
        }
    };
    let simulated = chain.simulate(&bytes);
    let simulated = simulated.map_err(|failure| QueryError::Fails(failure.log))?;
    Ok(SimulateResponse {
        gas_info: Some(GasInfo {
            gas_wanted: 0,
            gas_used: simulated.gas_used,
        }),
        result: Some(abci::Result::default()),
    })
}

fn shown(found: Included) -> TxResponse {
    let response = TxResponse {
        height: signed(found.height),
        txhash: found.hash.to_string(),
        data: hex::encode_upper(&found.data),
        gas_wanted: signed(found.gas_wanted),
        gas_used: signed(found.gas_used),
        tx: Some(Any {
            type_url: TX.to_owned(),
            value: found.bytes,
        }),
        timestamp: clock::rfc3339_s(found.time_ms),
        events: found.events.into_iter().map(event).collect(),
        ..TxResponse::default()
    };
    match found.outcome {
        Ok(()) => response,
        Err(failure) => failed(response, failure),
    }
}

fn failed(response: TxResponse, failure: Failure) -> TxResponse {
    TxResponse {
        code: failure.code,
        codespace: failure.codespace,
        raw_log: failure.log,
        ..response
    }
}

fn event(event: crate::Event) -> Event {
    let attributes = event.attributes.into_iter();
    let attributes = attributes.map(|attribute| EventAttribute {
        key: attribute.key.to_owned(),
        value: attribute.value,
        index: true,
    });
    Event {
        r#type: event.kind.to_owned(),
        attributes: attributes.collect(),
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
