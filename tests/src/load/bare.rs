//! What the framework alone does on this machine: a handler that answers with bytes that are ready.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::{Router, routing};
use tokio::net::TcpListener;

use crate::scratch::Process;

/// Serves the bare handler in this process, for ever. The address is the first line printed.
pub(super) fn serve(bytes: usize) -> Result<()> {
    let body = Bytes::from(vec![b'x'; bytes]);
    let handler = async move |Path(_): Path<String>| {
        ([(CONTENT_TYPE, "application/did-resolution")], body.clone())
    };
    let router = Router::new().route("/1.0/identifiers/{did}", routing::get(handler));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout().lock(), "{}", listener.local_addr()?)?;
        Ok(axum::serve(listener, router).await?)
    })
}

/// The bare handler in a process of its own, as the server is.
pub(super) struct Bare {
    _process: Process,
    address: String,
}

impl Bare {
    pub(super) fn start(bytes: usize) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--bare", &bytes.to_string()])
            .stdout(Stdio::piped());
        let mut process = Process::spawn(&mut command)?;
        let mut address = String::new();
        let output = process
            .child()
            .stdout
            .take()
            .context("no output of the bare handler")?;
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self {
            _process: process,
            address: address.trim().to_owned(),
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}
