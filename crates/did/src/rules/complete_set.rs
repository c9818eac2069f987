//! The proof, as a type, that every required key has signed.

use std::collections::BTreeSet;

use super::required_set::{OtherSigner, RequiredSet};
use crate::{Did, IncompleteSet, MethodId, Signature};

/// Signatures that were checked and found to be complete.
///
/// There is no other way to make one than [`RequiredSet::complete`], so code that has one need not check again.
#[derive(Clone, Debug)]
pub struct CompleteSignatureSet {
    counted: Vec<Counted>,
    distinct_keys: usize,
}

/// A signature that was asked for and is valid.
pub type Counted = Signature;

impl CompleteSignatureSet {
    /// The signatures that count: one for each required method, and the first valid one of each other signer DID.
    pub fn counted(&self) -> &[Counted] {
        &self.counted
    }

    /// How many different keys the required methods are.
    pub fn distinct_keys(&self) -> usize {
        self.distinct_keys
    }
}

/// What to do with signatures by methods outside the set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OtherSignatures {
    Refused,
    Ignored,
}

impl RequiredSet {
    /// Checks that `signatures` over `payload` are this set: nothing missing, nothing invalid, nothing else.
    pub fn complete(
        &self,
        payload: &[u8],
        signatures: &[Signature],
    ) -> Result<CompleteSignatureSet, IncompleteSet> {
        collect(self, payload, signatures, OtherSignatures::Refused)
    }

    /// The same for an update, which carries signatures of the new document's signers too.
    pub(super) fn contained_in(
        &self,
        payload: &[u8],
        signatures: &[Signature],
    ) -> Result<CompleteSignatureSet, IncompleteSet> {
        collect(self, payload, signatures, OtherSignatures::Ignored)
    }
}

fn collect(
    required: &RequiredSet,
    payload: &[u8],
    signatures: &[Signature],
    others: OtherSignatures,
) -> Result<CompleteSignatureSet, IncompleteSet> {
    let mut progress = Progress::new(required, payload, others);
    for signature in signatures {
        progress.take(signature);
    }
    progress.finish()
}

struct Progress<'a> {
    required: &'a RequiredSet,
    payload: &'a [u8],
    others: OtherSignatures,
    filled: Vec<bool>,
    satisfied: BTreeSet<&'a Did>,
    seen_of_signers: BTreeSet<MethodId>,
    counted: Vec<Counted>,
    faults: IncompleteSet,
}

impl<'a> Progress<'a> {
    fn new(required: &'a RequiredSet, payload: &'a [u8], others: OtherSignatures) -> Self {
        Self {
            required,
            payload,
            others,
            filled: vec![false; required.slots.len()],
            satisfied: BTreeSet::new(),
            seen_of_signers: BTreeSet::new(),
            counted: Vec::new(),
            faults: IncompleteSet::default(),
        }
    }

    fn take(&mut self, signature: &Signature) {
        let did = signature.method.did();
        if self
            .required
            .slots
            .iter()
            .any(|slot| slot.method == signature.method)
        {
            self.take_for_slot(signature);
        } else if let Some(signer) = self
            .required
            .signers
            .iter()
            .find(|signer| signer.did == did)
        {
            self.take_for_signer(signature, signer);
        } else if !self.required.deactivated.contains(&did) {
            self.take_other(signature);
        }
    }

    /// One id may hold two slots while a guarded document changes that method's key: the old key's and the new one's.
    fn take_for_slot(&mut self, signature: &Signature) {
        let mut open = false;
        for (slot, filled) in self.required.slots.iter().zip(&mut self.filled) {
            if slot.method != signature.method || *filled {
                continue;
            }
            open = true;
            if slot.key.verify(self.payload, &signature.bytes).is_ok() {
                *filled = true;
                self.counted.push(signature.clone());
                return;
            }
        }
        let fault = if open {
            &mut self.faults.invalid
        } else {
            &mut self.faults.unexpected
        };
        fault.push(signature.method.to_string());
    }

    fn take_for_signer(&mut self, signature: &Signature, signer: &'a OtherSigner) {
        let Some(key) = signer.methods.get(&signature.method) else {
            return self.take_other(signature);
        };
        if !self.seen_of_signers.insert(signature.method.clone()) {
            self.faults.unexpected.push(signature.method.to_string());
        }
        if key.verify(self.payload, &signature.bytes).is_err() {
            self.faults.invalid.push(signature.method.to_string());
        } else if self.satisfied.insert(&signer.did) {
            self.counted.push(signature.clone());
        }
    }

    fn take_other(&mut self, signature: &Signature) {
        if self.others == OtherSignatures::Refused {
            self.faults.unexpected.push(signature.method.to_string());
        }
    }

    fn finish(mut self) -> Result<CompleteSignatureSet, IncompleteSet> {
        if self.others == OtherSignatures::Ignored {
            self.forgive_surplus();
        }
        for (slot, filled) in self.required.slots.iter().zip(&self.filled) {
            let id = slot.method.as_str();
            if !filled && !self.faults.invalid.iter().any(|invalid| invalid == id) {
                self.faults.missing.push(id.to_owned());
            }
        }
        for signer in &self.required.signers {
            if !self.satisfied.contains(&signer.did) && !self.is_invalid(signer) {
                self.faults.missing.push(signer.did.to_string());
            }
        }
        if !self.faults.is_empty() {
            return Err(self.faults.sorted());
        }
        Ok(CompleteSignatureSet {
            counted: self.counted,
            distinct_keys: self.required.distinct_keys(),
        })
    }

    /// Where others may sign too, what does not verify for this set may be meant for them: it is a fault only while the
    /// slot that it names stays open.
    fn forgive_surplus(&mut self) {
        self.faults.unexpected.clear();
        let slots = self
            .required
            .slots
            .iter()
            .zip(&self.filled)
            .filter(|(_, filled)| !**filled);
        let mut open: BTreeSet<&str> = slots.map(|(slot, _)| slot.method.as_str()).collect();
        for signer in self
            .required
            .signers
            .iter()
            .filter(|signer| !self.satisfied.contains(&signer.did))
        {
            open.extend(signer.methods.keys().map(MethodId::as_str));
        }
        self.faults.invalid.retain(|id| open.contains(id.as_str()));
    }

    fn is_invalid(&self, signer: &OtherSigner) -> bool {
        signer.methods.keys().any(|id| {
            self.faults
                .invalid
                .iter()
                .any(|invalid| invalid == id.as_str())
        })
    }
}
