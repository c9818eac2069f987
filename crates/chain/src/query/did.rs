//! `cheqd.did.v2.Query`: documents and versions.

use cosmos::proto::did::{
    QueryAllDidDocVersionsMetadataRequest, QueryAllDidDocVersionsMetadataResponse,
    QueryDidDocRequest, QueryDidDocResponse, QueryDidDocVersionRequest, QueryDidDocVersionResponse,
};
use did::proto::Metadata;
use did::{Did, normal_version_id};
use ledger::{Embedded, History};

use super::error::QueryError;
use super::page::{ENTRIES_MAX, part_of};
use crate::message_data::timestamp;
use crate::version_with_metadata;

pub(super) fn latest(
    ledger: &Embedded,
    request: QueryDidDocRequest,
) -> Result<QueryDidDocResponse, QueryError> {
    let did = parsed(&request.id)?;
    let found = ledger.latest(&did)?;
    let found = found.ok_or_else(|| QueryError::Absent(format!("{did}: not found")))?;
    Ok(QueryDidDocResponse {
        value: Some(version_with_metadata(found)),
    })
}

pub(super) fn version(
    ledger: &Embedded,
    request: QueryDidDocVersionRequest,
) -> Result<QueryDidDocVersionResponse, QueryError> {
    let did = parsed(&request.id)?;
    let found = ledger.version(&did, &normal_version_id(&request.version))?;
    let absent = || QueryError::Absent("diddoc version not found: not found".to_owned());
    Ok(QueryDidDocVersionResponse {
        value: Some(version_with_metadata(found.ok_or_else(absent)?)),
    })
}

/// In the order of the version ids, as the cheqd ledger keeps them; an unknown DID has none.
pub(super) fn versions(
    ledger: &Embedded,
    request: QueryAllDidDocVersionsMetadataRequest,
) -> Result<QueryAllDidDocVersionsMetadataResponse, QueryError> {
    let did = parsed(&request.id)?;
    let mut versions = all_versions(ledger, &did)?;
    versions.sort_by(|one, other| one.version_id.cmp(&other.version_id));
    let pagination = request.pagination.as_ref();
    let page = part_of(
        versions,
        |version| version.version_id.as_bytes(),
        pagination,
    )?;
    Ok(QueryAllDidDocVersionsMetadataResponse {
        versions: page.entries,
        pagination: page.response,
    })
}

fn all_versions(ledger: &Embedded, did: &Did) -> Result<Vec<Metadata>, QueryError> {
    let Some(mut history) = ledger.history(did, None)? else {
        return Ok(Vec::new());
    };
    let deactivated = history.deactivated;
    let mut versions = Vec::new();
    loop {
        let oldest = history.versions.last();
        let before = oldest.filter(|oldest| oldest.previous_version_id.is_some());
        let before = before.map(|oldest| oldest.version_id.clone());
        versions.extend(metadata_of(history, deactivated));
        let Some(before) = before else {
            return Ok(versions);
        };
        if versions.len() >= ENTRIES_MAX {
            return Err(QueryError::TooMany(format!(
                "{did} has more than {ENTRIES_MAX} versions; ask for one by its id"
            )));
        }
        match ledger.history(did, Some(&before))? {
            Some(older) => history = older,
            None => return Ok(versions),
        }
    }
}

fn metadata_of(history: History, deactivated: bool) -> impl Iterator<Item = Metadata> {
    let created = Some(timestamp(history.created_ms));
    history.versions.into_iter().map(move |version| Metadata {
        created,
        updated: version.updated_ms.map(timestamp),
        deactivated,
        version_id: version.version_id,
        next_version_id: version.next_version_id.unwrap_or_default(),
        previous_version_id: version.previous_version_id.unwrap_or_default(),
    })
}

fn parsed(id: &str) -> Result<Did, QueryError> {
    Did::parse(id).map_err(|error| QueryError::Invalid(error.to_string()))
}
