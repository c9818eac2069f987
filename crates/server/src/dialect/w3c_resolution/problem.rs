//! Errors of DID Resolution: RFC 9457 objects with one fixed status each.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use resolver::{InvalidOptions, ResolveError};
use serde_json::{Value, json};

use super::negotiate::Representation;
use super::view::{Function, View};
use crate::config::Profile;

/// The errors of DID Resolution v1. Deactivation is not among them: it is an answer (status 410), not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Not a DID.
    InvalidDid,
    /// Not a DID URL.
    InvalidDidUrl,
    /// An option's value, or a combination of options.
    InvalidOptions,
    /// No such DID, or nothing there.
    NotFound,
    /// `Accept` cannot be met.
    RepresentationNotSupported,
    /// The stored document is malformed.
    InvalidDidDocument,
    /// Not a method of this resolver.
    MethodNotSupported,
    /// Not an option of this resolver.
    FeatureNotSupported,
    /// A fault of ours, or something we need is not reachable. Never used for absence.
    InternalError,
    /// The fragment leads to no verification method that can be used (Controlled Identifiers v1.0).
    InvalidVerificationMethod,
    /// The verification method may not be used so (Controlled Identifiers v1.0).
    InvalidRelationship,
    /// It is not told now whether the DID is active. The specification has no name for it, so that it carries the one
    /// of internal errors, and a status that says "later".
    Withheld,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [ErrorKind; 12] = [
        ErrorKind::InvalidDid,
        ErrorKind::InvalidDidUrl,
        ErrorKind::InvalidOptions,
        ErrorKind::NotFound,
        ErrorKind::RepresentationNotSupported,
        ErrorKind::InvalidDidDocument,
        ErrorKind::MethodNotSupported,
        ErrorKind::FeatureNotSupported,
        ErrorKind::InternalError,
        ErrorKind::InvalidVerificationMethod,
        ErrorKind::InvalidRelationship,
        ErrorKind::Withheld,
    ];

    /// The bare name of the error.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::InvalidDid => "INVALID_DID",
            ErrorKind::InvalidDidUrl => "INVALID_DID_URL",
            ErrorKind::InvalidOptions => "INVALID_OPTIONS",
            ErrorKind::NotFound => "NOT_FOUND",
            ErrorKind::RepresentationNotSupported => "REPRESENTATION_NOT_SUPPORTED",
            ErrorKind::InvalidDidDocument => "INVALID_DID_DOCUMENT",
            ErrorKind::MethodNotSupported => "METHOD_NOT_SUPPORTED",
            ErrorKind::FeatureNotSupported => "FEATURE_NOT_SUPPORTED",
            ErrorKind::InternalError | ErrorKind::Withheld => "INTERNAL_ERROR",
            ErrorKind::InvalidVerificationMethod => "INVALID_VERIFICATION_METHOD",
            ErrorKind::InvalidRelationship => "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD",
        }
    }

    /// The URL that identifies the error.
    pub fn type_url(self) -> String {
        let prefix = match self {
            ErrorKind::InvalidVerificationMethod | ErrorKind::InvalidRelationship => {
                "https://w3id.org/security#"
            }
            _ => "https://www.w3.org/ns/did#",
        };
        format!("{prefix}{}", self.name())
    }

    /// The HTTP status of strict answers.
    pub fn status(self) -> StatusCode {
        match self {
            ErrorKind::InvalidDid | ErrorKind::InvalidDidUrl | ErrorKind::InvalidOptions => {
                StatusCode::BAD_REQUEST
            }
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::RepresentationNotSupported => StatusCode::NOT_ACCEPTABLE,
            ErrorKind::MethodNotSupported | ErrorKind::FeatureNotSupported => {
                StatusCode::NOT_IMPLEMENTED
            }
            // The standard's table has 500 for every error that it does not name itself.
            ErrorKind::InvalidDidDocument
            | ErrorKind::InternalError
            | ErrorKind::InvalidVerificationMethod
            | ErrorKind::InvalidRelationship => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Withheld => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name and status that clients of the older types know. They have fewer names than there are errors.
    pub fn legacy(self) -> (&'static str, StatusCode) {
        match self {
            ErrorKind::InvalidDid => ("invalidDid", StatusCode::BAD_REQUEST),
            ErrorKind::InvalidDidUrl
            | ErrorKind::InvalidOptions
            | ErrorKind::FeatureNotSupported
            | ErrorKind::InvalidVerificationMethod
            | ErrorKind::InvalidRelationship => ("invalidDidUrl", StatusCode::BAD_REQUEST),
            ErrorKind::NotFound => ("notFound", StatusCode::NOT_FOUND),
            ErrorKind::RepresentationNotSupported => {
                ("representationNotSupported", StatusCode::NOT_ACCEPTABLE)
            }
            ErrorKind::MethodNotSupported => ("methodNotSupported", StatusCode::NOT_IMPLEMENTED),
            ErrorKind::InvalidDidDocument | ErrorKind::InternalError => {
                ("internalError", StatusCode::INTERNAL_SERVER_ERROR)
            }
            ErrorKind::Withheld => ("internalError", StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    fn title(self) -> &'static str {
        match self {
            ErrorKind::InvalidDid => "Invalid DID",
            ErrorKind::InvalidDidUrl => "Invalid DID URL",
            ErrorKind::InvalidOptions => "Invalid options",
            ErrorKind::NotFound => "Not found",
            ErrorKind::RepresentationNotSupported => "Representation not supported",
            ErrorKind::InvalidDidDocument => "Invalid DID document",
            ErrorKind::MethodNotSupported => "Method not supported",
            ErrorKind::FeatureNotSupported => "Feature not supported",
            ErrorKind::InternalError => "Internal error",
            ErrorKind::InvalidVerificationMethod => "Invalid verification method",
            ErrorKind::InvalidRelationship => "Invalid relationship for verification method",
            ErrorKind::Withheld => "Status unknown",
        }
    }
}

/// One error: an RFC 9457 object without `status`, which the answer carries itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: ErrorKind,
    /// What clients of the older types are told, where their contract has another error for this case.
    legacy: ErrorKind,
    detail: String,
}

impl Problem {
    /// An error with what is to be said about this case.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Problem {
        Problem {
            kind,
            legacy: kind,
            detail: detail.into(),
        }
    }

    /// The same, which clients of the older types know as another error.
    #[must_use]
    pub fn known_before_as(self, legacy: ErrorKind) -> Problem {
        Problem { legacy, ..self }
    }

    /// Which error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The answer in the shape that belongs to what the client asked for. Errors are always full results: a client that
    /// wanted the document alone gets the type of the result beside it.
    pub fn answer(&self, view: View) -> Response {
        let (status, error) = if view.representation.is_legacy() {
            let (name, status) = self.legacy.legacy();
            (status, json!(name))
        } else {
            (self.kind.status(), self.object(view.profile))
        };
        let body = match (view.representation.is_legacy(), view.function()) {
            (false, Function::Resolve) => json!({
                "didDocument": null,
                "didResolutionMetadata": {"error": error},
                "didDocumentMetadata": {},
            }),
            (false, Function::Dereference) => json!({
                "content": null,
                "contentStream": null,
                "dereferencingMetadata": {"error": error},
                "contentMetadata": {},
            }),
            (true, Function::Resolve) => {
                json!({"didResolutionMetadata": legacy_metadata(&error)})
            }
            (true, Function::Dereference) => json!({
                "dereferencingMetadata": legacy_metadata(&error),
                "contentStream": null,
                "contentMetadata": {},
            }),
        };
        let content_type = HeaderValue::from_static(view.result_type().content_type());
        let mut response =
            (status, [(header::CONTENT_TYPE, content_type)], Json(body)).into_response();
        if self.kind == ErrorKind::Withheld {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }

    /// The Universal Resolver knows errors by their bare names, and takes a URL for an error of its own.
    fn object(&self, profile: Profile) -> Value {
        let error_type = match profile {
            Profile::Standard => self.kind.type_url(),
            Profile::UniversalResolverDriver => self.kind.name().to_owned(),
        };
        json!({"type": error_type, "title": self.kind.title(), "detail": self.detail})
    }
}

fn legacy_metadata(error: &Value) -> Value {
    let content_type = Representation::Document.content_type();
    json!({"contentType": content_type, "error": error, "did": {}})
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(View::default())
    }
}

/// An answer that no handler gives: its status is that of HTTP, whatever the error's own is.
pub(super) fn worded(status: StatusCode, text: String) -> Response {
    let kind = match status {
        StatusCode::NOT_FOUND => ErrorKind::InvalidDidUrl,
        StatusCode::METHOD_NOT_ALLOWED => ErrorKind::FeatureNotSupported,
        status if status.is_server_error() => ErrorKind::InternalError,
        _ => ErrorKind::InvalidOptions,
    };
    let mut response = Problem::new(kind, text).answer(View::default());
    *response.status_mut() = status;
    response
}

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Problem {
        let kind = match &error {
            ResolveError::InvalidDid(_) => ErrorKind::InvalidDid,
            ResolveError::InvalidDidUrl(_) => ErrorKind::InvalidDidUrl,
            // "Not found" would say that the DID does not exist, which nobody here can know.
            ResolveError::MethodNotSupported | ResolveError::UnknownNetwork(_) => {
                ErrorKind::MethodNotSupported
            }
            ResolveError::NotFound(_) | ResolveError::NoSuchPath => ErrorKind::NotFound,
            ResolveError::UnknownOption(_) => ErrorKind::FeatureNotSupported,
            ResolveError::InvalidOptions(_) => ErrorKind::InvalidOptions,
            ResolveError::NotRepresentable(_) => ErrorKind::RepresentationNotSupported,
            ResolveError::InvalidVerificationMethod => ErrorKind::InvalidVerificationMethod,
            ResolveError::InvalidRelationship(_) => ErrorKind::InvalidRelationship,
            ResolveError::Withheld(_) => ErrorKind::Withheld,
            ResolveError::Read(source) => {
                tracing::error!(
                    error = source as &dyn std::error::Error,
                    "a DID cannot be resolved"
                );
                ErrorKind::InternalError
            }
        };
        let problem = Problem::new(kind, error.to_string());
        match legacy_kind(&error) {
            Some(legacy) => problem.known_before_as(legacy),
            None => problem,
        }
    }
}

/// Where the cheqd resolver has another error than the one that stands for ours elsewhere.
fn legacy_kind(error: &ResolveError) -> Option<ErrorKind> {
    match error {
        ResolveError::NoSuchPath => Some(ErrorKind::InvalidDidUrl),
        ResolveError::InvalidOptions(
            InvalidOptions::Together(..)
            | InvalidOptions::Needs(..)
            | InvalidOptions::Value {
                name: "transformKeys",
                ..
            },
        ) => Some(ErrorKind::RepresentationNotSupported),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use resolver::AnswerKind;

    use super::*;

    #[test]
    fn each_error_has_its_type_and_status() {
        let table: Vec<_> = ErrorKind::ALL
            .iter()
            .map(|kind| (kind.type_url(), kind.status().as_u16()))
            .collect();
        let names = [
            ("INVALID_DID", 400),
            ("INVALID_DID_URL", 400),
            ("INVALID_OPTIONS", 400),
            ("NOT_FOUND", 404),
            ("REPRESENTATION_NOT_SUPPORTED", 406),
            ("INVALID_DID_DOCUMENT", 500),
            ("METHOD_NOT_SUPPORTED", 501),
            ("FEATURE_NOT_SUPPORTED", 501),
            ("INTERNAL_ERROR", 500),
            ("INVALID_VERIFICATION_METHOD", 500),
            ("INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", 500),
            ("INTERNAL_ERROR", 503),
        ];
        let expected = names.map(|(name, status)| {
            let prefix = match name.contains("VERIFICATION_METHOD") {
                true => "https://w3id.org/security#",
                false => "https://www.w3.org/ns/did#",
            };
            (format!("{prefix}{name}"), status)
        });
        assert_eq!(table, expected);
    }

    async fn body(response: Response) -> (u16, String, Value) {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let content_type = parts.headers[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        (
            parts.status.as_u16(),
            content_type,
            serde_json::from_slice(&bytes).unwrap(),
        )
    }

    fn view(representation: Representation, kind: AnswerKind, profile: Profile) -> View {
        View {
            representation,
            kind,
            profile,
        }
    }

    #[tokio::test]
    async fn strict_answers_hold_an_object() {
        let problem = Problem::new(ErrorKind::NotFound, "no such DID");
        let error = json!({
            "type": "https://www.w3.org/ns/did#NOT_FOUND", "title": "Not found", "detail": "no such DID"
        });
        for representation in [Representation::Result, Representation::Document] {
            let view = view(representation, AnswerKind::Document, Profile::Standard);
            let (status, content_type, body) = body(problem.answer(view)).await;
            assert_eq!(
                (status, content_type.as_str()),
                (404, "application/did-resolution")
            );
            let metadata = json!({"error": error});
            let expected = json!({
                "didDocument": null, "didDocumentMetadata": {}, "didResolutionMetadata": metadata,
            });
            assert_eq!(body, expected);
        }
        for representation in [
            Representation::Dereferencing,
            Representation::Document,
            Representation::UriList,
        ] {
            let view = view(representation, AnswerKind::Services, Profile::Standard);
            let (status, content_type, body) = body(problem.answer(view)).await;
            assert_eq!(
                (status, content_type.as_str()),
                (404, "application/did-url-dereferencing")
            );
            let metadata = json!({"error": error});
            let expected = json!({
                "content": null, "contentStream": null, "contentMetadata": {},
                "dereferencingMetadata": metadata,
            });
            assert_eq!(body, expected);
        }
    }

    #[tokio::test]
    async fn the_universal_resolver_is_told_bare_names() {
        let problem = Problem::new(ErrorKind::FeatureNotSupported, "x");
        let profile = Profile::UniversalResolverDriver;
        let view = view(Representation::Result, AnswerKind::Document, profile);
        let (status, _, body) = body(problem.answer(view)).await;
        let error = &body["didResolutionMetadata"]["error"];
        assert_eq!(
            (status, &error["type"]),
            (501, &json!("FEATURE_NOT_SUPPORTED"))
        );
    }

    #[tokio::test]
    async fn older_answers_hold_a_name() {
        let view = |representation, kind| view(representation, kind, Profile::Standard);
        let problem = Problem::new(ErrorKind::InvalidOptions, "x");
        let legacy = view(Representation::LegacyDidJson, AnswerKind::Document);
        let (status, content_type, value) = body(problem.answer(legacy)).await;
        assert_eq!(
            (status, content_type.as_str()),
            (400, Representation::LegacyResult.content_type())
        );
        assert_eq!(value["didResolutionMetadata"]["error"], "invalidDidUrl");
        let legacy = view(Representation::LegacyJson, AnswerKind::Document);
        assert_eq!(body(problem.answer(legacy)).await.1, "application/json");

        let problem = problem.known_before_as(ErrorKind::RepresentationNotSupported);
        let legacy = view(Representation::LegacyDidJson, AnswerKind::Part);
        let (status, content_type, value) = body(problem.answer(legacy)).await;
        assert_eq!(
            (status, content_type.as_str()),
            (406, Representation::LegacyDereferencing.content_type())
        );
        let error = &value["dereferencingMetadata"]["error"];
        assert_eq!(error, "representationNotSupported");
        assert_eq!(value["contentStream"], Value::Null);
    }
}
