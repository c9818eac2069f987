//! Numbers and hashes as the lines of C2SP formats write them. Each value has one spelling.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Hash;

/// A number below 2^64 in decimal digits without leading zeroes.
pub(crate) fn read_number(text: &str) -> Option<u64> {
    let canonical =
        text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    canonical.then(|| text.parse().ok()).flatten()
}

/// A hash in standard base64 (RFC 4648 section 4), padded.
pub(crate) fn read_hash(text: &str) -> Option<Hash> {
    // Longer text is not decoded at all.
    let bytes = (text.len() == 44).then(|| STANDARD.decode(text).ok())??;
    Some(Hash::new(bytes.try_into().ok()?))
}

/// The text that [`read_hash`] reads.
pub(crate) fn hash_line(hash: &Hash) -> String {
    STANDARD.encode(hash)
}
