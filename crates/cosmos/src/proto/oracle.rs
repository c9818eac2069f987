//! `cheqd.oracle.v2`: prices.

/// How prices come about; only what has a meaning where there are no validators that vote on them.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Params {
    /// Blocks between two prices.
    #[prost(uint64, tag = "1")]
    pub vote_period: u64,
    /// Currencies that have a price.
    #[prost(message, repeated, tag = "5")]
    pub accept_list: Vec<Denom>,
}

/// A currency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Denom {
    /// Its smallest unit, for example `ncheq`.
    #[prost(string, tag = "1")]
    pub base_denom: String,
    /// Its name, for example `CHEQ`.
    #[prost(string, tag = "2")]
    pub symbol_denom: String,
    /// How many decimals lie between both.
    #[prost(uint32, tag = "3")]
    pub exponent: u32,
}

/// Asks how prices come about.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryParams {}

/// How prices come about.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryParamsResponse {
    /// The parameters.
    #[prost(message, optional, tag = "1")]
    pub params: Option<Params>,
}

/// Asks what an amount of US dollars is in `ncheq`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ConvertUsdcToCheqRequest {
    /// An integer with 18 decimals, followed by `usd`.
    #[prost(string, tag = "1")]
    pub amount: String,
    /// Moving average: `sma`, `ema` or `wma`.
    #[prost(string, tag = "2")]
    pub ma_type: String,
    /// Of `wma`: `RECENT`, `OLDEST`, `BALANCED` or `CUSTOM`.
    #[prost(string, tag = "3")]
    pub wma_strategy: String,
    /// Of `CUSTOM`.
    #[prost(int32, repeated, tag = "4")]
    pub custom_weights: Vec<i32>,
}

/// What it is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ConvertUsdcToCheqResponse {
    /// An integer followed by `ncheq`.
    #[prost(string, tag = "1")]
    pub amount: String,
}
