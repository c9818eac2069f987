//! gRPC, on its own port: every query under the name of its service, with reflection and health.
//!
//! There is no code for single methods: a method's path and the bytes of its request go to [`Chain::query`], as those
//! of `abci_query` in JSON-RPC do. Described in `docs/grpc.md`.

mod body;
mod call;
mod codec;
mod health;
mod status;

use std::sync::Arc;

use axum::Router;
use tonic::service::Routes;

use crate::{Chain, Host};

use call::Calls;

/// Why the services cannot be described to clients that ask what there is.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors of the gRPC services are damaged; build the program anew")]
pub struct BadDescriptors(#[from] tonic_reflection::server::Error);

/// All services. `closing` ends when the server begins to close; from then on they report that they do not serve.
///
/// # Errors
/// [`BadDescriptors`].
pub async fn router(
    chain: Chain,
    host: Host,
    closing: impl Future<Output = ()> + Send + 'static,
) -> Result<Router, BadDescriptors> {
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(cosmos::proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = Routes::new(described().build_v1()?)
        .add_service(described().build_v1alpha()?)
        .add_service(health::service(&chain, closing).await);
    let calls = Arc::new(Calls { chain, host });
    let router = routes.into_axum_router();
    Ok(router.fallback(move |request| call::unary(Arc::clone(&calls), request)))
}
