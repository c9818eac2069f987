//! Who is to sign an operation, as a list that can be worked off key by key.
//!
//! It is made by the rules that judge the operation afterwards, so that a list that is worked off is enough. Beyond
//! the rules it asks that every new key of a document signs: whoever names a key shows that somebody holds it.

use std::collections::{BTreeMap, BTreeSet};

use super::create::{self, NamedSigner};
use super::known::{Known, Notebook};
use super::required_set::{RequiredSet, Slot};
use super::update::Change;
use crate::{Did, Document, MethodId, PublicKey, Rejection};

/// Everybody who is to sign one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningSet {
    each: Vec<MustSign>,
    any: Vec<AnyOf>,
    ended: BTreeSet<Did>,
}

/// Exactly this key is to sign, under this method id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MustSign {
    /// The method.
    pub method: MethodId,
    /// Its key. While an update changes the key of a method, one id stands twice: with the old key and the new one.
    pub key: PublicKey,
    /// Where the method stands.
    pub face: Face,
}

/// At least one method of this DID is to sign. Without methods it can never be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyOf {
    /// The DID.
    pub did: Did,
    /// Its methods, of which one is enough.
    pub methods: BTreeMap<MethodId, PublicKey>,
    /// Where they stand.
    pub face: Face,
}

/// The document that a method is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// The document that the DID has before the operation.
    Present,
    /// The document that the operation gives it.
    Next,
    /// The latest document of another DID.
    Other,
}

impl SigningSet {
    /// Who is to sign a create: every method of the document, and one of each other signer DID.
    ///
    /// The inner error is the rejection of a document that nobody can sign for.
    ///
    /// # Errors
    /// Those of `known`.
    pub fn of_create<K: Known>(
        document: &Document,
        known: &mut K,
    ) -> Result<Result<Self, Rejection>, K::Error> {
        let signers = create::signers(document, &mut Notebook::new(known))?;
        Ok(signers.map(|signers| {
            let mut set = Self::empty();
            set.add_new_keys(None, document);
            for signer in signers {
                let face = face_of(&signer, document.id(), Face::Next);
                set.add_any(signer, face);
            }
            set.without_implied()
        }))
    }

    /// Who is to sign an update: one of each signer of the old and of the new document, the complete set where the
    /// rules ask for it, and every key that is new.
    ///
    /// # Errors
    /// Those of `known`.
    pub fn of_update<K: Known>(
        old: &Document,
        new: &Document,
        known: &mut K,
    ) -> Result<Result<Self, Rejection>, K::Error> {
        Self::of_change(old, new, &mut Notebook::new(known))
    }

    /// The same for an update that is submitted together with the end of its DID: the complete set of the old document
    /// signs as well. The end itself needs [`SigningSet::of_end`] of the new document.
    ///
    /// # Errors
    /// Those of `known`.
    pub fn of_update_before_end<K: Known>(
        old: &Document,
        new: &Document,
        known: &mut K,
    ) -> Result<Result<Self, Rejection>, K::Error> {
        let notebook = &mut Notebook::new(known);
        let change = match Self::of_change(old, new, notebook)? {
            Ok(change) => change,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let complete = RequiredSet::consulting(old, notebook)?;
        Ok(complete.map(|complete| {
            let mut set = change;
            set.add_complete(complete, old.id());
            set.without_implied()
        }))
    }

    /// Who is to sign the end of a DID with this document: the complete set.
    ///
    /// # Errors
    /// Those of `known`.
    pub fn of_end<K: Known>(
        document: &Document,
        known: &mut K,
    ) -> Result<Result<Self, Rejection>, K::Error> {
        let complete = RequiredSet::of(document, known)?;
        Ok(complete.map(|complete| {
            let mut set = Self::empty();
            set.add_complete(complete, document.id());
            set
        }))
    }

    /// The keys that are to sign.
    pub fn each(&self) -> &[MustSign] {
        &self.each
    }

    /// The DIDs of which one method is to sign.
    pub fn any(&self) -> &[AnyOf] {
        &self.any
    }

    /// Signer DIDs that have ended, and are not asked for.
    pub fn ended(&self) -> impl Iterator<Item = &Did> {
        self.ended.iter()
    }

    fn empty() -> Self {
        Self {
            each: Vec::new(),
            any: Vec::new(),
            ended: BTreeSet::new(),
        }
    }

    fn of_change<K: Known>(
        old: &Document,
        new: &Document,
        notebook: &mut Notebook<'_, K>,
    ) -> Result<Result<Self, Rejection>, K::Error> {
        let change = Change { old, new };
        let signers = match change.signers(notebook)? {
            Ok(signers) => signers,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let mut set = Self::empty();
        for required in change.complete_sets(notebook)? {
            match required {
                Ok(complete) => set.add_complete(complete, old.id()),
                Err(rejection) => return Ok(Err(rejection)),
            }
        }
        set.add_new_keys(Some(old), new);
        for (_, signer) in signers {
            let subject = if signer.document == *old {
                Face::Present
            } else {
                Face::Next
            };
            let face = face_of(&signer, new.id(), subject);
            set.add_any(signer, face);
        }
        set.correct_faces(old);
        Ok(Ok(set.without_implied()))
    }

    fn add_complete(&mut self, complete: RequiredSet, subject: &Did) {
        for Slot { method, key } in complete.slots {
            let face = if method.belongs_to(subject) {
                Face::Present
            } else {
                Face::Other
            };
            self.add_each(MustSign { method, key, face });
        }
        let any = complete.signers.into_iter().map(|signer| AnyOf {
            did: signer.did,
            methods: signer.methods,
            face: Face::Other,
        });
        self.any.extend(any);
        self.ended.extend(complete.ended);
    }

    /// The complete set of a guarded document asks for new keys too, and that of a new document stands for itself.
    fn correct_faces(&mut self, old: &Document) {
        let stands = |slot: &MustSign| {
            let mut methods = old.methods().iter();
            methods.any(|method| *method.id() == slot.method && *method.key() == slot.key)
        };
        for slot in &mut self.each {
            if slot.face == Face::Present && !stands(slot) {
                slot.face = Face::Next;
            }
        }
    }

    fn add_new_keys(&mut self, old: Option<&Document>, new: &Document) {
        let known = old.map_or(&[][..], Document::methods);
        for method in new.methods() {
            let stood = known
                .iter()
                .any(|other| other.id() == method.id() && other.key() == method.key());
            if !stood {
                self.add_each(MustSign {
                    method: method.id().clone(),
                    key: method.key().clone(),
                    face: Face::Next,
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

    fn add_any(&mut self, signer: NamedSigner, face: Face) {
        let methods = signer.document.methods().iter();
        self.any.push(AnyOf {
            did: signer.did,
            methods: methods
                .map(|method| (method.id().clone(), method.key().clone()))
                .collect(),
            face,
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

fn face_of(signer: &NamedSigner, subject: &Did, of_subject: Face) -> Face {
    if signer.did == *subject {
        of_subject
    } else {
        Face::Other
    }
}
