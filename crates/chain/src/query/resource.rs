//! `cheqd.resource.v2.Query`: resources.

use cosmos::proto::resource::{
    QueryCollectionResourcesRequest, QueryCollectionResourcesResponse,
    QueryLatestResourceVersionMetadataRequest, QueryLatestResourceVersionMetadataResponse,
    QueryLatestResourceVersionRequest, QueryLatestResourceVersionResponse,
    QueryResourceMetadataRequest, QueryResourceMetadataResponse, QueryResourceRequest,
    QueryResourceResponse, Resource as Data, ResourceWithMetadata,
};
use did::proto::resource::Metadata;
use did::{Did, normal_resource_id};
use ledger::{Embedded, RESOURCES_READ_MAX, Resource, ResourceData, ResourceMetadata};

use super::error::QueryError;
use super::page::{ENTRIES_MAX, part_of};
use crate::resource_metadata;

pub(super) fn one(
    ledger: &Embedded,
    request: QueryResourceRequest,
) -> Result<QueryResourceResponse, QueryError> {
    let did = existing(ledger, &request.collection_id)?;
    let found = ledger.resource(&did, &request.id)?;
    let found = found.ok_or_else(|| absent(&did, &normal_resource_id(&request.id)))?;
    Ok(QueryResourceResponse {
        resource: Some(with_data(found)?),
    })
}

pub(super) fn metadata(
    ledger: &Embedded,
    request: QueryResourceMetadataRequest,
) -> Result<QueryResourceMetadataResponse, QueryError> {
    let did = existing(ledger, &request.collection_id)?;
    let found = ledger.resource_metadata(&did, &request.id)?;
    let found = found.ok_or_else(|| absent(&did, &normal_resource_id(&request.id)))?;
    Ok(QueryResourceMetadataResponse {
        resource: Some(resource_metadata(found)),
    })
}

pub(super) fn latest(
    ledger: &Embedded,
    request: QueryLatestResourceVersionRequest,
) -> Result<QueryLatestResourceVersionResponse, QueryError> {
    let did = existing(ledger, &request.collection_id)?;
    let id = newest(ledger, &did, &request.name, &request.resource_type)?
        .header
        .id;
    let found = ledger.resource(&did, &id)?;
    let found = found.ok_or_else(|| absent(&did, &id))?;
    Ok(QueryLatestResourceVersionResponse {
        resource: Some(with_data(found)?),
    })
}

pub(super) fn latest_metadata(
    ledger: &Embedded,
    request: QueryLatestResourceVersionMetadataRequest,
) -> Result<QueryLatestResourceVersionMetadataResponse, QueryError> {
    let did = existing(ledger, &request.collection_id)?;
    let newest = newest(ledger, &did, &request.name, &request.resource_type)?;
    Ok(QueryLatestResourceVersionMetadataResponse {
        resource: Some(resource_metadata(newest)),
    })
}

/// In the order of their ids, as the cheqd ledger keeps them.
pub(super) fn collection(
    ledger: &Embedded,
    request: QueryCollectionResourcesRequest,
) -> Result<QueryCollectionResourcesResponse, QueryError> {
    let did = existing(ledger, &request.collection_id)?;
    let mut resources = all_of(ledger, &did)?;
    resources.sort_by(|one, other| one.id.cmp(&other.id));
    let pagination = request.pagination.as_ref();
    let page = part_of(resources, |resource| resource.id.as_bytes(), pagination)?;
    Ok(QueryCollectionResourcesResponse {
        resources: page.entries,
        pagination: page.response,
    })
}

fn all_of(ledger: &Embedded, did: &Did) -> Result<Vec<Metadata>, QueryError> {
    let mut resources = Vec::new();
    let mut before = None;
    loop {
        let found = ledger.resources(did, before, RESOURCES_READ_MAX)?;
        before = found.last().map(|last| last.mark);
        let is_last = found.len() < RESOURCES_READ_MAX;
        resources.extend(found.into_iter().map(resource_metadata));
        if is_last {
            return Ok(resources);
        }
        if resources.len() >= ENTRIES_MAX {
            return Err(QueryError::TooMany(format!(
                "{did} has more than {ENTRIES_MAX} resources; ask for one by its id, or by name and type"
            )));
        }
    }
}

fn newest(
    ledger: &Embedded,
    did: &Did,
    name: &str,
    resource_type: &str,
) -> Result<ResourceMetadata, QueryError> {
    let found = ledger.latest_resource(did, name, resource_type)?;
    found.ok_or_else(|| absent(did, &format!("{name}:{resource_type}")))
}

/// The DID of a collection, which must be registered.
fn existing(ledger: &Embedded, collection_id: &str) -> Result<Did, QueryError> {
    let did = Did::of_collection(ledger.namespace(), collection_id)
        .map_err(|error| QueryError::Invalid(error.to_string()))?;
    // The absence of a DID may have to be withheld; reading it reports that.
    if ledger.facts(&did)?.is_none() && ledger.latest(&did)?.is_none() {
        return Err(QueryError::Absent(format!("{did}: DID Doc not found")));
    }
    Ok(did)
}

fn absent(did: &Did, what: &str) -> QueryError {
    QueryError::Absent(format!("resource {}:{what}: not found", did.unique_id()))
}

fn with_data(found: Resource) -> Result<ResourceWithMetadata, QueryError> {
    let ResourceData::Present(data) = found.data else {
        return Err(QueryError::Erased(format!(
            "the data of resource {} was erased; its metadata can still be read",
            found.metadata.header.id
        )));
    };
    Ok(ResourceWithMetadata {
        resource: Some(Data { data }),
        metadata: Some(resource_metadata(found.metadata)),
    })
}
