//! Requests to a running server, for the commands that talk to one.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use clap::Args;
use reqwest::{Method, Request, Url};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::authentication::API_KEY_HEADER;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Longest file or standard input that is read, in bytes.
const INPUT_BYTES_MAX: u64 = 1 << 20;
/// Longer than a server takes for any request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The server, and the caller's API key.
#[derive(Args)]
pub struct Target {
    /// Address of the server.
    #[arg(
        long,
        env = "ATROPOS_SERVER",
        value_name = "URL",
        default_value = "http://127.0.0.1:3000"
    )]
    server: Url,
    /// API key. Better in the environment: command lines are public on a machine.
    #[arg(
        long,
        env = "ATROPOS_API_KEY",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    api_key: Option<String>,
}

/// A request in the making.
pub(super) struct Call<'a> {
    target: &'a Target,
    request: Request,
}

impl Target {
    /// What the server answers at a path.
    pub(super) async fn get(&self, path: &[&str]) -> anyhow::Result<Value> {
        self.call(Method::GET, path)?.send().await
    }

    /// What the server answers to a JSON body.
    pub(super) async fn post(&self, path: &[&str], body: &Value) -> anyhow::Result<Value> {
        self.call(Method::POST, path)?.json(body).send().await
    }

    /// A call of a path, given by its parts.
    pub(super) fn call(&self, method: Method, path: &[&str]) -> anyhow::Result<Call<'_>> {
        let mut url = self.server.clone();
        let parts = url.path_segments_mut();
        let is_http = parts
            .map(|mut parts| _ = parts.pop_if_empty().extend(path))
            .is_ok();
        ensure!(is_http, "{url} is not the address of a server");
        Ok(Call {
            target: self,
            request: Request::new(method, url),
        })
    }
}

impl Call<'_> {
    pub(super) fn query(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.request
                .url_mut()
                .query_pairs_mut()
                .append_pair(name, value);
        }
        self
    }

    pub(super) fn json(mut self, body: &Value) -> Self {
        *self.request.body_mut() = Some(body.to_string().into());
        self.header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )
    }

    pub(super) fn accept(self, media_type: &'static str) -> Self {
        self.header(header::ACCEPT, HeaderValue::from_static(media_type))
    }

    /// Sends it with the API key.
    pub(super) async fn send(self) -> anyhow::Result<Value> {
        let key = self.target.api_key.as_deref();
        let key = key.context("give the API key in ATROPOS_API_KEY or with --api-key")?;
        let mut key: HeaderValue = key
            .parse()
            .context("the API key is not usable: it contains characters that no API key has")?;
        key.set_sensitive(true);
        self.header(HeaderName::from_static(API_KEY_HEADER), key)
            .send_openly()
            .await
    }

    /// Sends it without the API key.
    pub(super) async fn send_openly(self) -> anyhow::Result<Value> {
        let server = &self.target.server;
        let client = outbound::builder().timeout(TIMEOUT).build()?;
        let response = client
            .execute(self.request)
            .await
            .with_context(|| format!("cannot reach the server at {server}"))?;
        let status = response.status();
        let body = read(response).await?;
        let value: Option<Value> = serde_json::from_slice(&body).ok();
        // 410 is how a deactivated DID resolves.
        if status.is_success() || status == StatusCode::GONE {
            return value
                .with_context(|| format!("the server at {server} did not answer with JSON"));
        }
        bail!("{}", refusal(status, value.as_ref()))
    }

    fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request.headers_mut().insert(name, value);
        self
    }
}

async fn read(mut response: reqwest::Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.context("the connection broke off")? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            bail!("the answer is longer than {ANSWER_BYTES_MAX} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn refusal(status: StatusCode, value: Option<&Value>) -> String {
    let Some(value) = value else {
        return format!("the server answered {status}");
    };
    let problem = &value["didResolutionMetadata"]["error"];
    let text = value["error"]
        .as_str()
        .or_else(|| problem["detail"].as_str());
    let mut text = text.map_or_else(|| status.to_string(), str::to_owned);
    for name in ["missing", "invalid", "unexpected"] {
        let list = value[name].as_array().into_iter().flatten();
        for entry in list.filter_map(Value::as_str) {
            text += &format!("\n  {name}: {entry}");
        }
    }
    text
}

/// The body of a request that names the keys that sign; all that are needed if none is named.
pub(super) fn signed_by(keys: &[String]) -> Value {
    if keys.is_empty() {
        json!({})
    } else {
        json!({"publicKeyHexs": keys})
    }
}

/// The JSON in a file, or in standard input for `-`.
pub(super) fn read_json(path: &str) -> anyhow::Result<Value> {
    let text = read_input(path)?;
    serde_json::from_str(&text).with_context(|| format!("{path} is not JSON"))
}

/// The text in a file, or in standard input for `-`.
pub(super) fn read_input(path: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = match path {
        "-" => std::io::stdin()
            .lock()
            .take(INPUT_BYTES_MAX + 1)
            .read_to_string(&mut text),
        path => std::fs::File::open(path)
            .and_then(|file| file.take(INPUT_BYTES_MAX + 1).read_to_string(&mut text)),
    };
    read.with_context(|| format!("cannot read {path}"))?;
    if text.len() as u64 > INPUT_BYTES_MAX {
        bail!("{path} is longer than {INPUT_BYTES_MAX} bytes");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_contain_what_the_server_said() {
        let of = |value: Value| refusal(StatusCode::BAD_REQUEST, Some(&value));
        assert_eq!(of(json!({"error": "no"})), "no");
        assert_eq!(
            of(json!({"error": "no", "missing": ["a", "b"], "invalid": []})),
            "no\n  missing: a\n  missing: b"
        );
        assert_eq!(
            of(json!({"didResolutionMetadata": {"error": {"detail": "gone"}}})),
            "gone"
        );
        assert_eq!(of(json!([])), "400 Bad Request");
        assert_eq!(
            refusal(StatusCode::BAD_GATEWAY, None),
            "the server answered 502 Bad Gateway"
        );
    }
}
