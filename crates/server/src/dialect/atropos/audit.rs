//! `/v1/audit`: what was done for a tenant, and by whom. `docs/audit-log.md` says how to check it offline.

use access::{AccessError, Right};
use audit::{AUDIT_PAGE_MAX, Action, AuditFilter, Entry};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::{AtroposError, NativeProblem};
use super::request::Query;
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;
use crate::http::gate::Room;
use clock::rfc3339_ms;

/// Entries of a page where no limit is given.
const LIMIT: usize = 100;
/// Longest text that is compared with an actor or a subject.
const TEXT_BYTES_MAX: usize = 1024;
/// Pages that may wait for a slow reader.
const PAGES_WAITING_MAX: usize = 2;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditPage {
    /// The oldest first.
    pub entries: Vec<AuditEntry>,
    /// `after` for the page behind this one; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its place in the log, in which other tenants have theirs.
    pub index: u64,
    /// When it was written.
    pub time: String,
    /// The same in Unix milliseconds, as its hash covers it.
    pub time_ms: u64,
    /// Its id, `uj-…`.
    pub id: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// Who did it, such as `api-key:0123abcd` or `user:us-…/to-…`.
    pub actor: String,
    /// What was done, such as `api_key.revoke`.
    pub action: &'static str,
    /// The id of what changed.
    pub subject: String,
    /// What else is worth knowing.
    #[schema(value_type = Object)]
    pub details: serde_json::Map<String, Value>,
    /// The `x-request-id` of the request that did it.
    pub request_id: Option<String>,
    /// From where it came.
    pub address: Option<String>,
    /// The hash of the entry before, in hexadecimal.
    pub previous: String,
    /// The hash of this entry.
    pub hash: String,
}

/// Read the audit log of this account.
#[utoipa::path(
    get, path = "/v1/audit", tag = description::AUDIT,
    params(
        ("after" = Option<u64>, Query, description = "Only entries behind the one with this index."),
        ("limit" = Option<u64>, Query, description = "1 to 1,000 entries, by default 100."),
        ("action" = Option<String>, Query, description = "Only this action, such as `api_key.revoke`."),
        ("actor" = Option<String>, Query, description = "Only this actor; a user without a token means all of them."),
        ("subject" = Option<String>, Query, description = "Only entries about the thing with this id."),
        ("from" = Option<String>, Query, description = "Not before this time (RFC 3339)."),
        ("until" = Option<String>, Query, description = "Before this time (RFC 3339)."),
    ),
    responses(
        (status = 200, description = "The entries, oldest first.", body = AuditPage),
        (status = 400, description = "An unusable parameter.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 503, description = "The store is busy.", body = NativeProblem),
    ),
)]
pub(super) async fn page(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<AuditPage>, AtroposError> {
    caller.require(Right::AuditRead)?;
    let known = [
        "after", "limit", "action", "actor", "subject", "from", "until",
    ];
    let query = Query::read(query.as_deref(), &known)?;
    let Some(filter) = filter(&caller, &query)? else {
        return Ok(Json(AuditPage {
            entries: Vec::new(),
            next: None,
        }));
    };
    let (after, limit) = (query.number("after")?, limit(&query)?);
    let entries = super::blocking(move || app.access.audit().page(&filter, after, limit)).await??;
    let next = (entries.len() == limit)
        .then(|| entries.last().map(|entry| entry.index))
        .flatten();
    Ok(Json(AuditPage {
        entries: entries.into_iter().map(shown).collect(),
        next,
    }))
}

/// Export the audit log, to be checked offline.
///
/// One JSON object a line: the entries of this account in full, and of all others only the hashes that the chain needs.
#[utoipa::path(
    get, path = "/v1/audit/export", tag = description::AUDIT,
    params(("after" = Option<u64>, Query, description = "Only entries behind the one with this index.")),
    responses(
        (status = 200, description = "The whole log up to now.", content_type = "application/x-ndjson"),
        (status = 400, description = "An unusable parameter.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 503, description = "Too much at once.", body = NativeProblem),
    ),
)]
pub(super) async fn export(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, AtroposError> {
    caller.require(Right::AuditRead)?;
    let after = Query::read(query.as_deref(), &["after"])?.number("after")?;
    let place = app.gate.follower()?;
    let until = app.access.audit().head()?.size;
    let (sender, body) = Channel::<Bytes, axum::Error>::new(PAGES_WAITING_MAX);
    let closing = app.gate.closing();
    tokio::spawn(async move {
        tokio::select! {
            () = closing => {}
            () = pump(app, caller, (after, until), sender, place) => {}
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-ndjson"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::new(body)).into_response())
}

/// Writes pages until the end as it was. One that is switched off meanwhile gets no further page; its answer is cut,
/// so that it does not look whole.
async fn pump(
    app: App,
    caller: Caller,
    (mut after, until): (Option<u64>, u64),
    mut sender: Sender<Bytes, axum::Error>,
    _place: Room,
) {
    while after.map_or(0, |after| after.saturating_add(1)) < until {
        let (access, caller) = (app.access.clone(), caller.account.clone());
        let read = tokio::task::spawn_blocking(move || {
            access.recheck(&caller).map_err(axum::Error::new)?;
            let lines = access.audit().lines(Some(&caller.tenant), after);
            lines.map_err(axum::Error::new)
        });
        let lines = match read.await.map_err(axum::Error::new).flatten() {
            Ok(lines) => lines,
            Err(error) => {
                tracing::warn!(%error, "an export of the audit log is cut");
                return sender.abort(error);
            }
        };
        let Some(last) = lines.last else {
            return;
        };
        after = Some(last);
        let mut text = lines.lines.join("\n");
        text.push('\n');
        if sender.send_data(text.into()).await.is_err() {
            return;
        }
    }
}

/// What is wanted, among what belongs to the one who asks; none where nothing can fit.
fn filter(caller: &Caller, query: &Query) -> Result<Option<AuditFilter>, AtroposError> {
    let action = match query.text("action") {
        None => None,
        Some(text) => match Action::parse(text) {
            None => return Ok(None),
            action => action,
        },
    };
    Ok(Some(AuditFilter {
        tenant: Some(caller.account.tenant.clone()),
        action,
        actor: text(query, "actor")?,
        subject: text(query, "subject")?,
        from_ms: moment(query, "from")?,
        until_ms: moment(query, "until")?,
    }))
}

fn text(query: &Query, name: &str) -> Result<Option<String>, AtroposError> {
    match query.text(name) {
        Some(text) if text.len() > TEXT_BYTES_MAX => {
            let reason = format!("{name} has at most {TEXT_BYTES_MAX} bytes");
            Err(AtroposError::malformed(None, reason))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// A time to the millisecond. Before 1970 nothing was written.
fn moment(query: &Query, name: &str) -> Result<Option<u64>, AtroposError> {
    let Some(text) = query.text(name) else {
        return Ok(None);
    };
    let time: Option<Timestamp> = text.parse().ok().filter(|_| text.len() <= 64);
    let time = time.ok_or_else(|| {
        let reason = format!("{name} should be a time such as 2026-01-31T12:00:00Z");
        AtroposError::malformed(None, reason)
    })?;
    Ok(Some(u64::try_from(time.as_millisecond()).unwrap_or(0)))
}

fn limit(query: &Query) -> Result<usize, AtroposError> {
    let limit = query.number("limit")?.map(usize::try_from);
    match limit {
        None => Ok(LIMIT),
        Some(Ok(limit @ 1..=AUDIT_PAGE_MAX)) => Ok(limit),
        Some(_) => {
            let reason = format!("limit should be 1 to {AUDIT_PAGE_MAX}");
            Err(AtroposError::malformed(None, reason))
        }
    }
}

fn shown(entry: Entry) -> AuditEntry {
    AuditEntry {
        index: entry.index,
        time: rfc3339_ms(entry.time_ms),
        time_ms: entry.time_ms,
        id: entry.id.to_string(),
        tenant: entry.tenant.map(|tenant| tenant.to_string()),
        actor: entry.actor.to_string(),
        action: entry.action.as_str(),
        subject: entry.subject,
        details: entry.details,
        request_id: entry.request_id,
        address: entry.address.map(|address| address.to_string()),
        previous: hex::encode(entry.previous),
        hash: hex::encode(entry.hash),
    }
}

impl From<audit::AuditError> for AtroposError {
    fn from(error: audit::AuditError) -> AtroposError {
        AccessError::from(error).into()
    }
}

impl From<AccessError> for AtroposError {
    fn from(error: AccessError) -> AtroposError {
        match error {
            AccessError::Store(store::StoreError::Busy) => {
                AtroposError::Unavailable(error.to_string())
            }
            error => AtroposError::internal(&error),
        }
    }
}
