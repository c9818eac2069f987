//! Why bytes are not a leaf, and why a leaf has no bytes.

use thiserror::Error;

use super::LeafType;
use crate::codec::FieldProblem;

/// The bytes are not a leaf that this version can read. The log holds no such bytes, or comes from a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidLeaf {
    /// Longer than any leaf.
    #[error("the leaf has {bytes} bytes, more than the {limit} that fit")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The most a leaf may have.
        limit: usize,
    },
    /// Too short for the type and the version.
    #[error("the leaf ends before its type and version")]
    NoHeader,
    /// Type number zero, which is never used.
    #[error("leaf type byte {0:#04x} has no meaning")]
    NoType(u8),
    /// A critical type from a newer version: reading has to stop here.
    #[error(
        "critical leaf type {0:#04x} is unknown to this version: use a newer one to read this log"
    )]
    UnknownCritical(u8),
    /// A known type that is always critical, without the critical bit.
    #[error("leaf type {0:?} is critical but not marked as such")]
    NotCritical(LeafType),
    /// A type whose number is kept for later and that no version writes yet.
    #[error("leaf type {0:?} is reserved: use a newer version to read this log")]
    Reserved(LeafType),
    /// A known type in a format from a newer version.
    #[error(
        "leaf type {leaf_type:?} has format version {version}, unknown here: use a newer version to read this log"
    )]
    UnknownVersion {
        /// The type.
        leaf_type: LeafType,
        /// The format version byte.
        version: u8,
    },
    /// A field does not follow the format.
    #[error("field `{field}` {problem}")]
    Field {
        /// The field's name in `docs/log-format.md`.
        field: &'static str,
        /// What is wrong with it.
        problem: FieldProblem,
    },
}

/// The leaf cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnencodableLeaf {
    /// Its encoding would be longer than any leaf may be.
    #[error(
        "the leaf would have {bytes} bytes, more than the {limit} that fit: make the operation smaller"
    )]
    TooLarge {
        /// The length of the encoding in bytes.
        bytes: usize,
        /// The most a leaf may have.
        limit: usize,
    },
    /// A field breaks the rules of the format.
    #[error("the leaf breaks its format")]
    Field(#[source] InvalidLeaf),
}

/// Names the field of a problem.
pub(super) trait InField<T> {
    fn in_field(self, field: &'static str) -> Result<T, InvalidLeaf>;
}

impl<T> InField<T> for Result<T, FieldProblem> {
    fn in_field(self, field: &'static str) -> Result<T, InvalidLeaf> {
        self.map_err(|problem| InvalidLeaf::Field { field, problem })
    }
}
