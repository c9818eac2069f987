//! Making a DID.

use clock::now_ms;
use did::{
    Circumstances, Did, Document, MethodType, Operation, OperationKind, Proposal, PublicKey,
    UnsupportedKey, judge, other_signers, proto,
};
use keystore::{CustodialAlgorithm, DraftKey};
use ledger::{Ledger, SubmitError};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::permit::Statement;
use crate::registrar::random_uuid;
use crate::rows::Pending;
use crate::signing::{Breadth, Named, Signers, Signs, infos, methods};
use crate::{
    Create, IdFormat, KeyChoice, Managed, MissingKey, NewDid, NewDocument, OpenDocument, Registrar,
    RegistrarError, SigningPermit,
};

/// Fragment of the method of a document that is written here.
const KEY_FRAGMENT: &str = "key-1";

impl Registrar {
    /// Makes a DID and lists it under the tenant. Every key of its document signs, and custodial keys of other
    /// controllers.
    ///
    /// A new key is stored only once everything else has been found in order, so that a refusal leaves none behind.
    ///
    /// # Errors
    /// [`RegistrarError::KeysNotCustodial`] names the keys of a given document that are not custodial; the ledger's
    /// refusal, such as that the DID exists; [`RegistrarError::PermitDenied`].
    pub async fn create(
        &self,
        tenant: &str,
        request: Create,
        mut permit: SigningPermit,
    ) -> Result<Managed, RegistrarError> {
        let ledger = self.ledger_for(&request)?;
        if let Some(fault) = ledger.fault() {
            return Err(RegistrarError::Ledger(SubmitError::Stopped(fault)));
        }
        let (document, drafts) = self.written(tenant, request).await?;
        let payload = proto::MsgCreateDidDocPayload::new(document, random_uuid());
        let document = Document::from_payload(&payload)?;
        let named = Named::all();
        let signers = Signers::new(&self.keystore, tenant, &named).with(&drafts);
        let (signers, without_key) = signers_of_create(signers, ledger, &document)?;
        let statement = Statement {
            kind: OperationKind::Create,
            did: document.id(),
            version_id: &payload.version_id,
            payload: &payload.encode_to_vec(),
        };
        let signatures = infos(signers.sign(&mut permit, statement).await?);
        let operation = Operation::from_create(proto::MsgCreateDidDoc {
            payload: Some(payload),
            signatures,
        })?;
        judged(ledger, &[operation.clone().into()], &without_key)?;
        self.keep(drafts).await?;
        self.submit_create(tenant, ledger, document, operation, &permit)
            .await
    }

    /// The document to be, with the keys that are new in it.
    async fn written(
        &self,
        tenant: &str,
        request: Create,
    ) -> Result<(proto::DidDoc, Vec<DraftKey>), RegistrarError> {
        Ok(match Draft::of(request)? {
            Draft::Written(document) => (document, Vec::new()),
            Draft::Methods(OpenDocument {
                mut document,
                new_methods,
            }) => {
                let drafts = self.draft(tenant, &mut document, new_methods).await?;
                (document, drafts)
            }
            Draft::Open {
                template,
                writing,
                key: KeyChoice::Existing(hex),
            } => {
                let key = self
                    .keystore
                    .find(tenant, &hex)?
                    .ok_or(RegistrarError::KeyNotFound(hex))?;
                (writing.write(template, &key.public_key)?, Vec::new())
            }
            Draft::Open {
                template,
                writing,
                key: KeyChoice::Generate,
            } => {
                let key = self
                    .keystore
                    .draft(tenant, CustodialAlgorithm::Ed25519)
                    .await?;
                (writing.write(template, key.public_key())?, vec![key])
            }
        })
    }

    fn ledger_for(&self, request: &Create) -> Result<&dyn Ledger, RegistrarError> {
        let ledger = match request {
            Create::Parameters(new) => self.networks.by_name(&new.network)?,
            Create::Document(NewDocument { document, .. })
            | Create::Open(OpenDocument { document, .. }) => {
                let did = Did::parse(&document.id).ok();
                self.networks
                    .by_name(did.as_ref().and_then(Did::namespace).unwrap_or_default())?
            }
        };
        Ok(ledger)
    }

    /// Records the DID as pending, submits, and then lists it or deletes the record.
    async fn submit_create(
        &self,
        tenant: &str,
        ledger: &dyn Ledger,
        document: Document,
        operation: Operation,
        permit: &SigningPermit,
    ) -> Result<Managed, RegistrarError> {
        let version_id = operation.version_id().to_owned();
        let pending = Pending {
            tenant: tenant.to_owned(),
            did: document.id().to_string(),
            version_id: version_id.clone(),
            network: ledger.namespace().to_owned(),
            created_ms: i64::try_from(now_ms()).unwrap_or(i64::MAX),
        };
        self.rows.begin(pending.clone()).await?;
        if let Err(refused) = permit.to_submit().await {
            self.rows.forget(pending).await?;
            return Err(refused.into());
        }
        let result = ledger.submit(vec![operation.into()]).await;
        let settled = match &result {
            Ok(_) => self.rows.confirm(pending).await,
            // It may have been accepted, or will be: every reader of the record asks the ledger.
            Err(SubmitError::Unknown | SubmitError::Pending { .. }) => Ok(()),
            Err(_) => self.rows.forget(pending).await,
        };
        if let Err(error) = settled {
            // The record stays, and every reader of it asks the ledger.
            tracing::warn!(did = %document.id(), error = &error as &dyn std::error::Error, "a DID stays pending");
        }
        result?;
        let keys = self.custodial_keys(tenant, &document)?;
        Ok(Managed {
            did: document.id().clone(),
            document,
            keys,
            version_id,
        })
    }
}

/// The keys that are to sign a new document, and the other DIDs that have no custodial key.
fn signers_of_create<'a>(
    mut signers: Signers<'a>,
    ledger: &dyn Ledger,
    document: &Document,
) -> Result<(Signers<'a>, Vec<Did>), RegistrarError> {
    let signs = signers.add(methods(document))?;
    let lacking: Vec<MissingKey> = document
        .methods()
        .iter()
        .zip(signs)
        .filter(|(_, signs)| *signs == Signs::No)
        .map(|(method, _)| MissingKey::of(method))
        .collect();
    if !lacking.is_empty() {
        return Err(RegistrarError::KeysNotCustodial(lacking));
    }
    let without_key = signers.add_for(&other_signers(document), Breadth::One, ledger)?;
    Ok((signers, without_key))
}

/// A document to be, and what it still needs.
enum Draft {
    Written(proto::DidDoc),
    Methods(OpenDocument),
    Open {
        template: proto::DidDoc,
        writing: Writing,
        key: KeyChoice,
    },
}

impl Draft {
    fn of(request: Create) -> Result<Self, RegistrarError> {
        match request {
            Create::Parameters(NewDid {
                network,
                id_format,
                method_type,
                key,
                services,
                contexts,
            }) => {
                let template = proto::DidDoc {
                    context: contexts,
                    service: services,
                    ..proto::DidDoc::default()
                };
                Ok(Self::Open {
                    template,
                    writing: Writing::Whole {
                        network,
                        id_format,
                        method_type,
                    },
                    key,
                })
            }
            Create::Open(open) => Ok(Self::Methods(open)),
            Create::Document(NewDocument {
                document,
                method_type,
                key,
            }) if document.verification_method.is_empty() => Ok(Self::Open {
                template: document,
                writing: Writing::Method { method_type },
                key,
            }),
            Create::Document(NewDocument {
                document,
                key: KeyChoice::Generate,
                ..
            }) => Ok(Self::Written(document)),
            Create::Document(NewDocument {
                document,
                key: KeyChoice::Existing(hex),
                ..
            }) => {
                if has_key(&document, &hex) {
                    Ok(Self::Written(document))
                } else {
                    Err(RegistrarError::KeyNotInDocument(hex))
                }
            }
        }
    }
}

/// What is written here of a new document once its key is known.
enum Writing {
    /// All but contexts and services.
    Whole {
        network: String,
        id_format: IdFormat,
        method_type: MethodType,
    },
    /// The verification method alone.
    Method { method_type: MethodType },
}

impl Writing {
    fn write(
        &self,
        mut document: proto::DidDoc,
        key: &PublicKey,
    ) -> Result<proto::DidDoc, UnsupportedKey> {
        let method_type = match self {
            Self::Method { method_type } => method_type,
            Self::Whole {
                network,
                id_format,
                method_type,
            } => {
                let unique_id = match id_format {
                    IdFormat::Uuid => random_uuid(),
                    IdFormat::Base58btc => {
                        let digest: [u8; 32] = Sha256::digest(key.to_bytes()).into();
                        bs58::encode(digest.first_chunk::<16>().unwrap_or(&[0; 16])).into_string()
                    }
                };
                document.id = format!("did:{}:{network}:{unique_id}", did::METHOD);
                let method = format!("{}#{KEY_FRAGMENT}", document.id);
                document.controller = vec![document.id.clone()];
                document.authentication = vec![method.clone()];
                document.assertion_method = vec![method];
                for service in &mut document.service {
                    service.id = format!("{}#{}", document.id, service.id);
                }
                method_type
            }
        };
        document.verification_method = vec![proto::VerificationMethod {
            id: format!("{}#{KEY_FRAGMENT}", document.id),
            verification_method_type: method_type.to_string(),
            controller: document.id.clone(),
            verification_material: method_type.encode(key)?,
        }];
        Ok(document)
    }
}

/// Asks the rules, as the ledger will, before anything is written.
pub(crate) fn judged(
    ledger: &dyn Ledger,
    proposals: &[Proposal],
    without_key: &[Did],
) -> Result<(), RegistrarError> {
    let circumstances = Circumstances {
        namespace: ledger.namespace(),
        network_id: ledger.network_id(),
        time_ms: now_ms(),
    };
    match judge(proposals, &circumstances, &mut ledger.known()) {
        Ok(_) => Ok(()),
        Err(refused) => Err(RegistrarError::refused(
            refused.into_rejection()?,
            without_key,
        )),
    }
}

fn has_key(document: &proto::DidDoc, hex: &str) -> bool {
    document.verification_method.iter().any(|method| {
        let method_type: Option<MethodType> = method.verification_method_type.parse().ok();
        let key = method_type
            .and_then(|method_type| method_type.decode(&method.verification_material).ok());
        key.is_some_and(|key| key.to_hex().eq_ignore_ascii_case(hex))
    })
}
