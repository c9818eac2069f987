//! One request on its way: who sent it, what it carries, and what is known of it for the answer.

use axum::extract::Request;
use axum::http::HeaderMap;

use super::answer::About;
use super::fault::{ErrorName, Fault};
use super::members::Members;
use crate::app::App;
use crate::authentication::{self, Asked, Asker};
use crate::config::RegistrationProfile;
use crate::dialect::cheqd_studio::{StudioError, media_type, read_body};
use crate::http::rate::{OfSignatures, Source};
use crate::http::request::form;
use crate::http::request::json;
use crate::permit::GivenAction;

/// Options may also come in this header of the Universal Registrar, not here: a signed request commits to its body.
const CONFIG_HEADER: &str = "x-config";
/// Bytes of a text of the request that the answer repeats.
const REPEATED_BYTES_MAX: usize = 256;

/// One request.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    /// Who asks; `None` for one who has shown no credential.
    pub(super) asker: Option<Asker>,
    /// Whose failures are counted.
    pub(super) source: Source,
    /// The approval that came with it, if one did.
    pub(super) action: GivenAction,
    /// The method in the query.
    pub(super) method: Option<String>,
}

impl<'a> Call<'a> {
    /// Finds out who asks, and reads the body, which has at most so many bytes.
    pub(super) async fn read(
        app: &'a App,
        request: Request,
        bytes_max: usize,
        about: &mut About,
    ) -> Result<(Call<'a>, Members), Fault> {
        let (parts, body) = request.into_parts();
        if parts.headers.contains_key(CONFIG_HEADER) {
            return Err(Fault::options(
                "the header X-Config is not taken: a signed request commits to its body. Put its members into options",
            ));
        }
        let asker = match authentication::ask(app, &parts, None).await {
            Ok(asker) => Some(asker),
            Err(Asked::Missing) => None,
            Err(asked) => return Err(asked.into()),
        };
        let source = match &asker {
            Some(asker) => Source::caller(&asker.caller),
            None => Source::address(authentication::peer_of(&parts.extensions)),
        };
        app.rates.signatures(&source)?;
        let method = method_of(parts.uri.query())?;
        let headers = parts.headers.clone();
        let request = Request::from_parts(parts, body);
        let (action, request) = GivenAction::of(request, bytes_max).await?;
        let body = read_body(request.into_body(), bytes_max).await?;
        let members = members(app, &headers, &body)?;
        about.did = members.peek_text("did").and_then(repeatable);
        about.job = members.peek_text("jobId").and_then(repeatable);
        let call = Call {
            app,
            asker,
            source,
            action,
            method,
        };
        Ok((call, members))
    }

    pub(super) fn profile(&self) -> RegistrationProfile {
        self.app.registration.profile
    }

    /// The account that asks.
    pub(super) fn account(&self) -> Result<Asker, Fault> {
        self.asker.clone().ok_or_else(|| {
            Fault::Shared(StudioError::Unauthorized(
                "keys that are held here sign for their account alone: send x-api-key or Authorization, or sign \
                 yourself with options.clientSecretMode set to true"
                    .into(),
            ))
        })
    }
}

impl OfSignatures for Fault {
    fn is_of_signatures(&self) -> bool {
        matches!(self, Fault::Signatures { .. })
    }
}

fn repeatable(text: &str) -> Option<String> {
    (text.len() <= REPEATED_BYTES_MAX).then(|| text.to_owned())
}

fn members(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Members, Fault> {
    if media_type(headers).as_deref() != Some("application/json") {
        return Err(Fault::Shared(StudioError::Other {
            status: axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            text: "Content-Type should be application/json".into(),
        }));
    }
    let value = json::parse(body, app.limits.json_depth).map_err(|error| Fault::Input {
        name: if error.is_content() {
            ErrorName::InvalidOptions
        } else {
            ErrorName::RepresentationNotSupported
        },
        reason: error.to_string(),
    })?;
    Members::of(value, "")
}

/// `method` in the query, which the Universal Registrar sends along.
fn method_of(query: Option<&str>) -> Result<Option<String>, Fault> {
    let fields = form::parse(query.unwrap_or_default().as_bytes())
        .map_err(|error| Fault::options(format!("the query cannot be read: {error}")))?;
    match fields.as_slice() {
        [] => Ok(None),
        [(name, value)] if name == "method" => Ok(Some(value.clone())),
        _ => Err(Fault::options(
            "the query takes nothing but method, once; everything else stands in the body",
        )),
    }
}
