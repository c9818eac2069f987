//! Operations from an older log, after entries of it were lost.
//!
//! With an export, a DID can be brought back to where it was: what is missing here is appended, or it is confirmed
//! that nothing is. Nothing but proofs decides, so anyone may do it, any number of times.

mod history;

use did::Did;
use proof::leaf::{Import, ImportedLeaf, Leaf, LeafReference, TreeHead, UnencodableLeaf};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::committed::Committed;
use crate::embedded::{ATTEMPTS_MAX, Embedded};
use crate::error::{ReadError, SubmitError};
use crate::export::{Export, InvalidExport};
use crate::identity::Identity;
use crate::index::{HeadRecord, IndexError};
use crate::reader::{Reader, status_of};
use crate::tip::reference;
use crate::writer::{Job, Reply, Work};

use history::{OldOperation, ProvenHistory};

pub(crate) use history::signed;

/// Bytes of all leaves that one import appends: they fit into one frame.
const IMPORT_BYTES_MAX: usize = 8 << 20;

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The DID.
    pub did: Did,
    /// The operations that were missing here, as they are in the log now. None when there were none, or when the same
    /// was imported before.
    pub appended: Vec<Committed>,
    /// Whether a separate entry confirmed that no operation was missing.
    pub confirmed: bool,
    /// Whether the DID is deactivated.
    pub deactivated: bool,
}

/// Why nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The bytes are not an export.
    #[error(transparent)]
    Invalid(#[from] InvalidExport),
    /// The export comes from a log that this one does not continue.
    #[error("the export is of the log `{0}`, which this log does not continue")]
    OtherLog(String),
    /// Something in the export does not follow from its checkpoint, or that from the keys known here.
    #[error("the export proves nothing: {0}")]
    NotProven(String),
    /// The older log is known to be longer, and the DID is not deactivated in the export.
    #[error(
        "the export covers the older log up to entry {until}, but that log is known to have had {needed}: use a newer \
         export"
    )]
    TooOld {
        /// Number of entries that it covers.
        until: u64,
        /// Number of entries that are known of.
        needed: u64,
    },
    /// The DID went one way there and another one here.
    #[error(
        "{0} has other operations here than there: only its deactivation could be imported, and it is not deactivated \
         there"
    )]
    Diverged(Did),
    /// What is missing does not fit into the log.
    #[error("the missing operations of {0} do not fit into the log at once")]
    TooLarge(Did),
    /// The ledger does not take it now.
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

impl From<ReadError> for ImportError {
    fn from(error: ReadError) -> Self {
        Self::Submit(SubmitError::Read(error))
    }
}

impl From<IndexError> for ImportError {
    fn from(error: IndexError) -> Self {
        ReadError::from(error).into()
    }
}

impl Embedded {
    /// Imports what an export of the log before the recovery proves about a DID. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`ImportError`] states why nothing was written.
    pub async fn import(&self, bytes: &[u8]) -> Result<ImportReport, ImportError> {
        self.shared().check_accepting()?;
        let export = Export::parse(bytes)?;
        let identity = &self.shared().identity;
        let older = identity.older(&export.origin);
        let older = older.ok_or_else(|| ImportError::OtherLog(export.origin.clone()))?;
        let chain = ProvenHistory::of(&export, identity, &older)?;
        let needed = older.loss.size_needed();
        let covers = older.is_newest && chain.until.size >= needed;
        if !covers && !chain.is_deactivated {
            let until = chain.until.size;
            return Err(ImportError::TooOld { until, needed });
        }
        for _ in 0..ATTEMPTS_MAX {
            let plan =
                self.watched_import(|| plan(&self.shared().reader, identity, &export, &chain))?;
            let (leaves, deactivated) = match plan {
                Plan::Nothing { deactivated } => {
                    return Ok(report(&chain, Vec::new(), deactivated));
                }
                Plan::Append { leaves } => (leaves, chain.is_deactivated),
            };
            let confirms = leaves.iter().all(|leaf| leaf.operation.is_none());
            let (reply, answer) = oneshot::channel();
            let work = Work::Import(leaves);
            self.enqueue(Job { work, reply })?;
            match answer.await {
                Ok(Reply::Committed(appended)) => {
                    let mut report = report(&chain, appended, deactivated);
                    report.confirmed = confirms;
                    return Ok(report);
                }
                Ok(Reply::Held(assurance)) => return Err(SubmitError::Held(assurance).into()),
                Ok(Reply::Stale | Reply::Rejected { .. }) => {}
                Err(_) => return Err(SubmitError::Unknown.into()),
            }
        }
        Err(SubmitError::Contended.into())
    }

    fn watched_import<T>(
        &self,
        run: impl FnOnce() -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        match run() {
            Err(ImportError::Submit(SubmitError::Read(error))) => Ok(self.watched(|| Err(error))?),
            other => other,
        }
    }
}

fn report(chain: &ProvenHistory, appended: Vec<Committed>, deactivated: bool) -> ImportReport {
    ImportReport {
        did: chain.did.clone(),
        appended,
        confirmed: false,
        deactivated,
    }
}

/// What the proven operations require, given the present state of the DID here.
enum Plan {
    Nothing { deactivated: bool },
    Append { leaves: Vec<Import> },
}

fn plan(
    reader: &Reader,
    identity: &Identity,
    export: &Export,
    chain: &ProvenHistory,
) -> Result<Plan, ImportError> {
    let since = identity.unverified_below().unwrap_or(0);
    let head = reader.head(&reader.key(&chain.did))?;
    if let Some(head) = &head
        && status_of(head) == did::Status::Deactivated
    {
        return Ok(Plan::Nothing { deactivated: true });
    }
    let missing = missing(reader, since, chain, head.as_ref())?;
    let is_verified = head
        .as_ref()
        .is_some_and(|head| head.value.head_index >= since);
    if missing.is_empty() && is_verified {
        return Ok(Plan::Nothing { deactivated: false });
    }
    let drafts = Drafts {
        identity,
        origin: &export.origin,
        chain,
        previous: head.as_ref().map(reference),
    };
    let leaves = match missing {
        [] => vec![drafts.leaf(None)],
        missing => missing
            .iter()
            .map(|operation| drafts.leaf(Some(operation)))
            .collect(),
    };
    check_size(&chain.did, &leaves)?;
    Ok(Plan::Append { leaves })
}

/// The operations that are not here. Where the DID has another history since, only its deactivation is imported:
/// nothing may undo it.
fn missing<'c>(
    reader: &Reader,
    since: u64,
    chain: &'c ProvenHistory,
    head: Option<&HeadRecord>,
) -> Result<&'c [OldOperation], ImportError> {
    let there = chain.operations.as_slice();
    let here = match head {
        Some(head) => operations_here(reader, since, &chain.did, head)?,
        None => Vec::new(),
    };
    let common = there
        .iter()
        .zip(&here)
        .take_while(|(there, here)| here.as_ref() == Some(&there.leaf))
        .count();
    let rest = there.get(common..).unwrap_or_default();
    let link = match head {
        Some(head) => reader.link(head, since)?,
        None => None,
    };
    let follows = rest.first().is_none_or(|first| first.previous() == link)
        && rest
            .windows(2)
            .all(|pair| matches!(pair, [one, next] if next.previous() == Some(one.reference())));
    if rest.is_empty() || (common == here.len() && follows) {
        return Ok(rest);
    }
    match there.split_last() {
        Some((_, before)) if chain.is_deactivated && head.is_some() => {
            Ok(there.get(before.len()..).unwrap_or_default())
        }
        _ => Err(ImportError::Diverged(chain.did.clone())),
    }
}

/// The operations that this log holds of a DID, each as the older log held it; `None` for those made since.
fn operations_here(
    reader: &Reader,
    since: u64,
    did: &Did,
    head: &HeadRecord,
) -> Result<Vec<Option<Vec<u8>>>, ImportError> {
    let key = reader.key(did);
    let mut operations = Vec::new();
    for sequence in 1..=head.latest.sequence {
        let version = reader.version(&key, sequence)?;
        let version = version.ok_or(IndexError::Damaged { table: "dids" })?;
        let entry = version.operation;
        let bytes = reader.entry(&entry)?;
        operations.push(match Leaf::decode(&bytes) {
            _ if entry.index < since => Some(bytes),
            Ok(Leaf::Import(Import {
                operation: Some(imported),
                ..
            })) => Some(imported.leaf),
            _ => None,
        });
    }
    Ok(operations)
}

struct Drafts<'a> {
    identity: &'a Identity,
    origin: &'a str,
    chain: &'a ProvenHistory,
    /// The DID's head here as the plan found it.
    previous: Option<LeafReference>,
}

impl Drafts<'_> {
    /// A leaf whose time and predecessor the writer puts in.
    fn leaf(&self, operation: Option<&OldOperation>) -> Import {
        Import {
            network_id: self.identity.network_id,
            time_ms: operation.map_or(0, |one| one.operation.time_ms),
            did: self.chain.did.to_string(),
            origin: self.origin.to_owned(),
            until: TreeHead {
                size: self.chain.until.size,
                root: self.chain.until.root,
            },
            operation: operation.map(|one| ImportedLeaf {
                index: one.index,
                leaf: one.leaf.clone(),
            }),
            previous: self.previous,
        }
    }
}

/// Every leaf must have bytes, with whatever the writer puts in: a predecessor takes the most.
fn check_size(did: &Did, leaves: &[Import]) -> Result<(), ImportError> {
    let mut bytes = 0;
    for leaf in leaves {
        let previous = leaf.previous.or(Some(LeafReference {
            index: 0,
            hash: proof::Hash::new([0; 32]),
        }));
        let largest = Leaf::Import(Import {
            previous,
            ..leaf.clone()
        });
        bytes += match largest.encode() {
            Ok(encoded) => encoded.len(),
            Err(UnencodableLeaf::TooLarge { .. }) => {
                return Err(ImportError::TooLarge(did.clone()));
            }
            Err(UnencodableLeaf::Field(error)) => {
                return Err(ImportError::NotProven(error.to_string()));
            }
        };
    }
    if bytes > IMPORT_BYTES_MAX {
        return Err(ImportError::TooLarge(did.clone()));
    }
    Ok(())
}
