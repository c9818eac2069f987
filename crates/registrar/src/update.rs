//! Changing a document.

use did::{Did, Document, Operation, Status, VerificationMethod, proto};
use ledger::{Ledger, SubmitError};
use prost::Message;

use crate::registrar::random_uuid;
use crate::signing::{Breadth, Collector, Named, Signed, others};
use crate::{Change, LackingKey, Managed, Registrar, RegistrarError, Sections, Update};

impl Registrar {
    /// Changes a document. Held keys of the old and the new methods sign, and of other controllers; every key that is
    /// new in the document must be among them.
    ///
    /// # Errors
    /// [`RegistrarError::KeysNotHeld`] names the new keys that are not held, [`RegistrarError::Incomplete`] whoever
    /// has not signed.
    pub async fn update(&self, tenant: &str, request: Update) -> Result<Managed, RegistrarError> {
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
        let signed = self.sign_change(
            tenant,
            &ledger,
            &named,
            Versions {
                old: &state.document,
                new: &new,
            },
            &payload,
        )?;
        let message = proto::MsgUpdateDidDoc {
            payload: Some(payload),
            signatures: signed.signatures,
        };
        let operation = Operation::from_update(message)?;
        let version_id = operation.version_id().to_owned();
        match ledger.submit(vec![operation.into()]).await {
            Ok(_) => {}
            Err(SubmitError::Rejected { rejection, .. }) => {
                return Err(RegistrarError::refused(rejection, &signed.unheld));
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

    fn sign_change(
        &self,
        tenant: &str,
        ledger: &Ledger,
        named: &Named,
        versions: Versions<'_>,
        payload: &proto::MsgUpdateDidDocPayload,
    ) -> Result<SignedChange, RegistrarError> {
        let Versions { old, new } = versions;
        let bytes = payload.encode_to_vec();
        let mut collector = Collector::new(&self.keystore, tenant, named, &bytes);
        for method in old.methods() {
            collector.sign(method.id(), method.key())?;
        }
        let mut lacking = Vec::new();
        for method in new.methods() {
            let signed = collector.sign(method.id(), method.key())?;
            if signed == Signed::No && !has(old, method) {
                lacking.push(LackingKey {
                    method: method.id().clone(),
                    public_key_hex: method.key().to_hex(),
                });
            }
        }
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
        let unheld = collector.sign_for(&dids, breadth, ledger)?;
        let unused = collector.unused();
        if !unused.is_empty() {
            let lacks = did::IncompleteSet {
                unexpected: unused,
                ..did::IncompleteSet::default()
            };
            return Err(RegistrarError::incomplete(lacks));
        }
        Ok(SignedChange {
            signatures: collector.into_infos(),
            unheld,
        })
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

struct SignedChange {
    signatures: Vec<proto::SignInfo>,
    unheld: Vec<Did>,
}

fn has(document: &Document, method: &VerificationMethod) -> bool {
    document
        .methods()
        .iter()
        .any(|other| other.id() == method.id() && other.key() == method.key())
}
