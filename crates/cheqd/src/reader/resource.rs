//! Resources.

use cosmos::proto::resource::{
    QueryCollectionResourcesRequest, QueryCollectionResourcesResponse,
    QueryResourceMetadataRequest, QueryResourceMetadataResponse, QueryResourceRequest,
    QueryResourceResponse,
};
use did::proto::resource;
use did::{Did, ResourceHeader, normal_resource_id};
use ledger::{
    Location, Mark, RESOURCES_READ_MAX, ReadError, Resource, ResourceData, ResourceMetadata,
};
use sha2::{Digest, Sha256};

use super::{Reader, malformed, mark, ms, text};

impl Reader {
    pub(crate) async fn resource(
        &self,
        did: &Did,
        id: &str,
    ) -> Result<Option<Resource>, ReadError> {
        let request = QueryResourceRequest {
            collection_id: did.unique_id().to_owned(),
            id: normal_resource_id(id),
        };
        let path = "/cheqd.resource.v2.Query/Resource";
        let answer: Option<QueryResourceResponse> = self.read(path, &request).await?;
        let Some(found) = answer.and_then(|answer| answer.resource) else {
            return Ok(None);
        };
        let (Some(data), Some(metadata)) = (found.resource, found.metadata) else {
            return Err(malformed("a resource without data or metadata"));
        };
        let metadata = described(did, metadata, 0)?;
        let checksum = hex::encode(Sha256::digest(&data.data));
        if metadata.header.id != request.id || metadata.checksum.as_ref() != Some(&checksum) {
            return Err(malformed(
                "another resource, or data that does not match its checksum",
            ));
        }
        let data_bytes = Some(data.data.len() as u64);
        Ok(Some(Resource {
            metadata: ResourceMetadata {
                data_bytes,
                ..metadata
            },
            data: ResourceData::Present(data.data),
        }))
    }

    pub(crate) async fn resource_metadata(
        &self,
        did: &Did,
        id: &str,
    ) -> Result<Option<ResourceMetadata>, ReadError> {
        let request = QueryResourceMetadataRequest {
            collection_id: did.unique_id().to_owned(),
            id: normal_resource_id(id),
        };
        let path = "/cheqd.resource.v2.Query/ResourceMetadata";
        let answer: Option<QueryResourceMetadataResponse> = self.read(path, &request).await?;
        let Some(metadata) = answer.and_then(|answer| answer.resource) else {
            return Ok(None);
        };
        let metadata = described(did, metadata, 0)?;
        if metadata.header.id != request.id {
            return Err(malformed("another resource"));
        }
        Ok(Some(metadata))
    }

    pub(crate) async fn resources(
        &self,
        did: &Did,
        before: Option<Mark>,
        limit: usize,
    ) -> Result<Vec<ResourceMetadata>, ReadError> {
        let found = self.all_pages(
            "/cheqd.resource.v2.Query/CollectionResources",
            |pagination| QueryCollectionResourcesRequest {
                collection_id: did.unique_id().to_owned(),
                pagination,
            },
            |page: QueryCollectionResourcesResponse| (page.resources, page.pagination),
        );
        newest_first(did, found.await?, before, limit.min(RESOURCES_READ_MAX))
    }
}

fn newest_first(
    did: &Did,
    mut found: Vec<resource::Metadata>,
    before: Option<Mark>,
    limit: usize,
) -> Result<Vec<ResourceMetadata>, ReadError> {
    let order = |one: &resource::Metadata| {
        let at = one.created.unwrap_or_default();
        (at.seconds, at.nanos, one.id.clone())
    };
    found.sort_by_cached_key(order);
    let (mut described_all, mut rank, mut last_ms) = (Vec::with_capacity(found.len()), 0, None);
    for one in found {
        let created_ms = ms(one.created.as_ref());
        rank = if last_ms == Some(created_ms) {
            rank + 1
        } else {
            0
        };
        last_ms = Some(created_ms);
        described_all.push(described(did, one, rank)?);
    }
    let is_before = |one: &ResourceMetadata| before.is_none_or(|before| one.mark < before);
    let newest = described_all.into_iter().rev().filter(is_before);
    Ok(newest.take(limit).collect())
}

fn described(
    did: &Did,
    metadata: resource::Metadata,
    rank: u64,
) -> Result<ResourceMetadata, ReadError> {
    if metadata.collection_id != did.unique_id() {
        return Err(malformed("a resource of another DID"));
    }
    let created_ms = ms(metadata.created.as_ref());
    Ok(ResourceMetadata {
        did: did.clone(),
        media_type: metadata.media_type,
        created_ms,
        checksum: text(&metadata.checksum),
        data_bytes: None,
        previous_id: text(&metadata.previous_version_id),
        next_id: text(&metadata.next_version_id),
        location: Location::Network,
        mark: mark(created_ms, rank),
        header: ResourceHeader {
            collection_id: metadata.collection_id,
            id: metadata.id,
            name: metadata.name,
            version: metadata.version,
            resource_type: metadata.resource_type,
            also_known_as: metadata.also_known_as,
        },
    })
}

/// The chain adds a place of its own to those that were named.
pub(super) fn is_same_header(found: &ResourceHeader, proposed: &ResourceHeader) -> bool {
    found.name == proposed.name
        && found.version == proposed.version
        && found.resource_type == proposed.resource_type
        && found.also_known_as.starts_with(&proposed.also_known_as)
}

#[cfg(test)]
mod tests {
    use did::proto::Timestamp;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    #[test]
    fn resources_of_one_block_keep_apart_and_pages_follow_each_other() {
        let did = Did::parse(DID).unwrap();
        let one = |id: &str, seconds| resource::Metadata {
            collection_id: did.unique_id().to_owned(),
            id: id.to_owned(),
            created: Some(Timestamp { seconds, nanos: 5 }),
            ..resource::Metadata::default()
        };
        let found = vec![one("b", 7), one("d", 9), one("a", 7), one("c", 7)];
        let mut before = None;
        let mut ids = String::new();
        while let [first] = &newest_first(&did, found.clone(), before, 1).unwrap()[..] {
            ids += &first.header.id;
            before = Some(first.mark);
        }
        assert_eq!(ids, "dcba");
        let until = newest_first(&did, found.clone(), Some(mark(9_000, 0)), 9).unwrap();
        assert_eq!(until.len(), 3);
        let mut other = found;
        other[0].collection_id = "another".to_owned();
        assert!(newest_first(&did, other, None, 9).is_err());
    }
}
