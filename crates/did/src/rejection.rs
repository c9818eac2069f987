//! Refusals in the words and numbers of the cheqd ledger.

use std::fmt;

use crate::closed::closed_enum;
use crate::did::Did;
use crate::did_url::MethodId;

closed_enum! {
    /// Registered errors of the cheqd ledger that this one uses, with their registered texts.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum RejectionCode {
        /// 38, of the SDK: the DID of a resource does not exist.
        NotFound => "not found",
        /// 1100: a signature does not verify.
        InvalidSignature => "invalid signature detected",
        /// 1101: a required signature is not there.
        SignatureNotFound => "signature is required but not found",
        /// 1200: the DID exists already.
        DidDocExists => "DID Doc exists",
        /// 1201: the DID does not exist.
        DidDocNotFound => "DID Doc not found",
        /// 1202: a signature names an unknown method.
        VerificationMethodNotFound => "verification method not found",
        /// 1205: the message itself is wrong.
        BasicValidation => "basic validation failed",
        /// 1206: the message belongs to another network.
        NamespaceValidation => "DID namespace validation failed",
        /// 1207: the DID is deactivated.
        DidDocDeactivated => "DID Doc already deactivated",
        /// 1500: any other refusal of the ledger.
        Internal => "internal error",
        /// 2200, of the resource module: the resource exists already.
        ResourceExists => "Resource exists",
    }
}

impl RejectionCode {
    /// The registered number, and the code space that it belongs to: the name of the module that registered it.
    fn registered(self) -> (&'static str, u32) {
        match self {
            Self::NotFound => ("sdk", 38),
            Self::InvalidSignature => ("cheqd", 1100),
            Self::SignatureNotFound => ("cheqd", 1101),
            Self::DidDocExists => ("cheqd", 1200),
            Self::DidDocNotFound => ("cheqd", 1201),
            Self::VerificationMethodNotFound => ("cheqd", 1202),
            Self::BasicValidation => ("cheqd", 1205),
            Self::NamespaceValidation => ("cheqd", 1206),
            Self::DidDocDeactivated => ("cheqd", 1207),
            Self::Internal => ("cheqd", 1500),
            Self::ResourceExists => ("resource", 2200),
        }
    }

    /// The code space that the number belongs to.
    pub fn codespace(self) -> &'static str {
        self.registered().0
    }

    /// The registered number.
    pub fn as_u32(self) -> u32 {
        self.registered().1
    }

    /// Whether signatures are missing, do not verify or do not belong there.
    pub fn is_about_signatures(self) -> bool {
        match self {
            Self::InvalidSignature | Self::SignatureNotFound | Self::VerificationMethodNotFound => {
                true
            }
            Self::NotFound
            | Self::DidDocExists
            | Self::DidDocNotFound
            | Self::BasicValidation
            | Self::NamespaceValidation
            | Self::DidDocDeactivated
            | Self::Internal
            | Self::ResourceExists => false,
        }
    }
}

/// Why an operation is refused.
///
/// Prints as `<description>: <registered text>`, which is the ledger's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    code: RejectionCode,
    description: String,
    signatures: IncompleteSet,
}

/// Why a set of signatures is not complete. Each list is in the order of its ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncompleteSet {
    /// Method ids without a signature. A DID means any one method of this DID.
    pub missing: Vec<String>,
    /// Method ids whose signature does not verify.
    pub invalid: Vec<String>,
    /// Method ids of signatures that are not required, or that came twice.
    pub unexpected: Vec<String>,
}

impl IncompleteSet {
    /// Whether nothing is missing, invalid or unexpected.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.invalid.is_empty() && self.unexpected.is_empty()
    }

    pub(crate) fn sorted(mut self) -> Self {
        for list in [&mut self.missing, &mut self.invalid, &mut self.unexpected] {
            list.sort();
            list.dedup();
        }
        self
    }
}

impl From<IncompleteSet> for Rejection {
    fn from(signatures: IncompleteSet) -> Self {
        let parts = [
            ("missing", &signatures.missing),
            ("invalid", &signatures.invalid),
            ("not asked for or sent twice", &signatures.unexpected),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, ids)| !ids.is_empty())
            .map(|(name, ids)| format!("{name}: {}", ids.join(", ")))
            .collect();
        let code = match (signatures.missing.is_empty(), signatures.invalid.is_empty()) {
            (false, _) => RejectionCode::SignatureNotFound,
            (true, false) => RejectionCode::InvalidSignature,
            (true, true) => RejectionCode::VerificationMethodNotFound,
        };
        let description = format!(
            "every verification method must sign exactly once; {}",
            parts.join("; ")
        );
        Self {
            signatures,
            ..Self::new(code, description)
        }
    }
}

impl Rejection {
    /// A refusal with a description of what is wrong.
    pub fn new(code: RejectionCode, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            signatures: IncompleteSet::default(),
        }
    }

    /// 1205: the message itself is wrong.
    pub fn basic(details: impl Into<String>) -> Self {
        Self::new(RejectionCode::BasicValidation, details)
    }

    /// 1206: the message belongs to another network.
    pub fn namespace(details: impl Into<String>) -> Self {
        Self::new(RejectionCode::NamespaceValidation, details)
    }

    /// 1200: this DID exists already.
    pub fn did_exists(did: &Did) -> Self {
        Self::new(RejectionCode::DidDocExists, did.as_str())
    }

    /// 1201: this DID does not exist.
    pub fn did_not_found(did: &Did) -> Self {
        Self::new(RejectionCode::DidDocNotFound, did.as_str())
    }

    /// 38: the DID that a resource is to belong to does not exist.
    pub fn collection_not_found(did: &Did) -> Self {
        Self::new(RejectionCode::NotFound, did.as_str())
    }

    /// 2200: the collection has a resource of this id.
    pub fn resource_exists(resource_id: &str) -> Self {
        Self::new(RejectionCode::ResourceExists, resource_id)
    }

    /// 1201: the DID to update does not exist.
    pub fn update_of_unknown(did: &Did) -> Self {
        Self::new(RejectionCode::DidDocNotFound, format!("{did}: not found"))
    }

    /// 1207: this DID is deactivated.
    pub fn deactivated(did: &Did) -> Self {
        Self::new(RejectionCode::DidDocDeactivated, did.as_str())
    }

    /// 1101: this DID lists no method, and no live controller is left that could sign for it.
    pub fn frozen(did: &Did) -> Self {
        let text = format!(
            "{did} is frozen: it lists no verification method and no live controller can sign for it"
        );
        Self::new(RejectionCode::SignatureNotFound, text)
    }

    /// 1101: a required signature is not there.
    pub fn signature_not_found(description: impl Into<String>) -> Self {
        Self::new(RejectionCode::SignatureNotFound, description)
    }

    /// 1202: this method is not in its DID's latest document.
    pub fn verification_method_not_found(method: &MethodId) -> Self {
        Self::new(RejectionCode::VerificationMethodNotFound, method.as_str())
    }

    /// 1100: a signature does not verify.
    pub fn invalid_signature(description: impl Into<String>) -> Self {
        Self::new(RejectionCode::InvalidSignature, description)
    }

    /// 1500: the version id is used already.
    pub fn version_exists(did: &Did, version_id: &str) -> Self {
        let text = format!(
            "diddoc version already exists for did {did}, version {version_id}: DID Doc exists"
        );
        Self::new(RejectionCode::Internal, text)
    }

    /// The registered error.
    pub fn code(&self) -> RejectionCode {
        self.code
    }

    /// The description alone.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The signatures that it names: those that are missing, do not verify, or do not belong there. `None` if it names
    /// none.
    pub fn incomplete_set(&self) -> Option<&IncompleteSet> {
        Some(&self.signatures).filter(|set| !set.is_empty())
    }

    /// Methods or DIDs whose signature is missing.
    pub fn missing(&self) -> &[String] {
        &self.signatures.missing
    }

    /// Methods whose signature does not verify.
    pub fn invalid(&self) -> &[String] {
        &self.signatures.invalid
    }

    /// Methods whose signature does not belong there.
    pub fn unexpected(&self) -> &[String] {
        &self.signatures.unexpected
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.description, self.code.as_str())
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
            RejectionCode::ALL
                .windows(2)
                .all(|pair| pair[0].as_u32() < pair[1].as_u32())
        );
    }

    #[test]
    fn names_the_signatures() {
        let set = IncompleteSet {
            missing: vec!["a".to_owned()],
            invalid: vec!["b".to_owned(), "c".to_owned()],
            unexpected: vec![],
        };
        let rejection = Rejection::from(set.clone());
        assert_eq!(rejection.incomplete_set(), Some(&set));
        assert_eq!(rejection.code(), RejectionCode::SignatureNotFound);
        assert_eq!(Rejection::basic("x").incomplete_set(), None);
    }
}
