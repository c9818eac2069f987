//! What a ledger may say and take, as far as others confirm that it is the newest one.
//!
//! A server put back to an older state knows nothing of what came after. Its head guard tells it, or a witness, or a
//! client with a newer checkpoint; whoever asks them says here how the log stands. Deactivations are told whatever the
//! standing: none of them is ever taken back.

use std::fmt;

/// How far others confirm this log. The order is that of gravity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody is asked: the head guard alone speaks for the log.
    Alone,
    /// The quorum of the configured witnesses has confirmed the log.
    Confirmed {
        /// The number of entries that was confirmed.
        size: u64,
        /// When, in Unix milliseconds.
        at_ms: u64,
    },
    /// The witnesses are being asked for the first time since the start. Nothing is taken until each has answered or
    /// its time is over: one of them may know that this is an older copy.
    Asking,
    /// The quorum has not answered since the start, or is silent for too long. Operations are taken; nobody is told
    /// that a DID is active.
    Unconfirmed,
    /// Somebody knows a larger log that this one has not signed. Nothing is taken and nobody is told that a DID is
    /// active, until that is cleared.
    Paused {
        /// The number of entries that is known elsewhere.
        known_size: u64,
        /// Who knows it.
        by: String,
    },
    /// The log's own key has signed another history. Nothing is taken any more.
    Contradicted {
        /// What was shown.
        reason: String,
    },
}

/// Why nobody is told whether a DID is active. That it has ended is always told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The log itself is not confirmed.
    Standing(Standing),
    /// Entries of the log were lost, and whether they changed this DID is not known yet.
    Unverified {
        /// Log index of the recovery leaf.
        since: u64,
    },
    /// Others keep the network, and no node of theirs has given an answer to rely on: none could be reached, or the
    /// ones that were are behind.
    Network {
        /// What is wrong.
        reason: String,
    },
}

impl Standing {
    /// Whether operations are taken.
    #[must_use]
    pub fn takes_operations(&self) -> bool {
        match self {
            Self::Alone | Self::Confirmed { .. } | Self::Unconfirmed => true,
            Self::Asking | Self::Paused { .. } | Self::Contradicted { .. } => false,
        }
    }

    /// Whether it may be told that a DID is active, or that there is none.
    #[must_use]
    pub fn tells_active(&self) -> bool {
        match self {
            Self::Alone | Self::Confirmed { .. } => true,
            Self::Asking | Self::Unconfirmed | Self::Paused { .. } | Self::Contradicted { .. } => {
                false
            }
        }
    }

    /// The standing after `next` was found: a contradiction stays for good, a pause until the log is confirmed.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (contradicted @ Self::Contradicted { .. }, _) => contradicted,
            (
                Self::Paused { known_size, by },
                Self::Paused {
                    known_size: other, ..
                },
            ) if other <= known_size => Self::Paused { known_size, by },
            (paused @ Self::Paused { .. }, Self::Alone | Self::Asking | Self::Unconfirmed) => {
                paused
            }
            (_, next) => next,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => f.write_str("no witness is asked; the head guard alone speaks for the log"),
            Self::Confirmed { size, .. } => write!(f, "the witnesses confirm {size} entries"),
            Self::Asking => f.write_str(
                "the witnesses are being asked whether they know a newer log; try again in a moment",
            ),
            Self::Unconfirmed => f.write_str(
                "the witnesses have not confirmed the log since the start, or not for too long; try again later",
            ),
            Self::Paused { known_size, by } => write!(
                f,
                "{by} knows a log of {known_size} entries that this one has not signed: an older copy may have \
                 been put \
                 back; nothing is accepted until that is cleared"
            ),
            Self::Contradicted { reason } => write!(
                f,
                "the log contradicts itself ({reason}): nothing is accepted any more and no DID is called active"
            ),
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standing(standing) => standing.fmt(f),
            Self::Unverified { since } => write!(
                f,
                "entries of the log were lost before entry {since}, and this DID is unverified since, or was created \
                 in them: import its operations from a copy of the old log, or let all its keys sign an update"
            ),
            Self::Network { reason } => write!(
                f,
                "the network cannot be asked at present ({reason}); try again in a moment"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(known_size: u64) -> Standing {
        Standing::Paused {
            known_size,
            by: "a witness".to_owned(),
        }
    }

    fn contradicted() -> Standing {
        Standing::Contradicted {
            reason: "two roots".to_owned(),
        }
    }

    const CONFIRMED: Standing = Standing::Confirmed { size: 7, at_ms: 1 };

    #[test]
    fn a_contradiction_stays_whatever_comes() {
        for next in [
            Standing::Alone,
            Standing::Asking,
            CONFIRMED,
            Standing::Unconfirmed,
            paused(9),
        ] {
            assert_eq!(contradicted().then(next), contradicted());
        }
    }

    #[test]
    fn a_pause_ends_with_a_confirmation_or_a_contradiction_alone() {
        assert_eq!(paused(9).then(Standing::Alone), paused(9));
        assert_eq!(paused(9).then(Standing::Asking), paused(9));
        assert_eq!(paused(9).then(Standing::Unconfirmed), paused(9));
        assert_eq!(paused(9).then(CONFIRMED), CONFIRMED);
        assert_eq!(paused(9).then(contradicted()), contradicted());
    }

    #[test]
    fn of_two_pauses_the_one_with_the_larger_log_is_kept() {
        assert_eq!(paused(9).then(paused(8)), paused(9));
        assert_eq!(paused(9).then(paused(10)), paused(10));
    }

    #[test]
    fn every_other_standing_gives_way() {
        for before in [
            Standing::Alone,
            Standing::Asking,
            CONFIRMED,
            Standing::Unconfirmed,
        ] {
            for next in [
                Standing::Alone,
                Standing::Asking,
                CONFIRMED,
                Standing::Unconfirmed,
                paused(9),
                contradicted(),
            ] {
                assert_eq!(before.clone().then(next.clone()), next);
            }
        }
    }
}
