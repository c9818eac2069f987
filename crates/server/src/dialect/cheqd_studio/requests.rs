//! Requests about DIDs, from fields to types.

use ::did::MethodType;
use serde_json::{Map, Value};

use super::body::Input;
use super::did::{self, CheqdDid, IdentifierFormat};
use super::document::{check_document, check_verification_methods};
use super::error::StudioError;
use super::fields::{Fields, list, shown, text, texts};
use super::keys::{ImportedKey, imported_key};
use super::services::{NewService, check_services, new_services};
use crate::config::Network;

/// A document whose shape passed, and the DID it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentInput {
    /// Its `id`.
    pub did: CheqdDid,
    /// The document as it was sent.
    pub document: Map<String, Value>,
}

impl DocumentInput {
    fn of(value: Value) -> Result<DocumentInput, StudioError> {
        let Value::Object(document) = value else {
            return Err(StudioError::bad_request("Should be JSON object"));
        };
        let did = check_document(&document)?;
        Ok(DocumentInput { did, document })
    }
}

/// `POST /did/create`.
#[derive(Debug, PartialEq)]
pub enum CreateDid {
    /// The server writes the document.
    Parameters {
        /// Where the DID is to live.
        network: Network,
        /// How its identifier is made.
        format: IdentifierFormat,
        /// How its key is written.
        method_type: MethodType,
        /// The public key, in hexadecimal, of a key that is held here; a new one if none is named.
        key: Option<String>,
        /// `@context`, if given.
        contexts: Vec<String>,
        /// Services.
        services: Vec<NewService>,
    },
    /// The caller writes it, except for its verification method.
    Document {
        /// The document.
        input: DocumentInput,
        /// How its key is written.
        method_type: MethodType,
        /// As above.
        key: Option<String>,
    },
}

impl CreateDid {
    /// Reads the body.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(input: Input) -> Result<CreateDid, StudioError> {
        let mut fields = Fields::from(input);
        let document = fields
            .take("didDocument")
            .map(DocumentInput::of)
            .transpose()?;
        let network = network(&mut fields)?;
        let format = identifier_format(&mut fields)?;
        let (method_type, key) = method_and_key(&mut fields)?;
        let services = fields
            .take("service")
            .map(new_services)
            .transpose()?
            .unwrap_or_default();
        let contexts = contexts(&mut fields)?;
        provider(&mut fields)?;
        // Old descriptions of this request have the field; it never did anything.
        fields.finish(&["assertionMethod"])?;
        // A document that brings its own methods keeps them: no type is needed to make one.
        let brings_methods = |input: &DocumentInput| {
            let methods = input
                .document
                .get("verificationMethod")
                .and_then(Value::as_array);
            methods.is_some_and(|methods| !methods.is_empty())
        };
        let method_type = match &document {
            Some(input) if brings_methods(input) => {
                method_type.or(Some(MethodType::Ed25519VerificationKey2020))
            }
            _ => method_type,
        };
        match (document, method_type) {
            (Some(_), None) => Err(StudioError::bad_request(
                "Provide options section to create a DID",
            )),
            (None, None) => {
                let text = "Provide a DID Document or the VerificationMethodType to create a DID";
                Err(StudioError::bad_request(text))
            }
            (Some(input), Some(method_type)) => {
                if let Some(network) = network.filter(|network| *network != input.did.network()) {
                    let text = format!("Invalid network: didDocument.id is not on {network}");
                    return Err(StudioError::bad_request(text));
                }
                Ok(CreateDid::Document {
                    input,
                    method_type,
                    key,
                })
            }
            (None, Some(method_type)) => {
                let text = "Invalid network: testnet or mainnet is required";
                let network = network.ok_or_else(|| StudioError::bad_request(text))?;
                Ok(CreateDid::Parameters {
                    network,
                    format,
                    method_type,
                    key,
                    contexts,
                    services,
                })
            }
        }
    }

    /// The network that the new DID belongs to.
    pub fn network(&self) -> Network {
        match self {
            CreateDid::Parameters { network, .. } => *network,
            CreateDid::Document { input, .. } => input.did.network(),
        }
    }
}

/// `POST /did/update`.
#[derive(Debug, PartialEq)]
pub enum UpdateDid {
    /// A whole new document.
    Document {
        /// The document.
        input: DocumentInput,
        /// The keys that sign; all that are needed if empty.
        public_key_hexs: Vec<String>,
    },
    /// New sections of the present document; at least one is given.
    Sections {
        /// The DID.
        did: CheqdDid,
        /// The new `service`.
        services: Option<Vec<Value>>,
        /// The new `verificationMethod`.
        verification_methods: Option<Vec<Value>>,
        /// The new `authentication`.
        authentication: Option<Vec<String>>,
        /// As above.
        public_key_hexs: Vec<String>,
    },
}

impl UpdateDid {
    /// Reads the body. A whole document wins over sections.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(input: Input) -> Result<UpdateDid, StudioError> {
        const SERVICE: &str = "Service should be an array of objects for updating DID-Service";
        const METHOD: &str =
            "VerificationMethod should be an array of objects for updating DID-VerificationMethod";
        const AUTHENTICATION: &str =
            "Authentication should be an array of strings for updating DID-Authentication";
        let mut fields = Fields::from(input);
        let document = fields
            .take("didDocument")
            .map(DocumentInput::of)
            .transpose()?;
        let did = fields.take("did").map(target).transpose()?;
        let services = objects(&mut fields, "service", SERVICE)?;
        services.as_deref().map(check_services).transpose()?;
        let verification_methods = objects(&mut fields, "verificationMethod", METHOD)?;
        verification_methods
            .as_deref()
            .map(check_verification_methods)
            .transpose()?;
        let authentication = fields
            .take("authentication")
            .map(|value| texts(value, AUTHENTICATION))
            .transpose()?;
        let public_key_hexs = fields.public_key_hexs()?;
        provider(&mut fields)?;
        fields.finish(&["network"])?;

        if let Some(input) = document {
            if did.is_some_and(|did| did != input.did) {
                return Err(StudioError::bad_request(
                    "did and didDocument.id are not the same DID",
                ));
            }
            return Ok(UpdateDid::Document {
                input,
                public_key_hexs,
            });
        }
        let is_empty =
            services.is_none() && verification_methods.is_none() && authentication.is_none();
        match did {
            Some(did) if !is_empty => Ok(UpdateDid::Sections {
                did,
                services,
                verification_methods,
                authentication,
                public_key_hexs,
            }),
            _ => Err(StudioError::bad_request(
                "Provide a DID Document or atleast one field to update",
            )),
        }
    }

    /// The DID to be updated.
    pub fn did(&self) -> &CheqdDid {
        match self {
            UpdateDid::Document { input, .. } => &input.did,
            UpdateDid::Sections { did, .. } => did,
        }
    }
}

/// `POST /did/deactivate/{did}`.
#[derive(Debug, PartialEq, Eq)]
pub struct DeactivateDid {
    /// The DID, from the path.
    pub did: CheqdDid,
    /// The keys that sign, which must be the complete set; if empty, every key of it that is held here.
    pub public_key_hexs: Vec<String>,
}

impl DeactivateDid {
    /// Reads path and body.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(did: &str, input: Input) -> Result<DeactivateDid, StudioError> {
        let did = did::did(did)?;
        let mut fields = Fields::from(input);
        let public_key_hexs = fields.public_key_hexs()?;
        provider(&mut fields)?;
        fields.finish(&["network"])?;
        Ok(DeactivateDid {
            did,
            public_key_hexs,
        })
    }
}

/// `POST /did/import`. Has no `Debug`: it holds private keys.
pub struct ImportDid {
    /// The DID, which exists already.
    pub did: CheqdDid,
    /// Its private keys.
    pub keys: Vec<ImportedKey>,
    /// Which of them counts as the first.
    pub controller_key_id: Option<String>,
}

impl ImportDid {
    /// Reads the body.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(input: Input) -> Result<ImportDid, StudioError> {
        const KEYS: &str = "Keys should be an array of KeyImportRequest objects used in the DID-VerificationMethod";
        let mut fields = Fields::from(input);
        let did = target(fields.take("did").unwrap_or_default())?;
        let controller_key_id =
            fields.text("controllerKeyId", "controllerKeyId should be a string")?;
        let keys = list(fields.take("keys").unwrap_or_default(), KEYS)?;
        let keys = keys
            .into_iter()
            .map(imported_key)
            .collect::<Result<_, _>>()?;
        provider(&mut fields)?;
        fields.finish(&["network"])?;
        Ok(ImportDid {
            did,
            keys,
            controller_key_id,
        })
    }
}

fn target(value: Value) -> Result<CheqdDid, StudioError> {
    did::did(&text(value, "DID should be a string")?)
}

fn network(fields: &mut Fields) -> Result<Option<Network>, StudioError> {
    let text = fields.text("network", "Invalid network")?;
    text.map(|text| {
        text.parse()
            .map_err(|_| StudioError::bad_request("Invalid network"))
    })
    .transpose()
}

fn identifier_format(fields: &mut Fields) -> Result<IdentifierFormat, StudioError> {
    const WRONG: &str = "Invalid identifierFormatType";
    match fields.text("identifierFormatType", WRONG)?.as_deref() {
        None | Some("uuid") => Ok(IdentifierFormat::Uuid),
        Some("base58btc") => Ok(IdentifierFormat::Base58btc),
        Some(_) => Err(StudioError::bad_request(WRONG)),
    }
}

/// Type and key stand in `options` or at the top; `options` wins.
fn method_and_key(
    fields: &mut Fields,
) -> Result<(Option<MethodType>, Option<String>), StudioError> {
    let top = method_and_key_of(fields, "")?;
    let mut options = match fields.take("options") {
        None => return Ok(top),
        Some(Value::Object(map)) => Fields::from(map),
        Some(_) => return Err(StudioError::bad_request("options should be an object")),
    };
    let inner = method_and_key_of(&mut options, "options.")?;
    options.finish(&[])?;
    Ok((inner.0.or(top.0), inner.1.or(top.1)))
}

fn method_and_key_of(
    fields: &mut Fields,
    prefix: &str,
) -> Result<(Option<MethodType>, Option<String>), StudioError> {
    const WRONG: &str = "Unsupported verificationMethod type";
    let kind = fields.text("verificationMethodType", WRONG)?;
    let of =
        |text: String| MethodType::of_str(&text).ok_or_else(|| StudioError::bad_request(WRONG));
    let kind = kind.map(of).transpose()?;
    let key = fields.text("key", "key should be a string")?;
    if key.is_some() && kind.is_none() {
        let text = format!("If key is provided, {prefix}verificationMethodType is required");
        return Err(StudioError::bad_request(text));
    }
    Ok((kind, key))
}

fn contexts(fields: &mut Fields) -> Result<Vec<String>, StudioError> {
    match fields.take("@context") {
        None => Ok(vec![]),
        Some(one @ Value::String(_)) => {
            text(one, "@context should be a string or an array of strings").map(|one| vec![one])
        }
        Some(value) => texts(value, "@context should be a string or an array of strings"),
    }
}

/// Other providers are services of third parties, which this server does not call.
fn provider(fields: &mut Fields) -> Result<(), StudioError> {
    match fields
        .text("providerId", "Unsupported provider")?
        .as_deref()
    {
        None | Some("studio") => Ok(()),
        Some(other) => Err(StudioError::bad_request(format!(
            "Unsupported provider: {}",
            shown(other)
        ))),
    }
}

fn objects(
    fields: &mut Fields,
    name: &str,
    wrong: &str,
) -> Result<Option<Vec<Value>>, StudioError> {
    let objects = fields.objects(name, wrong)?;
    Ok(objects.map(|list| list.into_iter().map(Value::Object).collect()))
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;
