//! The ledger at one checkpoint.

use did::Did;
use proof::Hash;
use proof::merkle::Frontier;
use proof::state::{StateProof, StateTree, StateTreeError, StateValue};

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::facts::DidFacts;
use crate::index::{Evidence, Frozen, HeadRecord, IndexError, IndexPosition};
use crate::log_tree::{FrozenLog, LogTree, is_checkpoint_of};
use crate::reader::Reader;

/// A view of the ledger that does not change: everything that the index held at one checkpoint.
///
/// It keeps the ledger open. While it lives the index file cannot give its old pages back, so it should not be kept
/// for longer than it takes to publish the next one.
pub struct Snapshot {
    ledger: Embedded,
    frozen: Frozen,
    position: IndexPosition,
    checkpoint: String,
    root: Hash,
}

impl Embedded {
    /// The ledger as its index holds it, which may be some moments behind what has been acknowledged.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn snapshot(&self) -> Result<Snapshot, ReadError> {
        self.watched(|| Snapshot::new(self))
    }

    /// The same, with everything that was acknowledged before the call: waits until the index holds it, which takes
    /// one write to the disk, and under load up to a second more.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn fresh_snapshot(&self) -> Result<Snapshot, ReadError> {
        let size = self.published().size;
        self.shared().reader.overlay.backlog.wait_for(size);
        self.snapshot()
    }
}

impl Snapshot {
    fn new(ledger: &Embedded) -> Result<Self, ReadError> {
        let damaged = || IndexError::Damaged { table: "position" };
        let frozen = ledger.shared().reader.index.freeze()?;
        let position = frozen.position()?.ok_or_else(damaged)?;
        let frontier = Frontier::decode(&position.frontier).map_err(|_| damaged())?;
        let (size, root) = (frontier.size(), frontier.root());
        let checkpoint = frozen.checkpoint()?.ok_or_else(damaged)?;
        let says_so = is_checkpoint_of(&checkpoint, size, &root);
        if !says_so || ledger.log_tree().root_at(size)? != Some(root) {
            return Err(damaged().into());
        }
        Ok(Self {
            ledger: ledger.clone(),
            frozen,
            position,
            checkpoint,
            root,
        })
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.position.size()
    }

    /// RFC 6962 root over them.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Time of the newest of them, in Unix milliseconds.
    pub fn time_ms(&self) -> u64 {
        self.position.time_ms
    }

    /// The checkpoint that the log signed here, as a note.
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }

    /// Number of DIDs, those that are deactivated included.
    pub fn dids(&self) -> u64 {
        self.position.dids
    }

    /// Deactivated DIDs: bit `n` is the DID with the ordinal `n`, the highest bit of the first byte is number 0.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn status_bits(&self) -> Result<Vec<u8>, ReadError> {
        self.ledger
            .watched(|| Ok(self.frozen.status_bits(self.position.dids)?))
    }

    /// What the state tree holds of a DID; `None` when there never was one.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn head(&self, did: &Did) -> Result<Option<StateValue>, ReadError> {
        self.ledger.watched(|| {
            let (_, head) = self.proven(did)?;
            Ok(head.map(|head| head.value))
        })
    }

    /// When a DID was created, changed and deactivated; `None` when it never existed.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn facts(&self, did: &Did) -> Result<Option<DidFacts>, ReadError> {
        self.ledger.watched(|| {
            let (_, head) = self.proven(did)?;
            Ok(head.as_ref().map(DidFacts::of))
        })
    }

    /// The head of a DID, or its absence, with the proof under the state root of this checkpoint.
    pub(crate) fn proven(&self, did: &Did) -> Result<(StateProof, Option<HeadRecord>), IndexError> {
        let key = self.reader().key(did);
        let head = self.frozen.head(&key)?;
        let proof = StateTree::new(self.position.state_root)
            .prove(&key, |path| self.frozen.node(path))
            .map_err(|error| match error {
                StateTreeError::Source(error) => error,
                StateTreeError::Corrupt { .. } => IndexError::Damaged { table: "nodes" },
            })?;
        let proven = proof.terminal().filter(|leaf| leaf.key == key);
        if proven.map(|leaf| leaf.value_hash) != head.as_ref().map(|head| head.value.hash()) {
            return Err(IndexError::Damaged { table: "dids" });
        }
        Ok((proof, head))
    }

    pub(crate) fn evidence(&self, deactivation: u64) -> Result<Option<Evidence>, IndexError> {
        self.frozen.evidence(deactivation)
    }

    pub(crate) fn log(&self) -> FrozenLog<'_> {
        FrozenLog {
            frozen: &self.frozen,
            segments: &self.reader().segments,
        }
    }

    pub(crate) fn tree<'l>(&self, log: &'l FrozenLog<'_>) -> LogTree<'l, FrozenLog<'l>> {
        LogTree::new(log, self.size(), self.root)
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.ledger.shared().reader
    }

    pub(crate) fn ledger(&self) -> &Embedded {
        &self.ledger
    }
}
