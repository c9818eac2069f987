//! What a signer says about what it signs: the JSON that is covered by the signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// Longest client data, in bytes. Those of browsers have some 200.
pub(crate) const CLIENT_DATA_BYTES_MAX: usize = 2048;

/// What was signed, and by which kind of signer. One is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignedFor {
    KeyCreate,
    KeyGet,
    WebauthnCreate,
    WebauthnGet,
}

impl SignedFor {
    fn as_str(self) -> &'static str {
        match self {
            SignedFor::KeyCreate => "key.create",
            SignedFor::KeyGet => "key.get",
            SignedFor::WebauthnCreate => "webauthn.create",
            SignedFor::WebauthnGet => "webauthn.get",
        }
    }

    fn is_webauthn(self) -> bool {
        matches!(self, SignedFor::WebauthnCreate | SignedFor::WebauthnGet)
    }
}

/// The members that count. Others may stand there: browsers add some.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: Option<String>,
    cross_origin: Option<bool>,
}

/// Checks client data as it was received. Of a WebAuthn one the origin is returned, which is one of `origins`.
pub(crate) fn check(
    bytes: &[u8],
    ceremony: SignedFor,
    challenge: &str,
    origins: &[String],
) -> Result<String, &'static str> {
    if bytes.len() > CLIENT_DATA_BYTES_MAX {
        return Err("the client data are too long");
    }
    let data: ClientData =
        serde_json::from_slice(bytes).map_err(|_| "the client data cannot be read")?;
    if data.r#type != ceremony.as_str() {
        return Err("the client data are of another type");
    }
    // Browsers that are handed the text of the challenge encode it once more.
    let nested = || URL_SAFE_NO_PAD.encode(challenge);
    if data.challenge != challenge && !(ceremony.is_webauthn() && data.challenge == nested()) {
        return Err("the client data hold another challenge");
    }
    if data.cross_origin == Some(true) {
        return Err("the client data come from a frame of another origin");
    }
    if !ceremony.is_webauthn() {
        return Ok(String::new());
    }
    data.origin
        .filter(|origin| origins.contains(origin))
        .ok_or("the client data come from an origin that is not allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://wallet.example";

    fn checked(text: &str, ceremony: SignedFor) -> Result<String, &'static str> {
        check(text.as_bytes(), ceremony, "abc", &[ORIGIN.to_owned()])
    }

    #[test]
    fn each_ceremony_takes_its_own_type_alone() {
        let all = [
            SignedFor::KeyCreate,
            SignedFor::KeyGet,
            SignedFor::WebauthnCreate,
            SignedFor::WebauthnGet,
        ];
        for said in all {
            let text = format!(
                r#"{{"type":"{}","challenge":"abc","origin":"{ORIGIN}"}}"#,
                said.as_str()
            );
            for asked in all {
                assert_eq!(checked(&text, asked).is_ok(), said == asked, "{text}");
            }
        }
    }

    #[test]
    fn challenges_origins_and_frames_are_checked() {
        let get = SignedFor::WebauthnGet;
        let with = |challenge: &str, origin: &str, more: &str| {
            format!(
                r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}"{more}}}"#
            )
        };
        for good in [
            with("abc", ORIGIN, ""),
            with("YWJj", ORIGIN, r#","crossOrigin":false,"other":[1]"#),
        ] {
            assert_eq!(checked(&good, get), Ok(ORIGIN.to_owned()), "{good}");
        }
        for bad in [
            with("abd", ORIGIN, ""),
            with("WVdKag", ORIGIN, ""),
            with("abc", "https://wallet.example.org", ""),
            with("abc", "https://wallet.example/", ""),
            with("abc", ORIGIN, r#","crossOrigin":true"#),
            with("abc", ORIGIN, r#","type":"webauthn.get""#),
            r#"{"type":"webauthn.get","challenge":"abc"}"#.to_owned(),
            String::new(),
        ] {
            assert!(checked(&bad, get).is_err(), "{bad}");
        }
        let nested = r#"{"type":"key.get","challenge":"YWJj"}"#;
        assert!(checked(nested, SignedFor::KeyGet).is_err());
        let plain = r#"{"challenge":"abc","type":"key.get"}"#;
        assert!(checked(plain, SignedFor::KeyGet).is_ok());
    }
}
