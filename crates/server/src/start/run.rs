//! The life of a server process.

use std::net::SocketAddr;

use anyhow::Context;
use chain::Chain;
use ledger::{Embedded, LedgerFault, Networks};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::anchor;
use crate::app::App;
use crate::config::Config;
use crate::http::listen;
use crate::output;
use crate::start::{FirstKey, Started, start};
use crate::start::{ports, router};

/// How often a ledger that has become read-only is checked for a worse fault.
const WATCH_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// Serves until the process is asked to stop, or a ledger cannot go on.
///
/// # Errors
/// When the server cannot start, or a ledger has stopped.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    run_reporting(config, async |listening| match &listening.first_key {
        Some(first_key) => Ok(show(first_key)?),
        None => Ok(()),
    })
    .await
}

/// A server whose ports are open.
pub(crate) struct Listening {
    /// The services.
    pub(crate) app: App,
    /// The API key of the first start.
    pub(crate) first_key: Option<FirstKey>,
    /// Address of HTTP.
    pub(crate) http: SocketAddr,
    /// Address of CometBFT's JSON-RPC.
    pub(crate) comet: Option<SocketAddr>,
    /// Address of gRPC.
    pub(crate) grpc: Option<SocketAddr>,
}

/// The same; `report` prints what the operator needs to know.
///
/// # Errors
/// See [`run`], and those of `report`.
pub(crate) async fn run_reporting(
    config: &Config,
    report: impl AsyncFnOnce(Listening) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let settings = &config.settings;
    let tls = settings
        .tls
        .as_ref()
        .map(listen::tls_acceptor)
        .transpose()?;
    let listener = bind(settings.listen).await?;
    let comet_listener = bind_if_any(settings.comet.listen).await?;
    let grpc_listener = bind_if_any(settings.grpc.listen).await?;
    let stop_signal = listen::stop_signal()?;
    let Started { app, first_key } = start(config).await?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    announce(&app.networks);
    let listening = Listening {
        app: app.clone(),
        first_key,
        http: listener.local_addr()?,
        comet: address_of(comet_listener.as_ref())?,
        grpc: address_of(grpc_listener.as_ref())?,
    };
    report(listening).await?;
    let limits = listen::Limits::of(&settings.limits);
    let mut beside = Vec::new();
    if let Some((listener, chain)) = comet_listener.zip(app.chain.clone()) {
        beside.push(serve_comet(listener, &app, chain, limits)?);
    }
    if let Some((listener, chain)) = grpc_listener.zip(app.chain.clone()) {
        beside.push(serve_grpc(listener, tls.clone(), &app, chain, limits).await?);
    }
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
    let mut drained = listen::serve(listener, tls, router::router(app), limits, stop).await;
    for serving in beside {
        drained.cut += serving.await?.cut;
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

async fn bind_if_any(address: Option<SocketAddr>) -> anyhow::Result<Option<TcpListener>> {
    match address {
        Some(address) => Ok(Some(bind(address).await?)),
        None => Ok(None),
    }
}

fn address_of(listener: Option<&TcpListener>) -> std::io::Result<Option<SocketAddr>> {
    listener.map(TcpListener::local_addr).transpose()
}

/// Serves cheqd's client libraries on a port of their own, until the gate closes.
fn serve_comet(
    listener: TcpListener,
    app: &App,
    chain: Chain,
    limits: listen::Limits,
) -> anyhow::Result<JoinHandle<listen::Drained>> {
    let chain_id = chain.chain_id();
    tracing::info!(address = %listener.local_addr()?, chain_id, "listening for cheqd's client libraries");
    let router = ports::json_rpc(app, chain);
    let serving = listen::serve(listener, None, router, limits, app.gate.closing());
    Ok(tokio::spawn(serving))
}

/// Serves queries over gRPC, until the gate closes.
async fn serve_grpc(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: &App,
    chain: Chain,
    limits: listen::Limits,
) -> anyhow::Result<JoinHandle<listen::Drained>> {
    tracing::info!(address = %listener.local_addr()?, chain_id = chain.chain_id(), "listening for gRPC");
    let router = ports::grpc(app, chain).await?;
    let serving = listen::serve(listener, tls, router, limits, app.gate.closing());
    Ok(tokio::spawn(serving))
}

fn announce(networks: &Networks) {
    for ledger in networks.logs() {
        let head = ledger.published();
        let network = ledger.namespace();
        tracing::info!(network, origin = ledger.origin(), entries = head.size, root = %head.root, "ledger is open");
        tracing::warn!(
            network,
            "signatures do not contain a chain id: a signature made here for a did:cheqd:{network} DID is also valid \
             on the public cheqd chain, and vice versa"
        );
    }
}

fn show(key: &FirstKey) -> std::io::Result<()> {
    output::line(format!(
        "\n  API key of the tenant `{}`, shown only once:\n\n    {}\n\n  Send it as the header x-api-key. Further \
         keys: atropos api-key create\n",
        key.tenant,
        key.secret.reveal()
    ))
}

/// Waits for the first fault of any ledger after which the process has to end.
async fn fatal(networks: &Networks) -> (String, LedgerFault) {
    let (found, mut wait) = tokio::sync::mpsc::channel(1);
    for ledger in networks.logs() {
        let ledger = ledger.clone();
        let found = found.clone();
        tokio::spawn(async move {
            let fault = ledger.stopped().await;
            tracing::error!(network = ledger.namespace(), %fault, "the ledger no longer accepts operations");
            let fault = graver(&ledger, fault).await;
            drop(found.send((ledger.namespace().to_owned(), fault)).await);
        });
    }
    match wait.recv().await {
        Some(fault) => fault,
        None => std::future::pending().await,
    }
}

async fn graver(ledger: &Embedded, mut fault: LedgerFault) -> LedgerFault {
    while !fault.ends_process() {
        tokio::time::sleep(WATCH_INTERVAL).await;
        fault = ledger.fault().unwrap_or(fault);
    }
    fault
}
