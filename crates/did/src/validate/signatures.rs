//! Signatures of any message, and the payload of a deactivation.

use super::issues::{Issue, Issues, each};
use super::rules::{at_most_bytes, at_most_entries, did, no_duplicates, required};
use crate::did::{Did, check_uuid};
use crate::did_url::MethodId;
use crate::limits::{MAX_SIGNATURE_BYTES, MAX_SIGNATURES};
use crate::operation_kind::OperationKind;
use crate::proto::{MsgDeactivateDidDocPayload, SignInfo};
use crate::signature::Signature;

/// Checks the signatures and brings their ids to normal form.
pub(crate) fn signatures(
    kind: OperationKind,
    list: Vec<SignInfo>,
) -> Result<Vec<Signature>, Issue> {
    at_most_entries(&list, MAX_SIGNATURES)?;
    let texts = list.iter().map(|info| {
        (
            info.verification_method_id.as_str(),
            info.signature.as_slice(),
        )
    });
    unique(kind, texts)?;
    let ids = each(&list, method_id)?;
    let signatures: Vec<Signature> = ids
        .into_iter()
        .zip(list)
        .map(|(method, info)| Signature {
            method,
            bytes: info.signature,
        })
        .collect();
    unique(
        kind,
        signatures
            .iter()
            .map(|signature| (signature.method.as_str(), signature.bytes.as_slice())),
    )?;
    Ok(signatures)
}

/// Checks the payload of a deactivation.
pub(crate) fn deactivation(payload: &MsgDeactivateDidDocPayload) -> Result<Did, Issues> {
    let mut issues = Issues::default();
    let id = issues.note("id", required(&payload.id).and_then(did));
    let uuid = |text: &str| check_uuid(text).map_err(Issue::text);
    issues.note("version_id", required(&payload.version_id).and_then(uuid));
    match id {
        Some(id) => issues.into_result().map(|()| id),
        None => Err(issues),
    }
}

/// One signature a method in a create; elsewhere several, if they differ.
fn unique<'a>(
    kind: OperationKind,
    mut list: impl Iterator<Item = (&'a str, &'a [u8])>,
) -> Result<(), Issue> {
    match kind {
        OperationKind::Create => no_duplicates(
            list.by_ref().map(|(id, _)| id),
            "there are sign info records with the same ID",
        ),
        OperationKind::Update | OperationKind::Deactivate | OperationKind::CreateResource => {
            no_duplicates(list, "there are full sign info duplicates")
        }
    }
}

fn method_id(info: &SignInfo) -> Result<MethodId, Issue> {
    let mut issues = Issues::default();
    let parse = |text: &str| MethodId::parse(text).map_err(Issue::text);
    let id = issues.note(
        "verification_method_id",
        required(&info.verification_method_id).and_then(parse),
    );
    issues.note("signature", signature(&info.signature));
    match id {
        Some(id) => issues.into_result().map(|()| id).map_err(Issue::from),
        None => Err(issues.into()),
    }
}

fn signature(bytes: &[u8]) -> Result<(), Issue> {
    if bytes.is_empty() {
        return Err(Issue::blank());
    }
    at_most_bytes(bytes.len(), MAX_SIGNATURE_BYTES)
}
