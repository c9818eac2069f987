//! `POST /v1/operations`: signed messages from anyone.

use axum::Json;
use axum::extract::{Request, State};
use did::{Operation, OperationKind, Proposal};
use ledger::{Committed, Ledger, SUBMISSION_OPERATIONS_MAX};

use super::answer::OperationsAnswer;
use super::error::{AtroposError, NativeProblem};
use super::message;
use crate::app::App;
use crate::authentication;
use crate::http::Refusal;
use crate::http::description;
use crate::http::gate::RESOURCE_BODY_BYTES_MAX;
use crate::http::rate::Source;
use crate::http::request::{Received, form, media_type};
use crate::metrics::Outcome;

/// Submit signed operations.
///
/// Needs no account: the signatures are the authority. One message, or several that are accepted together or not at
/// all. The same submission again gets the same answer.
#[utoipa::path(
    post, path = "/v1/operations", tag = description::NATIVE, security(()),
    extensions(("x-body-bytes-max" = json!(RESOURCE_BODY_BYTES_MAX))),
    params(
        ("type" = Option<String>, Query, description = "Which message, for a body of protocol buffers: \
            `create`, `update`, `deactivate`, `createResource`, or the type URL."),
    ),
    request_body(
        content((serde_json::Value = "application/json"), (Vec<u8> = "application/protobuf")),
        description = "A `MsgCreateDidDoc`, `MsgUpdateDidDoc` or `MsgDeactivateDidDoc` of `cheqd.did.v2`, or a \
            `MsgCreateResource` of `cheqd.resource.v2`, in canonical encoding, or as JSON with `@type`; several as \
            `{\"operations\": [...]}`.",
    ),
    responses(
        (status = 200, description = "On disk and visible.", body = OperationsAnswer),
        (status = 400, description = "Refused; nothing was written.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Neither JSON nor protocol buffers.", body = NativeProblem),
        (status = 429, description = "Too many submissions with missing or invalid signatures.", body = NativeProblem),
        (status = 503, description = "Busy or stopped: send the same again later.", body = NativeProblem),
    ),
)]
pub(super) async fn submit(
    State(app): State<App>,
    request: Request,
) -> Result<Json<OperationsAnswer>, AtroposError> {
    let source = Source::address(authentication::peer_of(request.extensions()));
    app.rates.signatures(&source)?;
    let proposals = read(&app, request).await?;
    let ledger = ledger_of(&app, &proposals)?;
    let kinds: Vec<OperationKind> = proposals
        .iter()
        .map(|proposal| proposal.operation.kind())
        .collect();
    let size_before = ledger.log().map(|log| log.published().size);
    let result = ledger.submit(proposals).await.map_err(AtroposError::from);
    if let Err(AtroposError::Rejected { rejection, .. }) = &result {
        app.rates.failed(&source, rejection);
    }
    let outcome = match &result {
        Ok(committed) if stood_before(committed, size_before) => Outcome::Repeated,
        Ok(_) => Outcome::Committed,
        Err(AtroposError::Unavailable(_) | AtroposError::Unknown(_)) => Outcome::Busy,
        Err(AtroposError::Internal) => Outcome::Failed,
        Err(_) => Outcome::Refused,
    };
    kinds
        .into_iter()
        .for_each(|kind| app.metrics.operation(kind, outcome));
    let operations = result?.into_iter().map(Into::into).collect();
    Ok(Json(OperationsAnswer {
        operations,
        checkpoint: ledger.log().map(|log| log.published().checkpoint.clone()),
    }))
}

/// Whether all of it stood in the log already; of what others keep that is not known.
fn stood_before(committed: &[Committed], size_before: Option<u64>) -> bool {
    size_before.is_some_and(|size| {
        let entries = committed.iter().map(|one| one.location.entry());
        entries.flatten().all(|entry| entry.index < size)
    })
}

async fn read(app: &App, request: Request) -> Result<Vec<Proposal>, AtroposError> {
    let received = Received::read(&app.gate, request).await?;
    let usual = app.limits.body_bytes;
    let (query, body) = (received.parts.uri.query(), &received.body);
    match media_type(&received.parts.headers).as_deref() {
        Some("application/json") => {
            no_query(query)?;
            let says_so = |text: &str| text.contains("MsgCreateResource");
            if body.len() > usual && !std::str::from_utf8(body).is_ok_and(says_so) {
                return Err(too_long(usual));
            }
            message::proposals(received.any_json()?, SUBMISSION_OPERATIONS_MAX)
        }
        Some("application/protobuf" | "application/x-protobuf" | "application/octet-stream") => {
            let kind = kind_of_query(query)?;
            if body.len() > usual && kind != OperationKind::CreateResource {
                return Err(too_long(usual));
            }
            let operation = Operation::decode(kind, body);
            let operation = operation.map_err(|rejection| AtroposError::Rejected {
                position: 0,
                rejection,
            })?;
            Ok(vec![operation.into()])
        }
        _ => Err(Refusal::MediaType("application/json or application/protobuf").into()),
    }
}

/// Longer than what carries no resource may be.
fn too_long(bytes_max: usize) -> AtroposError {
    Refusal::TooLong { bytes_max }.into()
}

fn no_query(query: Option<&str>) -> Result<(), AtroposError> {
    match query {
        None | Some("") => Ok(()),
        Some(_) => Err(AtroposError::malformed(
            None,
            "a JSON body says its type itself; leave the query out",
        )),
    }
}

fn kind_of_query(query: Option<&str>) -> Result<OperationKind, AtroposError> {
    let wrong = || {
        AtroposError::malformed(
            None,
            "the query should be type=create, type=update, type=deactivate or type=createResource",
        )
    };
    let fields = form::parse(query.unwrap_or_default().as_bytes()).map_err(|_| wrong())?;
    match fields.as_slice() {
        [(name, value)] if name == "type" => message::kind_of(value).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

/// All operations of a submission are for one network: they share a log, or they could not be accepted together.
fn ledger_of<'a>(app: &'a App, proposals: &[Proposal]) -> Result<&'a dyn Ledger, AtroposError> {
    let mut chosen: Option<&dyn Ledger> = None;
    for (position, proposal) in proposals.iter().enumerate() {
        let ledger = app.networks.of(proposal.operation.did());
        let ledger =
            ledger.map_err(|error| AtroposError::malformed(Some(position), error.to_string()))?;
        if chosen.is_some_and(|chosen| chosen.namespace() != ledger.namespace()) {
            let reason = "all operations of a submission should be for one network";
            return Err(AtroposError::malformed(Some(position), reason));
        }
        chosen = Some(ledger);
    }
    chosen.ok_or_else(|| AtroposError::malformed(None, "the request holds no operation"))
}
