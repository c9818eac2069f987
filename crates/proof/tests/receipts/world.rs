//! A log in memory with honest operations, and with lies where a test needs one.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use did::proto::{MsgCreateDidDocPayload, MsgDeactivateDidDocPayload};
use did::{
    Accepted, BoundVersion, Circumstances, Did, DidState, Document, Head, JudgeError, Known,
    Operation, OperationKind, Proposal, Rejection, RequiredSet, judge,
};
use proof::checkpoint::Checkpoint;
use proof::leaf::{
    Consulted, ConsultedStatus, Leaf, LeafReference, LeafSignature, OperationLeaf, StateLeaf,
    SubmissionPlace, VersionKind,
};
use proof::merkle::{inclusion_proof_of, root_of};
use proof::note::{Cosigner, Note, NoteSigner};
use proof::receipt::{Parts, ProvenDid, ProvenLeaf, Stage};
use proof::state::{NibbleNode, NibblePath, StateKey, StateProof, StateTree, StateValue, Status};
use proof::{Hash, NetworkId, sha256};
use prost::Message;

use crate::keys::{method, signature};

pub const ORIGIN: &str = "log.example/testnet";
pub const NETWORK: NetworkId = NetworkId::new([0x11; 32]);
pub const START_MS: u64 = 1_790_000_000_000;

/// What the state tree holds.
#[derive(Clone)]
pub struct Entry {
    pub value: StateValue,
    pub document: Vec<u8>,
}

pub type States = BTreeMap<Did, Entry>;

/// One [`Accepted`] for each operation, or the position and the refusal of the first that was refused.
pub type Judgement = Result<Vec<Accepted>, (usize, Rejection)>;

#[derive(Clone)]
pub struct World {
    pub network_id: NetworkId,
    pub leaves: Vec<Vec<u8>>,
    pub states: States,
    /// The states as every state leaf has them, by its index.
    pub closed: BTreeMap<u64, States>,
    pub time_ms: u64,
    pending: u32,
}

impl World {
    /// A log with its first state leaf. No receipt contains what precedes it.
    pub fn new() -> Self {
        Self::of(NETWORK)
    }

    pub fn of(network_id: NetworkId) -> Self {
        let mut world = Self {
            network_id,
            leaves: vec![b"\x09\x01 stands for the genesis leaf".to_vec()],
            states: States::new(),
            closed: BTreeMap::new(),
            time_ms: START_MS,
            pending: 0,
        };
        world.close();
        world
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Creates a DID; all its methods and the first one of each other signer sign. The operation's index.
    pub fn create(&mut self, document: &MsgCreateDidDocPayload) -> u64 {
        let signers = self.signers_of(&[document]);
        self.take(
            OperationKind::Create,
            document.encode_to_vec(),
            &signers,
            None,
        )
    }

    /// Updates a DID, with the signatures of all methods of the old and of the new document and their other signers.
    pub fn update(&mut self, document: &MsgCreateDidDocPayload) -> u64 {
        let operation = self.updating(document);
        self.submit(&[operation.into()])[0]
    }

    pub fn updating(&self, document: &MsgCreateDidDocPayload) -> Operation {
        let old = self.document(&document.id);
        let old = MsgCreateDidDocPayload {
            id: old.proto().id.clone(),
            controller: old.proto().controller.clone(),
            verification_method: old.proto().verification_method.clone(),
            ..MsgCreateDidDocPayload::default()
        };
        let signers = self.signers_of(&[document, &old]);
        signed(OperationKind::Update, document.encode_to_vec(), &signers)
    }

    /// Deactivates a DID with the complete set.
    pub fn deactivate(&mut self, number: u8) -> u64 {
        let (payload, signers) = (
            deactivation(number, &version(201)),
            self.complete_set(number),
        );
        self.take(OperationKind::Deactivate, payload, &signers, None)
    }

    pub fn end_bound(&mut self, bound: &BoundVersion) -> u64 {
        let payload = MsgDeactivateDidDocPayload {
            id: bound.did.to_string(),
            version_id: bound.version_id(),
        };
        let signers = self.complete_set_of(&bound.did);
        self.take(
            OperationKind::Deactivate,
            payload.encode_to_vec(),
            &signers,
            Some(bound),
        )
    }

    /// All methods that must sign, and the first one of each other signer.
    pub fn complete_set(&self, number: u8) -> Vec<String> {
        self.complete_set_of(&parsed(number))
    }

    fn complete_set_of(&self, did: &Did) -> Vec<String> {
        let document = self.document(did.as_str());
        let set = RequiredSet::of(&document, &mut self.clone()).unwrap();
        let own = set.methods().map(|(id, _)| id.to_string());
        let others = set
            .signers()
            .map(|(_, methods)| methods.keys().next().unwrap().to_string());
        own.chain(others).collect()
    }

    fn signers_of(&self, documents: &[&MsgCreateDidDocPayload]) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let mut others: Vec<&str> = Vec::new();
        for document in documents {
            others.extend(document.controller.iter().map(String::as_str));
            for method in &document.verification_method {
                ids.push(method.id.clone());
                others.push(&method.controller);
            }
        }
        for other in others {
            let is_other = documents.iter().all(|document| document.id != other);
            if is_other {
                let document = self.document(other);
                let has_keys = !documents[0].verification_method.is_empty();
                let take = if has_keys { 1 } else { usize::MAX };
                let methods = document.methods().iter().take(take);
                ids.extend(methods.map(|method| method.id().to_string()));
            }
        }
        ids.sort();
        ids.dedup();
        ids
    }

    pub fn document(&self, did: &str) -> Document {
        Document::restore_encoded(&self.states[&did.parse::<Did>().unwrap()].document).unwrap()
    }

    /// One honest operation and its state leaf.
    pub fn take(
        &mut self,
        kind: OperationKind,
        payload: Vec<u8>,
        signers: &[String],
        bound: Option<&BoundVersion>,
    ) -> u64 {
        let proposal = Proposal {
            operation: signed(kind, payload, signers),
            bound: bound.cloned(),
        };
        self.submit(&[proposal])[0]
    }

    /// A submission, with a state leaf wherever an operation depends on an earlier one, and one at its end.
    #[track_caller]
    pub fn submit(&mut self, proposals: &[Proposal]) -> Vec<u64> {
        self.time_ms += 1_000;
        let accepted = self.judge(proposals).unwrap();
        let mut indexes = Vec::new();
        for (position, (proposal, accepted)) in proposals.iter().zip(accepted).enumerate() {
            let rests_on_this = |seen: &did::Consulted| {
                seen.state
                    .as_ref()
                    .is_some_and(|state| state.head == Head::UNWRITTEN)
            };
            if accepted.consulted.iter().any(rests_on_this) && self.pending > 0 {
                self.close();
            }
            let mut leaf = self.leaf(proposal, &accepted);
            leaf.place = SubmissionPlace {
                position: position as u16,
                count: proposals.len() as u16,
            };
            indexes.push(self.append(&leaf, &accepted.document));
        }
        self.close();
        indexes
    }

    pub fn judge(&self, proposals: &[Proposal]) -> Judgement {
        let circumstances = Circumstances {
            namespace: "testnet",
            network_id: self.network_id.as_bytes(),
            time_ms: self.time_ms,
        };
        judge(proposals, &circumstances, &mut self.clone()).map_err(JudgeError::rejected)
    }

    /// The leaf that an honest log would write next.
    pub fn leaf(&self, proposal: &Proposal, accepted: &Accepted) -> OperationLeaf {
        let operation = &proposal.operation;
        let prior = self.states.get(operation.did());
        let consulted = accepted.consulted.iter().map(|seen| Consulted {
            did: seen.did.to_string(),
            status: match self.states.get(&seen.did) {
                None => ConsultedStatus::Absent,
                Some(entry) => match entry.value.status {
                    Status::Active => ConsultedStatus::Active(reference(&entry.value)),
                    Status::Deactivated { .. } => {
                        ConsultedStatus::Deactivated(reference(&entry.value))
                    }
                },
            },
        });
        let signatures = accepted.signatures.iter().map(|signature| LeafSignature {
            method_id: signature.method.to_string(),
            bytes: signature.bytes.clone(),
        });
        OperationLeaf {
            rule_set: 1,
            network_id: self.network_id,
            kind: operation.kind().of_version().expect("not a resource"),
            did: operation.did().to_string(),
            sequence: prior.map_or(1, |entry| entry.value.sequence + 1),
            place: SubmissionPlace {
                position: 0,
                count: 1,
            },
            previous: prior.map(|entry| reference(&entry.value)),
            judged_under: *self.closed.keys().next_back().unwrap(),
            time_ms: self.time_ms,
            payload: operation.payload().to_vec(),
            signatures: signatures.collect(),
            consulted: consulted.collect(),
            bound_preimage: proposal.bound.as_ref().map(BoundVersion::encode),
        }
    }

    /// Appends an operation, honest or not, and what it makes of its DID.
    pub fn append(&mut self, leaf: &OperationLeaf, document: &Document) -> u64 {
        let index = self.push(&Leaf::Operation(leaf.clone()));
        let did = document.id().clone();
        let ordinal = self.states.len() as u64;
        let prior = self.states.get(&did).map(|entry| entry.value);
        let key_set_hash: Hash = did::key_set_hash(document).into();
        let same_authority = prior.filter(|prior| prior.key_set_hash == key_set_hash);
        let value = StateValue {
            status: match leaf.kind {
                VersionKind::Deactivate => Status::Deactivated { index },
                VersionKind::Create | VersionKind::Update => Status::Active,
            },
            sequence: leaf.sequence,
            head_index: index,
            head_hash: self.hash(index),
            creation_index: prior.map_or(index, |prior| prior.creation_index),
            ordinal: prior.map_or(ordinal, |prior| prior.ordinal),
            authority_since: same_authority.map_or(index, |prior| prior.authority_since),
            document_hash: did::document_hash(document).into(),
            key_set_hash,
        };
        let document = document.encode();
        self.states.insert(did, Entry { value, document });
        self.pending += 1;
        index
    }

    pub fn push(&mut self, leaf: &Leaf) -> u64 {
        self.leaves.push(leaf.encode().unwrap());
        self.size() - 1
    }

    pub fn hash(&self, index: u64) -> Hash {
        Leaf::hash_of(&self.leaves[index as usize])
    }

    /// Writes the state leaf of everything so far.
    pub fn close(&mut self) -> u64 {
        let first_operation = self.size() - u64::from(self.pending);
        let leaf = StateLeaf {
            network_id: self.network_id,
            state_root: tree(&self.states, &self.network_id).0.root(),
            previous_state: self.closed.keys().next_back().copied(),
            first_operation,
            operations: std::mem::take(&mut self.pending),
            dids: self.states.len() as u64,
            time_ms: self.time_ms,
            parameters_hash: sha256(b"parameters"),
            other_heads: Vec::new(),
        };
        let index = self.push(&Leaf::State(leaf));
        self.closed.insert(index, self.states.clone());
        index
    }

    /// The checkpoint over everything, with these cosignatures.
    pub fn checkpoint(&self, cosigned: &[(&Cosigner, u64)]) -> String {
        let hashes: Vec<Hash> = self.leaves.iter().map(|leaf| Leaf::hash_of(leaf)).collect();
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size: self.size(),
            root: root_of(&hashes),
        };
        let note = checkpoint.sign(&log_key()).unwrap();
        let cosign = |note: Note, (cosigner, time_s): &(&Cosigner, u64)| {
            let line = cosigner.cosign(&note, *time_s);
            note.with(line).unwrap()
        };
        cosigned.iter().fold(note, cosign).to_string()
    }

    pub fn proven_leaf(&self, index: u64) -> ProvenLeaf {
        let hashes: Vec<Hash> = self.leaves.iter().map(|leaf| Leaf::hash_of(leaf)).collect();
        ProvenLeaf {
            index,
            leaf: self.leaves[index as usize].clone(),
            path: inclusion_proof_of(&hashes, index).unwrap(),
        }
    }

    pub fn proven_did(&self, state: u64, did: &Did) -> ProvenDid {
        let states = &self.closed[&state];
        let entry = states.get(did);
        ProvenDid {
            did: did.clone(),
            value: entry.map(|entry| entry.value),
            proof: prove(states, &self.network_id, did),
            document: entry.map(|entry| entry.document.clone()),
        }
    }

    /// The parts of a receipt for the deactivation at an index.
    pub fn deactivated_parts(&self, index: u64) -> Parts {
        let Ok(Leaf::Operation(leaf)) = Leaf::decode(&self.leaves[index as usize]) else {
            panic!("{index} is not an operation");
        };
        let dids = leaf.consulted.iter().map(|seen| seen.did.parse().unwrap());
        self.parts(&leaf.did, leaf.judged_under, dids.collect(), Some(index))
    }

    /// The parts of a receipt for what a DID is now.
    pub fn latest_parts(&self, number: u8) -> Parts {
        let subject = parsed(number);
        let mut dids = vec![subject.clone()];
        if let Some(entry) = self.states.get(&subject) {
            let document = Document::restore_encoded(&entry.document).unwrap();
            dids.extend(did::other_signers(&document));
        }
        dids.sort();
        let state = *self.closed.keys().next_back().unwrap();
        self.parts(subject.as_str(), state, dids, None)
    }

    pub fn parts(&self, did: &str, state: u64, dids: Vec<Did>, operation: Option<u64>) -> Parts {
        Parts {
            did: did.parse().unwrap(),
            stage: Stage::Finished,
            checkpoint: self.checkpoint(&[]),
            state: self.proven_leaf(state),
            dids: dids.iter().map(|did| self.proven_did(state, did)).collect(),
            operation: operation.map(|index| self.proven_leaf(index)),
        }
    }
}

impl Known for World {
    type Error = Infallible;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, Infallible> {
        Ok(self.states.get(did).map(|entry| {
            Arc::new(DidState {
                document: Document::restore_encoded(&entry.document).unwrap(),
                status: match entry.value.status {
                    Status::Active => did::Status::Active,
                    Status::Deactivated { .. } => did::Status::Deactivated,
                },
                head: Head {
                    index: entry.value.head_index,
                    leaf_hash: *entry.value.head_hash.as_bytes(),
                },
            })
        }))
    }

    fn version_is_used(&mut self, _: &Did, _: &str) -> Result<bool, Infallible> {
        Ok(false)
    }

    fn resource_exists(&mut self, _: &Did, _: &str) -> Result<bool, Infallible> {
        Ok(false)
    }
}

pub fn reference(value: &StateValue) -> LeafReference {
    LeafReference {
        index: value.head_index,
        hash: value.head_hash,
    }
}

pub fn prove(states: &States, network_id: &NetworkId, did: &Did) -> StateProof {
    let (tree, nodes) = tree(states, network_id);
    let load = |path: &NibblePath| Ok::<_, Infallible>(nodes.get(path).cloned());
    tree.prove(&StateKey::of(network_id, did.as_str()), load)
        .unwrap()
}

fn tree(states: &States, network_id: &NetworkId) -> (StateTree, BTreeMap<NibblePath, NibbleNode>) {
    let changes: Vec<(StateKey, Hash)> = states
        .iter()
        .map(|(did, entry)| (StateKey::of(network_id, did.as_str()), entry.value.hash()))
        .collect();
    let update = StateTree::EMPTY
        .update(&changes, |_| Ok::<_, Infallible>(None))
        .unwrap();
    (update.tree, update.nodes.into_iter().collect())
}

pub fn log_key() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[0x42; 32]).unwrap()
}

pub fn did(number: u8) -> String {
    format!("did:cheqd:testnet:{number:08x}-0000-4000-8000-000000000000")
}

pub fn parsed(number: u8) -> Did {
    did(number).parse().unwrap()
}

pub fn version(number: u8) -> String {
    format!("{number:08x}-0000-4000-9000-000000000000")
}

/// The document of a DID that controls itself, with the keys that these fragments name.
pub fn document(number: u8, fragments: &[&str]) -> MsgCreateDidDocPayload {
    let methods = fragments.iter().map(|name| method(&did(number), name));
    MsgCreateDidDocPayload {
        id: did(number),
        verification_method: methods.collect(),
        version_id: version(number),
        ..MsgCreateDidDocPayload::default()
    }
}

pub fn controlled_by(
    controllers: &[u8],
    document: MsgCreateDidDocPayload,
) -> MsgCreateDidDocPayload {
    MsgCreateDidDocPayload {
        controller: controllers.iter().copied().map(did).collect(),
        ..document
    }
}

/// The payload of a deactivation.
pub fn deactivation(number: u8, version_id: &str) -> Vec<u8> {
    MsgDeactivateDidDocPayload {
        id: did(number),
        version_id: version_id.to_owned(),
    }
    .encode_to_vec()
}

pub fn signed(kind: OperationKind, payload: Vec<u8>, signers: &[String]) -> Operation {
    let infos = signers.iter().map(|id| signature(id, &payload)).collect();
    Operation::parse(kind, &payload, infos).unwrap()
}
