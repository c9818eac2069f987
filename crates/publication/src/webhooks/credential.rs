//! Credentials that messages are sent with. Another component keeps them; they are looked up before every attempt.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

/// The header of [`WebhookCredential::api_key`].
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What a shared secret of Standard Webhooks begins with, and how many bytes it has.
const SHARED_PREFIX: &str = "whsec_";
const SHARED_BYTES_MIN: usize = 24;
const SHARED_BYTES_MAX: usize = 64;
/// Bytes of a secret that goes into a header.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// Who keeps the credentials of webhooks.
pub trait CredentialSource: Send + Sync + 'static {
    /// The credential that a subscription presents to its receiver, if it may do so now. Called before every attempt,
    /// and whenever the subscription is displayed; must not take long.
    ///
    /// # Errors
    ///
    /// [`CredentialProblem`]: nothing is sent then.
    fn credential(
        &self,
        tenant: &str,
        subscription: &str,
        credential: &str,
    ) -> Result<WebhookCredential, CredentialProblem>;
}

/// There are none: every subscription that names one waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCredentials;

impl CredentialSource for NoCredentials {
    fn credential(
        &self,
        _tenant: &str,
        _subscription: &str,
        _credential: &str,
    ) -> Result<WebhookCredential, CredentialProblem> {
        Err(CredentialProblem::Unknown)
    }
}

/// Why nothing is sent. Messages wait, in order, and none is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CredentialProblem {
    /// It was switched off.
    #[error("its credential is inactive; messages wait until it is switched on")]
    Inactive,
    /// Its time is over.
    #[error("its credential has expired")]
    Expired,
    /// It was deleted, for good.
    #[error("its credential was deleted; make a webhook with another one")]
    Deleted,
    /// No credential has this id.
    #[error("there is no such credential")]
    Unknown,
    /// It cannot be sent to the receiver of a webhook.
    #[error("its credential cannot be used for a webhook: {0}")]
    Unfit(#[from] UnfitCredential),
    /// It could not be read.
    #[error("its credential cannot be read at the moment")]
    Unavailable,
}

impl CredentialProblem {
    /// Its name, for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Inactive => "credential_inactive",
            Self::Expired => "credential_expired",
            Self::Deleted => "credential_deleted",
            Self::Unknown => "credential_unknown",
            Self::Unfit(_) => "credential_unfit",
            Self::Unavailable => "credential_unavailable",
        }
    }
}

/// Why a secret is not a credential of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnfitCredential {
    /// Not a value of a header.
    #[error("it must be 1 to {HEADER_BYTES_MAX} printable ASCII characters without spaces")]
    Header,
    /// Not a user name and a password.
    #[error(
        "it must be a user name, a colon and a password, at most {HEADER_BYTES_MAX} bytes without control \
             characters"
    )]
    Basic,
    /// Not a shared secret of Standard Webhooks.
    #[error(
        "it must be `whsec_` and base64 of {SHARED_BYTES_MIN} to {SHARED_BYTES_MAX} bytes (Standard Webhooks)"
    )]
    Shared,
    /// Secrets of its kind are not sent to a receiver as they are.
    #[error("secrets of the kind {0} are not sent to a receiver as they are")]
    Kind(&'static str),
    /// It contains no secret.
    #[error("it holds no access token")]
    Empty,
}

/// What a message is sent with, besides its own signature. Neither printable nor cloneable; wiped when dropped.
pub struct WebhookCredential(Form);

enum Form {
    Header(HeaderName, Zeroizing<String>),
    Shared(Zeroizing<Vec<u8>>),
}

impl WebhookCredential {
    /// `authorization: Bearer <token>`.
    ///
    /// # Errors
    ///
    /// [`UnfitCredential::Header`].
    pub fn bearer(token: &str) -> Result<Self, UnfitCredential> {
        check_header(token)?;
        let value = Zeroizing::new(format!("Bearer {token}"));
        Ok(Self(Form::Header(AUTHORIZATION, value)))
    }

    /// `x-api-key: <key>`.
    ///
    /// # Errors
    ///
    /// [`UnfitCredential::Header`].
    pub fn api_key(key: &str) -> Result<Self, UnfitCredential> {
        check_header(key)?;
        let value = Zeroizing::new(key.to_owned());
        Ok(Self(Form::Header(API_KEY, value)))
    }

    /// `authorization: Basic <base64>` (RFC 7617) of `user:password`.
    ///
    /// # Errors
    ///
    /// [`UnfitCredential::Basic`].
    pub fn basic(user_and_password: &str) -> Result<Self, UnfitCredential> {
        let fits = user_and_password.contains(':')
            && user_and_password.len() <= HEADER_BYTES_MAX
            && !user_and_password.chars().any(char::is_control);
        if !fits {
            return Err(UnfitCredential::Basic);
        }
        let coded = Zeroizing::new(STANDARD.encode(user_and_password));
        let value = Zeroizing::new(format!("Basic {}", coded.as_str()));
        Ok(Self(Form::Header(AUTHORIZATION, value)))
    }

    /// A further signature in `webhook-signature`: `v1` of Standard Webhooks, HMAC-SHA256 with a shared secret.
    ///
    /// # Errors
    ///
    /// [`UnfitCredential::Shared`].
    pub fn shared(secret: &str) -> Result<Self, UnfitCredential> {
        let coded = secret.strip_prefix(SHARED_PREFIX);
        let key = coded.and_then(|coded| STANDARD.decode(coded).ok());
        let key = key.map(Zeroizing::new).ok_or(UnfitCredential::Shared)?;
        if (SHARED_BYTES_MIN..=SHARED_BYTES_MAX).contains(&key.len()) {
            Ok(Self(Form::Shared(key)))
        } else {
            Err(UnfitCredential::Shared)
        }
    }

    /// The header that a message carries, if it is one.
    pub(crate) fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let Form::Header(name, value) = &self.0 else {
            return None;
        };
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some((name.clone(), value))
    }

    /// The signature that follows the message's own, if it is one.
    pub(crate) fn signature(&self, id: &str, timestamp_s: u64, body: &[u8]) -> Option<String> {
        let Form::Shared(key) = &self.0 else {
            return None;
        };
        // HMAC takes keys of every length.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        Some(format!(
            "v1,{}",
            STANDARD.encode(mac.finalize().into_bytes())
        ))
    }
}

fn check_header(text: &str) -> Result<(), UnfitCredential> {
    let fits = (1..=HEADER_BYTES_MAX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(UnfitCredential::Header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(credential: Result<WebhookCredential, UnfitCredential>) -> (String, String) {
        let (name, value) = credential.ok().unwrap().header().unwrap();
        assert!(value.is_sensitive());
        (name.to_string(), value.to_str().unwrap().to_owned())
    }

    #[test]
    fn headers_are_written_as_their_schemes_say() {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            header(WebhookCredential::bearer("abc.def")),
            own("authorization", "Bearer abc.def")
        );
        assert_eq!(
            header(WebhookCredential::api_key("abc")),
            own("x-api-key", "abc")
        );
        // RFC 7617, section 2.
        assert_eq!(
            header(WebhookCredential::basic("Aladdin:open sesame")),
            own("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
    }

    /// The example of the Standard Webhooks specification and its libraries.
    #[test]
    fn shared_secrets_sign_as_the_standard_says() {
        let credential = WebhookCredential::shared("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .ok()
            .unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = credential.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(
            signature.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        assert!(credential.header().is_none());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in [
            "",
            "a b",
            "a\nb",
            "a\r\nx: y",
            "ä",
            &"a".repeat(HEADER_BYTES_MAX + 1),
        ] {
            assert_eq!(
                WebhookCredential::bearer(text).err(),
                Some(UnfitCredential::Header),
                "{text}"
            );
            assert_eq!(
                WebhookCredential::api_key(text).err(),
                Some(UnfitCredential::Header),
                "{text}"
            );
        }
        for text in ["", "no colon", "a:b\u{0}", "a\n:b"] {
            assert_eq!(
                WebhookCredential::basic(text).err(),
                Some(UnfitCredential::Basic),
                "{text}"
            );
        }
        let short = STANDARD.encode([1; 23]);
        for text in [
            "",
            "whsec_",
            "whsec_!!",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            &format!("whsec_{short}"),
        ] {
            assert_eq!(
                WebhookCredential::shared(text).err(),
                Some(UnfitCredential::Shared),
                "{text}"
            );
        }
    }
}
