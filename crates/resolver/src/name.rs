//! Which DID a text names.

use did::{Did, METHOD};
use sha2::{Digest, Sha256};

use crate::error::ResolveError;

/// A DID, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The DID as the ledger stores it.
    pub did: Did,
    /// Whether the text is another form of it.
    pub form: Form,
}

/// How a DID was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is stored.
    Stored,
    /// In a form that names the same DID: a UUID with upper-case letters, or an identifier from before the ledger took
    /// UUIDs and 16 bytes only.
    Other,
}

impl Name {
    /// Reads a DID.
    ///
    /// # Errors
    /// No DID, or one of another method.
    pub fn of(text: &str) -> Result<Name, ResolveError> {
        match Did::parse(text) {
            Ok(did) => {
                let form = if did.as_str() == text {
                    Form::Stored
                } else {
                    Form::Other
                };
                Ok(Name { did, form })
            }
            Err(error) => match migrated(text) {
                Some(did) => Ok(Name {
                    did,
                    form: Form::Other,
                }),
                None if is_of_another_method(text) => Err(ResolveError::MethodNotSupported),
                None => Err(error.into()),
            },
        }
    }
}

/// The DID that an identifier of the old kind became: 16 or 32 characters of base58, of which the ledger now keeps the
/// first 16 bytes of their SHA-256.
fn migrated(text: &str) -> Option<Did> {
    let (before, id) = text.rsplit_once(':')?;
    let is_old = matches!(id.len(), 16 | 32) && bs58::decode(id).into_vec().is_ok();
    if !is_old {
        return None;
    }
    let hash = Sha256::digest(id);
    let id = bs58::encode(&hash[..16]).into_string();
    Did::parse(&format!("{before}:{id}")).ok()
}

/// Whether a text begins like a DID (DID Core, section 3.1) whose method is not ours.
fn is_of_another_method(text: &str) -> bool {
    let Some((method, id)) = text
        .strip_prefix("did:")
        .and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    let is_name = !method.is_empty()
        && method
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
    is_name && method != METHOD && is_method_specific_id(id)
}

/// `method-specific-id` of DID Core, section 3.1.
fn is_method_specific_id(id: &str) -> bool {
    let mut rest = id.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                tail
            }
            _ if first.is_ascii_alphanumeric() || b".-_:".contains(&first) => tail,
            _ => return false,
        };
    }
    !id.is_empty() && !id.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    #[test]
    fn texts_that_are_no_dids_of_ours_are_told_apart() {
        for text in [
            "",
            "did",
            "did:cheqd",
            "did:cheqd:testnet:",
            "did:cheqd:testnet:x",
            "did:Web:x",
            "did:web:",
            "did:web:a b",
            "did:web:a:",
            "did:web:a%4",
        ] {
            let found = Name::of(text);
            assert!(matches!(found, Err(ResolveError::InvalidDid(_))), "{text}");
        }
        for text in ["did:web:example.com", "did:web:a:b:c:d", "did:key:z6Mk%3A"] {
            let found = Name::of(text);
            assert!(
                matches!(found, Err(ResolveError::MethodNotSupported)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_forms_of_a_did_name_the_stored_one() {
        let upper = format!("did:cheqd:testnet:{}", ID.to_ascii_uppercase());
        let found = Name::of(&upper).unwrap();
        assert_eq!((found.did.unique_id(), found.form), (ID, Form::Other));
        let stored = Name::of(found.did.as_str()).unwrap();
        assert_eq!(stored.form, Form::Stored);

        // What the public resolver of the cheqd network redirects to.
        for (old, new) in [
            ("testnet:zHqbcXb3irKRCMst", "testnet:CpeMubv5yw63jXyrgRRsxR"),
            (
                "testnet:zEv9FXHwp8eFeHbeTXamwda8YoPfgU12",
                "testnet:3KpiDD6Hxs4i2G7FtpiGhu",
            ),
            (
                "mainnet:zF7rhDBfUt9d1gJPjx7s1JXfUY7oVWkY",
                "mainnet:Ps1ysXP2Ae6GBfxNhNQNKN",
            ),
        ] {
            let found = Name::of(&format!("did:cheqd:{old}")).unwrap();
            assert_eq!(found.did.as_str(), format!("did:cheqd:{new}"));
            assert_eq!(found.form, Form::Other);
        }
        // Sixteen characters that are sixteen bytes are stored as they are.
        let bytes = "did:cheqd:testnet:1111111111111111";
        assert_eq!(Name::of(bytes).unwrap().form, Form::Stored);
    }
}
