//! The audit log's head in every ledger's log. It detects a store that was rolled back to an older copy, in which
//! revoked credentials are valid again.

use std::time::Duration;

use access::Access;
use audit::{AuditError, AuditHead, Entry, LostHead};
use ledger::{Embedded, Networks};
use proof::Hash;

use crate::app::Services;

/// The audit log's name in state leaves.
pub const AUDIT_LOG: &str = "audit";
/// Time between two checks for entries of other processes, such as the command line.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// A revocation took effect here, but no log contains it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "It is switched off from now on, but the log could not confirm it yet: an older copy of the store could bring it \
     back. Repeat the request in a moment."
)]
pub struct Unsettled;

/// How a log and the store contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The store lacks entries that the log knows.
    #[error(
        "the log knows {in_log} audit entries and the store has {in_store}: it is an older copy, in which credentials \
         that were revoked since are valid again"
    )]
    OlderStore {
        /// Entries that the log knows.
        in_log: u64,
        /// Entries in the store.
        in_store: u64,
    },
    /// The store contains other entries.
    #[error(
        "audit entry {index} in the store is not the one that the log knows: the store has another history"
    )]
    OtherHistory {
        /// The entry.
        index: u64,
    },
    /// The store cannot be read.
    #[error("the audit log cannot be read")]
    Access(#[from] AuditError),
}

impl Services {
    /// Waits until at least one log contains the current head of the audit log, durably and signed. A revocation is
    /// answered only after that.
    ///
    /// # Errors
    /// [`Unsettled`] when no log accepts it. The revocation is effective all the same.
    pub async fn settled(&self) -> Result<(), Unsettled> {
        note_newest(&self.access, &self.networks).map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the audit log cannot be read"
            );
            Unsettled
        })?;
        if commit(&self.networks).await {
            Ok(())
        } else {
            Err(Unsettled)
        }
    }

    /// Notes an entry in every log: the next batch of each contains it.
    pub fn noted(&self, entry: &Entry) {
        let head = AuditHead {
            size: entry.index.saturating_add(1),
            hash: entry.hash,
        };
        note(&self.networks, head);
    }
}

/// Compares the audit log with what every log knows of it.
///
/// # Errors
/// [`Mismatch`], with the ledger.
pub fn compare<'n>(
    access: &Access,
    networks: &'n Networks,
) -> Result<(), (&'n Embedded, Mismatch)> {
    for ledger in networks.logs() {
        if let Some(known) = audit_head_of(ledger) {
            compare_one(access, ledger, known).map_err(|mismatch| (ledger, mismatch))?;
        }
    }
    Ok(())
}

/// The audit head that a log contains, if any.
pub fn audit_head_of(ledger: &Embedded) -> Option<AuditHead> {
    let heads = ledger.other_heads();
    let known = heads.into_iter().find(|head| head.name == AUDIT_LOG)?;
    Some(AuditHead {
        size: known.size,
        hash: *known.root.as_bytes(),
    })
}

fn compare_one(access: &Access, ledger: &Embedded, known: AuditHead) -> Result<(), Mismatch> {
    let Some(index) = known.size.checked_sub(1) else {
        return Ok(());
    };
    let entry = access.audit().entry(index)?;
    if entry.as_ref().is_some_and(|entry| entry.hash == known.hash) {
        return Ok(());
    }
    let lost = LostHead {
        network: ledger.namespace().to_owned(),
        head: known,
    };
    if access.audit().is_accepted_loss(&lost)? {
        return Ok(());
    }
    let in_store = access.audit().head()?.size;
    Err(match entry {
        None if in_store <= index => Mismatch::OlderStore {
            in_log: known.size,
            in_store,
        },
        _ => Mismatch::OtherHistory { index },
    })
}

/// Follows the audit log while the server runs, so that each log contains its head even when nothing else happens.
pub async fn follow(access: Access, networks: Networks) {
    let mut done = AuditHead::EMPTY;
    loop {
        match note_newest(&access, &networks) {
            Ok(head) if head == done => {}
            // A head that no log accepts now is tried again.
            Ok(head) => {
                if commit(&networks).await {
                    done = head;
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the audit log cannot be read"
            ),
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

fn note_newest(access: &Access, networks: &Networks) -> Result<AuditHead, AuditError> {
    let head = access.audit().head()?;
    note(networks, head);
    Ok(head)
}

fn note(networks: &Networks, head: AuditHead) {
    if head.size == 0 {
        return;
    }
    for ledger in networks.logs() {
        if let Err(error) = ledger.note_head(AUDIT_LOG, head.size, Hash::from(head.hash)) {
            let network = ledger.namespace();
            tracing::error!(network, %error, "the audit log's head cannot be noted");
        }
    }
}

/// Whether at least one log contains the heads that were noted, or there is no log at all. All are asked at once.
async fn commit(networks: &Networks) -> bool {
    let mut asked = tokio::task::JoinSet::new();
    for ledger in networks.logs() {
        let ledger = ledger.clone();
        asked.spawn(async move {
            let outcome = ledger.commit_heads().await;
            if let Err(error) = &outcome {
                let network = ledger.namespace();
                tracing::warn!(network, %error, "the log does not accept the audit log's head now");
            }
            outcome.is_ok()
        });
    }
    let mut any = networks.logs().next().is_none();
    while let Some(done) = asked.join_next().await {
        any |= matches!(done, Ok(true));
    }
    any
}
