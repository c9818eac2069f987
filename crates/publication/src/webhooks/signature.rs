//! Signatures after Standard Webhooks 1.0.0, asymmetric: `v1a`, Ed25519.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::seed::Seed;

const TAG: &[u8] = b"atropos/webhook-key/v1\0";

/// The key of one subscription. Each has its own, so that what was signed for one receiver is nothing to another.
pub(crate) struct WebhookKey(SigningKey);

impl WebhookKey {
    /// Derives the key of a subscription: the seed is SHA-256 over tag, seed and id.
    pub(crate) fn of(seed: &Seed, subscription: &str) -> Self {
        let digest = Sha256::new_with_prefix(TAG)
            .chain_update(seed.bytes())
            .chain_update(subscription);
        let own = Zeroizing::new(<[u8; 32]>::from(digest.finalize()));
        Self(SigningKey::from_bytes(&own))
    }

    /// The public key as receivers configure it: `whpk_` and base64.
    pub(crate) fn public_text(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.0.verifying_key()))
    }

    /// The value of `webhook-signature`. Neither id nor timestamp hold a full stop.
    pub(crate) fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let signed = [format!("{id}.{timestamp_s}.").as_bytes(), body].concat();
        format!("v1a,{}", STANDARD.encode(self.0.sign(&signed).to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscription_has_a_key_of_its_own() {
        let seed = Seed::new([7; 32]);
        let key = |id| WebhookKey::of(&seed, id).public_text();
        assert_eq!(key("a"), key("a"));
        assert_ne!(key("a"), key("b"));
        let other = WebhookKey::of(&Seed::new([8; 32]), "a").public_text();
        assert_ne!(key("a"), other);
    }

    #[test]
    fn the_public_key_is_written_as_the_standard_says() {
        let text = WebhookKey::of(&Seed::new([7; 32]), "a").public_text();
        let key = STANDARD
            .decode(text.strip_prefix("whpk_").unwrap())
            .unwrap();
        assert_eq!(key.len(), 32);
    }
}
