//! A chain whose DIDs have one key.

use chain::query::QueryError;
use chain::{Chain, Fees, Funded, Settings};
use cosmos::proto::Any;
use cosmos::{Coins, DENOM, Draft, PayerKey, Signer};
use did::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use did::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    SignInfo, VerificationMethod,
};
use did::{Operation, OperationKind, Proposal};
use ed25519_dalek::{Signer as _, SigningKey};
use ledger::Embedded;
use proof::note::NoteSigner;
use prost::Message;
use store::Store;
use tempfile::TempDir;

pub const COLLECTION: &str = "7bf81a20-633c-4cc7-bc4a-5a45801005e0";
pub const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
pub const UNKNOWN: &str = "did:cheqd:testnet:00000000-633c-4cc7-bc4a-5a45801005e0";
/// In the order of time, which is not that of their letters.
pub const VERSIONS: [&str; 3] = [
    "cccccccc-1111-4111-8111-111111111111",
    "aaaaaaaa-2222-4222-8222-222222222222",
    "bbbbbbbb-3333-4333-8333-333333333333",
];
pub const CHAIN_ID: &str = "atropos-testnet-1";
/// What the payer has where fees are not free, in ncheq.
pub const FUNDS: u64 = 100_000_000_000;

pub struct World {
    pub ledger: Embedded,
    pub chain: Chain,
    pub payer: PayerKey,
    _folder: TempDir,
}

impl World {
    pub fn new(fees: Fees) -> World {
        let folder = tempfile::tempdir().unwrap();
        let [data, guard] = ["data", "guard"].map(|name| folder.path().join(name));
        let options = ledger::Options::new(data, guard, "testnet");
        let signer = || NoteSigner::from_seed("example.org/testnet", &[7; 32]).unwrap();
        Embedded::init(&options, &signer()).unwrap();
        let ledger = Embedded::open(&options, signer()).unwrap();
        let store = Store::open(&folder.path().join("store.sqlite"), chain::MIGRATIONS).unwrap();
        let payer = PayerKey::from_phrase(&format!("{}about", "abandon ".repeat(11))).unwrap();
        let settings = Settings {
            chain_id: CHAIN_ID.to_owned(),
            fees,
            funded: vec![Funded {
                address: payer.address(),
                amount: FUNDS,
            }],
        };
        World {
            chain: Chain::open(ledger.clone(), store, settings).unwrap(),
            ledger,
            payer,
            _folder: folder,
        }
    }

    /// The answer to a question that has one.
    pub async fn ask<A: Message + Default>(&self, path: &str, request: &impl Message) -> A {
        let answer = self.chain.query(path, &request.encode_to_vec(), 0).await;
        A::decode(answer.unwrap().as_slice()).unwrap()
    }

    /// The code and log of a refusal, as `abci_query` shows it.
    pub async fn refused(&self, path: &str, request: &impl Message) -> (QueryError, u32, String) {
        let answer = self.chain.query(path, &request.encode_to_vec(), 0).await;
        let error = answer.expect_err(path);
        let refusal = error.refusal();
        (error, refusal.code.as_u32(), refusal.to_string())
    }

    pub async fn submit(&self, operation: Operation) {
        let proposals = vec![Proposal::from(operation)];
        self.ledger.submit(proposals).await.unwrap();
    }

    /// The DID with all of [`VERSIONS`]; active.
    pub async fn create_and_update(&self) {
        let created = Operation::from_create(create(VERSIONS[0])).unwrap();
        self.submit(created).await;
        for version in &VERSIONS[1..] {
            let update = Operation::from_update(create(version)).unwrap();
            self.submit(update).await;
        }
    }

    pub async fn deactivate(&self, version_id: &str) {
        let payload = MsgDeactivateDidDocPayload {
            id: DID.to_owned(),
            version_id: version_id.to_owned(),
        };
        let message = MsgDeactivateDidDoc {
            signatures: signed(&payload),
            payload: Some(payload),
        };
        self.submit(Operation::from_deactivate(message).unwrap())
            .await;
    }

    /// A resource with this id and data.
    pub async fn resource(&self, id: &str, name: &str, data: &[u8]) {
        let payload = MsgCreateResourcePayload {
            data: data.to_vec(),
            collection_id: COLLECTION.to_owned(),
            id: id.to_owned(),
            name: name.to_owned(),
            version: "1.0".to_owned(),
            resource_type: "Type".to_owned(),
            also_known_as: Vec::new(),
        };
        let message = MsgCreateResource {
            signatures: signed(&payload),
            payload: Some(payload),
        };
        self.submit(Operation::from_create_resource(message).unwrap())
            .await;
    }

    /// A transaction of the payer that creates the DID.
    pub fn transaction(&self, sequence: u64) -> Vec<u8> {
        let account = self.chain.account(&self.payer.address()).unwrap().unwrap();
        let draft = Draft {
            messages: vec![Any {
                type_url: OperationKind::Create.type_url().to_owned(),
                value: create(VERSIONS[0]).encode_to_vec(),
            }],
            memo: String::new(),
            timeout_height: 0,
            fee: Coins::of(DENOM, u128::from(chain::fees::CREATE_DID)).unwrap(),
            gas_limit: 360_000,
        };
        let signer = Signer {
            chain_id: CHAIN_ID.to_owned(),
            account_number: account.number,
            sequence,
        };
        draft.sign(&self.payer, &signer)
    }
}

/// Creates the DID, or updates it.
pub fn create(version_id: &str) -> MsgCreateDidDoc {
    let payload = document(version_id);
    MsgCreateDidDoc {
        signatures: signed(&payload),
        payload: Some(payload),
    }
}

pub fn document(version_id: &str) -> MsgCreateDidDocPayload {
    let mut multicodec = vec![0xed, 0x01];
    multicodec.extend_from_slice(key().verifying_key().as_bytes());
    let method = VerificationMethod {
        id: format!("{DID}#key-1"),
        verification_method_type: "Ed25519VerificationKey2020".to_owned(),
        controller: DID.to_owned(),
        verification_material: multibase::encode(multibase::Base::Base58Btc, multicodec),
    };
    MsgCreateDidDocPayload {
        context: vec!["https://www.w3.org/ns/did/v1".to_owned()],
        id: DID.to_owned(),
        verification_method: vec![method],
        authentication: vec![format!("{DID}#key-1")],
        also_known_as: vec![format!("did:example:{version_id}")],
        version_id: version_id.to_owned(),
        ..MsgCreateDidDocPayload::default()
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn signed(payload: &impl Message) -> Vec<SignInfo> {
    vec![SignInfo {
        verification_method_id: format!("{DID}#key-1"),
        signature: key().sign(&payload.encode_to_vec()).to_bytes().to_vec(),
    }]
}
