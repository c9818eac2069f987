//! Checks a file against the bytes to sign. Whatever follows from the bytes is not taken from the file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::{
    BoundVersion, Did, Document, KeyAlgorithm, ListedIn, MethodId, Operation, OperationKind,
    PublicKey, document_hash, is_reserved_version_id,
};
use sha2::{Digest, Sha256};

use super::{FileDocument, FileMethod, FileSlot, FileStatement, STATEMENT_FORMAT, StatementFile};

/// Why a statement file must not be signed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StatementFault {
    /// It is not a statement file.
    #[error("this is not a statement in the format {STATEMENT_FORMAT}: {0}")]
    Form(String),
    /// The file differs from the bytes that would be signed.
    #[error("the file contradicts the bytes that would be signed: {0}. Do not sign it")]
    Contradiction(String),
    /// The slots are not the complete set of the document.
    #[error(
        "the file does not ask every key of the document: {0} is missing. Do not sign it: the ledger would refuse the \
         operation"
    )]
    IncompleteSet(String),
}

/// A statement file whose parts agree with each other.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The ceremony.
    pub ceremony: String,
    /// The DID.
    pub did: Did,
    /// Its network.
    pub network: String,
    /// Until when signatures are accepted, according to the file.
    pub expires_at: String,
    /// Whether the owner may keep the signed message.
    pub pre_signed: bool,
    /// What is signed.
    pub statements: Vec<CheckedStatement>,
    /// Who signs.
    pub slots: Vec<CheckedSlot>,
    /// The current document of the DID, according to the file.
    pub present: Option<Document>,
}

/// A statement that was read from its bytes.
#[derive(Clone, Debug)]
pub struct CheckedStatement {
    /// The operation in the bytes.
    pub operation: Operation,
    /// What its version id is bound to.
    pub bound: Option<BoundVersion>,
}

/// A slot whose methods and keys are sound.
#[derive(Clone, Debug)]
pub struct CheckedSlot {
    /// Its number.
    pub slot: u32,
    /// Which statement is signed.
    pub statement: usize,
    /// The DID whose method signs.
    pub signer: Did,
    /// The methods that can sign.
    pub any_of: Vec<(MethodId, PublicKey)>,
}

impl Checked {
    /// Reads a file and checks it.
    ///
    /// # Errors
    /// [`StatementFault`]: why it must not be signed.
    pub fn of(file: &StatementFile) -> Result<Checked, StatementFault> {
        if file.format != STATEMENT_FORMAT {
            return Err(form(format!("its format is {:?}", file.format)));
        }
        let did = Did::parse(&file.did).map_err(|error| form(error.to_string()))?;
        agree(
            "network",
            &file.network,
            did.namespace().unwrap_or_default(),
        )?;
        let statements: Vec<CheckedStatement> = file
            .statements
            .iter()
            .map(|statement| checked_statement(statement, &did))
            .collect::<Result<_, _>>()?;
        let kinds: Vec<OperationKind> = statements.iter().map(|one| one.operation.kind()).collect();
        if !matches!(
            kinds[..],
            [_] | [OperationKind::Update, OperationKind::Deactivate]
        ) {
            return Err(form(
                "it must contain one statement, or an update and a deactivation".into(),
            ));
        }
        let slots: Vec<CheckedSlot> = file
            .slots
            .iter()
            .map(|slot| checked_slot(slot, statements.len()))
            .collect::<Result<_, _>>()?;
        let present = file
            .present_document
            .as_ref()
            .map(|document| checked_document(document, &did))
            .transpose()?;
        let checked = Checked {
            ceremony: file.ceremony.clone(),
            did,
            network: file.network.clone(),
            expires_at: file.expires_at.clone(),
            pre_signed: file.pre_signed,
            statements,
            slots,
            present,
        };
        checked.check_deactivation()?;
        Ok(checked)
    }

    /// The slots that a key can fill, each with its method.
    pub fn fillable(&self, key: &PublicKey) -> Vec<(&CheckedSlot, &MethodId)> {
        let slots = self.slots.iter().filter_map(|slot| {
            let method = slot.any_of.iter().find(|(_, own)| own == key)?;
            Some((slot, &method.0))
        });
        slots.collect()
    }

    /// The document that is deactivated: that of an update before it, or the current one.
    pub(super) fn deactivated(&self) -> Option<&Document> {
        let deactivates = self.statements.last()?.operation.kind() == OperationKind::Deactivate;
        let updated = self.statements.first()?.operation.document();
        updated.or(self.present.as_ref()).filter(|_| deactivates)
    }

    /// Every method of a document that is deactivated has its own slot.
    fn check_deactivation(&self) -> Result<(), StatementFault> {
        let Some(document) = self.deactivated() else {
            return Ok(());
        };
        let end = self.statements.len() - 1;
        for method in document.methods() {
            let asked = self.slots.iter().any(|slot| {
                let [(id, key)] = &slot.any_of[..] else {
                    return false;
                };
                slot.statement == end && id == method.id() && key == method.key()
            });
            if !asked {
                return Err(StatementFault::IncompleteSet(method.id().to_string()));
            }
        }
        Ok(())
    }
}

fn checked_statement(file: &FileStatement, did: &Did) -> Result<CheckedStatement, StatementFault> {
    let kind = [
        OperationKind::Create,
        OperationKind::Update,
        OperationKind::Deactivate,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == file.kind);
    let kind = kind.ok_or_else(|| form(format!("its kind is {:?}", file.kind)))?;
    let payload = bytes("payload", &file.payload)?;
    let operation = Operation::parse(kind, &payload, Vec::new()).map_err(|rejection| {
        contradiction(format!("they are not a valid {}: {rejection}", file.kind))
    })?;
    agree("DID", did.as_str(), operation.did().as_str())?;
    agree("version id", &file.version_id, operation.version_id())?;
    let sha256 = hex::encode(Sha256::digest(&payload));
    agree("SHA-256", &file.payload_sha256, &sha256)?;
    let bound = match &file.bound_preimage {
        Some(text) => Some(checked_bound(text, &operation)?),
        None if is_reserved_version_id(operation.version_id()) => {
            return Err(contradiction(
                "the version id is a bound one, and the file does not show what it is bound to"
                    .into(),
            ));
        }
        None => None,
    };
    Ok(CheckedStatement { operation, bound })
}

fn checked_bound(text: &str, operation: &Operation) -> Result<BoundVersion, StatementFault> {
    let bound = BoundVersion::decode(&bytes("boundPreimage", text)?)
        .map_err(|error| form(error.to_string()))?;
    agree(
        "bound version id",
        &bound.version_id(),
        operation.version_id(),
    )?;
    agree("bound DID", bound.did.as_str(), operation.did().as_str())?;
    if operation.kind() != OperationKind::Deactivate {
        return Err(contradiction("only a deactivation can be bound".into()));
    }
    Ok(bound)
}

fn checked_slot(file: &FileSlot, statements: usize) -> Result<CheckedSlot, StatementFault> {
    let signer = Did::parse(&file.signer).map_err(|error| form(error.to_string()))?;
    if ListedIn::of_str(&file.face).is_none() {
        return Err(form(format!("a face is {:?}", file.face)));
    }
    if file.statement >= statements {
        return Err(form(format!("slot {} has no statement", file.slot)));
    }
    let any_of = file
        .any_of
        .iter()
        .map(|method| checked_method(method, &signer))
        .collect::<Result<_, _>>()?;
    Ok(CheckedSlot {
        slot: file.slot,
        statement: file.statement,
        signer,
        any_of,
    })
}

fn checked_method(
    file: &FileMethod,
    signer: &Did,
) -> Result<(MethodId, PublicKey), StatementFault> {
    let method = MethodId::parse(&file.method).map_err(|error| form(error.to_string()))?;
    agree("signer", signer.as_str(), method.did().as_str())?;
    let key = KeyAlgorithm::of_str(&file.algorithm).and_then(|algorithm| {
        let bytes = hex::decode(&file.public_key_hex).ok()?;
        PublicKey::from_bytes(algorithm, &bytes).ok()
    });
    let key = key.ok_or_else(|| form(format!("the key of {method} is not usable")))?;
    Ok((method, key))
}

fn checked_document(file: &FileDocument, did: &Did) -> Result<Document, StatementFault> {
    let document = Document::restore_encoded(&bytes("presentDocument.encoded", &file.encoded)?)
        .map_err(|error| form(error.to_string()))?;
    agree("DID of the document", did.as_str(), document.id().as_str())?;
    let hash = hex::encode(document_hash(&document));
    agree("SHA-256 of the document", &file.sha256, &hash)?;
    Ok(document)
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>, StatementFault> {
    STANDARD
        .decode(text)
        .map_err(|_| form(format!("{name} is not base64 with padding")))
}

fn agree(name: &str, stated: &str, found: &str) -> Result<(), StatementFault> {
    if stated == found {
        return Ok(());
    }
    Err(contradiction(format!(
        "its {name} is {stated:?}, that of the bytes is {found:?}"
    )))
}

fn form(reason: String) -> StatementFault {
    StatementFault::Form(reason)
}

fn contradiction(reason: String) -> StatementFault {
    StatementFault::Contradiction(reason)
}
