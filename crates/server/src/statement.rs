//! Statements and signatures as files: what a holder reads and signs offline, and what comes back.
//!
//! The formats are described in `docs/ceremonies.md` and pinned by a vector in `fixtures/`.

mod check;
mod summary;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::{Document, MethodId, PublicKey, document_hash};
use registrar::ceremony::{Ceremony, Release, SlotKeys};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

pub use check::{Checked, CheckedSlot, CheckedStatement, StatementFault};

use clock::rfc3339_ms;

/// What a statement file begins with.
pub const STATEMENT_FORMAT: &str = "atropos-statement/v1";
/// What a file of signatures begins with.
pub const SIGNATURES_FORMAT: &str = "atropos-signatures/v1";
/// Longest file of either kind, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// What needs signatures, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatementFile {
    /// `atropos-statement/v1`.
    pub format: String,
    /// The ceremony that it belongs to.
    pub ceremony: String,
    /// The DID that it is about.
    pub did: String,
    /// Its network.
    pub network: String,
    /// Until when signatures are taken.
    pub expires_at: String,
    /// Whether the owner may keep the signed message and submit it later.
    pub pre_signed: bool,
    /// What is signed: one statement, or an update and the deactivation after it.
    pub statements: Vec<FileStatement>,
    /// Who signs.
    pub slots: Vec<FileSlot>,
    /// The current document of the DID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present_document: Option<FileDocument>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileStatement {
    /// `create`, `update` or `deactivate`.
    pub kind: String,
    /// Id of the version that it makes.
    pub version_id: String,
    /// The exact bytes that are signed, in base64: the protobuf encoding of the payload.
    pub payload: String,
    /// SHA-256 of them, in hexadecimal.
    pub payload_sha256: String,
    /// The preimage of a bound version id, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_preimage: Option<String>,
}

/// A place for one signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileSlot {
    /// Its number.
    pub slot: u32,
    /// Which statement is signed, from 0.
    pub statement: usize,
    /// The DID whose method signs.
    pub signer: String,
    /// Document that lists the method: the `present` one of the DID, the `next` one, or that of an `other` DID.
    pub face: String,
    /// The methods that can sign: one, or several of which any is enough.
    pub any_of: Vec<FileMethod>,
}

/// A method with its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileMethod {
    /// Its id.
    pub method: String,
    /// `Ed25519`, `P-256`, `P-384`, `P-521` or `RSA`.
    pub algorithm: String,
    /// The public key in hexadecimal.
    pub public_key_hex: String,
}

/// A document, for those who want to check it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileDocument {
    /// Its protobuf encoding, in base64.
    pub encoded: String,
    /// SHA-256 of that, in hexadecimal.
    pub sha256: String,
}

/// Signatures of one ceremony.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureFile {
    /// `atropos-signatures/v1`, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The ceremony, if it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceremony: Option<String>,
    /// The signatures.
    pub signatures: Vec<FileSignature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileSignature {
    /// The slot that it is for. Without it, every slot that the method can fill is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<u32>,
    /// The method that has signed.
    pub method: String,
    /// The signature, in base64: 64 bytes for Ed25519, DER for ECDSA.
    pub signature: String,
}

impl StatementFile {
    /// The file of a ceremony; `present` is the current document of its DID.
    pub fn of(ceremony: &Ceremony, present: Option<&Document>) -> StatementFile {
        StatementFile {
            format: STATEMENT_FORMAT.to_owned(),
            ceremony: ceremony.id.to_string(),
            did: ceremony.did.to_string(),
            network: ceremony.network.clone(),
            expires_at: rfc3339_ms(ceremony.expires_ms),
            pre_signed: ceremony.release == Release::Export,
            statements: ceremony.statements.iter().map(FileStatement::of).collect(),
            slots: ceremony.slots.iter().map(FileSlot::of).collect(),
            present_document: present.map(|document| FileDocument {
                encoded: STANDARD.encode(document.encode()),
                sha256: hex::encode(document_hash(document)),
            }),
        }
    }
}

impl FileStatement {
    pub(crate) fn of(statement: &registrar::ceremony::Statement) -> FileStatement {
        FileStatement {
            kind: statement.kind.as_str().to_owned(),
            version_id: statement.version_id.clone(),
            payload: STANDARD.encode(&statement.payload),
            payload_sha256: hex::encode(Sha256::digest(&statement.payload)),
            bound_preimage: statement
                .bound
                .as_ref()
                .map(|bound| STANDARD.encode(bound.encode())),
        }
    }
}

impl FileSlot {
    fn of(slot: &registrar::ceremony::Slot) -> FileSlot {
        FileSlot {
            slot: slot.number,
            statement: slot.statement,
            signer: slot.signer.to_string(),
            face: slot.listed_in.as_str().to_owned(),
            any_of: methods_of(&slot.keys),
        }
    }
}

/// The methods that can fill a slot.
pub(crate) fn methods_of(by: &SlotKeys) -> Vec<FileMethod> {
    let methods = by.methods().into_iter();
    methods
        .map(|(method, key)| FileMethod::of(method, key))
        .collect()
}

impl FileMethod {
    pub(crate) fn of(method: &MethodId, key: &PublicKey) -> FileMethod {
        FileMethod {
            method: method.to_string(),
            algorithm: key.algorithm().as_str().to_owned(),
            public_key_hex: key.to_hex(),
        }
    }
}
