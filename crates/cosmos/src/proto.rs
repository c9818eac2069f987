//! The messages of transactions and queries, generated from the `.proto` files beside the sources: one module for each
//! package, under its own short name.
//!
//! Encoding is canonical: fields in ascending number, defaults omitted, shortest varints. Texts are kept as they came;
//! nothing is checked. Messages that DIDs sign, and what the ledger records about them, are in [`::did::proto`].
//!
//! After a change of a `.proto` file run `WRITE_MESSAGES=1 cargo test -p cosmos --test protos` and commit what it
//! writes.

#[allow(missing_docs, clippy::all)]
mod generated {
    include!("generated/packages.rs");
}

pub use generated::cheqd::{did::v2 as did, oracle::v2 as oracle, resource::v2 as resource};
pub use generated::cosmos::base::{
    abci::v1beta1 as abci, query::v1beta1 as page, tendermint::v1beta1 as tendermint,
    v1beta1 as base,
};
pub use generated::cosmos::crypto::secp256k1;
pub use generated::cosmos::tx::{signing::v1beta1 as signing, v1beta1 as tx};
pub use generated::cosmos::{auth::v1beta1 as auth, bank::v1beta1 as bank};
pub use generated::feemarket::feemarket::v1 as feemarket;
pub use generated::google::protobuf::Any;
pub use generated::tendermint::{abci as event, p2p, types as block, version};

/// What the `.proto` files compile to (`google.protobuf.FileDescriptorSet`), for clients that ask a server for its
/// services.
pub const DESCRIPTORS: &[u8] = include_bytes!("../proto/descriptors.bin");
