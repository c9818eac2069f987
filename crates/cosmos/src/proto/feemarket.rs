//! `feemarket.feemarket.v1`: the price of gas. Decimals are integers with 18 decimals.

/// How the price of gas comes about.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Params {
    /// What the learning rate grows by.
    #[prost(string, tag = "1")]
    pub alpha: String,
    /// What the learning rate shrinks by.
    #[prost(string, tag = "2")]
    pub beta: String,
    /// From where on the learning rate grows.
    #[prost(string, tag = "3")]
    pub gamma: String,
    /// What is added to the price for a block that is fuller than wanted.
    #[prost(string, tag = "4")]
    pub delta: String,
    /// Lowest price of one unit of gas.
    #[prost(string, tag = "5")]
    pub min_base_gas_price: String,
    /// Lowest learning rate.
    #[prost(string, tag = "6")]
    pub min_learning_rate: String,
    /// Highest learning rate.
    #[prost(string, tag = "7")]
    pub max_learning_rate: String,
    /// Gas of the fullest block.
    #[prost(uint64, tag = "8")]
    pub max_block_utilization: u64,
    /// Blocks that are looked at.
    #[prost(uint64, tag = "9")]
    pub window: u64,
    /// The currency of the price.
    #[prost(string, tag = "10")]
    pub fee_denom: String,
    /// Whether the price moves.
    #[prost(bool, tag = "11")]
    pub enabled: bool,
    /// Whether fees are handed to others than the community.
    #[prost(bool, tag = "12")]
    pub distribute_fees: bool,
}

/// Where the price of gas stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct State {
    /// The price of one unit of gas.
    #[prost(string, tag = "1")]
    pub base_gas_price: String,
    /// How fast the price moves.
    #[prost(string, tag = "2")]
    pub learning_rate: String,
    /// Gas that the last blocks took.
    #[prost(uint64, repeated, tag = "3")]
    pub window: Vec<u64>,
    /// Which of them is the newest.
    #[prost(uint64, tag = "4")]
    pub index: u64,
}

/// An amount with decimals: `cosmos.base.v1beta1.DecCoin`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DecCoin {
    /// The currency.
    #[prost(string, tag = "1")]
    pub denom: String,
    /// An integer with 18 decimals.
    #[prost(string, tag = "2")]
    pub amount: String,
}

/// Asks how the price comes about.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ParamsRequest {}

/// How the price comes about.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ParamsResponse {
    /// The parameters.
    #[prost(message, optional, tag = "1")]
    pub params: Option<Params>,
}

/// Asks where the price stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StateRequest {}

/// Where the price stands.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StateResponse {
    /// The state.
    #[prost(message, optional, tag = "1")]
    pub state: Option<State>,
}

/// Asks for the price in one currency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GasPriceRequest {
    /// The currency.
    #[prost(string, tag = "1")]
    pub denom: String,
}

/// The price in one currency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GasPriceResponse {
    /// The price of one unit of gas.
    #[prost(message, optional, tag = "1")]
    pub price: Option<DecCoin>,
}

/// Asks for the price in every currency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GasPricesRequest {}

/// The price in every currency.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GasPricesResponse {
    /// Prices of one unit of gas.
    #[prost(message, repeated, tag = "1")]
    pub prices: Vec<DecCoin>,
}
