//! Changing a document.

use did::{Did, Document, Kind, Operation, Status, VerificationMethod, proto};
use ledger::{Ledger, SubmitError};
use prost::Message;

use crate::leave::Statement;
use crate::registrar::random_uuid;
use crate::signing::{Breadth, Named, Signers, Signs, infos, methods, others};
use crate::{Change, LackingKey, Leave, Managed, Registrar, RegistrarError, Sections, Update};

impl Registrar {
    /// Changes a document. Held keys of the old and the new methods sign, and of other controllers; every key that is
    /// new in the document must be among them.
    ///
    /// # Errors
    /// [`RegistrarError::KeysNotHeld`] names the new keys that are not held, [`RegistrarError::Incomplete`] whoever
    /// has not signed; [`RegistrarError::NoLeave`].
    pub async fn update(
        &self,
        tenant: &str,
        request: Update,
        mut leave: Leave,
    ) -> Result<Managed, RegistrarError> {
        let did = request.did;
        let ledger = self.ledger_of_owned(tenant, &did)?;
        let named = Named::of(request.keys)?;
        named.check_owned(&self.keystore, tenant)?;
        let _turn = self.turns.of(&did).await;

        let state = ledger
            .state(&did)?
            .ok_or_else(|| RegistrarError::NotFound(did.clone()))?;
        if state.status == Status::Deactivated {
            return Err(RegistrarError::Deactivated(did));
        }
        let document = request.change.applied_to(state.document.proto());
        let payload = proto::MsgUpdateDidDocPayload::new(document, random_uuid());
        let new = Document::from_payload(&payload)?;
        let versions = Versions {
            old: &state.document,
            new: &new,
        };
        let (signers, unheld) = self.signers_of_change(tenant, &ledger, &named, versions)?;
        let statement = Statement {
            kind: Kind::Update,
            did: &did,
            version_id: &payload.version_id,
            payload: &payload.encode_to_vec(),
        };
        let signatures = infos(signers.sign(&mut leave, statement).await?);
        let message = proto::MsgUpdateDidDoc {
            payload: Some(payload),
            signatures,
        };
        let operation = Operation::from_update(message)?;
        let version_id = operation.version_id().to_owned();
        leave.to_submit().await?;
        match ledger.submit(vec![operation.into()]).await {
            Ok(_) => {}
            Err(SubmitError::Rejected { rejection, .. }) => {
                return Err(RegistrarError::refused(rejection, &unheld));
            }
            Err(error) => return Err(error.into()),
        }
        let keys = self.held_keys(tenant, &new)?;
        Ok(Managed {
            did,
            document: new,
            keys,
            version_id,
        })
    }

    /// The keys that are to sign a change, and the DIDs for which none is held.
    fn signers_of_change<'a>(
        &'a self,
        tenant: &'a str,
        ledger: &Ledger,
        named: &'a Named,
        Versions { old, new }: Versions<'_>,
    ) -> Result<(Signers<'a>, Vec<Did>), RegistrarError> {
        let mut signers = Signers::new(&self.keystore, tenant, named);
        signers.add(methods(old))?;
        let signs = signers.add(methods(new))?;
        let lacking: Vec<LackingKey> = new
            .methods()
            .iter()
            .zip(signs)
            .filter(|(method, signs)| *signs == Signs::No && !has(old, method))
            .map(|(method, _)| LackingKey::of(method))
            .collect();
        if !lacking.is_empty() {
            return Err(RegistrarError::KeysNotHeld(lacking));
        }
        let mut dids = others(old);
        dids.extend(others(new));
        // Where controllers stand in for missing methods, all of their keys are asked for.
        let breadth = if old.methods().is_empty() || new.methods().is_empty() {
            Breadth::All
        } else {
            Breadth::One
        };
        let unheld = signers.add_for(&dids, breadth, ledger)?;
        let unused = signers.unused();
        if !unused.is_empty() {
            let lacks = did::IncompleteSet {
                unexpected: unused,
                ..did::IncompleteSet::default()
            };
            return Err(RegistrarError::incomplete(lacks));
        }
        Ok((signers, unheld))
    }
}

impl Change {
    fn applied_to(self, present: &proto::DidDoc) -> proto::DidDoc {
        match self {
            Change::Document(document) => document,
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
                document
            }
        }
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
