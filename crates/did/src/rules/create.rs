//! The first version of a DID.

use std::sync::Arc;

use super::bound::is_reserved;
use super::judge::{Circumstances, Outcome};
use super::known::{DidState, Known, Notebook, Status};
use crate::{Did, Document, MethodId, Operation, PublicKey, Rejection, Signature};

/// Judges a create: the DID is new, and each of its signers has signed at least once, with no invalid signature among
/// theirs. Signatures of others are left out.
pub(super) fn judge<K: Known>(
    operation: &Operation,
    circumstances: &Circumstances<'_>,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Outcome, Rejection>, K::Error> {
    let Some(document) = operation.document() else {
        return Ok(Err(Rejection::basic("payload: cannot be blank.")));
    };
    if notebook.state(document.id())?.is_some() {
        return Ok(Err(Rejection::did_exists(document.id())));
    }
    if let Err(rejection) = operation.check_namespace(circumstances.namespace) {
        return Ok(Err(rejection));
    }
    if is_reserved(operation.version_id()) {
        return Ok(Err(reserved_version()));
    }
    let signers = match signers(document, notebook)? {
        Ok(signers) => signers,
        Err(rejection) => return Ok(Err(rejection)),
    };
    Ok(all_valid(&signers, operation).map(|signatures| Outcome {
        document: document.clone(),
        status: Status::Active,
        signatures,
    }))
}

/// The signatures of the signers: at least one of each, and no invalid one among theirs.
pub(super) fn all_valid(
    signers: &[NamedSigner],
    operation: &Operation,
) -> Result<Vec<Signature>, Rejection> {
    let mut counted = Vec::new();
    for signer in signers {
        counted.extend(signer.all_valid(operation)?);
    }
    Ok(counted)
}

/// A DID whose signature an operation needs, and the document whose keys count for it.
pub(super) struct NamedSigner {
    pub(super) did: Did,
    pub(super) document: Document,
}

impl NamedSigner {
    pub(super) fn key(&self, method: &MethodId) -> Option<&PublicKey> {
        self.document
            .methods()
            .iter()
            .find(|candidate| candidate.id() == method)
            .map(|found| found.key())
    }

    fn all_valid(&self, operation: &Operation) -> Result<Vec<Signature>, Rejection> {
        let own: Vec<_> = operation
            .signatures()
            .iter()
            .filter(|signature| signature.method.did() == self.did)
            .collect();
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

/// The controllers of the document, or the subject where there is none, and the controllers of its methods, in order.
pub(super) fn signers<K: Known>(
    document: &Document,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Vec<NamedSigner>, Rejection>, K::Error> {
    let mut dids: Vec<Did> = controllers_or_subject(document);
    dids.extend(
        document
            .methods()
            .iter()
            .map(|method| method.controller().clone()),
    );
    dids.sort();
    dids.dedup();
    let mut signers = Vec::with_capacity(dids.len());
    for did in dids {
        if did == *document.id() {
            signers.push(NamedSigner {
                did,
                document: document.clone(),
            });
            continue;
        }
        match live(&did, notebook)? {
            Ok(state) => signers.push(NamedSigner {
                did,
                document: state.document.clone(),
            }),
            Err(rejection) => return Ok(Err(rejection)),
        }
    }
    Ok(Ok(signers))
}

pub(super) fn controllers_or_subject(document: &Document) -> Vec<Did> {
    match document.controllers() {
        [] => vec![document.id().clone()],
        controllers => controllers.to_vec(),
    }
}

/// A signer other than the subject: it must exist, and one that has ended authorises nothing.
pub(super) fn live<K: Known>(
    did: &Did,
    notebook: &mut Notebook<'_, K>,
) -> Result<Result<Arc<DidState>, Rejection>, K::Error> {
    Ok(match notebook.state(did)? {
        None => Err(Rejection::did_not_found(did)),
        Some(state) if state.status == Status::Deactivated => Err(Rejection::deactivated(did)),
        Some(state) => Ok(state),
    })
}

pub(super) fn reserved_version() -> Rejection {
    Rejection::basic(
        "payload: (version_id: a UUID of version 8 is reserved for bound deactivations.).",
    )
}
