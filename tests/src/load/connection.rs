//! As little of an HTTP/1.1 client as a measurement needs: it shares the processors with what it measures.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// A connection that is kept, with one request in flight.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// What came back.
pub(super) struct Reply<'a> {
    pub(super) status: u16,
    pub(super) body: &'a [u8],
}

impl Connection {
    pub(super) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("nobody listens at {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 16 * 1024],
            filled: 0,
        })
    }

    /// Sends one whole request and reads the answer, which must announce its length.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        let head = loop {
            self.read_more().await?;
            if let Some(end) = find(&self.buffer[..self.filled], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let (status, length) = read_head(&self.buffer[..head])?;
        let end = head + length;
        if end > ANSWER_BYTES_MAX {
            bail!("an answer of {length} bytes");
        }
        while self.filled < end {
            self.read_more().await?;
        }
        Ok(Reply {
            status,
            body: &self.buffer[head..end],
        })
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.filled == self.buffer.len() {
            let larger = self.buffer.len() * 2;
            self.buffer.resize(larger, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..]).await? {
            0 => bail!("the server closed the connection"),
            count => self.filled += count,
        }
        Ok(())
    }
}

/// The status and the length of the body.
fn read_head(head: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(head).context("headers that are not text")?;
    let status = text
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .context("no status line")?;
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    Ok((status, length.context("an answer without content-length")?))
}

/// Where `needle` first stands.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// A whole request.
pub(super) fn request(
    method: &str,
    path: &str,
    api_key: Option<&str>,
    content_type: &str,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: load\r\n").into_bytes();
    if let Some(api_key) = api_key {
        bytes.extend_from_slice(format!("x-api-key: {api_key}\r\n").as_bytes());
    }
    if method != "GET" {
        let length = body.len();
        bytes.extend_from_slice(
            format!("content-type: {content_type}\r\ncontent-length: {length}\r\n").as_bytes(),
        );
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body);
    bytes
}
