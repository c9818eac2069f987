//! `/v1/ceremonies`: signatures of several holders, collected over time. Described in `docs/ceremonies.md`.

mod error;
mod holders;
mod links;
mod owners;
mod requests;
mod shown;
mod start;

use access::{Right, TenantId};
use audit::{Action, Attribution, Event};
use did::{Document, OperationKind, Status};
use registrar::ceremony::{Ceremony, CeremonyError, CeremonyId, Owner, State};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::AtroposError;
use crate::app::App;
use crate::authentication::Caller;
use crate::metrics::Outcome;
use crate::statement::StatementFile;

/// The routes of this part.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start::start, owners::list))
        .routes(routes!(owners::read))
        .routes(routes!(owners::statement))
        .routes(routes!(owners::sign))
        .routes(routes!(owners::refuse))
        .routes(routes!(owners::sign_held))
        .routes(routes!(owners::commit))
        .routes(routes!(owners::cancel))
        .routes(routes!(owners::export))
        .routes(routes!(links::make, links::list))
        .routes(routes!(links::revoke))
        .routes(routes!(holders::read))
        .routes(routes!(holders::statement))
        .routes(routes!(holders::sign))
        .routes(routes!(holders::refuse))
        .routes(routes!(holders::commit))
        .routes(routes!(holders::cancel))
}

/// The ceremony in a path.
fn id(text: &str) -> Result<CeremonyId, AtroposError> {
    CeremonyId::parse(text).ok_or_else(|| CeremonyError::NotFound.into())
}

fn owner(caller: &Caller) -> Owner {
    Owner::Tenant(caller.tenant().to_owned())
}

/// The rights that one needs to take part in what a ceremony does, as for doing it at once.
fn check_rights(caller: &Caller, ceremony: &Ceremony) -> Result<(), AtroposError> {
    for statement in &ceremony.statements {
        caller.require(right_of(statement.kind))?;
    }
    Ok(())
}

fn right_of(kind: OperationKind) -> Right {
    match kind {
        OperationKind::Create => Right::DidsCreate,
        OperationKind::Update => Right::DidsUpdate,
        OperationKind::Deactivate => Right::DidsDeactivate,
        OperationKind::CreateResource => Right::ResourcesCreate,
    }
}

/// Puts on record what somebody has done with a ceremony.
async fn record(
    app: &App,
    by: &Attribution,
    action: Action,
    ceremony: &Ceremony,
) -> Result<(), AtroposError> {
    let tenant = ceremony.owner.tenant().and_then(TenantId::parse);
    let kinds: Vec<&str> = ceremony
        .statements
        .iter()
        .map(|statement| statement.kind.as_str())
        .collect();
    let event = Event::new(tenant.as_ref(), action, ceremony.did.as_str())
        .with("ceremony", ceremony.id.as_str())
        .with("operations", serde_json::json!(kinds));
    let entry = app
        .access
        .record(by.clone(), event)
        .await
        .map_err(|error| match error {
            access::AccessError::Store(store::StoreError::Busy) => {
                AtroposError::Unavailable(error.to_string())
            }
            error => AtroposError::internal(&error),
        })?;
    app.noted(&entry);
    Ok(())
}

/// Counts what became of a commit.
fn counted(app: &App, before: &Ceremony, result: &Result<Ceremony, CeremonyError>) {
    let outcome = match (&before.state, result) {
        (State::Committed(_), Ok(_)) => Outcome::Repeated,
        (_, Ok(_)) => Outcome::Committed,
        (_, Err(error)) if error::is_ours(error) => Outcome::Failed,
        (_, Err(_)) => Outcome::Refused,
    };
    for statement in &before.statements {
        app.metrics.operation(statement.kind, outcome);
    }
}

/// The file that a holder signs.
fn file_of(app: &App, ceremony: &Ceremony) -> Result<StatementFile, AtroposError> {
    let ledger = app.networks.of(&ceremony.did)?;
    let state = ledger.state(&ceremony.did)?;
    let present: Option<&Document> = state
        .as_ref()
        .filter(|state| ceremony.state.is_open() && state.status == Status::Active)
        .map(|state| &state.document);
    Ok(StatementFile::of(ceremony, present))
}
