//! Tests of the whole ledger. Those of one part stand beside it.

mod backups;
mod damage;
mod derived;
mod faults;
mod feed;
mod format;
mod history;
mod imported_receipts;
mod nets;
mod other_heads;
mod place;
mod proofs;
mod races;
mod receipts;
mod rechecks;
mod recovery;
mod resources;
mod rollback;
mod rotation;
mod sdk_vectors;
mod second_loss;
mod snapshots;
mod standing;
mod submissions;
mod unchecked_imports;
pub(crate) mod world;
mod worst_case;
