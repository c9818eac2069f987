//! Which DIDs are deactivated, as one signed list (W3C Bitstring Status List v1.0, Recommendation of 15 May 2025).
//!
//! The DID that was created as number n has bit n; a set bit means that it is deactivated. The list is a verifiable
//! credential secured as a JWT (W3C VC-JOSE-COSE, `vc+jwt`) by a key that signs nothing else.

mod bits;
mod key;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;

pub(crate) use key::StatusKey;

use crate::channel::Channel;
use crate::error::ServeError;
use crate::settings::StatusListSettings;
use clock::{now_ms, rfc3339_s};

/// For how long a verifier may go without asking again, in milliseconds.
const TTL_MS: u64 = 60_000;

/// A signed list of one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusList {
    /// The credential as a compact JWT, of media type `application/vc+jwt`.
    pub jwt: String,
    /// Size of the log that it covers.
    pub size: u64,
    /// How many bits it has: at least 131,072, and a bit for every DID.
    pub bits: usize,
    /// Until when it is valid, in Unix milliseconds.
    pub valid_until_ms: u64,
    /// A strong entity tag (RFC 9110, 8.8.3) for HTTP, with its quotes.
    pub etag: String,
}

/// The frame of a list.
struct Frame {
    issuer: String,
    url: String,
    valid_from_ms: u64,
    valid_until_ms: u64,
    ttl_ms: u64,
}

/// The lists of all networks, each kept until the log has grown or half of its time is over.
pub(crate) struct StatusLists {
    settings: StatusListSettings,
    key: Arc<StatusKey>,
    /// The newest list of each network, by the log's origin. Locked while one is made, so that it is made once.
    kept: Mutex<BTreeMap<String, Arc<StatusList>>>,
}

impl StatusLists {
    pub(crate) fn new(settings: StatusListSettings) -> Self {
        Self {
            key: Arc::new(StatusKey::of(&settings.seed)),
            settings,
            kept: Mutex::default(),
        }
    }

    pub(crate) fn key(&self) -> &StatusKey {
        &self.key
    }

    pub(crate) async fn of(&self, channel: &Channel) -> Result<Arc<StatusList>, ServeError> {
        channel.check_standing()?;
        let newest = channel.ledger.published().size.checked_sub(1);
        let view = channel.view_covering(newest).await?;
        channel.check_standing()?;
        let (size, now) = (view.published.size, now_ms());
        let validity_ms = self.settings.validity_s.saturating_mul(1000);
        let mut kept = self.kept.lock().await;
        if let Some(list) = kept.get(channel.origin())
            && list.size == size
            && now.saturating_add(validity_ms / 2) < list.valid_until_ms
        {
            return Ok(Arc::clone(list));
        }
        let frame = Frame {
            issuer: self.settings.issuer.clone(),
            url: format!("{}/{}", self.settings.base_url, channel.ledger.namespace()),
            valid_from_ms: now,
            valid_until_ms: now.saturating_add(validity_ms),
            ttl_ms: TTL_MS.min(validity_ms),
        };
        let key = Arc::clone(&self.key);
        let make = move || {
            let deactivated = view.snapshot.status_bits()?;
            StatusList::sign(deactivated, size, &frame, &key).map_err(ServeError::StatusList)
        };
        let made = channel.blocking(make).await;
        let list = Arc::new(made.ok_or(ServeError::Busy)??);
        kept.insert(channel.origin().to_owned(), Arc::clone(&list));
        Ok(list)
    }
}

impl StatusList {
    /// Signs the list of a log of `size` entries. Bit i of `deactivated` is in byte i / 8, the most significant first.
    fn sign(deactivated: Vec<u8>, size: u64, frame: &Frame, key: &StatusKey) -> io::Result<Self> {
        let padded = bits::padded(deactivated);
        let credential = credential(&bits::encode(&padded)?, frame);
        Ok(Self {
            bits: padded.len() * 8,
            valid_until_ms: frame.valid_until_ms,
            jwt: key.sign_jwt(&credential),
            size,
            etag: format!("\"{size}-{}\"", frame.valid_from_ms),
        })
    }
}

fn credential(encoded_list: &str, frame: &Frame) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": frame.url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": frame.issuer,
        "validFrom": rfc3339_s(frame.valid_from_ms),
        "validUntil": rfc3339_s(frame.valid_until_ms),
        "credentialSubject": {
            "id": format!("{}#list", frame.url),
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded_list,
            "ttl": frame.ttl_ms,
        },
    })
}
