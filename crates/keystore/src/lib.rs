//! Who can sign: sealed private keys, found by their public key.
//!
//! ```text
//! root key          from a passphrase (Argon2id) or a file; never stored
//! ├─ data key       random, one for each tenant; stored sealed
//! │  └─ private key Ed25519 or P-256; stored sealed
//! ├─ checkpoint seeds of each log; stored sealed
//! └─ data key       random, one for each foreign secret; stored sealed, elsewhere, beside the secret
//! ```
//!
//! Everything sealed uses XChaCha20-Poly1305 with a random nonce, and is bound to its place (purpose, tenant, key id,
//! algorithm, format version): a record that was moved or changed does not open.
//!
//! *Foreign secrets* are those of other systems, such as the token of a webhook's receiver. They are sealed and opened
//! here and stored by others, who erase them.
//!
//! A private key is on disk before its public key is handed out, and never leaves this crate. The one exception is a
//! [`DraftKey`], which whoever asked for it stores before anything that names it is submitted. Signatures are checked
//! against nothing here: what may be signed is decided above.
//!
//! Out of reach of this crate: memory that the operating system swaps out or dumps.

mod checkpoint;
mod data_keys;
mod error;
mod foreign;
mod key_file;
mod keystore;
mod lone_key;
mod private_key;
mod root;
mod seal;
mod signing;

use store::Migration;

pub use checkpoint::{CheckpointSeed, ORIGIN_BYTES_MAX};
pub use error::{KeystoreError, SignAllError, SignError, UnsealError};
pub use foreign::{FOREIGN_SECRET_BYTES_MAX, ForeignSecret, SealedSecret, SecretPlace};
pub use keystore::{ALIAS_CHARS_MAX, DraftKey, Keystore, LIST_MAX, StoredKey, TENANT_BYTES_MAX};
pub use lone_key::LoneKey;
pub use private_key::KeyAlgorithmHeld;
pub use root::{PASSPHRASE_BYTES_MAX, PASSPHRASE_CHARS_MIN, Passphrase, Unseal};
pub use signing::{HeldKey, SIGN_ALL_MAX};

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
