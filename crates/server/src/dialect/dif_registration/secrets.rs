//! What requests say about keys, in either mode.

use std::collections::BTreeMap;

use serde_json::Value;

use super::algorithm;
use super::document::MethodInput;
use super::error::RegistrationError;
use super::members::Members;

/// Longest name of a job, signing request or version that is looked at, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Who holds the keys.
pub(super) enum Mode {
    /// The keystore.
    Internal(InternalSecrets),
    /// The client.
    Client(ClientSecrets),
}

/// What a request in internal mode may say about keys.
#[derive(Default)]
pub(super) struct InternalSecrets {
    /// Methods to be made.
    pub(super) templates: Vec<MethodInput>,
}

/// What a client that holds its keys says about them, and gives.
#[derive(Default)]
pub(super) struct ClientSecrets {
    /// Id of the version to be made.
    pub(super) version_id: Option<String>,
    /// Methods of the document.
    pub(super) methods: Vec<MethodInput>,
    /// Signatures, by the id of their request.
    pub(super) signatures: Option<Signatures>,
}

/// Signatures, by the id of their request.
pub(super) type Signatures = BTreeMap<String, SigningResponse>;

/// One signature of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SigningResponse {
    /// The method that has signed, if the client says so.
    pub(super) kid: Option<String>,
    /// The algorithm, if the client says so.
    pub(super) alg: Option<String>,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

/// Reads what a request in internal mode may say.
pub(super) fn internal_mode(
    mut options: Members,
    secret: Members,
) -> Result<InternalSecrets, RegistrationError> {
    if options.boolean("returnSecrets")? == Some(true) {
        return Err(RegistrationError::options(
            "options.returnSecrets: private keys never leave the keystore. To hold them yourself set \
             options.clientSecretMode to true",
        ));
    }
    if options.boolean("storeSecrets")? == Some(false) {
        return Err(RegistrationError::options(
            "options.storeSecrets: a key that is not stored could never sign again, so keys that are made here are \
             always stored. To hold them yourself set options.clientSecretMode to true",
        ));
    }
    if options.has("versionId") {
        return Err(RegistrationError::options(
            "options.versionId: the version id of what is signed here is made here; leave it out",
        ));
    }
    if secret.len() > 0 {
        return Err(RegistrationError::options(
            "secret: keys that sign here are held here, so a request brings none. Hand keys in with POST /key/import, \
             or set options.clientSecretMode to true",
        ));
    }
    let templates = options
        .list("requestVerificationMethod")?
        .unwrap_or_default();
    options.finish()?;
    let place = "options.requestVerificationMethod";
    let templates = templates
        .into_iter()
        .map(|value| MethodInput::of(value, place));
    Ok(InternalSecrets {
        templates: templates.collect::<Result<_, _>>()?,
    })
}

/// Reads what a client that holds its keys may say.
pub(super) fn client_mode(
    mut options: Members,
    mut secret: Members,
) -> Result<ClientSecrets, RegistrationError> {
    for name in ["storeSecrets", "returnSecrets"] {
        if options.boolean(name)? == Some(true) {
            return Err(RegistrationError::options(format!(
                "options.{name}: with clientSecretMode there are no secrets here"
            )));
        }
    }
    if options.has("requestVerificationMethod") {
        return Err(RegistrationError::options(
            "options.requestVerificationMethod: with clientSecretMode no keys are made here; describe yours in \
             didDocument or in secret.verificationMethod",
        ));
    }
    let version_id = options.text("versionId")?;
    options.finish()?;
    if secret.has("decryptionResponse") {
        return Err(RegistrationError::options(
            "secret.decryptionResponse: nothing here asks for a decryption",
        ));
    }
    let methods = secret.list("verificationMethod")?.unwrap_or_default();
    let methods = methods
        .into_iter()
        .map(|value| MethodInput::of(value, "secret.verificationMethod"));
    let methods = methods.collect::<Result<_, _>>()?;
    let signatures = if secret.has("signingResponse") {
        Some(signatures(secret.object("signingResponse")?)?)
    } else {
        None
    };
    secret.finish()?;
    Ok(ClientSecrets {
        version_id: version_id
            .map(|id| short("options.versionId", id))
            .transpose()?,
        methods,
        signatures,
    })
}

fn signatures(responses: Members) -> Result<Signatures, RegistrationError> {
    let place = responses.path("");
    let place = place.trim_end_matches('.').to_owned();
    let one = |(id, value): (String, Value)| {
        let id = short("the id of a signing request", id)?;
        let at = format!("{place}.{id}");
        let mut members = Members::of(value, at.clone())?;
        let signature = members.text("signature")?.ok_or_else(|| {
            RegistrationError::options(format!(
                "{at}.signature is required: the signature in base64"
            ))
        })?;
        let signature = algorithm::from_base64(&signature).ok_or_else(|| {
            RegistrationError::options(format!("{at}.signature should be base64"))
        })?;
        let response = SigningResponse {
            kid: members.text("kid")?,
            alg: members.text("alg")?,
            signature,
        };
        members.take("purpose");
        members.finish()?;
        Ok((id, response))
    };
    responses.rest().map(one).collect()
}

/// A name of bearable length.
pub(super) fn short(name: &str, text: String) -> Result<String, RegistrationError> {
    if text.len() > NAME_BYTES_MAX {
        return Err(RegistrationError::options(format!(
            "{name} should not be longer than {NAME_BYTES_MAX} bytes"
        )));
    }
    Ok(text)
}
