//! Which of our representations a client gets for a DID.

use axum::http::HeaderMap;
use resolver::AnswerKind;

use super::problem::{ErrorKind, Problem};
use crate::http::request::{Accept, AcceptTooLong};

const RESOLUTION_PROFILE: &str = "https://w3id.org/did-resolution";
const DEREFERENCING_PROFILE: &str = "https://w3id.org/did-url-dereferencing";

/// The representations of a DID, and of what DID URLs lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Representation {
    /// The full result of DID Resolution v1.
    Result,
    /// The full result of dereferencing a DID URL.
    Dereferencing,
    /// The document alone, or the part of it, as DID v1.1 names its type.
    Document,
    /// Where services are.
    UriList,
    /// The data of a resource, in its own type.
    Data,
    /// The full result as it was before 2025, with `@context`.
    LegacyResult,
    /// The full result of dereferencing as it was before 2025.
    LegacyDereferencing,
    /// Either of them without `@context`.
    LegacyJson,
    /// The document alone, under its older type for JSON-LD.
    LegacyDidLdJson,
    /// The document alone, under its older type for JSON.
    LegacyDidJson,
}

use Representation::{
    Data, Dereferencing, Document, LegacyDereferencing, LegacyDidJson, LegacyDidLdJson, LegacyJson,
    LegacyResult, Result as FullResult, UriList,
};

impl Representation {
    /// The representations that there are of an answer, in the order in which they are preferred when a client wants
    /// several equally.
    pub fn of(kind: AnswerKind) -> &'static [Representation] {
        match kind {
            AnswerKind::Document => &[
                FullResult,
                Document,
                Dereferencing,
                LegacyResult,
                LegacyJson,
                LegacyDidLdJson,
                LegacyDidJson,
                LegacyDereferencing,
            ],
            AnswerKind::Metadata => &[FullResult, LegacyResult, LegacyJson],
            AnswerKind::Part => &[
                Dereferencing,
                Document,
                LegacyDereferencing,
                LegacyJson,
                LegacyDidLdJson,
                LegacyDidJson,
            ],
            AnswerKind::Services => &[
                Dereferencing,
                Document,
                UriList,
                LegacyDereferencing,
                LegacyJson,
                LegacyDidLdJson,
                LegacyDidJson,
            ],
            // Every type that is none of ours asks for data.
            AnswerKind::Resource => &[Data, Dereferencing, LegacyDereferencing],
            AnswerKind::Versions | AnswerKind::ResourceMetadata => {
                &[Dereferencing, LegacyDereferencing, LegacyJson]
            }
        }
    }

    /// The `Content-Type` of the answer; of data, what stands where its own type is not known.
    pub fn content_type(self) -> &'static str {
        match self {
            FullResult => "application/did-resolution",
            Dereferencing => "application/did-url-dereferencing",
            Document => "application/did",
            UriList => "text/uri-list",
            Data => "application/octet-stream",
            LegacyResult => "application/ld+json;profile=\"https://w3id.org/did-resolution\"",
            LegacyDereferencing => {
                "application/ld+json;profile=\"https://w3id.org/did-url-dereferencing\""
            }
            LegacyJson => "application/json",
            LegacyDidLdJson => "application/did+ld+json",
            LegacyDidJson => "application/did+json",
        }
    }

    /// Whether errors are names and a deactivated DID is answered with 200, as clients of the older types expect.
    pub fn is_legacy(self) -> bool {
        !matches!(self, FullResult | Dereferencing | Document | UriList | Data)
    }

    /// Whether the answer is the document without its metadata.
    pub fn is_document_only(self) -> bool {
        matches!(self, Document | LegacyDidJson | LegacyDidLdJson)
    }

    /// Whether the result carries the `@context` of the older specification.
    pub fn has_result_context(self) -> bool {
        matches!(self, LegacyResult | LegacyDereferencing)
    }

    fn quality(self, accept: &Accept, kind: AnswerKind) -> u16 {
        let of_profile = |profile| accept.quality("application", "ld+json", Some(profile));
        match self {
            Data => accept.quality_of_others(&["did-url-dereferencing", "ld+json"]),
            LegacyResult => of_profile(RESOLUTION_PROFILE),
            LegacyDereferencing if kind == AnswerKind::Document => {
                of_profile(DEREFERENCING_PROFILE)
            }
            // Where there is no resolution, the older types all mean the same.
            LegacyDereferencing => {
                of_profile(DEREFERENCING_PROFILE).max(of_profile(RESOLUTION_PROFILE))
            }
            other => {
                let (name, subtype) = other.content_type().split_once('/').unwrap_or_default();
                accept.quality(name, subtype, None)
            }
        }
    }
}

/// Why no representation fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAcceptable {
    /// The client accepts none of ours.
    #[error(
        "none of the types in Accept is served for this; try application/did-resolution for a DID, and \
         application/did-url-dereferencing for a DID URL"
    )]
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

/// Chooses what the client wants most; among equals, the first of [`Representation::of`].
///
/// Among equals the full result wins even over a document that is named: only the result can say "deactivated".
///
/// # Errors
/// When nothing of ours is accepted, or the header is too long.
pub fn negotiate(headers: &HeaderMap, kind: AnswerKind) -> Result<Representation, NotAcceptable> {
    let accept = Accept::of(headers)?;
    let mut best = (0, None);
    for representation in Representation::of(kind) {
        let quality = representation.quality(&accept, kind);
        if quality > best.0 {
            best = (quality, Some(*representation));
        }
    }
    best.1.ok_or(NotAcceptable::Nothing)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn of(lines: &[&str]) -> Result<Representation, NotAcceptable> {
        of_kind(lines, AnswerKind::Document)
    }

    fn of_kind(lines: &[&str], kind: AnswerKind) -> Result<Representation, NotAcceptable> {
        let lines = lines
            .iter()
            .map(|line| (header::ACCEPT, HeaderValue::from_str(line).unwrap()));
        negotiate(&lines.collect(), kind)
    }

    #[test]
    fn each_type_is_found_by_its_own_name() {
        for kind in [
            AnswerKind::Document,
            AnswerKind::Metadata,
            AnswerKind::Part,
            AnswerKind::Services,
            AnswerKind::Versions,
            AnswerKind::Resource,
            AnswerKind::ResourceMetadata,
        ] {
            for representation in Representation::of(kind) {
                let found = of_kind(&[representation.content_type()], kind);
                assert_eq!(found, Ok(*representation), "{kind:?}");
            }
            let first = Representation::of(kind).first().copied();
            assert_eq!(negotiate(&HeaderMap::new(), kind).ok(), first);
        }
    }

    #[test]
    fn older_types_mean_dereferencing_where_there_is_no_resolution() {
        for header in [
            "application/ld+json",
            "application/ld+json;profile=\"https://w3id.org/did-resolution\"",
            "application/ld+json;profile=\"https://w3id.org/did-url-dereferencing\"",
        ] {
            for kind in [AnswerKind::Part, AnswerKind::Services, AnswerKind::Versions] {
                let found = of_kind(&[header], kind);
                assert_eq!(found, Ok(Representation::LegacyDereferencing), "{header}");
            }
        }
        for (header, expected) in [
            ("*/*", Representation::Data),
            ("image/png", Representation::Data),
            ("application/json", Representation::Data),
            (
                "application/did-url-dereferencing",
                Representation::Dereferencing,
            ),
            ("application/ld+json", Representation::LegacyDereferencing),
        ] {
            let found = of_kind(&[header], AnswerKind::Resource);
            assert_eq!(found, Ok(expected), "{header}");
        }
        let found = of_kind(&["application/did-resolution"], AnswerKind::Part);
        assert_eq!(found, Err(NotAcceptable::Nothing));
    }

    #[test]
    fn headers_of_real_clients() {
        use Representation::*;
        for (header, expected) in [
            ("*/*", Result),
            ("application/*", Result),
            (
                "application/ld+json;profile=\"https://w3id.org/did-url-dereferencing\"",
                LegacyDereferencing,
            ),
            ("application/did-url-dereferencing", Dereferencing),
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
        assert_eq!(
            negotiate(&HeaderMap::new(), AnswerKind::Document),
            Ok(Result)
        );
        assert_eq!(of(&["text/html", "application/did;q=0.1"]), Ok(Document));
    }

    #[test]
    fn what_is_not_wanted_is_not_sent() {
        for header in [
            "text/html",
            "application/did;q=0",
            "*/*;q=0",
            "application/ld+json;profile=\"https://w3id.org/other\"",
            "text/uri-list",
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
}
