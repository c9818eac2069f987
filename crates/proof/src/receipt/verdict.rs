//! What a verified receipt proves.

use did::Did;

use super::summary::{ActiveSummary, DeactivatedSummary, Summary};
use super::time::When;
use crate::NetworkId;
use crate::checkpoint::Checkpoint;
use crate::policy::Witnessed;

/// What is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The DID is deactivated, finally, and every required signer has signed.
    Deactivated {
        /// The DID.
        did: Did,
        /// Its network.
        network_id: NetworkId,
        /// Log index of the deactivation.
        log_index: u64,
        /// It was deactivated no later than this: the first time by which a quorum had seen the checkpoint.
        at_latest_ms: When,
        /// The checkpoint under which it is proven.
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
        /// Log index of the state leaf: the last leaf of the checkpoint.
        log_index: u64,
        /// It was still active then: the last time at which a quorum saw no newer checkpoint.
        still_at_ms: When,
        /// The checkpoint under which it is proven.
        checkpoint: Checkpoint,
        /// Its state.
        summary: ActiveSummary,
    },
    /// The DID did not exist in this network under the checkpoint.
    NeverExisted {
        /// The DID.
        did: Did,
        /// The network.
        network_id: NetworkId,
        /// Log index of the state leaf: the last leaf of the checkpoint.
        log_index: u64,
        /// It did not exist then: the last time at which a quorum saw no newer checkpoint.
        still_at_ms: When,
        /// The checkpoint under which it is proven.
        checkpoint: Checkpoint,
    },
}

/// What the parts prove under a checkpoint, before anything is known of its witnesses.
pub(super) struct Claim {
    pub(super) summary: Summary,
    pub(super) network_id: NetworkId,
    /// Log index of the leaf that makes the claim true: the deactivation or the state leaf.
    pub(super) log_index: u64,
    /// The time of that leaf, by the log's own clock.
    pub(super) time_ms: u64,
}

impl Claim {
    pub(super) fn verdict(self, did: Did, witnessed: Witnessed) -> Verdict {
        let (network_id, log_index) = (self.network_id, self.log_index);
        let at_latest_ms = When::of(witnessed.at_latest_s(), self.time_ms);
        let still_at_ms = When::of(witnessed.still_at_s(), self.time_ms);
        let checkpoint = witnessed.checkpoint;
        match self.summary {
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
}
