//! The secret of a credential: what is sealed, and what a webhook shows of it.
//!
//! Sealed are one byte of version (1) and, for the access token and the refresh token, four bytes of length
//! (big-endian, `ffffffff` where there is none) and the text.

use access::TenantId;
use keystore::{ForeignSecret, Keystore, KeystoreError, SealedSecret, SecretPlace};
use publication::{UnfitCredential, WebhookCredential};
use vault::{AuthType, SealedParts, SecretId, VaultSecret};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONE: u32 = u32::MAX;
/// Bytes of one token.
pub(crate) const TOKEN_BYTES_MAX: usize = 32 << 10;

/// The two tokens of a credential. Neither printable nor cloneable; wiped when dropped.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) access: Option<Zeroizing<String>>,
    pub(crate) refresh: Option<Zeroizing<String>>,
}

impl Tokens {
    pub(crate) fn seal(
        &self,
        keystore: &Keystore,
        tenant: &TenantId,
        integration: &str,
        id: &SecretId,
    ) -> Result<SealedParts, KeystoreError> {
        let place = SecretPlace {
            tenant: tenant.as_str(),
            integration,
            credential: id.uuid(),
        };
        let sealed = keystore.seal_secret(place, &self.encode())?;
        Ok(SealedParts {
            wrapped_key: sealed.wrapped_key,
            nonce: sealed.nonce,
            ciphertext: sealed.ciphertext,
        })
    }

    pub(crate) fn open(
        keystore: &Keystore,
        credential: &VaultSecret,
        sealed: SealedParts,
    ) -> Result<Tokens, KeystoreError> {
        let place = SecretPlace {
            tenant: credential.tenant.as_str(),
            integration: credential.integration.as_str(),
            credential: credential.id.uuid(),
        };
        let sealed = SealedSecret {
            wrapped_key: sealed.wrapped_key,
            nonce: sealed.nonce,
            ciphertext: sealed.ciphertext,
        };
        let secret = keystore.open_secret(place, &sealed)?;
        Tokens::decode(secret.reveal()).ok_or_else(|| KeystoreError::Damaged {
            record: credential.id.to_string(),
        })
    }

    /// What the messages of a webhook are sent with.
    pub(crate) fn of_webhook(&self, kind: AuthType) -> Result<WebhookCredential, UnfitCredential> {
        let token = self.access.as_ref().ok_or(UnfitCredential::Empty);
        match kind {
            AuthType::Oauth2Bearer | AuthType::BearerToken | AuthType::Jwt => {
                WebhookCredential::bearer(token?)
            }
            AuthType::ApiKey => WebhookCredential::api_key(token?),
            AuthType::BasicAuth => WebhookCredential::basic(token?),
            AuthType::Custom => WebhookCredential::shared(token?),
            AuthType::Oauth2ClientCredentials | AuthType::Saml => {
                Err(UnfitCredential::Kind(kind.as_str()))
            }
        }
    }

    fn encode(&self) -> ForeignSecret {
        let parts = [&self.access, &self.refresh];
        let length = |part: &Option<Zeroizing<String>>| part.as_ref().map_or(0, |text| text.len());
        // All at once: a buffer that grows would leave a copy behind.
        let room = 1 + parts.iter().map(|part| 4 + length(part)).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.push(VERSION);
        for part in parts {
            let length = part
                .as_ref()
                .map_or(NONE, |text| u32::try_from(text.len()).unwrap_or(NONE));
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part.as_ref().map_or(&[], |text| text.as_bytes()));
        }
        ForeignSecret::new(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Tokens> {
        let (&version, rest) = bytes.split_first()?;
        let (access, rest) = token(rest)?;
        let (refresh, rest) = token(rest)?;
        (version == VERSION && rest.is_empty()).then_some(Tokens { access, refresh })
    }
}

type Token = Option<Zeroizing<String>>;

fn token(bytes: &[u8]) -> Option<(Token, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length);
    if length == NONE {
        return Some((None, rest));
    }
    let (text, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let text = Zeroizing::new(std::str::from_utf8(text).ok()?.to_owned());
    Some((Some(text), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(access: Option<&str>, refresh: Option<&str>) -> Tokens {
        let own = |text: Option<&str>| text.map(|text| Zeroizing::new(text.to_owned()));
        Tokens {
            access: own(access),
            refresh: own(refresh),
        }
    }

    #[test]
    fn tokens_come_back() {
        for (access, refresh) in [
            (None, None),
            (Some("a"), None),
            (None, Some("b")),
            (Some("ä"), Some("b\n")),
        ] {
            let secret = tokens(access, refresh).encode();
            let back = Tokens::decode(secret.reveal()).unwrap();
            assert_eq!(back.access.as_deref().map(String::as_str), access);
            assert_eq!(back.refresh.as_deref().map(String::as_str), refresh);
            for length in 0..secret.reveal().len() {
                assert!(Tokens::decode(&secret.reveal()[..length]).is_none());
            }
        }
        assert!(Tokens::decode(&[2, 255, 255, 255, 255, 255, 255, 255, 255]).is_none());
    }

    #[test]
    fn kinds_that_are_shown_as_they_are_fit_a_webhook() {
        let shared = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secret = |kind| match kind {
            AuthType::BasicAuth => "user:password",
            AuthType::Custom => shared,
            _ => "token",
        };
        for &kind in AuthType::ALL {
            let outcome = tokens(Some(secret(kind)), None).of_webhook(kind).err();
            let unfit = matches!(kind, AuthType::Saml | AuthType::Oauth2ClientCredentials);
            assert_eq!(outcome.is_some(), unfit, "{kind:?}");
            assert!(tokens(None, Some("b")).of_webhook(kind).is_err());
        }
        let plain = tokens(Some("token"), None).of_webhook(AuthType::Custom);
        assert_eq!(plain.err(), Some(UnfitCredential::Shared));
    }
}
