//! The list itself: padded, compressed, written as text.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use multibase::Base;

/// The shortest list: 131,072 bits, so that a request for it does not reveal which DID it is about.
const BYTES_MIN: usize = 131_072 / 8;

/// Pads with zeros to a multiple of the shortest length.
pub(super) fn padded(mut bits: Vec<u8>) -> Vec<u8> {
    let blocks = bits.len().div_ceil(BYTES_MIN).max(1);
    bits.resize(blocks * BYTES_MIN, 0);
    bits
}

/// GZIP (RFC 1952) in multibase base64url without padding, which begins with `u`.
pub(super) fn encode(bits: &[u8]) -> io::Result<String> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bits)?;
    Ok(multibase::encode(Base::Base64Url, gzip.finish()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_by_whole_blocks() {
        for (bytes, padded_bytes) in [(0, 16_384), (1, 16_384), (16_384, 16_384), (16_385, 32_768)]
        {
            let list = padded(vec![0xff; bytes]);
            assert_eq!(list.len(), padded_bytes);
            assert!(list[..bytes].iter().all(|byte| *byte == 0xff));
            assert!(list[bytes..].iter().all(|byte| *byte == 0));
        }
    }
}
