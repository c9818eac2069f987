//! Addresses of accounts: 20 bytes in Bech32 (BIP 173).

use std::fmt;
use std::str::FromStr;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use thiserror::Error;

/// What addresses of the cheqd network begin with.
pub const ADDRESS_PREFIX: &str = "cheqd";

/// Longest text that is looked at.
const TEXT_BYTES_MAX: usize = 90;

/// An account: the RIPEMD-160 digest of the SHA-256 digest of its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidAddress {
    /// Nothing was given.
    #[error("empty address string is not allowed")]
    Empty,
    /// Not Bech32, or its checksum does not fit.
    #[error("decoding bech32 failed: {0}")]
    Encoding(String),
    /// An address of another network.
    #[error("invalid Bech32 prefix; expected {ADDRESS_PREFIX}, got {0}")]
    Prefix(String),
    /// An address of another kind than that of a key.
    #[error("address must be 20 bytes, got {0}")]
    Length(usize),
}

impl Address {
    /// The address with these bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Reads an address with the prefix `cheqd`.
    ///
    /// # Errors
    /// [`InvalidAddress`], in the words of the Cosmos SDK where it has some.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        if text.is_empty() {
            return Err(InvalidAddress::Empty);
        }
        if text.len() > TEXT_BYTES_MAX {
            let long = format!(
                "at most {TEXT_BYTES_MAX} characters, this has {}",
                text.len()
            );
            return Err(InvalidAddress::Encoding(long));
        }
        let checked = CheckedHrpstring::new::<Bech32>(text)
            .map_err(|error| InvalidAddress::Encoding(error.to_string()))?;
        let prefix = checked.hrp().to_lowercase();
        if prefix != ADDRESS_PREFIX {
            return Err(InvalidAddress::Prefix(prefix));
        }
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let found = bytes.len();
        let address = bytes.try_into().map_err(|_| InvalidAddress::Length(found));
        address.map(Self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = Hrp::parse(ADDRESS_PREFIX).map_err(|_| fmt::Error)?;
        bech32::encode_to_fmt::<Bech32, _>(f, prefix, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "cheqd19rl4cm2hmr8afy4kldpxz3fka4jguq0ajzpa5y";

    #[test]
    fn an_address_is_read_and_written() {
        let address = Address::parse(TEXT).unwrap();
        assert_eq!(address.to_string(), TEXT);
        assert_eq!(Address::from_bytes(*address.as_bytes()), address);
        assert_eq!(Address::parse(&TEXT.to_uppercase()), Ok(address));
    }

    #[test]
    fn everything_else_is_refused() {
        let refused = |text: &str| Address::parse(text).unwrap_err();
        assert_eq!(refused(""), InvalidAddress::Empty);
        assert_eq!(
            refused("cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"),
            InvalidAddress::Prefix("cosmos".to_owned())
        );
        let long = bech32::encode::<Bech32>(Hrp::parse(ADDRESS_PREFIX).unwrap(), &[7; 32]).unwrap();
        assert_eq!(refused(&long), InvalidAddress::Length(32));
        for text in [
            "cheqd19rl4cm2hmr8afy4kldpxz3fka4jguq0ajzpa5x",
            "cheqd19RL4cm2hmr8afy4kldpxz3fka4jguq0ajzpa5y",
            "cheqd",
            "größe",
            &"q".repeat(1000),
        ] {
            assert!(
                matches!(refused(text), InvalidAddress::Encoding(_)),
                "{text}"
            );
        }
    }
}
