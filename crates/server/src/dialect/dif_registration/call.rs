//! One request on its way: who sent it, what it carries, and what is known of it for the answer.

use axum::extract::Request;

use super::answer::About;
use super::error::RegistrationError;
use super::members::Members;
use crate::app::App;
use crate::authentication::{self, AuthError, Caller};
use crate::config::RegistrationProfile;
use crate::http::Refusal;
use crate::http::rate::{OfSignatures, Source};
use crate::http::request::{Received, form};
use crate::permit::GivenAction;

/// Options may also come in this header of the Universal Registrar, not here: a signed request commits to its body.
const CONFIG_HEADER: &str = "x-config";
/// Bytes of a text of the request that the answer repeats.
const REPEATED_BYTES_MAX: usize = 256;

/// One request.
pub(super) struct Call<'a> {
    pub(super) app: &'a App,
    /// Who asks; `None` for one who has shown no credential.
    pub(super) caller: Option<Caller>,
    /// Whose failures are counted.
    pub(super) source: Source,
    /// The approval that came with it, if one did.
    pub(super) action: GivenAction,
    /// The method in the query.
    pub(super) method: Option<String>,
}

impl<'a> Call<'a> {
    /// Authenticates the caller, if there is one, and reads the body.
    pub(super) async fn read(
        app: &'a App,
        request: Request,
        about: &mut About,
    ) -> Result<(Call<'a>, Members), RegistrationError> {
        let (parts, body) = request.into_parts();
        if parts.headers.contains_key(CONFIG_HEADER) {
            return Err(RegistrationError::options(
                "the header X-Config is not taken: a signed request commits to its body. Put its members into options",
            ));
        }
        let caller = match authentication::authenticate(app, &parts, None).await {
            Ok(caller) => Some(caller),
            Err(AuthError::Missing) => None,
            Err(asked) => return Err(asked.into()),
        };
        let source = match &caller {
            Some(caller) => Source::caller(&caller.account),
            None => Source::address(authentication::peer_of(&parts.extensions)),
        };
        app.rates.signatures(&source)?;
        let method = method_of(parts.uri.query())?;
        let received = Received::read(&app.gate, Request::from_parts(parts, body)).await?;
        let action = GivenAction::of(&received);
        let members = Members::of(received.json()?, "")?;
        about.did = members.peek_text("did").and_then(repeatable);
        about.job = members.peek_text("jobId").and_then(repeatable);
        let call = Call {
            app,
            caller,
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
    pub(super) fn account(&self) -> Result<Caller, RegistrationError> {
        self.caller.clone().ok_or_else(|| {
            RegistrationError::Refused(Refusal::Unauthorized(
                "keys that are held here sign for their account alone: send x-api-key or Authorization, or sign \
                 yourself with options.clientSecretMode set to true"
                    .into(),
            ))
        })
    }
}

impl OfSignatures for RegistrationError {
    fn is_of_signatures(&self) -> bool {
        matches!(self, RegistrationError::Signatures { .. })
    }
}

fn repeatable(text: &str) -> Option<String> {
    (text.len() <= REPEATED_BYTES_MAX).then(|| text.to_owned())
}

/// `method` in the query, which the Universal Registrar sends along.
fn method_of(query: Option<&str>) -> Result<Option<String>, RegistrationError> {
    let fields = form::parse(query.unwrap_or_default().as_bytes()).map_err(|error| {
        RegistrationError::options(format!("the query cannot be read: {error}"))
    })?;
    match fields.as_slice() {
        [] => Ok(None),
        [(name, value)] if name == "method" => Ok(Some(value.clone())),
        _ => Err(RegistrationError::options(
            "the query takes nothing but method, once; everything else stands in the body",
        )),
    }
}
