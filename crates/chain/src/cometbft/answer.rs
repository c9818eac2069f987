//! Forms that several answers share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A number that is written as text, because not every client has 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Text64(pub(super) u64);

impl Serialize for Text64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Bytes in base64; nothing at all where there are none.
pub(super) fn base64_or_null(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| STANDARD.encode(bytes))
}

/// Upper-case hexadecimal, as CometBFT writes hashes.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    hex::encode_upper(bytes)
}

/// A time, RFC 3339.
pub(super) fn time(time_ms: u64) -> String {
    let ms = i64::try_from(time_ms).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    time.to_string()
}

/// A name for something that a node would have a hash of.
pub(super) fn name_of(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    hexadecimal(&digest.finalize())
}

/// The identity of this server where a node has a peer id and a validator: the log's own key.
pub(super) struct Identity {
    pub(super) key: [u8; 32],
}

impl Identity {
    /// 20 bytes, in upper-case hexadecimal.
    pub(super) fn address(&self) -> String {
        hexadecimal(&Sha256::digest(self.key)[..20])
    }

    /// The same in lower case.
    pub(super) fn peer(&self) -> String {
        self.address().to_lowercase()
    }
}
