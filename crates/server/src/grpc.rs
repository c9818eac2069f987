//! The gRPC dialect: the queries of `chain` under the names of their services, with reflection and health, on a port of
//! its own.
//!
//! There is no code for single methods here: a method's path and the bytes of its request go to `Chain::query`, which
//! JSON-RPC asks too. Described in `docs/grpc.md`.

mod body;
mod call;
mod codec;
mod health;
mod status;

use std::sync::Arc;

use axum::Router;
use chain::Chain;
use tonic::service::Routes;

use crate::app::App;

use call::Calls;

/// Why the services cannot be described to clients that ask what there is.
#[derive(Debug, thiserror::Error)]
#[error("the descriptors of the gRPC services are damaged; build the program anew")]
pub struct BadDescriptors(#[from] tonic_reflection::server::Error);

/// All services. What follows the ledger's health ends when the server closes.
///
/// # Errors
/// [`BadDescriptors`].
pub async fn router(app: &App, chain: Chain) -> Result<Router, BadDescriptors> {
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(cosmos::proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let routes = Routes::new(described().build_v1()?)
        .add_service(described().build_v1alpha()?)
        .add_service(health::service(app, &chain).await);
    let calls = Arc::new(Calls {
        chain,
        app: app.clone(),
        timeout: app.limits.request_timeout(),
    });
    let router = routes.into_axum_router();
    Ok(router.fallback(move |request| call::unary(Arc::clone(&calls), request)))
}
