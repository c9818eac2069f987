//! What a request shows: exactly one credential.

use std::net::IpAddr;

use access::Presented;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::AuthError;

/// The header that carries an API key.
pub const API_KEY_HEADER: &str = "x-api-key";

/// Characters of a username and password together, in base64: more than both may have.
const BASIC_CHARS_MAX: usize = 4096;

/// The credential of a request.
pub(super) enum Shown<'a> {
    ApiKey(&'a str),
    Bearer(&'a str),
    Basic(Basic),
}

/// A username and a password; wiped when dropped.
pub(super) struct Basic {
    text: Zeroizing<String>,
    colon: usize,
}

impl Shown<'_> {
    pub(super) fn of(headers: &HeaderMap) -> Result<Shown<'_>, AuthError> {
        let key = one(headers, API_KEY_HEADER)?;
        let authorization = one(headers, header::AUTHORIZATION.as_str())?;
        match (key, authorization) {
            (Some(_), Some(_)) => Err(AuthError::Several),
            (Some(key), None) => Ok(Shown::ApiKey(key)),
            (None, Some(authorization)) => authorized(authorization),
            (None, None) => Err(AuthError::Missing),
        }
    }
}

/// The value of a header that may stand once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, AuthError> {
    let mut given = headers.get_all(name).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(AuthError::Several),
        // What is not text cannot be a credential that exists.
        (Some(value), None) => value.to_str().map(Some).map_err(|_| AuthError::Unknown),
    }
}

/// RFC 9110, section 11.4; RFC 6750; RFC 7617.
fn authorized(value: &str) -> Result<Shown<'_>, AuthError> {
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let rest = rest.trim_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Shown::Bearer(rest));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(AuthError::Unreadable);
    }
    Basic::read(rest)
        .map(Shown::Basic)
        .ok_or(AuthError::Unreadable)
}

impl Basic {
    /// A username that holds a colon is nobody's.
    pub(super) fn new(username: &str, password: &str) -> Result<Basic, AuthError> {
        if username.contains(':') || username.len() + password.len() >= BASIC_CHARS_MAX {
            return Err(AuthError::Unknown);
        }
        let mut text = Zeroizing::new(String::with_capacity(username.len() + password.len() + 1));
        for part in [username, ":", password] {
            text.push_str(part);
        }
        Ok(Basic {
            text,
            colon: username.len(),
        })
    }

    fn read(encoded: &str) -> Option<Basic> {
        if encoded.len() > BASIC_CHARS_MAX {
            return None;
        }
        let bytes = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let text = Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned());
        let colon = text.find(':')?;
        Some(Basic { text, colon })
    }

    pub(super) fn presented(&self, address: Option<IpAddr>) -> Presented<'_> {
        Presented::Basic {
            username: &self.text[..self.colon],
            password: &self.text[self.colon + 1..],
            address,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn refusal(pairs: &[(&'static str, &'static str)]) -> Option<AuthError> {
        Shown::of(&headers(pairs)).err()
    }

    #[test]
    fn exactly_one_credential_is_taken() {
        assert_eq!(refusal(&[]), Some(AuthError::Missing));
        let twice = [
            [("x-api-key", "a"), ("x-api-key", "a")],
            [("authorization", "Bearer a"), ("authorization", "Bearer a")],
            [("x-api-key", "a"), ("authorization", "Bearer a")],
        ];
        for pairs in &twice {
            assert_eq!(refusal(pairs), Some(AuthError::Several), "{pairs:?}");
        }
        let odd = [
            "",
            "Bearer",
            "Negotiate abc",
            "Basic",
            "Basic ?",
            "Basic YQ==",
        ];
        for value in odd {
            let outcome = refusal(&[("authorization", value)]);
            match value {
                // An empty token is nobody's; access says so.
                "Bearer" => assert_eq!(outcome, None),
                _ => assert_eq!(outcome, Some(AuthError::Unreadable), "{value}"),
            }
        }
    }

    #[test]
    fn schemes_are_read_as_their_standards_say() {
        let map = headers(&[("authorization", "bEARER  a.b.c ")]);
        assert!(matches!(Shown::of(&map), Ok(Shown::Bearer("a.b.c"))));
        // RFC 7617: the username ends at the first colon.
        let map = headers(&[("authorization", "Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==")]);
        let Ok(Shown::Basic(basic)) = Shown::of(&map) else {
            panic!("basic");
        };
        let Presented::Basic {
            username, password, ..
        } = basic.presented(None)
        else {
            panic!("presented");
        };
        assert_eq!((username, password), ("Aladdin", "open:sesame"));
    }
}
