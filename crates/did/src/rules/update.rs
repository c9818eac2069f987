//! A new version of a DID that goes on.

use super::authority::other_signers;
use super::bound::is_reserved;
use super::complete_set::IncompleteSet;
use super::create::{NamedSigner, controllers_or_subject, live, reserved_version};
use super::judge::{Circumstances, Outcome};
use super::known::{Known, Notebook, Status};
use super::required_set::RequiredSet;
use crate::{Did, Document, Operation, Rejection, Signature, VerificationMethod};

/// Judges an update: at least one valid signature by each signer of the old and of the new document; where the document
/// is guarded, or gets its first method or loses its last, the complete set besides.
pub(super) fn judge<K: Known>(
    operation: &Operation,
    circumstances: &Circumstances<'_>,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Outcome, Rejection>, K::Error> {
    let Some(new) = operation.document() else {
        return Ok(Err(Rejection::basic("payload: cannot be blank.")));
    };
    if let Err(rejection) = operation.check_namespace(circumstances.namespace) {
        return Ok(Err(rejection));
    }
    let Some(state) = notebook.state(new.id())? else {
        return Ok(Err(Rejection::update_of_unknown(new.id())));
    };
    if state.status == Status::Deactivated {
        return Ok(Err(Rejection::deactivated(new.id())));
    }
    if is_reserved(operation.version_id()) {
        return Ok(Err(reserved_version()));
    }
    let change = Change {
        old: &state.document,
        new,
    };
    let mut counted = match change.signers(notebook)? {
        Ok(signers) => match at_least_one_each(&signers, operation) {
            Ok(counted) => counted,
            Err(rejection) => return Ok(Err(rejection)),
        },
        Err(rejection) => return Ok(Err(rejection)),
    };
    for required in change.complete_sets(notebook)? {
        let complete = required.and_then(|set| {
            set.contained_in(operation.payload(), operation.signatures())
                .map_err(Rejection::from)
        });
        match complete {
            Ok(complete) => add(&mut counted, complete.counted()),
            Err(rejection) => return Ok(Err(rejection)),
        }
    }
    if notebook.version_is_used(new.id(), operation.version_id())? {
        return Ok(Err(Rejection::version_exists(
            new.id(),
            operation.version_id(),
        )));
    }
    Ok(Ok(Outcome {
        document: new.clone(),
        status: Status::Active,
        signatures: counted,
    }))
}

/// The signatures by which the complete set of the document that it replaces has signed an accepted update, or what it
/// lacks for that.
pub(super) fn by_old_set<K: Known>(
    operation: &Operation,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Vec<Signature>, IncompleteSet>, K::Error> {
    let Some(old) = notebook.state(operation.did())? else {
        return Ok(Ok(Vec::new()));
    };
    Ok(match RequiredSet::consulting(&old.document, notebook)? {
        Ok(set) => set
            .contained_in(operation.payload(), operation.signatures())
            .map(|complete| complete.counted().to_vec()),
        Err(_frozen) => Err(IncompleteSet {
            missing: vec![operation.did().to_string()],
            ..IncompleteSet::default()
        }),
    })
}

pub(super) struct Change<'a> {
    pub(super) old: &'a Document,
    pub(super) new: &'a Document,
}

/// Which document of the subject a signer's keys are looked up in. Other DIDs have one face only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Face {
    Old,
    New,
}

/// Those who must sign at least once, each with the name that refusals give it.
pub(super) type Signers = Vec<(String, NamedSigner)>;

impl Change<'_> {
    /// Who must sign at least once, in the cheqd ledger's order: by DID, the subject's old face before its new one.
    ///
    /// Every DID that one of the documents names must be there and live, whether it has to sign or not.
    pub(super) fn signers<K: Known>(
        &self,
        notebook: &mut Notebook<'_, K>,
    ) -> Result<Result<Signers, Rejection>, K::Error> {
        let mut named = [other_signers(self.old), other_signers(self.new)].concat();
        named.sort();
        for did in named {
            if let Err(rejection) = live(&did, notebook)? {
                return Ok(Err(rejection));
            }
        }
        let mut signers = Signers::new();
        for (did, face) in self.signer_dids() {
            let (name, document) = if did == *self.new.id() {
                match face {
                    Face::Old => (format!("{did} (old version)"), self.old.clone()),
                    Face::New => (format!("{did} (new version)"), self.new.clone()),
                }
            } else {
                match live(&did, notebook)? {
                    Ok(state) => (did.to_string(), state.document.clone()),
                    Err(rejection) => return Ok(Err(rejection)),
                }
            };
            if signers.last().is_none_or(|(last, _)| *last != name) {
                signers.push((name, NamedSigner { did, document }));
            }
        }
        Ok(Ok(signers))
    }

    fn signer_dids(&self) -> Vec<(Did, Face)> {
        let old = controllers_or_subject(self.old)
            .into_iter()
            .map(|did| (did, Face::Old));
        let new = controllers_or_subject(self.new)
            .into_iter()
            .map(|did| (did, Face::New));
        let mut dids: Vec<(Did, Face)> = old.chain(new).collect();
        for method in self.old.methods() {
            if self
                .counterpart(method, self.new)
                .is_none_or(|same| !same_method(method, same))
            {
                dids.push((method.controller().clone(), Face::Old));
            }
        }
        dids.extend(
            self.new_methods()
                .map(|method| (method.controller().clone(), Face::New)),
        );
        dids.sort();
        dids
    }

    /// The complete sets that this change needs beyond one signature a signer.
    pub(super) fn complete_sets<K: Known>(
        &self,
        notebook: &mut Notebook<'_, K>,
    ) -> Result<Vec<Result<RequiredSet, Rejection>>, K::Error> {
        let mut sets = Vec::new();
        if self.old.is_guarded() && self.changes_authority() {
            let set = RequiredSet::consulting(self.old, notebook)?;
            sets.push(set.map(|set| set.and_keys(self.new_methods())));
        }
        match (self.old.methods().is_empty(), self.new.methods().is_empty()) {
            (true, false) => sets.push(RequiredSet::consulting(self.old, notebook)?),
            (false, true) => sets.push(RequiredSet::consulting(self.new, notebook)?),
            (true, true) | (false, false) => {}
        }
        Ok(sets)
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
    signers: &[(String, NamedSigner)],
    operation: &Operation,
) -> Result<Vec<Signature>, Rejection> {
    let mut counted = Vec::new();
    for (name, signer) in signers {
        let own: Vec<_> = operation
            .signatures()
            .iter()
            .filter(|signature| signature.method.did() == signer.did)
            .collect();
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
