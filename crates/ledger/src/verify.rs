//! The auditor: replays the whole log through the rules and compares everything derived.

mod again;
mod imports;

use std::sync::Arc;

use proof::Hash;
use proof::checkpoint::SignedCheckpoint;
use proof::leaf::ConsultedStatus;
use proof::note::NoteVerifier;
use proof::state::StateKey;
use thiserror::Error;

use crate::blobs::Blobs;
use crate::embedded::Embedded;
use crate::error::OpenError;
use crate::guard::GuardedHead;
use crate::identity::Identity;
use crate::index::{BatchChanges, Frozen, Index, IndexError, Overlay};
use crate::log::{Found, Frame, Position, Scan, Segments};
use crate::log_tree::is_checkpoint_of;
use crate::open::{Ground, lock, survey};
use crate::options::{INDEX_FILE, Options};
use crate::reader::{ReadError, Reader, status_of};
use crate::tip::{Tip, TipError, reference};
use crate::{catch_up, replay};

use again::is_operation;

const SCRATCH_FILE: &str = "index.verify";
const CHANGES_MAX: usize = 20_000;

/// What a verification covered and found consistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries up to the guarded head.
    pub entries: u64,
    /// Operations among them.
    pub operations: u64,
    /// Resources.
    pub resources: u64,
    /// Those of them whose data is not there: their signatures could not be verified.
    pub absent_data: u64,
    /// DIDs.
    pub dids: u64,
    /// Root over the entries.
    pub root: Hash,
    /// Entries in whole frames behind the guarded head, which the next start rolls forward.
    pub unconfirmed_entries: u64,
    /// Whether the index was compared: one that is missing, or that the next start makes anew, is not.
    pub index: IndexReport,
}

/// What the comparison of the index gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexReport {
    /// It holds exactly what the log leads to, up to where it has come.
    Same,
    /// There is none, or none that can be opened; the next start makes it anew.
    Absent,
}

/// Why the ledger is not consistent.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An entry is damaged, or does not follow from the ones before it.
    #[error("entry {index}: {reason}")]
    Entry {
        /// Its log index.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A frame is damaged; its entries start at this index.
    #[error("a frame is damaged at entry {index} or behind it: {reason}")]
    Frame {
        /// Log index of the first entry that could not be read.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The guard's head is not the one that the entries lead to.
    #[error("the head guard's checkpoint is not that of the log: {0}")]
    Head(String),
    /// The index does not hold what the log leads to.
    #[error(
        "the index differs from the log in table `{table}`: delete {INDEX_FILE}, the next start makes it anew"
    )]
    Index {
        /// The first table that differs.
        table: &'static str,
    },
    /// The files cannot be read.
    #[error("the ledger's files cannot be read")]
    Io(#[from] std::io::Error),
}

impl Embedded {
    /// Replays the log from nothing through the rules, signatures included, and compares every root, the guard and the
    /// index. Nothing is changed. The ledger must not be running.
    ///
    /// # Errors
    /// [`VerifyError`] names the first inconsistency.
    pub fn verify(options: &Options) -> Result<Report, VerifyError> {
        let _locks = lock(options)?;
        let Ground {
            segments,
            identity,
            head,
            ..
        } = survey(options)?;
        audit(options, segments, identity, head, kept_index(options))
    }

    /// Makes the index anew from the log. The ledger must not be running.
    ///
    /// # Errors
    /// [`OpenError`] states what is there and what to do.
    pub fn rebuild(options: &Options) -> Result<u64, OpenError> {
        let _locks = lock(options)?;
        let Ground {
            segments,
            identity,
            head,
            ..
        } = survey(options)?;
        let caught_up = catch_up::anew(options, &segments, &identity, &head)?;
        Ok(caught_up.tip.size())
    }
}

/// Replays the segments up to `head`. `identity` is that of the genesis leaf.
pub(crate) fn audit(
    options: &Options,
    segments: Arc<Segments>,
    identity: Identity,
    head: GuardedHead,
    kept: Option<Index>,
) -> Result<Report, VerifyError> {
    let scratch = options.data.join(SCRATCH_FILE);
    let clear = || match options.disk.remove(&scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    clear()?;
    let index = Index::open(options.disk.as_ref(), &scratch, options.index_cache_bytes)
        .map_err(index_error)?;
    let reader = Reader {
        network_id: identity.network_id,
        index: Arc::new(index),
        overlay: Arc::new(Overlay::default()),
        segments,
        blobs: Arc::new(Blobs::new(options.disk.clone(), &options.data)),
    };
    let audit = Audit {
        reader,
        identity,
        head,
        kept,
        resources: 0,
        absent_data: 0,
        flushed: 0,
        waiting: Vec::new(),
    };
    let report = audit.run();
    clear()?;
    report
}

/// The index as it lies there, if it can be opened. It is opened as the server opens it, so a crash is repaired.
fn kept_index(options: &Options) -> Option<Index> {
    let names = options.disk.list(&options.data).ok()?;
    if !names.iter().any(|name| name == INDEX_FILE) {
        return None;
    }
    Index::open(
        options.disk.as_ref(),
        &options.data.join(INDEX_FILE),
        options.index_cache_bytes,
    )
    .ok()
}

struct Audit {
    reader: Reader,
    identity: Identity,
    head: GuardedHead,
    kept: Option<Index>,
    resources: u64,
    absent_data: u64,
    flushed: u64,
    waiting: Vec<Arc<BatchChanges>>,
}

impl Audit {
    fn run(mut self) -> Result<Report, VerifyError> {
        let mut tip =
            Tip::resume(self.identity.clone(), self.reader.clone()).map_err(chain_error)?;
        let kept_at = match &self.kept {
            Some(index) => index
                .position()
                .map_err(index_error)?
                .map(|position| position.position.sequence),
            None => None,
        };
        let mut index = IndexReport::Absent;
        let mut operations = 0;
        let segments = self.reader.segments.clone();
        let mut scan = Scan::from_start(&segments);
        loop {
            let (frame, position) = match scan.next()? {
                Found::Frame(frame, position) => (frame, position),
                Found::Torn { error, .. } => return Err(torn(&tip, error.to_string())),
                Found::End => {
                    return Err(torn(
                        &tip,
                        "the log ends before the guarded head".to_owned(),
                    ));
                }
            };
            let since = tip.identity().unverified_below();
            self.judge_again(&frame, since)?;
            self.check_imports(&frame, since)?;
            operations += frame
                .leaves
                .iter()
                .filter(|leaf| is_operation(leaf))
                .count() as u64;
            let applied = self.apply(&mut tip, &frame, position)?;
            self.reader.overlay.publish(&applied);
            self.waiting.push(Arc::new(applied));
            if kept_at == Some(position.sequence) {
                self.flush()?;
                self.compare_index(&tip)?;
                index = IndexReport::Same;
            } else if self
                .waiting
                .iter()
                .map(|batch| batch.dids.len())
                .sum::<usize>()
                > CHANGES_MAX
            {
                self.flush()?;
            }
            if position.sequence == self.head.position.sequence {
                break;
            }
        }
        self.check_head(&tip)?;
        let (entries, root) = (tip.size(), tip.root());
        let mut unconfirmed_entries = 0;
        while let Found::Frame(frame, _) = scan.next()? {
            unconfirmed_entries += frame.leaves.len() as u64;
        }
        let dids = self.waiting.last().map(|batch| batch.position.dids);
        let dids = match dids {
            Some(dids) => dids,
            None => self
                .reader
                .index
                .position()
                .map_err(index_error)?
                .map_or(0, |position| position.dids),
        };
        Ok(Report {
            entries,
            operations,
            resources: self.resources,
            absent_data: self.absent_data,
            dids,
            root,
            unconfirmed_entries,
            index,
        })
    }

    /// Applies a frame leaf by leaf. What an operation or a resource records of the DIDs it depends on must still hold
    /// at its turn.
    fn apply(
        &self,
        tip: &mut Tip,
        frame: &Frame,
        position: Position,
    ) -> Result<BatchChanges, VerifyError> {
        replay::apply_with(
            tip,
            frame,
            position,
            self.flushed,
            |tip, index, consulted| {
                for seen in consulted {
                    let key = StateKey::of(&self.identity.network_id, &seen.did);
                    let expected = match tip.proven_head(&key)? {
                        None => ConsultedStatus::Absent,
                        Some(head) if status_of(&head) == did::Status::Active => {
                            ConsultedStatus::Active(reference(&head))
                        }
                        Some(head) => ConsultedStatus::Deactivated(reference(&head)),
                    };
                    if seen.status != expected {
                        return Err(TipError::Broken {
                            index,
                            reason: "a DID that it rests on had changed",
                        });
                    }
                }
                Ok(())
            },
        )
        .map_err(chain_error)
    }

    fn check_head(&self, tip: &Tip) -> Result<(), VerifyError> {
        let head = |reason: &str| Err(VerifyError::Head(reason.to_owned()));
        if tip.size() != self.head.size || tip.root() != self.head.root {
            return head("its size or root differ");
        }
        let identity = tip.identity();
        if self.head.origin != identity.origin || self.head.log_key != identity.log_key {
            return head("it was signed under another name or with another key");
        }
        let verifier = NoteVerifier::new(&identity.origin, &identity.log_key);
        let verifier = verifier.map_err(|error| VerifyError::Head(error.to_string()))?;
        let opened = SignedCheckpoint::open(self.head.checkpoint.as_bytes(), &verifier);
        let opened = opened.map_err(|error| VerifyError::Head(error.to_string()))?;
        if opened.checkpoint().size != self.head.size || opened.checkpoint().root != self.head.root
        {
            return head("the signed note differs from the guard around it");
        }
        Ok(())
    }

    fn compare_index(&self, tip: &Tip) -> Result<(), VerifyError> {
        let Some(kept) = &self.kept else {
            return Ok(());
        };
        let expected = self.reader.index.freeze().map_err(index_error)?;
        let found = kept.freeze().map_err(index_error)?;
        let digests = |index: &Frozen| index.digests().map_err(index_error);
        for ((table, expected), (_, found)) in digests(&expected)?.into_iter().zip(digests(&found)?)
        {
            if expected != found {
                return Err(VerifyError::Index { table });
            }
        }
        // No replay knows what was signed on the way; an index left in the middle of one does not contain it.
        match found.checkpoint().map_err(index_error)? {
            Some(note) if !is_checkpoint_of(&note, tip.size(), &tip.root()) => {
                Err(VerifyError::Index {
                    table: "checkpoint",
                })
            }
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), VerifyError> {
        let last = self
            .waiting
            .last()
            .map(|batch| batch.position.position.sequence);
        catch_up::flush(&self.reader, &mut self.waiting, "").map_err(index_error)?;
        self.flushed = last.unwrap_or(self.flushed);
        Ok(())
    }
}

fn entry<T>(index: u64, reason: &str) -> Result<T, VerifyError> {
    Err(VerifyError::Entry {
        index,
        reason: reason.to_owned(),
    })
}

fn torn(tip: &Tip, reason: String) -> VerifyError {
    VerifyError::Frame {
        index: tip.size(),
        reason,
    }
}

fn chain_error(error: TipError) -> VerifyError {
    match error {
        TipError::Broken { index, reason } => VerifyError::Entry {
            index,
            reason: reason.to_owned(),
        },
        TipError::Read(error) => read_error(error),
        error => VerifyError::Open(OpenError::Index(Box::new(error))),
    }
}

fn read_error(error: ReadError) -> VerifyError {
    match error {
        ReadError::Entry { index } => VerifyError::Entry {
            index,
            reason: "its bytes are damaged".to_owned(),
        },
        ReadError::Log(error) => VerifyError::Io(error),
        error => VerifyError::Open(OpenError::Index(Box::new(error))),
    }
}

fn index_error(error: IndexError) -> VerifyError {
    VerifyError::Open(OpenError::Index(Box::new(error)))
}
