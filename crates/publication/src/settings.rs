//! What an operator sets.

use crate::seed::Seed;
use crate::webhooks::WebhookSettings;

/// How the logs of one process become public.
pub struct Settings {
    /// The networks that have witnesses. In all others every checkpoint is published at once.
    pub networks: Vec<NetworkSettings>,
    /// How often, and how long at most.
    pub timing: Timing,
    /// The signed lists of deactivated DIDs.
    pub status_list: StatusListSettings,
    /// Webhooks.
    pub webhooks: WebhookSettings,
}

/// The witnesses of one network.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// The network, such as `testnet`.
    pub namespace: String,
    /// Witnesses and quorum (C2SP `tlog-policy`). A witness is reached at its URL, the submission prefix of C2SP
    /// `tlog-witness`. The line of the log itself is added where it is missing.
    pub policy_text: String,
    /// Up to which size earlier keys of the log may have signed, as JSON: see [`proof::policy::Policy::parse`].
    pub policy_bounds: Option<String>,
}

/// How often, and how long at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Shortest time between two checkpoints that are taken to the witnesses.
    pub interval_ms: u64,
    /// Age after which the same checkpoint is cosigned again.
    pub freshness_s: u64,
    /// How long the quorum may be silent before active DIDs are not reported any more.
    pub max_silence_s: u64,
    /// How long a receipt waits for a checkpoint that covers the newest change.
    pub receipt_wait_ms: u64,
    /// How long a witness has for one answer.
    pub witness_timeout_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            interval_ms: 1000,
            freshness_s: 60,
            max_silence_s: 180,
            receipt_wait_ms: 3000,
            witness_timeout_ms: 10_000,
        }
    }
}

/// The signed lists of deactivated DIDs (W3C Bitstring Status List).
pub struct StatusListSettings {
    /// Who issues them: a DID or an https URL.
    pub issuer: String,
    /// The list of a network is at `<base_url>/<namespace>`.
    pub base_url: String,
    /// How long a list is valid.
    pub validity_s: u64,
    /// Seed of the Ed25519 key that signs them.
    pub seed: Seed,
}
