//! What the codes of a chain mean for a submission: one table.

use did::{Rejection, RejectionCode};

use crate::wire::Outcome;

/// The prefix of the chain's log where a message fails.
const FAILED: &str = "failed to execute message; message index: ";

/// What a refusal means for a submission.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The rules of the chain refuse one of the operations.
    Rejected {
        position: usize,
        rejection: Rejection,
    },
    /// Another sequence is the payer's next: this one, if the log names it.
    Sequence(Option<u64>),
    /// The transaction had expired before a node checked it.
    Expired,
    /// The price has moved.
    Price,
    /// It needs more gas than it offered.
    Gas,
    /// Too many transactions wait.
    Full,
    /// The payer's account is at fault.
    Unpaid,
    /// Something else, caused neither by the caller nor by this server.
    Other,
}

impl Verdict {
    pub(crate) fn of(refused: &Outcome) -> Self {
        let Outcome {
            codespace,
            code,
            log,
        } = refused;
        if let Some(verdict) = Self::rejected(codespace, *code, log) {
            return verdict;
        }
        match (codespace.as_str(), code) {
            ("sdk", 4 | 5 | 8 | 9 | 10) => Self::Unpaid,
            ("sdk", 11) => Self::Gas,
            ("sdk", 13) => Self::Price,
            ("sdk", 20) => Self::Full,
            ("sdk", 30) => Self::Expired,
            ("sdk", 32) => Self::Sequence(expected_sequence(log)),
            // Errors of cheqd's fees are registered nowhere.
            (_, 1) if is_about_fee(log) => Self::Price,
            _ => Self::Other,
        }
    }

    /// The verdict of a simulation, which gives every failure the same code and distinguishes them in words.
    pub(crate) fn of_text(log: &str) -> Self {
        let log = log.split(" with gas used: ").next().unwrap_or(log);
        if let Some((_, details)) = failed_message(log) {
            let is_it = |code: &RejectionCode| {
                let before = details.strip_suffix(code.as_str());
                before.is_some_and(|before| before.is_empty() || before.ends_with(": "))
            };
            if let Some(code) = RejectionCode::ALL.into_iter().find(is_it) {
                let number = u64::from(code.as_u32());
                return Self::rejected(code.codespace(), number, log).unwrap_or(Self::Other);
            }
        }
        if log.contains("incorrect account sequence") {
            Self::Sequence(expected_sequence(log))
        } else if log.contains("insufficient funds") {
            Self::Unpaid
        } else if is_about_fee(log) {
            Self::Price
        } else {
            Self::Other
        }
    }

    fn rejected(codespace: &str, number: u64, log: &str) -> Option<Self> {
        let is = |code: &RejectionCode| {
            code.codespace() == codespace && u64::from(code.as_u32()) == number
        };
        let code = RejectionCode::ALL.into_iter().find(is)?;
        let (position, details) = failed_message(log).unwrap_or((0, log));
        let description = details.strip_suffix(code.as_str()).unwrap_or(details);
        let description = description.strip_suffix(": ").unwrap_or(description);
        Some(Self::Rejected {
            position,
            rejection: Rejection::new(code, description),
        })
    }
}

/// Which message failed, and why, if one did.
fn failed_message(log: &str) -> Option<(usize, &str)> {
    let (_, rest) = log.split_once(FAILED)?;
    let (position, details) = rest.split_once(": ")?;
    Some((position.parse().ok()?, details))
}

/// From `account sequence mismatch, expected 7, got 5: incorrect account sequence`.
fn expected_sequence(log: &str) -> Option<u64> {
    let (_, rest) = log.split_once("expected ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn is_about_fee(log: &str) -> bool {
    log.contains("insufficient fee") || log.contains("fee too low")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn verdict(codespace: &str, code: u64, log: &str) -> Verdict {
        Verdict::of(&Outcome {
            codespace: codespace.to_owned(),
            code,
            log: log.to_owned(),
        })
    }

    #[test]
    fn a_refusal_of_the_rules_keeps_position_code_and_text() {
        for code in RejectionCode::ALL {
            let text = format!("{DID}: {}", code.as_str());
            let log = format!("failed to execute message; message index: 3: {text}");
            let expected = Verdict::Rejected {
                position: 3,
                rejection: Rejection::new(code, DID),
            };
            assert_eq!(
                verdict(code.codespace(), code.as_u32().into(), &log),
                expected
            );
            let simulated = format!("{log} with gas used: '41234': unknown request");
            assert_eq!(Verdict::of_text(&simulated), expected, "{simulated}");
            let Verdict::Rejected { rejection, .. } = expected else {
                unreachable!()
            };
            assert_eq!(rejection.to_string(), text);
        }
    }

    #[test]
    fn every_other_code_has_its_verdict() {
        let mismatch = "account sequence mismatch, expected 12, got 9: incorrect account sequence";
        for (codespace, code, log, expected) in [
            ("sdk", 4, "signature verification failed", Verdict::Unpaid),
            (
                "sdk",
                5,
                "spendable balance 1ncheq is smaller",
                Verdict::Unpaid,
            ),
            ("sdk", 11, "out of gas in location", Verdict::Gas),
            ("sdk", 13, "insufficient fees; got: 1ncheq", Verdict::Price),
            (
                "undefined",
                1,
                "insufficient fee: need at least 9ncheq, got 7ncheq",
                Verdict::Price,
            ),
            ("undefined", 1, "a node has panicked", Verdict::Other),
            ("sdk", 20, "mempool is full", Verdict::Full),
            ("sdk", 21, "tx too large", Verdict::Other),
            ("sdk", 30, "tx timeout height", Verdict::Expired),
            ("sdk", 32, mismatch, Verdict::Sequence(Some(12))),
            ("sdk", 32, "no words", Verdict::Sequence(None)),
            ("cheqd", 1300, "invalid did state value", Verdict::Other),
        ] {
            assert_eq!(
                verdict(codespace, code, log),
                expected,
                "{codespace}/{code}"
            );
        }
        assert_eq!(Verdict::of_text(mismatch), Verdict::Sequence(Some(12)));
        assert_eq!(Verdict::of_text("unknown query path"), Verdict::Other);
    }
}
