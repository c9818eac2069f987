//! A server from its start to its end.

use std::net::SocketAddr;

use anyhow::Context;
use ledger::{Embedded, Fault, Networks};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::anchor;
use crate::config::Config;
use crate::start::{FirstKey, Started, start};
use crate::state::App;
use crate::{comet, output, router, serve};

/// How often a ledger that only reads any more is asked whether it got worse.
const WATCH_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// Serves until the process is asked to stop, or a ledger cannot go on.
///
/// # Errors
/// When the server cannot start, or a ledger has stopped.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let settings = &config.settings;
    let tls = settings.tls.as_ref().map(serve::tls_acceptor).transpose()?;
    let listener = bind(settings.listen).await?;
    let comet_listener = match settings.comet.listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let stop_signal = serve::stop_signal()?;
    let Started { app, first_key } = start(config).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce(&app.networks);
    if let Some(first_key) = first_key {
        show(&first_key)?;
    }
    let limits = serve::Limits::of(&settings.limits);
    let comet = match comet_listener {
        Some(listener) => serve_comet(listener, &app, limits)?,
        None => None,
    };
    tracing::info!(address = %listener.local_addr()?, scheme, "listening");

    let (networks, services) = (app.networks.clone(), app.clone());
    let (failed, failure) = tokio::sync::oneshot::channel();
    let followed = tokio::spawn(anchor::follow(app.access.clone(), networks.clone()));
    let watch = tokio::spawn(async move { drop(failed.send(fatal(&networks).await)) });
    let mut fault = None;
    let stop = async {
        tokio::select! {
            () = stop_signal => {}
            found = failure => fault = found.ok(),
        }
        services.gate.close();
    };
    let mut drained = serve::serve(listener, tls, router::router(app), limits, stop).await;
    if let Some(comet) = comet {
        drained.cut += comet.await?.cut;
    }
    watch.abort();
    followed.abort();
    services.publication.stop().await;
    tracing::info!(cut = drained.cut, "stopped");
    match fault {
        Some((network, fault)) => {
            Err(anyhow::anyhow!(fault)).context(format!("the ledger of {network} has stopped"))
        }
        None => Ok(()),
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener
        .with_context(|| format!("cannot listen on {address}; is another server running there?"))
}

/// Serves cheqd's client libraries on a port of their own, until the gate closes.
fn serve_comet(
    listener: TcpListener,
    app: &App,
    limits: serve::Limits,
) -> anyhow::Result<Option<JoinHandle<serve::Drained>>> {
    let Some(chain) = app.chain.clone() else {
        return Ok(None);
    };
    let chain_id = chain.chain_id();
    tracing::info!(address = %listener.local_addr()?, chain_id, "listening for cheqd's client libraries");
    let router = comet::router(app, chain);
    let serving = serve::serve(listener, None, router, limits, app.gate.closing());
    Ok(Some(tokio::spawn(serving)))
}

fn announce(networks: &Networks) {
    for ledger in networks.logs() {
        let head = ledger.published();
        let network = ledger.namespace();
        tracing::info!(network, origin = ledger.origin(), entries = head.size, root = %head.root, "ledger is open");
        tracing::warn!(
            network,
            "signatures name no chain: what is signed here for a did:cheqd:{network} DID is valid on the public cheqd \
             chain too, and the other way round"
        );
    }
}

fn show(key: &FirstKey) -> std::io::Result<()> {
    output::line(format!(
        "\n  API key of the tenant `{}`, shown this once:\n\n    {}\n\n  Send it as the header x-api-key. Further \
         keys: atropos api-key create\n",
        key.tenant,
        key.secret.reveal()
    ))
}

/// Waits for the first fault of any ledger after which the process has to end.
async fn fatal(networks: &Networks) -> (String, Fault) {
    let (found, mut wait) = tokio::sync::mpsc::channel(1);
    for ledger in networks.logs() {
        let ledger = ledger.clone();
        let found = found.clone();
        tokio::spawn(async move {
            let fault = ledger.stopped().await;
            tracing::error!(network = ledger.namespace(), %fault, "the ledger accepts nothing any more");
            let fault = graver(&ledger, fault).await;
            drop(found.send((ledger.namespace().to_owned(), fault)).await);
        });
    }
    match wait.recv().await {
        Some(fault) => fault,
        None => std::future::pending().await,
    }
}

async fn graver(ledger: &Embedded, mut fault: Fault) -> Fault {
    while !fault.ends_the_process() {
        tokio::time::sleep(WATCH_INTERVAL).await;
        fault = ledger.fault().unwrap_or(fault);
    }
    fault
}
