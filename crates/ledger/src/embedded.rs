//! An open embedded ledger: what readers and the writer share, and how operations come in.

mod engine;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use did::{
    Accepted, Circumstances, Did, DidState, Head, JudgeError, Known, OperationKind, Proposal,
    Rejection,
};
use proof::Hash;
use proof::leaf::{OtherHead, Place, RESOURCE_SALT_BYTES};
use proof::state::StateKey;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot, watch};

use crate::draft::Draft;
use crate::error::{Fault, ReadError, SubmitError};
use crate::guard::GuardedHead;
use crate::identity::Identity;
use crate::index::{HeadRecord, IndexError, VersionRecord};
use crate::ledger::{Committed, Mark, Resolved, data_bytes, stands_on, within_limits};
use crate::other_heads::NotedHeads;
use crate::reader::{Reader, status_of};
use crate::standing::{Standing, Withheld};
use crate::unverified;
use crate::writer::{Job, Reply, Work, Writer};

/// Data of the resources in all submissions that are under way, in kibibytes.
const DATA_WAITING_MAX_KIB: usize = 64 << 10;
/// Submissions that may wait for the writer.
const QUEUE_MAX: usize = 4096;
/// How often a submission is judged again because something that it rests on changed meanwhile.
pub(crate) const ATTEMPTS_MAX: usize = 16;

/// The embedded ledger of one network. Clones are handles of the same one; it closes with the last.
#[derive(Clone)]
pub struct Embedded {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    _locks: Vec<Box<dyn Send + Sync>>,
}

/// What readers and writer share.
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) reader: Reader,
    published: RwLock<Arc<Published>>,
    published_size: watch::Sender<u64>,
    fault: watch::Sender<Option<Fault>>,
    standing: watch::Sender<Standing>,
    /// What is left of [`DATA_WAITING_MAX_KIB`].
    data_room: Semaphore,
    /// Heads of other logs that the next state leaf is to say.
    pub(crate) noted: NotedHeads,
    /// Called when the index turns out to be damaged, so that the next start rebuilds it.
    on_index_fault: Box<dyn Fn() + Send + Sync>,
}

/// The newest head that readers may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
    /// The signed checkpoint, as a note.
    pub checkpoint: String,
    /// Time of the newest entry, in Unix milliseconds.
    pub time_ms: u64,
    /// The heads of other logs in the newest state leaf.
    pub(crate) other_heads: Vec<OtherHead>,
}

impl Published {
    pub(crate) fn of(head: GuardedHead, time_ms: u64, other_heads: Vec<OtherHead>) -> Self {
        Self {
            size: head.size,
            root: head.root,
            checkpoint: head.checkpoint,
            time_ms,
            other_heads,
        }
    }
}

impl Embedded {
    pub(crate) fn start(
        shared: Arc<Shared>,
        writer: Writer,
        locks: Vec<Box<dyn Send + Sync>>,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let writer = thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(move || writer.run(receiver))?;
        let inner = Inner {
            shared,
            queue: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(writer)),
            _locks: locks,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The namespace of its DIDs, such as `testnet`.
    pub fn namespace(&self) -> &str {
        &self.inner.shared.identity.namespace
    }

    /// The random identity of the network.
    pub fn network_id(&self) -> &[u8; 32] {
        self.inner.shared.identity.network_id.as_bytes()
    }

    /// The name of the log in its checkpoints.
    pub fn origin(&self) -> &str {
        &self.inner.shared.identity.origin
    }

    /// The log's Ed25519 public key.
    pub fn log_key(&self) -> &[u8; 32] {
        &self.inner.shared.identity.log_key
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.shared
    }

    /// How far others confirm this log.
    pub fn standing(&self) -> Standing {
        self.inner.shared.standing()
    }

    /// Says how far others confirm this log, from now on. What was worse and does not end by this stays:
    /// [`Standing::then`].
    pub fn stand(&self, standing: Standing) {
        self.inner.shared.stand(standing);
    }

    /// The newest head.
    pub fn published(&self) -> Arc<Published> {
        self.inner
            .shared
            .published
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Why nothing is accepted any more; `None` while all is well.
    pub fn fault(&self) -> Option<Fault> {
        self.inner.shared.fault.borrow().clone()
    }

    /// Waits until the ledger stops accepting operations.
    pub async fn stopped(&self) -> Fault {
        let mut fault = self.inner.shared.fault.subscribe();
        loop {
            if let Some(fault) = fault.borrow_and_update().clone() {
                return fault;
            }
            if fault.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The latest version of a DID; `None` when there never was one.
    pub fn latest(&self, did: &Did) -> Result<Option<Resolved>, ReadError> {
        let reader = &self.inner.shared.reader;
        self.watched(|| {
            let key = reader.key(did);
            let head = reader.head(&key)?;
            self.inner.shared.may_tell(head.as_ref())?;
            let Some(head) = head else {
                return Ok(None);
            };
            self.resolved(&key, &head, head.latest.clone()).map(Some)
        })
    }

    /// The version of a DID with this id.
    pub fn version(&self, did: &Did, version_id: &str) -> Result<Option<Resolved>, ReadError> {
        let reader = &self.inner.shared.reader;
        self.watched(|| {
            let key = reader.key(did);
            let head = reader.head(&key)?;
            self.inner.shared.may_tell(head.as_ref())?;
            let Some(head) = head else {
                return Ok(None);
            };
            match reader.version_by_id(&key, version_id)? {
                Some(version) => self.resolved(&key, &head, version).map(Some),
                None => Ok(None),
            }
        })
    }

    /// The version of a DID that was the latest at a time, in Unix milliseconds.
    pub fn at(&self, did: &Did, time_ms: u64) -> Result<Option<Resolved>, ReadError> {
        let reader = &self.inner.shared.reader;
        self.watched(|| {
            let key = reader.key(did);
            let head = reader.head(&key)?;
            self.inner.shared.may_tell(head.as_ref())?;
            let Some(head) = head else {
                return Ok(None);
            };
            let (mut low, mut high) = (0, head.latest.sequence);
            let mut found = None;
            while low < high {
                let middle = low + (high - low).div_ceil(2);
                let version = self.known_version(&key, middle)?;
                if version.time_ms <= time_ms {
                    low = middle;
                    found = Some(version);
                } else {
                    high = middle - 1;
                }
            }
            found
                .map(|version| self.resolved(&key, &head, version))
                .transpose()
        })
    }

    /// What the rules see of a DID: its latest document with parsed keys, and whether it has ended.
    pub fn state(&self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        let mut reader = self.inner.shared.reader.clone();
        self.watched(|| reader.state(did))
    }

    /// A source for [`did::RequiredSet::of`] and the other rules.
    pub fn known(&self) -> impl Known<Error = ReadError> + use<> {
        self.inner.shared.reader.clone()
    }

    /// Judges a submission, writes it, and answers when it is durable, signed and visible. All of its operations are
    /// accepted or none. The same submission again gives the same answer.
    ///
    /// # Errors
    /// [`SubmitError`] says whether anything was written: nothing, except for [`SubmitError::Unknown`].
    pub async fn submit(&self, proposals: Vec<Proposal>) -> Result<Vec<Committed>, SubmitError> {
        self.submit_over(proposals, None).await
    }

    /// The same, if the DID of the first operation still stands as it did: its latest operation is this one.
    ///
    /// # Errors
    /// [`SubmitError::Moved`] when it does not, and those of [`Embedded::submit`].
    pub async fn submit_on(
        &self,
        head: Head,
        proposals: Vec<Proposal>,
    ) -> Result<Vec<Committed>, SubmitError> {
        self.submit_over(proposals, Some(head)).await
    }

    async fn submit_over(
        &self,
        proposals: Vec<Proposal>,
        expected: Option<Head>,
    ) -> Result<Vec<Committed>, SubmitError> {
        within_limits(&proposals)?;
        self.inner.shared.may_take()?;
        let _room = self.room_for_data(&proposals)?;
        for _ in 0..ATTEMPTS_MAX {
            let accepted = match self.judge(&proposals) {
                Ok(accepted) => accepted,
                Err(JudgeError::Rejected {
                    position,
                    rejection,
                }) => return self.repeated(&proposals, position, rejection),
                Err(JudgeError::Unreadable(error)) => {
                    self.stop_if_damaged(&error);
                    return Err(error.into());
                }
            };
            if let Some(expected) = expected {
                stands_on(&proposals, &accepted, expected)?;
            }
            let drafts = self.drafts(&proposals, accepted)?;
            let (reply, answer) = oneshot::channel();
            let work = Work::Operations(drafts);
            self.enqueue(Job { work, reply })?;
            match answer.await {
                Ok(Reply::Committed(committed)) => return Ok(committed),
                Ok(Reply::Stale) => {}
                Ok(Reply::Held(standing)) => return Err(SubmitError::Held(standing)),
                Ok(Reply::Rejected {
                    position,
                    rejection,
                }) => {
                    return Err(SubmitError::Rejected {
                        position,
                        rejection,
                    });
                }
                Err(_) => return Err(SubmitError::Unknown),
            }
        }
        Err(SubmitError::Contended)
    }

    /// Room in memory for the data of resources, until it is dropped.
    fn room_for_data(
        &self,
        proposals: &[Proposal],
    ) -> Result<Option<SemaphorePermit<'_>>, SubmitError> {
        let found = data_bytes(proposals);
        match found.div_ceil(1024) as u32 {
            0 => Ok(None),
            kib => match self.inner.shared.data_room.try_acquire_many(kib) {
                Ok(room) => Ok(Some(room)),
                Err(_) => Err(SubmitError::Busy),
            },
        }
    }

    fn judge(&self, proposals: &[Proposal]) -> Result<Vec<Accepted>, JudgeError<ReadError>> {
        let identity = &self.inner.shared.identity;
        let circumstances = Circumstances {
            namespace: &identity.namespace,
            network_id: identity.network_id.as_bytes(),
            time_ms: clock::now_ms(),
        };
        unverified::judge(
            proposals,
            &circumstances,
            &self.inner.shared.reader,
            identity.unverified_below(),
        )
    }

    fn drafts(
        &self,
        proposals: &[Proposal],
        accepted: Vec<Accepted>,
    ) -> Result<Vec<Draft>, SubmitError> {
        let count = proposals.len() as u16;
        let pairs = (0..).zip(proposals.iter().zip(accepted));
        pairs
            .map(|(position, (proposal, accepted))| {
                let place = Place { position, count };
                let salt = salt_for(proposal)?;
                Draft::new(
                    &self.inner.shared.identity,
                    proposal.clone(),
                    accepted,
                    place,
                    salt,
                )
                .map_err(|rejection| SubmitError::Rejected {
                    position: usize::from(position),
                    rejection,
                })
            })
            .collect()
    }

    pub(crate) fn enqueue(&self, job: Job) -> Result<(), SubmitError> {
        if let Some(fault) = self.fault() {
            return Err(SubmitError::Stopped(fault));
        }
        let queue = self
            .inner
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => Ok(()),
            Some(Err(mpsc::error::TrySendError::Full(_))) => Err(SubmitError::Busy),
            Some(Err(mpsc::error::TrySendError::Closed(_))) | None => Err(self
                .fault()
                .map_or(SubmitError::Unknown, SubmitError::Stopped)),
        }
    }

    /// A submission that is refused because it is in the log already, to the last payload byte, gets the answer that
    /// it got then.
    fn repeated(
        &self,
        proposals: &[Proposal],
        position: usize,
        rejection: Rejection,
    ) -> Result<Vec<Committed>, SubmitError> {
        let mut committed = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            match self.committed(proposal)? {
                Some(earlier) => committed.push(earlier),
                None => {
                    return Err(SubmitError::Rejected {
                        position,
                        rejection,
                    });
                }
            }
        }
        Ok(committed)
    }

    /// The answer that an operation got when it was accepted; `None` while it is not in the log.
    ///
    /// # Errors
    /// [`ReadError`] when index or log cannot be read.
    pub fn committed(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError> {
        self.watched(|| self.committed_before(proposal))
    }

    fn committed_before(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError> {
        let reader = &self.inner.shared.reader;
        let operation = &proposal.operation;
        let key = reader.key(operation.did());
        if let Some(resource) = operation.resource() {
            let found = reader.is_same_resource(&key, &resource)?;
            return Ok(found.map(|(record, leaf)| Committed {
                did: operation.did().clone(),
                kind: operation.kind(),
                version_id: record.id,
                location: record.entry.location(),
                time_ms: leaf.time_ms,
            }));
        }
        let Some(version) = reader.version_by_id(&key, operation.version_id())? else {
            return Ok(None);
        };
        let leaf = reader.operation(&version.operation)?;
        if leaf.payload != operation.payload() || leaf.kind as u8 != operation.kind() as u8 + 1 {
            return Ok(None);
        }
        Ok(Some(Committed {
            did: operation.did().clone(),
            kind: operation.kind(),
            version_id: version.version_id,
            location: version.operation.location(),
            time_ms: version.time_ms,
        }))
    }

    fn resolved(
        &self,
        key: &StateKey,
        head: &HeadRecord,
        version: VersionRecord,
    ) -> Result<Resolved, ReadError> {
        let latest = version.sequence == head.latest.sequence;
        let previous_version_id = match version.sequence {
            1 => None,
            _ if latest => head.previous_version_id.clone(),
            sequence => Some(self.known_version(key, sequence - 1)?.version_id),
        };
        let next = if latest {
            None
        } else {
            Some(self.known_version(key, version.sequence + 1)?)
        };
        Ok(Resolved {
            document: self.inner.shared.reader.document_text(&version.document)?,
            created_ms: head.created_ms,
            updated_ms: (version.sequence > 1).then_some(version.time_ms),
            deactivated: status_of(head) == did::Status::Deactivated,
            version_id: version.version_id,
            previous_version_id,
            next_mark: next.as_ref().map(|next| Mark::new(next.operation.index)),
            next_update_ms: next.as_ref().map(|next| next.time_ms),
            next_version_id: next.map(|next| next.version_id),
            location: version.operation.location(),
            has_resources: head.resources > 0,
        })
    }

    pub(crate) fn known_version(
        &self,
        key: &StateKey,
        sequence: u64,
    ) -> Result<VersionRecord, ReadError> {
        let version = self.inner.shared.reader.version(key, sequence)?;
        Ok(version.ok_or(IndexError::Damaged { table: "dids" })?)
    }

    /// A damaged entry that is met stops all writes, a damaged index everything: neither is ever served.
    pub(crate) fn watched<T>(
        &self,
        read: impl FnOnce() -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        read().inspect_err(|error| self.stop_if_damaged(error))
    }

    fn stop_if_damaged(&self, error: &ReadError) {
        match error {
            ReadError::Entry { index } => self.inner.shared.fail(Fault::Entry(*index)),
            ReadError::Index(error) => self.inner.shared.fail(Fault::Index(error.to_string())),
            _ => {}
        }
    }
}

/// Random where there is data to keep apart.
fn salt_for(proposal: &Proposal) -> Result<[u8; RESOURCE_SALT_BYTES], SubmitError> {
    let mut salt = [0; RESOURCE_SALT_BYTES];
    if proposal.operation.kind() == OperationKind::CreateResource {
        getrandom::fill(&mut salt).map_err(|error| SubmitError::Random(error.to_string()))?;
    }
    Ok(salt)
}

impl Drop for Inner {
    /// Lets the writer finish what waits, then joins it, so that the locks are free when this returns.
    fn drop(&mut self) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(writer) = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            let _panicked = writer.join();
        }
    }
}

impl Shared {
    pub(crate) fn new(
        identity: Identity,
        reader: Reader,
        published: Published,
        on_index_fault: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        let noted = NotedHeads::of(&published.other_heads);
        let published_size = watch::Sender::new(published.size);
        let published = RwLock::new(Arc::new(published));
        Self {
            identity,
            reader,
            published,
            published_size,
            fault: watch::Sender::new(None),
            standing: watch::Sender::new(Standing::Alone),
            data_room: Semaphore::new(DATA_WAITING_MAX_KIB),
            noted,
            on_index_fault,
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    fn stand(&self, standing: Standing) {
        self.standing
            .send_modify(|current| *current = current.clone().then(standing));
    }

    /// Refuses to take an operation while the log is held back.
    pub(crate) fn may_take(&self) -> Result<(), SubmitError> {
        match self.standing() {
            standing if standing.takes_operations() => Ok(()),
            standing => Err(SubmitError::Held(standing)),
        }
    }

    /// Refuses to tell anything of a DID but its end, while it is not certain that this is the newest.
    pub(crate) fn may_tell(&self, head: Option<&HeadRecord>) -> Result<(), ReadError> {
        if head.is_some_and(|head| status_of(head) == did::Status::Deactivated) {
            return Ok(());
        }
        let standing = self.standing();
        if !standing.tells_active() {
            return Err(ReadError::Withheld(Withheld::Standing(standing)));
        }
        match (head, self.identity.unverified_below()) {
            // What there is no trace of may have been created in the entries that were lost.
            (head, Some(since)) if head.is_none_or(|head| head.value.head_index < since) => {
                Err(ReadError::Withheld(Withheld::Unverified { since }))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn publish(&self, head: Published) {
        let size = head.size;
        *self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(head);
        self.published_size.send_replace(size);
    }

    /// Follows the published size.
    pub(crate) fn watch_size(&self) -> watch::Receiver<u64> {
        self.published_size.subscribe()
    }

    /// The first fault stays; one that ends the process replaces one that does not.
    pub(crate) fn fail(&self, fault: Fault) {
        if matches!(fault, Fault::Index(_)) {
            (self.on_index_fault)();
        }
        self.fault.send_if_modified(|current| {
            let graver = |current: &Fault| fault.ends_the_process() && !current.ends_the_process();
            let replace = current.as_ref().is_none_or(graver);
            if replace {
                *current = Some(fault.clone());
            }
            replace
        });
    }
}
