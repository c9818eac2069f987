//! The text of an access token: shown once, stored only as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::caller::TokenKind;
use crate::error::AccessError;
use crate::{TenantId, TokenId};

/// Longest text that can be an access token, in bytes.
pub(crate) const TOKEN_BYTES_MAX: usize = 4096;
/// Random bytes in a token: 256 bits.
const RANDOM_BYTES: usize = 32;
/// The first part. It says that this is no JSON Web Token: nothing in it is to be believed or checked offline.
const HEADER: &str = r#"{"typ":"atropos-token/v1"}"#;

/// The text of an access token. Neither printable nor cloneable; its memory is wiped.
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// The text behind `Authorization: Bearer`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A new one. The middle part contains what clients look for; the server never reads it.
    pub(crate) fn generate(claims: &Claims<'_>) -> Result<AccessToken, AccessError> {
        let mut random = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(random.as_mut_slice()).map_err(AccessError::NoRandomness)?;
        let org = claims.tenant.org_id();
        let json = json!({
            "iss": "atropos",
            "sub": org,
            "iat": claims.created_ms / 1000,
            "exp": claims.expires_ms / 1000,
            "jti": claims.id.as_str(),
            "https://custom/username": claims.username,
            "https://custom/app_metadata": {
                "orgId": org,
                "userId": claims.user,
                "tokenKind": kind_name(claims.kind),
            },
        });
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice()));
        let open = [HEADER, &json.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        // One allocation, so that no copy of the secret part is left behind.
        let mut text = Zeroizing::new(String::with_capacity(
            open[0].len() + open[1].len() + secret.len() + 2,
        ));
        for part in [&open[0], ".", &open[1], ".", &*secret] {
            text.push_str(part);
        }
        Ok(AccessToken(text))
    }
}

/// What the middle part of a token contains.
pub(crate) struct Claims<'a> {
    pub(crate) id: &'a TokenId,
    pub(crate) tenant: &'a TenantId,
    pub(crate) kind: TokenKind,
    /// The user's id, or a client's name.
    pub(crate) user: &'a str,
    pub(crate) username: &'a str,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
}

/// What the published contract calls a kind.
#[must_use]
pub fn kind_name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Session => "Token",
        TokenKind::Pat => "Pat",
        TokenKind::ServiceAccount => "ServiceAccount",
        TokenKind::Client => "Client",
    }
}

/// SHA-256 of the whole text; `None` for what cannot be a token.
pub(crate) fn hash(text: &str) -> Option<[u8; 32]> {
    let fits = text.len() <= TOKEN_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_three_parts_and_tells_no_secret() {
        let tenant = TenantId::parse("0123abcd-0000-4000-8000-00000000000f").unwrap();
        let id = TokenId::generate().unwrap();
        let name = "\u{1F511}".repeat(128);
        let claims = Claims {
            id: &id,
            tenant: &tenant,
            kind: TokenKind::Pat,
            user: "us-",
            username: &name,
            created_ms: 1_000,
            expires_ms: 61_000,
        };
        let made = AccessToken::generate(&claims).unwrap();
        let again = AccessToken::generate(&claims).unwrap();
        assert_ne!(made.reveal(), again.reveal());
        assert!(hash(made.reveal()).is_some(), "{}", made.reveal().len());
        let parts: Vec<&str> = made.reveal().split('.').collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[2]).unwrap().len(), 32);
        let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(
            claims["https://custom/app_metadata"]["orgId"],
            tenant.org_id()
        );
        assert_eq!(claims["exp"], 61);
        for bad in [" ", "a b", "\u{e9}", &"x".repeat(TOKEN_BYTES_MAX + 1)] {
            assert_eq!(hash(bad), None);
        }
    }
}
