//! What readers and the writer of an embedded ledger share: the newest head, its assurance, and the fault that stopped
//! it.

use std::sync::{Arc, PoisonError, RwLock};

use proof::Hash;
use proof::leaf::OtherHead;
use tokio::sync::{Semaphore, watch};

use crate::assurance::{Assurance, Withheld};
use crate::error::{LedgerFault, ReadError, SubmitError};
use crate::guard::GuardedHead;
use crate::identity::Identity;
use crate::index::HeadRecord;
use crate::other_heads::NotedHeads;
use crate::reader::{Reader, status_of};

/// Data of the resources in all submissions that are under way, in kibibytes.
const DATA_WAITING_MAX_KIB: usize = 64 << 10;

/// What readers and writer share.
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) reader: Reader,
    published: RwLock<Arc<Published>>,
    published_size: watch::Sender<u64>,
    fault: watch::Sender<Option<LedgerFault>>,
    assurance: watch::Sender<Assurance>,
    /// What is left of [`DATA_WAITING_MAX_KIB`].
    pub(crate) data_room: Semaphore,
    /// Heads of other logs for the next state leaf.
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
            assurance: watch::Sender::new(Assurance::Alone),
            data_room: Semaphore::new(DATA_WAITING_MAX_KIB),
            noted,
            on_index_fault,
        }
    }

    pub(crate) fn published(&self) -> Arc<Published> {
        let published = self.published.read();
        published.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn fault(&self) -> Option<LedgerFault> {
        self.fault.borrow().clone()
    }

    pub(crate) fn watch_fault(&self) -> watch::Receiver<Option<LedgerFault>> {
        self.fault.subscribe()
    }

    pub(crate) fn assurance(&self) -> Assurance {
        self.assurance.borrow().clone()
    }

    pub(crate) fn set_assurance(&self, assurance: Assurance) {
        self.assurance
            .send_modify(|current| *current = current.clone().then(assurance));
    }

    /// Refuses operations while the log is paused.
    pub(crate) fn check_accepting(&self) -> Result<(), SubmitError> {
        match self.assurance() {
            assurance if assurance.accepts_operations() => Ok(()),
            assurance => Err(SubmitError::Held(assurance)),
        }
    }

    /// Refuses to disclose anything but a deactivation while it is uncertain that this log is the newest.
    pub(crate) fn check_disclosable(&self, head: Option<&HeadRecord>) -> Result<(), ReadError> {
        if head.is_some_and(|head| status_of(head) == did::Status::Deactivated) {
            return Ok(());
        }
        let assurance = self.assurance();
        if !assurance.discloses_active() {
            return Err(ReadError::Withheld(Withheld::Assurance(assurance)));
        }
        match (head, self.identity.unverified_below()) {
            // A DID without a trace may have been created in the lost entries.
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

    /// The first fault stays. One that ends the process replaces one that does not.
    pub(crate) fn fail(&self, fault: LedgerFault) {
        if matches!(fault, LedgerFault::Index(_)) {
            (self.on_index_fault)();
        }
        self.fault.send_if_modified(|current| {
            let graver = |current: &LedgerFault| fault.ends_process() && !current.ends_process();
            let replace = current.as_ref().is_none_or(graver);
            if replace {
                *current = Some(fault.clone());
            }
            replace
        });
    }
}
