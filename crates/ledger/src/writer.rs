//! The only thread that appends: takes what waits, writes it as one frame, and answers when it is durable.

use std::io;
use std::sync::Arc;

use did::{Accepted, Head, Operation, Rejection};
use proof::leaf::{
    Consulted, Import, Leaf, OperationLeaf, RESOURCE_SALT_BYTES, ResourceLeaf, VersionKind,
};
use proof::state::StateKey;
use tokio::sync::{mpsc, oneshot};

use crate::assurance::Assurance;
use crate::committed::{Committed, Location};
use crate::draft::{Draft, DraftLeaf, consulted_status};
use crate::error::LedgerFault;
use crate::guard::{Guard, GuardError};
use crate::index::Follower;
use crate::log::{Position, Tail};
use crate::shared::{Published, Shared};
use crate::signers::Signers;
use crate::tip::{Tip, TipError, reference};

/// Submissions in one batch.
const BATCH_SUBMISSIONS_MAX: usize = 512;
/// Bytes of leaves and data after which a batch is closed; one submission more may still fit a frame.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// Something on its way to the log.
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// What is to be appended, all of it or nothing.
pub(crate) enum Work {
    /// A judged submission.
    Operations(Vec<Draft>),
    /// Proven leaves of one DID from an older log, oldest first, planned on the head that the first one names.
    Import(Vec<Import>),
    /// Only the newest heads of other logs, if the log does not contain them yet.
    Heads,
}

/// What became of a submission.
pub(crate) enum Reply {
    Committed(Vec<Committed>),
    /// Something that it was judged on has changed since: judge it again.
    Stale,
    /// Operations are held back since it was judged.
    Held(Assurance),
    Rejected {
        position: usize,
        rejection: Rejection,
    },
}

/// The writing end of a ledger. There is only one.
pub(crate) struct Writer {
    pub(crate) tip: Tip,
    pub(crate) tail: Tail,
    pub(crate) guard: Guard,
    pub(crate) signers: Signers,
    pub(crate) shared: Arc<Shared>,
    pub(crate) follower: Follower,
}

impl Writer {
    /// Serves the queue until all senders are gone or something fails.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(first) = queue.blocking_recv() {
            let mut jobs = vec![first];
            while jobs.len() < BATCH_SUBMISSIONS_MAX
                && let Ok(job) = queue.try_recv()
            {
                jobs.push(job);
            }
            if let Err(fault) = self.batches(jobs) {
                tracing::error!(%fault, "the ledger stops accepting operations");
                self.shared.fail(fault);
                return;
            }
        }
    }

    fn batches(&mut self, jobs: Vec<Job>) -> Result<(), LedgerFault> {
        let mut jobs = jobs.into_iter().peekable();
        while jobs.peek().is_some() {
            let mut batch = Batch::new(self.tip.time_ms());
            while batch.bytes < BATCH_BYTES_MAX
                && let Some(job) = jobs.next()
            {
                self.admit(&mut batch, job)
                    .map_err(|error| fault_of(&error))?;
            }
            if !batch.leaves.is_empty() || (batch.wants_heads && self.heads_are_newer()) {
                self.commit(batch)?;
            } else {
                // The log contains them already, durably.
                batch.answer();
            }
        }
        Ok(())
    }

    /// Takes a submission into the batch if nothing that it was judged on has changed.
    fn admit(&mut self, batch: &mut Batch, job: Job) -> Result<(), TipError> {
        let assurance = self.shared.assurance();
        if !assurance.accepts_operations() {
            let _gone = job.reply.send(Reply::Held(assurance));
            return Ok(());
        }
        let Job { work, reply } = job;
        match work {
            Work::Operations(drafts) => self.admit_operations(batch, drafts, reply),
            Work::Import(leaves) => self.admit_import(batch, leaves, reply),
            Work::Heads => {
                batch.wants_heads = true;
                batch.admitted.push((reply, Vec::new()));
                Ok(())
            }
        }
    }

    /// Takes proven leaves into the batch if the DID has not changed since they were planned.
    fn admit_import(
        &mut self,
        batch: &mut Batch,
        leaves: Vec<Import>,
        reply: oneshot::Sender<Reply>,
    ) -> Result<(), TipError> {
        let Some(first) = leaves.first() else {
            let _gone = reply.send(Reply::Committed(Vec::new()));
            return Ok(());
        };
        let key = self.key(&first.did);
        let head = self.tip.proven_head(&key)?;
        if self.tip.batch_changes(&key) || head.as_ref().map(reference) != first.previous {
            let _gone = reply.send(Reply::Stale);
            return Ok(());
        }
        let mut committed = Vec::new();
        for mut leaf in leaves {
            let head = self.tip.proven_head(&key)?;
            leaf.previous = head.as_ref().map(reference);
            // The state that a deactivation depends on must be in the tree, so that a receipt can prove it.
            let ends = matches!(leaf.imported_operation(), Ok(Some(operation))
                if operation.kind == VersionKind::Deactivate);
            if ends && self.tip.needs_state_leaf() {
                self.close_state(batch)?;
            }
            batch.time_ms = batch.time_ms.max(leaf.time_ms);
            leaf.time_ms = batch.time_ms;
            let log_index = self.tip.size();
            let bytes = encode(Leaf::Import(leaf.clone()), log_index)?;
            self.tip.import(&leaf, &bytes)?;
            let head = self.tip.proven_head(&key)?;
            if let (Ok(Some(operation)), Some(head)) = (leaf.imported_operation(), head)
                && let Ok(did) = did::Did::parse(&leaf.did)
            {
                committed.push(Committed {
                    did,
                    kind: operation.kind.into(),
                    version_id: head.latest.version_id,
                    location: Location::Entry {
                        index: log_index,
                        leaf_hash: Leaf::hash_of(&bytes),
                    },
                    time_ms: head.latest.time_ms,
                });
            }
            batch.push(bytes);
        }
        batch.admitted.push((reply, committed));
        Ok(())
    }

    fn admit_operations(
        &mut self,
        batch: &mut Batch,
        drafts: Vec<Draft>,
        reply: oneshot::Sender<Reply>,
    ) -> Result<(), TipError> {
        if !self.still_stands(&drafts)? {
            let _gone = reply.send(Reply::Stale);
            return Ok(());
        }
        let expired = |draft: &Draft| draft.expires_ms.is_some_and(|at| at < batch.time_ms);
        if let Some(position) = drafts.iter().position(expired) {
            let rejection = Rejection::basic("payload: (version_id: the statement has expired.).");
            let _gone = reply.send(Reply::Rejected {
                position,
                rejection,
            });
            return Ok(());
        }
        let mut committed = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let rests_on_this_batch = draft
                .accepted
                .consulted
                .iter()
                .any(|seen| head_of(seen) == Some(Head::UNWRITTEN));
            if rests_on_this_batch && self.tip.needs_state_leaf() {
                self.close_state(batch)?;
            }
            committed.push(self.append(batch, draft)?);
        }
        batch.admitted.push((reply, committed));
        Ok(())
    }

    fn still_stands(&mut self, drafts: &[Draft]) -> Result<bool, TipError> {
        for seen in drafts.iter().flat_map(|draft| &draft.accepted.consulted) {
            let judged_on = head_of(seen);
            if judged_on == Some(Head::UNWRITTEN) {
                continue;
            }
            let key = self.key(seen.did.as_str());
            let newest = self.tip.proven_head(&key)?.map(|head| Head {
                index: head.value.head_index,
                leaf_hash: *head.value.head_hash.as_bytes(),
            });
            if self.tip.batch_changes(&key) || newest != judged_on {
                return Ok(false);
            }
        }
        // A resource moves no head, so the head does not show that it was written.
        for draft in drafts
            .iter()
            .filter(|one| one.operation.resource().is_some())
        {
            let key = self.key(draft.operation.did().as_str());
            if self.tip.has_resource(&key, draft.operation.version_id())? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn append(&mut self, batch: &mut Batch, draft: Draft) -> Result<Committed, TipError> {
        let Draft {
            operation,
            accepted,
            leaf,
            ..
        } = draft;
        let log_index = self.tip.size();
        let bytes = match leaf {
            DraftLeaf::Operation(leaf) => {
                self.append_operation(batch.time_ms, *leaf, &operation, &accepted)?
            }
            DraftLeaf::Resource(leaf, salt) => {
                let bytes = self.append_resource(batch.time_ms, *leaf, &operation, &accepted)?;
                batch.push_data(NewBlob {
                    log_index,
                    salt,
                    operation: operation.clone(),
                });
                bytes
            }
        };
        let committed = Committed {
            did: operation.did().clone(),
            kind: operation.kind(),
            version_id: operation.version_id().to_owned(),
            location: Location::Entry {
                index: log_index,
                leaf_hash: Leaf::hash_of(&bytes),
            },
            time_ms: batch.time_ms,
        };
        batch.push(bytes);
        Ok(committed)
    }

    fn append_operation(
        &mut self,
        time_ms: u64,
        mut leaf: OperationLeaf,
        operation: &Operation,
        accepted: &Accepted,
    ) -> Result<Vec<u8>, TipError> {
        let key = self.key(&leaf.did);
        let prior = self.tip.proven_head(&key)?;
        leaf.sequence = prior.as_ref().map_or(1, |head| head.value.sequence + 1);
        leaf.previous = prior.as_ref().map(reference);
        leaf.judged_under = self.tip.last_state_index();
        leaf.time_ms = time_ms;
        self.name_heads(&mut leaf.consulted, accepted)?;
        let bytes = encode(Leaf::Operation(leaf.clone()), self.tip.size())?;
        self.tip
            .operation(&leaf, &bytes, operation.version_id(), operation.document())?;
        Ok(bytes)
    }

    fn append_resource(
        &mut self,
        time_ms: u64,
        mut leaf: ResourceLeaf,
        operation: &Operation,
        accepted: &Accepted,
    ) -> Result<Vec<u8>, TipError> {
        let index = self.tip.size();
        let resource = operation.resource().ok_or(TipError::Broken {
            index,
            reason: "it is not a resource",
        })?;
        leaf.judged_under = self.tip.last_state_index();
        leaf.time_ms = time_ms;
        self.name_heads(&mut leaf.consulted, accepted)?;
        let bytes = encode(Leaf::Resource(leaf.clone()), index)?;
        self.tip.resource(&leaf, &bytes, resource.header)?;
        Ok(bytes)
    }

    /// Puts the heads in that the DIDs have now, which are those that were judged.
    fn name_heads(
        &mut self,
        consulted: &mut [Consulted],
        accepted: &Accepted,
    ) -> Result<(), TipError> {
        for (written, seen) in consulted.iter_mut().zip(&accepted.consulted) {
            let Some(state) = &seen.state else { continue };
            let head = self.tip.proven_head(&self.key(seen.did.as_str()))?;
            let index = self.tip.size();
            let head = head.ok_or(TipError::Broken {
                index,
                reason: "a DID that it rests on is gone",
            })?;
            written.status = consulted_status(state.status, reference(&head));
        }
        Ok(())
    }

    fn close_state(&mut self, batch: &mut Batch) -> Result<(), TipError> {
        let leaf = self
            .tip
            .state_leaf(batch.time_ms, self.shared.noted.all())?;
        let bytes = encode(Leaf::State(leaf.clone()), self.tip.size())?;
        self.tip.state(&leaf, &bytes)?;
        batch.push(bytes);
        Ok(())
    }

    fn heads_are_newer(&self) -> bool {
        self.shared.noted.all() != self.tip.other_heads()
    }

    /// Data of resources, log, checkpoint, guard, readers, answers: in this order, each only after the one before is
    /// durable.
    fn commit(&mut self, mut batch: Batch) -> Result<(), LedgerFault> {
        self.close_state(&mut batch)
            .map_err(|error| fault_of(&error))?;
        self.write_data(&batch.data)
            .map_err(|error| LedgerFault::Disk(error.to_string()))?;
        let first_index = self.tip.size() - batch.leaves.len() as u64;
        let appended = self
            .tail
            .append(first_index, std::mem::take(&mut batch.leaves))
            .map_err(|error| LedgerFault::Disk(error.to_string()))?;
        let published = self.sign_and_guard(appended.position)?;
        let changes = Arc::new(self.tip.finish(
            appended.position,
            &appended.places,
            self.follower.flushed(),
            published.checkpoint.clone(),
        ));

        self.shared.reader.overlay.publish(&changes);
        self.shared.publish(published);
        batch.answer();
        self.follower.push(changes);
        Ok(())
    }

    fn write_data(&self, data: &[NewBlob]) -> io::Result<()> {
        let blobs = &self.shared.reader.blobs;
        for blob in data {
            let resource = blob.operation.resource();
            let data = resource.map(|resource| resource.data).unwrap_or_default();
            blobs.write(blob.log_index, &blob.salt, data)?;
        }
        match data {
            [] => Ok(()),
            _ => blobs.sync_names(),
        }
    }

    /// Signs the newest head once and stores it in the guard before anyone can read it.
    fn sign_and_guard(&mut self, position: Position) -> Result<Published, LedgerFault> {
        let head = self
            .tip
            .signed_head(position, &self.signers)
            .map_err(|error| LedgerFault::Disk(error.to_string()))?;
        self.guard.advance(&head).map_err(|error| match error {
            GuardError::Foreign(what) => LedgerFault::Guard(what.to_owned()),
            error => LedgerFault::Disk(error.to_string()),
        })?;
        Ok(Published::of(
            head,
            self.tip.time_ms(),
            self.tip.other_heads().to_vec(),
        ))
    }

    fn key(&self, did: &str) -> StateKey {
        StateKey::of(&self.tip.identity().network_id, did)
    }
}

struct Batch {
    time_ms: u64,
    leaves: Vec<Vec<u8>>,
    data: Vec<NewBlob>,
    /// Of leaves and data.
    bytes: usize,
    admitted: Vec<(oneshot::Sender<Reply>, Vec<Committed>)>,
    /// Whether a caller waits for the heads of other logs.
    wants_heads: bool,
}

impl Batch {
    /// A clock that was restored does not make time run backwards.
    fn new(newest_ms: u64) -> Self {
        Self {
            time_ms: clock::now_ms().max(newest_ms),
            leaves: Vec::new(),
            data: Vec::new(),
            bytes: 0,
            admitted: Vec::new(),
            wants_heads: false,
        }
    }

    /// Notifies all admitted callers that the batch is durable.
    fn answer(self) {
        for (reply, committed) in self.admitted {
            let _gone = reply.send(Reply::Committed(committed));
        }
    }

    fn push(&mut self, leaf: Vec<u8>) {
        self.bytes += leaf.len();
        self.leaves.push(leaf);
    }

    fn push_data(&mut self, blob: NewBlob) {
        let resource = blob.operation.resource();
        self.bytes += resource.map_or(0, |resource| resource.data.len());
        self.data.push(blob);
    }
}

/// The data of a resource, for the entry that it will be.
struct NewBlob {
    log_index: u64,
    salt: [u8; RESOURCE_SALT_BYTES],
    operation: Operation,
}

fn head_of(seen: &did::Consulted) -> Option<Head> {
    seen.state.as_ref().map(|state| state.head)
}

fn encode(leaf: Leaf, index: u64) -> Result<Vec<u8>, TipError> {
    leaf.encode().map_err(|_| TipError::Broken {
        index,
        reason: "it does not fit its format",
    })
}

fn fault_of(error: &TipError) -> LedgerFault {
    match error {
        TipError::Read(crate::ReadError::Entry { index }) => LedgerFault::Entry(*index),
        error if error.blames_index() => LedgerFault::Index(error.to_string()),
        error => LedgerFault::Disk(error.to_string()),
    }
}
