//! Why a request was not done, by whose fault it is. A request that was refused has left nothing behind.

use did::{
    Did, IncompleteSet, JudgeError, MethodId, Rejection, RejectionCode, UnsupportedKey,
    VerificationMethod,
};
use keystore::KeystoreError;
use ledger::{ReadError, SubmitError, UnknownNetwork};
use store::StoreError;

use crate::{InvalidEdit, PermitDenied};

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum RegistrarError {
    /// The caller's: this tenant manages no such DID. The same is returned for another tenant's DID.
    #[error("DID document not found: {0}")]
    NotFound(Did),
    /// The caller's: the DID is deactivated.
    #[error("{0} is deactivated; it can never be changed again")]
    Deactivated(Did),
    /// The caller's: signatures that are required are missing or do not verify, or others were sent.
    #[error("{reason}")]
    Incomplete {
        /// What the ledger's rules say.
        reason: String,
        /// Method ids; a missing DID means any one of its methods. What is unexpected may be a public key in
        /// hexadecimal.
        set: IncompleteSet,
    },
    /// The caller's: keys that were named to sign, which the tenant does not hold.
    #[error("Public keys with hexs: {} are not owned by the customer", .0.join(", "))]
    KeysNotOwned(Vec<String>),
    /// The caller's: keys were named to sign, and the tenant holds none at all.
    #[error("Customer has no keys in wallet")]
    NoKeys,
    /// The caller's: more keys were named than any operation has.
    #[error("at most {limit} keys can sign")]
    TooManyKeys {
        /// How many may be named.
        limit: usize,
    },
    /// The caller's: more methods are to be made than any document has.
    #[error("a document has at most {limit} verification methods")]
    TooManyMethods {
        /// How many there may be.
        limit: usize,
    },
    /// The caller's: the document does not allow this change.
    #[error(transparent)]
    InvalidEdit(#[from] InvalidEdit),
    /// The caller's: the document names new keys that the tenant does not hold, so that there is
    /// no proof of possession.
    #[error("Key not found: the wallet holds no private key for {}", list(.0))]
    KeysNotCustodial(Vec<MissingKey>),
    /// The caller's: the key that the new DID is to have is not custodial.
    #[error("Key not found: {0} is not in the wallet")]
    KeyNotFound(String),
    /// The caller's: a key was named that the given document does not have.
    #[error(
        "the key {0} is not among the verification methods of the document; leave it out, or add it"
    )]
    KeyNotInDocument(String),
    /// The caller's: the key cannot be written in this type of verification method.
    #[error(transparent)]
    UnsupportedKey(#[from] UnsupportedKey),
    /// The caller's: the bytes are not a private key.
    #[error("key {number} is not a private key: {reason}")]
    InvalidPrivateKey {
        /// Which one, counted from 1.
        number: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// The caller's: the private keys are not those of the document.
    #[error("Provide all the required keys: {}", import_keys(.missing, .surplus))]
    ImportKeys {
        /// Methods without a key.
        missing: Vec<MethodId>,
        /// Public keys, in hexadecimal, that the document does not have.
        surplus: Vec<String>,
    },
    /// The caller's: the DID to be imported is not on the ledgers of this server.
    #[error(
        "Invalid did document for {did}: it is not on the ledger of this server ({served}), and DIDs of the public \
         cheqd chain cannot be imported"
    )]
    NotHere {
        /// The DID.
        did: Did,
        /// Network and origin of each ledger here.
        served: String,
    },
    /// The caller's: no ledger here serves the network.
    #[error(transparent)]
    UnknownNetwork(#[from] UnknownNetwork),
    /// The caller's: the rules of the ledger refuse it.
    #[error("{0}")]
    Rejected(Rejection),
    /// The custodial keys may not be used for it.
    #[error(transparent)]
    PermitDenied(#[from] PermitDenied),
    /// Load: the registrar is busy. Try again.
    #[error("the registrar is busy; try again in a moment")]
    Busy,
    /// The server's: the ledger takes nothing, at present or any more, or has stopped while it wrote.
    #[error(transparent)]
    Ledger(SubmitError),
    /// The server's: the ledger cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The server's: the keystore cannot do it.
    #[error(transparent)]
    Keystore(KeystoreError),
    /// The server's: the list of DIDs cannot be read or written.
    #[error("the list of DIDs cannot be read or written")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A verification method whose key is not custodial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKey {
    /// The method.
    pub method: MethodId,
    /// Its public key in hexadecimal.
    pub public_key_hex: String,
}

impl MissingKey {
    pub(crate) fn of(method: &VerificationMethod) -> Self {
        Self {
            method: method.id().clone(),
            public_key_hex: method.key().to_hex(),
        }
    }
}

impl RegistrarError {
    /// The refusal of an operation for which no key of `without_key`, DIDs that it names, could sign.
    pub(crate) fn refused(rejection: Rejection, without_key: &[Did]) -> Self {
        let set = match rejection.incomplete_set() {
            Some(set) => set.clone(),
            None if rejection.code() == RejectionCode::SignatureNotFound => IncompleteSet {
                missing: without_key.iter().map(Did::to_string).collect(),
                ..IncompleteSet::default()
            },
            None => IncompleteSet::default(),
        };
        if set.is_empty() {
            return Self::Rejected(rejection);
        }
        Self::Incomplete {
            reason: rejection.to_string(),
            set,
        }
    }
}

impl From<Rejection> for RegistrarError {
    fn from(rejection: Rejection) -> Self {
        Self::refused(rejection, &[])
    }
}

impl From<JudgeError<ReadError>> for RegistrarError {
    fn from(error: JudgeError<ReadError>) -> Self {
        match error {
            JudgeError::Rejected { rejection, .. } => rejection.into(),
            JudgeError::Unreadable(error) => error.into(),
        }
    }
}

impl From<SubmitError> for RegistrarError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Rejected { rejection, .. } => rejection.into(),
            SubmitError::Busy | SubmitError::Contended => Self::Busy,
            SubmitError::Read(error) => Self::Read(error),
            error @ (SubmitError::Count { .. }
            | SubmitError::Data { .. }
            | SubmitError::Random(_)
            | SubmitError::Moved(_)
            | SubmitError::Held(_)
            | SubmitError::Stopped(_)
            | SubmitError::Unknown
            | SubmitError::Pending { .. }
            | SubmitError::Unpaid(_)
            | SubmitError::Network(_)) => Self::Ledger(error),
        }
    }
}

impl From<KeystoreError> for RegistrarError {
    fn from(error: KeystoreError) -> Self {
        match error {
            KeystoreError::Store(StoreError::Busy) => Self::Busy,
            error => Self::Keystore(error),
        }
    }
}

impl From<StoreError> for RegistrarError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy | StoreError::ReadersBusy => Self::Busy,
            error => Self::Store(Box::new(error)),
        }
    }
}

impl From<rusqlite::Error> for RegistrarError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

fn list(keys: &[MissingKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| format!("{} ({})", key.method, key.public_key_hex))
        .collect();
    keys.join(", ")
}

fn import_keys(missing: &[MethodId], surplus: &[String]) -> String {
    let missing: Vec<_> = missing.iter().map(MethodId::as_str).collect();
    match (missing.is_empty(), surplus.is_empty()) {
        (true, true) => {
            "the document lists no verification method, so there is no key to import".to_owned()
        }
        (false, true) => format!("those of {} are missing", missing.join(", ")),
        (true, false) => format!("the document has no {}", surplus.join(", ")),
        (false, false) => {
            format!(
                "those of {} are missing, and the document has no {}",
                missing.join(", "),
                surplus.join(", ")
            )
        }
    }
}
