//! The hash by which a transaction is found.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;

/// The SHA-256 digest of a transaction's bytes. Shown in upper-case hexadecimal, as clients compute it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxHash([u8; 32]);

/// Not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a transaction hash has 64 hexadecimal digits")]
pub struct InvalidTxHash;

impl TxHash {
    /// The hash of a transaction.
    pub fn of(transaction: &[u8]) -> Self {
        Self(Sha256::digest(transaction).into())
    }

    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(self.0))
    }
}

impl fmt::Debug for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TxHash({self})")
    }
}

impl FromStr for TxHash {
    type Err = InvalidTxHash;

    /// Reads hexadecimal of either case.
    fn from_str(text: &str) -> Result<Self, InvalidTxHash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidTxHash)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_in_either_case() {
        let hash = TxHash::of(b"");
        let text = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        assert_eq!(hash.to_string(), text);
        assert_eq!(text.to_lowercase().parse(), Ok(hash));
        for other in [
            "",
            "00",
            &text[1..],
            &format!("{text}00"),
            &text.replace('E', "G"),
        ] {
            assert_eq!(other.parse::<TxHash>(), Err(InvalidTxHash), "{other}");
        }
    }
}
