//! Refusals in the words and numbers of the cheqd ledger.

use std::fmt;

use crate::did::Did;
use crate::did_url::MethodId;

/// Registered errors of the cheqd ledger that this one uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// 38, of the SDK: the DID of a resource does not exist.
    NotFound,
    /// 1100: a signature does not verify.
    InvalidSignature,
    /// 1101: a required signature is not there.
    SignatureNotFound,
    /// 1200: the DID exists already.
    DidDocExists,
    /// 1201: the DID does not exist.
    DidDocNotFound,
    /// 1202: a signature names an unknown method.
    VerificationMethodNotFound,
    /// 1205: the message itself is wrong.
    BasicValidation,
    /// 1206: the message belongs to another network.
    NamespaceValidation,
    /// 1207: the DID has ended.
    DidDocDeactivated,
    /// 1500: any other refusal of the ledger.
    Internal,
    /// 2200, of the resource module: the resource exists already.
    ResourceExists,
}

impl Code {
    /// All codes in ascending order.
    pub const ALL: [Self; 11] = [
        Self::NotFound,
        Self::InvalidSignature,
        Self::SignatureNotFound,
        Self::DidDocExists,
        Self::DidDocNotFound,
        Self::VerificationMethodNotFound,
        Self::BasicValidation,
        Self::NamespaceValidation,
        Self::DidDocDeactivated,
        Self::Internal,
        Self::ResourceExists,
    ];

    /// The code space that the number belongs to: the name of the module that registered it.
    pub fn codespace(self) -> &'static str {
        match self {
            Self::NotFound => "sdk",
            Self::ResourceExists => "resource",
            _ => "cheqd",
        }
    }

    /// The registered number.
    pub fn as_u32(self) -> u32 {
        match self {
            Self::NotFound => 38,
            Self::InvalidSignature => 1100,
            Self::SignatureNotFound => 1101,
            Self::DidDocExists => 1200,
            Self::DidDocNotFound => 1201,
            Self::VerificationMethodNotFound => 1202,
            Self::BasicValidation => 1205,
            Self::NamespaceValidation => 1206,
            Self::DidDocDeactivated => 1207,
            Self::Internal => 1500,
            Self::ResourceExists => 2200,
        }
    }

    /// The registered text.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::InvalidSignature => "invalid signature detected",
            Self::SignatureNotFound => "signature is required but not found",
            Self::DidDocExists => "DID Doc exists",
            Self::DidDocNotFound => "DID Doc not found",
            Self::VerificationMethodNotFound => "verification method not found",
            Self::BasicValidation => "basic validation failed",
            Self::NamespaceValidation => "DID namespace validation failed",
            Self::DidDocDeactivated => "DID Doc already deactivated",
            Self::Internal => "internal error",
            Self::ResourceExists => "Resource exists",
        }
    }
}

/// Why an operation is refused.
///
/// Prints as `<description>: <registered text>`, which is the ledger's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    code: Code,
    description: String,
    missing: Vec<String>,
    invalid: Vec<String>,
    unexpected: Vec<String>,
}

impl Rejection {
    /// A refusal with a description of what is wrong.
    pub fn new(code: Code, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            missing: vec![],
            invalid: vec![],
            unexpected: vec![],
        }
    }

    /// 1205: the message itself is wrong.
    pub fn basic(details: impl Into<String>) -> Self {
        Self::new(Code::BasicValidation, details)
    }

    /// 1206: the message belongs to another network.
    pub fn namespace(details: impl Into<String>) -> Self {
        Self::new(Code::NamespaceValidation, details)
    }

    /// 1200: this DID exists already.
    pub fn did_exists(did: &Did) -> Self {
        Self::new(Code::DidDocExists, did.as_str())
    }

    /// 1201: this DID does not exist.
    pub fn did_not_found(did: &Did) -> Self {
        Self::new(Code::DidDocNotFound, did.as_str())
    }

    /// 38: the DID that a resource is to belong to does not exist.
    pub fn collection_not_found(did: &Did) -> Self {
        Self::new(Code::NotFound, did.as_str())
    }

    /// 2200: the collection has a resource of this id.
    pub fn resource_exists(resource_id: &str) -> Self {
        Self::new(Code::ResourceExists, resource_id)
    }

    /// 1201: the DID to update does not exist.
    pub fn update_of_unknown(did: &Did) -> Self {
        Self::new(Code::DidDocNotFound, format!("{did}: not found"))
    }

    /// 1207: this DID has ended.
    pub fn deactivated(did: &Did) -> Self {
        Self::new(Code::DidDocDeactivated, did.as_str())
    }

    /// 1101: this DID lists no method, and no live controller is left that could sign for it.
    pub fn frozen(did: &Did) -> Self {
        let text = format!(
            "{did} is frozen: it lists no verification method and no live controller can sign for it"
        );
        Self::new(Code::SignatureNotFound, text)
    }

    /// 1101: a required signature is not there.
    pub fn signature_not_found(description: impl Into<String>) -> Self {
        Self::new(Code::SignatureNotFound, description)
    }

    /// 1202: this method is not in its DID's latest document.
    pub fn verification_method_not_found(method: &MethodId) -> Self {
        Self::new(Code::VerificationMethodNotFound, method.as_str())
    }

    /// 1100: a signature does not verify.
    pub fn invalid_signature(description: impl Into<String>) -> Self {
        Self::new(Code::InvalidSignature, description)
    }

    /// 1500: the version id is used already.
    pub fn version_exists(did: &Did, version_id: &str) -> Self {
        let text = format!(
            "diddoc version already exists for did {did}, version {version_id}: DID Doc exists"
        );
        Self::new(Code::Internal, text)
    }

    /// Adds the method ids or DIDs whose signature is missing, does not verify, or does not belong there.
    #[must_use]
    pub fn with_signatures(
        mut self,
        missing: impl IntoIterator<Item = String>,
        invalid: impl IntoIterator<Item = String>,
        unexpected: impl IntoIterator<Item = String>,
    ) -> Self {
        self.missing.extend(missing);
        self.invalid.extend(invalid);
        self.unexpected.extend(unexpected);
        self
    }

    /// The registered error.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The description alone.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Methods or DIDs whose signature is missing.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Methods whose signature does not verify.
    pub fn invalid(&self) -> &[String] {
        &self.invalid
    }

    /// Methods whose signature does not belong there.
    pub fn unexpected(&self) -> &[String] {
        &self.unexpected
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.description, self.code.text())
    }
}

impl std::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_the_ledger_does() {
        let did = Did::parse("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ").unwrap();
        let method = MethodId::parse(&format!("{did}#key-1")).unwrap();
        for (rejection, number, text) in [
            (
                Rejection::did_exists(&did),
                1200,
                format!("{did}: DID Doc exists"),
            ),
            (
                Rejection::did_not_found(&did),
                1201,
                format!("{did}: DID Doc not found"),
            ),
            (
                Rejection::collection_not_found(&did),
                38,
                format!("{did}: not found"),
            ),
            (
                Rejection::resource_exists("r"),
                2200,
                "r: Resource exists".into(),
            ),
            (
                Rejection::update_of_unknown(&did),
                1201,
                format!("{did}: not found: DID Doc not found"),
            ),
            (
                Rejection::deactivated(&did),
                1207,
                format!("{did}: DID Doc already deactivated"),
            ),
            (
                Rejection::signature_not_found(format!("signer: {did}")),
                1101,
                format!("signer: {did}: signature is required but not found"),
            ),
            (
                Rejection::verification_method_not_found(&method),
                1202,
                format!("{method}: verification method not found"),
            ),
            (
                Rejection::invalid_signature(format!("method id: {method}")),
                1100,
                format!("method id: {method}: invalid signature detected"),
            ),
            (
                Rejection::basic("payload: cannot be blank."),
                1205,
                "payload: cannot be blank.: basic validation failed".into(),
            ),
            (
                Rejection::namespace("x"),
                1206,
                "x: DID namespace validation failed".into(),
            ),
            (
                Rejection::version_exists(&did, "v1"),
                1500,
                format!(
                    "diddoc version already exists for did {did}, version v1: DID Doc exists: internal error"
                ),
            ),
        ] {
            assert_eq!(
                (rejection.code().as_u32(), rejection.to_string()),
                (number, text)
            );
        }
    }

    #[test]
    fn codes_ascend() {
        assert!(
            Code::ALL
                .windows(2)
                .all(|pair| pair[0].as_u32() < pair[1].as_u32())
        );
    }

    #[test]
    fn names_the_signatures() {
        let rejection = Rejection::new(Code::SignatureNotFound, "x").with_signatures(
            ["a".to_owned()],
            ["b".to_owned(), "c".to_owned()],
            [],
        );
        assert_eq!(rejection.missing(), ["a"]);
        assert_eq!(rejection.invalid(), ["b", "c"]);
        assert!(rejection.unexpected().is_empty());
    }
}
