//! Digests of a document and of its signers.

use sha2::{Digest, Sha256};

use crate::limits::MAX_METHODS;
use crate::{Did, Document, KeyAlgorithm};

const KEY_SET_TAG: &[u8] = b"atropos/key-set/v1\0";

/// SHA-256 of the normalised document in its protobuf encoding.
pub fn document_hash(document: &Document) -> [u8; 32] {
    Sha256::digest(document.encode()).into()
}

/// SHA-256 of all that takes part in deactivating this DID: every verification method with its key, and every other DID
/// that is a controller of the document or of a method.
///
/// Methods are taken in the order of their ids, DIDs in theirs, each field with its length before it, so that two
/// documents have one hash exactly when the same keys and the same DIDs speak for them.
pub fn key_set_hash(document: &Document) -> [u8; 32] {
    let mut methods: Vec<_> = document.methods().iter().collect();
    methods.sort_by(|a, b| a.id().cmp(b.id()));
    debug_assert!(methods.len() <= MAX_METHODS);

    let mut hash = Sha256::new();
    hash.update(KEY_SET_TAG);
    hash.update((methods.len() as u32).to_be_bytes());
    for method in methods {
        field(&mut hash, method.id().as_str().as_bytes());
        hash.update([algorithm_code(method.key().algorithm())]);
        field(&mut hash, &method.key().to_bytes());
    }
    let signers = other_signers(document);
    hash.update((signers.len() as u32).to_be_bytes());
    for did in signers {
        field(&mut hash, did.as_str().as_bytes());
    }
    hash.finalize().into()
}

/// The DIDs other than the subject that speak for a document: its controllers and those of its methods, in order.
pub fn other_signers(document: &Document) -> Vec<Did> {
    let mut dids: Vec<Did> = document.controllers().to_vec();
    dids.extend(
        document
            .methods()
            .iter()
            .map(|method| method.controller().clone()),
    );
    dids.retain(|did| did != document.id());
    dids.sort();
    dids.dedup();
    dids
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u32).to_be_bytes());
    hash.update(bytes);
}

/// The registry of key algorithms in `docs/log-format.md`.
fn algorithm_code(algorithm: KeyAlgorithm) -> u8 {
    match algorithm {
        KeyAlgorithm::Ed25519 => 1,
        KeyAlgorithm::P256 => 2,
        KeyAlgorithm::P384 => 3,
        KeyAlgorithm::P521 => 4,
        KeyAlgorithm::Rsa => 5,
    }
}
