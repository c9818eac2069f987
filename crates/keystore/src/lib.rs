//! Who can sign: sealed private keys, found by their public key.
//!
//! ```text
//! root key          from a passphrase (Argon2id) or a file; never stored
//! ├─ data key       random, one for each tenant; stored sealed
//! │  └─ private key Ed25519 or P-256; stored sealed
//! ├─ checkpoint seeds of each log; stored sealed
//! └─ data key       random, one for each foreign secret; stored sealed by others, beside the secret
//! ```
//!
//! Everything sealed uses XChaCha20-Poly1305 with a random nonce, and is bound to its place (purpose, tenant, key id,
//! algorithm, format version): a record that was moved or changed does not open.
//!
//! *Foreign secrets* are those of other systems, such as the token of a webhook's receiver. They are sealed and opened
//! here and stored by others, who erase them.
//!
//! A private key is on disk before its public key is returned, and never leaves this crate. The one exception is a
//! [`DraftKey`], which the caller stores before it submits anything that names it. This crate signs any bytes: its
//! callers decide what may be signed.
//!
//! Out of reach of this crate: memory that the operating system swaps out or dumps.

mod checkpoint;
mod custodial_key;
mod data_keys;
mod error;
mod foreign;
mod key_file;
mod keystore;
mod limits;
mod lone_key;
mod private_key;
mod root;
mod seal;
mod signing;

use store::Migration;

pub use checkpoint::CheckpointSeed;
pub use custodial_key::CustodialKey;
pub use error::{KeystoreError, SignAllError, SignError, UnsealError};
pub use foreign::{ForeignSecret, SealedSecret, SecretPlace};
pub use keystore::{DraftKey, Keystore, StoredKey};
pub use limits::{
    ALIAS_CHARS_MAX, FOREIGN_SECRET_BYTES_MAX, LIST_MAX, ORIGIN_BYTES_MAX, PASSPHRASE_BYTES_MAX,
    PASSPHRASE_CHARS_MIN, SIGN_ALL_MAX, TENANT_BYTES_MAX,
};
pub use lone_key::LoneKey;
pub use private_key::CustodialAlgorithm;
pub use root::{Passphrase, Unseal};

/// The tables of this crate, for [`store::Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "keystore",
        version: 1,
        sql: include_str!("migrations/1.sql"),
    },
    Migration {
        component: "keystore",
        version: 2,
        sql: include_str!("migrations/2.sql"),
    },
];
