//! What the ledger costs in process: reading, writing to a real disk, the state tree alone, and receipts.
//!
//! Files lie in the temporary directory; set `TMPDIR` to measure another disk.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use did::proto::{
    DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, SignInfo, VerificationMethod,
};
use did::{Did, MethodType, Operation, OperationKind, Proposal, PublicKey};
use ed25519_dalek::{Signer, SigningKey};
use ledger::{Embedded, Options, SUBMISSION_OPERATIONS_MAX};
use proof::note::NoteSigner;
use proof::policy::Policy;
use proof::receipt::{Receipt, Stage};
use proof::state::{NibbleNode, NibblePath, StateKey, StateTree};
use proof::{Hash, NetworkId};
use prost::Message;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ORIGIN: &str = "ledger.bench/1";
/// Numbers of DIDs between which reading is compared.
const DID_COUNTS: [u64; 2] = [10_000, 200_000];
const IN_FLIGHT: [u64; 2] = [1, 64];

fn did_text(number: u64) -> String {
    format!(
        "did:cheqd:testnet:{:08x}-{:04x}-4000-8000-000000000000",
        number >> 16,
        number & 0xffff
    )
}

fn version_id(number: u64, version: u8) -> String {
    format!(
        "{:08x}-{:04x}-4000-9000-{version:012x}",
        number >> 16,
        number & 0xffff
    )
}

fn key(number: u64) -> SigningKey {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

fn signed(number: u64, kind: OperationKind, payload: Vec<u8>) -> Proposal {
    let signature = SignInfo {
        verification_method_id: format!("{}#key-1", did_text(number)),
        signature: key(number).sign(&payload).to_bytes().to_vec(),
    };
    Operation::parse(kind, &payload, vec![signature])
        .unwrap()
        .into()
}

fn create(number: u64) -> Proposal {
    let id = did_text(number);
    let method_type = MethodType::Ed25519VerificationKey2020;
    let public_key = PublicKey::from_ed25519(key(number).verifying_key().as_bytes()).unwrap();
    let document = DidDoc {
        verification_method: vec![VerificationMethod {
            id: format!("{id}#key-1"),
            verification_method_type: method_type.as_str().to_owned(),
            controller: id.clone(),
            verification_material: method_type.encode(&public_key).unwrap(),
        }],
        authentication: vec![format!("{id}#key-1")],
        id,
        ..DidDoc::default()
    };
    let payload = MsgCreateDidDocPayload::new(document, version_id(number, 1));
    signed(number, OperationKind::Create, payload.encode_to_vec())
}

fn deactivate(number: u64) -> Proposal {
    let payload = MsgDeactivateDidDocPayload {
        id: did_text(number),
        version_id: version_id(number, 2),
    };
    signed(number, OperationKind::Deactivate, payload.encode_to_vec())
}

/// A ledger on a real disk.
fn signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[42; 32]).unwrap()
}

struct World {
    ledger: Embedded,
    runtime: Runtime,
    dids: u64,
    _dir: TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options::new(dir.path().join("data"), dir.path().join("guard"), "testnet");
        Embedded::init(&options, &signer()).unwrap();
        let ledger = Embedded::open(&options, signer()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        Self {
            ledger,
            runtime,
            dids: 0,
            _dir: dir,
        }
    }

    fn filled(dids: u64) -> Self {
        let mut world = Self::new();
        world.add(dids);
        world
    }

    /// Makes that many further DIDs, and gives the numbers of them.
    fn add(&mut self, count: u64) -> std::ops::Range<u64> {
        let numbers = self.dids..self.dids + count;
        self.dids = numbers.end;
        let list: Vec<u64> = numbers.clone().collect();
        let submissions = list
            .chunks(SUBMISSION_OPERATIONS_MAX)
            .map(|chunk| chunk.iter().copied().map(create).collect());
        self.submit_all(submissions.collect(), 64);
        numbers
    }

    /// Hands all submissions in, with this many waiting at once, and takes the time.
    fn submit_all(&self, submissions: Vec<Vec<Proposal>>, in_flight: u64) -> Duration {
        let share = submissions.len().div_ceil(in_flight as usize).max(1);
        let mut submissions = submissions.into_iter();
        let lanes: Vec<Vec<Vec<Proposal>>> = (0..in_flight)
            .map(|_| submissions.by_ref().take(share).collect())
            .collect();
        let begin = Instant::now();
        self.runtime.block_on(async {
            let tasks = lanes.into_iter().map(|lane| {
                let ledger = self.ledger.clone();
                tokio::spawn(async move {
                    for submission in lane {
                        ledger.submit(submission).await.unwrap();
                    }
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
        });
        begin.elapsed()
    }
}

/// A number below `below`, the same for each `number`, spread evenly.
fn scattered(number: u64, below: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 16) % below
}

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("latest version");
    for count in DID_COUNTS {
        let world = World::filled(count);
        let dids: Vec<Did> = (0..100_000)
            .map(|number| Did::parse(&did_text(scattered(number, count))).unwrap())
            .collect();
        let mut next = dids.iter().cycle();
        group.bench_function(format!("of {count} DIDs"), |bencher| {
            bencher.iter(|| {
                let did = black_box(next.next().unwrap());
                world.ledger.latest(did).unwrap().unwrap()
            });
        });
    }
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("durable deactivation");
    let mut world = World::filled(DID_COUNTS[0]);
    group.sample_size(10).throughput(Throughput::Elements(1));
    for in_flight in IN_FLIGHT {
        group.bench_function(format!("{in_flight} in flight"), |bencher| {
            bencher.iter_custom(|count| {
                let numbers = world.add(count);
                world.submit_all(
                    numbers.map(|number| vec![deactivate(number)]).collect(),
                    in_flight,
                )
            });
        });
    }
}

fn state_tree(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("state tree");
    let network_id = NetworkId::from([9; 32]);
    let key = |number: u64| StateKey::of(&network_id, &did_text(number));
    let mut nodes: HashMap<NibblePath, NibbleNode> = HashMap::new();
    let changes: Vec<(StateKey, Hash)> = (0..DID_COUNTS[1])
        .map(|number| (key(number), Hash::new([number as u8; 32])))
        .collect();
    let full = StateTree::EMPTY
        .update(&changes, |path| {
            Ok::<_, Infallible>(nodes.get(path).cloned())
        })
        .unwrap();
    nodes.extend(full.nodes);
    for count in IN_FLIGHT {
        let changes: Vec<(StateKey, Hash)> = (0..count)
            .map(|number| (key(scattered(number, DID_COUNTS[1])), Hash::new([0xff; 32])))
            .collect();
        group.throughput(Throughput::Elements(count));
        group.bench_function(
            format!("change {count} of {} values", DID_COUNTS[1]),
            |bencher| {
                bencher.iter(|| {
                    let load = |path: &NibblePath| Ok::<_, Infallible>(nodes.get(path).cloned());
                    full.tree.update(black_box(&changes), load).unwrap()
                });
            },
        );
    }
}

/// Made by the operator of the log, verified by anyone from bytes alone.
fn receipts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receipt");
    let mut world = World::filled(DID_COUNTS[1]);
    let ended = world.add(1).start;
    world.submit_all(vec![vec![deactivate(ended)]], 1);
    let snapshot = world.ledger.fresh_snapshot().unwrap();
    let policy = format!("log {}\nquorum none\n", signer().verifier());
    let policy = Policy::parse(&policy, None).unwrap();
    for (name, number) in [("active", 0), ("deactivated", ended)] {
        let did = Did::parse(&did_text(number)).unwrap();
        let make = || {
            let note = snapshot.checkpoint();
            snapshot.state_receipt(&did, note, Stage::Published)
        };
        let bytes = make().unwrap().to_bytes();
        let name = format!("{name}, {} bytes, of {} DIDs", bytes.len(), world.dids);
        group.bench_function(format!("make: {name}"), |bencher| {
            bencher.iter(|| make().unwrap().to_bytes());
        });
        group.bench_function(format!("verify: {name}"), |bencher| {
            let verify = |bytes: &[u8]| Receipt::parse(bytes).unwrap().verify(&policy).is_ok();
            assert!(verify(&bytes));
            bencher.iter(|| verify(black_box(&bytes)));
        });
    }
}

criterion_group!(benches, read, write, state_tree, receipts);
criterion_main!(benches);
