//! `/api/v1/credentials`: stored, read, changed, deleted.

use access::Right;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use vault::{IntegrationId, NewSecret, SecretId, Switch as VaultSwitch, VaultError};

use super::error::{VaultFault, VaultProblem};
use super::fields::Fields;
use super::knock::Knock;
use super::query::Query;
use super::requests::{StoreRequest, change};
use super::secret::Tokens;
use super::shown::{
    ChangedCredential, DeletedCredential, DetailedCredential, RevealedCredential, StoredCredential,
    VaultAnswer,
};
use crate::app::App;
use crate::http::description;
use crate::permit::Approved;

type Answer<T> = Result<Json<VaultAnswer<T>>, VaultFault>;
type OnePart = Result<Path<String>, PathRejection>;
type TwoParts = Result<Path<(String, String)>, PathRejection>;

/// Store a credential.
///
/// Its secret is sealed under a key of its own. `accessToken` holds what is shown to the other system: the token, the
/// API key, `user:password` for `basic_auth`.
#[utoipa::path(
    post, path = "/api/v1/credentials", tag = description::VAULT,
    security(("Bearer" = []), ("ApiKeyAuth" = []), ("Basic" = [])),
    params(
        ("x-tenantid" = String, Header, description = "The UUID of the tenant."),
        ("realmname" = Option<String>, Header, description = "The tenant's name."),
    ),
    request_body(
        content_type = "application/json",
        description = "`integrationId`, `credentialName`, `authType`; optional: `description`, `expiresIn` (seconds), \
            `scopes`, `tokenEndpoint`, `authorizationEndpoint`, `metadata`, `accessToken`, `refreshToken`.",
    ),
    responses(
        (status = 200, description = "It is stored.", body = VaultAnswer<StoredCredential>),
        (status = 400, description = "A header, or a body that is not JSON.", body = VaultProblem),
        (status = 401, description = "No credential that is let in.", body = VaultProblem),
        (status = 403, description = "Not this tenant, or no permission to store.", body = VaultProblem),
        (status = 409, description = "The name is taken, or there are too many.", body = VaultProblem),
        (status = 413, description = "The body is too long.", body = VaultProblem),
        (status = 415, description = "The body is not JSON.", body = VaultProblem),
        (status = 422, description = "Members that cannot be as they are.", body = VaultProblem),
        (status = 429, description = "Too often.", body = VaultProblem),
        (status = 500, description = "A fault of the server; nothing was stored.", body = VaultProblem),
        (status = 503, description = "Not now; nothing was stored.", body = VaultProblem),
    ),
)]
pub(super) async fn store(
    State(app): State<App>,
    knock: Knock,
    request: Request,
) -> Answer<StoredCredential> {
    let asker = knock.enter(&app, Right::VaultManage, "store credentials")?;
    let approved = Approved::of(&app, request, &asker, Right::VaultManage).await?;
    let asked = StoreRequest::parse(fields(&app, &approved)?)?;
    let tenant = &asker.caller.tenant;
    let id = SecretId::generate()?;
    let sealed = asked
        .tokens
        .seal(&app.keystore, tenant, asked.integration.as_str(), &id)?;
    let new = NewSecret {
        id,
        integration: asked.integration,
        name: asked.name,
        auth_type: asked.auth_type,
        description: asked.description,
        scopes: asked.scopes,
        token_endpoint: asked.token_endpoint,
        authorization_endpoint: asked.authorization_endpoint,
        metadata: asked.metadata,
        expires_in_s: asked.expires_in_s,
        sealed,
    };
    approved.still(&app, &asker)?;
    let stored = app.vault.store(&asker.by, tenant, new).await?;
    let owner = app.access.tenant(tenant)?.ok_or(VaultFault::Internal)?;
    let now_ms = access::now_ms();
    let shown = StoredCredential::new(&stored, owner, now_ms);
    Ok(VaultAnswer::new(
        "Credential stored successfully",
        shown,
        now_ms,
    ))
}

/// Read a credential with its secret. Every reading is in the audit log before it is answered.
#[utoipa::path(
    get, path = "/api/v1/credentials/{integrationId}", tag = description::VAULT,
    security(("Bearer" = []), ("ApiKeyAuth" = []), ("Basic" = [])),
    params(
        ("integrationId" = String, Path, description = "The integration."),
        ("credentialId" = Option<String>, Query, description = "Which of its credentials, if it has several."),
        ("x-tenantid" = String, Header, description = "The UUID of the tenant."),
        ("realmname" = Option<String>, Header, description = "The tenant's name."),
    ),
    responses(
        (status = 200, description = "The credential, decrypted.", body = VaultAnswer<RevealedCredential>),
        (status = 400, description = "A header, an id, or several credentials and none named.", body = VaultProblem),
        (status = 401, description = "No credential that is let in.", body = VaultProblem),
        (status = 403, description = "Not this tenant, or no permission to read secrets.", body = VaultProblem),
        (status = 404, description = "No such credential.", body = VaultProblem),
        (status = 409, description = "It is inactive.", body = VaultProblem),
        (status = 429, description = "Too often.", body = VaultProblem),
        (status = 500, description = "A fault of the server.", body = VaultProblem),
        (status = 503, description = "Not now.", body = VaultProblem),
    ),
)]
pub(super) async fn reveal(
    State(app): State<App>,
    knock: Knock,
    path: OnePart,
    RawQuery(query): RawQuery,
) -> Answer<RevealedCredential> {
    let (integration, id) = named(path, query.as_deref())?;
    let asker = knock.enter(&app, Right::VaultReveal, "read credentials")?;
    let tenant = &asker.caller.tenant;
    let revealed = app
        .vault
        .reveal(&asker.by, tenant, &integration, id.as_ref())
        .await?;
    let tokens = Tokens::open(&app.keystore, &revealed.credential, revealed.sealed)?;
    let now_ms = access::now_ms();
    let shown = RevealedCredential::new(&revealed.credential, tokens, now_ms);
    Ok(VaultAnswer::new(
        "Credential retrieved successfully",
        shown,
        now_ms,
    ))
}

/// Read a credential without its secret, and how many integrations use it.
#[utoipa::path(
    get, path = "/api/v1/credentials/{integrationId}/details", tag = description::VAULT,
    security(("Bearer" = []), ("ApiKeyAuth" = []), ("Basic" = [])),
    params(
        ("integrationId" = String, Path, description = "The integration."),
        ("credentialId" = Option<String>, Query, description = "Which of its credentials, if it has several."),
        ("x-tenantid" = String, Header, description = "The UUID of the tenant."),
        ("realmname" = Option<String>, Header, description = "The tenant's name."),
    ),
    responses(
        (status = 200, description = "The credential.", body = VaultAnswer<DetailedCredential>),
        (status = 400, description = "A header, an id, or several credentials and none named.", body = VaultProblem),
        (status = 401, description = "No credential that is let in.", body = VaultProblem),
        (status = 403, description = "Not this tenant, or no permission to read.", body = VaultProblem),
        (status = 404, description = "No such credential.", body = VaultProblem),
        (status = 429, description = "Too often.", body = VaultProblem),
        (status = 500, description = "A fault of the server.", body = VaultProblem),
        (status = 503, description = "Not now.", body = VaultProblem),
    ),
)]
pub(super) async fn details(
    State(app): State<App>,
    knock: Knock,
    path: OnePart,
    RawQuery(query): RawQuery,
) -> Answer<DetailedCredential> {
    let (integration, id) = named(path, query.as_deref())?;
    let asker = knock.enter(&app, Right::VaultRead, "read credential details")?;
    let details = app
        .vault
        .details(&asker.caller.tenant, &integration, id.as_ref())?;
    let now_ms = access::now_ms();
    let shown = DetailedCredential::new(&details, now_ms);
    Ok(VaultAnswer::new(
        "Credential details retrieved successfully",
        shown,
        now_ms,
    ))
}

/// Change what is known of a credential, or switch it off and on. Switched off, nothing is sent with it.
#[utoipa::path(
    patch, path = "/api/v1/credentials/{integrationId}/{credentialId}", tag = description::VAULT,
    security(("Bearer" = []), ("ApiKeyAuth" = []), ("Basic" = [])),
    params(
        ("integrationId" = String, Path, description = "The integration."),
        ("credentialId" = String, Path, description = "The credential: a UUID, with or without `cred-`."),
        ("x-tenantid" = String, Header, description = "The UUID of the tenant."),
        ("realmname" = Option<String>, Header, description = "The tenant's name."),
    ),
    request_body(
        content_type = "application/json",
        description = "`credentialName`, `description`, `scopes` and `metadata` (replaced whole), `status` \
            (`active` or `inactive`). What is not named stays.",
    ),
    responses(
        (status = 200, description = "It is changed; `changes` says what.", body = VaultAnswer<ChangedCredential>),
        (status = 400, description = "A header, an id, or a body that is not JSON.", body = VaultProblem),
        (status = 401, description = "No credential that is let in.", body = VaultProblem),
        (status = 403, description = "Not this tenant, or no permission to change.", body = VaultProblem),
        (status = 404, description = "No such credential.", body = VaultProblem),
        (status = 409, description = "It was deleted, or the name is taken.", body = VaultProblem),
        (status = 413, description = "The body is too long.", body = VaultProblem),
        (status = 415, description = "The body is not JSON.", body = VaultProblem),
        (status = 422, description = "Members that cannot be as they are.", body = VaultProblem),
        (status = 429, description = "Too often.", body = VaultProblem),
        (status = 500, description = "A fault of the server; nothing was changed.", body = VaultProblem),
        (status = 503, description = "Not now, or not confirmed yet.", body = VaultProblem),
    ),
)]
pub(super) async fn patch(
    State(app): State<App>,
    knock: Knock,
    path: TwoParts,
    request: Request,
) -> Answer<ChangedCredential> {
    let (integration, id) = both(path)?;
    let asker = knock.enter(&app, Right::VaultManage, "change credentials")?;
    let approved = Approved::of(&app, request, &asker, Right::VaultManage).await?;
    let change = change(fields(&app, &approved)?)?;
    approved.still(&app, &asker)?;
    let switch = change.switch;
    let changed = to_the_end(async move {
        let tenant = &asker.caller.tenant;
        let changed = app
            .vault
            .change(&asker.by, tenant, &integration, &id, change)
            .await?;
        if switch.is_some() {
            let webhooks = app.publication.webhooks();
            webhooks.credential_changed(&id.to_string()).await;
        }
        if switch == Some(VaultSwitch::Off) {
            app.settled().await?;
        }
        Ok(changed)
    })
    .await?;
    let now_ms = access::now_ms();
    let shown = ChangedCredential::new(&changed, now_ms);
    Ok(VaultAnswer::new(
        "Credential updated successfully",
        shown,
        now_ms,
    ))
}

/// Delete a credential for good.
///
/// Its key is erased, so that nothing opens its secret any more. Webhooks that used it send nothing from the moment
/// this answers.
#[utoipa::path(
    delete, path = "/api/v1/credentials/{integrationId}/{credentialId}", tag = description::VAULT,
    security(("Bearer" = []), ("ApiKeyAuth" = []), ("Basic" = [])),
    params(
        ("integrationId" = String, Path, description = "The integration."),
        ("credentialId" = String, Path, description = "The credential: a UUID, with or without `cred-`."),
        ("x-tenantid" = String, Header, description = "The UUID of the tenant."),
        ("realmname" = Option<String>, Header, description = "The tenant's name."),
    ),
    responses(
        (status = 200, description = "It is deleted.", body = VaultAnswer<DeletedCredential>),
        (status = 400, description = "Invalid integrationId or credentialId format, or a header.", body = VaultProblem),
        (status = 401, description = "Bearer token is missing, expired, or invalid.", body = VaultProblem),
        (status = 403, description = "User lacks permission to delete credentials.", body = VaultProblem),
        (status = 404, description = "No credential exists with the specified IDs.", body = VaultProblem),
        (status = 409, description = "The credential has already been deleted.", body = VaultProblem),
        (status = 429, description = "Too often.", body = VaultProblem),
        (status = 500, description = "Unexpected server-side error; it is not deleted.", body = VaultProblem),
        (status = 503, description = "Not now, or deleted and not confirmed yet.", body = VaultProblem),
    ),
)]
pub(super) async fn delete(
    State(app): State<App>,
    knock: Knock,
    path: TwoParts,
    request: Request,
) -> Answer<DeletedCredential> {
    let (integration, id) = both(path)?;
    let asker = knock.enter(&app, Right::VaultManage, "delete credentials")?;
    let approved = Approved::of(&app, request, &asker, Right::VaultManage).await?;
    approved.still(&app, &asker)?;
    let deleted = to_the_end(async move {
        let tenant = &asker.caller.tenant;
        let outcome = app.vault.delete(&asker.by, tenant, &integration, &id).await;
        if matches!(outcome, Ok(_) | Err(VaultError::Deleted { .. })) {
            // Also when it was deleted before: then the first request may not have come as far.
            let webhooks = app.publication.webhooks();
            webhooks.credential_changed(&id.to_string()).await;
            app.settled().await?;
        }
        Ok(outcome?)
    })
    .await?;
    let shown = DeletedCredential::from(&deleted);
    Ok(VaultAnswer::new(
        "Credential deleted successfully",
        shown,
        deleted.deleted_ms,
    ))
}

fn fields(app: &App, approved: &Approved) -> Result<Fields, VaultFault> {
    Fields::read(&approved.headers, &approved.body, app.limits.json_depth)
}

/// Does it to its end, also when the one who asks has hung up meanwhile.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, VaultFault>> + Send + 'static,
) -> Result<T, VaultFault> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| VaultFault::internal(&error))?
}

fn named(
    path: OnePart,
    query: Option<&str>,
) -> Result<(IntegrationId, Option<SecretId>), VaultFault> {
    let Path(integration) = path.map_err(|_| VaultFault::ids())?;
    let integration = IntegrationId::parse(&integration).ok_or_else(VaultFault::ids)?;
    let query = Query::read(query, &["credentialId"])?;
    let id = query.text("credentialId").map(SecretId::parse);
    match id {
        Some(None) => Err(VaultFault::ids()),
        id => Ok((integration, id.flatten())),
    }
}

fn both(path: TwoParts) -> Result<(IntegrationId, SecretId), VaultFault> {
    let Path((integration, id)) = path.map_err(|_| VaultFault::ids())?;
    let integration = IntegrationId::parse(&integration);
    integration
        .zip(SecretId::parse(&id))
        .ok_or_else(VaultFault::ids)
}
