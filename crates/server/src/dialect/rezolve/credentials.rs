//! `/api/v1/credentials`: stored, read, changed, deleted.

use access::Right;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use vault::{IntegrationId, NewSecret, SecretId, Switch as VaultSwitch, VaultError};

use super::error::RezolveError;
use super::fields::Fields;
use super::requests::{StoreRequest, change};
use super::vault_request::VaultRequest;
use super::view::{
    ChangedCredential, DeletedCredential, DetailedCredential, RevealedCredential, StoredCredential,
    VaultAnswer,
};
use crate::app::App;
use crate::http::description;
use crate::http::request::RawParameters;
use crate::permit::Approved;
use crate::secret::Tokens;

type Answer<T> = Result<Json<VaultAnswer<T>>, RezolveError>;
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
    responses((status = 200, description = "It is stored.", body = VaultAnswer<StoredCredential>)),
    extensions(
        ("x-permission" = json!(Right::VaultManage.as_str())),
        ("x-errors" = json!([400, 401, 403, 409, 422, 429, 500, 503])),
    ),
)]
pub(super) async fn store(
    State(app): State<App>,
    vault: VaultRequest,
    request: Request,
) -> Answer<StoredCredential> {
    let caller = vault.enter(&app, "store credentials")?;
    let approved = Approved::of(&app, request, &caller, Right::VaultManage).await?;
    let asked = StoreRequest::parse(Fields::read(&approved)?)?;
    let tenant = &caller.account.tenant;
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
    approved.still(&app, &caller)?;
    let stored = app.vault.store(&caller.by, tenant, new).await?;
    let owner = app.access.tenant(tenant)?.ok_or(RezolveError::Internal)?;
    let now_ms = access::now_ms();
    let view = StoredCredential::new(&stored, owner, now_ms);
    Ok(VaultAnswer::new(
        "Credential stored successfully",
        view,
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
    responses((status = 200, description = "The credential, decrypted.", body = VaultAnswer<RevealedCredential>)),
    extensions(
        ("x-permission" = json!(Right::VaultReveal.as_str())),
        ("x-errors" = json!([400, 401, 403, 404, 409, 429, 500, 503])),
    ),
)]
pub(super) async fn reveal(
    State(app): State<App>,
    vault: VaultRequest,
    path: OnePart,
    parameters: RawParameters,
) -> Answer<RevealedCredential> {
    let (integration, id) = named(path, &parameters)?;
    let caller = vault.enter(&app, "read credentials")?;
    let tenant = &caller.account.tenant;
    let revealed = app
        .vault
        .reveal(&caller.by, tenant, &integration, id.as_ref())
        .await?;
    let tokens = Tokens::open(&app.keystore, &revealed.credential, revealed.sealed)?;
    let now_ms = access::now_ms();
    let view = RevealedCredential::new(&revealed.credential, tokens, now_ms);
    Ok(VaultAnswer::new(
        "Credential retrieved successfully",
        view,
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
    responses((status = 200, description = "The credential.", body = VaultAnswer<DetailedCredential>)),
    extensions(
        ("x-permission" = json!(Right::VaultRead.as_str())),
        ("x-errors" = json!([400, 401, 403, 404, 429, 500, 503])),
    ),
)]
pub(super) async fn details(
    State(app): State<App>,
    vault: VaultRequest,
    path: OnePart,
    parameters: RawParameters,
) -> Answer<DetailedCredential> {
    let (integration, id) = named(path, &parameters)?;
    let caller = vault.enter(&app, "read credential details")?;
    let details = app
        .vault
        .details(&caller.account.tenant, &integration, id.as_ref())?;
    let now_ms = access::now_ms();
    let view = DetailedCredential::new(&details, now_ms);
    Ok(VaultAnswer::new(
        "Credential details retrieved successfully",
        view,
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
    ),
    extensions(
        ("x-permission" = json!(Right::VaultManage.as_str())),
        ("x-errors" = json!([400, 401, 403, 404, 409, 422, 429, 500, 503])),
    ),
)]
pub(super) async fn patch(
    State(app): State<App>,
    vault: VaultRequest,
    path: TwoParts,
    request: Request,
) -> Answer<ChangedCredential> {
    let (integration, id) = both(path)?;
    let caller = vault.enter(&app, "change credentials")?;
    let approved = Approved::of(&app, request, &caller, Right::VaultManage).await?;
    let change = change(Fields::read(&approved)?)?;
    approved.still(&app, &caller)?;
    let switch = change.switch;
    let changed = to_the_end(async move {
        let tenant = &caller.account.tenant;
        let changed = app
            .vault
            .change(&caller.by, tenant, &integration, &id, change)
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
    let view = ChangedCredential::new(&changed, now_ms);
    Ok(VaultAnswer::new(
        "Credential updated successfully",
        view,
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
    responses((status = 200, description = "It is deleted.", body = VaultAnswer<DeletedCredential>)),
    extensions(
        ("x-permission" = json!(Right::VaultManage.as_str())),
        ("x-errors" = json!([400, 401, 403, 404, 409, 429, 500, 503])),
    ),
)]
pub(super) async fn delete(
    State(app): State<App>,
    vault: VaultRequest,
    path: TwoParts,
    request: Request,
) -> Answer<DeletedCredential> {
    let (integration, id) = both(path)?;
    let caller = vault.enter(&app, "delete credentials")?;
    let approved = Approved::of(&app, request, &caller, Right::VaultManage).await?;
    approved.still(&app, &caller)?;
    let deleted = to_the_end(async move {
        let tenant = &caller.account.tenant;
        let outcome = app
            .vault
            .delete(&caller.by, tenant, &integration, &id)
            .await;
        if matches!(outcome, Ok(_) | Err(VaultError::Deleted { .. })) {
            // Also when it was deleted before: then the first request may not have come as far.
            let webhooks = app.publication.webhooks();
            webhooks.credential_changed(&id.to_string()).await;
            app.settled().await?;
        }
        Ok(outcome?)
    })
    .await?;
    let view = DeletedCredential::from(&deleted);
    Ok(VaultAnswer::new(
        "Credential deleted successfully",
        view,
        deleted.deleted_ms,
    ))
}

/// Does it to its end, also when the one who asks has hung up meanwhile.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, RezolveError>> + Send + 'static,
) -> Result<T, RezolveError> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| RezolveError::internal(&error))?
}

fn named(
    path: OnePart,
    parameters: &RawParameters,
) -> Result<(IntegrationId, Option<SecretId>), RezolveError> {
    let Path(integration) = path.map_err(|_| RezolveError::ids())?;
    let integration = IntegrationId::parse(&integration).ok_or_else(RezolveError::ids)?;
    let query = parameters.read()?;
    let id = query.text("credentialId").map(SecretId::parse);
    match id {
        Some(None) => Err(RezolveError::ids()),
        id => Ok((integration, id.flatten())),
    }
}

fn both(path: TwoParts) -> Result<(IntegrationId, SecretId), RezolveError> {
    let Path((integration, id)) = path.map_err(|_| RezolveError::ids())?;
    let integration = IntegrationId::parse(&integration);
    integration
        .zip(SecretId::parse(&id))
        .ok_or_else(RezolveError::ids)
}
