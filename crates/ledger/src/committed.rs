//! What a ledger returns: operations that it has committed, and versions of DIDs.

use did::{Did, OperationKind};
use proof::Hash;
use proof::leaf::LeafReference;

/// Where something accepted is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the log that is kept here.
    Entry {
        /// Its index in the log.
        index: u64,
        /// Its RFC 6962 leaf hash.
        leaf_hash: Hash,
    },
    /// On a remote network, by a transaction made here.
    Transaction {
        /// SHA-256 of the transaction's bytes.
        hash: [u8; 32],
        /// Number of its block.
        height: u64,
    },
    /// On a remote network, by an unknown transaction.
    Network,
}

impl Location {
    /// The entry, if it is in a log.
    #[must_use]
    pub fn entry(&self) -> Option<LeafReference> {
        match *self {
            Self::Entry { index, leaf_hash } => Some(LeafReference {
                index,
                hash: leaf_hash,
            }),
            Self::Transaction { .. } | Self::Network => None,
        }
    }
}

/// A position in the order of what one ledger has accepted. Only that ledger knows what it counts: entries of its log,
/// or moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

impl Mark {
    /// The mark at this count.
    #[must_use]
    pub fn new(count: u64) -> Self {
        Self(count)
    }

    /// What the ledger counts.
    #[must_use]
    pub fn count(self) -> u64 {
        self.0
    }
}

/// An operation that was accepted, and is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The DID that it changed, or whose collection a resource joined.
    pub did: Did,
    /// What it did.
    pub kind: OperationKind,
    /// The version that it made; of a resource its id.
    pub version_id: String,
    /// Where it is recorded.
    pub location: Location,
    /// When it was accepted, in Unix milliseconds.
    pub time_ms: u64,
}

/// One version of a DID.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The document, in normal form.
    pub document: did::proto::DidDoc,
    /// When the DID was created, in Unix milliseconds.
    pub created_ms: u64,
    /// When this version was made; `None` for the first.
    pub updated_ms: Option<u64>,
    /// Whether the DID is deactivated. True of its older versions too: no one may rely on them.
    pub deactivated: bool,
    /// Id of this version.
    pub version_id: String,
    /// Id of the one before.
    pub previous_version_id: Option<String>,
    /// Id of the one after.
    pub next_version_id: Option<String>,
    /// When the one after was made, in Unix milliseconds.
    pub next_update_ms: Option<u64>,
    /// Where its operation is recorded.
    pub location: Location,
    /// Position of the next operation in the order of this ledger. Everything before it belongs to this version.
    pub next_mark: Option<Mark>,
    /// Whether the DID has resources now.
    pub has_resources: bool,
}
