//! The accept loop keeps its limits and lets running requests finish.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use atropos::config::Tls;
use atropos::http::listen::{Drained, Limits, serve, tls_acceptor};
use axum::extract::ConnectInfo;
use axum::{Router, routing};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

fn limits() -> Limits {
    let header_timeout = Duration::from_millis(200);
    Limits {
        connections_max: 64,
        header_timeout,
        drain_timeout: Duration::from_secs(20),
    }
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Drained>,
}

async fn start(router: Router, limits: Limits, tls: Option<Tls>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let tls = tls.map(|tls| tls_acceptor(&tls).unwrap());
    let ended = tokio::spawn(serve(listener, tls, router, limits, async {
        drop(stopped.await)
    }));
    Running {
        address,
        stop,
        ended,
    }
}

fn hello() -> Router {
    Router::new().route("/", routing::get(async || "hello"))
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

async fn answer(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut buffer = vec![0; 4096];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn slow_clients_are_closed_whatever_they_have_sent() {
    let server = start(hello(), limits(), None).await;
    for begun in [
        &b""[..],
        b"P",
        b"PRI * HTTP/2.0\r\n",
        b"GET / HTTP/1.1\r\nhost:",
        b"\x16\x03\x01",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        let text = tokio::time::timeout(Duration::from_secs(10), read_to_end(&mut stream))
            .await
            .unwrap();
        assert!(!text.contains("hello"), "{text}");
    }
    // An HTTP/2 connection without a request is no better.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    tokio::time::timeout(Duration::from_secs(10), read_to_end(&mut stream))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_answer_may_take_longer_than_the_headers() {
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(600)).await;
        "slow"
    };
    let server = start(Router::new().route("/", routing::get(slow)), limits(), None).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    assert!(answer(&mut stream, GET).await.ends_with("slow"));
}

#[tokio::test]
async fn connections_over_the_cap_are_closed_and_places_are_given_back() {
    let limits = Limits {
        connections_max: 2,
        header_timeout: Duration::from_secs(60),
        ..limits()
    };
    let server = start(hello(), limits, None).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    assert!(answer(&mut first, GET).await.ends_with("hello"));
    assert!(answer(&mut second, GET).await.ends_with("hello"));
    let mut third = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(read_to_end(&mut third).await, "");
    drop(first);
    loop {
        let mut fourth = TcpStream::connect(server.address).await.unwrap();
        let _ = fourth.write_all(GET).await;
        let mut byte = [0];
        if matches!(fourth.read(&mut byte).await, Ok(1)) {
            break;
        }
    }
    assert!(answer(&mut second, GET).await.ends_with("hello"));
}

/// A router whose one handler says when it began and ends when told.
fn gated() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (began, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gates = (Arc::clone(&began), Arc::clone(&go));
    let handler = async move || {
        gates.0.notify_one();
        gates.1.notified().await;
        "finished"
    };
    (Router::new().route("/", routing::get(handler)), began, go)
}

#[tokio::test]
async fn stopping_finishes_running_requests_and_takes_no_new_ones() {
    let (router, began, go) = gated();
    let server = start(
        router,
        Limits {
            header_timeout: Duration::from_secs(60),
            ..limits()
        },
        None,
    )
    .await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let mut running = TcpStream::connect(server.address).await.unwrap();
    running.write_all(GET).await.unwrap();
    began.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.ended.is_finished());
    go.notify_one();
    assert!(read_to_end(&mut running).await.ends_with("finished"));
    assert_eq!(server.ended.await.unwrap(), Drained { cut: 0 });
}

#[tokio::test]
async fn requests_that_do_not_finish_are_cut() {
    let (router, began, _go) = gated();
    let server = start(
        router,
        Limits {
            drain_timeout: Duration::from_millis(100),
            ..limits()
        },
        None,
    )
    .await;
    let mut running = TcpStream::connect(server.address).await.unwrap();
    running.write_all(GET).await.unwrap();
    began.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(server.ended.await.unwrap(), Drained { cut: 1 });
    assert_eq!(read_to_end(&mut running).await, "");
}

fn data(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

#[tokio::test]
async fn tls_speaks_http_1_and_knows_its_peer() {
    let server = start(peer(), limits(), Some(tls())).await;
    let authority =
        reqwest::Certificate::from_pem(&std::fs::read(data("authority.pem")).unwrap()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .http1_only()
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/", server.address.port());
    let answer = client.get(&url).send().await.unwrap();
    assert_eq!(
        (answer.version(), answer.text().await.unwrap()),
        (reqwest::Version::HTTP_11, "127.0.0.1".into())
    );

    // A client that says nothing does not keep its place.
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(10), read_to_end(&mut silent))
            .await
            .unwrap(),
        ""
    );
}

#[tokio::test]
async fn tls_prefers_http_2() {
    let server = start(peer(), limits(), Some(tls())).await;
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(data("authority.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

    // RFC 9113: preface, an empty SETTINGS frame, and HEADERS that end stream 1. RFC 7541: GET, https, `/`, authority.
    let mut request =
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x0e\x01\x05\0\0\0\x01".to_vec();
    request.extend_from_slice(b"\x82\x87\x84\x41\x09localhost");
    stream.write_all(&request).await.unwrap();
    let mut received = Vec::new();
    while !received.windows(9).any(|window| window == b"127.0.0.1") {
        assert_ne!(
            stream.read_buf(&mut received).await.unwrap(),
            0,
            "{received:?}"
        );
    }
}

fn peer() -> Router {
    Router::new().route(
        "/",
        routing::get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.ip().to_string()),
    )
}

fn tls() -> Tls {
    Tls {
        certificate: data("localhost.pem"),
        key: data("localhost.key"),
    }
}

#[test]
fn unusable_certificates_are_named() {
    let good = data("localhost.pem");
    for (certificate, key, named) in [
        (data("missing.pem"), data("localhost.key"), "missing.pem"),
        (
            data("localhost.key"),
            data("localhost.key"),
            "localhost.key",
        ),
        (good.clone(), data("README.md"), "README.md"),
        (
            data("authority.pem"),
            data("localhost.key"),
            "authority.pem",
        ),
    ] {
        let error = tls_acceptor(&Tls { certificate, key })
            .err()
            .expect("unusable");
        assert!(error.to_string().contains(named), "{error}");
    }
}
