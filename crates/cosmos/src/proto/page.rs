//! `cosmos.base.query.v1beta1`: answers in pages.

/// Which page is wanted: by key or by offset.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PageRequest {
    /// [`PageResponse::next_key`] of the page before.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// How many entries are left out.
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// How many entries are wanted; 0 for as many as a page has.
    #[prost(uint64, tag = "3")]
    pub limit: u64,
    /// Whether to tell how many there are. Not with a key.
    #[prost(bool, tag = "4")]
    pub count_total: bool,
    /// From the last to the first.
    #[prost(bool, tag = "5")]
    pub reverse: bool,
}

/// What follows a page.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PageResponse {
    /// Key of the page after this one; empty on the last.
    #[prost(bytes = "vec", tag = "1")]
    pub next_key: Vec<u8>,
    /// How many entries there are, if that was asked for.
    #[prost(uint64, tag = "2")]
    pub total: u64,
}
