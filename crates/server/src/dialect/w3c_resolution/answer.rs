//! Answers: status, type, body, and for how long they may be kept.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use resolver::{
    AnswerKind, ContentNames, Found, FoundResources, FoundVersion, FoundVersions, ResultContext,
};
use serde::Serialize;
use serde_json::json;

use super::negotiate::Representation;
use super::problem::{ErrorKind, Problem};
use super::view::{Function, View};
use crate::http::request::Accept;
use crate::http::response::caching::{Cache, is_known};

/// What most answers fit into, in bytes: a document with three keys.
const ANSWER_BYTES: usize = 3072;
/// For how long the end of a DID may be kept whose receipt is not there yet, in seconds.
const UNPROVEN_SECONDS: u64 = 60;
/// For how long it may be kept which DID another form of it names, in seconds: it never changes, and this is a day.
const MOVED_SECONDS: u64 = 86_400;

/// Anybody may have written a resource: it is no page of this server.
const ATTACHMENT: HeaderValue = HeaderValue::from_static("attachment");

/// For how long answers may be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeping {
    /// An answer about an active DID.
    pub(super) active: Cache,
    /// One about a DID that has ended.
    pub(super) ended: Cache,
}

/// Whether all that can be told of an end is in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proven {
    /// It will not change any more.
    Fully,
    /// The receipt is still to come.
    NotYet,
}

impl Keeping {
    pub(super) fn of(active_max_age_s: u64, proven: Proven) -> Keeping {
        Keeping {
            active: Cache::Seconds(active_max_age_s),
            ended: match proven {
                Proven::Fully => Cache::Forever,
                Proven::NotYet => Cache::Seconds(UNPROVEN_SECONDS),
            },
        }
    }

    /// Nothing may be kept.
    pub(super) const NOTHING: Keeping = Keeping {
        active: Cache::Never,
        ended: Cache::Never,
    };
}

/// Answers what was found.
pub(super) fn answer(
    found: &Found,
    view: View,
    keeping: Keeping,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    match found {
        Found::Version(found) => version(found, view, keeping, request),
        Found::Versions(found) => Ok(versions(found, view, keeping, request)),
        Found::Resources(found) => resources(found, view, keeping, request),
    }
}

/// Answers a version, or something of it.
pub(super) fn version(
    found: &FoundVersion,
    view: View,
    keeping: Keeping,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let ended = found.resolution.is_deactivated();
    if redirects(view) && !ended {
        return redirect(found, keeping);
    }
    let written = Written {
        ended,
        view,
        keeping,
        request,
    };
    let tag = found.resolution.tag();
    let is_alone = match view.representation {
        // The document alone cannot say that the DID has ended: whoever asked for it gets the full result.
        Representation::Document => !ended,
        representation => representation.is_document_only(),
    };
    if is_alone {
        return Ok(written.as_type(view.representation, tag, &found.content_json()));
    }
    let representation = view.result_type();
    let context = context(representation);
    Ok(match view.function() {
        Function::Resolve => {
            let body = found.resolution.result(context, found.view);
            written.as_type(representation, tag, &body)
        }
        Function::Dereference => {
            let body = found.dereferencing(context, names(view));
            written.as_type(representation, tag, &body)
        }
    })
}

fn versions(found: &FoundVersions, view: View, keeping: Keeping, request: &HeaderMap) -> Response {
    let written = Written {
        ended: found.is_deactivated(),
        view,
        keeping,
        request,
    };
    let representation = view.result_type();
    let body = found.dereferencing(context(representation), names(view));
    written.as_type(representation, found.tag(), &body)
}

/// Answers resources. Data can be erased, so that nothing of them is kept for ever.
fn resources(
    found: &FoundResources,
    view: View,
    keeping: Keeping,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let written = Written {
        ended: found.is_deactivated(),
        view,
        keeping: Keeping {
            ended: keeping.active,
            ..keeping
        },
        request,
    };
    let tag = found.tag();
    if let (Representation::Data, Some((media_type, data))) = (view.representation, found.data()) {
        if !Accept::of(request).is_ok_and(|accept| accept.takes(media_type)) {
            let reason = format!("this resource is {media_type}, which Accept does not name");
            return Err(Problem::new(ErrorKind::RepresentationNotSupported, reason));
        }
        return Ok(written.tagged(Representation::Data, tag, |status| {
            let content_type = HeaderValue::from_str(media_type);
            let content_type = content_type.unwrap_or(HeaderValue::from_static(
                Representation::Data.content_type(),
            ));
            let headers = [
                (header::CONTENT_TYPE, content_type),
                (header::CONTENT_DISPOSITION, ATTACHMENT),
            ];
            (status, headers, data.to_vec()).into_response()
        }));
    }
    let representation = view.result_type();
    let body = found.dereferencing(context(representation), names(view));
    Ok(written.tagged(representation, tag, |status| {
        self::written(status, representation.content_type(), &body)
    }))
}

/// Services are redirected to where the client asked for their address, and for the older types, whose clients know
/// nothing else. A DID that has ended leads nowhere any more.
fn redirects(view: View) -> bool {
    view.kind == AnswerKind::Services
        && matches!(
            view.representation,
            Representation::UriList
                | Representation::LegacyDereferencing
                | Representation::LegacyJson
        )
}

fn redirect(found: &FoundVersion, keeping: Keeping) -> Result<Response, Problem> {
    let urls = found.service_urls()?;
    let location = urls.first().map(|url| HeaderValue::from_str(url));
    let Some(Ok(location)) = location else {
        let reason = "the service has no endpoint that can be redirected to";
        return Err(Problem::new(ErrorKind::NotFound, reason));
    };
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, keeping.active.header()),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Sends the client to the DID that the ledger stores under another form: so the DID of a document is always the one
/// that was asked for.
pub(super) fn moved(from: &str, to: &str, address: &str, permanently: StatusCode) -> Response {
    let body = json!({
        "didDocument": null,
        "didResolutionMetadata": {},
        "didDocumentMetadata": {"canonicalId": to, "equivalentId": [from]},
    });
    let Ok(location) = HeaderValue::from_str(address) else {
        let reason = "this form of the DID cannot be written into an address";
        return Problem::new(ErrorKind::InvalidDid, reason).into_response();
    };
    let content_type = HeaderValue::from_static(Representation::Result.content_type());
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, content_type),
        (
            header::CACHE_CONTROL,
            Cache::Seconds(MOVED_SECONDS).header(),
        ),
    ];
    (permanently, headers, axum::Json(body)).into_response()
}

fn context(representation: Representation) -> ResultContext {
    if representation.has_result_context() {
        ResultContext::Included
    } else {
        ResultContext::Absent
    }
}

fn names(view: View) -> ContentNames {
    if view.representation.is_legacy() {
        ContentNames::Stream
    } else {
        ContentNames::Both
    }
}

/// What an answer needs besides its body.
struct Written<'a> {
    ended: bool,
    view: View,
    keeping: Keeping,
    request: &'a HeaderMap,
}

impl Written<'_> {
    fn as_type(
        &self,
        representation: Representation,
        tag: impl std::fmt::Display,
        body: &impl Serialize,
    ) -> Response {
        self.tagged(representation, Some(tag), |status| {
            written(status, representation.content_type(), body)
        })
    }

    fn tagged(
        &self,
        representation: Representation,
        tag: Option<impl std::fmt::Display>,
        response: impl FnOnce(StatusCode) -> Response,
    ) -> Response {
        let status = if self.ended && !self.view.representation.is_legacy() {
            StatusCode::GONE
        } else {
            StatusCode::OK
        };
        let cache = if self.ended {
            self.keeping.ended
        } else {
            self.keeping.active
        };
        // Preconditions are for answers that succeed (RFC 9110, section 13.2.1): an end is told in full every time.
        let tag = tag
            .filter(|_| status == StatusCode::OK)
            .map(|tag| format!("W/\"{}.{tag}\"", representation as u8))
            .and_then(|tag| HeaderValue::from_str(&tag).ok());
        let mut response = match &tag {
            Some(tag) if is_known(self.request, tag) => StatusCode::NOT_MODIFIED.into_response(),
            _ => response(status),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, cache.header());
        if let Some(tag) = tag {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

fn written(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(ANSWER_BYTES);
    if let Err(error) = serde_json::to_writer(&mut bytes, body) {
        tracing::error!(%error, "an answer cannot be written");
        return Problem::new(ErrorKind::InternalError, "the answer cannot be written")
            .into_response();
    }
    (
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))],
        bytes,
    )
        .into_response()
}
