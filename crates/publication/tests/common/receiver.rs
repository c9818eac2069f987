//! Receivers of webhooks in this process, and names that lead where a test wants.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use publication::{Lookup, NameSource};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a receiver answers.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    Redirect(String),
    RetryAfter(u16, &'static str),
}

#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Inner {
    received: Vec<Received>,
    /// Answers to the next requests; 204 when there is none.
    answers: VecDeque<Answer>,
    always: Option<Answer>,
}

impl Receiver {
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub async fn at(address: &str) -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&inner));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            inner,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner.lock().unwrap().answers.extend(answers);
    }

    pub fn always(&self, answer: Answer) {
        self.inner.lock().unwrap().always = Some(answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.inner.lock().unwrap().received.clone()
    }

    pub async fn until(&self, count: usize) -> Vec<Received> {
        super::until(|| Some(self.received()).filter(|received| received.len() >= count)).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(
    State(inner): State<Arc<Mutex<Inner>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = inner.lock().unwrap();
    inner.received.push(Received {
        headers,
        body: body.to_vec(),
    });
    let next = inner.answers.pop_front().or_else(|| inner.always.clone());
    match next.unwrap_or(Answer::Status(204)) {
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Redirect(to) => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response()
        }
        Answer::RetryAfter(status, wait) => (
            StatusCode::from_u16(status).unwrap(),
            [(header::RETRY_AFTER, wait)],
        )
            .into_response(),
    }
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Verifies as a receiver does that has read the standard and nothing else.
    pub fn is_signed_by(&self, public_key: &str) -> bool {
        let key = STANDARD
            .decode(public_key.strip_prefix("whpk_").unwrap())
            .unwrap();
        let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
        let (id, time) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let mut signed = Vec::new();
        for part in [id.as_bytes(), b".", time.as_bytes(), b".", &self.body] {
            signed.extend_from_slice(part);
        }
        let own = |signature: &&str| signature.starts_with("v1a,");
        self.header("webhook-signature")
            .split(' ')
            .filter(own)
            .any(|signature| {
                let bytes = STANDARD
                    .decode(signature.strip_prefix("v1a,").unwrap())
                    .unwrap();
                key.verify_strict(&signed, &Signature::from_slice(&bytes).unwrap())
                    .is_ok()
            })
    }
}

/// Names with a list of answers, one for each look-up; the last one stays.
#[derive(Default)]
pub struct FakeNames {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    queried: Mutex<Vec<String>>,
}

impl FakeNames {
    pub fn answering(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(parse).collect()),
            queried: Mutex::default(),
        })
    }

    pub fn queried(&self) -> Vec<String> {
        self.queried.lock().unwrap().clone()
    }
}

impl NameSource for FakeNames {
    fn addresses_of(&self, name: &str) -> Lookup {
        self.queried.lock().unwrap().push(name.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            0 => Err(io::Error::other("unknown")),
            1 => Ok(answers[0].clone()),
            _ => Ok(answers.pop_front().unwrap()),
        };
        Box::pin(async move { answer })
    }
}
