//! `X-DFNS-NONCE` of older clients: nobody has to send it; whoever does, sends each one once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::AuthError;

const HEADER: &str = "x-dfns-nonce";
/// Longest nonce, in bytes.
const BYTES_MAX: usize = 512;
/// Shortest `uuid` in it.
const UUID_CHARS_MIN: usize = 13;
/// How far its date may be away. Such clients make it before somebody is asked to sign.
const WINDOW_MS: i64 = 300_000;
/// Nonces that are remembered.
const SEEN_MAX: usize = 65_536;

/// The nonces that came while they could come again.
#[derive(Default)]
pub struct Nonces(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    hashes: HashSet<[u8; 32]>,
    order: VecDeque<(i64, [u8; 32])>,
}

#[derive(Deserialize)]
struct Nonce {
    uuid: String,
    date: String,
}

impl Nonces {
    /// Checks the nonce of a request, if it has one, and uses it up.
    pub(super) fn pass(&self, headers: &HeaderMap) -> Result<(), AuthError> {
        self.pass_at(headers, Timestamp::now().as_millisecond())
    }

    fn pass_at(&self, headers: &HeaderMap, now_ms: i64) -> Result<(), AuthError> {
        let mut given = headers.get_all(HEADER).iter();
        let text = match (given.next(), given.next()) {
            (None, _) => return Ok(()),
            (Some(_), Some(_)) => return Err(AuthError::Nonce),
            (Some(value), None) => value.to_str().map_err(|_| AuthError::Nonce)?,
        };
        let date_ms = read(text).ok_or(AuthError::Nonce)?;
        if (now_ms - date_ms).abs() > WINDOW_MS {
            return Err(AuthError::Nonce);
        }
        self.once(Sha256::digest(text.as_bytes()).into(), now_ms)
    }

    fn once(&self, hash: [u8; 32], now_ms: i64) -> Result<(), AuthError> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(&(until_ms, old)) = seen.order.front() {
            if until_ms >= now_ms {
                break;
            }
            seen.order.pop_front();
            seen.hashes.remove(&old);
        }
        if seen.hashes.contains(&hash) {
            return Err(AuthError::NonceUsed);
        }
        if seen.hashes.len() >= SEEN_MAX {
            let text = "Too many requests with a nonce: try again in a moment.";
            return Err(AuthError::Unavailable(text.into()));
        }
        seen.hashes.insert(hash);
        // A nonce from the future can come again until the window behind its date is over, too.
        seen.order.push_back((now_ms + 2 * WINDOW_MS, hash));
        Ok(())
    }
}

/// The date in a nonce.
fn read(text: &str) -> Option<i64> {
    if text.len() > BYTES_MAX {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    let nonce: Nonce = serde_json::from_slice(&json).ok()?;
    if nonce.uuid.chars().count() < UUID_CHARS_MIN {
        return None;
    }
    let date: Timestamp = nonce.date.parse().ok()?;
    Some(date.as_millisecond())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const NOW_MS: i64 = 1_774_000_000_000;

    fn headers(uuid: &str, date_ms: i64) -> HeaderMap {
        let date = Timestamp::from_millisecond(date_ms).unwrap();
        let json = format!(r#"{{"uuid":"{uuid}","date":"{date}"}}"#);
        let value = HeaderValue::from_str(&URL_SAFE_NO_PAD.encode(json)).unwrap();
        HeaderMap::from_iter([(HEADER.parse().unwrap(), value)])
    }

    #[test]
    fn a_nonce_is_optional_fresh_and_used_once() {
        let nonces = Nonces::default();
        assert_eq!(nonces.pass_at(&HeaderMap::new(), NOW_MS), Ok(()));
        let first = headers("0123456789abc", NOW_MS);
        assert_eq!(nonces.pass_at(&first, NOW_MS), Ok(()));
        assert_eq!(
            nonces.pass_at(&first, NOW_MS + 1),
            Err(AuthError::NonceUsed)
        );
        assert_eq!(
            nonces.pass_at(&first, NOW_MS + WINDOW_MS + 1),
            Err(AuthError::Nonce)
        );
        let future = headers("0123456789abd", NOW_MS + WINDOW_MS);
        assert_eq!(nonces.pass_at(&future, NOW_MS), Ok(()));
        let late = NOW_MS + 2 * WINDOW_MS;
        assert_eq!(nonces.pass_at(&future, late), Err(AuthError::NonceUsed));
        for (uuid, date_ms) in [
            ("0123456789ab", NOW_MS),
            ("0123456789abe", NOW_MS - WINDOW_MS - 1),
            ("0123456789abf", NOW_MS + WINDOW_MS + 1),
        ] {
            assert_eq!(
                nonces.pass_at(&headers(uuid, date_ms), NOW_MS),
                Err(AuthError::Nonce)
            );
        }
        let odd = HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_static("?"))]);
        assert_eq!(nonces.pass_at(&odd, NOW_MS), Err(AuthError::Nonce));
    }
}
