//! The HTTP side of asking a witness.

use std::time::Duration;

use proof::witness::{ADD_CHECKPOINT_PATH, checkpoint_path, parse_size};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use thiserror::Error;

/// Most bytes of an answer that are read: a note has at most as many.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What a witness answered to a checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Signature lines.
    Cosigned(Vec<u8>),
    /// It knows another size than the one that was named, or another root at that size; then it may name none.
    Conflict { known_size: Option<u64> },
    /// The proof does not lead from what it knows to the checkpoint.
    Inconsistent,
}

/// Why there is no useful answer.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    #[error("the witness cannot be reached, or did not answer in time")]
    Unreachable(#[source] reqwest::Error),
    #[error("the witness answered with more than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the witness does not know this log: its operator must add the log's key")]
    UnknownLog,
    #[error("the witness does not trust the key that signed the checkpoint")]
    UntrustedKey,
    #[error("the witness answered {0}, which has no meaning here")]
    Status(u16),
}

/// A witness at its address. Redirects are not followed, and no proxy is used.
pub(crate) struct WitnessClient {
    client: Client,
    prefix: String,
}

impl WitnessClient {
    /// `prefix` is the submission prefix, and where the witness publishes what it knows.
    pub(crate) fn new(prefix: &Url, timeout_ms: u64) -> Result<Self, reqwest::Error> {
        let client = outbound::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(Duration::from_millis(timeout_ms))
            .build()?;
        let prefix = prefix.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, prefix })
    }

    /// `POST <prefix>/add-checkpoint`.
    pub(crate) async fn add_checkpoint(&self, body: Vec<u8>) -> Result<Reply, ClientError> {
        let url = format!("{}/{ADD_CHECKPOINT_PATH}", self.prefix);
        let request = self.client.post(url).body(body);
        let answer = request.send().await.map_err(ClientError::Unreachable)?;
        match answer.status() {
            StatusCode::OK => Ok(Reply::Cosigned(limited(answer).await?)),
            StatusCode::CONFLICT => {
                let body = limited(answer).await?;
                Ok(Reply::Conflict {
                    known_size: parse_size(&body),
                })
            }
            StatusCode::UNPROCESSABLE_ENTITY => Ok(Reply::Inconsistent),
            StatusCode::NOT_FOUND => Err(ClientError::UnknownLog),
            StatusCode::FORBIDDEN => Err(ClientError::UntrustedKey),
            other => Err(ClientError::Status(other.as_u16())),
        }
    }

    /// `GET <prefix>/<hexadecimal SHA-256 of the origin>/checkpoint`: the newest note that it cosigned. `None` when it
    /// has none, or does not publish it.
    pub(crate) async fn checkpoint(&self, origin: &str) -> Result<Option<Vec<u8>>, ClientError> {
        let url = format!("{}/{}", self.prefix, checkpoint_path(origin));
        let answer = self.client.get(url).send().await;
        let answer = answer.map_err(ClientError::Unreachable)?;
        match answer.status() {
            StatusCode::OK => limited(answer).await.map(Some),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE => Ok(None),
            other => Err(ClientError::Status(other.as_u16())),
        }
    }
}

async fn limited(mut answer: Response) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(ClientError::Unreachable)? {
        if body.len() + part.len() > ANSWER_BYTES_MAX {
            return Err(ClientError::TooLarge);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}
