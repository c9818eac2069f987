//! Who must sign to deactivate a DID.

use std::collections::{BTreeMap, BTreeSet};

use super::authority::other_signers;
use super::judge_error::JudgeError;
use super::known::{Consulting, Known, Status};
use crate::{Did, Document, MethodId, PublicKey, Rejection, VerificationMethod};

/// The complete set: what a deactivation needs, and what a guarded document asks of every change of its keys.
///
/// - every verification method of the document, one valid signature each;
/// - at least one valid signature by each other live signer DID (a controller of the document or of a method);
/// - for a document without methods, all methods of all its live controllers in their place.
///
/// A deactivated signer DID neither counts nor is asked for. The set is never empty.
#[derive(Clone, Debug)]
pub struct RequiredSet {
    pub(super) slots: Vec<Slot>,
    pub(super) signers: Vec<OtherSigner>,
    pub(super) deactivated: BTreeSet<Did>,
}

/// Exactly one valid signature by this key under this method id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) method: MethodId,
    pub(super) key: PublicKey,
}

/// At least one valid signature by a method of this DID. Without methods it can never be satisfied, and stays required.
#[derive(Clone, Debug)]
pub(super) struct OtherSigner {
    pub(super) did: Did,
    pub(super) methods: BTreeMap<MethodId, PublicKey>,
}

impl RequiredSet {
    /// The complete set of `document`, as the signer DIDs are known now.
    ///
    /// # Errors
    /// A rejection where the document is frozen: it lists no method, and no live controller is left.
    pub fn of<K: Known>(document: &Document, known: &mut K) -> Result<Self, JudgeError<K::Error>> {
        Self::consulting(document, &mut Consulting::new(known))
    }

    pub(super) fn consulting<K: Known>(
        document: &Document,
        states: &mut Consulting<'_, K>,
    ) -> Result<Self, JudgeError<K::Error>> {
        let mut set = Self {
            slots: document.methods().iter().map(Slot::of).collect(),
            signers: Vec::new(),
            deactivated: BTreeSet::new(),
        };
        let lists_none = document.methods().is_empty();
        for did in other_signers(document) {
            let state = states
                .state(&did)?
                .ok_or_else(|| Rejection::did_not_found(&did))?;
            let methods = state.document.methods();
            match state.status {
                Status::Deactivated => {
                    set.deactivated.insert(did);
                }
                Status::Active if lists_none && !methods.is_empty() => {
                    set.slots.extend(methods.iter().map(Slot::of))
                }
                Status::Active => {
                    let methods = methods
                        .iter()
                        .map(|method| (method.id().clone(), method.key().clone()))
                        .collect();
                    set.signers.push(OtherSigner { did, methods });
                }
            }
        }
        if set.slots.is_empty() && set.signers.is_empty() {
            return Err(Rejection::frozen(document.id()).into());
        }
        Ok(set)
    }

    /// Adds keys that must sign although the document does not list them yet. A method that keeps its id and its key,
    /// and changes in another way, signs once.
    pub(super) fn and_keys<'m>(
        mut self,
        methods: impl IntoIterator<Item = &'m VerificationMethod>,
    ) -> Self {
        for slot in methods.into_iter().map(Slot::of) {
            if !self.slots.contains(&slot) {
                self.slots.push(slot);
            }
        }
        self
    }

    /// The verification methods that must sign, each with its key.
    pub fn methods(&self) -> impl Iterator<Item = (&MethodId, &PublicKey)> {
        self.slots.iter().map(|slot| (&slot.method, &slot.key))
    }

    /// The other signer DIDs, of which any one method must sign, each with its methods. One without methods must get
    /// a key before the set can be complete.
    pub fn signers(&self) -> impl Iterator<Item = (&Did, &BTreeMap<MethodId, PublicKey>)> {
        self.signers
            .iter()
            .map(|signer| (&signer.did, &signer.methods))
    }

    /// Deactivated signer DIDs that are named: not asked for, and their signatures are left out.
    pub fn deactivated(&self) -> impl Iterator<Item = &Did> {
        self.deactivated.iter()
    }

    /// How many different keys the methods are: two method ids may hold one key.
    pub fn distinct_keys(&self) -> usize {
        self.slots
            .iter()
            .map(|slot| slot.key.to_bytes())
            .collect::<BTreeSet<_>>()
            .len()
    }
}

impl Slot {
    fn of(method: &VerificationMethod) -> Self {
        Self {
            method: method.id().clone(),
            key: method.key().clone(),
        }
    }
}
