//! Which of our representations a client gets for a DID.

use axum::http::HeaderMap;

use super::accept::{Accept, AcceptTooLong};
use super::problem::{ErrorKind, Problem};

const LEGACY_PROFILE: &str = "https://w3id.org/did-resolution";

/// The representations of a DID, in the order in which they are preferred when a client wants several equally.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Representation {
    /// The full result of DID Resolution v1.
    Result,
    /// The document alone, as DID v1.1 names its type.
    Document,
    /// The full result as it was before 2025, with `@context`.
    LegacyResult,
    /// The same without `@context`.
    LegacyJson,
    /// The document alone, under its older type for JSON-LD.
    LegacyDidLdJson,
    /// The document alone, under its older type for JSON.
    LegacyDidJson,
}

impl Representation {
    /// All of them, most preferred first.
    pub const ALL: [Representation; 6] = [
        Representation::Result,
        Representation::Document,
        Representation::LegacyResult,
        Representation::LegacyJson,
        Representation::LegacyDidLdJson,
        Representation::LegacyDidJson,
    ];

    /// The `Content-Type` of the answer.
    pub fn content_type(self) -> &'static str {
        match self {
            Representation::Result => "application/did-resolution",
            Representation::Document => "application/did",
            Representation::LegacyResult => {
                "application/ld+json;profile=\"https://w3id.org/did-resolution\""
            }
            Representation::LegacyJson => "application/json",
            Representation::LegacyDidLdJson => "application/did+ld+json",
            Representation::LegacyDidJson => "application/did+json",
        }
    }

    /// Whether errors are names and a deactivated DID is answered with 200, as clients of the older types expect.
    pub fn is_legacy(self) -> bool {
        !matches!(self, Representation::Result | Representation::Document)
    }

    /// Whether the answer is the document without its metadata.
    pub fn is_document_only(self) -> bool {
        use Representation::{Document, LegacyDidJson, LegacyDidLdJson};
        matches!(self, Document | LegacyDidJson | LegacyDidLdJson)
    }

    /// Whether the result carries the `@context` of the older specification.
    pub fn has_result_context(self) -> bool {
        self == Representation::LegacyResult
    }

    fn quality(self, accept: &Accept) -> u16 {
        let (subtype, profile) = match self {
            Representation::LegacyResult => ("ld+json", Some(LEGACY_PROFILE)),
            other => (
                other
                    .content_type()
                    .strip_prefix("application/")
                    .unwrap_or_default(),
                None,
            ),
        };
        accept.quality("application", subtype, profile)
    }
}

/// Why no representation fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAcceptable {
    /// The client accepts none of ours.
    #[error("none of the types in Accept is served here; try application/did-resolution")]
    Nothing,
    /// The header was not read.
    #[error(transparent)]
    TooLong(#[from] AcceptTooLong),
}

impl From<NotAcceptable> for Problem {
    fn from(error: NotAcceptable) -> Problem {
        let kind = match error {
            NotAcceptable::Nothing => ErrorKind::RepresentationNotSupported,
            NotAcceptable::TooLong(_) => ErrorKind::InvalidOptions,
        };
        Problem::new(kind, error.to_string())
    }
}

/// Chooses what the client wants most; among equals, the first of [`Representation::ALL`].
///
/// Among equals the full result wins even over a document that is named: only the result can say "deactivated".
///
/// # Errors
/// When nothing of ours is accepted, or the header is too long.
pub fn negotiate(headers: &HeaderMap) -> Result<Representation, NotAcceptable> {
    let accept = Accept::of(headers)?;
    let mut best = (0, None);
    for representation in Representation::ALL {
        let quality = representation.quality(&accept);
        if quality > best.0 {
            best = (quality, Some(representation));
        }
    }
    best.1.ok_or(NotAcceptable::Nothing)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn of(lines: &[&str]) -> Result<Representation, NotAcceptable> {
        let lines = lines
            .iter()
            .map(|line| (header::ACCEPT, HeaderValue::from_str(line).unwrap()));
        negotiate(&lines.collect())
    }

    #[test]
    fn each_type_is_found_by_its_own_name() {
        for representation in Representation::ALL {
            assert_eq!(of(&[representation.content_type()]), Ok(representation));
        }
    }

    #[test]
    fn headers_of_real_clients() {
        use Representation::*;
        for (header, expected) in [
            ("*/*", Result),
            ("application/*", Result),
            ("", Result),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
                Result,
            ),
            ("application/json, text/plain, */*", Result),
            ("application/did-resolution,application/did", Result),
            (
                "application/did, application/did-resolution;q=0.9",
                Document,
            ),
            ("application/ld+json", LegacyResult),
            (
                "application/ld+json;profile=https://w3id.org/did-resolution",
                LegacyResult,
            ),
            (
                "APPLICATION/LD+JSON; Profile=\"urn:x https://w3id.org/did-resolution\"",
                LegacyResult,
            ),
            (
                "application/ld+json;profile=\"https://w3id.org/did-resolution\",*/*;q=0.1",
                LegacyResult,
            ),
            ("application/json", LegacyJson),
            ("application/json; charset=utf-8", LegacyJson),
            (
                "application/did+ld+json;q=0.4,application/did+json;q=0.5",
                LegacyDidJson,
            ),
            (
                "application/did+ld+json,application/did+json",
                LegacyDidLdJson,
            ),
            (
                "*/*;q=0.5, application/did-resolution;q=0, application/json;q=0.1",
                Document,
            ),
            ("garbage, application/did", Document),
        ] {
            assert_eq!(of(&[header]), Ok(expected), "{header}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Ok(Result));
        assert_eq!(of(&["text/html", "application/did;q=0.1"]), Ok(Document));
    }

    #[test]
    fn what_is_not_wanted_is_not_sent() {
        for header in [
            "text/html",
            "application/did;q=0",
            "*/*;q=0",
            "application/ld+json;profile=\"https://w3id.org/did-url-dereferencing\"",
            "garbage",
            "*/json",
            "application/did;q=2",
        ] {
            assert_eq!(of(&[header]), Err(NotAcceptable::Nothing), "{header}");
        }
    }

    #[test]
    fn the_header_is_limited() {
        let padded = |length: usize| format!("application/did{}", " ".repeat(length - 15));
        assert_eq!(
            of(&[&format!("{};q=1", padded(1020))]),
            Ok(Representation::Document)
        );
        let too_long = Err(NotAcceptable::TooLong(AcceptTooLong));
        assert_eq!(of(&[&format!("{};q=1", padded(1021))]), too_long);
        assert_eq!(of(&["a/b", &"x".repeat(1022)]), too_long);
        assert_eq!(of(&[&["a/b"; 33].join(",")]), too_long);
        assert_eq!(
            of(&[&(["a/b"; 31].join(",") + ",*/*")]),
            Ok(Representation::Result)
        );
    }

    #[test]
    fn only_older_types_are_legacy() {
        let legacy: Vec<_> = Representation::ALL
            .iter()
            .map(|r| (r.is_legacy(), r.is_document_only()))
            .collect();
        assert_eq!(
            legacy,
            [
                (false, false),
                (false, true),
                (true, false),
                (true, false),
                (true, true),
                (true, true)
            ]
        );
    }
}
