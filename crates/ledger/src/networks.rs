//! The ledgers of one process, by network.

use std::sync::Arc;

use did::Did;
use thiserror::Error;

use crate::Ledger;

/// The open ledgers, one for each network that is served. Clones are handles of the same ones.
#[derive(Clone)]
pub struct Networks {
    ledgers: Arc<[Ledger]>,
}

/// A network that no ledger here serves.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("network `{network}` is not served here; this ledger serves {}", served.join(", "))]
pub struct UnknownNetwork {
    /// The network that was named; empty when the DID names none.
    pub network: String,
    /// Those that are served.
    pub served: Vec<String>,
}

impl Networks {
    /// Puts ledgers together; of two for one network the first serves it.
    pub fn new(ledgers: Vec<Ledger>) -> Self {
        Self {
            ledgers: ledgers.into(),
        }
    }

    /// The ledger of a DID's network.
    ///
    /// # Errors
    /// [`UnknownNetwork`] names those that are served.
    pub fn of(&self, did: &Did) -> Result<&Ledger, UnknownNetwork> {
        self.by_name(did.namespace().unwrap_or_default())
    }

    /// The ledger of a network such as `testnet`.
    ///
    /// # Errors
    /// [`UnknownNetwork`] names those that are served.
    pub fn by_name(&self, network: &str) -> Result<&Ledger, UnknownNetwork> {
        self.iter()
            .find(|ledger| ledger.namespace() == network)
            .ok_or_else(|| UnknownNetwork {
                network: network.to_owned(),
                served: self
                    .iter()
                    .map(|ledger| ledger.namespace().to_owned())
                    .collect(),
            })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Ledger> {
        self.ledgers.iter()
    }
}
