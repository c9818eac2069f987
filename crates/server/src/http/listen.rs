//! The accept loop: HTTP/1.1 and HTTP/2, plain or TLS, with limits on connections and time.
//!
//! The loop is our own because the framework's convenience server bounds neither the number of connections nor the time
//! a client may take to send its headers.

mod connection;
mod tls;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

pub use tls::{TlsError, acceptor as tls_acceptor};

use connection::{Phase, Server};

/// Limits of the accept loop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once. One more is closed at once, before a byte is read.
    pub connections_max: usize,
    /// Time for a TLS handshake, for the first request to arrive, and for the headers of every request. Also how long
    /// an idle HTTP/1.1 connection is kept.
    pub header_timeout: Duration,
    /// Time that running requests get to finish once the loop was asked to stop.
    pub drain_timeout: Duration,
}

impl Limits {
    /// The limits of the accept loop among the configured ones.
    pub fn of(limits: &crate::config::Limits) -> Limits {
        Limits {
            connections_max: limits.connections_max,
            header_timeout: limits.header_timeout(),
            drain_timeout: limits.drain_timeout(),
        }
    }
}

/// How the loop ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they had not finished in [`Limits::drain_timeout`].
    pub cut: usize,
}

/// Serves `router` on `listener` until `stop` resolves; then lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> Drained {
    let connections_max = limits.connections_max.min(Semaphore::MAX_PERMITS);
    let permits = Arc::new(Semaphore::new(connections_max));
    let (phase, phase_seen) = watch::channel(Phase::Serving);
    let server = Arc::new(Server::new(router, tls, limits));

    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Over the cap the stream is dropped, which closes it: waiting would only move the queue to the kernel.
                let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
                    continue;
                };
                let (server, phase) = (Arc::clone(&server), phase_seen.clone());
                tokio::spawn(async move {
                    server.connection(stream, peer, phase).await;
                    drop(permit);
                });
            }
            Err(error) => after_failed_accept(&error).await,
        }
    }
    drop(listener);
    drain(&permits, connections_max, &phase, limits.drain_timeout).await
}

/// Resolves when the process is asked to stop (SIGINT or SIGTERM).
///
/// # Errors
/// When the signal handlers cannot be installed.
pub fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits until every connection has given its permit back; cuts what remains after `timeout`.
async fn drain(
    permits: &Semaphore,
    connections_max: usize,
    phase: &watch::Sender<Phase>,
    timeout: Duration,
) -> Drained {
    phase.send_replace(Phase::Draining);
    let all = u32::try_from(connections_max).unwrap_or(u32::MAX);
    if tokio::time::timeout(timeout, permits.acquire_many(all))
        .await
        .is_ok()
    {
        return Drained { cut: 0 };
    }
    let cut = connections_max - permits.available_permits();
    phase.send_replace(Phase::Cut);
    // Tasks end at their next turn; the bound is for a handler that never yields.
    let _ = tokio::time::timeout(Duration::from_secs(1), permits.acquire_many(all)).await;
    Drained { cut }
}

/// A connection that broke before it was accepted says nothing about the next one. Anything else (no file descriptors
/// left) would fail again at once, so the loop takes a breath.
async fn after_failed_accept(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    ) {
        return;
    }
    tracing::warn!(%error, "cannot accept connections; trying again");
    tokio::time::sleep(Duration::from_millis(100)).await;
}
