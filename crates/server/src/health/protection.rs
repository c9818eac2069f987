//! What would notice if a server were put back to an older state. None of these nets holds alone.

use ledger::Assurance;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialect::atropos::{ShownCheckpoint, ShownStanding, time};

/// The nets below one network's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Protection {
    /// How the log stands with those who watch it.
    pub standing: ShownStanding,
    /// The head guard: it is held for as long as the ledger is open, so that this is always true.
    pub guard: bool,
    /// Witnesses that are asked.
    pub witnesses: Vec<WitnessHealth>,
    /// When a quorum of them had answered last; absent when none is asked, or none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum_at: Option<String>,
    /// The newest checkpoint that is published: what clients hold and can show to a server that forgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<ShownCheckpoint>,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WitnessHealth {
    /// Its name.
    pub name: String,
    /// When it cosigned last, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_cosigned: Option<String>,
    /// The largest log that it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_size: Option<u64>,
    /// What the last attempt met with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Protection {
    /// What is known of a network's nets.
    pub fn of(standing: Assurance, known: Option<publication::Protection>) -> Protection {
        let (witnesses, quorum_at_ms, published) = match known {
            Some(known) => (known.witnesses, known.quorum_at_ms, known.published),
            None => (Vec::new(), None, None),
        };
        let witness = |witness: publication::WitnessHealth| WitnessHealth {
            name: witness.name,
            last_cosigned: witness.last_cosigned_ms.map(time),
            known_size: witness.known_size,
            error: witness.last_error,
        };
        Protection {
            standing: standing.into(),
            guard: true,
            witnesses: witnesses.into_iter().map(witness).collect(),
            quorum_at: quorum_at_ms.map(time),
            published: published.as_ref().map(ShownCheckpoint::from),
        }
    }
}
