//! Checkpoints and assurances as answers contain them.

use ledger::Assurance;
use publication::{Bounds, PublishedCheckpoint};
use serde::Serialize;
use utoipa::ToSchema;

use clock::rfc3339_ms;

/// A checkpoint that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownCheckpoint)]
pub struct CheckpointView {
    /// Entries of the log.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// When a quorum had cosigned it, at the latest. Without witnesses, by the log's own clock.
    pub at_latest: String,
    /// The last moment at which a quorum had seen nothing larger, in the same way.
    pub still_at: String,
}

impl From<&PublishedCheckpoint> for CheckpointView {
    fn from(checkpoint: &PublishedCheckpoint) -> CheckpointView {
        CheckpointView {
            size: checkpoint.size,
            root: checkpoint.root.to_string(),
            at_latest: rfc3339_ms(checkpoint.at_latest_ms),
            still_at: rfc3339_ms(checkpoint.still_at_ms),
        }
    }
}

/// The published checkpoints between which a status was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ShownBounds)]
pub struct BoundsView {
    /// The last one up to the time that was asked for; the newest one where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<CheckpointView>,
    /// The first one from that time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<CheckpointView>,
}

impl From<&Bounds> for BoundsView {
    fn from(bounds: &Bounds) -> BoundsView {
        BoundsView {
            before: bounds.before.as_ref().map(Into::into),
            after: bounds.after.as_ref().map(Into::into),
        }
    }
}

/// How a log stands with those who watch it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(
    tag = "state",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
#[schema(as = ShownStanding)]
pub enum AssuranceView {
    /// No witness watches: the head guard alone notices an older copy of the data.
    Alone,
    /// A quorum has confirmed the log.
    Confirmed {
        /// At this size.
        size: u64,
        /// And this time.
        at: String,
    },
    /// The witnesses are being asked for the first time since the start. Nothing is accepted yet.
    Asking,
    /// No quorum has answered since the start, or for too long. "Active" is not said.
    Unconfirmed,
    /// Somebody has seen a larger log, which this server does not know. Nothing is accepted, "active" is not said.
    Paused {
        /// The size that was seen.
        known_size: u64,
        /// By whom.
        by: String,
    },
    /// There is a checkpoint of this log that contradicts it. Nothing is accepted, "active" is never said again.
    Contradicted {
        /// Which.
        reason: String,
    },
}

impl From<Assurance> for AssuranceView {
    fn from(assurance: Assurance) -> AssuranceView {
        match assurance {
            Assurance::Alone => AssuranceView::Alone,
            Assurance::Confirmed { size, at_ms } => AssuranceView::Confirmed {
                size,
                at: rfc3339_ms(at_ms),
            },
            Assurance::Asking => AssuranceView::Asking,
            Assurance::Unconfirmed => AssuranceView::Unconfirmed,
            Assurance::Paused { known_size, by } => AssuranceView::Paused { known_size, by },
            Assurance::Contradicted { reason } => AssuranceView::Contradicted { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assurance_contains_what_is_known() {
        for (assurance, expected) in [
            (Assurance::Alone, json!({"state": "alone"})),
            (
                Assurance::Confirmed {
                    size: 7,
                    at_ms: 1_774_000_000_000,
                },
                json!({"state": "confirmed", "size": 7, "at": "2026-03-20T09:46:40.000Z"}),
            ),
            (
                Assurance::Paused {
                    known_size: 9,
                    by: "w".into(),
                },
                json!({"state": "paused", "knownSize": 9, "by": "w"}),
            ),
        ] {
            let shown = serde_json::to_value(AssuranceView::from(assurance)).unwrap();
            assert_eq!(shown, expected);
        }
    }
}
