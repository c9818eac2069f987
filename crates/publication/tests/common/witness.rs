//! Witnesses over HTTP in this process: honest ones, and others.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use proof::Hash;
use proof::note::{Cosigner, Note};
use proof::witness::{AddCheckpoint, SIZE_CONTENT_TYPE, decide, encode_cosignatures};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::log_signer;

/// How a witness behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    Honest,
    /// Answers 503.
    Down,
    /// Takes the connection and never answers.
    Silent,
    /// Claims to know this size.
    Claims(u64),
    /// Signs with an unknown key.
    OtherKey,
    /// Signs another text.
    OtherText,
    /// Answers with this.
    Garbage(Vec<u8>),
    /// Redirects to this address.
    Redirects(String),
}

pub struct FakeWitness {
    pub name: String,
    pub address: SocketAddr,
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    cosigner: Cosigner,
    state: Mutex<Known>,
}

struct Known {
    manner: Manner,
    known: Option<(u64, Hash)>,
    /// The note that it publishes.
    note: Option<String>,
    requests: usize,
    /// What it signs next, in seconds; the wall clock by default.
    time_s: Option<u64>,
}

impl FakeWitness {
    pub async fn start(number: u8) -> Self {
        let name = format!("witness-{number}.test");
        let inner = Arc::new(Inner {
            cosigner: Cosigner::from_seed(&name, &[number; 32]).unwrap(),
            state: Mutex::new(Known {
                manner: Manner::Honest,
                known: None,
                note: None,
                requests: 0,
                time_s: None,
            }),
        });
        let router = Router::new()
            .route("/w/add-checkpoint", post(add_checkpoint))
            .route("/w/{hash}/checkpoint", get(checkpoint))
            .with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            name,
            address,
            inner,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/w/", self.address)
    }

    /// Its line of a policy; its name there is `w` and the number.
    pub fn line(&self) -> String {
        let verifier = self.inner.cosigner.verifier();
        let name = self.name.replace("itness-", "").replace(".test", "");
        format!("witness {name} {verifier} {}\n", self.url())
    }

    pub fn behave(&self, manner: Manner) {
        self.inner.state.lock().unwrap().manner = manner;
    }

    /// What it knows from elsewhere; the note is published.
    pub fn remember(&self, size: u64, root: Hash, note: Option<String>) {
        let mut state = self.inner.state.lock().unwrap();
        state.known = Some((size, root));
        state.note = note;
    }

    pub fn known(&self) -> Option<(u64, Hash)> {
        self.inner.state.lock().unwrap().known
    }

    pub fn forget(&self) {
        let mut state = self.inner.state.lock().unwrap();
        state.known = None;
        state.note = None;
    }

    pub fn requests(&self) -> usize {
        self.inner.state.lock().unwrap().requests
    }

    pub fn sign_at(&self, time_s: u64) {
        self.inner.state.lock().unwrap().time_s = Some(time_s);
    }

    /// Its cosignature on any note, at this time.
    pub fn cosigned(&self, note: &str, time_s: u64) -> String {
        let note = Note::parse(note.as_bytes()).unwrap();
        let line = self.inner.cosigner.cosign(&note, time_s);
        note.with(line).unwrap().to_string()
    }

    /// As above, without other lines.
    pub fn cosigned_alone(&self, note: &str, time_s: u64) -> String {
        let note = Note::parse(note.as_bytes()).unwrap();
        let line = self.inner.cosigner.cosign(&note, time_s);
        Note::assemble(note.text(), [line]).unwrap().to_string()
    }
}

impl Drop for FakeWitness {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A policy of these witnesses, all of whom are named in a group of which `quorum` must sign.
pub fn policy(witnesses: &[&FakeWitness], quorum: usize) -> String {
    let lines: String = witnesses.iter().map(|witness| witness.line()).collect();
    let names: Vec<_> = (1..=witnesses.len())
        .map(|number| format!("w{number}"))
        .collect();
    format!(
        "{lines}group all-of-them {quorum} {}\nquorum all-of-them\n",
        names.join(" ")
    )
}

async fn add_checkpoint(State(inner): State<Arc<Inner>>, body: Bytes) -> Response {
    let manner = {
        let mut state = inner.state.lock().unwrap();
        state.requests += 1;
        state.manner.clone()
    };
    match manner {
        Manner::Honest => inner.decide(&body),
        Manner::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Manner::Silent => std::future::pending().await,
        Manner::Claims(size) => conflict(&format!("{size}\n")),
        Manner::OtherKey => {
            let stranger = Cosigner::from_seed(inner.cosigner.name(), &[99; 32]).unwrap();
            cosigned(&stranger, &body)
        }
        Manner::OtherText => {
            let text = format!("{}extension\n", note_of(&body).text());
            let note = log_signer().sign(&text).unwrap();
            encode_cosignatures(&[inner.cosigner.cosign(&note, 1_700_000_000)]).into_response()
        }
        Manner::Garbage(bytes) => bytes.into_response(),
        Manner::Redirects(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
    }
}

async fn checkpoint(State(inner): State<Arc<Inner>>, Path(hash): Path<String>) -> Response {
    assert_eq!(hash, proof::sha256(super::ORIGIN.as_bytes()).to_string());
    let note = inner.state.lock().unwrap().note.clone();
    note.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        IntoResponse::into_response,
    )
}

impl Inner {
    fn decide(&self, body: &[u8]) -> Response {
        let mut state = self.state.lock().unwrap();
        let request = AddCheckpoint::parse(body).unwrap();
        match decide(state.known, &request, &[log_signer().verifier().clone()]) {
            Ok(accepted) => {
                state.known = Some((accepted.checkpoint.size, accepted.checkpoint.root));
                state.note = Some(accepted.note.to_string());
                let now = std::time::SystemTime::now();
                let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
                let time_s = state.time_s.unwrap_or(now);
                encode_cosignatures(&[self.cosigner.cosign(&accepted.note, time_s)]).into_response()
            }
            Err(refusal) => match refusal.size_body() {
                Some(size) => conflict(&size),
                None => StatusCode::from_u16(refusal.status())
                    .unwrap()
                    .into_response(),
            },
        }
    }
}

fn cosigned(cosigner: &Cosigner, body: &[u8]) -> Response {
    encode_cosignatures(&[cosigner.cosign(&note_of(body), 1_700_000_000)]).into_response()
}

fn note_of(body: &[u8]) -> Note {
    let request = AddCheckpoint::parse(body).unwrap();
    Note::parse(request.checkpoint.as_bytes()).unwrap()
}

fn conflict(size: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, SIZE_CONTENT_TYPE)];
    (StatusCode::CONFLICT, kind, size.to_owned()).into_response()
}
