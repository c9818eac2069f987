//! References to something at a service: `relativeRef`.

use fluent_uri::{Uri, UriRef};
use percent_encoding::percent_decode_str;

use crate::error::ResolveError;

/// How often a text may be percent-encoded over and over. No honest client repeats it.
const ENCODINGS_MAX: usize = 8;

/// A reference that stays at the service: it names no scheme and no host, and climbs to no parent folder, however it
/// is encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelativeRef(UriRef<String>);

impl RelativeRef {
    /// Reads the value of `relativeRef`, decoded once.
    ///
    /// # Errors
    /// It is not a relative reference (RFC 3986, section 4.2), or leads away from the service.
    pub(crate) fn parse(text: &str) -> Result<RelativeRef, ResolveError> {
        let invalid = |reason: &str| ResolveError::InvalidDidUrl(format!("relativeRef {reason}"));
        let reference = UriRef::parse(text.to_owned());
        let reference = reference.map_err(|_| invalid("is not a relative reference (RFC 3986)"))?;
        if reference.has_scheme() || reference.has_authority() {
            return Err(invalid("may not lead to another server"));
        }
        if !stays_below(reference.path().as_str()) {
            return Err(invalid("may not climb to a parent folder"));
        }
        Ok(RelativeRef(reference))
    }

    /// The reference at an endpoint (RFC 3986, section 5); `None` when the endpoint is not a base for one.
    pub(crate) fn at(&self, endpoint: &Uri<&str>) -> Option<String> {
        let resolved = self.0.resolve_against(&endpoint.strip_fragment());
        resolved.ok().map(Uri::into_string)
    }
}

/// Whether no segment of a path means the parent folder, in any number of encodings and for readers that take `\` for
/// `/` or cut parameters off at `;`.
fn stays_below(path: &str) -> bool {
    let mut text = path.to_owned();
    for _ in 0..ENCODINGS_MAX {
        let climbs = text
            .split(['/', '\\'])
            .any(|segment| segment.split(';').next() == Some(".."));
        if climbs || text.contains(char::is_control) {
            return false;
        }
        let Ok(decoded) = percent_decode_str(&text).decode_utf8() else {
            return false;
        };
        if decoded == text {
            return true;
        }
        text = decoded.into_owned();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(reference: &str, endpoint: &str) -> Option<String> {
        let reference = RelativeRef::parse(reference).ok()?;
        reference.at(&Uri::parse(endpoint).unwrap())
    }

    #[test]
    fn references_are_resolved_and_not_appended() {
        for (reference, endpoint, expected) in [
            (
                "/a?b=c#d",
                "https://x.example/y/z",
                "https://x.example/a?b=c#d",
            ),
            ("a/b", "https://x.example/y/z", "https://x.example/y/a/b"),
            ("a/b", "https://x.example/y/", "https://x.example/y/a/b"),
            ("a", "https://x.example", "https://x.example/a"),
            ("./a", "https://x.example/y/", "https://x.example/y/a"),
            ("?q", "https://x.example/y?p#f", "https://x.example/y?q"),
            ("#g", "https://x.example/y?p#f", "https://x.example/y?p#g"),
            (
                "a?u=../b",
                "https://x.example/y/",
                "https://x.example/y/a?u=../b",
            ),
            ("..a/b..", "https://x.example/", "https://x.example/..a/b.."),
        ] {
            assert_eq!(at(reference, endpoint).as_deref(), Some(expected));
        }
        assert_eq!(at("a", "mailto:x@y.example"), None);
    }

    #[test]
    fn nothing_leads_away_from_the_service() {
        for reference in [
            "..",
            "../a",
            "a/../b",
            "/..",
            "%2e%2e/a",
            "%2E./a",
            ".%252e/a",
            "a%2f..%2fb",
            "a%5c..%5cb",
            "%25252e%25252e%25252fa",
            "a/..;x=1/b",
            "%00",
            "a%ffb",
            "//evil.example/a",
            "https://evil.example/a",
            "javascript:alert(1)",
            "\\..\\a",
            "a b",
            "é",
            "%zz",
        ] {
            let found = RelativeRef::parse(reference);
            assert!(
                matches!(found, Err(ResolveError::InvalidDidUrl(_))),
                "{reference}"
            );
        }
        let deep = format!("%{}41", "25".repeat(ENCODINGS_MAX));
        assert!(RelativeRef::parse(&deep).is_err());
        assert!(RelativeRef::parse("%252541").is_ok());
    }
}
