//! The audit log's head in every ledger's log: so that nobody can put back an older copy of the store, in which what
//! was switched off is on again.

use std::time::Duration;

use access::Access;
use audit::{AuditError, AuditHead, Entry, LostHead};
use ledger::{Embedded, Networks};
use proof::Hash;

use crate::app::Services;

/// The audit log's name in state leaves.
pub const AUDIT_LOG: &str = "audit";
/// How often it is looked for entries that others wrote, such as the command line.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// What was switched off is off here, and no log says so yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "It is switched off from now on, but the log could not confirm it yet: an older copy of the store could bring it \
     back. Repeat the request in a moment."
)]
pub struct Unsettled;

/// Why a log and the store do not belong together.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The store lacks entries that the log has seen.
    #[error(
        "the log knows {in_log} audit entries and the store has {in_store}: it is an older copy, in which what was \
         switched off since is on again"
    )]
    OlderStore {
        /// Entries that the log knows.
        in_log: u64,
        /// Entries in the store.
        in_store: u64,
    },
    /// The store holds other entries.
    #[error(
        "audit entry {index} in the store is not the one that the log knows: the store is of another history"
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
    /// Waits until the audit log as it is now stands, durably and signed, in at least one log. Whoever switches
    /// something off answers only after that.
    ///
    /// # Errors
    /// [`Unsettled`] when no log takes it. It is switched off all the same.
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

    /// Notes an entry in every log: the next batch of each says it.
    pub fn noted(&self, entry: &Entry) {
        let head = AuditHead {
            size: entry.index.saturating_add(1),
            hash: entry.hash,
        };
        note(&self.networks, head);
    }
}

/// Holds what every log knows of the audit log against the store.
///
/// # Errors
/// [`Mismatch`], with the ledger that it comes from.
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

/// The audit head that a log knows; none before the first.
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

/// Follows the audit log for as long as the server runs, so that each log says its head also when nothing else happens.
pub async fn follow(access: Access, networks: Networks) {
    let mut done = AuditHead::EMPTY;
    loop {
        match note_newest(&access, &networks) {
            Ok(head) if head == done => {}
            // What no log takes now is tried again.
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

/// Whether at least one log says the heads that were noted. All are asked at once. Where no log is kept, there is none
/// to ask.
async fn commit(networks: &Networks) -> bool {
    let mut asked = tokio::task::JoinSet::new();
    for ledger in networks.logs() {
        let ledger = ledger.clone();
        asked.spawn(async move {
            let outcome = ledger.commit_heads().await;
            if let Err(error) = &outcome {
                let network = ledger.namespace();
                tracing::warn!(network, %error, "the log does not take the audit log's head now");
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
