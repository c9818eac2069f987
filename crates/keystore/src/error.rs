//! Errors by whose fault it is. None of them holds a secret or a part of one.

use std::io;
use std::path::PathBuf;

use did::MethodId;
use store::StoreError;

use crate::limits::{
    ALIAS_CHARS_MAX, FOREIGN_SECRET_BYTES_MAX, ORIGIN_BYTES_MAX, PASSPHRASE_BYTES_MAX,
    PASSPHRASE_CHARS_MIN, SIGN_ALL_MAX, TENANT_BYTES_MAX,
};

/// Why the keystore could not be unsealed at start. Nothing was written, unless it is a failure of the store itself.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// Another passphrase sealed this keystore.
    #[error(
        "the passphrase is not the one that this keystore was made with, or the keystore's root record is damaged"
    )]
    WrongPassphrase,
    /// A new keystore needs a better passphrase.
    #[error("a new keystore needs a passphrase of at least {PASSPHRASE_CHARS_MIN} characters")]
    PassphraseTooShort,
    /// The passphrase is longer than any.
    #[error("a passphrase has at most {PASSPHRASE_BYTES_MAX} bytes")]
    PassphraseTooLong,
    /// Another key file sealed this keystore.
    #[error(
        "{path} is not the key file that this keystore was made with, or the keystore's root record is damaged"
    )]
    WrongKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The keystore has keys, and the file that opens it is gone. A new one would open nothing.
    #[error(
        "the key file {path} is missing, and this keystore cannot be opened without it: restore it from its backup"
    )]
    KeyFileMissing {
        /// The file.
        path: PathBuf,
    },
    /// Others can read or change the key file.
    #[error("the key file {path} is open to others (mode {mode:03o}): run `chmod 600` on it")]
    KeyFileExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file is not a regular file of 32 bytes.
    #[error("{path} is not a key file: it must be a regular file of exactly 32 random bytes")]
    KeyFileMalformed {
        /// The file.
        path: PathBuf,
    },
    /// The key file cannot be read or made.
    #[error(
        "cannot read or make the key file {path}: check that its directory exists and belongs to this user"
    )]
    KeyFileIo {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The keystore was made with the other kind of root key.
    #[error("this keystore was made with a {stored}, not with a {given}: configure the {stored}")]
    OtherSource {
        /// How the keystore was made.
        stored: &'static str,
        /// What was given.
        given: &'static str,
    },
    /// What is stored about the root key cannot be.
    #[error("the keystore's root record is damaged ({0}): restore the store from its backup")]
    Damaged(&'static str),
    /// There is not enough memory to derive the root key.
    #[error("not enough memory to derive the root key from the passphrase")]
    OutOfMemory,
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[from] getrandom::Error),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a key could not be made, imported or found.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// The tenant's name is empty or too long.
    #[error("a tenant has 1 to {TENANT_BYTES_MAX} bytes")]
    InvalidTenant,
    /// The alias is empty, too long, or has control characters.
    #[error("an alias has 1 to {ALIAS_CHARS_MAX} characters and no control characters")]
    InvalidAlias,
    /// The bytes are not a private key of the algorithm.
    #[error("not a private key: {0}")]
    InvalidPrivateKey(&'static str),
    /// The origin of a log is empty or too long.
    #[error("an origin has 1 to {ORIGIN_BYTES_MAX} bytes")]
    InvalidOrigin,
    /// Seeds of a log are made one after the other.
    #[error("a log has its seed {next} next, not {generation}")]
    InvalidGeneration {
        /// The one that was asked for.
        generation: u32,
        /// The next one that can be made.
        next: u32,
    },
    /// A foreign secret is longer than any.
    #[error("a secret has at most {FOREIGN_SECRET_BYTES_MAX} bytes")]
    SecretTooLong,
    /// A stored record does not open or does not fit its place. Not the caller's fault.
    #[error(
        "the stored record of {record} is damaged or was moved: restore the store from its backup"
    )]
    Damaged {
        /// Which record.
        record: String,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[from] getrandom::Error),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why one signature was not made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The tenant does not hold the key.
    #[error("the tenant has no such custodial key")]
    NotCustodial,
    /// The key could not be used. Not the caller's fault.
    #[error("the key could not be used")]
    Keystore(#[from] KeystoreError),
}

/// Why a set of signatures was not made. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignAllError {
    /// The tenant does not hold these keys.
    #[error("{} of the keys are not custodial keys of the tenant", missing.len())]
    NotCustodial {
        /// The methods whose keys are missing, in the order asked.
        missing: Vec<MethodId>,
    },
    /// More keys than any complete set has.
    #[error("at most {SIGN_ALL_MAX} keys sign at once")]
    TooMany,
    /// A key could not be used. Not the caller's fault.
    #[error("a key could not be used")]
    Keystore(#[from] KeystoreError),
}

impl From<rusqlite::Error> for UnsealError {
    fn from(error: rusqlite::Error) -> UnsealError {
        StoreError::from(error).into()
    }
}

impl From<rusqlite::Error> for KeystoreError {
    fn from(error: rusqlite::Error) -> KeystoreError {
        StoreError::from(error).into()
    }
}
