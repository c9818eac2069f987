//! `cosmos.auth.v1beta1`: accounts.

use super::tx::Any;

/// An account of a single key.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BaseAccount {
    /// In bech32.
    #[prost(string, tag = "1")]
    pub address: String,
    /// Known once the account has signed.
    #[prost(message, optional, tag = "2")]
    pub pub_key: Option<Any>,
    /// Number of the account; it is part of what is signed.
    #[prost(uint64, tag = "3")]
    pub account_number: u64,
    /// How many transactions the account has signed.
    #[prost(uint64, tag = "4")]
    pub sequence: u64,
}

/// Asks for an account, whatever its kind.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAccountRequest {
    /// In bech32.
    #[prost(string, tag = "1")]
    pub address: String,
}

/// The account.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAccountResponse {
    /// A [`BaseAccount`].
    #[prost(message, optional, tag = "1")]
    pub account: Option<Any>,
}

/// Asks for what all kinds of accounts have.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAccountInfoRequest {
    /// In bech32.
    #[prost(string, tag = "1")]
    pub address: String,
}

/// The account.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAccountInfoResponse {
    /// The account.
    #[prost(message, optional, tag = "1")]
    pub info: Option<BaseAccount>,
}
