//! Secrets of API keys: made here or preset, stored only as a hash.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::error::AccessError;
use crate::{ApiKeyId, PRESET_SECRET_CHARS_MAX, PRESET_SECRET_CHARS_MIN};

/// Random bytes in a secret made here: 256 bits.
const RANDOM_BYTES: usize = 32;

/// The secret of an API key: `atropos_<id>_<64 hexadecimal digits>`. To be shown once and then dropped.
///
/// Neither printable nor cloneable; its memory is wiped.
pub struct ApiKeySecret(Zeroizing<String>);

impl ApiKeySecret {
    /// The text that the caller of the HTTP interface sends.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn generate(id: &ApiKeyId) -> Result<ApiKeySecret, AccessError> {
        let mut random = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(random.as_mut_slice()).map_err(AccessError::NoRandomness)?;
        let mut digits = [0; RANDOM_BYTES * 2];
        // The buffer has exactly the room; should it ever not, the secret must not be shorter.
        hex::encode_to_slice(random.as_slice(), &mut digits)
            .map_err(|_| AccessError::InvalidSecret)?;
        let mut secret = Zeroizing::new(String::with_capacity(
            8 + id.as_str().len() + 1 + digits.len(),
        ));
        for part in ["atropos_", id.as_str(), "_"] {
            secret.push_str(part);
        }
        secret.extend(digits.iter().map(|&digit| char::from(digit)));
        digits.zeroize();
        Ok(ApiKeySecret(secret))
    }
}

/// SHA-256 of a whole secret. The secrets are random, so that nothing slower is needed.
#[derive(Clone, Copy)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

impl SecretHash {
    /// `None` for a text that cannot be the secret of any API key.
    pub(crate) fn of(secret: &str) -> Option<SecretHash> {
        let length_fits =
            (PRESET_SECRET_CHARS_MIN..=PRESET_SECRET_CHARS_MAX).contains(&secret.len());
        let printable = secret.bytes().all(|byte| byte.is_ascii_graphic());
        (length_fits && printable).then(|| SecretHash(Sha256::digest(secret.as_bytes()).into()))
    }
}
