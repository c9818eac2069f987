//! The ledgers of one process, by network.

use std::sync::Arc;

use did::Did;
use thiserror::Error;

use crate::{Embedded, Ledger};

/// The open ledgers, one for each network that is served. Clones are handles of the same ones.
#[derive(Clone)]
pub struct Networks {
    ledgers: Arc<[Arc<dyn Ledger>]>,
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

/// Why there is no log of a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoLog {
    /// The network is not served at all.
    #[error(transparent)]
    Unknown(#[from] UnknownNetwork),
    /// It is a remote network.
    #[error(
        "network `{network}` keeps no log here: its DIDs are on a public network, and this server proves nothing \
         of them"
    )]
    Elsewhere {
        /// The network.
        network: String,
    },
}

impl From<Embedded> for Arc<dyn Ledger> {
    fn from(ledger: Embedded) -> Self {
        Arc::new(ledger)
    }
}

impl Networks {
    /// Puts ledgers together; of two for one network the first serves it.
    pub fn new<L: Into<Arc<dyn Ledger>>>(ledgers: Vec<L>) -> Self {
        Self {
            ledgers: ledgers.into_iter().map(Into::into).collect(),
        }
    }

    /// The ledger of a DID's network.
    ///
    /// # Errors
    /// [`UnknownNetwork`] names those that are served.
    pub fn of(&self, did: &Did) -> Result<&dyn Ledger, UnknownNetwork> {
        self.by_name(did.namespace().unwrap_or_default())
    }

    /// The ledger of a network such as `testnet`.
    ///
    /// # Errors
    /// [`UnknownNetwork`] names those that are served.
    pub fn by_name(&self, network: &str) -> Result<&dyn Ledger, UnknownNetwork> {
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

    /// The log of a network such as `testnet`.
    ///
    /// # Errors
    /// [`NoLog`] states whether the network is not served, or is remote.
    pub fn log_of(&self, network: &str) -> Result<&Embedded, NoLog> {
        let ledger = self.by_name(network)?;
        ledger.log().ok_or_else(|| NoLog::Elsewhere {
            network: network.to_owned(),
        })
    }

    /// The log of a DID's network.
    ///
    /// # Errors
    /// [`NoLog`], likewise.
    pub fn log_of_did(&self, did: &Did) -> Result<&Embedded, NoLog> {
        self.log_of(did.namespace().unwrap_or_default())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Ledger> {
        self.ledgers.iter().map(AsRef::as_ref)
    }

    /// Those that keep a log here.
    pub fn logs(&self) -> impl Iterator<Item = &Embedded> {
        self.iter().filter_map(|ledger| ledger.log())
    }
}
