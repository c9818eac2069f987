//! `/v1/status`: is this DID still good, or was it then?

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use did::Did;
use publication::{DidStatus, STATUSES_MAX, StatusAnswer, Undecidable};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{AtroposError, NativeProblem};
use super::receipts::ACTIVE_SECONDS_MAX;
use super::request::{Query, did, json_body, time_ms};
use crate::app::App;
use crate::health::BoundsView;
use crate::http::description;
use crate::http::response::Content;
use crate::http::response::caching::Cache;
use clock::rfc3339_ms;

/// Largest body of `POST /v1/status`, in bytes: 10,000 DIDs with their quotes and commas, and some room.
pub(super) const BODY_BYTES_MAX: usize = 1 << 20;

/// The status of one DID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusEntry {
    /// The DID, in its normal form.
    pub did: String,
    /// What is known of it.
    #[serde(flatten)]
    pub status: StatusKind,
}

/// Active, deactivated, never existed, or not decidable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum StatusKind {
    /// It exists and has not ended.
    Active {
        /// Whether nobody is left who could end it. Told of the present alone.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        frozen: bool,
        /// Controllers that have ended. Told of the present alone.
        #[serde(rename = "endedControllers", skip_serializing_if = "Vec::is_empty")]
        ended_controllers: Vec<String>,
    },
    /// It has ended, for ever.
    Deactivated {
        /// Index of its deactivation in the log.
        #[serde(rename = "logIndex")]
        log_index: u64,
        /// When, by the log's own clock.
        time: String,
    },
    /// There is no such DID, or there was none yet.
    NeverExisted,
    /// Neither can be said.
    Undecidable {
        /// Why, and what would help.
        reason: String,
    },
}

/// The answer about one DID.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusOfOne {
    /// The DID and its status.
    #[serde(flatten)]
    pub status: StatusEntry,
    /// Between which published checkpoints it was found.
    pub checkpoint: BoundsView,
}

/// The answer about many DIDs.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatusOfMany {
    /// In the order of the request.
    pub statuses: Vec<StatusEntry>,
    /// Between which published checkpoints they were found, by network.
    pub checkpoints: BTreeMap<String, BoundsView>,
}

/// DIDs whose status is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StatusRequest {
    /// 1 to 10,000 DIDs.
    pub dids: Vec<String>,
    /// Their status at this time (RFC 3339); now without it.
    pub version_time: Option<String>,
}

/// Get the status of a DID, now or at a time.
///
/// "Undecidable" is an answer: a time may lie between two checkpoints, or in the future. A verifier takes it as a no.
#[utoipa::path(
    get, path = "/v1/status/{did}", tag = description::PROOFS, security(()),
    params(
        ("did" = String, Path, description = "The DID."),
        ("versionTime" = Option<String>, Query, description = "At this time (RFC 3339)."),
    ),
    responses(
        (status = 200, description = "The status.", body = StatusOfOne),
        (status = 400, description = "No DID, or no time.", body = NativeProblem),
        (status = 404, description = "Another network.", body = NativeProblem),
        (status = 503, description = "It cannot be vouched for now.", body = NativeProblem),
    ),
)]
pub(super) async fn one(
    State(app): State<App>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, AtroposError> {
    let did = did(&text)?;
    let at_ms = Query::read(query.as_deref(), &["versionTime"])?.time_ms("versionTime")?;
    let freshness_s = app.publication_settings.freshness_s;
    let answer = super::blocking(move || app.publication.status(&did, at_ms)).await??;
    if let DidStatus::Undecidable(Undecidable::Withheld(withheld)) = &answer.status {
        return Err(AtroposError::Unknown(withheld.to_string()));
    }
    let cache = cache(&answer, freshness_s);
    let body = StatusOfOne {
        status: shown(&answer),
        checkpoint: (&answer.bounds).into(),
    };
    let body = serde_json::to_vec(&body).map_err(|error| AtroposError::internal(&error))?;
    Ok(Content::new("application/json", cache, body).answer(&headers))
}

/// Get the status of many DIDs.
///
/// Who asks for many at once tells the server which they are; the status list of a network tells it nothing.
#[utoipa::path(
    post, path = "/v1/status", tag = description::PROOFS, security(()),
    extensions(("x-body-bytes-max" = json!(BODY_BYTES_MAX))),
    request_body = StatusRequest,
    responses(
        (status = 200, description = "Their statuses, undecidable ones among them.", body = StatusOfMany),
        (status = 400, description = "Not 1 to 10,000 DIDs.", body = NativeProblem),
        (status = 404, description = "Another network.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 503, description = "Too much at once.", body = NativeProblem),
    ),
)]
pub(super) async fn many(
    State(app): State<App>,
    request: Request,
) -> Result<Response, AtroposError> {
    let asked: StatusRequest = json_body(&app, request).await?;
    if asked.dids.is_empty() || asked.dids.len() > STATUSES_MAX {
        let found = asked.dids.len();
        let reason = format!("dids should be a list of 1 to {STATUSES_MAX}, this one has {found}");
        return Err(AtroposError::malformed(None, reason));
    }
    let at_ms = asked
        .version_time
        .map(|text| time_ms("versionTime", &text))
        .transpose()?;
    let dids = (0..).zip(&asked.dids).map(|(position, text)| {
        Did::parse(text).map_err(|error| {
            AtroposError::malformed(Some(position), format!("this is not a DID: {error}"))
        })
    });
    let dids: Vec<Did> = dids.collect::<Result<_, _>>()?;
    let answers = super::blocking(move || app.publication.statuses(&dids, at_ms)).await??;
    let mut body = StatusOfMany {
        statuses: Vec::with_capacity(answers.len()),
        checkpoints: BTreeMap::new(),
    };
    for answer in &answers {
        body.statuses.push(shown(answer));
        let network = answer.did.namespace().unwrap_or_default();
        if !body.checkpoints.contains_key(network) {
            let bounds = (&answer.bounds).into();
            body.checkpoints.insert(network.to_owned(), bounds);
        }
    }
    Ok(Json(body).into_response())
}

fn shown(answer: &StatusAnswer) -> StatusEntry {
    let status = match &answer.status {
        DidStatus::Active {
            frozen,
            deactivated_controllers,
        } => StatusKind::Active {
            frozen: *frozen,
            ended_controllers: deactivated_controllers.iter().map(Did::to_string).collect(),
        },
        DidStatus::Deactivated { log_index, time_ms } => StatusKind::Deactivated {
            log_index: *log_index,
            time: rfc3339_ms(*time_ms),
        },
        DidStatus::NeverExisted => StatusKind::NeverExisted,
        DidStatus::Undecidable(reason) => StatusKind::Undecidable {
            reason: reason.to_string(),
        },
    };
    StatusEntry {
        did: answer.did.to_string(),
        status,
    }
}

/// An end that is published is never taken back; everything else may be overtaken.
fn cache(answer: &StatusAnswer, freshness_s: u64) -> Cache {
    let published = answer.bounds.before.as_ref();
    match &answer.status {
        DidStatus::Deactivated { log_index, .. }
            if published.is_some_and(|checkpoint| checkpoint.size > *log_index) =>
        {
            Cache::Forever
        }
        DidStatus::Active { .. } => Cache::Seconds(freshness_s.min(ACTIVE_SECONDS_MAX)),
        _ => Cache::Seconds(1),
    }
}
