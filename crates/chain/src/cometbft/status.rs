//! `status`: the node, and its newest block.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::answer::{Identity, Text64, hexadecimal, time};
use super::block;
use crate::Chain;
use crate::query::{APP_PROTOCOL, BLOCK_PROTOCOL, COMET_VERSION, P2P_PROTOCOL};

#[derive(Serialize)]
pub(super) struct Status {
    node_info: NodeInfo,
    sync_info: SyncInfo,
    validator_info: ValidatorInfo,
}

#[derive(Serialize)]
struct NodeInfo {
    protocol_version: ProtocolVersion,
    id: String,
    listen_addr: &'static str,
    network: String,
    version: &'static str,
    channels: &'static str,
    moniker: &'static str,
    other: Other,
}

#[derive(Serialize)]
struct ProtocolVersion {
    p2p: Text64,
    block: Text64,
    app: Text64,
}

#[derive(Serialize)]
struct Other {
    tx_index: &'static str,
    rpc_address: &'static str,
}

#[derive(Serialize)]
struct SyncInfo {
    latest_block_hash: String,
    latest_app_hash: String,
    latest_block_height: Text64,
    latest_block_time: String,
    earliest_block_hash: String,
    earliest_app_hash: String,
    earliest_block_height: Text64,
    earliest_block_time: String,
    catching_up: bool,
}

#[derive(Serialize)]
struct ValidatorInfo {
    address: String,
    pub_key: PublicKey,
    voting_power: Text64,
}

#[derive(Serialize)]
struct PublicKey {
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

impl Status {
    /// `catching_up` means that the ledger accepts no operations at present: a newer state may exist, and a client must
    /// not rely on this one.
    pub(super) fn of(chain: &Chain) -> Self {
        let ledger = chain.ledger();
        let published = ledger.published();
        let identity = Identity {
            key: *ledger.log_key(),
        };
        let height = chain.height();
        let root = hexadecimal(published.root.as_bytes());
        Self {
            node_info: NodeInfo {
                protocol_version: ProtocolVersion {
                    p2p: Text64(P2P_PROTOCOL),
                    block: Text64(BLOCK_PROTOCOL),
                    app: Text64(APP_PROTOCOL),
                },
                id: identity.peer(),
                listen_addr: "tcp://127.0.0.1:26656",
                network: chain.chain_id().to_owned(),
                version: COMET_VERSION,
                channels: "40202122233038606100",
                moniker: "atropos",
                other: Other {
                    tx_index: "on",
                    rpc_address: "tcp://127.0.0.1:26657",
                },
            },
            sync_info: SyncInfo {
                latest_block_hash: block::hash(chain, height),
                latest_app_hash: root.clone(),
                latest_block_height: Text64(height),
                latest_block_time: time(published.time_ms.max(chain.begins_ms(height))),
                earliest_block_hash: block::hash(chain, 1),
                earliest_app_hash: root,
                earliest_block_height: Text64(1),
                earliest_block_time: time(chain.begins_ms(1)),
                catching_up: ledger.fault().is_some() || !ledger.assurance().accepts_operations(),
            },
            validator_info: ValidatorInfo {
                address: identity.address(),
                pub_key: PublicKey {
                    kind: "tendermint/PubKeyEd25519",
                    value: STANDARD.encode(identity.key),
                },
                voting_power: Text64(1),
            },
        }
    }
}
