//! How the log becomes public: witnesses, published checkpoints, receipts, status, feed and webhooks.
//!
//! A checkpoint is *published* when the quorum of the configured witnesses has cosigned it; it is then recorded for
//! ever, and everything reported about active DIDs is based on it. What witnesses and clients know
//! of the log decides its assurance ([`ledger::Assurance`]). Where no witness is configured every checkpoint is
//! published as soon as it is taken.
//!
//! Deliberately absent: HTTP on the serving side, tenants' rights, keys but those that are submitted.

mod channel;
mod error;
mod evidence;
mod feed;
mod network;
mod publication;
mod publisher;
mod receipts;
mod rows;
mod seed;
mod settings;
mod status;
mod status_list;
mod webhooks;
mod witness;

use store::Migration;

pub use channel::{Protection, WitnessHealth};
pub use error::{PresentError, ServeError, StartError};
pub use evidence::Effect;
pub use feed::{FEED_LIMIT_MAX, FeedEntry, FeedFollower, FeedKind, FeedPage, FeedStatus};
pub use publication::{PRESENTED_BYTES_MAX, Publication};
pub use receipts::{Claim, Served};
pub use rows::PublishedCheckpoint;
pub use seed::Seed;
pub use settings::{NetworkSettings, Settings, StatusListSettings, Timing};
pub use status::{Bounds, DidStatus, STATUSES_MAX, StatusAnswer, Undecidable};
pub use status_list::StatusList;
pub use webhooks::{
    CredentialProblem, CredentialSource, FILTER_DIDS_MAX, Failing, Filter, InvalidUrl, Lookup,
    NameSource, NewSubscription, NoCredentials, PublicAddress, Reach, RefusedAddress, Registered,
    SUBSCRIPTIONS_MAX, Schemes, Subscription, SubscriptionState, SystemNames, URL_BYTES_MAX,
    UnfitCredential, WebhookCredential, WebhookError, WebhookSettings, Webhooks,
};
pub use witness::{InvalidLogs, WitnessReply, WitnessStore};

/// The tables of this crate, for [`store::Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "publication",
        version: 1,
        sql: include_str!("migrations/1.sql"),
    },
    Migration {
        component: "publication",
        version: 2,
        sql: include_str!("migrations/2.sql"),
    },
];
