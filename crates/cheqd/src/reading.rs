//! What a chain knows of DIDs and resources, in the words of the ledger.

use std::collections::HashMap;

use cosmos::proto::did::{
    QueryAllDidDocVersionsMetadataRequest, QueryAllDidDocVersionsMetadataResponse,
    QueryDidDocRequest, QueryDidDocResponse, QueryDidDocVersionRequest,
};
use cosmos::proto::page::PageRequest;
use cosmos::proto::resource::{
    QueryCollectionResourcesRequest, QueryCollectionResourcesResponse,
    QueryResourceMetadataResponse, QueryResourceRequest, QueryResourceResponse,
};
use did::proto::{DidDoc, Metadata, MsgCreateDidDocPayload, Timestamp, resource};
use did::{
    Did, DidState, Document, Head, Operation, OperationKind, ResourceHeader, Status,
    normal_resource_id, normal_version_id,
};
use ledger::{
    HISTORY_VERSIONS_MAX, History, Location, Mark, RESOURCES_READ_MAX, ReadError, Resolved,
    Resource, ResourceData, ResourceMetadata, VersionFacts,
};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::blocking::withheld;
use crate::node::{Answer, Nodes, Refused};

/// Pages of one list that are read.
const PAGES_MAX: usize = 64;
/// Bits of a mark that tell resources of one millisecond apart.
const MARK_RANK_BITS: u32 = 16;

/// Reads from a chain.
pub(crate) struct Reading {
    pub(crate) nodes: Nodes,
}

/// One version as the chain has it, checked to be the one that was asked for.
pub(crate) struct Version {
    document: DidDoc,
    metadata: Metadata,
}

impl Reading {
    pub(crate) async fn latest(&self, did: &Did) -> Result<Option<Resolved>, ReadError> {
        match self.latest_version(did).await? {
            Some(version) => self.resolved(did, version).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn version(
        &self,
        did: &Did,
        version_id: &str,
    ) -> Result<Option<Resolved>, ReadError> {
        match self.version_with_id(did, version_id).await? {
            Some(version) => self.resolved(did, version).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn at(&self, did: &Did, time_ms: u64) -> Result<Option<Resolved>, ReadError> {
        let versions = self.versions(did).await?;
        let found = versions.iter().find(|one| made_ms(one) <= time_ms);
        match found {
            Some(found) => self.version(did, &found.version_id).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn history(
        &self,
        did: &Did,
        before: Option<&str>,
    ) -> Result<Option<History>, ReadError> {
        let versions = self.versions(did).await?;
        let start = match before {
            None => Some(0),
            Some(id) => {
                let found = versions.iter().position(|one| one.version_id == id);
                found.map(|position| position + 1)
            }
        };
        let Some(listed) = start.and_then(|start| versions.get(start..)) else {
            return Ok(None);
        };
        let Some(newest) = listed.first() else {
            return Ok(None);
        };
        Ok(Some(History {
            created_ms: ms(newest.created.as_ref()),
            deactivated: newest.deactivated,
            versions: listed
                .iter()
                .take(HISTORY_VERSIONS_MAX)
                .map(facts)
                .collect(),
        }))
    }

    pub(crate) async fn state(&self, did: &Did) -> Result<Option<DidState>, ReadError> {
        let Some(Version { document, metadata }) = self.latest_version(did).await? else {
            return Ok(None);
        };
        let payload = MsgCreateDidDocPayload::new(document, metadata.version_id.clone());
        let document =
            Document::restore(&payload.encode_to_vec()).map_err(|error| ReadError::Document {
                did: did.clone(),
                reason: error.to_string(),
            })?;
        Ok(Some(DidState {
            document,
            status: if metadata.deactivated {
                Status::Deactivated
            } else {
                Status::Active
            },
            head: head(did, &metadata),
        }))
    }

    pub(crate) async fn resource(
        &self,
        did: &Did,
        id: &str,
    ) -> Result<Option<Resource>, ReadError> {
        let request = resource_request(did, id);
        let path = "/cheqd.resource.v2.Query/Resource";
        let answer: Option<QueryResourceResponse> = self.ask(path, &request).await?;
        let Some(found) = answer.and_then(|answer| answer.resource) else {
            return Ok(None);
        };
        let (Some(data), Some(metadata)) = (found.resource, found.metadata) else {
            return Err(senseless("a resource without data or metadata"));
        };
        let metadata = described(did, metadata, 0)?;
        let checksum = hex::encode(Sha256::digest(&data.data));
        if metadata.header.id != request.id || metadata.checksum.as_ref() != Some(&checksum) {
            return Err(senseless(
                "another resource, or other data than its checksum says",
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
        let request = resource_request(did, id);
        let path = "/cheqd.resource.v2.Query/ResourceMetadata";
        let answer: Option<QueryResourceMetadataResponse> = self.ask(path, &request).await?;
        let Some(metadata) = answer.and_then(|answer| answer.resource) else {
            return Ok(None);
        };
        let metadata = described(did, metadata, 0)?;
        if metadata.header.id != request.id {
            return Err(senseless("another resource"));
        }
        Ok(Some(metadata))
    }

    pub(crate) async fn resources(
        &self,
        did: &Did,
        before: Option<Mark>,
        limit: usize,
    ) -> Result<Vec<ResourceMetadata>, ReadError> {
        let collection_id = did.unique_id().to_owned();
        let path = "/cheqd.resource.v2.Query/CollectionResources";
        let (mut found, mut key) = (Vec::new(), Vec::new());
        for _ in 0..PAGES_MAX {
            let request = QueryCollectionResourcesRequest {
                collection_id: collection_id.clone(),
                pagination: following(key),
            };
            let answer: Option<QueryCollectionResourcesResponse> = self.ask(path, &request).await?;
            let answer = answer.unwrap_or_default();
            found.extend(answer.resources);
            key = answer.pagination.map_or(Vec::new(), |page| page.next_key);
            if key.is_empty() {
                return newest_first(did, found, before, limit.min(RESOURCES_READ_MAX));
            }
        }
        Err(senseless("a list without an end"))
    }

    /// When an operation was accepted, if the chain has it, to the last byte that it keeps.
    pub(crate) async fn accepted_ms(
        &self,
        operation: &Operation,
    ) -> Result<Option<u64>, ReadError> {
        let did = operation.did();
        if let Some(proposed) = operation.resource() {
            let found = self.resource_metadata(did, &proposed.header.id).await?;
            let checksum = hex::encode(Sha256::digest(proposed.data));
            return Ok(found
                .filter(|one| one.checksum.as_ref() == Some(&checksum))
                .filter(|one| is_same_header(&one.header, proposed.header))
                .map(|one| one.created_ms));
        }
        let found = self.version_with_id(did, operation.version_id()).await?;
        let is_it = |found: &Version| {
            let metadata = &found.metadata;
            let document = operation.document().map(Document::proto);
            let is_first = metadata.previous_version_id.is_empty();
            match operation.kind() {
                OperationKind::Create => is_first && document == Some(&found.document),
                OperationKind::Update => !is_first && document == Some(&found.document),
                // Nothing follows the version that an end makes.
                OperationKind::Deactivate => {
                    !is_first && metadata.deactivated && metadata.next_version_id.is_empty()
                }
                OperationKind::CreateResource => false,
            }
        };
        Ok(found.filter(is_it).map(|found| made_ms(&found.metadata)))
    }

    pub(crate) async fn has_version(&self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        Ok(self.version_with_id(did, version_id).await?.is_some())
    }

    /// Asks for something that not every chain has: `None` where it refuses.
    pub(crate) async fn ask_or_refused<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
    ) -> Result<Option<A>, ReadError> {
        match self.nodes.query(path, &request.encode_to_vec()).await? {
            Answer::Value(value) => Ok(A::decode(value.as_slice()).ok()),
            Answer::Refused(_) => Ok(None),
        }
    }

    /// Asks for something that may not be there.
    pub(crate) async fn ask<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
    ) -> Result<Option<A>, ReadError> {
        match self.nodes.query(path, &request.encode_to_vec()).await? {
            Answer::Value(value) => {
                let decoded = A::decode(value.as_slice());
                decoded
                    .map(Some)
                    .map_err(|error| senseless(error.to_string()))
            }
            Answer::Refused(refused) if is_missing(&refused) => Ok(None),
            Answer::Refused(refused) => Err(withheld(format!(
                "the node refuses {path}: {}",
                refused.log
            ))),
        }
    }

    async fn latest_version(&self, did: &Did) -> Result<Option<Version>, ReadError> {
        let id = did.to_string();
        let path = "/cheqd.did.v2.Query/DidDoc";
        let answer = self.ask(path, &QueryDidDocRequest { id }).await?;
        let version = checked(did, answer)?;
        match version {
            Some(version) if !version.metadata.next_version_id.is_empty() => {
                Err(senseless("a latest version that others follow"))
            }
            version => Ok(version),
        }
    }

    async fn version_with_id(
        &self,
        did: &Did,
        version_id: &str,
    ) -> Result<Option<Version>, ReadError> {
        let version = normal_version_id(version_id);
        let request = QueryDidDocVersionRequest {
            id: did.to_string(),
            version: version.clone(),
        };
        let path = "/cheqd.did.v2.Query/DidDocVersion";
        let found = checked(did, self.ask(path, &request).await?)?;
        match found {
            Some(found) if found.metadata.version_id != version => {
                Err(senseless("another version than was asked for"))
            }
            found => Ok(found),
        }
    }

    /// All versions, the newest first. The chain lists them by their ids; the links between them say the order.
    async fn versions(&self, did: &Did) -> Result<Vec<Metadata>, ReadError> {
        let path = "/cheqd.did.v2.Query/AllDidDocVersionsMetadata";
        let (mut listed, mut key) = (Vec::new(), Vec::new());
        for page in 0.. {
            if page == PAGES_MAX {
                return Err(senseless("a list without an end"));
            }
            let request = QueryAllDidDocVersionsMetadataRequest {
                id: did.to_string(),
                pagination: following(key),
            };
            let answer: Option<QueryAllDidDocVersionsMetadataResponse> =
                self.ask(path, &request).await?;
            let answer = answer.unwrap_or_default();
            listed.extend(answer.versions);
            key = answer.pagination.map_or(Vec::new(), |page| page.next_key);
            if key.is_empty() {
                break;
            }
        }
        in_order(listed)
    }

    async fn resolved(&self, did: &Did, version: Version) -> Result<Resolved, ReadError> {
        let Version { document, metadata } = version;
        let next_version_id = text(&metadata.next_version_id);
        let next_update_ms = match &next_version_id {
            None => None,
            Some(id) => {
                let next = self.version_with_id(did, id).await?;
                let next = next.ok_or_else(|| senseless("a version that is not there follows"))?;
                Some(made_ms(&next.metadata))
            }
        };
        Ok(Resolved {
            document,
            created_ms: ms(metadata.created.as_ref()),
            updated_ms: metadata.updated.as_ref().map(|at| ms(Some(at))),
            deactivated: metadata.deactivated,
            previous_version_id: text(&metadata.previous_version_id),
            next_mark: next_update_ms.map(|ms| mark(ms, 0)),
            next_version_id,
            next_update_ms,
            version_id: metadata.version_id,
            location: Location::Network,
            // Only the list of them tells.
            has_resources: true,
        })
    }
}

fn checked(did: &Did, answer: Option<QueryDidDocResponse>) -> Result<Option<Version>, ReadError> {
    let Some(answer) = answer else {
        return Ok(None);
    };
    let parts = answer.value.map(|value| (value.did_doc, value.metadata));
    let Some((Some(document), Some(metadata))) = parts else {
        return Err(senseless("a version without document or metadata"));
    };
    if document.id != did.as_str() {
        return Err(senseless("the document of another DID"));
    }
    Ok(Some(Version { document, metadata }))
}

/// A DID or version that is not there is told by the query as "not found", with numbers that differ by version.
fn is_missing(refused: &Refused) -> bool {
    let says_so = refused.log.contains("not found") && !refused.log.contains("unknown query path");
    match (refused.codespace.as_str(), refused.code) {
        ("cheqd", 1201) => true,
        ("sdk", 22 | 38) => true,
        ("sdk", 6 | 18) => says_so,
        _ => false,
    }
}

fn in_order(listed: Vec<Metadata>) -> Result<Vec<Metadata>, ReadError> {
    let count = listed.len();
    let newest = listed.iter().find(|one| one.next_version_id.is_empty());
    let mut next = newest.map(|one| one.version_id.clone());
    let mut by_id: HashMap<String, Metadata> = listed
        .into_iter()
        .map(|one| (one.version_id.clone(), one))
        .collect();
    let mut ordered = Vec::with_capacity(count);
    while let Some(id) = next {
        let one = by_id.remove(&id);
        let one = one.ok_or_else(|| senseless("versions that do not follow each other"))?;
        next = text(&one.previous_version_id);
        ordered.push(one);
    }
    if ordered.len() != count {
        return Err(senseless("versions that do not follow each other"));
    }
    Ok(ordered)
}

fn facts(metadata: &Metadata) -> VersionFacts {
    VersionFacts {
        version_id: metadata.version_id.clone(),
        updated_ms: metadata.updated.as_ref().map(|at| ms(Some(at))),
        previous_version_id: text(&metadata.previous_version_id),
        next_version_id: text(&metadata.next_version_id),
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
        return Err(senseless("a resource of another DID"));
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
fn is_same_header(found: &ResourceHeader, proposed: &ResourceHeader) -> bool {
    found.name == proposed.name
        && found.version == proposed.version
        && found.resource_type == proposed.resource_type
        && found.also_known_as.starts_with(&proposed.also_known_as)
}

fn resource_request(did: &Did, id: &str) -> QueryResourceRequest {
    QueryResourceRequest {
        collection_id: did.unique_id().to_owned(),
        id: normal_resource_id(id),
    }
}

fn following(key: Vec<u8>) -> Option<PageRequest> {
    (!key.is_empty()).then(|| PageRequest {
        key,
        ..PageRequest::default()
    })
}

/// What stands for a version where a log would have a leaf.
fn head(did: &Did, metadata: &Metadata) -> Head {
    let mut hasher = Sha256::new();
    hasher.update(b"atropos/cheqd-version/v1\0");
    hasher.update(did.as_str().as_bytes());
    hasher.update(b"\0");
    hasher.update(metadata.version_id.as_bytes());
    let at = metadata.updated.or(metadata.created).unwrap_or_default();
    let seconds = u64::try_from(at.seconds).unwrap_or_default();
    let nanos = u64::try_from(at.nanos).unwrap_or_default();
    Head {
        index: seconds.saturating_mul(1_000_000_000).saturating_add(nanos),
        leaf_hash: hasher.finalize().into(),
    }
}

/// The marks of a chain are moments. Its resources have no other order, and those of one block have one time.
fn mark(time_ms: u64, rank: u64) -> Mark {
    let rank = rank.min((1 << MARK_RANK_BITS) - 1);
    Mark::new((time_ms << MARK_RANK_BITS) | rank)
}

fn made_ms(metadata: &Metadata) -> u64 {
    ms(metadata.updated.as_ref().or(metadata.created.as_ref()))
}

fn ms(at: Option<&Timestamp>) -> u64 {
    let at = at.copied().unwrap_or_default();
    let seconds = u64::try_from(at.seconds).unwrap_or_default();
    let nanos = u64::try_from(at.nanos).unwrap_or_default();
    seconds
        .saturating_mul(1000)
        .saturating_add(nanos / 1_000_000)
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn senseless(what: impl std::fmt::Display) -> ReadError {
    withheld(format!("a node has answered with {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn metadata(id: &str, previous: &str, next: &str) -> Metadata {
        Metadata {
            version_id: id.to_owned(),
            previous_version_id: previous.to_owned(),
            next_version_id: next.to_owned(),
            ..Metadata::default()
        }
    }

    #[test]
    fn versions_are_ordered_by_their_links_and_a_broken_chain_is_not_told() {
        let listed = vec![
            metadata("a", "c", ""),
            metadata("b", "", "c"),
            metadata("c", "b", "a"),
        ];
        let ordered = in_order(listed.clone()).unwrap();
        let ids: Vec<&str> = ordered.iter().map(|one| one.version_id.as_str()).collect();
        assert_eq!(ids, ["a", "c", "b"]);
        assert!(in_order(vec![]).unwrap().is_empty());
        assert!(in_order(listed[1..].to_vec()).is_err());
        assert!(in_order(listed[..2].to_vec()).is_err());
    }

    #[test]
    fn what_is_missing_is_told_from_what_cannot_be_asked() {
        let refused = |codespace: &str, code, log: &str| Refused {
            codespace: codespace.to_owned(),
            code,
            log: log.to_owned(),
        };
        let text = format!("{DID}: not found");
        for (codespace, code, log, missing) in [
            ("sdk", 6, format!("{text}: unknown request"), true),
            ("sdk", 22, text.clone(), true),
            ("sdk", 38, text.clone(), true),
            ("cheqd", 1201, format!("{DID}: DID Doc not found"), true),
            ("sdk", 6, "unknown query path: not found".to_owned(), false),
            ("sdk", 18, "invalid request".to_owned(), false),
            ("sdk", 35, text, false),
        ] {
            assert_eq!(
                is_missing(&refused(codespace, code, &log)),
                missing,
                "{log}"
            );
        }
    }

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
