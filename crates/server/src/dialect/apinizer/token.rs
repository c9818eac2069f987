//! Tokens for a username and password: OAuth 2.0 client credentials (RFC 6749, section 4.4).

use access::CLIENT_TOKEN_SECONDS;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::error::{ApinizerError, ApiopsProblem};
use crate::app::App;
use crate::authentication::AuthError;
use crate::authentication::authenticate_password;
use crate::http::Refusal;
use crate::http::description;
use crate::http::request::{Received, form, media_type};

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";
/// Longest form, in bytes.
const FORM_BYTES_MAX: usize = 8 << 10;

/// What is sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is read field by field")]
pub struct TokenForm {
    /// `client_credentials`.
    grant_type: String,
    /// Username of the credential.
    client_id: String,
    /// Its password.
    #[schema(format = Password)]
    client_secret: String,
}

/// A token.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    /// To be sent as `Authorization: Bearer …`. Opaque, and shown this once.
    #[schema(value_type = String)]
    pub access_token: Shown,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds until it counts no more.
    pub expires_in: u64,
}

/// A secret on its way out; wiped when dropped.
pub struct Shown(Zeroizing<String>);

impl Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Get a token for a credential's username and password.
///
/// It ends by itself, and with the credential: when that is disabled, deleted, or gets another password.
#[utoipa::path(
    post, path = "/apiops/auth/token", tag = description::CREDENTIALS, security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token.", body = TokenAnswer),
        (status = 400, description = "Another grant type, or fields are missing.", body = ApiopsProblem),
        (status = 401, description = "No credential has these, or it may not be used.", body = ApiopsProblem),
        (status = 415, description = "Not a form.", body = ApiopsProblem),
        (status = 429, description = "Too many failures.", body = ApiopsProblem),
        (status = 500, description = "A fault of this server.", body = ApiopsProblem),
        (status = 503, description = "Nothing was done: try again.", body = ApiopsProblem),
    ),
)]
pub(super) async fn token(
    State(app): State<App>,
    request: Request,
) -> Result<Json<TokenAnswer>, ApinizerError> {
    if media_type(request.headers()).as_deref() != Some(FORM) {
        return Err(Refusal::MediaType(FORM).into());
    }
    let received = Received::read_up_to(FORM_BYTES_MAX, &app.gate, request).await?;
    let [grant_type, client_id, client_secret] = fields(&received.body)?;
    if grant_type.as_str() != "client_credentials" {
        return Err(ApinizerError::UnsupportedGrantType);
    }
    let caller = authenticate_password(&app, &received.parts, &client_id, &client_secret).await;
    let caller = caller.map_err(|asked| match ApinizerError::from(asked) {
        ApinizerError::InvalidToken => ApinizerError::BadCredentials,
        error => error,
    })?;
    // What was good a moment ago may be gone.
    app.access
        .recheck(&caller.account)
        .map_err(|denied| match AuthError::from(denied).into() {
            ApinizerError::InvalidToken => ApinizerError::BadCredentials,
            error => error,
        })?;
    let token = app
        .access
        .issue_client_token(&caller.account, &caller.by)
        .await;
    let token = token.map_err(|error| match error {
        access::ClientError::NoSuchClient(_) => ApinizerError::BadCredentials,
        error => error.into(),
    })?;
    Ok(Json(TokenAnswer {
        access_token: Shown(Zeroizing::new(token.reveal().to_owned())),
        token_type: "Bearer",
        expires_in: CLIENT_TOKEN_SECONDS,
    }))
}

/// The three fields, each once; others are ignored.
fn fields(body: &[u8]) -> Result<[Zeroizing<String>; 3], ApinizerError> {
    let mut list: Vec<(String, Zeroizing<String>)> = form::parse(body)
        .map_err(|error| ApinizerError::bad_request(error.to_string()))?
        .into_iter()
        .map(|(name, value)| (name, Zeroizing::new(value)))
        .collect();
    let mut take = |wanted: &str| {
        let at = list.iter().position(|(name, _)| name == wanted);
        let at = at.ok_or_else(|| ApinizerError::BadRequest(format!("{wanted} is missing")))?;
        let (_, value) = list.swap_remove(at);
        if list.iter().any(|(name, _)| name == wanted) {
            return Err(ApinizerError::BadRequest(format!(
                "{wanted} is given twice"
            )));
        }
        Ok(value)
    };
    Ok([
        take("grant_type")?,
        take("client_id")?,
        take("client_secret")?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_stands_once() {
        let read = fields(b"scope=x&client_secret=s%26&grant_type=client_credentials&client_id=a")
            .unwrap();
        assert_eq!(
            read.each_ref().map(|field| field.as_str()),
            ["client_credentials", "a", "s&"]
        );
        for (body, text) in [
            ("client_id=a&client_secret=s", "grant_type is missing"),
            ("grant_type=x&client_id=a", "client_secret is missing"),
            (
                "grant_type=x&client_id=a&client_id=a&client_secret=s",
                "client_id is given twice",
            ),
        ] {
            assert_eq!(
                fields(body.as_bytes()).unwrap_err(),
                ApinizerError::BadRequest(text.into())
            );
        }
    }
}
