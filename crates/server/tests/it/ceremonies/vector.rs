//! The forms of the files, pinned.

use std::path::PathBuf;

use atropos::statement::{Checked, StatementFault, StatementFile};
use did::proto::{DidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, VerificationMethod};
use did::{
    BoundVersion, Did, Document, ListedIn, MethodId, MethodType, OperationKind, PublicKey, Scope,
};
use prost::Message;
use registrar::ceremony::{
    Ceremony, CeremonyId, Owner, Release, Slot, SlotKeys, SlotState, State, Statement,
};

use super::wallets::key;

pub const DID: &str = "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0";
const ID: &str = "5b9a2f86-0f43-4f0c-9d68-3a4d1c1f6f01";
/// 2030-01-01.
const EXPIRES_MS: u64 = 1_893_456_000_000;

fn public_key(seed: u8) -> PublicKey {
    PublicKey::from_ed25519(key(seed).verifying_key().as_bytes()).unwrap()
}

fn document(seeds: &[u8]) -> Document {
    let method_type = MethodType::Ed25519VerificationKey2020;
    let methods = seeds.iter().map(|seed| VerificationMethod {
        id: format!("{DID}#key-{seed}"),
        verification_method_type: method_type.to_string(),
        controller: DID.into(),
        verification_material: method_type.encode(&public_key(*seed)).unwrap(),
    });
    let document = DidDoc {
        id: DID.into(),
        controller: vec![DID.into()],
        verification_method: methods.collect(),
        ..DidDoc::default()
    };
    let version_id = "32e0613e-bee4-4ea4-952c-bba3e857fa2a".into();
    Document::from_payload(&MsgCreateDidDocPayload::new(document, version_id)).unwrap()
}

/// The end of a DID with two keys.
fn ceremony() -> Ceremony {
    let did = Did::parse(DID).unwrap();
    let bound = BoundVersion {
        network_id: [7; 32],
        did: did.clone(),
        scope: Scope::Authority([9; 32]),
        expires_ms: EXPIRES_MS,
    };
    let version_id = bound.version_id();
    let payload = MsgDeactivateDidDocPayload {
        id: DID.into(),
        version_id: version_id.clone(),
    };
    let slot = |number: u32, seed: u8| Slot {
        number,
        statement: 0,
        signer: did.clone(),
        listed_in: ListedIn::Present,
        keys: SlotKeys::Method {
            method: MethodId::parse(&format!("{DID}#key-{seed}")).unwrap(),
            key: Box::new(public_key(seed)),
        },
        state: SlotState::Missing,
    };
    Ceremony {
        id: CeremonyId::parse(ID).unwrap(),
        owner: Owner::Bearer,
        did: did.clone(),
        network: "testnet".into(),
        statements: vec![Statement {
            kind: OperationKind::Deactivate,
            version_id,
            payload: payload.encode_to_vec(),
            bound: Some(bound),
        }],
        slots: vec![slot(0, 1), slot(1, 2)],
        state: State::Collecting,
        release: Release::Submit,
        started_ms: EXPIRES_MS - 1000,
        expires_ms: EXPIRES_MS,
        cooling_ms: 0,
    }
}

pub fn file() -> StatementFile {
    StatementFile::of(&ceremony(), Some(&document(&[1, 2])))
}

pub fn fixture(name: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/ceremonies");
    PathBuf::from(folder).join(name)
}

/// Compares with a fixture, or writes it again if that is asked for.
pub fn assert_fixture(name: &str, text: &str) {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(fixture(name), text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(fixture(name)).unwrap(),
        "{name}"
    );
}

#[test]
fn a_statement_file_has_the_form_that_is_pinned() {
    let text = serde_json::to_string_pretty(&file()).unwrap() + "\n";
    assert_fixture("statement.json", &text);
    let read: StatementFile = serde_json::from_str(&text).unwrap();
    assert_eq!(read, file());
    Checked::of(&read).unwrap();
}

#[test]
fn a_file_that_says_something_else_than_its_bytes_is_not_signed() {
    let other_did = DID.replace("c1685ca0", "c1685ca1");
    type Change = fn(&mut StatementFile, &str);
    let contradictions: [(&str, Change); 9] = [
        ("DID", |file, other| file.did = other.into()),
        ("network", |file, _| file.network = "mainnet".into()),
        ("kind", |file, _| file.statements[0].kind = "update".into()),
        ("version id", |file, _| {
            file.statements[0].version_id = "32e0613e-bee4-4ea4-952c-bba3e857fa2a".into();
        }),
        ("hash", |file, _| {
            file.statements[0].payload_sha256 = "00".repeat(32)
        }),
        ("no preimage", |file, _| {
            file.statements[0].bound_preimage = None
        }),
        ("another preimage", |file, _| {
            use base64::Engine;
            let engine = base64::engine::general_purpose::STANDARD;
            let text = file.statements[0].bound_preimage.take().unwrap();
            let mut bytes = engine.decode(text).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            file.statements[0].bound_preimage = Some(engine.encode(bytes));
        }),
        ("signer", |file, other| file.slots[0].signer = other.into()),
        ("document", |file, _| {
            file.present_document.as_mut().unwrap().sha256 = "00".repeat(32);
        }),
    ];
    for (name, change) in contradictions {
        let mut file = file();
        change(&mut file, &other_did);
        let fault = Checked::of(&file).unwrap_err();
        assert!(
            matches!(fault, StatementFault::Contradiction(_)),
            "{name}: {fault}"
        );
    }
}

#[test]
fn a_file_that_leaves_a_key_of_the_document_out_is_not_signed() {
    let whole = StatementFile::of(&ceremony(), Some(&document(&[1, 2, 3])));
    let fault = Checked::of(&whole).unwrap_err();
    assert_eq!(fault, StatementFault::IncompleteSet(format!("{DID}#key-3")));
    let mut short = file();
    short.slots.pop();
    assert!(Checked::of(&short).is_err());
}
