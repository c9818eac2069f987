//! An HTTP client for tests.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Body, RequestBuilder};
use serde_json::Value;

/// Asks one server, as one tenant or as nobody. Clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    api_key: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Client {
    /// A client of the server at `address`.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(address: &str, api_key: Option<&str>) -> Result<Self> {
        let http = outbound::builder().no_proxy().build()?;
        Ok(Self {
            http,
            base: format!("http://{address}"),
            api_key: api_key.map(str::to_owned),
        })
    }

    /// The same client with another API key, or none.
    pub fn with_key(&self, api_key: Option<&str>) -> Self {
        Self {
            api_key: api_key.map(str::to_owned),
            ..self.clone()
        }
    }

    /// `GET path`.
    ///
    /// # Errors
    /// No answer.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.http.get(format!("{}{path}", self.base)))
            .await
    }

    /// `GET path` with the header `Accept`.
    ///
    /// # Errors
    /// No answer.
    pub async fn get_as(&self, path: &str, accept: &str) -> Result<Answer> {
        self.get_with(path, &[("accept", accept)]).await
    }

    /// `GET path` with further headers.
    ///
    /// # Errors
    /// No answer.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut request = self.http.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// No answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.post_bytes(path, "application/json", body.to_string())
            .await
    }

    /// `POST path` with a body of any kind.
    ///
    /// # Errors
    /// No answer.
    pub async fn post_bytes(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Result<Answer> {
        let request = self.http.post(format!("{}{path}", self.base));
        self.send(request.header(CONTENT_TYPE, content_type).body(body))
            .await
    }

    /// `POST path` without a body.
    ///
    /// # Errors
    /// No answer.
    pub async fn post_nothing(&self, path: &str) -> Result<Answer> {
        self.send(self.http.post(format!("{}{path}", self.base)))
            .await
    }

    /// Entries in the log of testnet and their root, from `/health`: it moves with everything that is accepted.
    ///
    /// # Errors
    /// The server is not well.
    pub async fn head(&self) -> Result<(u64, String)> {
        let health = self.get("/health").await?.json()?;
        let network = &health["networks"][0];
        let size = network["size"].as_u64().context("/health has no size")?;
        Ok((
            size,
            network["root"]
                .as_str()
                .context("/health has no root")?
                .to_owned(),
        ))
    }

    /// Waits until the server has asked its witnesses, if it has any: before that it takes no operation.
    ///
    /// # Errors
    /// As [`Client::head`], or they have not been asked within a minute.
    pub async fn until_witnesses_are_asked(&self) -> Result<()> {
        for _ in 0..3_000 {
            let health = self.get("/health").await?.json()?;
            if health["networks"][0]["protection"]["standing"]["state"] != "asking" {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("the witnesses have not been asked within a minute")
    }

    /// The operations in the log, at most the first thousand. Unlike its head they stay the same while nobody changes a
    /// DID: state leaves that tell of the audit log alone come in between.
    ///
    /// # Errors
    /// As [`Client::head`].
    pub async fn operations(&self) -> Result<Vec<Value>> {
        let feed = self.get("/v1/feed?limit=1000").await?.json()?;
        let entries = feed["entries"].as_array();
        Ok(entries.context("the feed has no entries")?.clone())
    }

    async fn send(&self, mut request: RequestBuilder) -> Result<Answer> {
        if let Some(api_key) = &self.api_key {
            request = request.header("x-api-key", api_key);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer {
            status,
            headers,
            body: response.bytes().await?.to_vec(),
        })
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{}: {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text in `error`, which every refusal has.
    ///
    /// # Errors
    /// There is none.
    pub fn error(&self) -> Result<String> {
        let text = self.json()?["error"].as_str().map(str::to_owned);
        text.with_context(|| format!("{} without an error: {}", self.status, self.text()))
    }
}
