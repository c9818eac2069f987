//! What cheqd's own client library signs is accepted, byte for byte.

use did::{Did, Operation, OperationKind, RejectionCode};
use proof::leaf::{Leaf, OperationLeaf};
use tempfile::tempdir;

use super::world::{log_signer, real_options, submit};
use crate::log::{Found, Scan};
use crate::open::survey;
use crate::{Embedded, Options, SubmitError};

/// The one case whose document holds ids that are not in normal form.
const REFUSED: &str = "one-key-2020-upper-case-uuid-testnet";

#[test]
fn operations_of_the_cheqd_sdk_are_accepted_in_order_and_kept_byte_for_byte() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/cheqd-sdk.json");
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let operations = file["operations"].as_array().unwrap();
    let mut accepted = 0;
    for network in ["testnet", "mainnet"] {
        let of_network = operations
            .iter()
            .filter(|vector| vector["network"] == network);
        let (refused, taken): (Vec<_>, Vec<_>) =
            of_network.partition(|vector| vector["case"] == REFUSED);
        accepted += taken.len();
        take_all(network, &taken, &refused);
    }
    assert_eq!(accepted, operations.len() - 2);
}

fn take_all(network: &str, taken: &[&serde_json::Value], refused: &[&serde_json::Value]) {
    let dir = tempdir().unwrap();
    let mut options = real_options(dir.path());
    options.namespace = network.to_owned();
    Embedded::init(&options, &log_signer()).unwrap();
    let ledger = Embedded::open(&options, log_signer()).unwrap();
    for vector in taken {
        let did = Did::parse(vector["did"].as_str().unwrap()).unwrap();
        let operation = Operation::decode(kind(vector), &bytes(vector, "msgHex")).unwrap();
        submit(&ledger, vec![operation])
            .unwrap_or_else(|error| panic!("{}: {error}", vector["case"]));
        let version_id = vector["versionId"].as_str().unwrap();
        let version = ledger.version(&did, version_id).unwrap().unwrap();
        assert_eq!(
            version.deactivated,
            kind(vector) == OperationKind::Deactivate
        );
        assert_eq!(ledger.latest(&did).unwrap().unwrap(), version);
    }
    for vector in refused {
        refuse(&ledger, vector);
    }
    drop(ledger);
    Embedded::verify(&options).unwrap();

    let leaves = operation_leaves(&options);
    assert_eq!(leaves.len(), taken.len());
    for (leaf, vector) in leaves.iter().zip(taken) {
        assert_eq!(leaf.payload, bytes(vector, "payloadHex"));
        let of_vector = vector["signatures"].as_array().unwrap();
        let mut given = of_vector.iter().map(|given| {
            let id = given["verificationMethodId"].as_str().unwrap();
            (id, bytes(given, "signatureHex"))
        });
        // Of an external controller that signs with several keys, the deactivation keeps the first signature.
        for kept in &leaf.signatures {
            let kept = (kept.method_id.as_str(), kept.bytes.clone());
            assert!(given.any(|given| given == kept), "{kept:?}");
        }
        let own = |id: &str| id.split('#').next() == vector["did"].as_str();
        let own_given = of_vector
            .iter()
            .filter(|given| own(given["verificationMethodId"].as_str().unwrap()));
        let own_kept = leaf.signatures.iter().filter(|kept| own(&kept.method_id));
        assert_eq!(own_kept.count(), own_given.count());
    }
}

/// The create is not a valid message here, so that its deactivation finds no DID.
fn refuse(ledger: &Embedded, vector: &serde_json::Value) {
    match Operation::decode(kind(vector), &bytes(vector, "msgHex")) {
        Err(rejection) => assert_eq!(
            (kind(vector), rejection.code()),
            (OperationKind::Create, RejectionCode::BasicValidation)
        ),
        Ok(operation) => match submit(ledger, vec![operation]).unwrap_err() {
            SubmitError::Rejected { rejection, .. } => assert_eq!(
                (kind(vector), rejection.code()),
                (OperationKind::Deactivate, RejectionCode::DidDocNotFound)
            ),
            error => panic!("{error}"),
        },
    }
}

fn kind(vector: &serde_json::Value) -> OperationKind {
    OperationKind::of_type_url(vector["typeUrl"].as_str().unwrap()).unwrap()
}

fn bytes(value: &serde_json::Value, name: &str) -> Vec<u8> {
    hex::decode(value[name].as_str().unwrap()).unwrap()
}

/// The operations of the log in their order, from the files themselves.
fn operation_leaves(options: &Options) -> Vec<OperationLeaf> {
    let segments = survey(options).unwrap().segments;
    let mut scan = Scan::from_start(&segments);
    let mut found = Vec::new();
    while let Found::Frame(frame, _) = scan.next().unwrap() {
        for bytes in &frame.leaves {
            if let Leaf::Operation(leaf) = Leaf::decode(bytes).unwrap() {
                found.push(leaf);
            }
        }
    }
    found
}
