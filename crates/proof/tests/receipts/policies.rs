//! Policies, as texts: vectors hold them so.

use proof::NetworkId;
use proof::note::{Cosigner, NoteSigner, NoteVerifier};
use proof::policy::Policy;

use crate::world::{ORIGIN, log_key};

#[derive(Clone, Debug)]
pub struct PolicyText {
    pub policy: String,
    pub bounds: Option<String>,
}

impl PolicyText {
    pub fn parsed(&self) -> Policy {
        Policy::parse(&self.policy, self.bounds.as_deref()).unwrap()
    }

    pub fn with_bounds(self, bounds: impl Into<String>) -> Self {
        Self {
            bounds: Some(bounds.into()),
            ..self
        }
    }
}

pub fn witness(number: u8) -> Cosigner {
    let name = format!("witness-{number}.example");
    Cosigner::from_seed(&name, &[0x80 + number; 32]).unwrap()
}

/// The log, and no one else.
pub fn alone() -> PolicyText {
    of(log_key().verifier(), "quorum none\n")
}

/// The log and this many of three witnesses.
pub fn witnessed(threshold: usize) -> PolicyText {
    of_witnesses(3, threshold)
}

/// The log and all of so many witnesses.
pub fn witnessed_by_all(witnesses: u8) -> PolicyText {
    of_witnesses(witnesses, usize::from(witnesses))
}

fn of_witnesses(count: u8, threshold: usize) -> PolicyText {
    let lines = (1..=count).map(|number| {
        let key = witness(number).verifier().to_string();
        format!("witness w{number} {key}\n")
    });
    let names: String = (1..=count).map(|number| format!(" w{number}")).collect();
    let lines: String = lines.collect();
    let rest = format!("{lines}group all {threshold}{names}\nquorum all\n");
    of(log_key().verifier(), &rest)
}

/// Another key under the log's name.
pub fn of_another_key() -> PolicyText {
    let other = NoteSigner::from_seed(ORIGIN, &[0x43; 32]).unwrap();
    of(other.verifier(), "quorum none\n")
}

/// Another log.
pub fn of_another_log() -> PolicyText {
    let other = NoteSigner::from_seed("other.example/testnet", &[0x42; 32]).unwrap();
    of(other.verifier(), "quorum none\n")
}

/// The log alone, pinned to a network.
pub fn pinned_to(network_id: NetworkId) -> PolicyText {
    let bounds = format!(r#"{{"networks":[{{"origin":"{ORIGIN}","networkId":"{network_id}"}}]}}"#);
    alone().with_bounds(bounds)
}

fn of(log: &NoteVerifier, rest: &str) -> PolicyText {
    PolicyText {
        policy: format!("log {log}\n{rest}"),
        bounds: None,
    }
}
