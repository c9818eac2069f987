//! `/auth/action/logs`: what was signed, with all that is needed to check the signature again.

use std::collections::HashMap;

use access::{Access, ActionId, Right, Thing};
use audit::{Action, AuditFilter, Entry};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::call::{Call, IdInPath};
use super::error::{AuthProblem, DfnsError};
use crate::app::App;
use crate::http::description;
use crate::http::request::form;
use clock::rfc3339_ms;

/// Entries in one answer.
const ROWS_MAX: usize = 10_000;
/// Entries that are read at a time.
const PAGE: usize = 1000;
const COLUMNS: &str = "date,log id,user id,username,credential id,action path,summary\n";

/// A request that was signed and used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedLog {
    /// The id of the entry: `uj-…`.
    pub id: String,
    /// Method and path.
    pub action: String,
    /// The hash of the entry in the audit log, in hexadecimal.
    pub action_token: String,
    /// Who has signed.
    pub user_id: String,
    /// The name.
    pub username: String,
    /// When it was used.
    pub date_performed: String,
    /// What has signed.
    pub first_factor_credential: SigningCredential,
    /// What the challenge is the hash of, and the rest of the entry.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
}

/// What has signed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SigningCredential {
    /// Its id: `cr-…`.
    pub id: String,
    /// `Key` or `Fido2`.
    pub kind: String,
    /// The public key: DER of its SPKI in base64url.
    pub public_key: String,
    /// The signature.
    pub assertion: LoggedAssertion,
}

/// A signature, in base64url.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoggedAssertion {
    /// Of an authenticator; else empty.
    pub authenticator_data: String,
    /// What the signer said that it signs.
    pub client_data: String,
    /// The signature.
    pub signature: String,
}

/// List the requests that were signed and used, as CSV in a JSON string, or plain for `Accept: text/csv`.
#[utoipa::path(
    get, path = "/auth/action/logs", tag = description::AUTH, security(("Bearer" = [])),
    params(
        ("startTime" = Option<String>, Query, description = "Not before (RFC 3339)."),
        ("endTime" = Option<String>, Query, description = "Before (RFC 3339)."),
        ("userId" = Option<String>, Query, description = "Of this user alone."),
    ),
    responses(
        (status = 200, description = "CSV, at most 10,000 rows.", body = String),
        (status = 400, description = "A parameter cannot be read.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No right to it.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn list(State(app): State<App>, request: Request) -> Result<Response, DfnsError> {
    let call = Call::open(&app, request).await?;
    call.with(Right::AuditRead)?;
    let parts = &call.sent().parts;
    let (mut filter, user) = filter(&parts.uri)?;
    filter.tenant = Some(call.caller.account.tenant.clone());
    let plain = parts
        .headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|accept| accept.to_str().is_ok_and(|text| text.contains("text/csv")));
    let access = app.access.clone();
    let reading = tokio::task::spawn_blocking(move || csv(&access, &filter, user.as_deref()));
    let (csv, whole) = reading
        .await
        .map_err(|error| DfnsError::internal(&error))??;
    let mut response = if plain {
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        ([(header::CONTENT_TYPE, kind)], csv).into_response()
    } else {
        Json(csv).into_response()
    };
    if !whole {
        response
            .headers_mut()
            .insert("x-dfns-result-truncated", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Get one request that was signed and used.
#[utoipa::path(
    get, path = "/auth/action/logs/{id}", tag = description::AUTH, security(("Bearer" = [])),
    params(("id" = String, Path, description = "Its id: `uj-…`.")),
    responses(
        (status = 200, description = "The request, and its signature.", body = SignedLog),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No right to it.", body = AuthProblem),
        (status = 404, description = "There is no such entry.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn read(
    State(app): State<App>,
    path: IdInPath,
    request: Request,
) -> Result<Json<SignedLog>, DfnsError> {
    let call = Call::open(&app, request).await?;
    call.with(Right::AuditRead)?;
    let missing = DfnsError::NotFound(Thing::LogEntry);
    let id = path.ok().and_then(|Path(text)| ActionId::parse(&text));
    let entry = app
        .access
        .audit()
        .entry_with_id(&id.ok_or(missing.clone())?)?;
    let own = |entry: &Entry| {
        entry.tenant.as_ref() == Some(&call.caller.account.tenant)
            && entry.action == Action::UserActionApprove
    };
    let entry = entry.filter(own).ok_or(missing)?;
    let mut names = Names::default();
    let username = names.of(&app.access, &entry)?;
    Ok(Json(shown(entry, username)))
}

fn shown(entry: Entry, username: String) -> SignedLog {
    let text = |name: &str| detail(&entry, name).to_owned();
    SignedLog {
        id: entry.id.to_string(),
        action: format!("{} {}", text("method"), text("path")),
        action_token: hex::encode(entry.hash),
        user_id: text("user"),
        username,
        date_performed: rfc3339_ms(entry.time_ms),
        first_factor_credential: SigningCredential {
            id: entry.subject.clone(),
            kind: text("kind"),
            public_key: text("publicKey"),
            assertion: LoggedAssertion {
                authenticator_data: text("authenticatorData"),
                client_data: text("clientData"),
                signature: text("signature"),
            },
        },
        details: entry.details,
    }
}

fn detail<'e>(entry: &'e Entry, name: &str) -> &'e str {
    entry
        .details
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn filter(uri: &Uri) -> Result<(AuditFilter, Option<String>), DfnsError> {
    let query = uri.query().unwrap_or_default();
    let fields = form::parse(query.as_bytes())
        .map_err(|error| DfnsError::bad_request(format!("the query cannot be read: {error}")))?;
    let mut filter = AuditFilter {
        action: Some(Action::UserActionApprove),
        ..AuditFilter::default()
    };
    let mut user = None;
    for (name, value) in fields {
        let time_ms = || {
            resolver::parse_time_ms(&value).ok_or_else(|| {
                DfnsError::bad_request(format!(
                    "{name} should be a time such as 2026-01-31T12:00:00Z"
                ))
            })
        };
        match name.as_str() {
            "startTime" if filter.from_ms.is_none() => filter.from_ms = Some(time_ms()?),
            "endTime" if filter.until_ms.is_none() => filter.until_ms = Some(time_ms()?),
            "userId" if user.is_none() => user = Some(value),
            _ => {
                let text = "the parameters are startTime, endTime and userId, each once";
                return Err(DfnsError::bad_request(text));
            }
        }
    }
    Ok((filter, user))
}

/// The rows, and whether they are all.
fn csv(
    access: &Access,
    filter: &AuditFilter,
    user: Option<&str>,
) -> Result<(String, bool), DfnsError> {
    let (mut text, mut rows, mut after) = (COLUMNS.to_owned(), 0, None);
    let mut names = Names::default();
    loop {
        let page = access.audit().page(filter, after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok((text, true));
        };
        after = Some(last.index);
        for entry in &page {
            if user.is_some_and(|user| detail(entry, "user") != user) {
                continue;
            }
            if rows == ROWS_MAX {
                text.push_str("# TRUNCATED\n");
                return Ok((text, false));
            }
            rows += 1;
            let username = names.of(access, entry)?;
            row(&mut text, entry, &username);
        }
    }
}

fn row(text: &mut String, entry: &Entry, username: &str) {
    let path = detail(entry, "path");
    let cells = [
        &rfc3339_ms(entry.time_ms),
        entry.id.as_str(),
        detail(entry, "user"),
        username,
        &entry.subject,
        path,
        &format!("{} {path}", detail(entry, "method")),
    ];
    for (at, value) in cells.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        cell(text, value);
    }
    text.push('\n');
}

/// A cell (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe.
fn cell(text: &mut String, value: &str) {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = value.contains([',', '"', '\n', '\r']);
    if quoted {
        text.push('"');
    }
    if formula {
        text.push('\'');
    }
    text.push_str(&value.replace('"', "\"\""));
    if quoted {
        text.push('"');
    }
}

/// Names of users that were looked up.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn of(&mut self, access: &Access, entry: &Entry) -> Result<String, DfnsError> {
        let user = detail(entry, "user");
        if let Some(name) = self.0.get(user) {
            return Ok(name.clone());
        }
        let name = match &entry.tenant {
            Some(tenant) => access.user(tenant, user)?.name,
            None => String::new(),
        };
        self.0.insert(user.to_owned(), name.clone());
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        for (value, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("-1,2", "\"'-1,2\""),
        ] {
            let mut text = String::new();
            cell(&mut text, value);
            assert_eq!(text, expected);
        }
    }
}
