//! The ports of the Cosmos chain, with what the server lends them.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use chain::grpc::BadDescriptors;
use chain::{Call, Caught, Chain, Host, NoMemory, Reserved, cometbft};

use crate::app::App;
use crate::http::description::RouteTable;
use crate::http::layer::{self, BodyLimits, Envelope, Logged};
use crate::http::{Fault, Owners, Refusal, Wording};

/// CometBFT's JSON-RPC.
pub fn json_rpc(app: &App, chain: Chain) -> Router {
    let (routes, metrics) = (RouteTable::default(), app.metrics.clone());
    let envelope = Envelope::new(Owners::all(JSON_RPC), routes, &app.limits, metrics);
    let body = BodyLimits {
        bytes_max: cometbft::BODY_BYTES_MAX,
        ..envelope.body
    };
    let envelope = Envelope {
        body,
        logged: Logged::Failures,
        ..envelope
    };
    envelope.around(cometbft::router(chain, host(app)))
}

/// gRPC.
///
/// # Errors
/// [`BadDescriptors`].
pub async fn grpc(app: &App, chain: Chain) -> Result<Router, BadDescriptors> {
    chain::grpc::router(chain, host(app), app.gate.closing()).await
}

/// How the JSON-RPC port words what no handler answers. Its methods are not in the description of the API.
const JSON_RPC: Wording = Wording {
    refusal: |refusal| {
        let text = match &refusal {
            Refusal::NoRoute | Refusal::NotServed(_) | Refusal::NoMethod => {
                cometbft::NOT_SERVED.to_owned()
            }
            refusal => refusal.to_string(),
        };
        cometbft::fault(refusal.status(), &text)
    },
    fault: |fault| {
        let text = match &fault {
            Fault::Timeout => {
                "the answer took too long; whether a transaction was accepted shows when it is sent again, and that \
                 is safe"
                    .to_owned()
            }
            fault => fault.to_string(),
        };
        cometbft::fault(fault.status(), &text)
    },
};

fn host(app: &App) -> Host {
    let (services, metrics) = (app.clone(), Arc::clone(&app.metrics));
    Host {
        reserve: Arc::new(move |bytes| match services.gate.bulk(bytes) {
            Ok(room) => Ok(Box::new(room) as Reserved),
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
