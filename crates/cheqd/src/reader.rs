//! What a chain knows of DIDs and resources, as the types of the ledger.

use cosmos::proto::page::{PageRequest, PageResponse};
use did::proto::Timestamp;
use did::{Document, Operation, OperationKind};
use ledger::{Mark, ReadError};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::blocking::withheld;
use crate::node::{Answer, Nodes};
use crate::wire::Outcome;

mod resource;
mod version;

use version::Version;

/// Pages of one list that are read.
const PAGES_MAX: usize = 64;
/// Bits of a mark that distinguish resources of one millisecond.
const MARK_RANK_BITS: u32 = 16;

/// Reads from a chain.
pub(crate) struct Reader {
    pub(crate) nodes: Nodes,
}

impl Reader {
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
                .filter(|one| resource::is_same_header(&one.header, proposed.header))
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
                // No version follows a deactivation.
                OperationKind::Deactivate => {
                    !is_first && metadata.deactivated && metadata.next_version_id.is_empty()
                }
                OperationKind::CreateResource => false,
            }
        };
        Ok(found
            .filter(is_it)
            .map(|found| version::made_ms(&found.metadata)))
    }

    /// Reads something that not every chain has: `None` where it refuses.
    pub(crate) async fn read_if_served<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
    ) -> Result<Option<A>, ReadError> {
        match self.nodes.query(path, &request.encode_to_vec()).await? {
            Answer::Value(value) => Ok(A::decode(value.as_slice()).ok()),
            Answer::Refused(_) => Ok(None),
        }
    }

    /// Reads something that may not exist.
    pub(crate) async fn read<A: Message + Default>(
        &self,
        path: &str,
        request: &impl Message,
    ) -> Result<Option<A>, ReadError> {
        match self.nodes.query(path, &request.encode_to_vec()).await? {
            Answer::Value(value) => {
                let decoded = A::decode(value.as_slice());
                decoded
                    .map(Some)
                    .map_err(|error| malformed(error.to_string()))
            }
            Answer::Refused(refused) if is_missing(&refused) => Ok(None),
            Answer::Refused(refused) => Err(withheld(format!(
                "the node refuses {path}: {}",
                refused.log
            ))),
        }
    }

    /// All pages of a list; `page` decodes one of them.
    async fn all_pages<Q: Message, A: Message + Default, T>(
        &self,
        path: &str,
        request: impl Fn(Option<PageRequest>) -> Q,
        page: impl Fn(A) -> (Vec<T>, Option<PageResponse>),
    ) -> Result<Vec<T>, ReadError> {
        let (mut found, mut pagination) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let answer: Option<A> = self.read(path, &request(pagination)).await?;
            let (entries, next) = page(answer.unwrap_or_default());
            found.extend(entries);
            let key = next.map_or(Vec::new(), |next| next.next_key);
            if key.is_empty() {
                return Ok(found);
            }
            pagination = Some(PageRequest {
                key,
                ..PageRequest::default()
            });
        }
        Err(malformed("a list without an end"))
    }
}

/// Whether a query found nothing: the log reads "not found", with codes that differ by version of the chain.
fn is_missing(refused: &Outcome) -> bool {
    let is_not_found =
        refused.log.contains("not found") && !refused.log.contains("unknown query path");
    match (refused.codespace.as_str(), refused.code) {
        ("cheqd", 1201) => true,
        ("sdk", 22 | 38) => true,
        ("sdk", 6 | 18) => is_not_found,
        _ => false,
    }
}

/// The marks of a chain are times: its resources have no other order. Those of one block share one time.
fn mark(time_ms: u64, rank: u64) -> Mark {
    let rank = rank.min((1 << MARK_RANK_BITS) - 1);
    Mark::new((time_ms << MARK_RANK_BITS) | rank)
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

fn malformed(what: impl std::fmt::Display) -> ReadError {
    withheld(format!("a node has answered with {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    #[test]
    fn a_missing_entry_is_distinguished_from_a_failed_query() {
        let refused = |codespace: &str, code, log: &str| Outcome {
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
}
