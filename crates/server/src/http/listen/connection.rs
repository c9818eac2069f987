//! One connection, from its first byte to its last.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::Service;

use super::Limits;

/// What connections are told while the server lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// Finish what runs, begin nothing.
    Draining,
    /// Close now.
    Cut,
}

/// What all connections share.
pub(super) struct Server {
    router: Router,
    tls: Option<TlsAcceptor>,
    builder: Builder<TokioExecutor>,
    header_timeout: Duration,
}

/// Requests that one HTTP/2 connection may run at once.
const STREAMS_MAX: u32 = 128;
/// Bytes of headers of one request.
const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Headers of one request.
const HEADERS_MAX: usize = 64;
/// A silent HTTP/2 peer is asked for a sign of life this often, and dropped without one.
const PING_INTERVAL: Duration = Duration::from_secs(20);

impl Server {
    pub(super) fn new(router: Router, tls: Option<TlsAcceptor>, limits: Limits) -> Server {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEADER_BYTES_MAX as usize)
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEADER_BYTES_MAX)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_INTERVAL);
        Server {
            router,
            tls,
            builder,
            header_timeout: limits.header_timeout,
        }
    }

    /// Serves one connection until it ends, breaks a limit or is told to go.
    pub(super) async fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        mut phase: watch::Receiver<Phase>,
    ) {
        // Answers are small and whole: waiting for more to send only adds latency.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.speak(stream, peer, phase).await;
        };
        let handshake = tokio::time::timeout(self.header_timeout, tls.accept(stream));
        let accepted = tokio::select! {
            accepted = handshake => accepted,
            () = left(&mut phase, Phase::Serving) => return,
        };
        match accepted {
            Ok(Ok(stream)) => self.speak(stream, peer, phase).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn speak<S>(&self, stream: S, peer: SocketAddr, mut phase: watch::Receiver<Phase>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let begun = Arc::new(AtomicBool::new(false));
        let service = {
            let begun = Arc::clone(&begun);
            let router = self.router.clone();
            service_fn(move |mut request: Request<Incoming>| {
                begun.store(true, Ordering::Relaxed);
                request.extensions_mut().insert(ConnectInfo(peer));
                router.clone().call(request.map(Body::new))
            })
        };
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(stream), service));
        // While it is not yet known which HTTP is spoken, no timer of the library runs: this one covers that time.
        let mut first = pin!(tokio::time::sleep(self.header_timeout));
        loop {
            tokio::select! {
                ended = &mut connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "connection broke");
                    }
                    return;
                }
                () = &mut first, if !begun.load(Ordering::Relaxed) => {
                    if !begun.load(Ordering::Relaxed) {
                        return;
                    }
                }
                () = left(&mut phase, Phase::Serving) => break,
            }
        }
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            _ = &mut connection => {}
            () = left(&mut phase, Phase::Draining) => {}
        }
    }
}

/// Resolves when the server is in another phase than `here`.
async fn left(phase: &mut watch::Receiver<Phase>, here: Phase) {
    // An error means that the server itself is gone, which is as good a reason to leave.
    let _ = phase.wait_for(|phase| *phase != here).await;
}
