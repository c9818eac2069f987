//! `cheqd.resource.v2.Query`: reading resources, and what creating them costs. Metadata is in [`did::proto::resource`].

use did::proto::resource::Metadata;

use super::did::FeeRange;
use super::page::{PageRequest, PageResponse};

/// The content of a resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Resource {
    /// As it was signed.
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

/// A resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ResourceWithMetadata {
    /// Its content.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    /// What the ledger says about it.
    #[prost(message, optional, tag = "2")]
    pub metadata: Option<Metadata>,
}

/// Prices of creating resources, by media type.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct FeeParams {
    /// `image/*`.
    #[prost(message, repeated, tag = "1")]
    pub image: Vec<FeeRange>,
    /// `application/json`.
    #[prost(message, repeated, tag = "2")]
    pub json: Vec<FeeRange>,
    /// Everything else.
    #[prost(message, repeated, tag = "3")]
    pub default: Vec<FeeRange>,
    /// Which part of a fee is destroyed, as an integer with 18 decimals.
    #[prost(string, tag = "4")]
    pub burn_factor: String,
}

/// Asks for a resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryResourceRequest {
    /// The unique id of the DID that it belongs to.
    #[prost(string, tag = "1")]
    pub collection_id: String,
    /// Its own id.
    #[prost(string, tag = "2")]
    pub id: String,
}

/// On the wire the same as [`QueryResourceRequest`].
pub type QueryResourceMetadataRequest = QueryResourceRequest;

/// A resource.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryResourceResponse {
    /// The resource.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<ResourceWithMetadata>,
}

/// A resource without its data.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryResourceMetadataResponse {
    /// What the ledger says about it.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Metadata>,
}

/// Asks for the newest resource of a name and type.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryLatestResourceVersionRequest {
    /// The unique id of the DID that it belongs to.
    #[prost(string, tag = "1")]
    pub collection_id: String,
    /// Its name.
    #[prost(string, tag = "2")]
    pub name: String,
    /// What it is.
    #[prost(string, tag = "3")]
    pub resource_type: String,
}

/// On the wire the same as [`QueryLatestResourceVersionRequest`].
pub type QueryLatestResourceVersionMetadataRequest = QueryLatestResourceVersionRequest;
/// On the wire the same as [`QueryResourceResponse`].
pub type QueryLatestResourceVersionResponse = QueryResourceResponse;
/// On the wire the same as [`QueryResourceMetadataResponse`].
pub type QueryLatestResourceVersionMetadataResponse = QueryResourceMetadataResponse;

/// Asks for all resources of a DID.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryCollectionResourcesRequest {
    /// The unique id of the DID that they belong to.
    #[prost(string, tag = "1")]
    pub collection_id: String,
    /// Which page is wanted; all of them without.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageRequest>,
}

/// The resources of a DID without their data.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryCollectionResourcesResponse {
    /// In the order of their ids.
    #[prost(message, repeated, tag = "1")]
    pub resources: Vec<Metadata>,
    /// Only in answer to a request that has one.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// Asks what creating a resource costs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryParamsRequest {}

/// What creating a resource costs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct QueryParamsResponse {
    /// The prices.
    #[prost(message, optional, tag = "1")]
    pub params: Option<FeeParams>,
}
