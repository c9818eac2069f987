//! The payload of a resource.

use super::issues::{Issue, Issues, each};
use super::rules::{at_most_entries, required};
use crate::did::{Did, InvalidDid, check_uuid};
use crate::limits::{
    MAX_ALTERNATIVE_URI_BYTES, MAX_ALTERNATIVE_URIS, MAX_RESOURCE_DATA_BYTES,
    MAX_RESOURCE_TEXT_BYTES, MAX_URI_DESCRIPTION_BYTES,
};
use crate::proto::resource::{AlternativeUri, MsgCreateResourcePayload};

/// Checks the payload of a resource.
pub(crate) fn resource(payload: &MsgCreateResourcePayload) -> Result<(), Issues> {
    let mut issues = Issues::default();
    let uuid = |text: &str| check_uuid(text).map_err(Issue::text);
    let text = |text: &str| length(text.len(), MAX_RESOURCE_TEXT_BYTES);
    issues.note(
        "resourceCollectionId",
        required(&payload.collection_id).and_then(collection_id),
    );
    issues.note("resourceId", required(&payload.id).and_then(uuid));
    issues.note("resourceName", required(&payload.name).and_then(text));
    issues.note("resourceVersion", text(&payload.version));
    issues.note(
        "resourceType",
        required(&payload.resource_type).and_then(text),
    );
    issues.note("resourceAlternativeUri", uris(&payload.also_known_as));
    issues.note("data", data(&payload.data));
    issues.into_result()
}

fn collection_id(text: &str) -> Result<(), Issue> {
    match Did::of_collection("", text) {
        Ok(_) => Ok(()),
        Err(_) => Err(Issue::text(InvalidDid::UniqueId)),
    }
}

fn uris(list: &[AlternativeUri]) -> Result<(), Issue> {
    at_most_entries(list, MAX_ALTERNATIVE_URIS)?;
    each(list, |entry| {
        let mut issues = Issues::default();
        let uri = required(&entry.uri);
        issues.note(
            "uri",
            uri.and_then(|uri| length(uri.len(), MAX_ALTERNATIVE_URI_BYTES)),
        );
        issues.note(
            "description",
            length(entry.description.len(), MAX_URI_DESCRIPTION_BYTES),
        );
        Ok(issues.into_result()?)
    })?;
    Ok(())
}

fn data(bytes: &[u8]) -> Result<(), Issue> {
    if bytes.is_empty() {
        return Err(Issue::blank());
    }
    length(bytes.len(), MAX_RESOURCE_DATA_BYTES)
}

/// What is empty is left to [`required`].
fn length(found: usize, limit: usize) -> Result<(), Issue> {
    if found > limit {
        return Err(Issue::text(format_args!(
            "the length must be between 1 and {limit}"
        )));
    }
    Ok(())
}
