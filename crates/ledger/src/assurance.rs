//! How certain it is that this log is the newest one, and what a ledger may disclose and accept meanwhile.
//!
//! A server restored to an older state cannot know what came after. Its head guard can reveal it, or a witness, or a
//! client with a newer checkpoint. Deactivations are always disclosed: none of them is ever undone.

use std::fmt;

/// How far witnesses and clients confirm this log, from best to worst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// There are no witnesses: only the head guard protects the log.
    Alone,
    /// The quorum of the configured witnesses has confirmed the log.
    Confirmed {
        /// Number of confirmed entries.
        size: u64,
        /// When, in Unix milliseconds.
        at_ms: u64,
    },
    /// The witnesses are queried for the first time since the start. Nothing is accepted until each has answered or
    /// timed out: one of them may know that this is an older copy.
    Asking,
    /// The quorum has not answered since the start, or for too long. Operations are accepted, but no DID is reported as
    /// active.
    Unconfirmed,
    /// A witness or client knows a larger log that this one has not signed. Nothing is accepted and no DID is reported
    /// as active until that is resolved.
    Paused {
        /// Number of entries known elsewhere.
        known_size: u64,
        /// Who knows it.
        by: String,
    },
    /// The log's own key has signed another history. Nothing is accepted any more.
    Contradicted {
        /// The evidence.
        reason: String,
    },
}

/// Why active DIDs are not reported. Deactivations always are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The log itself is not confirmed.
    Assurance(Assurance),
    /// Entries of the log were lost, and whether they changed this DID is not known yet.
    Unverified {
        /// Log index of the recovery leaf.
        since: u64,
    },
    /// The network is remote, and no node gave a reliable answer: none could be reached, or they were behind.
    Network {
        /// What is wrong.
        reason: String,
    },
}

impl Assurance {
    /// Whether operations are accepted.
    #[must_use]
    pub fn accepts_operations(&self) -> bool {
        match self {
            Self::Alone | Self::Confirmed { .. } | Self::Unconfirmed => true,
            Self::Asking | Self::Paused { .. } | Self::Contradicted { .. } => false,
        }
    }

    /// Whether it is reported that a DID is active, or that it does not exist.
    #[must_use]
    pub fn discloses_active(&self) -> bool {
        match self {
            Self::Alone | Self::Confirmed { .. } => true,
            Self::Asking | Self::Unconfirmed | Self::Paused { .. } | Self::Contradicted { .. } => {
                false
            }
        }
    }

    /// The assurance after `next` was found. A contradiction is permanent; a pause lasts until the log is confirmed.
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

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => f.write_str("there are no witnesses; only the head guard protects the log"),
            Self::Confirmed { size, .. } => write!(f, "the witnesses confirm {size} entries"),
            Self::Asking => f.write_str(
                "the witnesses are being queried for a newer log; try again in a moment",
            ),
            Self::Unconfirmed => f.write_str(
                "the witnesses have not confirmed the log since the start, or not for too long; try again later",
            ),
            Self::Paused { known_size, by } => write!(
                f,
                "{by} knows a log of {known_size} entries that this one has not signed: an older copy may have \
                 been restored; nothing is accepted until that is resolved"
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
            Self::Assurance(assurance) => assurance.fmt(f),
            Self::Unverified { since } => write!(
                f,
                "entries of the log were lost before entry {since}, and this DID is unverified since, or was created \
                 in them: import its operations from a copy of the old log, or let all its keys sign an update"
            ),
            Self::Network { reason } => write!(
                f,
                "the network cannot be reached at present ({reason}); try again in a moment"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(known_size: u64) -> Assurance {
        Assurance::Paused {
            known_size,
            by: "a witness".to_owned(),
        }
    }

    fn contradicted() -> Assurance {
        Assurance::Contradicted {
            reason: "two roots".to_owned(),
        }
    }

    const CONFIRMED: Assurance = Assurance::Confirmed { size: 7, at_ms: 1 };

    #[test]
    fn a_contradiction_stays_whatever_comes() {
        for next in [
            Assurance::Alone,
            Assurance::Asking,
            CONFIRMED,
            Assurance::Unconfirmed,
            paused(9),
        ] {
            assert_eq!(contradicted().then(next), contradicted());
        }
    }

    #[test]
    fn a_pause_ends_with_a_confirmation_or_a_contradiction_alone() {
        assert_eq!(paused(9).then(Assurance::Alone), paused(9));
        assert_eq!(paused(9).then(Assurance::Asking), paused(9));
        assert_eq!(paused(9).then(Assurance::Unconfirmed), paused(9));
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
            Assurance::Alone,
            Assurance::Asking,
            CONFIRMED,
            Assurance::Unconfirmed,
        ] {
            for next in [
                Assurance::Alone,
                Assurance::Asking,
                CONFIRMED,
                Assurance::Unconfirmed,
                paused(9),
                contradicted(),
            ] {
                assert_eq!(before.clone().then(next.clone()), next);
            }
        }
    }
}
