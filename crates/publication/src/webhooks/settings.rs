//! What an operator sets about webhooks.

use std::sync::Arc;

use super::{CredentialSource, Reach};
use crate::seed::Seed;

/// Webhooks about operations (Standard Webhooks).
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
