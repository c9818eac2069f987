//! Receipts: what a log says about one DID, with everything that shows it, for whoever trusts nobody but a policy.
//!
//! One file proves that a DID has ended, and that everybody who had to has signed for it; or that it was active; or
//! that it never existed. The format and the checks in their order stand in `docs/receipts.md`. Verifying is a function
//! of the bytes and the [`Policy`](crate::policy::Policy) alone: no clock, no network, no state.

mod authorisation;
mod envelope;
mod evidence;
mod examine;
mod json;
mod latest;
mod reasons;
mod summary;
mod time;
mod verdict;

pub use envelope::{
    MAX_RECEIPT_BYTES, Parts, ProvenDid, ProvenLeaf, RECEIPT_FORMAT, Receipt, Stage,
};
pub use reasons::{Malformed, NoProof, Which};
pub use summary::{
    ActiveSummary, BoundScope, BoundSummary, DeactivatedSummary, ImportSummary, MethodSummary,
    SignerSummary, Summary,
};
pub use verdict::{Verdict, When, verify};
