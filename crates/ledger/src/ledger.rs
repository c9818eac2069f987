//! The interface of a network, whichever engine is behind it: submit, read, and the log if there is one.
//!
//! Engines share rules and formats, not storage. [`Embedded`] keeps its own log and can prove its
//! answers; another engine queries a remote network and has no proofs.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use did::{Did, DidState, Head, Known, Proposal};

use crate::committed::{Committed, Mark, Resolved};
use crate::error::{LedgerFault, ReadError, SubmitError};
use crate::resources::{Resource, ResourceMetadata};
use crate::{Embedded, History, Withheld};

/// The answer to a submission, when it comes.
pub type Submitting<'a> =
    Pin<Box<dyn Future<Output = Result<Vec<Committed>, SubmitError>> + Send + 'a>>;

/// What the rules may ask of a ledger: a source for [`did::RequiredSet::of`] and for [`did::judge`].
pub type Knowledge = Box<dyn Known<Error = ReadError> + Send>;

/// The ledger of one network.
///
/// Reading is synchronous, because the embedded engine answers from memory. It may block all the same: for a read from
/// the disk, or for the answer of a remote network, which an engine waits for with a time limit and
/// without holding up other tasks of the runtime. Reads are therefore made from threads of a multi-threaded Tokio
/// runtime, or from threads of no runtime.
pub trait Ledger: Send + Sync + 'static {
    /// The namespace of its DIDs, such as `testnet`.
    fn namespace(&self) -> &str;

    /// Identifies the network in bound version ids, so that a statement made for one network is worth nothing on
    /// another: the random identity of an embedded ledger. A network that knows nothing of bound version ids gets one
    /// that is worked out from its public name and never changes.
    fn network_id(&self) -> &[u8; 32];

    /// Time of the newest that was accepted, as far as is known here, in Unix milliseconds. Never waits.
    fn time_ms(&self) -> u64;

    /// Why nothing is accepted any more; `None` while all is well. Never waits.
    fn fault(&self) -> Option<LedgerFault>;

    /// Why active DIDs are not reported at present, as far as that is known without a request to others; `None`
    /// while all is well. Never waits.
    fn withheld(&self) -> Option<Withheld>;

    /// The log, where this engine keeps one: whatever is proven, published or backed up rests on it.
    fn log(&self) -> Option<&Embedded>;

    /// The latest version of a DID; `None` when there never was one.
    ///
    /// # Errors
    /// [`ReadError`] when it cannot be read, or must not be disclosed now. Every read fails in these ways.
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

    /// What the rules see of a DID: its latest document with parsed keys, and whether it is deactivated.
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
    /// [`SubmitError`] states whether anything was written: nothing, except for [`SubmitError::Unknown`] and
    /// [`SubmitError::Pending`].
    fn submit(&self, proposals: Vec<Proposal>) -> Submitting<'_>;

    /// As [`Ledger::submit`], if the DID of the first operation has not changed: its latest operation is this one.
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
