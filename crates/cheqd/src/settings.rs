//! The configuration of a remote network.

use cosmos::PayerKey;
use reqwest::Url;
use sha2::{Digest, Sha256};

/// A network, and how it is reached.
pub struct Settings {
    /// The namespace of its DIDs, such as `testnet`.
    pub namespace: String,
    /// Its chain id, such as `cheqd-testnet-6`. A node of another chain is not used.
    pub chain_id: String,
    /// The JSON-RPC addresses of its nodes, the preferred one first; one at least.
    pub nodes: Vec<Url>,
    /// Who pays. No other program may sign for this account at the same time, if that can be helped.
    pub payer: PayerKey,
    /// The most that is offered for one transaction, in ncheq.
    pub fee_max_ncheq: u128,
    /// What is offered beyond a price in US dollars as it is converted now, in percent.
    pub slippage_percent: u32,
    /// How long things take.
    pub timing: Timing,
}

/// How long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two searches for a transaction, in milliseconds.
    pub poll_ms: u64,
    /// For one request to a node, in milliseconds.
    pub request_timeout_ms: u64,
    /// How long a submission waits for its block, in milliseconds. After that it is pending; a repeated request returns
    /// its result.
    pub deadline_ms: u64,
    /// Blocks after which a transaction that none of them includes is void.
    pub timeout_blocks: u64,
    /// Age of the newest block, in seconds, from which on a node counts as cut off; 0 for chains that make blocks only
    /// when there is something to put into them.
    pub block_age_max_s: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll_ms: 1_000,
            request_timeout_ms: 5_000,
            deadline_ms: 25_000,
            timeout_blocks: 20,
            block_age_max_s: 120,
        }
    }
}

/// The network id in bound version ids, derived from the chain id: the chain itself has none.
pub(crate) fn network_id(chain_id: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"atropos/cheqd-network/v1\0");
    hasher.update(chain_id.as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_has_one_id_for_ever() {
        assert_eq!(
            hex::encode(network_id("cheqd-mainnet-1")),
            "e7adde4257fecfe80ac1804ef74927a6afc6b6e1b9e4d0d7fdd0f0f9153917d1"
        );
    }
}
