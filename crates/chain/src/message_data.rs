//! What messages answer: the version or the resource that they made.

use cosmos::Message;
use cosmos::proto::Any;
use cosmos::proto::abci::TxMsgData;
use cosmos::proto::bank::MsgSendResponse;
use cosmos::proto::did::MsgCreateDidDocResponse;
use cosmos::proto::resource::MsgCreateResourceResponse;
use did::proto::{DidDocWithMetadata, Metadata, Timestamp, resource};
use did::{Did, Operation, OperationKind};
use ledger::{Embedded, Resolved, ResourceMetadata};
use prost::Message as _;

const MS_PER_S: u64 = 1000;
const NS_PER_MS: u64 = 1_000_000;

/// A version as the cheqd ledger shows it.
pub fn version_with_metadata(resolved: Resolved) -> DidDocWithMetadata {
    DidDocWithMetadata {
        metadata: Some(Metadata {
            created: Some(timestamp(resolved.created_ms)),
            updated: resolved.updated_ms.map(timestamp),
            deactivated: resolved.deactivated,
            version_id: resolved.version_id,
            next_version_id: resolved.next_version_id.unwrap_or_default(),
            previous_version_id: resolved.previous_version_id.unwrap_or_default(),
        }),
        did_doc: Some(resolved.document),
    }
}

/// What is known of a resource, as the cheqd ledger shows it.
pub fn resource_metadata(metadata: ResourceMetadata) -> resource::Metadata {
    let header = metadata.header;
    resource::Metadata {
        collection_id: header.collection_id,
        id: header.id,
        name: header.name,
        version: header.version,
        resource_type: header.resource_type,
        also_known_as: header.also_known_as,
        media_type: metadata.media_type,
        created: Some(timestamp(metadata.created_ms)),
        checksum: metadata.checksum.unwrap_or_default(),
        previous_version_id: metadata.previous_id.unwrap_or_default(),
        next_version_id: metadata.next_id.unwrap_or_default(),
    }
}

/// The `TxMsgData` of a transaction that succeeded, as it was then. `None` where the ledger does not tell.
///
/// Nothing of it is kept: the log has it all.
pub(crate) fn of_messages(ledger: &Embedded, messages: &[Message]) -> Option<Vec<u8>> {
    let responses = messages.iter().map(|message| response(ledger, message));
    let data = TxMsgData {
        msg_responses: responses.collect::<Option<_>>()?,
    };
    Some(data.encode_to_vec())
}

fn response(ledger: &Embedded, message: &Message) -> Option<Any> {
    let value = match message {
        Message::Transfer(_) => MsgSendResponse {}.encode_to_vec(),
        Message::Identity { kind, value } => {
            let operation = Operation::decode(*kind, value).ok()?;
            let (did, id) = (operation.did(), operation.version_id());
            match kind {
                OperationKind::CreateResource => resource_as_made(ledger, did, id)?.encode_to_vec(),
                OperationKind::Create | OperationKind::Update | OperationKind::Deactivate => {
                    version_as_made(ledger, *kind, did, id)?.encode_to_vec()
                }
            }
        }
    };
    Some(Any {
        type_url: format!("{}Response", message.type_url()),
        value,
    })
}

fn version_as_made(
    ledger: &Embedded,
    kind: OperationKind,
    did: &Did,
    id: &str,
) -> Option<MsgCreateDidDocResponse> {
    let resolved = ledger.version(did, id).ok()??;
    let then = Resolved {
        deactivated: kind == OperationKind::Deactivate,
        next_version_id: None,
        ..resolved
    };
    Some(MsgCreateDidDocResponse {
        value: Some(version_with_metadata(then)),
    })
}

fn resource_as_made(ledger: &Embedded, did: &Did, id: &str) -> Option<MsgCreateResourceResponse> {
    let metadata = ledger.resource_metadata(did, id).ok()??;
    let then = ResourceMetadata {
        next_id: None,
        ..metadata
    };
    Some(MsgCreateResourceResponse {
        resource: Some(resource_metadata(then)),
    })
}

/// Unix milliseconds in the form of messages.
pub(crate) fn timestamp(time_ms: u64) -> Timestamp {
    Timestamp {
        seconds: (time_ms / MS_PER_S) as i64,
        nanos: (time_ms % MS_PER_S * NS_PER_MS) as i32,
    }
}
