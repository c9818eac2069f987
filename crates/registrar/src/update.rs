//! Changing a document.

use std::sync::Arc;

use did::{
    Did, DidState, Document, Operation, OperationKind, Status, VerificationMethod, other_signers,
    proto,
};
use keystore::DraftKey;
use ledger::{Ledger, SubmitError};
use prost::Message;

use crate::create::judged;
use crate::permit::Statement;
use crate::registrar::random_uuid;
use crate::signing::{Breadth, Named, Signers, Signs, infos, methods};
use crate::{
    Change, Edits, InvalidEdit, Managed, MissingKey, NewMethod, Registrar, RegistrarError,
    Sections, SigningPermit, Update, edited,
};

impl Registrar {
    /// Changes a document. Custodial keys of the old and the new methods sign, and of other controllers; every key that
    /// is new in the document must be among them.
    ///
    /// # Errors
    /// [`RegistrarError::KeysNotCustodial`] names the new keys that are not custodial, [`RegistrarError::Incomplete`]
    /// the keys that have not signed; [`RegistrarError::PermitDenied`].
    pub async fn update(
        &self,
        tenant: &str,
        request: Update,
        mut permit: SigningPermit,
    ) -> Result<Managed, RegistrarError> {
        let did = request.did;
        let ledger = self.ledger_of_owned(tenant, &did)?;
        let named = Named::of(request.keys)?;
        named.check_owned(&self.keystore, tenant)?;
        let _turn = self.turns.of(&did).await;

        let state = live(ledger, &did)?;
        let signing = UpdateSigning {
            tenant,
            ledger,
            named: &named,
            permit: &mut permit,
        };
        let SignedUpdate {
            operation,
            document,
            drafts,
            without_key,
        } = self.signed_update(signing, &state, request.change).await?;
        if !drafts.is_empty() {
            judged(ledger, &[operation.clone().into()], &without_key)?;
            self.keep(drafts).await?;
        }
        let version_id = operation.version_id().to_owned();
        permit.to_submit().await?;
        match ledger.submit(vec![operation.into()]).await {
            Ok(_) => {}
            Err(SubmitError::Rejected { rejection, .. }) => {
                return Err(RegistrarError::refused(rejection, &without_key));
            }
            Err(error) => return Err(error.into()),
        }
        let keys = self.custodial_keys(tenant, &document)?;
        Ok(Managed {
            did,
            document,
            keys,
            version_id,
        })
    }

    /// The update, signed by all custodial keys. New keys in it are not stored yet.
    pub(crate) async fn signed_update(
        &self,
        signing: UpdateSigning<'_>,
        state: &DidState,
        change: Change,
    ) -> Result<SignedUpdate, RegistrarError> {
        let UpdateSigning {
            tenant,
            ledger,
            named,
            permit,
        } = signing;
        let (mut document, new_methods) = change.applied_to(state.document.proto())?;
        let drafts = self.draft(tenant, &mut document, new_methods).await?;
        let payload = proto::MsgUpdateDidDocPayload::new(document, random_uuid());
        let document = Document::from_payload(&payload)?;
        let versions = Versions {
            old: &state.document,
            new: &document,
        };
        let signers = Signers::new(&self.keystore, tenant, named).with(&drafts);
        let (signers, without_key) = signers_of_change(signers, ledger, versions)?;
        let statement = Statement {
            kind: OperationKind::Update,
            did: document.id(),
            version_id: &payload.version_id,
            payload: &payload.encode_to_vec(),
        };
        let signatures = infos(signers.sign(permit, statement).await?);
        let operation = Operation::from_update(proto::MsgUpdateDidDoc {
            payload: Some(payload),
            signatures,
        })?;
        Ok(SignedUpdate {
            operation,
            document,
            drafts,
            without_key,
        })
    }
}

/// Who signs an update, and with which permit.
pub(crate) struct UpdateSigning<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) named: &'a Named,
    pub(crate) permit: &'a mut SigningPermit,
}

/// An update that is signed, and not submitted.
pub(crate) struct SignedUpdate {
    pub(crate) operation: Operation,
    pub(crate) document: Document,
    /// Keys that are new in it, to be stored before it is submitted.
    pub(crate) drafts: Vec<DraftKey>,
    /// Other DIDs that it names, without a custodial key.
    pub(crate) without_key: Vec<Did>,
}

/// A DID that exists and is active.
pub(crate) fn live(ledger: &dyn Ledger, did: &Did) -> Result<Arc<DidState>, RegistrarError> {
    match ledger.state(did)? {
        None => Err(RegistrarError::NotFound(did.clone())),
        Some(state) if state.status == Status::Deactivated => {
            Err(RegistrarError::Deactivated(did.clone()))
        }
        Some(state) => Ok(state),
    }
}

/// The keys that are to sign a change, and the DIDs without a custodial one.
fn signers_of_change<'a>(
    mut signers: Signers<'a>,
    ledger: &dyn Ledger,
    Versions { old, new }: Versions<'_>,
) -> Result<(Signers<'a>, Vec<Did>), RegistrarError> {
    signers.add(methods(old))?;
    let signs = signers.add(methods(new))?;
    let lacking: Vec<MissingKey> = new
        .methods()
        .iter()
        .zip(signs)
        .filter(|(method, signs)| *signs == Signs::No && !has(old, method))
        .map(|(method, _)| MissingKey::of(method))
        .collect();
    if !lacking.is_empty() {
        return Err(RegistrarError::KeysNotCustodial(lacking));
    }
    let mut dids = [other_signers(old), other_signers(new)].concat();
    dids.sort();
    dids.dedup();
    // Where controllers sign for a document without methods, all of their keys are asked for.
    let breadth = if old.methods().is_empty() || new.methods().is_empty() {
        Breadth::All
    } else {
        Breadth::One
    };
    let without_key = signers.add_for(&dids, breadth, ledger)?;
    let unused = signers.unused();
    if !unused.is_empty() {
        let lacks = did::IncompleteSet {
            unexpected: unused,
            ..did::IncompleteSet::default()
        };
        return Err(did::Rejection::from(lacks).into());
    }
    Ok((signers, without_key))
}

impl Change {
    /// The document that it leads to, and the methods that are to be made in it.
    fn applied_to(
        self,
        present: &proto::DidDoc,
    ) -> Result<(proto::DidDoc, Vec<NewMethod>), InvalidEdit> {
        Ok(match self {
            Change::Document(document) => (document, Vec::new()),
            Change::Edits(Edits { edits, new_methods }) => {
                (edited(present.clone(), edits)?, new_methods)
            }
            Change::Sections(Sections {
                services,
                verification_methods,
                authentication,
            }) => {
                let mut document = present.clone();
                if let Some(services) = services {
                    document.service = services;
                }
                if let Some(methods) = verification_methods {
                    document.verification_method = methods;
                }
                if let Some(authentication) = authentication {
                    document.authentication = authentication;
                }
                (document, Vec::new())
            }
        })
    }
}

struct Versions<'a> {
    old: &'a Document,
    new: &'a Document,
}

fn has(document: &Document, method: &VerificationMethod) -> bool {
    document
        .methods()
        .iter()
        .any(|other| other.id() == method.id() && other.key() == method.key())
}
