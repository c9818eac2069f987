//! Networks that others keep: how a cheqd network is reached, and who pays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::Url;
use serde::{Deserialize, Serialize, Serializer};

use super::settings::{Limits, Network, invalid, refuse_inside};
use super::sources::ConfigError;

/// A network that others keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cheqd {
    /// Its chain id; a node of another chain is refused.
    pub chain_id: String,
    /// JSON-RPC addresses of its nodes, the preferred one first.
    #[serde(serialize_with = "as_texts")]
    pub nodes: Vec<Url>,
    /// File with the phrase of the account that pays.
    pub payer_file: PathBuf,
    /// The most that is offered for one transaction, in ncheq.
    pub fee_max_ncheq: u64,
    /// What is offered beyond a price in US dollars as it is converted now, in percent.
    pub slippage_percent: u32,
    /// Time between two looks for a transaction, in milliseconds.
    pub poll_ms: u64,
    /// Time for one question to a node, in milliseconds.
    pub request_timeout_ms: u64,
    /// Time for which a request waits for its block, in milliseconds.
    pub deadline_ms: u64,
    /// Blocks after which a transaction is void.
    pub timeout_blocks: u64,
    /// Age of the newest block from which on a node counts as cut off, in seconds; 0 for never.
    pub block_age_max_s: u64,
}

/// The tables, by network.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct CheqdLayers(BTreeMap<Network, CheqdLayer>);

/// One table as the file gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CheqdLayer {
    chain_id: Option<String>,
    nodes: Option<Vec<String>>,
    payer_file: Option<PathBuf>,
    fee_max_ncheq: Option<u64>,
    slippage_percent: Option<u32>,
    poll_ms: Option<u64>,
    request_timeout_ms: Option<u64>,
    deadline_ms: Option<u64>,
    timeout_blocks: Option<u64>,
    block_age_max_s: Option<u64>,
}

/// Nodes of one network.
const NODES_MAX: usize = 8;
/// 1,000 CHEQ: enough for several operations at once; a price that is wrong by powers of ten is not paid.
const FEE_MAX_NCHEQ: u64 = 1_000_000_000_000;

impl CheqdLayers {
    /// A table stands in one source as a whole.
    pub(super) fn over(mut self, lower: CheqdLayers) -> CheqdLayers {
        for (network, table) in lower.0 {
            self.0.entry(network).or_insert(table);
        }
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Fills the gaps with defaults. `logs` are the networks with a log of their own.
pub(super) fn resolve(
    layers: CheqdLayers,
    logs: &[Network],
    limits: &Limits,
    data: &Path,
) -> Result<BTreeMap<Network, Cheqd>, ConfigError> {
    let resolved = layers.0.into_iter().map(|(network, layer)| {
        if logs.contains(&network) {
            let reason = format!(
                "{network} stands in `networks`, too: either its log is kept here or it is asked"
            );
            return Err(invalid("cheqd", reason));
        }
        let cheqd = one(network, layer, limits)?;
        refuse_inside("cheqd.payer_file", &cheqd.payer_file, data)?;
        Ok((network, cheqd))
    });
    resolved.collect()
}

fn one(network: Network, layer: CheqdLayer, limits: &Limits) -> Result<Cheqd, ConfigError> {
    let default = cheqd::Timing::default();
    let payer_file = layer.payer_file.ok_or_else(|| {
        invalid(
            "cheqd.payer_file",
            format!("is needed for {network}: a file with the phrase of the account that pays"),
        )
    })?;
    let cheqd = Cheqd {
        chain_id: layer
            .chain_id
            .unwrap_or_else(|| chain_of(network).to_owned()),
        nodes: nodes(layer.nodes.unwrap_or_default())?,
        payer_file,
        fee_max_ncheq: layer.fee_max_ncheq.unwrap_or(FEE_MAX_NCHEQ),
        slippage_percent: layer.slippage_percent.unwrap_or(10),
        poll_ms: layer.poll_ms.unwrap_or(default.poll_ms),
        request_timeout_ms: layer
            .request_timeout_ms
            .unwrap_or(default.request_timeout_ms),
        deadline_ms: layer.deadline_ms.unwrap_or(default.deadline_ms),
        timeout_blocks: layer.timeout_blocks.unwrap_or(default.timeout_blocks),
        block_age_max_s: layer.block_age_max_s.unwrap_or(default.block_age_max_s),
    };
    within(
        "cheqd.slippage_percent",
        u64::from(cheqd.slippage_percent),
        0,
        100,
    )?;
    within("cheqd.poll_ms", cheqd.poll_ms, 10, 60_000)?;
    within(
        "cheqd.request_timeout_ms",
        cheqd.request_timeout_ms,
        10,
        60_000,
    )?;
    within("cheqd.timeout_blocks", cheqd.timeout_blocks, 2, 1_000_000)?;
    within("cheqd.block_age_max_s", cheqd.block_age_max_s, 0, 86_400)?;
    within("cheqd.fee_max_ncheq", cheqd.fee_max_ncheq, 1, u64::MAX)?;
    if cheqd.deadline_ms == 0 || cheqd.deadline_ms >= limits.request_timeout_ms {
        let reason = format!(
            "must be more than 0 and less than limits.request_timeout_ms ({}), where a request is cut",
            limits.request_timeout_ms
        );
        return Err(invalid("cheqd.deadline_ms", reason));
    }
    Ok(cheqd)
}

fn chain_of(network: Network) -> &'static str {
    match network {
        Network::Mainnet => "cheqd-mainnet-1",
        Network::Testnet => "cheqd-testnet-6",
    }
}

fn nodes(texts: Vec<String>) -> Result<Vec<Url>, ConfigError> {
    if !(1..=NODES_MAX).contains(&texts.len()) {
        return Err(invalid(
            "cheqd.nodes",
            format!("name 1 to {NODES_MAX} nodes"),
        ));
    }
    let url = |text: String| {
        let url = Url::parse(&text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        url.ok_or_else(|| invalid("cheqd.nodes", format!("`{text}` is no http or https URL")))
    };
    texts.into_iter().map(url).collect()
}

fn as_texts<S: Serializer>(urls: &[Url], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(urls.iter().map(Url::as_str))
}

fn within(setting: &'static str, value: u64, least: u64, most: u64) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(invalid(setting, format!("expected {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Layer, Places};
    use super::*;

    fn config(text: &str) -> Result<Config, String> {
        let layer = Layer::parse(text).map_err(|error| error.to_string())?;
        let places = Places {
            xdg_data_home: None,
            home: Some("/home/clotho".into()),
        };
        Config::resolve(layer, Layer::default(), Layer::default(), &places)
            .map_err(|error| error.to_string())
    }

    const MAINNET: &str =
        "[cheqd.mainnet]\nnodes = ['https://rpc.example.org']\npayer_file = '/run/payer'\n";

    #[test]
    fn a_network_that_others_keep_stands_beside_the_logs_and_reads_back() {
        let settings = config(MAINNET).unwrap().settings;
        assert_eq!(settings.networks, [Network::Testnet]);
        let mainnet = &settings.cheqd[&Network::Mainnet];
        assert_eq!(mainnet.chain_id, "cheqd-mainnet-1");
        assert_eq!(mainnet.nodes[0].as_str(), "https://rpc.example.org/");
        let printed = config(MAINNET).unwrap().printed();
        assert_eq!(config(&printed).unwrap().settings, settings);

        let alone = config(&format!("networks = []\n{MAINNET}")).unwrap();
        assert!(alone.settings.networks.is_empty());
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let with = |line: &str| format!("{MAINNET}{line}\n");
        for (text, name) in [
            (format!("networks = ['mainnet']\n{MAINNET}"), "`networks`"),
            (
                "[cheqd.mainnet]\nnodes = ['https://a.b']".into(),
                "payer_file",
            ),
            ("[cheqd.mainnet]\npayer_file = '/p'".into(), "cheqd.nodes"),
            (
                "[cheqd.mainnet]\nnodes = ['a.b']\npayer_file = '/p'".into(),
                "cheqd.nodes",
            ),
            (format!("data = '/run'\n{MAINNET}"), "cheqd.payer_file"),
            (with("deadline_ms = 30000"), "cheqd.deadline_ms"),
            (with("slippage_percent = 101"), "cheqd.slippage_percent"),
            (with("poll_ms = 1"), "cheqd.poll_ms"),
            (with("timeout_blocks = 1"), "cheqd.timeout_blocks"),
        ] {
            let error = config(&text).err().unwrap();
            assert!(error.contains(name), "{error}");
        }
    }
}
