//! What an older log proves about a DID, imported into this one.

use super::error::InField;
use super::genesis::check_origin;
use super::operation::{read_reference, write_reference};
use super::{
    CRITICAL, InvalidLeaf, Leaf, LeafReference, LeafType, MAX_DID_BYTES, MAX_LEAF_BYTES,
    OperationLeaf, TreeHead, VERSION,
};
use crate::NetworkId;
use crate::codec::{FieldProblem, Reader, Writer, check_visible_ascii};

/// Most imports nested in each other; the innermost contains an operation.
pub const MAX_IMPORT_DEPTH: usize = 4;
/// Most bytes of a leaf that fits into an import whatever the lengths of the DID and of the older log's name.
pub const MAX_IMPORTABLE_LEAF_BYTES: usize = MAX_LEAF_BYTES - 661;

const IMPORT_HEADER: [u8; 2] = [LeafType::Import as u8 | CRITICAL, VERSION];

/// A DID's operation from an older log, or the confirmation that the one known here is still its latest.
///
/// It becomes the DID's head in the state tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The network it belongs to.
    pub network_id: NetworkId,
    /// The writer's time in milliseconds since 1970-01-01 UTC; never decreases within a log.
    pub time_ms: u64,
    /// The DID in normal form: 1 to 256 visible ASCII characters.
    pub did: String,
    /// The name of the older log.
    pub origin: String,
    /// The checkpoint of the older log under which it was proven.
    pub until: TreeHead,
    /// The operation that is imported; `None` confirms the head that the DID has here.
    pub operation: Option<ImportedLeaf>,
    /// The DID's head here before this leaf; never `None` where there is no operation.
    pub previous: Option<LeafReference>,
}

/// A leaf of an older log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedLeaf {
    /// Its index there, less than the size of the checkpoint that proves it.
    pub index: u64,
    /// Its bytes exactly as there: an operation of the DID, or an import that holds one.
    pub leaf: Vec<u8>,
}

impl Import {
    /// The operation that it imports, out of all imports around it; `None` if it only confirms.
    ///
    /// # Errors
    ///
    /// [`InvalidLeaf`] names the field `operation` if its leaf is neither an operation of this DID nor an import, at
    /// most [`MAX_IMPORT_DEPTH`] deep, that holds one. A leaf that was decoded has none of these faults.
    pub fn imported_operation(&self) -> Result<Option<OperationLeaf>, InvalidLeaf> {
        let Some(imported) = &self.operation else {
            return Ok(None);
        };
        innermost(&imported.leaf, &self.did)
            .map(Some)
            .in_field("operation")
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.field(self.network_id.as_bytes());
        w.field(&self.time_ms.to_be_bytes());
        w.field(self.did.as_bytes());
        w.field(self.origin.as_bytes());
        w.nested(|w| self.until.write(w));
        w.option(self.operation.as_ref(), |w, imported| {
            w.raw(&imported.index.to_be_bytes());
            // A longer leaf does not fit the field around it, which reports it.
            w.raw(&(imported.leaf.len() as u32).to_be_bytes());
            w.raw(&imported.leaf);
        });
        w.option(self.previous.as_ref(), write_reference);
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self::read_fields(r)?;
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        self.check_fields()?;
        self.imported_operation().map(drop)
    }

    /// Everything but the leaf inside.
    fn check_fields(&self) -> Result<(), InvalidLeaf> {
        check_visible_ascii(&self.did, MAX_DID_BYTES).in_field("did")?;
        check_origin(&self.origin).in_field("origin")?;
        let outside = |imported: &ImportedLeaf| imported.index >= self.until.size;
        if self.operation.as_ref().is_some_and(outside) {
            return Err(FieldProblem::Contradiction).in_field("operation");
        }
        if self.operation.is_none() && self.previous.is_none() {
            return Err(FieldProblem::Contradiction).in_field("previous");
        }
        Ok(())
    }

    fn read_fields(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        Ok(Self {
            network_id: r.network_id_field().in_field("network_id")?,
            time_ms: r.u64_field().in_field("time_ms")?,
            did: r.text_field().in_field("did")?,
            origin: r.text_field().in_field("origin")?,
            until: r.nested(TreeHead::read).in_field("until")?,
            operation: r.option(read_imported).in_field("operation")?,
            previous: r.option(read_reference).in_field("previous")?,
        })
    }
}

/// The operation in `leaf`, which is one itself or an import. Imports are opened one after the other: no input decides
/// how deep the stack grows.
fn innermost(leaf: &[u8], did: &str) -> Result<OperationLeaf, FieldProblem> {
    let mut leaf = leaf.to_vec();
    for _ in 0..MAX_IMPORT_DEPTH {
        match read_inner(&leaf).ok_or(FieldProblem::NoOperation)? {
            Inner::Operation(operation) if operation.did == did => return Ok(operation),
            Inner::Import(import) if import.did == did => {
                leaf = import.operation.ok_or(FieldProblem::NoOperation)?.leaf;
            }
            Inner::Operation(_) | Inner::Import(_) => break,
        }
    }
    Err(FieldProblem::NoOperation)
}

enum Inner {
    Operation(OperationLeaf),
    Import(Import),
}

/// A leaf that an import may contain. The inner leaf of a nested import is not checked.
fn read_inner(leaf: &[u8]) -> Option<Inner> {
    match leaf.strip_prefix(&IMPORT_HEADER) {
        Some(body) => {
            let mut r = Reader::new(body);
            let import = Import::read_fields(&mut r).ok()?;
            (r.end().is_ok() && import.check_fields().is_ok()).then_some(Inner::Import(import))
        }
        None => match Leaf::decode(leaf) {
            Ok(Leaf::Operation(operation)) => Some(Inner::Operation(operation)),
            _ => None,
        },
    }
}

fn read_imported(r: &mut Reader<'_>) -> Result<ImportedLeaf, FieldProblem> {
    let index = r.u64()?;
    let len = u32::from_be_bytes(r.array()?);
    let leaf = r.raw(len as usize)?.to_vec();
    Ok(ImportedLeaf { index, leaf })
}
