//! Tests of the whole ledger. Tests of one part are in its file.

mod assurance;
mod backups;
mod damage;
mod derived;
mod faults;
mod feed;
mod format;
mod history;
mod imported_receipts;
mod other_heads;
mod proofs;
mod races;
mod receipts;
mod rechecks;
mod recovery;
mod resources;
mod rollback;
mod rotation;
mod safeguards;
mod sdk_vectors;
mod second_loss;
mod snapshots;
mod submissions;
mod test_ledger;
mod unchecked_imports;
pub(crate) mod world;
mod worst_case;
