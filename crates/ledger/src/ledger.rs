//! What everybody else needs of a network, whichever engine keeps it: submit, read, and where there is one, the log.
//!
//! Engines share rules and formats, not storage. [`Embedded`] keeps a log of its own and can prove from it what it
//! says; another engine asks a network that others keep, and has no proof to give.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use did::{Accepted, Did, DidState, Head, Known, OperationKind, Proposal};
use proof::Hash;
use proof::leaf::LeafReference;

use crate::error::{Fault, ReadError, SubmitError};
use crate::resources::{Resource, ResourceMetadata};
use crate::{Embedded, History, Withheld};

/// Operations in one submission.
pub const SUBMISSION_OPERATIONS_MAX: usize = 32;
/// Data of the resources in one submission, in bytes.
pub const SUBMISSION_DATA_BYTES_MAX: usize = 8 << 20;

/// The answer to a submission, when it comes.
pub type Submitting<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Committed>, SubmitError>> + Send + 'a>>;

/// What the rules may ask of a ledger: a source for [`did::RequiredSet::of`] and for [`did::judge`].
pub type Knowledge = Box<dyn Known<Error = ReadError> + Send>;

/// The ledger of one network.
///
/// Reading is synchronous, because the embedded engine answers from memory. It may block all the same: for a read from
/// the disk, or, where others keep the network, for an answer of theirs, which an engine waits for with a bound and
/// without holding up other tasks of the runtime. Reads are therefore made from threads of a multi-threaded Tokio
/// runtime, or from threads of no runtime.
pub trait Ledger: Send + Sync + 'static {
    /// The namespace of its DIDs, such as `testnet`.
    fn namespace(&self) -> &str;

    /// What stands for the network in bound version ids, so that a statement made for one network is worth nothing on
    /// another: the random identity of an embedded ledger. A network that knows nothing of bound version ids gets one
    /// that is worked out from its public name and never changes.
    fn network_id(&self) -> &[u8; 32];

    /// Time of the newest that was accepted, as far as is known here, in Unix milliseconds. Never waits.
    fn time_ms(&self) -> u64;

    /// Why nothing is accepted any more; `None` while all is well. Never waits.
    fn fault(&self) -> Option<Fault>;

    /// Why it is not told at present whether a DID is active, as far as that is known without asking anybody; `None`
    /// while all is well. Never waits.
    fn withheld(&self) -> Option<Withheld>;

    /// The log, where this engine keeps one: whatever is proven, published or backed up rests on it.
    fn log(&self) -> Option<&Embedded>;

    /// The latest version of a DID; `None` when there never was one.
    ///
    /// # Errors
    /// [`ReadError`] when it cannot be read, or may not be told now. Every reading fails in these ways.
    fn latest(&self, did: &Did) -> Result<Option<Resolved>, ReadError>;

    /// The version of a DID with this id.
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn version(&self, did: &Did, version_id: &str) -> Result<Option<Resolved>, ReadError>;

    /// The version of a DID that was the latest at a time, in Unix milliseconds.
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn at(&self, did: &Did, time_ms: u64) -> Result<Option<Resolved>, ReadError>;

    /// At most [`crate::HISTORY_VERSIONS_MAX`] versions of a DID: the newest, or those before the version `before`.
    /// `None` when there never was such a DID, or it has no version before that one.
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn history(&self, did: &Did, before: Option<&str>) -> Result<Option<History>, ReadError>;

    /// The resource of a DID with this id, in either case; `None` when there is none.
    ///
    /// # Errors
    /// As [`Ledger::latest`]; [`ReadError::Data`] when its data is damaged, which is never served.
    fn resource(&self, did: &Did, id: &str) -> Result<Option<Resource>, ReadError>;

    /// The same without the data.
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn resource_metadata(&self, did: &Did, id: &str)
    -> Result<Option<ResourceMetadata>, ReadError>;

    /// The resources of a DID that were accepted before a mark, all with `None`: the newest first, at most `limit` and
    /// at most [`crate::RESOURCES_READ_MAX`]. Those behind the last one are had with its mark; those that a version of
    /// a DID could already have with [`Resolved::next_mark`].
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn resources(
        &self,
        did: &Did,
        before: Option<Mark>,
        limit: usize,
    ) -> Result<Vec<ResourceMetadata>, ReadError>;

    /// What the rules see of a DID: its latest document with parsed keys, and whether it has ended.
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn state(&self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError>;

    /// A source for [`did::RequiredSet::of`] and the other rules.
    fn known(&self) -> Knowledge;

    /// Judges a submission, writes it, and answers when it is durable and visible. All of its operations are accepted
    /// or none. The same submission again gives the same answer.
    ///
    /// # Errors
    /// [`SubmitError`] says whether anything was written: nothing, except for [`SubmitError::Unknown`] and
    /// [`SubmitError::Pending`].
    fn submit(&self, proposals: Vec<Proposal>) -> Submitting<'_>;

    /// The same, if the DID of the first operation still stands as it did: its latest operation is this one.
    ///
    /// # Errors
    /// [`SubmitError::Moved`] when it does not, and those of [`Ledger::submit`].
    fn submit_on(&self, head: Head, proposals: Vec<Proposal>) -> Submitting<'_>;

    /// The answer that an operation got when it was accepted; `None` while it was not.
    ///
    /// # Errors
    /// As [`Ledger::latest`].
    fn committed(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError>;
}

/// Where something that was accepted stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the log that is kept here.
    Entry {
        /// Its index in the log.
        index: u64,
        /// Its RFC 6962 leaf hash.
        leaf_hash: Hash,
    },
    /// On a network that others keep, by a transaction that was made here.
    Transaction {
        /// SHA-256 of the transaction's bytes.
        hash: [u8; 32],
        /// Number of the block that it stands in.
        height: u64,
    },
    /// On a network that others keep; which transaction has brought it there is not known here.
    Network,
}

impl Location {
    /// The entry of the log, if it stands in one.
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

/// A place in the order in which one ledger has accepted things. What it counts is known to the ledger that gave it:
/// the entries of its log, or moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

impl Mark {
    /// A mark of a ledger that counts so.
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
    /// Where it stands.
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
    /// Whether the DID has ended. Of an older version it says so too, since nobody may rely on it any more.
    pub deactivated: bool,
    /// Id of this version.
    pub version_id: String,
    /// Id of the one before.
    pub previous_version_id: Option<String>,
    /// Id of the one after.
    pub next_version_id: Option<String>,
    /// When the one after was made, in Unix milliseconds.
    pub next_update_ms: Option<u64>,
    /// Where its operation stands.
    pub location: Location,
    /// Where the operation after it stands in the order of this ledger. What comes before belongs to this version.
    pub next_mark: Option<Mark>,
    /// Whether the DID has resources, now: without any there is none to look for.
    pub has_resources: bool,
}

/// Refuses submissions that no engine takes.
///
/// # Errors
/// [`SubmitError::Count`] and [`SubmitError::Data`].
pub fn within_limits(proposals: &[Proposal]) -> Result<(), SubmitError> {
    let found = proposals.len();
    if found == 0 || found > SUBMISSION_OPERATIONS_MAX {
        let limit = SUBMISSION_OPERATIONS_MAX;
        return Err(SubmitError::Count { found, limit });
    }
    let found = data_bytes(proposals);
    if found > SUBMISSION_DATA_BYTES_MAX {
        let limit = SUBMISSION_DATA_BYTES_MAX;
        return Err(SubmitError::Data { found, limit });
    }
    Ok(())
}

/// Length of the data of all resources.
pub(crate) fn data_bytes(proposals: &[Proposal]) -> usize {
    let resources = proposals.iter().filter_map(|one| one.operation.resource());
    resources.map(|resource| resource.data.len()).sum()
}

/// Checks what the first operation of a submission was judged on. An engine sees to it that this still holds then.
///
/// # Errors
/// [`SubmitError::Moved`].
pub fn stands_on(
    proposals: &[Proposal],
    accepted: &[Accepted],
    expected: Head,
) -> Result<(), SubmitError> {
    let (Some(proposal), Some(accepted)) = (proposals.first(), accepted.first()) else {
        return Ok(());
    };
    let did = proposal.operation.did();
    let seen = accepted.consulted.iter().find(|seen| seen.did == *did);
    let head = seen
        .and_then(|seen| seen.state.as_ref())
        .map(|state| state.head);
    if head == Some(expected) {
        Ok(())
    } else {
        Err(SubmitError::Moved(did.clone()))
    }
}
