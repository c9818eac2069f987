//! Errors of DID Resolution: RFC 9457 objects with one fixed status each.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::negotiate::Representation;

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
    /// It is not told now whether the DID is active. The specification has no name for it, so that it carries the one
    /// of internal errors, and a status that says "later".
    Withheld,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [ErrorKind; 10] = [
        ErrorKind::InvalidDid,
        ErrorKind::InvalidDidUrl,
        ErrorKind::InvalidOptions,
        ErrorKind::NotFound,
        ErrorKind::RepresentationNotSupported,
        ErrorKind::InvalidDidDocument,
        ErrorKind::MethodNotSupported,
        ErrorKind::FeatureNotSupported,
        ErrorKind::InternalError,
        ErrorKind::Withheld,
    ];

    /// The URL that identifies the error.
    pub fn type_url(self) -> &'static str {
        match self {
            ErrorKind::InvalidDid => "https://www.w3.org/ns/did#INVALID_DID",
            ErrorKind::InvalidDidUrl => "https://www.w3.org/ns/did#INVALID_DID_URL",
            ErrorKind::InvalidOptions => "https://www.w3.org/ns/did#INVALID_OPTIONS",
            ErrorKind::NotFound => "https://www.w3.org/ns/did#NOT_FOUND",
            ErrorKind::RepresentationNotSupported => {
                "https://www.w3.org/ns/did#REPRESENTATION_NOT_SUPPORTED"
            }
            ErrorKind::InvalidDidDocument => "https://www.w3.org/ns/did#INVALID_DID_DOCUMENT",
            ErrorKind::MethodNotSupported => "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED",
            ErrorKind::FeatureNotSupported => "https://www.w3.org/ns/did#FEATURE_NOT_SUPPORTED",
            ErrorKind::InternalError | ErrorKind::Withheld => {
                "https://www.w3.org/ns/did#INTERNAL_ERROR"
            }
        }
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
            ErrorKind::InvalidDidDocument | ErrorKind::InternalError => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            ErrorKind::Withheld => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name and status that clients of the older types know. They have fewer names than there are errors.
    pub fn legacy(self) -> (&'static str, StatusCode) {
        match self {
            ErrorKind::InvalidDid => ("invalidDid", StatusCode::BAD_REQUEST),
            ErrorKind::InvalidDidUrl | ErrorKind::InvalidOptions => {
                ("invalidDidUrl", StatusCode::BAD_REQUEST)
            }
            ErrorKind::NotFound => ("notFound", StatusCode::NOT_FOUND),
            ErrorKind::RepresentationNotSupported | ErrorKind::FeatureNotSupported => {
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
            ErrorKind::Withheld => "Status unknown",
        }
    }
}

/// One error: an RFC 9457 object without `status`, which the answer carries itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    type_url: &'static str,
    title: &'static str,
    detail: String,
    #[serde(skip)]
    kind: ErrorKind,
}

impl Problem {
    /// An error with what is to be said about this case.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Problem {
        Problem {
            type_url: kind.type_url(),
            title: kind.title(),
            detail: detail.into(),
            kind,
        }
    }

    /// Which error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The answer in the shape that belongs to what the client asked for. Errors are always full results: a client that
    /// wanted the document alone gets the type of the result beside it.
    pub fn answer(&self, representation: Representation) -> Response {
        let mut response = self.shaped(representation);
        if self.kind == ErrorKind::Withheld {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }

    fn shaped(&self, representation: Representation) -> Response {
        if !representation.is_legacy() {
            return self.strict();
        }
        let shown = match representation {
            Representation::LegacyJson => Representation::LegacyJson,
            _ => Representation::LegacyResult,
        };
        let (name, status) = self.kind.legacy();
        let content_type = Representation::Document.content_type();
        let body = json!({"didResolutionMetadata": {"contentType": content_type, "error": name, "did": {}}});
        let content_type = HeaderValue::from_static(shown.content_type());
        (status, [(header::CONTENT_TYPE, content_type)], Json(body)).into_response()
    }

    fn strict(&self) -> Response {
        let body = json!({"didDocument": null, "didResolutionMetadata": {"error": self}, "didDocumentMetadata": {}});
        let content_type = HeaderValue::from_static(Representation::Result.content_type());
        (
            self.kind.status(),
            [(header::CONTENT_TYPE, content_type)],
            Json(body),
        )
            .into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(Representation::Result)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::Value;

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
            ("INTERNAL_ERROR", 503),
        ];
        let expected =
            names.map(|(name, status)| (format!("https://www.w3.org/ns/did#{name}"), status));
        assert_eq!(
            table,
            expected
                .each_ref()
                .map(|(url, status)| (url.as_str(), *status))
        );
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

    #[tokio::test]
    async fn strict_answers_hold_an_object() {
        let problem = Problem::new(ErrorKind::NotFound, "no such DID");
        for representation in [Representation::Result, Representation::Document] {
            let (status, content_type, body) = body(problem.answer(representation)).await;
            assert_eq!(
                (status, content_type.as_str()),
                (404, "application/did-resolution")
            );
            let error = json!({
                "type": "https://www.w3.org/ns/did#NOT_FOUND", "title": "Not found", "detail": "no such DID"
            });
            let metadata = json!({"error": error});
            let expected = json!({
                "didDocument": null, "didDocumentMetadata": {}, "didResolutionMetadata": metadata,
            });
            assert_eq!(body, expected);
        }
    }

    #[tokio::test]
    async fn older_answers_hold_a_name() {
        let problem = Problem::new(ErrorKind::InvalidOptions, "x");
        let (status, content_type, value) =
            body(problem.answer(Representation::LegacyDidJson)).await;
        assert_eq!(
            (status, content_type.as_str()),
            (400, Representation::LegacyResult.content_type())
        );
        assert_eq!(value["didResolutionMetadata"]["error"], "invalidDidUrl");
        assert_eq!(
            body(problem.answer(Representation::LegacyJson)).await.1,
            "application/json"
        );
    }
}
