//! `cosmos.bank.v1beta1`: balances.

use super::page::{PageRequest, PageResponse};
use super::tx::Coin;

/// Asks what an account has of one currency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryBalanceRequest {
    /// In bech32.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The currency.
    #[prost(string, tag = "2")]
    pub denom: String,
}

/// What it has.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryBalanceResponse {
    /// Zero if it has none.
    #[prost(message, optional, tag = "1")]
    pub balance: Option<Coin>,
}

/// Asks what an account has.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAllBalancesRequest {
    /// In bech32.
    #[prost(string, tag = "1")]
    pub address: String,
    /// Which page is wanted.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
    /// Not looked at: there are no currencies of other chains here.
    #[prost(bool, tag = "3")]
    pub resolve_denom: bool,
}

/// What it has.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAllBalancesResponse {
    /// Only currencies that it has any of.
    #[prost(message, repeated, tag = "1")]
    pub balances: Vec<Coin>,
    /// What follows.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Asks what an account may spend.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QuerySpendableBalancesRequest {
    /// In bech32.
    #[prost(string, tag = "1")]
    pub address: String,
    /// Which page is wanted.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// What it may spend, which is all that it has.
pub type QuerySpendableBalancesResponse = QueryAllBalancesResponse;
