//! The messages of transactions and queries, field for field, with the field numbers of the Cosmos SDK and of cheqd:
//! one file a family of packages.
//!
//! Encoding is canonical: fields in ascending number, defaults omitted, shortest varints. Texts in these structs are as
//! they came; nothing is checked. Documents and their metadata are in [`did::proto`].

pub mod tx;
