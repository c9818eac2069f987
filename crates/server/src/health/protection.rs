//! The safeguards against a rollback to an older state. No one of them suffices alone.

use ledger::Assurance;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AssuranceView, CheckpointView};
use clock::rfc3339_ms;

/// The safeguards of one network's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Protection {
    /// What the witnesses and the checkpoints shown by clients confirm about the log.
    pub standing: AssuranceView,
    /// The head guard. It is locked while the ledger is open, so this is always true.
    pub guard: bool,
    /// The configured witnesses.
    pub witnesses: Vec<WitnessHealth>,
    /// Time of the last answers of a quorum; absent without witnesses or answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum_at: Option<String>,
    /// The newest published checkpoint. Clients that keep it can show it to a server that was rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<CheckpointView>,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WitnessHealth {
    /// Its name.
    pub name: String,
    /// Time of its last cosignature, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_cosigned: Option<String>,
    /// The largest log that it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_size: Option<u64>,
    /// Error of the last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Protection {
    /// What is known about a network's safeguards.
    pub fn of(standing: Assurance, known: Option<publication::Protection>) -> Protection {
        let (witnesses, quorum_at_ms, published) = match known {
            Some(known) => (known.witnesses, known.quorum_at_ms, known.published),
            None => (Vec::new(), None, None),
        };
        let witness = |witness: publication::WitnessHealth| WitnessHealth {
            name: witness.name,
            last_cosigned: witness.last_cosigned_ms.map(rfc3339_ms),
            known_size: witness.known_size,
            error: witness.last_error,
        };
        Protection {
            standing: standing.into(),
            guard: true,
            witnesses: witnesses.into_iter().map(witness).collect(),
            quorum_at: quorum_at_ms.map(rfc3339_ms),
            published: published.as_ref().map(CheckpointView::from),
        }
    }
}
