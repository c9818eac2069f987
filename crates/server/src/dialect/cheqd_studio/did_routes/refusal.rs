//! What the registrar's refusals are in this dialect: the one table.

use did::IncompleteSet;
use keystore::KeystoreError;
use ledger::{ReadError, SubmitError};
use registrar::{PermitDenied, RegistrarError};

use super::super::error::StudioError;
use super::super::requests::UpdateDid;

/// The request that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::cheqd_studio) enum About {
    Create,
    Update,
    /// An update of some sections of this DID.
    Sections(String),
    Deactivate,
    Import,
    List,
    /// A resource of this DID.
    Resource(String),
}

impl About {
    pub(super) fn update(request: &UpdateDid) -> About {
        match request {
            UpdateDid::Document { .. } => About::Update,
            UpdateDid::Sections { did, .. } => About::Sections(did.as_str().to_owned()),
        }
    }

    fn act(&self) -> &'static str {
        match self {
            About::Create => "create DID",
            About::Update | About::Sections(_) => "update DID",
            About::Deactivate => "deactivate DID",
            About::Import => "import DID",
            About::List => "list DID",
            About::Resource(_) => "create resource",
        }
    }
}

/// The answer to a request that was not done.
pub(in crate::dialect::cheqd_studio) fn refusal(
    about: About,
    error: RegistrarError,
) -> StudioError {
    use RegistrarError as E;
    let text = error.to_string();
    match (&about, error) {
        (
            _,
            E::Incomplete {
                reason,
                set:
                    IncompleteSet {
                        missing,
                        invalid,
                        unexpected,
                    },
            },
        ) => StudioError::IncompleteSignatureSet {
            reason,
            missing,
            invalid,
            unexpected,
        },
        (_, E::KeysNotCustodial(lacking)) => StudioError::IncompleteSignatureSet {
            reason: text,
            missing: lacking
                .into_iter()
                .map(|key| key.method.to_string())
                .collect(),
            invalid: Vec::new(),
            unexpected: Vec::new(),
        },
        (About::Sections(did), E::NotFound(_) | E::Deactivated(_)) => {
            StudioError::bad_request(format!("{did} is either Deactivated or Not found"))
        }
        (About::Resource(did), E::NotFound(_) | E::Deactivated(_)) => {
            StudioError::bad_request(format!("{did} is a either Deactivated or Not found"))
        }
        (About::Import, E::ImportKeys { .. } | E::NotHere { .. }) => {
            StudioError::bad_request(format!("Invalid request: {text}"))
        }
        (about, E::Rejected(_)) => {
            let act = about.act();
            StudioError::bad_request(format!(
                "cosmos_transaction: Failed to {act}. Reason: {text}"
            ))
        }
        (
            _,
            E::NotFound(_)
            | E::Deactivated(_)
            | E::KeysNotOwned(_)
            | E::NoKeys
            | E::TooManyKeys { .. }
            | E::TooManyMethods { .. }
            | E::InvalidEdit(_)
            | E::KeyNotFound(_)
            | E::KeyNotInDocument(_)
            | E::UnsupportedKey(_)
            | E::InvalidPrivateKey { .. }
            | E::ImportKeys { .. }
            | E::NotHere { .. }
            | E::UnknownNetwork(_)
            | E::Keystore(
                KeystoreError::InvalidAlias
                | KeystoreError::InvalidPrivateKey(_)
                | KeystoreError::InvalidTenant,
            ),
        ) => StudioError::BadRequest(text),
        (_, E::PermitDenied(PermitDenied::Withdrawn(_))) => {
            StudioError::Unauthorized(format!("Unauthorized error: {text}"))
        }
        (_, E::PermitDenied(PermitDenied::NotApproved(_))) => StudioError::Forbidden(text),
        (_, E::PermitDenied(PermitDenied::Unavailable(error))) => {
            tracing::error!(
                error = &*error as &dyn std::error::Error,
                "keys could not be used"
            );
            StudioError::Unavailable(text)
        }
        (_, E::Busy | E::PermitDenied(PermitDenied::Busy)) => StudioError::Unavailable(text),
        // Whether it is active is not known now: a "no" or a "yes" would both be guesses.
        (_, E::Read(ReadError::Withheld(_)) | E::Ledger(SubmitError::Held(_))) => {
            StudioError::Unavailable(text)
        }
        (_, E::Read(ReadError::Document { .. })) => StudioError::BadRequest(text),
        (_, E::Ledger(error)) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the ledger takes no operations"
            );
            StudioError::Unavailable(text)
        }
        (_, error @ (E::Read(_) | E::Keystore(_) | E::Store(_))) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a request about a DID has failed"
            );
            StudioError::Internal
        }
    }
}

#[cfg(test)]
mod tests {
    use did::{Did, MethodId, Rejection, RejectionCode};
    use registrar::MissingKey;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    #[test]
    fn faults_of_the_caller_are_400_with_the_texts_of_the_contract() {
        let did = || Did::parse(DID).unwrap();
        let exists = || RegistrarError::Rejected(Rejection::new(RejectionCode::DidDocExists, DID));
        for (about, error, text) in [
            (
                About::Deactivate,
                RegistrarError::NotFound(did()),
                "DID document not found",
            ),
            (
                About::Sections(DID.into()),
                RegistrarError::NotFound(did()),
                "is either Deactivated or Not found",
            ),
            (
                About::Sections(DID.into()),
                RegistrarError::Deactivated(did()),
                "is either Deactivated or Not found",
            ),
            (
                About::Create,
                exists(),
                "cosmos_transaction: Failed to create DID. Reason: ",
            ),
            (
                About::Create,
                RegistrarError::KeyNotFound("aa".into()),
                "Key not found",
            ),
            (
                About::Deactivate,
                RegistrarError::NoKeys,
                "Customer has no keys in wallet",
            ),
            (
                About::Deactivate,
                RegistrarError::KeysNotOwned(vec!["a".into(), "b".into()]),
                "Public keys with hexs: a, b are not owned by the customer",
            ),
            (
                About::Import,
                RegistrarError::ImportKeys {
                    missing: vec![],
                    surplus: vec!["aa".into()],
                },
                "Invalid request: Provide all the required keys",
            ),
            (
                About::Import,
                RegistrarError::NotHere {
                    did: did(),
                    served: "network testnet".into(),
                },
                "Invalid request: Invalid did document for did:cheqd:",
            ),
            (
                About::Import,
                RegistrarError::Keystore(KeystoreError::InvalidAlias),
                "alias",
            ),
        ] {
            let answer = refusal(about, error);
            assert_eq!(answer.status(), 400, "{answer}");
            assert!(answer.to_string().contains(text), "{answer}");
        }
    }

    #[test]
    fn keys_that_are_missing_are_named() {
        let method = MethodId::parse(&format!("{DID}#key-2")).unwrap();
        let lacking = MissingKey {
            method: method.clone(),
            public_key_hex: "aa".into(),
        };
        match refusal(
            About::Create,
            RegistrarError::KeysNotCustodial(vec![lacking]),
        ) {
            StudioError::IncompleteSignatureSet {
                reason, missing, ..
            } => {
                assert_eq!(missing, [method.to_string()]);
                assert!(reason.contains("aa"), "{reason}");
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn our_own_faults_are_not_the_callers() {
        assert_eq!(refusal(About::Create, RegistrarError::Busy).status(), 503);
        let withheld = ledger::Withheld::Assurance(ledger::Assurance::Unconfirmed);
        let withheld = RegistrarError::Read(ReadError::Withheld(withheld));
        let answer = refusal(About::Update, withheld);
        assert_eq!(answer.status(), 503);
        assert!(answer.to_string().contains("witnesses"), "{answer}");
        let stopped = RegistrarError::Ledger(ledger::SubmitError::Unknown);
        assert_eq!(refusal(About::Deactivate, stopped).status(), 503);
        let store = RegistrarError::Store("x".into());
        assert_eq!(refusal(About::Import, store), StudioError::Internal);
    }
}
