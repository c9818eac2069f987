//! Tests of the whole ledger. Those of one part stand beside it.

mod damage;
mod faults;
mod format;
mod races;
mod rechecks;
mod rollback;
mod sdk_vectors;
mod submissions;
pub(crate) mod world;
mod worst_case;
