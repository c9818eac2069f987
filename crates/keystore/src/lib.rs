//! Who can sign: sealed private keys, found by their public key.
//!
//! ```text
//! root key          from a passphrase (Argon2id) or a file; never stored
//! ├─ data key       random, one for each tenant; stored sealed
//! │  └─ private key Ed25519 or P-256; stored sealed
//! └─ checkpoint seeds of each log; stored sealed
//! ```
//!
//! Everything sealed uses XChaCha20-Poly1305 with a random nonce, and is bound to its place (purpose, tenant, key id,
//! algorithm, format version): a record that was moved or changed does not open.
//!
//! A private key is on disk before its public key is handed out, and never leaves this crate. Signatures are checked
//! against nothing here: what may be signed is decided above.
//!
//! Out of reach of this crate: memory that the operating system swaps out or dumps.

mod checkpoint;
mod data_keys;
mod error;
mod key_file;
mod keystore;
mod private_key;
mod root;
mod seal;
mod signing;

use store::Migration;

pub use checkpoint::{CheckpointSeed, ORIGIN_BYTES_MAX};
pub use error::{KeystoreError, SignAllError, SignError, UnsealError};
pub use keystore::{ALIAS_CHARS_MAX, Keystore, LIST_MAX, StoredKey, TENANT_BYTES_MAX};
pub use private_key::KeyAlgorithmHeld;
pub use root::{PASSPHRASE_BYTES_MAX, PASSPHRASE_CHARS_MIN, Passphrase, Unseal};
pub use signing::SIGN_ALL_MAX;

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
