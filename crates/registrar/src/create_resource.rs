//! A resource of a DID.

use did::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use did::{Did, Document, IncompleteSet, Operation, OperationKind, Status, other_signers};
use ledger::{Ledger, ResourceMetadata, SubmitError};
use prost::Message;

use crate::permit::Statement;
use crate::registrar::random_uuid;
use crate::signing::{Breadth, Named, Signers, Signs, infos, methods};
use crate::{CreateResource, Registrar, RegistrarError, SigningPermit};

impl Registrar {
    /// Creates a resource in the collection of a DID that the tenant manages. One custodial key signs for each
    /// controller of the DID and of its methods; of the keys that are named, all.
    ///
    /// # Errors
    /// [`RegistrarError::Incomplete`] names the DIDs without a custodial key, and the keys that were named for
    /// nothing; [`RegistrarError::PermitDenied`].
    pub async fn create_resource(
        &self,
        tenant: &str,
        request: CreateResource,
        mut permit: SigningPermit,
    ) -> Result<ResourceMetadata, RegistrarError> {
        let did = request.did.clone();
        let ledger = self.ledger_of_owned(tenant, &did)?;
        let named = Named::of(request.keys.clone())?;
        named.check_owned(&self.keystore, tenant)?;
        let _turn = self.turns.of(&did).await;

        let state = ledger
            .state(&did)?
            .ok_or_else(|| RegistrarError::NotFound(did.clone()))?;
        if state.status == Status::Deactivated {
            return Err(RegistrarError::Deactivated(did));
        }
        let signers = self.signers_of_resource(tenant, ledger, &named, &state.document)?;
        let payload = request.into_payload();
        let statement = Statement {
            kind: OperationKind::CreateResource,
            did: &did,
            version_id: &payload.id,
            payload: &payload.encode_to_vec(),
        };
        let signatures = infos(signers.sign(&mut permit, statement).await?);
        let operation = Operation::from_create_resource(MsgCreateResource {
            payload: Some(payload),
            signatures,
        })?;
        let id = operation.version_id().to_owned();
        permit.to_submit().await?;
        ledger.submit(vec![operation.into()]).await?;
        let made = ledger.resource_metadata(&did, &id)?;
        made.ok_or(RegistrarError::Ledger(SubmitError::Unknown))
    }

    /// The keys that are to sign, or an error that names what they lack, and nothing is signed.
    fn signers_of_resource<'a>(
        &'a self,
        tenant: &'a str,
        ledger: &dyn Ledger,
        named: &'a Named,
        document: &Document,
    ) -> Result<Signers<'a>, RegistrarError> {
        let breadth = if named.are_given() {
            Breadth::All
        } else {
            Breadth::One
        };
        let mut signers = Signers::new(&self.keystore, tenant, named);
        let mut missing = signers.add_for(&other_signers(document), breadth, ledger)?;
        if signs_itself(document) && signers.add_some(breadth, methods(document))? == Signs::No {
            missing.push(document.id().clone());
        }
        let unexpected = signers.unused();
        if missing.is_empty() && unexpected.is_empty() {
            return Ok(signers);
        }
        missing.sort();
        let missing: Vec<String> = missing.iter().map(Did::to_string).collect();
        Err(RegistrarError::Incomplete {
            reason: reason(&missing, &unexpected),
            set: IncompleteSet {
                missing,
                unexpected,
                ..IncompleteSet::default()
            },
        })
    }
}

/// Whether the subject is one of those who must sign for its document.
fn signs_itself(document: &Document) -> bool {
    let controllers = document.controllers();
    let of_methods = document.methods().iter().map(|method| method.controller());
    controllers.is_empty()
        || controllers
            .iter()
            .chain(of_methods)
            .any(|did| did == document.id())
}

fn reason(missing: &[String], unexpected: &[String]) -> String {
    let mut parts = Vec::new();
    if !missing.is_empty() {
        parts.push(format!(
            "one key each must sign for {}, and none of them is held or was named",
            missing.join(", ")
        ));
    }
    if !unexpected.is_empty() {
        parts.push(format!(
            "{} sign for no DID that has to sign",
            unexpected.join(", ")
        ));
    }
    parts.join("; ")
}

impl CreateResource {
    fn into_payload(self) -> MsgCreateResourcePayload {
        MsgCreateResourcePayload {
            data: self.data,
            collection_id: self.did.unique_id().to_owned(),
            id: self.id.unwrap_or_else(random_uuid),
            name: self.name,
            version: self.version,
            resource_type: self.resource_type,
            also_known_as: self.also_known_as,
        }
    }
}
