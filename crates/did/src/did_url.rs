//! DID URLs, and ids of verification methods, services and relationships: a DID with a fragment and nothing else.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use crate::did::{Did, InvalidDid};
use crate::limits::MAX_ID_BYTES;

/// A DID URL that is a DID and a fragment, in normal form: `did:cheqd:testnet:<unique id>#key-1`.
///
/// Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodId {
    text: Arc<str>,
    did: Did,
}

impl MethodId {
    /// Parses the id and brings its DID to normal form.
    ///
    /// The whole text must match: nothing in front of the DID, one `#`, no path, no query, not even an empty one.
    ///
    /// # Errors
    /// [`InvalidDidUrl`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidDidUrl> {
        if text.len() > MAX_ID_BYTES {
            return Err(InvalidDidUrl::TooLong);
        }
        let parts = DidUrl::split(text)?;
        let did = Did::parse(parts.did)?;
        parts.check_is_id()?;
        let fragment = parts
            .fragment
            .filter(|fragment| !fragment.is_empty())
            .ok_or(InvalidDidUrl::NoFragment)?;
        let text = if did.as_str() == parts.did {
            text.into()
        } else {
            format!("{did}#{fragment}").into()
        };
        Ok(Self { text, did })
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The DID in front of the `#`.
    pub fn did(&self) -> Did {
        self.did.clone()
    }

    /// What follows the `#`.
    pub fn fragment(&self) -> &str {
        self.text
            .get(self.did.as_str().len() + 1..)
            .unwrap_or_default()
    }

    /// Whether the id belongs to this DID.
    pub fn belongs_to(&self, did: &Did) -> bool {
        self.did == *did
    }
}

impl fmt::Display for MethodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for MethodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MethodId({})", self.text)
    }
}

impl FromStr for MethodId {
    type Err = InvalidDidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDidUrl> {
        Self::parse(text)
    }
}

impl AsRef<str> for MethodId {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// Why a text is not a DID URL of a DID and a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidDidUrl {
    /// More than one `#`.
    #[error("unable to split did url into did, path, query and fragment")]
    Parts,
    /// The DID is wrong.
    #[error(transparent)]
    Did(#[from] InvalidDid),
    /// A character that a path cannot hold.
    #[error("did url path abempty must match the following regexp: {PATH_PATTERN}")]
    PathCharacters,
    /// A character that a query cannot hold.
    #[error("did url query must match the following regexp: {QUERY_PATTERN}")]
    QueryCharacters,
    /// A character that a fragment cannot hold.
    #[error("did url fragmnt must match the following regexp: {QUERY_PATTERN}")]
    FragmentCharacters,
    /// A path is not allowed here.
    #[error("path must be empty")]
    Path,
    /// A query, empty or not, is not allowed here.
    #[error("query must be empty")]
    Query,
    /// Nothing follows the `#`, or there is none.
    #[error("fragment is required")]
    NoFragment,
    /// Percent-encoding that RFC 3986, section 6.2.2, would write in another way.
    #[error(
        "fragment must be in normal form: upper-case percent-encoding, and only where it is needed"
    )]
    NotNormal,
    /// Longer than [`MAX_ID_BYTES`].
    #[error("did url must be at most {MAX_ID_BYTES} bytes")]
    TooLong,
}

/// The ledger's own patterns; only for the texts, [`has_url_characters`] does the work.
const PATH_PATTERN: &str =
    r"^([/a-zA-Z0-9\-\.\_\~\!\$\&\'\(\)\*\+\,\;\=\:\@]*|(%[0-9A-Fa-f]{2})*)*$";
const QUERY_PATTERN: &str =
    r"^([/a-zA-Z0-9\-\.\_\~\!\$\&\'\(\)\*\+\,\;\=\:\@\/\?]*|(%[0-9A-Fa-f]{2})*)*$";

/// The parts of a DID URL, as they were written. Nothing is decoded, and the first part may be no DID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DidUrl<'a> {
    /// What should be a DID.
    pub did: &'a str,
    /// What follows it up to the query: empty, or with a `/` in front.
    pub path: &'a str,
    /// What follows the `?`.
    pub query: Option<&'a str>,
    /// What follows the `#`.
    pub fragment: Option<&'a str>,
}

impl<'a> DidUrl<'a> {
    /// Takes a DID URL apart, and checks that each part has only characters that it can have (DID Core, section 3.2).
    ///
    /// # Errors
    /// [`InvalidDidUrl`] says which part is wrong.
    pub fn parse(text: &'a str) -> Result<Self, InvalidDidUrl> {
        let parts = Self::split(text)?;
        parts.check_characters()?;
        Ok(parts)
    }

    fn split(text: &'a str) -> Result<Self, InvalidDidUrl> {
        let (rest, fragment) = cut(text, '#');
        if fragment.is_some_and(|fragment| fragment.contains('#')) {
            return Err(InvalidDidUrl::Parts);
        }
        let (rest, query) = cut(rest, '?');
        let (did, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Ok(Self {
            did,
            path,
            query,
            fragment,
        })
    }

    fn check_characters(&self) -> Result<(), InvalidDidUrl> {
        if !has_url_characters(self.path, b"/") {
            return Err(InvalidDidUrl::PathCharacters);
        }
        if !has_url_characters(self.query.unwrap_or_default(), b"/?") {
            return Err(InvalidDidUrl::QueryCharacters);
        }
        if !has_url_characters(self.fragment.unwrap_or_default(), b"/?") {
            return Err(InvalidDidUrl::FragmentCharacters);
        }
        Ok(())
    }

    /// The order of these checks is the ledger's: it decides which error is named.
    fn check_is_id(&self) -> Result<(), InvalidDidUrl> {
        self.check_characters()?;
        if !self.path.is_empty() {
            return Err(InvalidDidUrl::Path);
        }
        if self.query.is_some() {
            return Err(InvalidDidUrl::Query);
        }
        if !is_normal(self.fragment.unwrap_or_default()) {
            return Err(InvalidDidUrl::NotNormal);
        }
        Ok(())
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// `pchar` of RFC 3986 without non-ASCII, plus `extra`.
fn has_url_characters(text: &str, extra: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                tail
            }
            (b'%', _) => return false,
            _ if first.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&first) => tail,
            _ if extra.contains(&first) => tail,
            _ => return false,
        };
    }
    true
}

/// Whether every percent-encoding is upper-case and encodes a character that needs it.
fn is_normal(fragment: &str) -> bool {
    fragment.split('%').skip(1).all(|encoded| {
        let Some(digits) = encoded.get(..2) else {
            return false;
        };
        let Ok(byte) = u8::from_str_radix(digits, 16) else {
            return false;
        };
        let needless = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        !needless && !digits.bytes().any(|digit| digit.is_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:cheqd:testnet:RU3FadVEJ1mtCFL2LsBkwZ";

    #[test]
    fn takes_apart() {
        let id = MethodId::parse(&format!("{DID}#key-1/a?b%20")).unwrap();
        assert_eq!(id.did().as_str(), DID);
        assert_eq!(id.fragment(), "key-1/a?b%20");
        assert!(id.belongs_to(&Did::parse(DID).unwrap()));
    }

    #[test]
    fn normalises_an_upper_case_uuid() {
        let id =
            MethodId::parse("did:cheqd:testnet:6981F795-F2F5-43DB-AB18-E161F9241BF8#Key").unwrap();
        assert_eq!(
            id.as_str(),
            "did:cheqd:testnet:6981f795-f2f5-43db-ab18-e161f9241bf8#Key"
        );
        assert_eq!(id.fragment(), "Key");
    }

    #[test]
    fn refuses() {
        use InvalidDidUrl as Invalid;
        for (text, reason) in [
            (String::new(), Invalid::Did(InvalidDid::Parts)),
            (DID.to_owned(), Invalid::NoFragment),
            (format!("{DID}#"), Invalid::NoFragment),
            (format!("junk#{DID}#key-1"), Invalid::Parts),
            (format!("{DID}##key-1"), Invalid::Parts),
            (format!("{DID}#key#1"), Invalid::Parts),
            (format!("{DID}?#key-1"), Invalid::Query),
            (format!("{DID}?a=b#key-1"), Invalid::Query),
            (format!("{DID}?a=b c#key-1"), Invalid::QueryCharacters),
            (format!("{DID}/#key-1"), Invalid::Path),
            (format!("{DID}/a#key-1"), Invalid::Path),
            (format!("{DID}/a b#key-1"), Invalid::PathCharacters),
            (format!("{DID}#key 1"), Invalid::FragmentCharacters),
            (format!("{DID}#kéy"), Invalid::FragmentCharacters),
            (format!("{DID}#key%2"), Invalid::FragmentCharacters),
            (format!("{DID}#key%zz"), Invalid::FragmentCharacters),
            (format!("{DID}#key%2D1"), Invalid::NotNormal),
            (format!("{DID}#key%c3"), Invalid::NotNormal),
            (format!("{DID} #key-1"), Invalid::Did(InvalidDid::UniqueId)),
            (
                format!("{DID}#{}", "a".repeat(MAX_ID_BYTES)),
                Invalid::TooLong,
            ),
        ] {
            assert_eq!(MethodId::parse(&text), Err(reason), "{text}");
        }
    }
}
