//! The Cosmos side of the wire: transactions, addresses, fee payers, and the messages of queries.
//!
//! Pure: no input or output, no clock, no storage. The bytes of a transaction become a value that cannot be malformed,
//! or a [`Refusal`] in the words and numbers of the Cosmos SDK. The crate `chain` decides its effect.
//!
//! | type | guarantee |
//! |---|---|
//! | [`Address`] | 20 bytes, written with the prefix `cheqd` |
//! | [`PublicKey`] | a point of secp256k1 |
//! | [`PayerKey`] | a secret: not printable, not cloneable, wiped when dropped |
//! | [`Coins`] | positive amounts, one for each denomination, in order |
//! | [`Transaction`] | canonical, one payer, one signature; its messages are known, but not whether they are allowed |
//!
//! Identity messages inside stay bytes: [`did::Operation`] reads them.

pub mod proto;

mod address;
mod coin;
mod draft;
mod hash;
mod key;
mod message;
mod refusal;
mod transaction;

pub use address::{ADDRESS_PREFIX, Address, InvalidAddress};
pub use coin::{Coin, Coins, DENOM, DENOM_BYTES_MAX, InvalidCoin};
pub use draft::{Draft, Signer};
pub use hash::{InvalidTxHash, TxHash};
pub use key::{InvalidPayerKey, InvalidPublicKey, PAYER_PATH, PayerKey, PublicKey};
pub use message::{Message, SEND_TYPE_URL, Transfer};
pub use refusal::{Refusal, SdkCode};
pub use transaction::{
    FEE_COINS_MAX, Fee, MEMO_CHARS_MAX, MESSAGES_MAX, Simulated, TRANSACTION_BYTES_MAX, Transaction,
};
