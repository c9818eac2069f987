//! Who is to sign an operation, as a list that can be worked off key by key.
//!
//! The rules that judge the operation afterwards make it, so that a list that is worked off is enough. Beyond the rules
//! it asks that every new key of a document signs, as proof of possession.

use std::collections::{BTreeMap, BTreeSet};

use super::judge_error::JudgeError;
use super::known::{Consulting, Known};
use super::required_set::{RequiredSet, Slot};
use super::signer::{Signer, signers};
use super::update::Change;
use crate::closed::closed_enum;
use crate::{Did, Document, MethodId, PublicKey};

/// The keys and DIDs that are to sign one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSet {
    each: Vec<MustSign>,
    any: Vec<AnyOf>,
    deactivated: BTreeSet<Did>,
}

/// Exactly this key is to sign, under this method id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MustSign {
    /// The method.
    pub method: MethodId,
    /// Its key. While an update changes the key of a method, its id is listed twice: with the old key and the new one.
    pub key: PublicKey,
    /// The document that lists the method.
    pub listed_in: ListedIn,
}

/// At least one method of this DID is to sign. Without methods it can never be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyOf {
    /// The DID.
    pub did: Did,
    /// Its methods, of which one is enough.
    pub methods: BTreeMap<MethodId, PublicKey>,
    /// The document that lists them.
    pub listed_in: ListedIn,
}

closed_enum! {
    /// The document that lists a method.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum ListedIn {
        /// The document that the DID has before the operation.
        Present => "present",
        /// The document that the operation gives it.
        Next => "next",
        /// The latest document of another DID.
        Other => "other",
    }
}

impl SigningSet {
    /// Who is to sign a create: every method of the document, and one of each other signer DID.
    ///
    /// # Errors
    /// The rejection of a document for which no key can sign, and the failures of `known`.
    pub fn of_create<K: Known>(
        document: &Document,
        known: &mut K,
    ) -> Result<Self, JudgeError<K::Error>> {
        let mut set = Self::empty();
        set.add_new_keys(None, document);
        for signer in signers(document, &mut Consulting::new(known))? {
            let listed_in = listed_in(&signer, document.id(), ListedIn::Next);
            set.add_any(signer, listed_in);
        }
        Ok(set.without_implied())
    }

    /// Who is to sign an update: one of each signer of the old and of the new document, the complete set where the
    /// rules ask for it, and every key that is new.
    ///
    /// # Errors
    /// As for [`SigningSet::of_create`].
    pub fn of_update<K: Known>(
        old: &Document,
        new: &Document,
        known: &mut K,
    ) -> Result<Self, JudgeError<K::Error>> {
        Self::of_change(old, new, &mut Consulting::new(known))
    }

    /// The same for an update that is submitted together with the deactivation of its DID: the complete set of the old
    /// document signs as well. The deactivation needs [`SigningSet::of_deactivation`] of the new document.
    ///
    /// # Errors
    /// As for [`SigningSet::of_create`].
    pub fn of_update_before_deactivation<K: Known>(
        old: &Document,
        new: &Document,
        known: &mut K,
    ) -> Result<Self, JudgeError<K::Error>> {
        let states = &mut Consulting::new(known);
        let mut set = Self::of_change(old, new, states)?;
        set.add_complete(RequiredSet::consulting(old, states)?, old.id());
        Ok(set.without_implied())
    }

    /// Who is to sign the deactivation of a DID with this document: the complete set.
    ///
    /// # Errors
    /// As for [`SigningSet::of_create`].
    pub fn of_deactivation<K: Known>(
        document: &Document,
        known: &mut K,
    ) -> Result<Self, JudgeError<K::Error>> {
        let mut set = Self::empty();
        set.add_complete(RequiredSet::of(document, known)?, document.id());
        Ok(set)
    }

    /// The keys that are to sign.
    pub fn each(&self) -> &[MustSign] {
        &self.each
    }

    /// The DIDs of which one method is to sign.
    pub fn any(&self) -> &[AnyOf] {
        &self.any
    }

    /// Deactivated signer DIDs, which are not asked for.
    pub fn deactivated(&self) -> impl Iterator<Item = &Did> {
        self.deactivated.iter()
    }

    fn empty() -> Self {
        Self {
            each: Vec::new(),
            any: Vec::new(),
            deactivated: BTreeSet::new(),
        }
    }

    fn of_change<K: Known>(
        old: &Document,
        new: &Document,
        states: &mut Consulting<'_, K>,
    ) -> Result<Self, JudgeError<K::Error>> {
        let change = Change { old, new };
        let signers = change.signers(states)?;
        let mut set = Self::empty();
        for needed in change.needed_sets() {
            set.add_complete(change.complete_set(needed, states)?, old.id());
        }
        set.add_new_keys(Some(old), new);
        for (_, signer) in signers {
            let subject = if signer.document == *old {
                ListedIn::Present
            } else {
                ListedIn::Next
            };
            let listed_in = listed_in(&signer, new.id(), subject);
            set.add_any(signer, listed_in);
        }
        set.correct_listed_in(old);
        Ok(set.without_implied())
    }

    fn add_complete(&mut self, complete: RequiredSet, subject: &Did) {
        for Slot { method, key } in complete.slots {
            let listed_in = if method.belongs_to(subject) {
                ListedIn::Present
            } else {
                ListedIn::Other
            };
            self.add_each(MustSign {
                method,
                key,
                listed_in,
            });
        }
        let any = complete.signers.into_iter().map(|signer| AnyOf {
            did: signer.did,
            methods: signer.methods,
            listed_in: ListedIn::Other,
        });
        self.any.extend(any);
        self.deactivated.extend(complete.deactivated);
    }

    /// The complete set of a guarded document asks for new keys too, and that of a new document lists its own.
    fn correct_listed_in(&mut self, old: &Document) {
        let is_present = |slot: &MustSign| {
            let mut methods = old.methods().iter();
            methods.any(|method| *method.id() == slot.method && *method.key() == slot.key)
        };
        for slot in &mut self.each {
            if slot.listed_in == ListedIn::Present && !is_present(slot) {
                slot.listed_in = ListedIn::Next;
            }
        }
    }

    fn add_new_keys(&mut self, old: Option<&Document>, new: &Document) {
        let known = old.map_or(&[][..], Document::methods);
        for method in new.methods() {
            let was_listed = known
                .iter()
                .any(|other| other.id() == method.id() && other.key() == method.key());
            if !was_listed {
                self.add_each(MustSign {
                    method: method.id().clone(),
                    key: method.key().clone(),
                    listed_in: ListedIn::Next,
                });
            }
        }
    }

    fn add_each(&mut self, slot: MustSign) {
        let same = |other: &MustSign| other.method == slot.method && other.key == slot.key;
        if !self.each.iter().any(same) {
            self.each.push(slot);
        }
    }

    fn add_any(&mut self, signer: Signer, listed_in: ListedIn) {
        let methods = signer.document.methods().iter();
        self.any.push(AnyOf {
            did: signer.did,
            methods: methods
                .map(|method| (method.id().clone(), method.key().clone()))
                .collect(),
            listed_in,
        });
    }

    /// Leaves out what is done anyway once the rest has signed: a DID one of whose keys must sign, or of whose methods
    /// a part is asked for besides.
    fn without_implied(mut self) -> Self {
        let mut kept: Vec<AnyOf> = Vec::new();
        for (at, group) in self.any.iter().enumerate() {
            let by_key = self
                .each
                .iter()
                .any(|slot| group.methods.get(&slot.method) == Some(&slot.key));
            let by_other = self.any.iter().enumerate().any(|(other_at, other)| {
                let within = other.did == group.did
                    && !other.methods.is_empty()
                    && is_within(&other.methods, &group.methods);
                let smaller = other.methods.len() < group.methods.len() || other_at < at;
                other_at != at && within && smaller
            });
            if !by_key && !by_other {
                kept.push(group.clone());
            }
        }
        self.any = kept;
        self
    }
}

fn is_within(part: &BTreeMap<MethodId, PublicKey>, whole: &BTreeMap<MethodId, PublicKey>) -> bool {
    part.iter()
        .all(|(method, key)| whole.get(method) == Some(key))
}

fn listed_in(signer: &Signer, subject: &Did, of_subject: ListedIn) -> ListedIn {
    if signer.did == *subject {
        of_subject
    } else {
        ListedIn::Other
    }
}
