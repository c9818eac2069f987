//! What a DID is now, and what it was at a time.
//!
//! A time lies between two published checkpoints. What the first holds was so already; what the second does not hold
//! was not so yet; between them only the log's own clock could decide, and it is not trusted.

use did::{Did, JudgeError, RequiredSet, Status};
use ledger::{DidFacts, ReadError, Withheld};
use thiserror::Error;

use crate::channel::Channel;
use crate::error::ServeError;
use crate::rows::PublishedCheckpoint;
use clock::now_ms;

/// DIDs in one question.
pub const STATUSES_MAX: usize = 10_000;

/// The answer about one DID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The DID.
    pub did: Did,
    /// What it is, or was.
    pub status: DidStatus,
    /// Between which checkpoints the time lies.
    pub bounds: Bounds,
}

/// What a DID is, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DidStatus {
    /// It can be used.
    Active {
        /// Nobody can change or end it any more: it lists no method, and no live controller is left. Reply for now
        /// alone.
        frozen: bool,
        /// DIDs that sign for it and have deactivated themselves. Reply for now alone.
        deactivated_controllers: Vec<Did>,
    },
    /// It is deactivated, for ever.
    Deactivated {
        /// Log index of the deactivation.
        log_index: u64,
        /// When that was accepted, by the log's clock in Unix milliseconds.
        time_ms: u64,
    },
    /// The DID does not exist, or did not exist yet.
    NeverExisted,
    /// It cannot be determined.
    Undecidable(Undecidable),
}

/// Why the status of a DID cannot be determined.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecidable {
    /// Active DIDs are not reported at present.
    #[error("{0}")]
    Withheld(Withheld),
    /// Nothing was published by then.
    #[error("no checkpoint was published at that time or before")]
    BeforeTheFirst,
    /// Nothing has been published since.
    #[error("no checkpoint has been published at that time or after; ask again later")]
    AfterTheLast,
    /// The change lies between the two checkpoints next to that time.
    #[error(
        "it changed between the two checkpoints next to that time, and only the log's own clock records when"
    )]
    Between,
}

/// The published checkpoints next to a time. For now: the newest one alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The last that was current at the time or before.
    pub before: Option<PublishedCheckpoint>,
    /// The first that was still current at the time or after.
    pub after: Option<PublishedCheckpoint>,
}

impl Channel {
    /// The published checkpoints next to a time; without one, the newest.
    pub(crate) fn bounds(&self, at_ms: Option<u64>) -> Result<Bounds, ServeError> {
        let origin = self.origin();
        Ok(match at_ms {
            None => Bounds {
                before: self.current().map(|view| view.published.clone()),
                after: None,
            },
            Some(at_ms) => Bounds {
                before: self.rows.before(origin, at_ms)?,
                after: self.rows.after(origin, at_ms)?,
            },
        })
    }

    /// What a DID is, or was at a time that lies in these bounds.
    pub(crate) fn status(
        &self,
        did: &Did,
        at_ms: Option<u64>,
        bounds: &Bounds,
    ) -> Result<DidStatus, ServeError> {
        let status = match at_ms {
            None => self.status_now(did),
            Some(at_ms) => self.status_at(did, at_ms, bounds),
        };
        match status {
            Err(ReadError::Withheld(withheld)) => {
                Ok(DidStatus::Undecidable(Undecidable::Withheld(withheld)))
            }
            other => Ok(other?),
        }
    }

    fn status_now(&self, did: &Did) -> Result<DidStatus, ReadError> {
        let facts = self.ledger.facts(did)?;
        if let Some(deactivated) = facts.and_then(|facts| facts.deactivation) {
            return Ok(DidStatus::Deactivated {
                log_index: deactivated.index,
                time_ms: deactivated.time_ms,
            });
        }
        // Withheld where it must not be disclosed.
        if self.ledger.latest(did)?.is_none() {
            return Ok(DidStatus::NeverExisted);
        }
        let Some(state) = self.ledger.state(did)? else {
            return Ok(DidStatus::NeverExisted);
        };
        if state.status == Status::Deactivated {
            return self.status_now(did);
        }
        match RequiredSet::of(&state.document, &mut self.ledger.known()) {
            Ok(set) => Ok(DidStatus::Active {
                frozen: false,
                deactivated_controllers: set.deactivated().cloned().collect(),
            }),
            Err(JudgeError::Rejected { .. }) => Ok(DidStatus::Active {
                frozen: true,
                deactivated_controllers: self.ended_among(state.document.controllers())?,
            }),
            Err(JudgeError::Unreadable(error)) => Err(error),
        }
    }

    fn ended_among(&self, controllers: &[Did]) -> Result<Vec<Did>, ReadError> {
        let mut deactivated = Vec::new();
        for controller in controllers {
            if self.ledger.deactivated_at(controller)?.is_some() {
                deactivated.push(controller.clone());
            }
        }
        Ok(deactivated)
    }

    fn status_at(&self, did: &Did, at_ms: u64, bounds: &Bounds) -> Result<DidStatus, ReadError> {
        let facts = self.ledger.facts(did)?;
        let status = within(facts.as_ref(), bounds);
        let assurance = match &status {
            DidStatus::Active { .. } | DidStatus::NeverExisted => {
                // The past is as doubtful as the present: what was lost may have changed it.
                self.ledger.assurance()
            }
            DidStatus::Deactivated { .. } | DidStatus::Undecidable(_) => return Ok(status),
        };
        if !assurance.discloses_active() {
            return Err(ReadError::Withheld(Withheld::Assurance(assurance)));
        }
        if at_ms > now_ms() {
            return Ok(DidStatus::Undecidable(Undecidable::AfterTheLast));
        }
        // An unverified DID is withheld here.
        self.ledger.latest(did)?;
        Ok(status)
    }
}

/// What follows from the two checkpoints alone.
fn within(facts: Option<&DidFacts>, bounds: &Bounds) -> DidStatus {
    let held = |index: u64| {
        bounds
            .before
            .as_ref()
            .is_some_and(|before| index < before.size)
    };
    let not_yet = |index: u64| {
        bounds
            .after
            .as_ref()
            .is_some_and(|after| index >= after.size)
    };
    let deactivated = facts.and_then(|facts| facts.deactivation);
    if let Some(deactivated) = deactivated.filter(|deactivated| held(deactivated.index)) {
        return DidStatus::Deactivated {
            log_index: deactivated.index,
            time_ms: deactivated.time_ms,
        };
    }
    if bounds.after.is_none() {
        return DidStatus::Undecidable(Undecidable::AfterTheLast);
    }
    let Some(facts) = facts.filter(|facts| !not_yet(facts.creation_index)) else {
        return DidStatus::NeverExisted;
    };
    let still_active = deactivated.is_none_or(|deactivated| not_yet(deactivated.index));
    match (held(facts.creation_index), still_active) {
        (true, true) => DidStatus::Active {
            frozen: false,
            deactivated_controllers: Vec::new(),
        },
        (false, _) if bounds.before.is_none() => {
            DidStatus::Undecidable(Undecidable::BeforeTheFirst)
        }
        _ => DidStatus::Undecidable(Undecidable::Between),
    }
}

#[cfg(test)]
mod tests {
    use ledger::Deactivation;
    use proof::Hash;

    use super::*;

    const ACTIVE: DidStatus = DidStatus::Active {
        frozen: false,
        deactivated_controllers: Vec::new(),
    };

    fn checkpoint(size: u64) -> PublishedCheckpoint {
        PublishedCheckpoint {
            size,
            root: Hash::from([0; 32]),
            at_latest_ms: 0,
            still_at_ms: 0,
            note: String::new(),
        }
    }

    fn bounds(before: Option<u64>, after: Option<u64>) -> Bounds {
        Bounds {
            before: before.map(checkpoint),
            after: after.map(checkpoint),
        }
    }

    /// Created at entry 3, deactivated at entry 7 or not at all.
    fn facts(deactivated: Option<u64>) -> DidFacts {
        DidFacts {
            ordinal: 0,
            creation_index: 3,
            created_ms: 0,
            sequence: 1,
            head_index: 3,
            head_ms: 0,
            authority_since: 3,
            deactivation: deactivated.map(|index| Deactivation { index, time_ms: 9 }),
        }
    }

    const DEACTIVATED: DidStatus = DidStatus::Deactivated {
        log_index: 7,
        time_ms: 9,
    };

    fn undecidable(reason: Undecidable) -> DidStatus {
        DidStatus::Undecidable(reason)
    }

    #[test]
    fn an_ended_did_is_told_by_what_both_checkpoints_hold() {
        let deactivated = facts(Some(7));
        for (before, after, expected) in [
            (Some(2), Some(3), DidStatus::NeverExisted),
            (None, Some(3), DidStatus::NeverExisted),
            (Some(3), Some(4), undecidable(Undecidable::Between)),
            (None, Some(4), undecidable(Undecidable::BeforeTheFirst)),
            (Some(4), Some(4), ACTIVE),
            (Some(4), Some(7), ACTIVE),
            (Some(4), Some(8), undecidable(Undecidable::Between)),
            (Some(7), Some(8), undecidable(Undecidable::Between)),
            (Some(7), None, undecidable(Undecidable::AfterTheLast)),
            (Some(8), Some(8), DEACTIVATED),
            (Some(8), None, DEACTIVATED),
            (None, None, undecidable(Undecidable::AfterTheLast)),
        ] {
            let found = within(Some(&deactivated), &bounds(before, after));
            assert_eq!(found, expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_did_that_lives_or_never_was_is_told_by_the_later_checkpoint() {
        let alive = facts(None);
        assert_eq!(within(Some(&alive), &bounds(Some(4), Some(100))), ACTIVE);
        assert_eq!(
            within(Some(&alive), &bounds(Some(4), None)),
            undecidable(Undecidable::AfterTheLast)
        );
        assert_eq!(
            within(None, &bounds(None, Some(1))),
            DidStatus::NeverExisted
        );
        assert_eq!(
            within(None, &bounds(Some(1), None)),
            undecidable(Undecidable::AfterTheLast)
        );
    }
}
