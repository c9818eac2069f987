//! DIDs of the method `cheqd`: `did:cheqd:<namespace>:<unique id>`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use crate::limits::MAX_ID_BYTES;

/// The DID method that this crate speaks.
pub const METHOD: &str = "cheqd";

/// A DID in normal form: a UUID as unique id is lower-case.
///
/// Two texts name the same DID exactly when their [`Did`]s are equal. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(Arc<str>);

impl Did {
    /// Parses a DID and brings it to its normal form.
    ///
    /// The namespace may be missing here; each ledger decides which namespaces it takes.
    ///
    /// # Errors
    /// [`InvalidDid`] says which part is wrong, in the words of the cheqd ledger.
    pub fn parse(text: &str) -> Result<Self, InvalidDid> {
        if text.len() > MAX_ID_BYTES {
            return Err(InvalidDid::TooLong);
        }
        let parts = Parts::split(text)?;
        if parts.method != METHOD {
            return Err(InvalidDid::Method);
        }
        if !parts
            .namespace
            .unwrap_or_default()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(InvalidDid::Namespace);
        }
        match UniqueId::of(parts.unique_id).ok_or(InvalidDid::UniqueId)? {
            UniqueId::Uuid
                if parts
                    .unique_id
                    .bytes()
                    .any(|byte| byte.is_ascii_uppercase()) =>
            {
                let start = text.len() - parts.unique_id.len();
                let lower = parts.unique_id.to_ascii_lowercase();
                Ok(Self(format!("{}{lower}", &text[..start]).into()))
            }
            UniqueId::Uuid | UniqueId::Base58 => Ok(Self(text.into())),
        }
    }

    /// The DID whose unique id, alone, is the id of a collection of resources.
    ///
    /// # Errors
    /// [`InvalidDid`] says which part is wrong, in the words of the cheqd ledger.
    pub fn of_collection(namespace: &str, collection_id: &str) -> Result<Self, InvalidDid> {
        if collection_id.contains(':') {
            return Err(InvalidDid::UniqueId);
        }
        match namespace {
            "" => Self::parse(&format!("did:{METHOD}:{collection_id}")),
            namespace => Self::parse(&format!("did:{METHOD}:{namespace}:{collection_id}")),
        }
    }

    /// The whole DID.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace, for example `testnet`.
    pub fn namespace(&self) -> Option<&str> {
        Parts::split(&self.0).ok().and_then(|parts| parts.namespace)
    }

    /// The last part: a UUID or 16 bytes in base58.
    pub fn unique_id(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or_default()
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Did({})", self.0)
    }
}

impl FromStr for Did {
    type Err = InvalidDid;

    fn from_str(text: &str) -> Result<Self, InvalidDid> {
        Self::parse(text)
    }
}

impl AsRef<str> for Did {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a DID of this method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidDid {
    /// Not three or four non-empty parts that start with `did`.
    #[error("unable to split did into method, namespace and id")]
    Parts,
    /// Another DID method.
    #[error("did method must be: {METHOD}")]
    Method,
    /// Something else than letters and digits in the namespace.
    #[error("invalid did namespace")]
    Namespace,
    /// Neither a UUID nor 16 bytes in base58.
    #[error("unique id should be one of: 16 bytes of decoded base58 string or UUID")]
    UniqueId,
    /// Longer than [`MAX_ID_BYTES`].
    #[error("did must be at most {MAX_ID_BYTES} bytes")]
    TooLong,
}

/// Why a text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidUuid {
    /// Not 36 bytes.
    #[error("uuid must be of length 36 (in form of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)")]
    Length,
    /// Hyphens or digits in the wrong places.
    #[error("invalid UUID format")]
    Format,
}

/// Checks for the 36-byte text form of RFC 9562, of any version and variant, in either case.
pub(crate) fn check_uuid(text: &str) -> Result<(), InvalidUuid> {
    if text.len() != 36 {
        return Err(InvalidUuid::Length);
    }
    let fits = text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    if fits {
        Ok(())
    } else {
        Err(InvalidUuid::Format)
    }
}

struct Parts<'a> {
    method: &'a str,
    namespace: Option<&'a str>,
    unique_id: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, InvalidDid> {
        let mut parts = text.splitn(5, ':');
        let all = [
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ];
        let (method, namespace, unique_id) = match all {
            [Some("did"), Some(method), Some(id), None, None] => (method, None, id),
            [Some("did"), Some(method), Some(namespace), Some(id), None] => {
                (method, Some(namespace), id)
            }
            _ => return Err(InvalidDid::Parts),
        };
        if method.is_empty() || namespace == Some("") || unique_id.is_empty() {
            return Err(InvalidDid::Parts);
        }
        Ok(Self {
            method,
            namespace,
            unique_id,
        })
    }
}

enum UniqueId {
    Base58,
    Uuid,
}

impl UniqueId {
    /// Longest base58 text of 16 bytes.
    const MAX_BASE58_BYTES: usize = 22;

    fn of(text: &str) -> Option<Self> {
        if check_uuid(text).is_ok() {
            return Some(Self::Uuid);
        }
        // One byte more than needed, so that a longer value is seen as such.
        let mut bytes = [0; 17];
        let decoded =
            text.len() <= Self::MAX_BASE58_BYTES && bs58::decode(text).onto(&mut bytes) == Ok(16);
        decoded.then_some(Self::Base58)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "did:cheqd:testnet:6981f795-f2f5-43db-ab18-e161f9241bf8";

    #[test]
    fn accepts_and_normalises() {
        for (text, normal) in [
            (UUID, UUID),
            (
                "did:cheqd:testnet:6981F795-F2F5-43db-AB18-E161F9241BF8",
                UUID,
            ),
            (
                "did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ",
                "did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ",
            ),
            (
                "did:cheqd:Test1:1111111111111111",
                "did:cheqd:Test1:1111111111111111",
            ),
            (
                "did:cheqd:3mfFCU1qMJE6WrWeJp3xhF",
                "did:cheqd:3mfFCU1qMJE6WrWeJp3xhF",
            ),
            (
                "did:cheqd:mainnet:00000000-0000-0000-0000-000000000000",
                "did:cheqd:mainnet:00000000-0000-0000-0000-000000000000",
            ),
        ] {
            assert_eq!(
                Did::parse(text).map(|did| did.to_string()),
                Ok(normal.to_owned())
            );
        }
    }

    #[test]
    fn takes_apart() {
        let did = Did::parse("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ").unwrap();
        assert_eq!(
            (did.namespace(), did.unique_id()),
            (Some("testnet"), "RU3FadVEJ1mtCFL2LsBkwZ")
        );
        let did = Did::parse("did:cheqd:RU3FadVEJ1mtCFL2LsBkwZ").unwrap();
        assert_eq!(
            (did.namespace(), did.unique_id()),
            (None, "RU3FadVEJ1mtCFL2LsBkwZ")
        );
    }

    #[test]
    fn refuses() {
        use InvalidDid::{Method, Namespace, Parts, TooLong, UniqueId};
        let long = format!(
            "did:cheqd:{}:RU3FadVEJ1mtCFL2LsBkwZ",
            "a".repeat(MAX_ID_BYTES)
        );
        for (text, reason) in [
            ("", Parts),
            ("did", Parts),
            ("did:cheqd", Parts),
            ("did:cheqd:", Parts),
            ("did:cheqd::RU3FadVEJ1mtCFL2LsBkwZ", Parts),
            ("did::testnet:RU3FadVEJ1mtCFL2LsBkwZ", Parts),
            (" did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ", Parts),
            ("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ:x", Parts),
            ("DID:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ", Parts),
            ("did:key:testnet:RU3FadVEJ1mtCFL2LsBkwZ", Method),
            ("did:Cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ", Method),
            ("did:cheqd:test_net:RU3FadVEJ1mtCFL2LsBkwZ", Namespace),
            ("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBk", UniqueId),
            ("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ1", UniqueId),
            ("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkw0", UniqueId),
            ("did:cheqd:testnet:zzzzzzzzzzzzzzzzzzzzzz", UniqueId),
            ("did:cheqd:testnet:111111111111111", UniqueId),
            ("did:cheqd:testnet:11111111111111111", UniqueId),
            ("did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ\n", UniqueId),
            (
                "did:cheqd:testnet:6981f795f2f543dbab18e161f9241bf8",
                UniqueId,
            ),
            (
                "did:cheqd:testnet:6981f795-f2f5-43db-ab18-e161f9241bfg",
                UniqueId,
            ),
            (
                "did:cheqd:testnet:{6981f795-f2f5-43db-ab18-e161f9241bf8}",
                UniqueId,
            ),
            (&long, TooLong),
        ] {
            assert_eq!(Did::parse(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn uuids() {
        assert_eq!(check_uuid("11111111-2222-4333-8444-555555555555"), Ok(()));
        assert_eq!(
            check_uuid("11111111-2222-4333-8444-55555555555"),
            Err(InvalidUuid::Length)
        );
        assert_eq!(
            check_uuid("11111111-2222-4333-84444555555555555"),
            Err(InvalidUuid::Format)
        );
    }
}
