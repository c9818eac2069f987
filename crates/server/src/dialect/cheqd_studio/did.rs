//! DIDs as Studio checks them, with its texts.

use crate::config::Network;

use super::error::StudioError;
use super::fields::shown;

/// Longest DID that is looked at, in bytes.
const BYTES_MAX: usize = 256;

/// A `did:cheqd` with a valid identifier, not yet in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheqdDid {
    text: String,
    network: Network,
}

impl CheqdDid {
    /// The DID as it was sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The network it names.
    pub fn network(&self) -> Network {
        self.network
    }
}

/// How the identifier of a new DID is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierFormat {
    /// A random UUID.
    Uuid,
    /// 16 bytes derived from the key, in base58.
    Base58btc,
}

/// Reads the DID that an operation is about. Unlike Studio this refuses a path, query or fragment: whoever sends
/// `…#key-1` to be deactivated means one key, and would lose the DID.
///
/// # Errors
/// 400 with the contract's text.
pub fn did(text: &str) -> Result<CheqdDid, StudioError> {
    let refuse = |text: String| Err(StudioError::bad_request(text));
    if text.len() > BYTES_MAX {
        return refuse(format!("DID should not be longer than {BYTES_MAX} bytes"));
    }
    let (method, rest) = match text
        .strip_prefix("did:")
        .map(|rest| rest.split_once(':').unwrap_or((rest, "")))
    {
        Some((method, rest)) if !method.is_empty() => (method, rest),
        _ => return refuse("Invalid format of DID. Expected to start with did:<method>".into()),
    };
    if method != "cheqd" {
        return refuse(format!("DID method {} is not supported", shown(method)));
    }
    let (namespace, id) = rest.split_once(':').unwrap_or((rest, ""));
    let network = match namespace {
        "testnet" => Network::Testnet,
        "mainnet" => Network::Mainnet,
        "" => return refuse(NO_NAMESPACE.into()),
        _ if !rest.contains(':') => return refuse(NO_NAMESPACE.into()),
        _ => return refuse("Cheqd DID namespace must be testnet or mainnet".into()),
    };
    if id.is_empty() {
        return refuse(format!(
            "Identifier is required after \"did:cheqd:{network}:\" prefix"
        ));
    }
    if let Some(failed) = identifier_fault(id) {
        return refuse(format!(
            "Cheqd DID identifier is not valid. Failed identifier checks: {failed}"
        ));
    }
    Ok(CheqdDid {
        text: text.into(),
        network,
    })
}

const NO_NAMESPACE: &str =
    "Cheqd DID namespace is required (\"did:cheqd:mainnet:...\" or \"did:cheqd:testnet:...\")";

/// What is wrong with the last part of a DID: it is a UUID, or 16 bytes in base58.
fn identifier_fault(id: &str) -> Option<&'static str> {
    if id.len() == 36 && uuid::Uuid::try_parse(id).is_ok() {
        return None;
    }
    if id.contains(['?', '#', '/']) {
        return Some("A DID is needed here, without path, query and fragment");
    }
    let mut bytes = [0; BYTES_MAX];
    match bs58::decode(id).onto(&mut bytes[..]) {
        Ok(16) => None,
        Ok(_) => Some(
            "Identifier is not valid UUID, Indy-style DID identifier does not have 16 bytes length",
        ),
        Err(_) => Some(
            "Identifier is not valid UUID, Indy-style DID identifier is not a valid Base58 string",
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UUID: &str = "7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    #[test]
    fn both_kinds_of_identifier_on_both_networks() {
        for id in [
            UUID,
            &UUID.to_uppercase(),
            "CpeMubv5yw63jXyrgRRsxR",
            "1111111111111111",
        ] {
            for network in [Network::Testnet, Network::Mainnet] {
                let text = format!("did:cheqd:{network}:{id}");
                assert_eq!(
                    did(&text).unwrap(),
                    CheqdDid {
                        text: text.clone(),
                        network
                    }
                );
            }
        }
    }

    #[test]
    fn refusals_have_the_texts_of_the_contract() {
        let not_uuid = "Cheqd DID identifier is not valid. Failed identifier checks: Identifier is not valid UUID, ";
        let length = format!("{not_uuid}Indy-style DID identifier does not have 16 bytes length");
        let base58 = format!("{not_uuid}Indy-style DID identifier is not a valid Base58 string");
        let start = "Invalid format of DID. Expected to start with did:<method>";
        let url = "Cheqd DID identifier is not valid. Failed identifier checks: \
                   A DID is needed here, without path, query and fragment";
        for (text, expected) in [
            ("", start),
            ("did:", start),
            ("did::x", start),
            ("DID:cheqd:testnet:x", start),
            ("did:web:example.com", "DID method web is not supported"),
            ("did:cheqd", NO_NAMESPACE),
            ("did:cheqd:", NO_NAMESPACE),
            (&format!("did:cheqd:{UUID}"), NO_NAMESPACE),
            (
                &format!("did:cheqd:devnet:{UUID}"),
                "Cheqd DID namespace must be testnet or mainnet",
            ),
            (
                "did:cheqd:mainnet",
                "Identifier is required after \"did:cheqd:mainnet:\" prefix",
            ),
            (
                "did:cheqd:testnet:",
                "Identifier is required after \"did:cheqd:testnet:\" prefix",
            ),
            ("did:cheqd:testnet:abc", &length),
            ("did:cheqd:testnet:0OIl", &base58),
            (&format!("did:cheqd:testnet:{{{}}}", &UUID[1..]), &base58),
            (
                &format!("did:cheqd:testnet:{}", UUID.replace('-', "")),
                &base58,
            ),
            (&format!("did:cheqd:testnet:{UUID}#key-1"), url),
            (&format!("did:cheqd:testnet:{UUID}?versionId=x"), url),
        ] {
            assert_eq!(did(text), Err(StudioError::bad_request(expected)), "{text}");
        }
        assert!(did(&"x".repeat(BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_did_or_refused(text in "(did:(cheqd:)?(testnet:)?)?.{0,60}") {
            let _ = did(&text);
        }
    }
}
