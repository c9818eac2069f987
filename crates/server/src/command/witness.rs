//! `atropos witness`: a small witness for the logs of other operators (C2SP tlog-witness).
//!
//! It remembers the largest log that it has cosigned, and never cosigns one that does not continue it.

mod key;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use clap::Args;
use proof::note::NoteVerifier;
use publication::WitnessStore;
use store::Store;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::http::description::RouteTable;
use crate::http::layer::Envelope;
use crate::http::listen;
use crate::logging;
use crate::metrics::Metrics;
use crate::output;
use crate::start::router::owners;

/// Witness the logs of other operators: cosign each checkpoint that continues the previous one.
#[derive(Args)]
pub struct Witness {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
    /// Directory of its key and of what it has cosigned. It must never be rolled back.
    #[arg(long)]
    pub(super) data: PathBuf,
    /// The key of a log (`<origin>+<id>+<key>`); once for each log, and for each of its keys.
    #[arg(long = "log", value_name = "VKEY", required = true)]
    logs: Vec<NoteVerifier>,
    /// Its name in cosignatures, such as witness.example.org; only at the first start. Default: a random one.
    #[arg(long)]
    name: Option<String>,
}

/// File of the remembered checkpoints in the data directory.
const STORE_FILE: &str = "witness.sqlite";

pub(super) async fn run(arguments: Witness, config: &Config) -> anyhow::Result<()> {
    logging::start(&config.settings.log)?;
    let store = Store::open(&arguments.data.join(STORE_FILE), publication::MIGRATIONS)
        .context("the witness's memory cannot be opened")?;
    let cosigner = key::load(&arguments.data, arguments.name.as_deref())?;
    let vkey = cosigner.verifier().to_string();
    let witness = WitnessStore::new(store, arguments.logs, cosigner)
        .context("the keys in --log cannot be used together")?;

    let tls = config
        .settings
        .tls
        .as_ref()
        .map(listen::tls_acceptor)
        .transpose()?;
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    let stop = listen::stop_signal()?;
    let address = listener.local_addr()?;
    output::line(&vkey)?;
    tracing::info!(%address, key = vkey, "witnessing");
    let limits = &config.settings.limits;
    let envelope = Envelope::new(owners(), RouteTable::default(), limits, Metrics::new());
    let router = envelope.around(router(witness));
    let drained = listen::serve(listener, tls, router, listen::Limits::of(limits), stop).await;
    tracing::info!(cut = drained.cut, "stopped");
    Ok(())
}

fn router(witness: WitnessStore) -> Router {
    Router::new()
        .route("/add-checkpoint", routing::post(add_checkpoint))
        .route("/{log}/checkpoint", routing::get(checkpoint))
        .with_state(witness)
}

async fn add_checkpoint(State(witness): State<WitnessStore>, body: Bytes) -> Response {
    let reply = witness.add_checkpoint(&body).await;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = HeaderValue::from_static(reply.content_type);
    (status, [(header::CONTENT_TYPE, content_type)], reply.body).into_response()
}

/// The newest checkpoint of a log that was cosigned; the log is named by the SHA-256 of its origin, in hexadecimal.
async fn checkpoint(State(witness): State<WitnessStore>, Path(log): Path<String>) -> Response {
    let content_type = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    match witness.checkpoint(&log) {
        Ok(Some(note)) => ([content_type], note).into_response(),
        Ok(None) => {
            let text = "no checkpoint of this log was cosigned here\n";
            (StatusCode::NOT_FOUND, [content_type], text).into_response()
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what was cosigned cannot be read"
            );
            let text = "what was cosigned cannot be read\n";
            (StatusCode::INTERNAL_SERVER_ERROR, [content_type], text).into_response()
        }
    }
}
