//! Versions of DIDs.

use std::collections::HashMap;

use cosmos::proto::did::{
    QueryAllDidDocVersionsMetadataRequest, QueryAllDidDocVersionsMetadataResponse,
    QueryDidDocRequest, QueryDidDocResponse, QueryDidDocVersionRequest, QueryDidDocVersionResponse,
};
use did::proto::{DidDoc, DidDocWithMetadata, Metadata, MsgCreateDidDocPayload};
use did::{Did, DidState, Document, Head, Status, normal_version_id};
use ledger::{HISTORY_VERSIONS_MAX, History, Location, ReadError, Resolved, VersionFacts};
use prost::Message;
use sha2::{Digest, Sha256};

use super::{Reader, malformed, mark, ms, text};

/// One version as the chain has it, checked to be the requested one.
pub(super) struct Version {
    pub(super) document: DidDoc,
    pub(super) metadata: Metadata,
}

impl Reader {
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

    pub(crate) async fn has_version(&self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        Ok(self.version_with_id(did, version_id).await?.is_some())
    }

    async fn latest_version(&self, did: &Did) -> Result<Option<Version>, ReadError> {
        let id = did.to_string();
        let path = "/cheqd.did.v2.Query/DidDoc";
        let answer: Option<QueryDidDocResponse> =
            self.read(path, &QueryDidDocRequest { id }).await?;
        let version = checked(did, answer.map(|answer| answer.value))?;
        match version {
            Some(version) if !version.metadata.next_version_id.is_empty() => {
                Err(malformed("a latest version that has a successor"))
            }
            version => Ok(version),
        }
    }

    pub(super) async fn version_with_id(
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
        let answer: Option<QueryDidDocVersionResponse> = self.read(path, &request).await?;
        let found = checked(did, answer.map(|answer| answer.value))?;
        match found {
            Some(found) if found.metadata.version_id != version => {
                Err(malformed("another version than the requested one"))
            }
            found => Ok(found),
        }
    }

    /// All versions, the newest first. The chain lists them by their ids; the links between them give the order.
    async fn versions(&self, did: &Did) -> Result<Vec<Metadata>, ReadError> {
        let listed = self.all_pages(
            "/cheqd.did.v2.Query/AllDidDocVersionsMetadata",
            |pagination| QueryAllDidDocVersionsMetadataRequest {
                id: did.to_string(),
                pagination,
            },
            |page: QueryAllDidDocVersionsMetadataResponse| (page.versions, page.pagination),
        );
        in_order(listed.await?)
    }

    async fn resolved(&self, did: &Did, version: Version) -> Result<Resolved, ReadError> {
        let Version { document, metadata } = version;
        let next_version_id = text(&metadata.next_version_id);
        let next_update_ms = match &next_version_id {
            None => None,
            Some(id) => {
                let next = self.version_with_id(did, id).await?;
                let next = next.ok_or_else(|| malformed("a successor that does not exist"))?;
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
            // Only the list of resources shows it.
            has_resources: true,
        })
    }
}

fn checked(
    did: &Did,
    answer: Option<Option<DidDocWithMetadata>>,
) -> Result<Option<Version>, ReadError> {
    let Some(answer) = answer else {
        return Ok(None);
    };
    let parts = answer.map(|value| (value.did_doc, value.metadata));
    let Some((Some(document), Some(metadata))) = parts else {
        return Err(malformed("a version without document or metadata"));
    };
    if document.id != did.as_str() {
        return Err(malformed("the document of another DID"));
    }
    Ok(Some(Version { document, metadata }))
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
        let one = one.ok_or_else(|| malformed("versions that do not follow each other"))?;
        next = text(&one.previous_version_id);
        ordered.push(one);
    }
    if ordered.len() != count {
        return Err(malformed("versions that do not follow each other"));
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

/// The head of a DID, in place of the leaf that a log would have.
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

pub(super) fn made_ms(metadata: &Metadata) -> u64 {
    ms(metadata.updated.as_ref().or(metadata.created.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(id: &str, previous: &str, next: &str) -> Metadata {
        Metadata {
            version_id: id.to_owned(),
            previous_version_id: previous.to_owned(),
            next_version_id: next.to_owned(),
            ..Metadata::default()
        }
    }

    #[test]
    fn versions_are_ordered_by_their_links_and_a_broken_chain_is_not_disclosed() {
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
}
