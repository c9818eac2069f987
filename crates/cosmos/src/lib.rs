//! The Cosmos side of the wire: transactions, addresses, fee payers, and the messages of queries.
//!
//! Pure: no input or output, no clock, no storage. What a transaction does to a ledger is decided elsewhere; here its
//! bytes become a value that cannot be malformed, or a [`Refusal`] in the words and numbers of the Cosmos SDK.
//!
//! | type | promise |
//! |---|---|
//! | [`Address`] | 20 bytes, written with the prefix `cheqd` |
//! | [`PublicKey`] | a point of secp256k1 |
//! | [`PayerKey`] | a secret: not printable, not cloneable, wiped when dropped |
//! | [`Coins`] | positive amounts, one for each denomination, in order |
//! | [`Transaction`] | canonical, one payer, one signature; what it asks for is known, not yet whether it may |
//!
//! Identity messages inside stay bytes: [`did::Operation`] reads them.

pub mod proto;

mod address;
mod code;
mod coin;
mod draft;
mod hash;
mod key;
mod message;
mod transaction;

pub use address::{ADDRESS_PREFIX, Address, InvalidAddress};
pub use code::{Code, Refusal};
pub use coin::{Coin, Coins, DENOM, DENOM_BYTES_MAX, InvalidCoin};
pub use draft::{Draft, Signer};
pub use hash::{InvalidTxHash, TxHash};
pub use key::{InvalidPayerKey, InvalidPublicKey, PAYER_PATH, PayerKey, PublicKey};
pub use message::{Message, SEND_TYPE_URL, Transfer};
pub use transaction::{
    FEE_COINS_MAX, Fee, MEMO_CHARS_MAX, MESSAGES_MAX, Simulated, TRANSACTION_BYTES_MAX, Transaction,
};
