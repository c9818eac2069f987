//! What an operator sets.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::webhooks::{CredentialSource, Reach};

/// How the logs of one process become public.
pub struct Settings {
    /// The networks that have witnesses. The others stand alone: every checkpoint is published at once.
    pub networks: Vec<NetworkSettings>,
    /// How often, and how long at most.
    pub timing: Timing,
    /// The signed lists of ended DIDs.
    pub status_list: StatusListSettings,
    /// Telling others about operations.
    pub webhooks: WebhookSettings,
}

/// The witnesses of one network.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// The network, such as `testnet`.
    pub namespace: String,
    /// Witnesses and quorum (C2SP `tlog-policy`). A witness is asked at its URL, the submission prefix of C2SP
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
    /// How long the quorum may be silent before "active" is not said any more.
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

/// The signed lists of ended DIDs (W3C Bitstring Status List).
pub struct StatusListSettings {
    /// Who issues them: a DID or an https URL.
    pub issuer: String,
    /// The list of a network stands at `<base_url>/<namespace>`.
    pub base_url: String,
    /// How long a list is valid.
    pub validity_s: u64,
    /// Seed of the Ed25519 key that signs them.
    pub seed: Seed,
}

/// Telling others about operations (Standard Webhooks).
pub struct WebhookSettings {
    /// The keys of all subscriptions are derived from it.
    pub seed: Seed,
    /// Where webhooks may lead.
    pub reach: Reach,
    /// The wait after a first failure; each further one is five times longer, up to 8 hours.
    pub first_retry_ms: u64,
    /// After how many days of failure a subscription is disabled.
    pub disable_after_days: u32,
    /// Who keeps the credentials that subscriptions name.
    pub credentials: Arc<dyn CredentialSource>,
    /// The `user-agent` of the requests.
    pub user_agent: String,
}

/// Thirty-two secret random bytes. Neither printable nor cloneable; wiped when dropped.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// Takes the bytes. The caller wipes its own copy.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
