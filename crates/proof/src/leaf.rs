//! The entries of the log.
//!
//! Every leaf is a type byte, a format version byte and length-prefixed fields, at most [`MAX_LEAF_BYTES`] together
//! (`docs/log-format.md`, "Leaves"). The upper bit of the type byte marks a *critical* leaf: a reader that does not
//! know its type must stop, since what follows may depend on it.

mod error;
mod genesis;
mod import;
mod key_rotation;
mod operation;
mod recovery;
mod resource;
mod state;

pub use crate::codec::FieldProblem;
pub use did::VersionKind;
pub use error::{InvalidLeaf, UnencodableLeaf};
pub use genesis::{Genesis, Limit, LogKey, Predecessor};
pub use import::{Import, ImportedLeaf, MAX_IMPORT_DEPTH, MAX_IMPORTABLE_LEAF_BYTES};
pub use key_rotation::KeyRotation;
pub use operation::{
    Consulted, ConsultedStatus, LeafReference, LeafSignature, OperationLeaf, SubmissionPlace,
};
pub use recovery::Recovery;
pub use resource::{RESOURCE_SALT_BYTES, ResourceLeaf};
pub use state::{OtherHead, StateLeaf};

use crate::Hash;
use crate::codec::{Reader, Writer};
use crate::merkle::leaf_hash;

/// Most bytes of an encoded leaf: the limit of an entry in C2SP `tlog-tiles`.
pub const MAX_LEAF_BYTES: usize = 65_535;
/// Most bytes of a DID in a leaf.
pub const MAX_DID_BYTES: usize = 256;
/// Most bytes of a verification method's id in a leaf.
pub const MAX_METHOD_ID_BYTES: usize = 512;

/// Most bytes of a media type in a leaf.
pub const MAX_MEDIA_TYPE_BYTES: usize = 127;

/// The bit of a type byte that makes a reader stop at an unknown type.
const CRITICAL: u8 = 0x80;
/// The format version of every leaf written today.
const VERSION: u8 = 1;

/// The types of leaves. All of them are critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LeafType {
    /// The first leaf: what the log is.
    Genesis = 1,
    /// An accepted create, update or deactivation.
    Operation = 2,
    /// The root of the state tree after the operations before it.
    State = 3,
    /// A change of the log's own keys.
    KeyRotation = 4,
    /// A change of the log's limits. Reserved.
    Parameters = 5,
    /// What an older log proves about a DID.
    Import = 6,
    /// How the log goes on after an accepted loss.
    Recovery = 7,
    /// An accepted resource.
    Resource = 8,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// What the log is.
    Genesis(Genesis),
    /// An accepted operation.
    Operation(OperationLeaf),
    /// The state tree's root after a batch.
    State(StateLeaf),
    /// A change of the log's keys.
    KeyRotation(KeyRotation),
    /// What an older log proves about a DID.
    Import(Import),
    /// How the log goes on after an accepted loss.
    Recovery(Recovery),
    /// An accepted resource, without its data.
    Resource(ResourceLeaf),
    /// A leaf of a type unknown here that its writer marked as safe to pass over.
    Opaque(OpaqueLeaf),
}

/// How far a log had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// Its number of leaves.
    pub size: u64,
    /// The root over these leaves.
    pub root: Hash,
}

/// A non-critical leaf of an unknown type, kept as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpaqueLeaf {
    kind: u8,
    version: u8,
    body: Vec<u8>,
}

impl Leaf {
    /// The bytes that enter the log.
    ///
    /// # Errors
    ///
    /// [`UnencodableLeaf::TooLarge`] above [`MAX_LEAF_BYTES`], and [`UnencodableLeaf::Field`] where a field breaks the
    /// rules that a reader checks, so that nothing is written that cannot be read.
    pub fn encode(&self) -> Result<Vec<u8>, UnencodableLeaf> {
        let mut w = Writer::new();
        match self {
            Leaf::Genesis(leaf) => {
                write(&mut w, LeafType::Genesis, |w| leaf.write(w), leaf.check())
            }
            Leaf::Operation(leaf) => {
                write(&mut w, LeafType::Operation, |w| leaf.write(w), leaf.check())
            }
            Leaf::State(leaf) => write(&mut w, LeafType::State, |w| leaf.write(w), leaf.check()),
            Leaf::KeyRotation(leaf) => write(
                &mut w,
                LeafType::KeyRotation,
                |w| leaf.write(w),
                leaf.check(),
            ),
            Leaf::Import(leaf) => write(&mut w, LeafType::Import, |w| leaf.write(w), leaf.check()),
            Leaf::Recovery(leaf) => {
                write(&mut w, LeafType::Recovery, |w| leaf.write(w), leaf.check())
            }
            Leaf::Resource(leaf) => {
                write(&mut w, LeafType::Resource, |w| leaf.write(w), leaf.check())
            }
            Leaf::Opaque(leaf) => {
                w.raw(&[leaf.kind, leaf.version]);
                w.raw(&leaf.body);
                Ok(())
            }
        }?;
        let bytes = w.len();
        match w.finish() {
            Some(encoded) if bytes <= MAX_LEAF_BYTES => Ok(encoded),
            _ => Err(UnencodableLeaf::TooLarge {
                bytes,
                limit: MAX_LEAF_BYTES,
            }),
        }
    }

    /// Reads a leaf. Every accepted input is the only encoding of its leaf.
    ///
    /// # Errors
    ///
    /// [`InvalidLeaf`] states why the bytes are not a leaf of a known format.
    pub fn decode(bytes: &[u8]) -> Result<Leaf, InvalidLeaf> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(InvalidLeaf::TooLarge {
                bytes: bytes.len(),
                limit: MAX_LEAF_BYTES,
            });
        }
        let &[kind, version, ref body @ ..] = bytes else {
            return Err(InvalidLeaf::NoHeader);
        };
        let Some(known) = read_type(kind)? else {
            return Ok(Leaf::Opaque(OpaqueLeaf {
                kind,
                version,
                body: body.to_vec(),
            }));
        };
        if version != VERSION {
            return Err(InvalidLeaf::UnknownVersion {
                leaf_type: known,
                version,
            });
        }
        let mut r = Reader::new(body);
        let leaf = match known {
            LeafType::Genesis => Leaf::Genesis(Genesis::read(&mut r)?),
            LeafType::Operation => Leaf::Operation(OperationLeaf::read(&mut r)?),
            LeafType::State => Leaf::State(StateLeaf::read(&mut r)?),
            LeafType::KeyRotation => Leaf::KeyRotation(KeyRotation::read(&mut r)?),
            LeafType::Import => Leaf::Import(Import::read(&mut r)?),
            LeafType::Recovery => Leaf::Recovery(Recovery::read(&mut r)?),
            LeafType::Resource => Leaf::Resource(ResourceLeaf::read(&mut r)?),
            LeafType::Parameters => return Err(InvalidLeaf::Reserved(LeafType::Parameters)),
        };
        r.end().map_err(|problem| InvalidLeaf::Field {
            field: "the last field",
            problem,
        })?;
        Ok(leaf)
    }

    /// The hash of an encoded leaf in the log's tree.
    #[must_use]
    pub fn hash_of(encoded: &[u8]) -> Hash {
        leaf_hash(encoded)
    }
}

impl OpaqueLeaf {
    /// The type byte: 0x09 to 0x7f.
    #[must_use]
    pub fn type_byte(&self) -> u8 {
        self.kind
    }

    /// The format version byte.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Everything after the two first bytes.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl TreeHead {
    fn write(&self, w: &mut Writer) {
        w.raw(&self.size.to_be_bytes());
        w.raw(self.root.as_bytes());
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, FieldProblem> {
        Ok(Self {
            size: r.u64()?,
            root: r.hash()?,
        })
    }
}

fn write(
    w: &mut Writer,
    leaf_type: LeafType,
    fields: impl FnOnce(&mut Writer),
    checked: Result<(), InvalidLeaf>,
) -> Result<(), UnencodableLeaf> {
    checked.map_err(UnencodableLeaf::Field)?;
    w.raw(&[leaf_type as u8 | CRITICAL, VERSION]);
    fields(w);
    Ok(())
}

/// The known type of a type byte, `None` for an unknown one that may be passed over.
fn read_type(byte: u8) -> Result<Option<LeafType>, InvalidLeaf> {
    let known = match byte & !CRITICAL {
        1 => LeafType::Genesis,
        2 => LeafType::Operation,
        3 => LeafType::State,
        4 => LeafType::KeyRotation,
        5 => LeafType::Parameters,
        6 => LeafType::Import,
        7 => LeafType::Recovery,
        8 => LeafType::Resource,
        9.. if byte & CRITICAL == 0 => return Ok(None),
        9.. => return Err(InvalidLeaf::UnknownCritical(byte)),
        0 => return Err(InvalidLeaf::NoType(byte)),
    };
    // A known type without the bit would be passed over by readers that do not know it yet.
    if byte & CRITICAL == 0 {
        Err(InvalidLeaf::NotCritical(known))
    } else {
        Ok(Some(known))
    }
}
