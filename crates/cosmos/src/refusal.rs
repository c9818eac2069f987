//! Refusals in the words and numbers of the Cosmos SDK.

use std::fmt;

/// Registered errors of the Cosmos SDK (code space `sdk`) that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SdkCode {
    /// 2: the bytes are not a transaction.
    TxDecode,
    /// 4: the signer may not do this, or the signature is invalid.
    Unauthorized,
    /// 5: the account has less than is to be paid.
    InsufficientFunds,
    /// 6: the message or query is unknown.
    UnknownRequest,
    /// 7: not an address.
    InvalidAddress,
    /// 8: not a public key, or another account's.
    InvalidPubKey,
    /// 9: there is no such account.
    UnknownAddress,
    /// 10: not amounts.
    InvalidCoins,
    /// 11: the gas limit is lower than what was used.
    OutOfGas,
    /// 12: the memo is too long.
    MemoTooLarge,
    /// 13: the fee is too low.
    InsufficientFee,
    /// 15: without a signature.
    NoSignatures,
    /// 18: the request makes no sense.
    InvalidRequest,
    /// 20: too many transactions wait.
    MempoolIsFull,
    /// 21: the transaction is too large.
    TxTooLarge,
    /// 22: there is nothing under this key.
    KeyNotFound,
    /// 26: there is no such block.
    InvalidHeight,
    /// 30: the last block that could include the transaction is past.
    TxTimeoutHeight,
    /// 31: it has extension options, and none are known.
    UnknownExtensionOptions,
    /// 32: it is not the account's next transaction.
    WrongSequence,
    /// 35: an internal error.
    Logic,
    /// 37: not supported here.
    NotSupported,
    /// 38: its subject does not exist.
    NotFound,
    /// 41: the gas limit is invalid.
    InvalidGasLimit,
}

impl SdkCode {
    /// The code space of all of them.
    pub const CODESPACE: &'static str = "sdk";

    /// The registered number.
    pub const fn as_u32(self) -> u32 {
        self.registered().0
    }

    /// The registered text.
    pub const fn text(self) -> &'static str {
        self.registered().1
    }

    const fn registered(self) -> (u32, &'static str) {
        match self {
            Self::TxDecode => (2, "tx parse error"),
            Self::Unauthorized => (4, "unauthorized"),
            Self::InsufficientFunds => (5, "insufficient funds"),
            Self::UnknownRequest => (6, "unknown request"),
            Self::InvalidAddress => (7, "invalid address"),
            Self::InvalidPubKey => (8, "invalid pubkey"),
            Self::UnknownAddress => (9, "unknown address"),
            Self::InvalidCoins => (10, "invalid coins"),
            Self::OutOfGas => (11, "out of gas"),
            Self::MemoTooLarge => (12, "memo too large"),
            Self::InsufficientFee => (13, "insufficient fee"),
            Self::NoSignatures => (15, "no signatures supplied"),
            Self::InvalidRequest => (18, "invalid request"),
            Self::MempoolIsFull => (20, "mempool is full"),
            Self::TxTooLarge => (21, "tx too large"),
            Self::KeyNotFound => (22, "key not found"),
            Self::InvalidHeight => (26, "invalid height"),
            Self::TxTimeoutHeight => (30, "tx timeout height"),
            Self::UnknownExtensionOptions => (31, "unknown extension options"),
            Self::WrongSequence => (32, "incorrect account sequence"),
            Self::Logic => (35, "internal logic error"),
            Self::NotSupported => (37, "feature not supported"),
            Self::NotFound => (38, "not found"),
            Self::InvalidGasLimit => (41, "invalid gas limit"),
        }
    }

    /// A refusal with this code.
    pub fn because(self, details: impl Into<String>) -> Refusal {
        Refusal {
            code: self,
            details: details.into(),
        }
    }
}

/// A refusal before any rule about DIDs applies. Displayed as in a log of the Cosmos SDK: details, then the registered
/// text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The registered error.
    pub code: SdkCode,
    /// What exactly is wrong.
    pub details: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.details.is_empty() {
            return f.write_str(self.code.text());
        }
        write!(f, "{}: {}", self.details, self.code.text())
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_like_a_log_line() {
        let refusal =
            SdkCode::WrongSequence.because("account sequence mismatch, expected 5, got 4");
        assert_eq!(
            refusal.to_string(),
            "account sequence mismatch, expected 5, got 4: incorrect account sequence"
        );
        assert_eq!(
            SdkCode::NoSignatures.because("").to_string(),
            "no signatures supplied"
        );
    }
}
