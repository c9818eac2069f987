//! SHA-256 digests and the identifier of a network.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// A SHA-256 digest (FIPS 180-4), written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// The random identifier that a network gets when its log is made: 32 bytes, written as hexadecimal.
///
/// Every leaf contains it, so that a leaf of one network means nothing in another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkId([u8; 32]);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected 64 lower-case hexadecimal digits")]
pub struct InvalidHash;

/// The SHA-256 digest of `bytes`, without any prefix.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    sha256_of(&[bytes])
}

/// The SHA-256 digest of all parts, one after the other.
pub(crate) fn sha256_of(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

macro_rules! bytes_32 {
    ($name:ident) => {
        impl $name {
            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// Makes the value from its 32 bytes; the same as `From`, usable in constants.
            #[must_use]
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidHash;

            fn from_str(text: &str) -> Result<Self, InvalidHash> {
                parse_hex(text).map(Self)
            }
        }
    };
}

bytes_32!(Hash);
bytes_32!(NetworkId);

fn write_hex(bytes: &[u8; 32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn parse_hex(text: &str) -> Result<[u8; 32], InvalidHash> {
    // One value, one text: upper-case digits would give a second spelling.
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(InvalidHash);
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidHash)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digest_and_text_are_those_of_fips_180_4() {
        let hash = sha256(b"abc");
        assert_eq!(hash.to_string(), ABC);
        assert_eq!(format!("{hash:?}"), ABC);
        assert_eq!(ABC.parse(), Ok(hash));
        assert_eq!(sha256_of(&[b"a", b"", b"bc"]), hash);
    }

    #[test]
    fn only_one_spelling_is_read() {
        let wrong = [
            ABC.to_uppercase(),
            ABC[1..].to_owned(),
            format!("{ABC}0"),
            format!(" {}", &ABC[1..]),
            String::new(),
            "é".repeat(32),
        ];
        for text in wrong {
            assert_eq!(text.parse::<Hash>(), Err(InvalidHash), "{text}");
            assert_eq!(text.parse::<NetworkId>(), Err(InvalidHash), "{text}");
        }
    }
}
