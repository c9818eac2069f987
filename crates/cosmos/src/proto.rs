//! The messages of transactions and queries, field for field, with the field numbers of the Cosmos SDK and of cheqd:
//! one file a family of packages.
//!
//! Encoding is canonical: fields in ascending number, defaults omitted, shortest varints. Texts in these structs are as
//! they came; nothing is checked. Documents and their metadata are in [`::did::proto`].

pub mod auth;
pub mod bank;
pub mod did;
pub mod feemarket;
pub mod oracle;
pub mod page;
pub mod resource;
pub mod tendermint;
pub mod tx;
pub mod tx_service;

/// What the `.proto` files beside this crate's sources compile to (`google.protobuf.FileDescriptorSet`), for clients
/// that ask a server what it serves.
pub const DESCRIPTORS: &[u8] = include_bytes!("../proto/descriptors.bin");
