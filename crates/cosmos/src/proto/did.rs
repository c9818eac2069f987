//! `cheqd.did.v2.Query`: reading DIDs, and what operations on them cost. Documents and metadata are in [`did::proto`].

use did::proto::{DidDocWithMetadata, Metadata};

use super::page::{PageRequest, PageResponse};

/// A price, or the range that it lies in.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FeeRange {
    /// `ncheq`, or `usd` with 18 decimals.
    #[prost(string, tag = "1")]
    pub denom: String,
    /// An integer; empty for no minimum.
    #[prost(string, tag = "2")]
    pub min_amount: String,
    /// An integer; empty for no maximum.
    #[prost(string, tag = "3")]
    pub max_amount: String,
}

/// Prices of operations on DIDs. One of the ranges of an operation has to be met.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FeeParams {
    /// To create a DID.
    #[prost(message, repeated, tag = "1")]
    pub create_did: Vec<FeeRange>,
    /// To change a DID.
    #[prost(message, repeated, tag = "2")]
    pub update_did: Vec<FeeRange>,
    /// To end a DID.
    #[prost(message, repeated, tag = "3")]
    pub deactivate_did: Vec<FeeRange>,
    /// Which part of a fee is destroyed, as an integer with 18 decimals.
    #[prost(string, tag = "4")]
    pub burn_factor: String,
}

/// Asks for the latest version of a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryDidDocRequest {
    /// The DID.
    #[prost(string, tag = "1")]
    pub id: String,
}

/// A version of a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryDidDocResponse {
    /// The version.
    #[prost(message, optional, tag = "1")]
    pub value: Option<DidDocWithMetadata>,
}

/// Asks for one version of a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryDidDocVersionRequest {
    /// The DID.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Id of the version.
    #[prost(string, tag = "2")]
    pub version: String,
}

/// On the wire the same as [`QueryDidDocResponse`].
pub type QueryDidDocVersionResponse = QueryDidDocResponse;

/// Asks for all versions of a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAllDidDocVersionsMetadataRequest {
    /// The DID.
    #[prost(string, tag = "1")]
    pub id: String,
    /// Which page is wanted; all of them without.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// The versions of a DID without their documents.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryAllDidDocVersionsMetadataResponse {
    /// In the order of their ids.
    #[prost(message, repeated, tag = "1")]
    pub versions: Vec<Metadata>,
    /// Only in answer to a request that has one.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Asks what operations cost.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryParamsRequest {}

/// What operations cost.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryParamsResponse {
    /// The prices.
    #[prost(message, optional, tag = "1")]
    pub params: Option<FeeParams>,
}
