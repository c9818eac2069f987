//! The key that signs status lists, and JWTs (RFC 7515, RFC 8037) by it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::seed::Seed;

pub(crate) struct StatusKey {
    key: SigningKey,
    kid: String,
}

impl StatusKey {
    pub(crate) fn of(seed: &Seed) -> Self {
        let key = SigningKey::from_bytes(seed.bytes());
        let kid = thumbprint(&x_of(&key));
        Self { key, kid }
    }

    /// The public key as a JWK (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": x_of(&self.key),
            "kid": self.kid,
            "use": "sig",
            "alg": "EdDSA",
        })
    }

    /// A compact JWT of a credential (W3C VC-JOSE-COSE, section 3.1.1).
    pub(super) fn sign_jwt(&self, credential: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": self.kid});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(credential));
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn x_of(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key())
}

/// The thumbprint of RFC 7638: SHA-256 over the required members in their order, without white space.
fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // RFC 8037, appendix A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(thumbprint(x), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn signatures_are_those_of_rfc_8037() {
        // RFC 8037, appendix A.1: the same key, and its public half.
        let d = URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let key = StatusKey::of(&Seed::new(d.try_into().unwrap()));
        assert_eq!(
            key.jwk()["x"],
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
        let jwt = key.sign_jwt(&json!({"a": 1}));
        assert_eq!(jwt.split('.').nth(1), Some("eyJhIjoxfQ"));
    }
}
