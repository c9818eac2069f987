//! A DID's whole chain with its proofs, in a form that another log can import.
//!
//! JSON with one spelling: members in the order of [`Export`], no white space, bytes in standard base64 with padding.
//! Other bytes than those that [`Export::to_bytes`] gives are refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::Did;
use proof::Hash;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::leaves::previous_of;
use crate::snapshot::Snapshot;

/// Most bytes of an export that is made or read.
pub const EXPORT_BYTES_MAX: usize = 32 << 20;
/// Most leaves in the chain of an export.
pub const EXPORT_LEAVES_MAX: usize = 65_536;

const FORMAT: &str = "atropos-export/v1";

/// Everything that a log knows of one DID, proven under one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    format: String,
    pub(crate) did: String,
    pub(crate) origin: String,
    pub(crate) checkpoint: String,
    pub(crate) state: ExportedLeaf,
    pub(crate) value: Bytes,
    pub(crate) proof: Bytes,
    /// The leaves of the DID, oldest first.
    pub(crate) operations: Vec<ExportedLeaf>,
}

/// A leaf with its place in the log's tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportedLeaf {
    pub(crate) index: u64,
    pub(crate) leaf: Bytes,
    path: Vec<Bytes>,
}

/// Bytes that are written as base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl TryFrom<String> for Bytes {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, base64::DecodeError> {
        STANDARD.decode(text).map(Self)
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        STANDARD.encode(bytes.0)
    }
}

/// The bytes are not an export.
#[derive(Debug, Error)]
pub enum InvalidExport {
    /// Longer than any that is read.
    #[error("the export has {0} bytes, more than the {EXPORT_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// Not JSON, or other members than an export has.
    #[error("the export is not of the form `{FORMAT}`")]
    Form(#[source] serde_json::Error),
    /// A later format, or another file.
    #[error("the file is not of the form `{FORMAT}`")]
    Format,
    /// Another spelling of the same content.
    #[error("the export was changed: it is not written the way exports are")]
    Spelling,
}

/// Why a DID is not exported.
#[derive(Debug, Error)]
pub enum ExportError {
    /// There is no such DID.
    #[error("{0} is not in this log")]
    Unknown(Did),
    /// Its chain is longer than any that is read again.
    #[error("{0} has too many or too large operations for an export")]
    TooLarge(Did),
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Export {
    /// Reads an export. Nothing is verified yet.
    ///
    /// # Errors
    /// [`InvalidExport`] states why the bytes are none.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidExport> {
        if bytes.len() > EXPORT_BYTES_MAX {
            return Err(InvalidExport::TooLarge(bytes.len()));
        }
        let export: Self = serde_json::from_slice(bytes).map_err(InvalidExport::Form)?;
        if export.format != FORMAT {
            return Err(InvalidExport::Format);
        }
        if export.to_bytes() != bytes {
            return Err(InvalidExport::Spelling);
        }
        Ok(export)
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Structs of strings, numbers and lists always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The DID, as it is named there.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }
}

impl ExportedLeaf {
    /// The path, if it consists of hashes.
    pub(crate) fn path(&self) -> Option<Vec<Hash>> {
        let hash = |bytes: &Bytes| Some(Hash::new(bytes.0.as_slice().try_into().ok()?));
        self.path.iter().map(hash).collect()
    }

    fn new(index: u64, leaf: Vec<u8>, path: Vec<Hash>) -> Self {
        Self {
            index,
            leaf: Bytes(leaf),
            path: path
                .iter()
                .map(|hash| Bytes(hash.as_bytes().to_vec()))
                .collect(),
        }
    }
}

impl Embedded {
    /// Everything that this log knows of a DID, up to what was acknowledged before the call, for the log that continues
    /// it after a loss. Anyone may keep it.
    ///
    /// # Errors
    /// [`ExportError`] states why there is none.
    pub fn export(&self, did: &Did) -> Result<Vec<u8>, ExportError> {
        let snapshot = self.fresh_snapshot()?;
        let (proof, head) = self.watched(|| Ok(snapshot.proven(did)?))?;
        let head = head.ok_or_else(|| ExportError::Unknown(did.clone()))?;
        let too_large = || ExportError::TooLarge(did.clone());
        let mut operations = Vec::new();
        let mut bytes = 0;
        let mut next = Some(head.value.head_index);
        while let Some(index) = next {
            let leaf = self.exported(&snapshot, index)?;
            bytes += leaf.leaf.0.len() * 4 / 3 + leaf.path.len() * 48;
            if operations.len() == EXPORT_LEAVES_MAX || bytes > EXPORT_BYTES_MAX {
                return Err(too_large());
            }
            let previous = previous_of(&leaf.leaf.0);
            let previous = previous.ok_or(ReadError::Entry { index })?;
            // Of two entries of a DID the earlier one has the smaller index: the walk ends.
            if previous.is_some_and(|previous| previous.index >= index) {
                return Err(ReadError::Entry { index }.into());
            }
            operations.push(leaf);
            next = previous.map(|previous| previous.index);
        }
        operations.reverse();
        let export = Export {
            format: FORMAT.to_owned(),
            did: did.to_string(),
            origin: self.origin().to_owned(),
            checkpoint: snapshot.checkpoint().to_owned(),
            state: self.exported(&snapshot, snapshot.size().saturating_sub(1))?,
            value: Bytes(head.value.encode()),
            proof: Bytes(proof.encode()),
            operations,
        };
        let bytes = export.to_bytes();
        if bytes.len() > EXPORT_BYTES_MAX {
            return Err(too_large());
        }
        Ok(bytes)
    }

    fn exported(&self, snapshot: &Snapshot, index: u64) -> Result<ExportedLeaf, ReadError> {
        let missing = ReadError::Entry { index };
        self.watched(|| {
            let log = snapshot.log();
            let proven = snapshot.tree(&log).proven_leaf(index, snapshot.size())?;
            let proven = proven.ok_or(missing)?;
            Ok(ExportedLeaf::new(index, proven.leaf, proven.path))
        })
    }
}
