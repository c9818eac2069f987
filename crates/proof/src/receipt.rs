//! Receipts: one file that proves what a log states about one DID, to a verifier that trusts nothing but a policy.
//!
//! A receipt proves that the DID is deactivated and that every required signer has signed, or that it was active, or
//! that it never existed. Verification is a function of the bytes and the [`Policy`] alone: no clock, no network, no
//! state.
//!
//! [`verify`] takes the steps of `docs/receipts.md`, "Verifying", in order:
//!
//! | step | what is checked | file |
//! |---|---|---|
//! | 1 Form | the bytes are the one canonical encoding of a receipt | `receipt/form.rs` |
//! | 2 Checkpoint | the log's signature and the witnesses' quorum | `policy.rs` |
//! | 3 State leaf | its inclusion under the checkpoint | `receipt/inclusion.rs` |
//! | 4 DIDs | their state proofs and documents | `receipt/dids.rs` |
//! | 5 Claim: deactivated | the operation, its order, each signature | `receipt/deactivated.rs`, on `evidence.rs` |
//! | 5 Claim: active or never existed | the state leaf is the newest | `receipt/not_deactivated.rs` |
//! | 6 Network and summary | the pinned network, and the readable part | this file, `receipt/summary.rs` |
//! | Verdict | what is proven, and since when | `receipt/verdict.rs` |
//!
//! All times of a receipt are checked in `receipt/time.rs`.

mod deactivated;
mod dids;
mod encoding;
mod evidence;
mod form;
mod inclusion;
mod not_deactivated;
mod parts;
mod reasons;
mod summary;
mod time;
mod verdict;

pub use parts::{MAX_RECEIPT_BYTES, Parts, ProvenDid, ProvenLeaf, RECEIPT_FORMAT, Receipt, Stage};
pub use reasons::{Malformed, NoProof, ReceiptLeaf};
pub use summary::{
    ActiveSummary, BoundScope, BoundSummary, DeactivatedSummary, ImportSummary, MethodSummary,
    SignerSummary, Summary,
};
pub use time::When;
pub use verdict::Verdict;

use crate::checkpoint::Checkpoint;
use crate::note::Note;
use crate::policy::Policy;
use crate::tlog_proof::TlogProof;
use dids::ProvenDids;
use verdict::Claim;

/// Parses a receipt and verifies it: [`Receipt::parse`] and [`Receipt::verify`].
///
/// # Errors
///
/// [`NoProof`] states why it proves nothing under this policy.
pub fn verify(bytes: &[u8], policy: &Policy) -> Result<Verdict, NoProof> {
    Receipt::parse(bytes)?.verify(policy)
}

impl Receipt {
    /// Verifies a receipt whose form has been checked (step 1).
    ///
    /// # Errors
    ///
    /// [`NoProof`] states why it proves nothing under this policy.
    pub fn verify(&self, policy: &Policy) -> Result<Verdict, NoProof> {
        let witnessed = policy
            .open(self.parts.checkpoint.as_bytes())
            .map_err(NoProof::Policy)?;
        let claim = prove(&self.parts, &witnessed.checkpoint)?;
        self.check_network(&claim, &witnessed.checkpoint, policy)?;
        self.check_summary(&claim)?;
        Ok(claim.verdict(self.parts.did.clone(), witnessed))
    }

    /// Makes a receipt of parts that prove something: the steps of [`Receipt::verify`], except for the signatures of
    /// the checkpoint.
    ///
    /// # Errors
    ///
    /// [`NoProof`] states why a verifier would refuse it.
    pub fn assemble(parts: Parts) -> Result<Self, NoProof> {
        let unreadable = |error: &dyn std::error::Error| NoProof::Checkpoint(error.to_string());
        let note = Note::parse(parts.checkpoint.as_bytes()).map_err(|error| unreadable(&error))?;
        let (checkpoint, _) = Checkpoint::parse(note.text()).map_err(|error| unreadable(&error))?;
        let Claim { summary, .. } = prove(&parts, &checkpoint)?;
        let receipt = Self { parts, summary };
        receipt.check_size()?;
        Ok(receipt)
    }

    /// Step 6, first half.
    fn check_network(
        &self,
        claim: &Claim,
        checkpoint: &Checkpoint,
        policy: &Policy,
    ) -> Result<(), NoProof> {
        let found = claim.network_id;
        match policy.network_id_of(&checkpoint.origin) {
            Some(expected) if expected != found => Err(NoProof::OtherNetwork { expected, found }),
            _ => Ok(()),
        }
    }

    /// Step 6, second half: the readable part is the one that follows from the rest.
    fn check_summary(&self, claim: &Claim) -> Result<(), NoProof> {
        match claim.summary.differing_member(&self.summary) {
            Some(member) => Err(NoProof::OtherSummary { member }),
            None => Ok(()),
        }
    }

    /// The inclusion proof of the operation alone, in the format that other tools read (C2SP `tlog-proof`). `None`
    /// unless the DID is deactivated. It proves neither who signed nor what the state was before.
    #[must_use]
    pub fn tlog_proof(&self) -> Option<TlogProof> {
        let operation = self.parts.operation.as_ref()?;
        Some(TlogProof {
            extra: None,
            index: operation.index,
            hashes: operation.path.clone(),
            checkpoint: self.parts.checkpoint.clone(),
        })
    }
}

/// Steps 3 to 5: what the parts prove under a checkpoint.
fn prove(parts: &Parts, checkpoint: &Checkpoint) -> Result<Claim, NoProof> {
    let state = inclusion::state_leaf(&parts.state, checkpoint)?;
    let dids = ProvenDids::of(parts, &state)?;
    match &parts.operation {
        Some(operation) => {
            let leaf = inclusion::included(ReceiptLeaf::Operation, operation, checkpoint)?;
            deactivated::check(parts, &state, &dids, operation.index, leaf)
        }
        None => not_deactivated::check(parts, &state, &dids, checkpoint),
    }
}
