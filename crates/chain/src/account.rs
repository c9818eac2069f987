//! Accounts.

use cosmos::{Address, PublicKey};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// Its number, which signatures cover.
    pub number: u64,
    /// The sequence that its next transaction must have. Transactions that were accepted count, delivered or not.
    pub sequence: u64,
    /// Its public key; known since its first transaction.
    pub public_key: Option<PublicKey>,
    /// What it has, in ncheq.
    pub balance: u64,
}

/// The number of an account. It is not counted but follows from the address: an unknown account has one, too, and
/// reading it changes nothing. Two accounts may share a number; their keys differ.
///
/// It has 31 bits: the JavaScript library under cheqd's clients signs another number when the highest of 32 is set.
pub(crate) fn number_of(address: &Address) -> u64 {
    let [a, b, c, d, ..] = *address.as_bytes();
    u64::from(u32::from_be_bytes([a & 0x7f, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_that_javascript_signs() {
        assert_eq!(number_of(&Address::from_bytes([0xff; 20])), 0x7fff_ffff);
        assert_eq!(number_of(&Address::from_bytes([1; 20])), 0x0101_0101);
    }
}
