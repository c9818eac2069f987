//! Verification methods whose keys are made here, together with the document that lists them.

use did::proto;
use keystore::{CustodialAlgorithm, DraftKey};

use crate::{NewMethod, Registrar, RegistrarError};

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
            let draft = self.keystore.draft(tenant, CustodialAlgorithm::Ed25519);
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
