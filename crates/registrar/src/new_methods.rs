//! Verification methods whose keys are made here, together with the document that lists them.

use did::{MethodType, proto};
use keystore::{DraftKey, KeyAlgorithmHeld};

use crate::{Registrar, RegistrarError};

/// A verification method to be made, with a new Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMethod {
    /// Its id, such as `did:cheqd:testnet:…#key-2`.
    pub id: String,
    /// How its key is written.
    pub method_type: MethodType,
    /// Who controls it.
    pub controller: String,
    /// What it is for.
    pub relationships: Vec<Relationship>,
}

/// What a verification method is for (DID Core, section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relationship {
    /// To prove that one is the subject.
    Authentication,
    /// To sign statements.
    Assertion,
    /// To exercise a capability.
    CapabilityInvocation,
    /// To hand one on.
    CapabilityDelegation,
    /// To agree on keys.
    KeyAgreement,
}

impl Relationship {
    /// The entries of a document that have this relationship.
    pub fn of_document(self, document: &mut proto::DidDoc) -> &mut Vec<String> {
        match self {
            Self::Authentication => &mut document.authentication,
            Self::Assertion => &mut document.assertion_method,
            Self::CapabilityInvocation => &mut document.capability_invocation,
            Self::CapabilityDelegation => &mut document.capability_delegation,
            Self::KeyAgreement => &mut document.key_agreement,
        }
    }
}

impl Registrar {
    /// Writes new methods into a document. Their keys can sign already; they are stored by [`Registrar::keep`], once
    /// everything else has been found in order.
    pub(crate) async fn draft(
        &self,
        tenant: &str,
        document: &mut proto::DidDoc,
        methods: Vec<NewMethod>,
    ) -> Result<Vec<DraftKey>, RegistrarError> {
        if methods.len() > did::limits::MAX_METHODS {
            return Err(RegistrarError::TooManyMethods {
                limit: did::limits::MAX_METHODS,
            });
        }
        let mut drafts = Vec::with_capacity(methods.len());
        for method in methods {
            let draft = self.keystore.draft(tenant, KeyAlgorithmHeld::Ed25519);
            let draft = draft.await?;
            for relationship in method.relationships {
                let entries = relationship.of_document(document);
                if !entries.contains(&method.id) {
                    entries.push(method.id.clone());
                }
            }
            document
                .verification_method
                .push(proto::VerificationMethod {
                    verification_material: method.method_type.encode(draft.public_key())?,
                    verification_method_type: method.method_type.to_string(),
                    id: method.id,
                    controller: method.controller,
                });
            drafts.push(draft);
        }
        Ok(drafts)
    }

    /// Stores keys that were drafted: they are on disk before a document that names them is submitted.
    pub(crate) async fn keep(&self, drafts: Vec<DraftKey>) -> Result<(), RegistrarError> {
        for draft in drafts {
            self.keystore.keep(draft).await?;
        }
        Ok(())
    }
}
