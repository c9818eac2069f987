//! Who is notified of what.

use std::collections::BTreeSet;

use did::Did;

use super::CredentialProblem;

/// Subscriptions of one tenant.
pub const SUBSCRIPTIONS_MAX: usize = 20;
/// Subscriptions of one server: each has its own task.
pub(crate) const SUBSCRIPTIONS_IN_ALL_MAX: usize = 10_000;
/// DIDs in one filter.
pub const FILTER_DIDS_MAX: usize = 1_000;

/// What a subscription is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every DID of every network that is served.
    All,
    /// One DID or several, at most [`FILTER_DIDS_MAX`].
    Dids(BTreeSet<Did>),
}

/// The request of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    /// Where messages go: an https URL of at most 2,048 bytes without user name, password and fragment.
    pub url: String,
    /// Which DIDs it is about.
    pub filter: Filter,
    /// What it is called where several things are counted; its id where this is `None`.
    pub integration: Option<String>,
    /// The id of the credential that its messages are sent with.
    pub credential: Option<String>,
}

/// A subscription whose row has just been written, for those who write further rows with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// What it is called where several things are counted.
    pub integration: String,
    /// The credential that it names.
    pub credential: Option<String>,
}

/// A subscription as its tenant sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id, a UUID.
    pub id: String,
    /// Where messages go.
    pub url: String,
    /// Which DIDs it is about.
    pub filter: Filter,
    /// What it is called where several things are counted.
    pub integration: String,
    /// The id of the credential that its messages are sent with.
    pub credential: Option<String>,
    /// When it was made, in Unix milliseconds. It is notified of operations from then on.
    pub created_ms: u64,
    /// What its messages are verified with: `whpk_` and base64 of an Ed25519 public key, of this subscription alone.
    pub public_key: String,
    /// How it goes.
    pub state: SubscriptionState,
}

/// How the delivery goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Messages are sent.
    Active {
        /// What is wrong at the moment.
        failing: Option<Failing>,
    },
    /// Nothing is sent, because its credential cannot be used. It continues when that is over.
    Held(CredentialProblem),
    /// Nothing is sent any more, until it is enabled again.
    Disabled {
        /// Since when, in Unix milliseconds.
        at_ms: u64,
        /// Why.
        reason: String,
    },
}

/// A delivery that has failed and is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// When it failed first, in Unix milliseconds.
    pub since_ms: u64,
    /// How often it has failed.
    pub attempts: u32,
    /// Why it failed last.
    pub reason: String,
    /// When it is tried again, in Unix milliseconds.
    pub next_attempt_ms: u64,
}

impl Filter {
    /// Whether it is notified of operations on this DID.
    #[must_use]
    pub fn includes(&self, did: &Did) -> bool {
        match self {
            Self::All => true,
            Self::Dids(dids) => dids.contains(did),
        }
    }
}
