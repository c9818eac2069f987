//! A further version of a DID.

use super::authority::other_signers;
use super::judge_error::JudgeError;
use super::known::{Consulting, Known, Status};
use super::proposal::{Circumstances, Outcome};
use super::required_set::RequiredSet;
use super::signer::{Signer, controllers_or_subject, live};
use crate::{Did, Document, IncompleteSet, Operation, Rejection, Signature, VerificationMethod};

/// Judges an update: at least one valid signature by each signer of the old and of the new document; where the document
/// is guarded, or gets its first method or loses its last, the complete set besides.
pub(super) fn judge<K: Known>(
    operation: &Operation,
    circumstances: &Circumstances<'_>,
    states: &mut Consulting<'_, K>,
) -> Result<Outcome, JudgeError<K::Error>> {
    let new = operation
        .document()
        .ok_or_else(|| Rejection::basic("payload: cannot be blank."))?;
    operation.check_namespace(circumstances.namespace)?;
    let state = states
        .state(new.id())?
        .ok_or_else(|| Rejection::update_of_unknown(new.id()))?;
    if state.status == Status::Deactivated {
        return Err(Rejection::deactivated(new.id()).into());
    }
    operation.check_unreserved()?;
    let change = Change {
        old: &state.document,
        new,
    };
    let mut counted = at_least_one_each(&change.signers(states)?, operation)?;
    for needed in change.needed_sets() {
        let required = change.complete_set(needed, states)?;
        let complete = required.contained_in(operation.payload(), operation.signatures())?;
        add(&mut counted, complete.counted());
    }
    if states.version_is_used(new.id(), operation.version_id())? {
        return Err(Rejection::version_exists(new.id(), operation.version_id()).into());
    }
    Ok(Outcome {
        document: new.clone(),
        status: Status::Active,
        signatures: counted,
    })
}

/// The signatures by which the complete set of the document that it replaces has signed an accepted update; the
/// rejection names those that are lacking.
pub(super) fn by_old_set<K: Known>(
    operation: &Operation,
    states: &mut Consulting<'_, K>,
) -> Result<Vec<Signature>, JudgeError<K::Error>> {
    let Some(old) = states.state(operation.did())? else {
        return Ok(Vec::new());
    };
    let set = match RequiredSet::consulting(&old.document, states) {
        // No key can sign for it, so the whole DID is lacking.
        Err(JudgeError::Rejected { .. }) => Err(JudgeError::from(IncompleteSet {
            missing: vec![operation.did().to_string()],
            ..IncompleteSet::default()
        })),
        set => set,
    }?;
    let complete = set.contained_in(operation.payload(), operation.signatures())?;
    Ok(complete.counted().to_vec())
}

pub(super) struct Change<'a> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
}

/// The document of the subject in which a signer's keys are looked up. Other DIDs have only one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    Old,
    New,
}

/// A complete set that a change needs.
#[derive(Clone, Copy)]
pub(super) enum NeededSet {
    /// That of the old document, and every new key.
    OldWithNewKeys,
    Old,
    New,
}

/// The signers, each with the name that refusals give it.
pub(super) type NamedSigners = Vec<(String, Signer)>;

impl Change<'_> {
    /// Who must sign at least once, in the cheqd ledger's order: by DID, the subject's old document before its new one.
    ///
    /// Every DID that one of the documents names must be there and live, whether it has to sign or not.
    pub(super) fn signers<K: Known>(
        &self,
        states: &mut Consulting<'_, K>,
    ) -> Result<NamedSigners, JudgeError<K::Error>> {
        let mut named = [other_signers(self.old), other_signers(self.new)].concat();
        named.sort();
        for did in named {
            live(&did, states)?;
        }
        let mut signers = NamedSigners::new();
        for (did, version) in self.signer_dids() {
            let (name, document) = if did == *self.new.id() {
                match version {
                    Version::Old => (format!("{did} (old version)"), self.old.clone()),
                    Version::New => (format!("{did} (new version)"), self.new.clone()),
                }
            } else {
                (did.to_string(), live(&did, states)?.document.clone())
            };
            if signers.last().is_none_or(|(last, _)| *last != name) {
                signers.push((name, Signer { did, document }));
            }
        }
        Ok(signers)
    }

    fn signer_dids(&self) -> Vec<(Did, Version)> {
        let old = controllers_or_subject(self.old)
            .into_iter()
            .map(|did| (did, Version::Old));
        let new = controllers_or_subject(self.new)
            .into_iter()
            .map(|did| (did, Version::New));
        let mut dids: Vec<(Did, Version)> = old.chain(new).collect();
        for method in self.old.methods() {
            if self
                .counterpart(method, self.new)
                .is_none_or(|same| !same_method(method, same))
            {
                dids.push((method.controller().clone(), Version::Old));
            }
        }
        dids.extend(
            self.new_methods()
                .map(|method| (method.controller().clone(), Version::New)),
        );
        dids.sort();
        dids
    }

    /// The complete sets that this change needs beyond one signature a signer.
    pub(super) fn needed_sets(&self) -> Vec<NeededSet> {
        let mut needed = Vec::new();
        if self.old.is_guarded() && self.changes_authority() {
            needed.push(NeededSet::OldWithNewKeys);
        }
        match (self.old.methods().is_empty(), self.new.methods().is_empty()) {
            (true, false) => needed.push(NeededSet::Old),
            (false, true) => needed.push(NeededSet::New),
            (true, true) | (false, false) => {}
        }
        needed
    }

    pub(super) fn complete_set<K: Known>(
        &self,
        needed: NeededSet,
        states: &mut Consulting<'_, K>,
    ) -> Result<RequiredSet, JudgeError<K::Error>> {
        match needed {
            NeededSet::OldWithNewKeys => {
                Ok(RequiredSet::consulting(self.old, states)?.and_keys(self.new_methods()))
            }
            NeededSet::Old => RequiredSet::consulting(self.old, states),
            NeededSet::New => RequiredSet::consulting(self.new, states),
        }
    }

    fn changes_authority(&self) -> bool {
        let same_methods = self.old.methods().len() == self.new.methods().len()
            && self.new_methods().next().is_none();
        let mut controllers = [
            self.old.controllers().to_vec(),
            self.new.controllers().to_vec(),
        ];
        controllers.iter_mut().for_each(|list| list.sort());
        let [old_controllers, new_controllers] = controllers;
        !same_methods
            || old_controllers != new_controllers
            || !self.old.guards().eq(self.new.guards())
    }

    /// Methods of the new document that the old one does not have just so.
    fn new_methods(&self) -> impl Iterator<Item = &VerificationMethod> {
        self.new.methods().iter().filter(|method| {
            self.counterpart(method, self.old)
                .is_none_or(|same| !same_method(method, same))
        })
    }

    fn counterpart<'d>(
        &self,
        method: &VerificationMethod,
        document: &'d Document,
    ) -> Option<&'d VerificationMethod> {
        document
            .methods()
            .iter()
            .find(|candidate| candidate.id() == method.id())
    }
}

/// The same key in another encoding is another method here, as the cheqd ledger compares the texts.
fn same_method(a: &VerificationMethod, b: &VerificationMethod) -> bool {
    a.method_type() == b.method_type()
        && a.controller() == b.controller()
        && a.material() == b.material()
}

fn at_least_one_each(
    signers: &[(String, Signer)],
    operation: &Operation,
) -> Result<Vec<Signature>, Rejection> {
    let mut counted = Vec::new();
    for (name, signer) in signers {
        let own = signer.own(operation);
        if own.is_empty() {
            return Err(Rejection::signature_not_found(format!(
                "there should be at least one signature by {name}"
            )));
        }
        let valid: Vec<Signature> = own
            .into_iter()
            .filter(|signature| {
                let key = signer.key(&signature.method);
                key.is_some_and(|key| key.verify(operation.payload(), &signature.bytes).is_ok())
            })
            .cloned()
            .collect();
        if valid.is_empty() {
            let description = format!("there should be at least one valid signature by {name}");
            return Err(Rejection::invalid_signature(description));
        }
        add(&mut counted, &valid);
    }
    Ok(counted)
}

fn add(counted: &mut Vec<Signature>, more: &[Signature]) {
    for signature in more {
        if !counted.contains(signature) {
            counted.push(signature.clone());
        }
    }
}
