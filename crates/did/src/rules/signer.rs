//! The DIDs whose signature a create, an update or a resource needs: at least one by each.

use std::sync::Arc;

use super::judge_error::JudgeError;
use super::known::{Consulting, DidState, Known, Status};
use crate::{Did, Document, MethodId, Operation, PublicKey, Rejection, Signature};

/// A DID whose signature an operation needs, and the document whose keys count for it.
pub(super) struct Signer {
    pub(super) did: Did,
    pub(super) document: Document,
}

impl Signer {
    pub(super) fn key(&self, method: &MethodId) -> Option<&PublicKey> {
        self.document
            .methods()
            .iter()
            .find(|candidate| candidate.id() == method)
            .map(|found| found.key())
    }

    /// The signatures by its methods, in the order of the message.
    pub(super) fn own<'o>(&self, operation: &'o Operation) -> Vec<&'o Signature> {
        operation
            .signatures()
            .iter()
            .filter(|signature| signature.method.did() == self.did)
            .collect()
    }

    fn all_valid(&self, operation: &Operation) -> Result<Vec<Signature>, Rejection> {
        let own = self.own(operation);
        if own.is_empty() {
            return Err(Rejection::signature_not_found(format!(
                "signer: {}",
                self.did
            )));
        }
        for signature in &own {
            let key = self
                .key(&signature.method)
                .ok_or_else(|| Rejection::verification_method_not_found(&signature.method))?;
            key.verify(operation.payload(), &signature.bytes)
                .map_err(|_| {
                    Rejection::invalid_signature(format!("method id: {}", signature.method))
                })?;
        }
        Ok(own.into_iter().cloned().collect())
    }
}

/// The signatures of the signers: at least one of each, and no invalid one among theirs.
pub(super) fn all_valid(
    signers: &[Signer],
    operation: &Operation,
) -> Result<Vec<Signature>, Rejection> {
    let mut counted = Vec::new();
    for signer in signers {
        counted.extend(signer.all_valid(operation)?);
    }
    Ok(counted)
}

/// The controllers of the document, or the subject where there is none, and the controllers of its methods, in order.
pub(super) fn signers<K: Known>(
    document: &Document,
    states: &mut Consulting<'_, K>,
) -> Result<Vec<Signer>, JudgeError<K::Error>> {
    let mut dids: Vec<Did> = controllers_or_subject(document);
    dids.extend(
        document
            .methods()
            .iter()
            .map(|method| method.controller().clone()),
    );
    dids.sort();
    dids.dedup();
    let signer = |did: Did| {
        let document = if did == *document.id() {
            document.clone()
        } else {
            live(&did, states)?.document.clone()
        };
        Ok(Signer { did, document })
    };
    dids.into_iter().map(signer).collect()
}

pub(super) fn controllers_or_subject(document: &Document) -> Vec<Did> {
    match document.controllers() {
        [] => vec![document.id().clone()],
        controllers => controllers.to_vec(),
    }
}

/// A signer other than the subject: it must exist, and a deactivated one authorises nothing.
pub(super) fn live<K: Known>(
    did: &Did,
    states: &mut Consulting<'_, K>,
) -> Result<Arc<DidState>, JudgeError<K::Error>> {
    let state = states
        .state(did)?
        .ok_or_else(|| Rejection::did_not_found(did))?;
    match state.status {
        Status::Active => Ok(state),
        Status::Deactivated => Err(Rejection::deactivated(did).into()),
    }
}
