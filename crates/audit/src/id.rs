//! Ids of what the log names: of tenants, users, keys and tokens, and of the entries themselves. Most are 128 bits in
//! the form `us-abcde-fghij-klmnopqrstuvwxyz`.

use std::fmt;

use clock::now_ms;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use uuid::Uuid;

use crate::AuditError;

/// Characters after the prefix, without hyphens: 130 bits in steps of five.
const DIGITS: usize = 26;
/// Hyphens follow these digits.
const GROUPS: [usize; 2] = [5, 10];
/// RFC 4648, section 6, in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The prefix of a tenant's id in this form.
const ORG: &str = "or";

/// A text that [`parse`](Self) has checked: how it is shown, and read from a row.
macro_rules! text_id {
    ($($name:ident)*) => {$(
        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$name> {
                $name::parse(value.as_str()?).ok_or(FromSqlError::InvalidType)
            }
        }
    )*};
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal of $bits:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        text_id!($name);

        impl $name {
            /// The id in a text; `None` when it has another form. There is one form only.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                decode($prefix, text).map(|_| $name(text.to_owned()))
            }

            /// The same 128 bits as a UUID, for contracts that want one.
            #[must_use]
            pub fn to_uuid(&self) -> Option<Uuid> {
                decode($prefix, &self.0).map(Uuid::from_bytes)
            }

            /// A new id.
            ///
            /// # Errors
            /// [`AuditError::NoRandomness`].
            pub fn generate() -> Result<$name, AuditError> {
                Ok($name(encode($prefix, $bits()?)))
            }
        }
    )*};
}

text_id!(TenantId ApiKeyId);

ids! {
    /// A person or a service account: `us-…`.
    UserId = "us" of random_bits;
    /// An access token: `to-…`.
    TokenId = "to" of random_bits;
    /// A signing credential: `cr-…`.
    CredentialId = "cr" of random_bits;
    /// A permission: `pm-…`.
    PermissionId = "pm" of random_bits;
    /// The assignment of a permission to a user: `as-…`.
    AssignmentId = "as" of random_bits;
    /// An audit entry or a user action: `uj-…`. It begins with the time, so that the index of a long log grows at one
    /// place. It is not a secret.
    ActionId = "uj" of time_and_random_bits;
    /// A challenge: `ch-…`.
    ChallengeId = "ch" of random_bits;
}

/// A tenant's id: a random UUID (RFC 9562, version 4), lower-case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(String);

impl TenantId {
    /// The id in a text, in normal form; `None` when it is not a UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<TenantId> {
        Uuid::try_parse(text)
            .ok()
            .map(|id| TenantId(id.hyphenated().to_string()))
    }

    /// A new id.
    ///
    /// # Errors
    /// [`AuditError::NoRandomness`].
    pub fn generate() -> Result<TenantId, AuditError> {
        let id = uuid::Builder::from_random_bytes(random_bits()?).into_uuid();
        Ok(TenantId(id.hyphenated().to_string()))
    }

    /// The same id in the form `or-…`.
    #[must_use]
    pub fn org_id(&self) -> String {
        // Made only from UUIDs; should it ever not be one, it must not look like one either.
        Uuid::try_parse(self.as_str())
            .map_or_else(|_| ORG.to_owned(), |id| encode(ORG, id.into_bytes()))
    }

    /// The id in a text of the form `or-…`.
    #[must_use]
    pub fn parse_org_id(text: &str) -> Option<TenantId> {
        let id = Uuid::from_bytes(decode(ORG, text)?);
        TenantId::parse(&id.hyphenated().to_string())
    }
}

/// An API key's id: 8 lower-case hexadecimal digits, public, part of a secret made here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(String);

impl ApiKeyId {
    /// The id in a text, in normal form; `None` when it is not 8 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<ApiKeyId> {
        let fits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| ApiKeyId(text.to_ascii_lowercase()))
    }

    /// A new id. Of 4 billion, so that a second attempt is rarely needed.
    ///
    /// # Errors
    /// [`AuditError::NoRandomness`].
    pub fn generate() -> Result<ApiKeyId, AuditError> {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(AuditError::NoRandomness)?;
        Ok(ApiKeyId(hex::encode(random)))
    }
}

fn random_bits() -> Result<[u8; 16], AuditError> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(AuditError::NoRandomness)?;
    Ok(bits)
}

/// 48 bits of the time in milliseconds, and 80 random ones.
fn time_and_random_bits() -> Result<[u8; 16], AuditError> {
    let mut bits = random_bits()?;
    let [_, _, time_ms @ ..] = now_ms().to_be_bytes();
    bits[..time_ms.len()].copy_from_slice(&time_ms);
    Ok(bits)
}

fn encode(prefix: &str, bytes: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(bytes);
    let mut text = String::with_capacity(prefix.len() + DIGITS + 3);
    text.push_str(prefix);
    text.push('-');
    for digit in 0..DIGITS {
        if GROUPS.contains(&digit) {
            text.push('-');
        }
        let end = 5 * (digit + 1);
        // The last digit has two bits more than there are: they are 0.
        let five = if end <= 128 {
            bits >> (128 - end)
        } else {
            bits << (end - 128)
        };
        text.push(char::from(ALPHABET[(five & 31) as usize]));
    }
    text
}

fn decode(prefix: &str, text: &str) -> Option<[u8; 16]> {
    let rest = text.strip_prefix(prefix)?.strip_prefix('-')?.as_bytes();
    if rest.len() != DIGITS + GROUPS.len() || rest[5] != b'-' || rest[11] != b'-' {
        return None;
    }
    let digits = rest[..5].iter().chain(&rest[6..11]).chain(&rest[12..]);
    let mut bits = 0_u128;
    for (index, digit) in digits.enumerate() {
        let five = match digit {
            b'a'..=b'z' => digit - b'a',
            b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = if index + 1 < DIGITS {
            bits << 5 | u128::from(five)
        } else if five & 3 == 0 {
            bits << 3 | u128::from(five >> 2)
        } else {
            return None;
        };
    }
    Some(bits.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_form_and_come_back() {
        for _ in 0..64 {
            let id = UserId::generate().unwrap();
            assert_eq!(UserId::parse(id.as_str()), Some(id.clone()));
            assert_eq!(id.as_str().len(), 31);
            assert_eq!(TokenId::parse(id.as_str()), None, "another kind");
        }
        let good = "us-aaaaa-bbbbb-ccccccccccccccca";
        assert!(UserId::parse(good).is_some());
        for bad in [
            "",
            "us-",
            "us-aaaaa-bbbbb-cccccccccccccccb",
            "us-aaaaa-bbbbb-cccccccccccccca",
            "us-aaaaa-bbbbb-cccccccccccccccaa",
            "us-AAAAA-bbbbb-ccccccccccccccca",
            "us-aaaa1-bbbbb-ccccccccccccccca",
            "us-aaaaabbbbbb-ccccccccccccccca",
            "us-aaaaa-bbbbb-cccccccccccccc\u{e9}",
        ] {
            assert_eq!(UserId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_form_is_base32_of_the_bytes() {
        // RFC 4648: `foobar` is MZXW6YTBOI; here filled up with zeros.
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(b"foobar");
        assert_eq!(encode("us", bytes), "us-mzxw6-ytboi-aaaaaaaaaaaaaaaa");
        assert_eq!(decode("us", "us-mzxw6-ytboi-aaaaaaaaaaaaaaaa"), Some(bytes));
        assert_eq!(encode("us", [0xff; 16]), "us-77777-77777-7777777777777774");
    }

    #[test]
    fn a_tenant_has_one_org_id() {
        let id = TenantId::parse("0123abcd-0000-4000-8000-00000000000f").unwrap();
        assert_eq!(TenantId::parse_org_id(&id.org_id()), Some(id.clone()));
        assert!(id.org_id().starts_with("or-"));
        assert_eq!(TenantId::parse_org_id(id.as_str()), None);
    }
}
