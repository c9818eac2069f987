//! A name for each request, to find it again in the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries it, in and out.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a client.
const LENGTH_MAX: usize = 64;

/// The id of a request: the client's own if it is harmless to log and echo, else a fresh one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    pub(super) fn of(headers: &HeaderMap) -> RequestId {
        let given = headers
            .get(&HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_harmless(id));
        given.map_or_else(RequestId::fresh, |id| RequestId(id.into()))
    }

    /// The id itself: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("-"))
    }

    /// Unique, not secret: a random part for each process, then a counter.
    fn fresh() -> RequestId {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // Without randomness ids repeat from one run to the next, which is a nuisance in a log and no more.
        let process = PROCESS.get_or_init(|| getrandom::u64().unwrap_or_default());
        RequestId(format!("{process:016x}-{:x}", COUNT.fetch_add(1, Ordering::Relaxed)).into())
    }
}

fn is_harmless(id: &str) -> bool {
    (1..=LENGTH_MAX).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_ids_are_kept_and_others_replaced() {
        let of = |value: &[u8]| {
            let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_bytes(value).unwrap())]);
            RequestId::of(&headers).as_str().to_owned()
        };
        for kept in [
            "a",
            "0af7651916cd43dd8448eb211c80319c",
            "A.b_c-9",
            &"x".repeat(64),
        ] {
            assert_eq!(of(kept.as_bytes()), kept);
        }
        for replaced in ["", " ", "a b", "a\"b", "<script>", "a=b", &"x".repeat(65)] {
            assert_ne!(of(replaced.as_bytes()), replaced);
        }
        assert_ne!(of(b"\xff"), of(b"\xff"));
        assert_ne!(
            RequestId::of(&HeaderMap::new()),
            RequestId::of(&HeaderMap::new())
        );
    }
}
