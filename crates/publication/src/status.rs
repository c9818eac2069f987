//! What a DID is now, and what it was at a time.
//!
//! A time lies between two published checkpoints. What the first holds was so already; what the second does not hold
//! was not so yet; between them nobody but the log's own clock could tell, and that is not asked.

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
        /// Nobody can change or end it any more: it lists no method, and no live controller is left. Said for now
        /// alone.
        frozen: bool,
        /// DIDs that sign for it and have ended themselves. Said for now alone.
        ended_controllers: Vec<Did>,
    },
    /// It has ended, for ever.
    Deactivated {
        /// The operation that ended it.
        log_index: u64,
        /// When that was accepted, by the log's clock in Unix milliseconds.
        time_ms: u64,
    },
    /// There is no such DID, or there was none yet.
    NeverExisted,
    /// It cannot be said.
    Undecidable(Undecidable),
}

/// Why it cannot be said what a DID is or was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecidable {
    /// Whether DIDs are active is not said as things stand.
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
        "it changed between the two checkpoints next to that time, and only the log's own clock says when"
    )]
    Between,
}

/// The published checkpoints next to a time. For now: the newest one alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The last that stood at the time or before.
    pub before: Option<PublishedCheckpoint>,
    /// The first that still stood at the time or after.
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
        if let Some(ended) = facts.and_then(|facts| facts.ended) {
            return Ok(DidStatus::Deactivated {
                log_index: ended.index,
                time_ms: ended.time_ms,
            });
        }
        // Withheld where it must not be said.
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
                ended_controllers: set.deactivated().cloned().collect(),
            }),
            Err(JudgeError::Rejected { .. }) => Ok(DidStatus::Active {
                frozen: true,
                ended_controllers: self.ended_among(state.document.controllers())?,
            }),
            Err(JudgeError::Unreadable(error)) => Err(error),
        }
    }

    fn ended_among(&self, controllers: &[Did]) -> Result<Vec<Did>, ReadError> {
        let mut ended = Vec::new();
        for controller in controllers {
            if self.ledger.deactivated_at(controller)?.is_some() {
                ended.push(controller.clone());
            }
        }
        Ok(ended)
    }

    fn status_at(&self, did: &Did, at_ms: u64, bounds: &Bounds) -> Result<DidStatus, ReadError> {
        let facts = self.ledger.facts(did)?;
        let status = within(facts.as_ref(), bounds);
        let told = match &status {
            DidStatus::Active { .. } | DidStatus::NeverExisted => {
                // The past is as doubtful as the present: what was lost may have changed it.
                self.ledger.standing()
            }
            DidStatus::Deactivated { .. } | DidStatus::Undecidable(_) => return Ok(status),
        };
        if !told.tells_active() {
            return Err(ReadError::Withheld(Withheld::Standing(told)));
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
    let ended = facts.and_then(|facts| facts.ended);
    if let Some(ended) = ended.filter(|ended| held(ended.index)) {
        return DidStatus::Deactivated {
            log_index: ended.index,
            time_ms: ended.time_ms,
        };
    }
    if bounds.after.is_none() {
        return DidStatus::Undecidable(Undecidable::AfterTheLast);
    }
    let Some(facts) = facts.filter(|facts| !not_yet(facts.creation_index)) else {
        return DidStatus::NeverExisted;
    };
    let still_active = ended.is_none_or(|ended| not_yet(ended.index));
    match (held(facts.creation_index), still_active) {
        (true, true) => DidStatus::Active {
            frozen: false,
            ended_controllers: Vec::new(),
        },
        (false, _) if bounds.before.is_none() => {
            DidStatus::Undecidable(Undecidable::BeforeTheFirst)
        }
        _ => DidStatus::Undecidable(Undecidable::Between),
    }
}

#[cfg(test)]
mod tests {
    use ledger::Ending;
    use proof::Hash;

    use super::*;

    const ACTIVE: DidStatus = DidStatus::Active {
        frozen: false,
        ended_controllers: Vec::new(),
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

    /// Created at entry 3, ended at entry 7 or not at all.
    fn facts(ended: Option<u64>) -> DidFacts {
        DidFacts {
            ordinal: 0,
            creation_index: 3,
            created_ms: 0,
            sequence: 1,
            head_index: 3,
            head_ms: 0,
            authority_since: 3,
            ended: ended.map(|index| Ending { index, time_ms: 9 }),
        }
    }

    const ENDED: DidStatus = DidStatus::Deactivated {
        log_index: 7,
        time_ms: 9,
    };

    fn undecidable(reason: Undecidable) -> DidStatus {
        DidStatus::Undecidable(reason)
    }

    #[test]
    fn an_ended_did_is_told_by_what_both_checkpoints_hold() {
        let ended = facts(Some(7));
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
            (Some(8), Some(8), ENDED),
            (Some(8), None, ENDED),
            (None, None, undecidable(Undecidable::AfterTheLast)),
        ] {
            let found = within(Some(&ended), &bounds(before, after));
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
