//! Public keys as JSON Web Keys (RFC 7517, RFC 7518, RFC 8037), read strictly.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use thiserror::Error;

use crate::key::{self, KeyAlgorithm, PublicKey, WeakKey};
use crate::limits::MAX_JWK_BYTES;

/// Members that only a private or a symmetric key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a text is not a public key in JWK form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidJwk {
    /// Longer than [`MAX_JWK_BYTES`].
    #[error("can't parse jwk: it must be at most {MAX_JWK_BYTES} bytes")]
    TooLong,
    /// Not one JSON object whose members are there once.
    #[error("can't parse jwk: {0}")]
    Json(String),
    /// A member that this kind of key needs is not there.
    #[error("can't parse jwk: {0} is missing")]
    Missing(&'static str),
    /// A member is not base64url without padding, or has the wrong length.
    #[error("can't parse jwk: {member} must be {expected} in base64url without padding")]
    Member {
        /// Name of the member.
        member: &'static str,
        /// What it must hold.
        expected: String,
    },
    /// Another kind of key, or a secret one.
    #[error("unsupported jwk type: {0}. supported types are: rsa/pub, ecdsa/pub, ed25519/pub")]
    Unsupported(String),
    /// The key itself is not admitted.
    #[error(transparent)]
    Weak(#[from] WeakKey),
}

/// Reads a key; `ed25519` decides how strictly an Ed25519 point is looked at.
pub(crate) fn decode(
    text: &str,
    ed25519: impl Fn(&[u8; 32]) -> Result<PublicKey, WeakKey>,
) -> Result<PublicKey, InvalidJwk> {
    if text.len() > MAX_JWK_BYTES {
        return Err(InvalidJwk::TooLong);
    }
    let members: Members =
        serde_json::from_str(text).map_err(|error| InvalidJwk::Json(error.to_string()))?;
    let kty = members.kty.as_deref().ok_or(InvalidJwk::Missing("kty"))?;
    if members.is_secret {
        return Err(InvalidJwk::Unsupported(format!("{kty} private key")));
    }
    match kty {
        "OKP" => match members.crv.as_deref().ok_or(InvalidJwk::Missing("crv"))? {
            "Ed25519" => {
                let bytes = coordinate(members.x.as_deref(), "x", 32)?;
                let bytes = bytes
                    .as_slice()
                    .try_into()
                    .map_err(|_| WeakKey::Ed25519Length(bytes.len()))?;
                Ok(ed25519(bytes)?)
            }
            other => Err(InvalidJwk::Unsupported(other.to_owned())),
        },
        "EC" => match members.crv.as_deref().ok_or(InvalidJwk::Missing("crv"))? {
            "P-256" => Ok(PublicKey::from_p256_sec1(&members.point(32)?)?),
            "P-384" => Ok(PublicKey::from_p384_sec1(&members.point(48)?)?),
            "P-521" => Ok(PublicKey::from_p521_sec1(&members.point(66)?)?),
            other => Err(InvalidJwk::Unsupported(other.to_owned())),
        },
        "RSA" => {
            let modulus = number(members.n.as_deref(), "n")?;
            let exponent = number(members.e.as_deref(), "e")?;
            Ok(PublicKey::from_rsa(&modulus, &exponent)?)
        }
        other => Err(InvalidJwk::Unsupported(other.to_owned())),
    }
}

/// The shortest JWK of a key, members in alphabetical order.
pub(crate) fn encode(key: &PublicKey) -> String {
    let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let curve = match key.algorithm() {
        KeyAlgorithm::Ed25519 => {
            return format!(
                r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
                base64(&key.to_bytes())
            );
        }
        KeyAlgorithm::Rsa => {
            let (n, e) = (
                base64(key.modulus().unwrap_or_default()),
                base64(&key::EXPONENT),
            );
            return format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        }
        KeyAlgorithm::P256 => "P-256",
        KeyAlgorithm::P384 => "P-384",
        KeyAlgorithm::P521 => "P-521",
    };
    let point = key.uncompressed_point().unwrap_or_default();
    let coordinates = point.get(1..).unwrap_or_default();
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    format!(
        r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#,
        base64(x),
        base64(y)
    )
}

/// The members that matter. All others are tolerated, but none may be there twice.
#[derive(Default)]
struct Members {
    kty: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    is_secret: bool,
}

impl Members {
    /// An uncompressed SEC1 point whose coordinates have `len` bytes each.
    fn point(&self, len: usize) -> Result<Vec<u8>, InvalidJwk> {
        let mut point = vec![4];
        point.extend(coordinate(self.x.as_deref(), "x", len)?);
        point.extend(coordinate(self.y.as_deref(), "y", len)?);
        Ok(point)
    }
}

fn coordinate(text: Option<&str>, member: &'static str, len: usize) -> Result<Vec<u8>, InvalidJwk> {
    let text = text.ok_or(InvalidJwk::Missing(member))?;
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .filter(|bytes| bytes.len() == len);
    bytes.ok_or_else(|| InvalidJwk::Member {
        member,
        expected: format!("{len} bytes"),
    })
}

/// A positive number without leading zero bytes (`Base64urlUInt`).
fn number(text: Option<&str>, member: &'static str) -> Result<Vec<u8>, InvalidJwk> {
    let text = text.ok_or(InvalidJwk::Missing(member))?;
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .filter(|bytes| bytes.first().is_some_and(|first| *first != 0));
    bytes.ok_or_else(|| InvalidJwk::Member {
        member,
        expected: "a number without leading zeros".to_owned(),
    })
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members::default();
        let mut seen = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let slot = match name.as_str() {
                "kty" => Some(&mut members.kty),
                "crv" => Some(&mut members.crv),
                "x" => Some(&mut members.x),
                "y" => Some(&mut members.y),
                "n" => Some(&mut members.n),
                "e" => Some(&mut members.e),
                _ => None,
            };
            match slot {
                Some(slot) => *slot = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            members.is_secret |= SECRET_MEMBERS.contains(&name.as_str());
            if !seen.insert(name) {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(members)
    }
}
