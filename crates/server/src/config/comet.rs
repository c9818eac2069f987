//! Cosmos transactions and queries, for cheqd's client libraries.

use std::net::SocketAddr;
use std::str::FromStr;

use chain::CHAIN_ID_CHARS_MAX;
use cosmos::Address;
use serde::{Deserialize, Serialize};

use super::settings::{Network, invalid};
use super::sources::ConfigError;

/// Cosmos transactions and queries, for cheqd's client libraries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comet {
    /// Address and port of CometBFT's JSON-RPC; without it none is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// The network that transactions change.
    pub network: Network,
    /// The chain id that transactions are signed for.
    pub chain_id: String,
    /// What transactions cost.
    pub fees: Fees,
    /// The account that begins with all the money, where transactions cost something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faucet: Option<String>,
}

/// What transactions cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fees {
    /// Nothing; every account exists.
    #[default]
    Free,
    /// The fixed fees of the cheqd network.
    Static,
}

impl FromStr for Fees {
    type Err = String;

    fn from_str(text: &str) -> Result<Fees, String> {
        match text {
            "free" => Ok(Fees::Free),
            "static" => Ok(Fees::Static),
            _ => Err("expected free or static".into()),
        }
    }
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CometLayer {
    pub(super) listen: Option<SocketAddr>,
    pub(super) network: Option<Network>,
    pub(super) chain_id: Option<String>,
    pub(super) fees: Option<Fees>,
    pub(super) faucet: Option<String>,
}

impl CometLayer {
    pub(super) fn over(self, lower: CometLayer) -> CometLayer {
        CometLayer {
            listen: self.listen.or(lower.listen),
            network: self.network.or(lower.network),
            chain_id: self.chain_id.or(lower.chain_id),
            fees: self.fees.or(lower.fees),
            faucet: self.faucet.or(lower.faucet),
        }
    }
}

/// Fills the gaps with defaults. `networks` are those that are served, at least one.
pub(super) fn resolve(layer: CometLayer, networks: &[Network]) -> Result<Comet, ConfigError> {
    let first = networks.first().copied().unwrap_or(Network::Testnet);
    let network = layer.network.unwrap_or(first);
    let is_wanted = layer.listen.is_some() || layer.network.is_some();
    if is_wanted && !networks.contains(&network) {
        let reason = format!("{network} is not among the networks that are served");
        return Err(invalid("comet.network", reason));
    }
    let chain_id = layer
        .chain_id
        .unwrap_or_else(|| format!("atropos-{network}-1"));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = (1..=CHAIN_ID_CHARS_MAX).contains(&chain_id.len());
    if !fits || !chain_id.bytes().all(allowed) {
        let reason = format!("1 to {CHAIN_ID_CHARS_MAX} ASCII letters, digits and `-`");
        return Err(invalid("comet.chain_id", reason));
    }
    let fees = layer.fees.unwrap_or_default();
    if let Some(faucet) = &layer.faucet {
        Address::parse(faucet).map_err(|error| invalid("comet.faucet", error.to_string()))?;
    }
    if fees == Fees::Static && layer.faucet.is_none() {
        let reason = "is needed where fees are static: nobody else would have anything to pay with";
        return Err(invalid("comet.faucet", reason));
    }
    Ok(Comet {
        listen: layer.listen,
        network,
        chain_id,
        fees,
        faucet: layer.faucet,
    })
}
