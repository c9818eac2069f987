//! Receipts: everything that proves the state or the deactivation of a DID, in one value.

use std::collections::BTreeMap;

use did::{Did, Document, other_signers};
use proof::Hash;
use proof::leaf::OperationLeaf;
use proof::receipt::{NoProof, Parts, ProvenDid, ProvenLeaf, Receipt, Stage};
use prost::Message;
use thiserror::Error;

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::index::{EntryRecord, Evidence, HeadRecord, IndexError};
use crate::log_tree::{LogParts, LogTree, is_checkpoint_of};
use crate::reader::Reader;
use crate::snapshot::Snapshot;

/// Why there is no receipt.
#[derive(Debug, Error)]
pub enum ProveError {
    /// Its parts cannot be read, or must not be disclosed now.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The note is not a checkpoint of this log, or one of another size.
    #[error("the note is not the checkpoint of {size} entries of this log")]
    OtherCheckpoint {
        /// The number of entries that it should be of.
        size: u64,
    },
    /// The DID belongs to another network.
    #[error("{did} does not belong to the network `{namespace}`")]
    OtherNetwork {
        /// The DID.
        did: Did,
        /// The network of this ledger.
        namespace: String,
    },
    /// The DID is not deactivated.
    #[error("{did} has not been deactivated")]
    NotDeactivated {
        /// The DID.
        did: Did,
    },
    /// The checkpoint is older than the operation.
    #[error(
        "the operation is entry {index}, which a checkpoint of {size} entries does not cover; use a newer one"
    )]
    NotCovered {
        /// The operation's index in the log.
        index: u64,
        /// Entries that the checkpoint covers.
        size: u64,
    },
    /// The deactivation was imported from an older log, and this log lacked the state that it was judged on.
    #[error(
        "the deactivation of {did} was imported from an older log; use the receipt of that log"
    )]
    Imported {
        /// The DID.
        did: Did,
    },
    /// A verifier would refuse what there is.
    #[error("no receipt can be made that a verifier would accept")]
    Refused(#[source] NoProof),
}

impl From<IndexError> for ProveError {
    fn from(error: IndexError) -> Self {
        Self::Read(error.into())
    }
}

impl Embedded {
    /// The receipt of a deactivation under the checkpoint of `size` entries, whose signed note is `note`. Every size
    /// will do that covers the operation.
    ///
    /// # Errors
    /// [`ProveError`] states why there is none.
    pub fn deactivation_receipt(
        &self,
        did: &Did,
        note: &str,
        size: u64,
        stage: Stage,
    ) -> Result<Receipt, ProveError> {
        let reader = &self.shared().reader;
        let parts = self.watched_proof(|| {
            let mut tree = self.log_tree();
            check_note(note, size, tree.root_at(size)?)?;
            let key = reader.key(did);
            let deactivated = reader.head(&key)?.and_then(deactivated_at);
            let deactivated = deactivated.ok_or(ProveError::NotDeactivated { did: did.clone() })?;
            let evidence = reader.evidence(&key, deactivated)?;
            let evidence = evidence.ok_or(ProveError::Imported { did: did.clone() })?;
            let under = Under { note, size, stage };
            ended_parts(reader, &mut tree, did, &evidence, &under)
        })?;
        Receipt::assemble(parts).map_err(ProveError::Refused)
    }

    /// The same as [`Embedded::watched`].
    fn watched_proof<T>(
        &self,
        prove: impl FnOnce() -> Result<T, ProveError>,
    ) -> Result<T, ProveError> {
        match prove() {
            Err(ProveError::Read(error)) => Ok(self.watched(|| Err(error))?),
            result => result,
        }
    }
}

impl Snapshot {
    /// The receipt of the state of a DID at this checkpoint: active, deactivated, or never existed. `note` is the
    /// checkpoint with whatever signatures it has.
    ///
    /// # Errors
    /// [`ProveError`] states why there is none; [`ReadError::Withheld`] while the ledger does not disclose active DIDs.
    pub fn state_receipt(
        &self,
        did: &Did,
        note: &str,
        stage: Stage,
    ) -> Result<Receipt, ProveError> {
        let namespace = self.ledger().namespace();
        if did.namespace() != Some(namespace) {
            let (did, namespace) = (did.clone(), namespace.to_owned());
            return Err(ProveError::OtherNetwork { did, namespace });
        }
        let size = self.size();
        check_note(note, size, Some(self.root()))?;
        let under = Under { note, size, stage };
        let parts = self.ledger().watched_proof(|| {
            let (_, head) = self.proven(did)?;
            self.ledger().shared().check_disclosable(head.as_ref())?;
            let Some(deactivated) = head.and_then(deactivated_at) else {
                return Ok(self.state_parts(did, &under)?);
            };
            let evidence = self.evidence(deactivated)?;
            let evidence = evidence.ok_or(ProveError::Imported { did: did.clone() })?;
            let log = self.log();
            ended_parts(self.reader(), &mut self.tree(&log), did, &evidence, &under)
        })?;
        Receipt::assemble(parts).map_err(ProveError::Refused)
    }

    /// The DID under the newest state leaf, and while it is active its other signers.
    fn state_parts(&self, did: &Did, under: &Under<'_>) -> Result<Parts, ReadError> {
        let log = self.log();
        let mut dids = BTreeMap::new();
        let subject = self.proven_did(did)?;
        let document = subject.document.as_deref().map(Document::restore_encoded);
        if let Some(document) = document {
            let index = subject.value.map_or(0, |value| value.head_index);
            let document = document.map_err(|_| ReadError::Entry { index })?;
            for signer in other_signers(&document) {
                dids.insert(signer.clone(), self.proven_did(&signer)?);
            }
        }
        dids.insert(did.clone(), subject);
        let index = under.size.saturating_sub(1);
        let state = self.tree(&log).proven_leaf(index, under.size)?;
        Ok(Parts {
            did: did.clone(),
            stage: under.stage,
            checkpoint: under.note.to_owned(),
            state: state.ok_or(ReadError::Entry { index })?,
            dids: dids.into_values().collect(),
            operation: None,
        })
    }

    fn proven_did(&self, did: &Did) -> Result<ProvenDid, ReadError> {
        let (proof, head) = self.proven(did)?;
        let document = head
            .as_ref()
            .map(|head| document_bytes(self.reader(), &head.latest.document))
            .transpose()?;
        Ok(ProvenDid {
            did: did.clone(),
            value: head.map(|head| head.value),
            proof,
            document,
        })
    }
}

/// The checkpoint that a receipt is made under.
struct Under<'n> {
    note: &'n str,
    size: u64,
    stage: Stage,
}

/// A deactivation and what it was judged on.
fn ended_parts<P: LogParts>(
    reader: &Reader,
    tree: &mut LogTree<'_, P>,
    did: &Did,
    evidence: &Evidence,
    under: &Under<'_>,
) -> Result<Parts, ProveError> {
    let entry = &evidence.operation;
    let (index, size) = (entry.index, under.size);
    let Some((hash, path)) = tree.inclusion(index, size)? else {
        return Err(ProveError::NotCovered { index, size });
    };
    let damaged = || ReadError::Entry { index };
    if hash != entry.leaf_hash {
        return Err(damaged().into());
    }
    let bytes = reader.entry(entry)?;
    let leaf = reader.operation(entry)?;
    let state = tree.proven_leaf(evidence.state_leaf, size)?;
    Ok(Parts {
        did: did.clone(),
        stage: under.stage,
        checkpoint: under.note.to_owned(),
        state: state.ok_or_else(damaged)?,
        dids: consulted(reader, &leaf, evidence)?,
        operation: Some(ProvenLeaf {
            index,
            leaf: bytes,
            path,
        }),
    })
}

fn consulted(
    reader: &Reader,
    leaf: &OperationLeaf,
    evidence: &Evidence,
) -> Result<Vec<ProvenDid>, ReadError> {
    let index = evidence.operation.index;
    let pairs = leaf.consulted.iter().zip(&evidence.consulted);
    pairs
        .map(|(named, seen)| {
            let state = seen.state.as_ref();
            let document = state.map(|state| document_bytes(reader, &state.document));
            Ok(ProvenDid {
                did: Did::parse(&named.did).map_err(|_| ReadError::Entry { index })?,
                value: state.map(|state| state.value),
                proof: seen.proof.clone(),
                document: document.transpose()?,
            })
        })
        .collect()
}

fn document_bytes(reader: &Reader, entry: &EntryRecord) -> Result<Vec<u8>, ReadError> {
    Ok(reader.document_text(entry)?.encode_to_vec())
}

fn check_note(note: &str, size: u64, root: Option<Hash>) -> Result<(), ProveError> {
    match root {
        Some(root) if is_checkpoint_of(note, size, &root) => Ok(()),
        _ => Err(ProveError::OtherCheckpoint { size }),
    }
}

fn deactivated_at(head: HeadRecord) -> Option<u64> {
    head.value.deactivation_index()
}
