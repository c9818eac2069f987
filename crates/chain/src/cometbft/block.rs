//! `block` and `block_results`. There is no consensus here: hashes of blocks are names, and prove nothing. What proves
//! something is the log and its checkpoints.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::answer::{Identity, Text64, hexadecimal, name_of, time};
use super::transaction::TxResult;
use crate::query::BLOCK_PROTOCOL;
use crate::{Block, Chain};

/// What blocks may hold, as a node's consensus has it. A transaction has a limit of its own.
const BLOCK_BYTES_MAX: u64 = 22_020_096;
/// Gas is not what limits a block; some clients do arithmetic with it.
const BLOCK_GAS_MAX: u64 = 1_000_000_000;

#[derive(Serialize)]
pub(super) struct BlockAnswer {
    block_id: BlockId,
    block: BlockBody,
}

#[derive(Serialize)]
struct BlockId {
    hash: String,
    parts: Parts,
}

#[derive(Serialize)]
struct Parts {
    total: u32,
    hash: String,
}

#[derive(Serialize)]
struct BlockBody {
    header: Header,
    data: Data,
    evidence: Evidence,
    last_commit: Commit,
}

#[derive(Serialize)]
struct Header {
    version: Version,
    chain_id: String,
    height: Text64,
    time: String,
    last_block_id: BlockId,
    last_commit_hash: String,
    data_hash: String,
    validators_hash: String,
    next_validators_hash: String,
    consensus_hash: String,
    app_hash: String,
    last_results_hash: String,
    evidence_hash: String,
    proposer_address: String,
}

#[derive(Serialize)]
struct Version {
    block: Text64,
}

#[derive(Serialize)]
struct Data {
    txs: Vec<String>,
}

#[derive(Serialize)]
struct Evidence {
    evidence: [(); 0],
}

#[derive(Serialize)]
struct Commit {
    height: Text64,
    round: u32,
    block_id: BlockId,
    signatures: [(); 0],
}

#[derive(Serialize)]
pub(super) struct BlockResults {
    height: Text64,
    txs_results: Option<Vec<TxResult>>,
    finalize_block_events: [(); 0],
    validator_updates: Option<()>,
    consensus_param_updates: ConsensusParams,
    app_hash: String,
}

#[derive(Serialize)]
struct ConsensusParams {
    block: BlockParams,
    evidence: EvidenceParams,
    validator: ValidatorParams,
}

#[derive(Serialize)]
struct BlockParams {
    max_bytes: Text64,
    max_gas: Text64,
}

#[derive(Serialize)]
struct EvidenceParams {
    max_age_num_blocks: Text64,
    max_age_duration: Text64,
    max_bytes: Text64,
}

#[derive(Serialize)]
struct ValidatorParams {
    pub_key_types: [&'static str; 1],
}

/// The name of a block.
pub(super) fn hash(chain: &Chain, height: u64) -> String {
    hexadecimal(&chain.block_hash(height))
}

impl BlockId {
    fn of(chain: &Chain, height: u64) -> Self {
        let hash = match height {
            0 => String::new(),
            height => hash(chain, height),
        };
        Self {
            parts: Parts {
                total: u32::from(height > 0),
                hash: hash.clone(),
            },
            hash,
        }
    }
}

impl BlockAnswer {
    pub(super) fn of(chain: &Chain, block: &Block) -> Self {
        let identity = Identity {
            key: *chain.ledger().log_key(),
        };
        let before = block.height - 1;
        let name = hash(chain, block.height);
        let validators = name_of(&[&identity.key]);
        let hashes = block
            .transactions
            .iter()
            .map(|one| one.hash.as_bytes().as_slice());
        let transactions = block.transactions.iter();
        Self {
            block_id: BlockId::of(chain, block.height),
            block: BlockBody {
                header: Header {
                    version: Version {
                        block: Text64(BLOCK_PROTOCOL),
                    },
                    chain_id: chain.chain_id().to_owned(),
                    height: Text64(block.height),
                    time: time(block.time_ms),
                    last_block_id: BlockId::of(chain, before),
                    last_commit_hash: name.clone(),
                    data_hash: name_of(&hashes.collect::<Vec<_>>()),
                    validators_hash: validators.clone(),
                    next_validators_hash: validators,
                    consensus_hash: name.clone(),
                    app_hash: name.clone(),
                    last_results_hash: name.clone(),
                    evidence_hash: name,
                    proposer_address: identity.address(),
                },
                data: Data {
                    txs: transactions
                        .map(|one| STANDARD.encode(&one.bytes))
                        .collect(),
                },
                evidence: Evidence { evidence: [] },
                last_commit: Commit {
                    height: Text64(before),
                    round: 0,
                    block_id: BlockId::of(chain, before),
                    signatures: [],
                },
            },
        }
    }
}

impl BlockResults {
    pub(super) fn of(chain: &Chain, block: &Block) -> Self {
        let results: Vec<TxResult> = block.transactions.iter().map(TxResult::of).collect();
        Self {
            height: Text64(block.height),
            txs_results: (!results.is_empty()).then_some(results),
            finalize_block_events: [],
            validator_updates: None,
            consensus_param_updates: ConsensusParams {
                block: BlockParams {
                    max_bytes: Text64(BLOCK_BYTES_MAX),
                    max_gas: Text64(BLOCK_GAS_MAX),
                },
                evidence: EvidenceParams {
                    max_age_num_blocks: Text64(100_000),
                    max_age_duration: Text64(172_800_000_000_000),
                    max_bytes: Text64(1_048_576),
                },
                validator: ValidatorParams {
                    pub_key_types: ["ed25519"],
                },
            },
            app_hash: hash(chain, block.height),
        }
    }
}
