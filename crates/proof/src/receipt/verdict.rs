//! What a receipt proves to whoever holds a policy.

use did::Did;

use super::envelope::Receipt;
use super::examine::{Found, examine};
use super::reasons::NoProof;
use super::summary::{ActiveSummary, DeactivatedSummary, Summary};
use crate::NetworkId;
use crate::checkpoint::Checkpoint;
use crate::policy::{Policy, Witnessed};
use crate::tlog_proof::TlogProof;

/// A moment in milliseconds since 1970-01-01 UTC, and whose clock says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A quorum of witnesses.
    Witnessed(u64),
    /// The log's own clock: the policy asks for no witness.
    LogClock(u64),
}

/// What is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The DID has ended, and everybody who had to has signed for it. Nothing can change that any more.
    Deactivated {
        /// The DID.
        did: Did,
        /// Its network.
        network_id: NetworkId,
        /// Log index of the deactivation.
        log_index: u64,
        /// It had ended at this moment at the latest: the smallest by which a quorum had seen the checkpoint.
        at_latest_ms: When,
        /// The checkpoint that it is proven under.
        checkpoint: Checkpoint,
        /// Who signed, and for what.
        summary: Box<DeactivatedSummary>,
    },
    /// The DID was active under the checkpoint.
    Active {
        /// The DID.
        did: Did,
        /// Its network.
        network_id: NetworkId,
        /// Log index of the state leaf that says so: the last one of the checkpoint.
        log_index: u64,
        /// It was still active at this moment: the largest after which a quorum took the checkpoint for the newest.
        still_at_ms: When,
        /// The checkpoint that it is proven under.
        checkpoint: Checkpoint,
        /// How it stood.
        summary: ActiveSummary,
    },
    /// There was no such DID in this network under the checkpoint.
    NeverExisted {
        /// The DID.
        did: Did,
        /// The network.
        network_id: NetworkId,
        /// Log index of the state leaf that says so: the last one of the checkpoint.
        log_index: u64,
        /// It was still absent at this moment: the largest after which a quorum took the checkpoint for the newest.
        still_at_ms: When,
        /// The checkpoint that it is proven under.
        checkpoint: Checkpoint,
    },
}

/// Reads a receipt and verifies it: [`Receipt::parse`] and [`Receipt::verify`].
///
/// # Errors
///
/// [`NoProof`] says why it proves nothing to whoever holds this policy.
pub fn verify(bytes: &[u8], policy: &Policy) -> Result<Verdict, NoProof> {
    Receipt::parse(bytes)?.verify(policy)
}

impl Receipt {
    /// Verifies everything that the receipt shows, and that its readable part says nothing else.
    ///
    /// # Errors
    ///
    /// [`NoProof`] says why it proves nothing to whoever holds this policy.
    pub fn verify(&self, policy: &Policy) -> Result<Verdict, NoProof> {
        let witnessed = policy
            .open(self.parts.checkpoint.as_bytes())
            .map_err(NoProof::Policy)?;
        let found = examine(&self.parts, &witnessed.checkpoint)?;
        if let Some(expected) = policy.network_id_of(&witnessed.checkpoint.origin)
            && expected != found.network_id
        {
            let found = found.network_id;
            return Err(NoProof::OtherNetwork { expected, found });
        }
        if let Some(member) = found.summary.differing_member(&self.summary) {
            return Err(NoProof::OtherSummary { member });
        }
        Ok(verdict(self.parts.did.clone(), found, witnessed))
    }

    /// The operation's inclusion alone, as others read it (C2SP `tlog-proof`); `None` for a DID that has not ended. It
    /// is an extract: who signed and what stood before is not in it.
    #[must_use]
    pub fn tlog_proof(&self) -> Option<TlogProof> {
        let operation = self.parts.operation.as_ref()?;
        Some(TlogProof {
            extra: None,
            index: operation.index,
            hashes: operation.path.clone(),
            checkpoint: self.parts.checkpoint.clone(),
        })
    }
}

fn verdict(did: Did, found: Found, witnessed: Witnessed) -> Verdict {
    let (network_id, log_index) = (found.network_id, found.log_index);
    let when = |witnessed_s: Option<u64>| {
        let witnessed_ms = witnessed_s.map(|s| When::Witnessed(s.saturating_mul(1_000)));
        witnessed_ms.unwrap_or(When::LogClock(found.time_ms))
    };
    let at_latest_ms = when(witnessed.at_latest_s());
    let still_at_ms = when(witnessed.still_at_s());
    let checkpoint = witnessed.checkpoint;
    match found.summary {
        Summary::Deactivated(summary) => Verdict::Deactivated {
            did,
            network_id,
            log_index,
            at_latest_ms,
            checkpoint,
            summary,
        },
        Summary::Active(summary) => Verdict::Active {
            did,
            network_id,
            log_index,
            still_at_ms,
            checkpoint,
            summary,
        },
        Summary::NeverExisted {} => Verdict::NeverExisted {
            did,
            network_id,
            log_index,
            still_at_ms,
            checkpoint,
        },
    }
}
