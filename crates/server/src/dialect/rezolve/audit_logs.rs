//! `GET /api/v1/admin/audit-logs`: the tenant's audit log in the words of the contract.

use access::{Person, Right, TenantId};
use audit::{Action, Entry};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use vault::AUDIT_NEWEST_MAX;

use super::error::RezolveError;
use super::vault_request::VaultRequest;
use super::view::VaultAnswer;
use crate::app::App;
use crate::http::description;
use crate::http::request::RawParameters;
use clock::rfc3339_ms;

/// Entries of a page where no limit is given.
const LIMIT: u64 = 50;

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditLogs {
    /// The newest first.
    pub logs: Vec<AuditLog>,
    /// Where in the log they stand.
    pub pagination: Pagination,
}

/// Where a page stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// Entries in all.
    pub total: u64,
    /// Entries that were asked for.
    pub limit: u64,
    /// Entries before the page.
    pub offset: u64,
    /// Whether there are more behind it.
    pub has_more: bool,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLog {
    /// Its id: `log-` and a UUID, the same bits as in the native audit log's `uj-…`.
    pub id: String,
    /// What was done, such as `CREDENTIAL_DELETED`.
    pub action: String,
    /// Of what kind it is.
    pub category: &'static str,
    /// Who did it.
    pub actor: AuditActor,
    /// To what.
    pub resource: AuditResource,
    /// What else is known.
    #[schema(value_type = Object)]
    pub details: Map<String, Value>,
    /// `success`: what did not succeed changed nothing, and has no entry.
    pub status: &'static str,
    /// Whose it is.
    pub tenant_id: String,
    /// When.
    pub timestamp: String,
}

/// Who did something, and from where.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditActor {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their address; empty where none is known.
    pub email: String,
    /// From where.
    pub ip_address: Option<String>,
}

/// What something was done to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditResource {
    /// Of what kind it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name, where the entry tells it.
    pub name: Option<String>,
}

/// Read the audit log of the tenant, the newest entries first.
#[utoipa::path(
    get, path = "/api/v1/admin/audit-logs", tag = description::VAULT,
    security(("Bearer" = []), ("ApiKeyAuth" = []), ("Basic" = [])),
    params(
        ("tenantId" = Option<String>, Query, description = "The tenant; no other than that of `x-tenantid`."),
        ("limit" = Option<u64>, Query, description = "Entries of a page: 1 to 200, 50 without it."),
        ("offset" = Option<u64>, Query, description = "Entries to pass over."),
        ("x-tenantid" = String, Header, description = "The UUID of the tenant."),
        ("realmname" = Option<String>, Header, description = "The tenant's name."),
    ),
    responses((status = 200, description = "A page of entries.", body = VaultAnswer<AuditLogs>)),
    extensions(
        ("x-permission" = json!(Right::AuditRead.as_str())),
        ("x-errors" = json!([400, 401, 403, 429, 500, 503])),
    ),
)]
pub(super) async fn audit_logs(
    State(app): State<App>,
    vault: VaultRequest,
    parameters: RawParameters,
) -> Result<Json<VaultAnswer<AuditLogs>>, RezolveError> {
    let query = parameters.read()?;
    let limit = query.number_within("limit", (1, AUDIT_NEWEST_MAX as u64))?;
    let limit = limit.unwrap_or(LIMIT);
    let offset = query.number_within("offset", (0, u64::MAX))?.unwrap_or(0);
    let named = query.text("tenantId").map(TenantId::parse);
    if named == Some(None) {
        return Err(RezolveError::parameter("tenantId should be a UUID"));
    }
    let caller = vault.enter(&app, "read the audit log")?;
    let tenant = caller.account.tenant;
    if named.flatten().is_some_and(|named| named != tenant) {
        let text = "User lacks permission for the tenant that tenantId names";
        return Err(RezolveError::Forbidden(text.to_owned()));
    }
    let count = usize::try_from(limit).unwrap_or(AUDIT_NEWEST_MAX);
    let reading = app.vault.clone();
    let page = tokio::task::spawn_blocking(move || reading.audit_newest(&tenant, offset, count))
        .await
        .map_err(|error| RezolveError::internal(&error))??;
    let end = offset.saturating_add(page.entries.len() as u64);
    let logs = page.entries.into_iter().map(view).collect();
    let pagination = Pagination {
        total: page.total,
        limit,
        offset,
        has_more: end < page.total,
    };
    let data = AuditLogs { logs, pagination };
    Ok(VaultAnswer::new(
        "Audit logs retrieved successfully",
        data,
        access::now_ms(),
    ))
}

fn view((entry, person): (Entry, Person)) -> AuditLog {
    let name = ["credentialName", "name"]
        .iter()
        .find_map(|name| entry.details.get(*name)?.as_str().map(str::to_owned));
    let id = entry.id.to_uuid();
    AuditLog {
        id: id.map_or_else(|| entry.id.to_string(), |id| format!("log-{id}")),
        action: action(entry.action),
        category: kind(entry.action),
        actor: AuditActor {
            id: person.id,
            name: person.name,
            email: person.email.unwrap_or_default(),
            ip_address: entry.address.map(|address| address.to_string()),
        },
        resource: AuditResource {
            kind: kind(entry.action),
            id: entry.subject,
            name,
        },
        details: entry.details,
        status: "success",
        tenant_id: entry
            .tenant
            .map(|tenant| tenant.to_string())
            .unwrap_or_default(),
        timestamp: rfc3339_ms(entry.time_ms),
    }
}

/// The contract's word for an action; for those that it has none for, the own one in its spelling.
fn action(action: Action) -> String {
    let own = match action {
        Action::VaultCreate => "CREDENTIAL_CREATED",
        Action::VaultUpdate => "CREDENTIAL_UPDATED",
        Action::VaultReveal => "CREDENTIAL_ACCESSED",
        Action::VaultDelete => "CREDENTIAL_DELETED",
        Action::VaultBind => "CREDENTIAL_BOUND",
        Action::VaultUnbind => "CREDENTIAL_UNBOUND",
        other => return other.as_str().replace('.', "_").to_ascii_uppercase(),
    };
    own.to_owned()
}

/// What stands before the full stop of an action's name; the vault's things are credentials to this contract.
fn kind(action: Action) -> &'static str {
    let name = action.as_str();
    match name.split_once('.') {
        Some(("vault", _)) => "credential",
        Some((kind, _)) => kind,
        None => name,
    }
}
