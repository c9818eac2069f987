//! The ports of the Cosmos chain, with what the server lends them.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use chain::grpc::BadDescriptors;
use chain::{Call, Caught, Chain, Host, NoMemory, Reserved};

use crate::app::App;
use crate::http::layer;

/// CometBFT's JSON-RPC.
pub fn json_rpc(app: &App, chain: Chain) -> Router {
    let router = chain::cometbft::router(chain, host(app));
    layer::around_comet(router, &app.limits, app.metrics.clone())
}

/// gRPC.
///
/// # Errors
/// [`BadDescriptors`].
pub async fn grpc(app: &App, chain: Chain) -> Result<Router, BadDescriptors> {
    chain::grpc::router(chain, host(app), app.gate.closing()).await
}

fn host(app: &App) -> Host {
    let (services, metrics) = (app.clone(), Arc::clone(&app.metrics));
    Host {
        reserve: Arc::new(move |bytes| match services.gate.bulk(bytes) {
            Ok(place) => Ok(Box::new(place) as Reserved),
            Err(full) => Err(NoMemory(full.to_string())),
        }),
        catch: caught,
        count: Arc::new(move |path, status, duration| {
            metrics.request(path, &Method::POST, status, duration);
        }),
        call_timeout: app.limits.request_timeout(),
    }
}

fn caught(call: Call) -> Caught {
    Box::pin(async move {
        let answer = layer::caught(call).await;
        answer.map_err(|panic| panic.message().to_owned())
    })
}
