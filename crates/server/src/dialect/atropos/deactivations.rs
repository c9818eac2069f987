//! `/v1/deactivations`: what an end would take, and the end of many DIDs at once.

use access::Right;
use axum::Json;
use axum::extract::{Path, Request, State};
use did::{Did, DocumentJson, OperationKind, proto};
use ledger::ResourceMetadata;
use registrar::{
    BoundScope, Deactivate, DeactivatedBy, Holder, Need, NeededFor, Outlook, PLANNED_RESOURCES_MAX,
    PlannedDeactivation, PlannedKey, SigningKeys,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::error::{AtroposError, NativeProblem};
use super::request::{did, json_body, json_request};
use crate::app::App;
use crate::authentication::Caller;
use crate::http::description;
use crate::http::rate::Source;
use crate::metrics::Outcome;
use crate::permit::{GivenAction, Permits};

/// DIDs that one request ends.
pub const AT_ONCE_MAX: usize = 100;

/// The DID whose end is planned.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The DID.
    pub did: String,
}

/// What the end of a DID would take. Nothing was changed and nothing was signed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivationPlan {
    /// The DID.
    pub did: String,
    /// `ready` (all keys are held here), `needsOthers`, `signerWithoutKey`, `frozen` or `ended`.
    pub outlook: &'static str,
    /// Why nobody can end it, where it is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Every key that must sign.
    pub required: Vec<RequiredKey>,
    /// Other DIDs of which one key must sign.
    pub any_of: Vec<RequiredSigner>,
    /// Signer DIDs that have ended and are not asked for.
    pub ended_signers: Vec<String>,
    /// The DIDs besides its own that its document names as controllers, of itself or of a method.
    pub external_controllers: Vec<String>,
    /// Where holders of missing keys could be asked: services in documents of the DIDs that speak for them.
    pub services: Vec<ServicesOf>,
    /// The active DIDs that name it as a controller: once it has ended they cannot be updated with it, and go on
    /// without it to their own end.
    pub controls: Vec<String>,
    /// Whether there may be more of them.
    pub controls_more: bool,
    /// Its newest resources, as DID URLs: they stay readable, and no more can join them.
    pub resources: Vec<String>,
    /// Whether there may be more of them.
    pub resources_more: bool,
}

/// A key that must sign.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequiredKey {
    /// The id of its method.
    pub method: String,
    /// `Ed25519`, `P-256`, `P-384`, `P-521` or `RSA`.
    pub algorithm: String,
    /// The public key in hexadecimal.
    pub public_key_hex: String,
    /// Whether this account holds it.
    pub held: bool,
    /// The DIDs that speak for it, where it is not held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ask: Vec<String>,
}

/// A DID of which one key must sign.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequiredSigner {
    /// The DID.
    pub did: String,
    /// Its keys, of which one is enough. Without one it must get a key first.
    pub keys: Vec<RequiredKey>,
}

/// The services of a DID.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServicesOf {
    /// The DID.
    pub did: String,
    /// Its services, as in its document.
    #[schema(value_type = Vec<Object>)]
    pub services: Value,
}

/// DIDs to be ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeactivationsRequest {
    /// The DIDs, 1 to 100, each once. Every key that is needed must be held here.
    pub dids: Vec<String>,
}

/// What became of each.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeactivationsAnswer {
    /// One for each DID, in the order of the request.
    pub results: Vec<DeactivationResult>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivationResult {
    /// The DID, as it was sent.
    pub did: String,
    /// `deactivated`, `deactivatedBefore`, or `refused`.
    pub outcome: &'static str,
    /// Its last version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// Why it was refused; nothing was written for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<NativeProblem>,
}

/// The DIDs of this account that could not end without a key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeededForAnswer {
    /// The key.
    pub kid: String,
    /// The DIDs, the oldest first.
    pub dids: Vec<NeededForDid>,
    /// Whether there may be more of them.
    pub may_be_more: bool,
}

/// A DID that needs a key to end.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeededForDid {
    /// The DID.
    pub did: String,
    /// The methods under which the key would sign.
    pub methods: Vec<String>,
    /// How many keys could sign in its place, itself included: with 1 the DID can never end without it.
    pub one_of: usize,
}

/// Plan the end of a DID: who must sign, which keys are missing, and what hangs on it.
#[utoipa::path(
    post, path = "/v1/deactivations/plan", tag = description::NATIVE,
    request_body = PlanRequest,
    responses(
        (status = 200, description = "The plan. Nothing was changed.", body = DeactivationPlan),
        (status = 400, description = "No DID.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "No such DID or network.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(super) async fn plan(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<DeactivationPlan>, AtroposError> {
    caller.require(Right::DidsRead)?;
    let asked: PlanRequest = json_body(&app, request).await?;
    let did = did(&asked.did)?;
    let (registrar, tenant) = (app.registrar.clone(), caller.tenant().to_owned());
    let plan = super::blocking(move || registrar.plan_deactivation(&tenant, &did)).await??;
    Ok(Json(DeactivationPlan::of(plan)?))
}

/// End many DIDs at once, each by itself: one that is refused keeps no other from its end.
///
/// Every key that is needed must be held here. Where the tenant demands it, a person approves the request as a whole
/// (`X-DFNS-USERACTION`).
#[utoipa::path(
    post, path = "/v1/deactivations", tag = description::NATIVE,
    request_body = DeactivationsRequest,
    responses(
        (status = 200, description = "What became of each.", body = DeactivationsAnswer),
        (status = 400, description = "No list of DIDs. Nothing was done.", body = NativeProblem),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 413, description = "The body is too long.", body = NativeProblem),
        (status = 415, description = "Not JSON.", body = NativeProblem),
        (status = 429, description = "Too many requests, or too many incomplete sets.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(super) async fn many(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<DeactivationsAnswer>, AtroposError> {
    caller.require(Right::DidsDeactivate)?;
    let received = json_request(&app, request).await?;
    let DeactivationsRequest { dids: texts } = received.typed()?;
    let dids = all_different(&texts)?;
    let permits = Permits::with(&app, &caller, GivenAction::of(&received));
    let mut results = Vec::with_capacity(dids.len());
    for (text, did) in texts.into_iter().zip(dids) {
        let result = end(&app, &caller, did, &permits).await;
        results.push(DeactivationResult::of(text, result));
    }
    Ok(Json(DeactivationsAnswer { results }))
}

/// List the DIDs of this account that could not be ended without a key: to be asked before the key is given up.
#[utoipa::path(
    get, path = "/v1/held-keys/{kid}/needed-for", tag = description::NATIVE,
    params(("kid" = String, Path, description = "The public key in hexadecimal.")),
    responses(
        (status = 200, description = "The DIDs that need it.", body = NeededForAnswer),
        (status = 401, description = "No credential, or none that is accepted.", body = NativeProblem),
        (status = 403, description = "The credential lacks the permission for it.", body = NativeProblem),
        (status = 404, description = "This account holds no such key.", body = NativeProblem),
        (status = 429, description = "Too many requests.", body = NativeProblem),
        (status = 503, description = "Too much is going on.", body = NativeProblem),
    ),
)]
pub(super) async fn needed_for(
    State(app): State<App>,
    caller: Caller,
    Path(kid): Path<String>,
) -> Result<Json<NeededForAnswer>, AtroposError> {
    caller.require(Right::DidsRead)?;
    caller.require(Right::KeysRead)?;
    let (registrar, tenant) = (app.registrar.clone(), caller.tenant().to_owned());
    let needed = {
        let kid = kid.clone();
        super::blocking(move || registrar.needed_for(&tenant, &kid)).await??
    };
    Ok(Json(NeededForAnswer::of(kid, needed)))
}

async fn end(
    app: &App,
    caller: &Caller,
    did: Did,
    permits: &Permits,
) -> Result<registrar::Deactivated, AtroposError> {
    let source = Source::caller(&caller.account);
    app.rates.signatures(&source)?;
    let request = Deactivate {
        did,
        keys: SigningKeys::AllCustodial,
        scope: BoundScope::default(),
    };
    let ended = app
        .registrar
        .deactivate(caller.tenant(), request, permits.one())
        .await
        .inspect_err(|error| app.rates.failed(&source, error))
        .map_err(AtroposError::from);
    let outcome = match &ended {
        Ok(ended) if ended.deactivated_by == DeactivatedBy::EarlierRequest => Outcome::Repeated,
        Ok(_) => Outcome::Committed,
        Err(AtroposError::Unavailable(_) | AtroposError::Unknown(_)) => Outcome::Busy,
        Err(AtroposError::Internal) => Outcome::Failed,
        Err(_) => Outcome::Refused,
    };
    app.metrics.operation(OperationKind::Deactivate, outcome);
    ended
}

fn all_different(texts: &[String]) -> Result<Vec<Did>, AtroposError> {
    if !(1..=AT_ONCE_MAX).contains(&texts.len()) {
        let reason = format!(
            "dids should be 1 to {AT_ONCE_MAX} DIDs, these are {}",
            texts.len()
        );
        return Err(AtroposError::malformed(None, reason));
    }
    let mut dids: Vec<Did> = Vec::with_capacity(texts.len());
    for (position, text) in texts.iter().enumerate() {
        let did = Did::parse(text).map_err(|error| {
            AtroposError::malformed(Some(position), format!("this is not a DID: {error}"))
        })?;
        if dids.contains(&did) {
            let reason = format!("{did} is named twice");
            return Err(AtroposError::malformed(Some(position), reason));
        }
        dids.push(did);
    }
    Ok(dids)
}

impl DeactivationPlan {
    fn of(plan: PlannedDeactivation) -> Result<DeactivationPlan, AtroposError> {
        let (outlook, reason) = match plan.outlook {
            Outlook::Ready => ("ready", None),
            Outlook::NeedsOthers => ("needsOthers", None),
            Outlook::SignerWithoutKey => ("signerWithoutKey", None),
            Outlook::Frozen { reason } => ("frozen", Some(reason)),
            Outlook::Deactivated => ("ended", None),
        };
        let services = plan.services.iter().map(|(did, services)| {
            let services = services_json(services)?;
            let did = did.to_string();
            Ok(ServicesOf { did, services })
        });
        let signers = plan.signers.into_iter().map(|signer| RequiredSigner {
            did: signer.did.to_string(),
            keys: signer.keys.into_iter().map(RequiredKey::of).collect(),
        });
        Ok(DeactivationPlan {
            did: plan.did.to_string(),
            outlook,
            reason,
            services: services.collect::<Result<_, AtroposError>>()?,
            required: plan.keys.into_iter().map(RequiredKey::of).collect(),
            any_of: signers.collect(),
            ended_signers: texts(&plan.deactivated),
            external_controllers: texts(&plan.controllers),
            controls: texts(&plan.named_by.dids),
            controls_more: plan.named_by.may_be_more,
            resources_more: plan.resources.len() == PLANNED_RESOURCES_MAX,
            resources: plan.resources.iter().map(url_of).collect(),
        })
    }
}

impl RequiredKey {
    fn of(planned: PlannedKey) -> RequiredKey {
        let (held, ask) = match planned.holder {
            Holder::Custodial => (true, Vec::new()),
            Holder::External { ask } => (false, texts(&ask)),
        };
        RequiredKey {
            method: planned.method.to_string(),
            algorithm: planned.key.algorithm().as_str().to_owned(),
            public_key_hex: planned.key.to_hex(),
            held,
            ask,
        }
    }
}

impl DeactivationResult {
    fn of(did: String, result: Result<registrar::Deactivated, AtroposError>) -> DeactivationResult {
        match result {
            Ok(ended) => DeactivationResult {
                did,
                outcome: match ended.deactivated_by {
                    DeactivatedBy::ThisRequest => "deactivated",
                    DeactivatedBy::EarlierRequest => "deactivatedBefore",
                },
                version_id: Some(ended.version_id),
                problem: None,
            },
            Err(error) => DeactivationResult {
                did,
                outcome: "refused",
                version_id: None,
                problem: Some(error.problem()),
            },
        }
    }
}

impl NeededForAnswer {
    fn of(kid: String, needed: NeededFor) -> NeededForAnswer {
        let dids = needed.dids.into_iter().map(|one| NeededForDid {
            did: one.did.to_string(),
            methods: one.methods.iter().map(ToString::to_string).collect(),
            one_of: match one.need {
                Need::Always => 1,
                Need::OneOf { keys } => keys,
            },
        });
        NeededForAnswer {
            kid,
            dids: dids.collect(),
            may_be_more: needed.may_be_more,
        }
    }
}

fn url_of(resource: &ResourceMetadata) -> String {
    format!("{}/resources/{}", resource.did, resource.header.id)
}

fn texts(dids: &[Did]) -> Vec<String> {
    dids.iter().map(Did::to_string).collect()
}

/// The services as the JSON form of a document has them.
fn services_json(services: &[proto::Service]) -> Result<Value, AtroposError> {
    let document = proto::DidDoc {
        service: services.to_vec(),
        ..proto::DidDoc::default()
    };
    let shown = serde_json::to_value(DocumentJson(&document));
    let mut shown = shown.map_err(|error| AtroposError::internal(&error))?;
    Ok(shown["service"].take())
}
