//! Queries over gRPC, on a port of their own.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Queries over gRPC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Grpc {
    /// Address and port to listen on; without it nothing is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct GrpcLayer {
    pub(super) listen: Option<SocketAddr>,
}

impl GrpcLayer {
    pub(super) fn over(self, lower: GrpcLayer) -> GrpcLayer {
        GrpcLayer {
            listen: self.listen.or(lower.listen),
        }
    }
}

/// Fills the gaps with defaults.
pub(super) fn resolve(layer: &GrpcLayer) -> Grpc {
    Grpc {
        listen: layer.listen,
    }
}
