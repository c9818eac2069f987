//! What the account does to whose tenant a ceremony belongs.

use access::Right;
use audit::Action;
use axum::Json;
use axum::extract::{Path, RawQuery, Request, State};
use registrar::ceremony::{Ceremony, CeremonyAccess, LIST_MAX, Listing};

use super::requests::{HeldRequest, RefusalRequest, offered};
use super::shown::{CeremonyList, ShownCeremony, SignedStatement};
use super::{check_rights, counted, file_of, id, owner, record};
use crate::app::App;
use crate::authentication::Caller;
use crate::dialect::atropos::error::{AtroposError, NativeProblem};
use crate::dialect::atropos::request::{Query, did, json_body, json_request};
use crate::http::description;
use crate::http::rate::Source;
use crate::permit::{GivenAction, permit_with};
use crate::statement::{SignatureFile, StatementFile};

/// List ceremonies, those that are over too.
#[utoipa::path(
    get, path = "/v1/ceremonies", tag = description::CEREMONIES,
    params(
        ("did" = Option<String>, Query, description = "Only those about this DID."),
        ("after" = Option<String>, Query, description = "Only those after this one: `next` of the page before."),
        ("limit" = Option<u64>, Query, description = "At most so many, up to 100."),
    ),
    responses(
        (status = 200, description = "The newest first.", body = CeremonyList),
        (status = 400, description = "Unusable parameters.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "`after` is none of them.", body = NativeProblem),
        (status = 429, description = "Too many requests.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn list(
    State(app): State<App>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<CeremonyList>, AtroposError> {
    caller.require(Right::DidsRead)?;
    let query = Query::read(query.as_deref(), &["did", "after", "limit"])?;
    let limit = match query.number("limit")? {
        None => LIST_MAX,
        Some(limit) => u32::try_from(limit)
            .ok()
            .filter(|limit| (1..=LIST_MAX).contains(limit))
            .ok_or_else(|| {
                AtroposError::malformed(None, format!("limit should be 1 to {LIST_MAX}"))
            })?,
    };
    let listing = Listing {
        did: query.text("did").map(did).transpose()?,
        after: query.text("after").map(id).transpose()?,
        limit,
    };
    let tenant = caller.tenant().to_owned();
    let ceremonies = app.registrar.ceremonies();
    let found =
        crate::dialect::atropos::blocking(move || ceremonies.list(&tenant, &listing)).await??;
    let full = found.len() == limit as usize;
    let next = found
        .last()
        .filter(|_| full)
        .map(|last| last.id.to_string());
    let ceremonies = found.into_iter().map(Into::into).collect();
    Ok(Json(CeremonyList { ceremonies, next }))
}

struct Mine {
    owner: registrar::ceremony::Owner,
    id: registrar::ceremony::CeremonyId,
}

impl Mine {
    fn of(caller: &Caller, text: &str) -> Result<Mine, AtroposError> {
        Ok(Mine {
            owner: owner(caller),
            id: id(text)?,
        })
    }

    fn via(&self) -> CeremonyAccess<'_> {
        CeremonyAccess::Owner {
            owner: &self.owner,
            id: &self.id,
        }
    }

    /// The ceremony, for one who may take part in what it does.
    fn read(&self, app: &App, caller: &Caller) -> Result<Ceremony, AtroposError> {
        caller.require(Right::DidsRead)?;
        let ceremony = app.registrar.ceremonies().read(self.via())?;
        check_rights(caller, &ceremony)?;
        Ok(ceremony)
    }
}

/// Get a ceremony: who has signed, and who has not.
#[utoipa::path(
    get, path = "/v1/ceremonies/{id}", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    responses(
        (status = 200, description = "The ceremony as it stands now.", body = ShownCeremony),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<ShownCeremony>, AtroposError> {
    caller.require(Right::DidsRead)?;
    let mine = Mine::of(&caller, &text)?;
    Ok(Json(app.registrar.ceremonies().read(mine.via())?.into()))
}

/// Get the statement as a file that `atropos sign` checks and signs without any server.
#[utoipa::path(
    get, path = "/v1/ceremonies/{id}/statement", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    responses(
        (status = 200, description = "The file.", body = StatementFile),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn statement(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<StatementFile>, AtroposError> {
    caller.require(Right::DidsRead)?;
    let mine = Mine::of(&caller, &text)?;
    let ceremony = app.registrar.ceremonies().read(mine.via())?;
    Ok(Json(file_of(&app, &ceremony)?))
}

/// Hand in signatures.
///
/// All of them are taken, or none. Each is verified now; strangers are refused. The same again is in order.
#[utoipa::path(
    post, path = "/v1/ceremonies/{id}/signatures", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    request_body = SignatureFile,
    responses(
        (status = 200, description = "They are taken.", body = ShownCeremony),
        (status = 400, description = "A signature that does not verify, or has no place here.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "The ceremony is over.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn sign(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let mine = Mine::of(&caller, &text)?;
    mine.read(&app, &caller)?;
    let source = Source::caller(&caller.account);
    app.rates.signatures(&source)?;
    let file: SignatureFile = json_body(&app, request).await?;
    let offered = offered(file, &mine.id)?;
    let signed = app.registrar.ceremonies().sign(mine.via(), offered).await;
    let signed = signed.inspect_err(|error| app.rates.failed(&source, error))?;
    Ok(Json(signed.into()))
}

/// Say that the holder of a slot does not want to sign. A signature of it replaces that.
#[utoipa::path(
    post, path = "/v1/ceremonies/{id}/refusals", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    request_body = RefusalRequest,
    responses(
        (status = 200, description = "It is noted.", body = ShownCeremony),
        (status = 400, description = "No such slot, or one that is signed, or no reason.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "The ceremony is over.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn refuse(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let mine = Mine::of(&caller, &text)?;
    mine.read(&app, &caller)?;
    let RefusalRequest { slot, reason } = json_body(&app, request).await?;
    let ceremonies = app.registrar.ceremonies();
    let refused = ceremonies.refuse(mine.via(), slot, reason).await?;
    record(&app, &caller.by, Action::CeremonyRefuse, &refused).await?;
    Ok(Json(refused.into()))
}

/// Let keys that are held here sign.
///
/// Where the tenant demands it, a person approves an end: this very request is announced and signed first
/// (`X-DFNS-USERACTION`).
#[utoipa::path(
    post, path = "/v1/ceremonies/{id}/held-signatures", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    request_body = HeldRequest,
    responses(
        (status = 200, description = "They have signed.", body = ShownCeremony),
        (status = 400, description = "No open slot has such a key.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "The ceremony is over.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn sign_held(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
    request: Request,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let mine = Mine::of(&caller, &text)?;
    mine.read(&app, &caller)?;
    let received = json_request(&app, request).await?;
    let asked: HeldRequest = received.typed()?;
    let permit = permit_with(&app, &caller, GivenAction::of(&received));
    let ceremonies = app.registrar.ceremonies();
    let signed = ceremonies
        .sign_custodial(caller.tenant(), &mine.id, asked.into_keys(), permit)
        .await?;
    Ok(Json(signed.into()))
}

/// Submit what everybody has signed. The same again gets the same answer.
#[utoipa::path(
    post, path = "/v1/ceremonies/{id}/commit", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    responses(
        (status = 200, description = "It is in the log.", body = ShownCeremony),
        (status = 400, description = "Not everybody has signed, or the rules refuse it.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "It is over otherwise, or in its cooling period.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn commit(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let mine = Mine::of(&caller, &text)?;
    let before = mine.read(&app, &caller)?;
    let result = app.registrar.ceremonies().commit(mine.via()).await;
    counted(&app, &before, &result);
    let committed = result?;
    if before.state.is_open() {
        record(&app, &caller.by, Action::CeremonyCommit, &committed).await?;
    }
    Ok(Json(committed.into()))
}

/// Call a ceremony off. Its signatures are deleted.
#[utoipa::path(
    post, path = "/v1/ceremonies/{id}/cancel", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    responses(
        (status = 200, description = "It is called off.", body = ShownCeremony),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "It is over otherwise.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<ShownCeremony>, AtroposError> {
    let mine = Mine::of(&caller, &text)?;
    let before = mine.read(&app, &caller)?;
    let cancelled = app.registrar.ceremonies().cancel(mine.via()).await?;
    if before.state.is_open() {
        record(&app, &caller.by, Action::CeremonyCancel, &cancelled).await?;
    }
    Ok(Json(cancelled.into()))
}

/// Take the signed message of a `preSigned` ceremony away, to submit it later with `POST /v1/operations`.
///
/// Keep it as safe as the keys: whoever has it can end the DID. An update of the DID may void it, as its scope
/// says.
#[utoipa::path(
    get, path = "/v1/ceremonies/{id}/export", tag = description::CEREMONIES,
    params(("id" = String, Path, description = "The ceremony.")),
    responses(
        (status = 200, description = "The signed message.", body = SignedStatement),
        (status = 400, description = "Not everybody has signed, or it is not `preSigned`.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account has no such ceremony.", body = NativeProblem),
        (status = 409, description = "The ceremony is over, or in its cooling period.", body = NativeProblem),
        (status = 429, description = "Too many requests, or wrong signatures.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(in crate::dialect::atropos) async fn export(
    State(app): State<App>,
    caller: Caller,
    Path(text): Path<String>,
) -> Result<Json<SignedStatement>, AtroposError> {
    let mine = Mine::of(&caller, &text)?;
    let ceremony = mine.read(&app, &caller)?;
    let exported = app.registrar.ceremonies().export(&mine.owner, &mine.id)?;
    record(&app, &caller.by, Action::CeremonyExport, &ceremony).await?;
    Ok(Json(SignedStatement::of(&ceremony.did, exported)))
}
