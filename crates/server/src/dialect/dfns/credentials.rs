//! `/auth/credentials`: the keys and passkeys that a person signs with.

use access::{
    ActionError, ChallengeId, CreationChallenge, CredentialId, CredentialKind, IdentityError,
    NewCredential, Switch, Thing,
};
use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{AuthProblem, DfnsError};
use super::factor::{decoded, kind};
use super::shown::{AllowedCredential, CredentialList, Message, Party, ShownCredential, allowed};
use crate::app::App;
use crate::http::description;

/// COSE algorithms of passkeys: ES256 and RS256.
const ALGORITHMS: [i32; 2] = [-7, -257];

/// Which kind of credential is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InitRequest {
    /// `Key` or `Fido2`.
    pub kind: String,
}

/// What a new credential has to answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateChallenge {
    /// `Key` or `Fido2`.
    pub kind: &'static str,
    /// Whose it becomes.
    pub user: NewOwner,
    /// The id of the challenge, to be sent back.
    pub challenge_identifier: String,
    /// The same.
    pub temporary_authentication_token: String,
    /// What has to be signed.
    pub challenge: String,
    /// For whom a passkey is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rp: Option<Party>,
    /// `none`.
    pub attestation: &'static str,
    /// Algorithms that are taken of passkeys.
    pub pub_key_cred_params: Vec<Algorithm>,
    /// What an authenticator has to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticator_selection: Option<Selection>,
    /// Passkeys that are there already.
    pub exclude_credentials: Vec<AllowedCredential>,
}

/// Whose credential it becomes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewOwner {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub name: String,
    /// The same.
    pub display_name: String,
}

/// An algorithm of passkeys.
#[derive(Serialize, ToSchema)]
pub(super) struct Algorithm {
    /// `public-key`.
    pub r#type: &'static str,
    /// Its COSE number.
    pub alg: i32,
}

/// What an authenticator has to do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Selection {
    /// `preferred`.
    pub resident_key: &'static str,
    /// `false`.
    pub require_resident_key: bool,
    /// `required`.
    pub user_verification: &'static str,
}

/// A credential to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateRequest {
    /// `Key` or `Fido2`; older clients call it `kind`.
    #[serde(alias = "kind")]
    pub credential_kind: String,
    /// A name for people.
    pub credential_name: String,
    /// The id of the challenge.
    pub challenge_identifier: String,
    /// The answer.
    pub credential_info: CredentialInfo,
}

/// The answer of a new credential. Client data and attestation in base64url.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CredentialInfo {
    /// What the signer calls it.
    pub cred_id: String,
    /// What it says that it signs.
    pub client_data: String,
    /// The public key, and the proof that the signer holds the private one.
    pub attestation_data: String,
}

/// Which credential.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WhichCredential {
    /// Its id: `cr-…`.
    pub credential_uuid: String,
}

/// List the caller's credentials, switched-off ones too.
#[utoipa::path(
    get, path = "/auth/credentials", tag = description::AUTH, security(("Bearer" = [])),
    responses(
        (status = 200, description = "All of them, at most 64.", body = CredentialList),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn list(
    State(app): State<App>,
    request: Request,
) -> Result<Json<CredentialList>, DfnsError> {
    let call = Call::open(&app, request).await?;
    let items = app.access.credentials(&call.user)?;
    let items = items.into_iter().map(ShownCredential::from).collect();
    Ok(Json(CredentialList { items }))
}

/// Begin to make a credential.
#[utoipa::path(
    post, path = "/auth/credentials/init", tag = description::AUTH, security(("Bearer" = [])),
    request_body = InitRequest,
    responses(
        (status = 200, description = "What the new credential has to answer.", body = CreateChallenge),
        (status = 400, description = "A kind that is not taken.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "Not the session of a person.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn init(
    State(app): State<App>,
    request: Request,
) -> Result<Json<CreateChallenge>, DfnsError> {
    let call = Call::open(&app, request).await?;
    call.by_a_person("Auth:Creds:Create")?;
    let asked: InitRequest = call.sent().json()?;
    let kind = kind("kind", &asked.kind)?;
    let user = app
        .access
        .user(&call.caller.account.tenant, call.user.as_str())?;
    let owner = NewOwner {
        id: user.id.to_string(),
        display_name: user.name.clone(),
        name: user.name,
    };
    let challenge = app.access.begin_credential(&call.caller.account, kind)?;
    Ok(Json(shown(kind, owner, challenge)))
}

/// Make a credential. The request has to be signed by one that is there.
#[utoipa::path(
    post, path = "/auth/credentials", tag = description::AUTH, security(("Bearer" = [])),
    request_body = CreateRequest,
    responses(
        (status = 200, description = "It can sign.", body = ShownCredential),
        (status = 400, description = "An unusable name, key or challenge.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action, or not the session of a person.", body = AuthProblem),
        (status = 409, description = "The id or the key is taken, or there are too many.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn create(
    State(app): State<App>,
    request: Request,
) -> Result<Json<ShownCredential>, DfnsError> {
    let call = Call::open(&app, request).await?;
    call.by_a_person("Auth:Creds:Create")?;
    let approval = call.approved().await?;
    let asked: CreateRequest = call.sent().json()?;
    let new = NewCredential {
        kind: kind("credentialKind", &asked.credential_kind)?,
        name: asked.credential_name,
        credential_id: asked.credential_info.cred_id,
        challenge: ChallengeId::parse(&asked.challenge_identifier).ok_or(DfnsError::Challenge)?,
        client_data: decoded("clientData", &asked.credential_info.client_data)?,
        attestation: decoded("attestationData", &asked.credential_info.attestation_data)?,
    };
    let caller = &call.caller;
    let made = app
        .access
        .create_credential(&caller.account, &approval, new, &caller.by);
    let (credential, entry) = made.await.map_err(unproven)?;
    app.noted(&entry);
    Ok(Json(credential.into()))
}

/// A wrong proof of the new key is a fault of the request, not of the user action that came with it.
fn unproven(error: IdentityError) -> DfnsError {
    match error {
        IdentityError::NotApproved(ActionError::Signature(reason)) => {
            DfnsError::bad_request(format!("credentialInfo: {reason}"))
        }
        error => DfnsError::from(error),
    }
}

/// Switch a credential on.
#[utoipa::path(
    put, path = "/auth/credentials/activate", tag = description::AUTH, security(("Bearer" = [])),
    request_body = WhichCredential,
    responses(
        (status = 200, description = "It can sign.", body = Message),
        (status = 400, description = "The request cannot be read.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action, or not the session of a person.", body = AuthProblem),
        (status = 404, description = "The caller has no such credential.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on.", body = AuthProblem),
    ),
)]
pub(super) async fn activate(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Message>, DfnsError> {
    switch(&app, request, Switch::Activate).await
}

/// Switch a credential off, and with it what it has signed and the sessions it has opened.
#[utoipa::path(
    put, path = "/auth/credentials/deactivate", tag = description::AUTH, security(("Bearer" = [])),
    request_body = WhichCredential,
    responses(
        (status = 200, description = "It cannot sign any more.", body = Message),
        (status = 400, description = "It is the last active one, or the request cannot be read.", body = AuthProblem),
        (status = 401, description = "No access token, or one that is not let in.", body = AuthProblem),
        (status = 403, description = "No user action, or not the session of a person.", body = AuthProblem),
        (status = 404, description = "The caller has no such credential.", body = AuthProblem),
        (status = 429, description = "Too often.", body = AuthProblem),
        (status = 503, description = "Too much is going on, or the end is not settled yet.", body = AuthProblem),
    ),
)]
pub(super) async fn deactivate(
    State(app): State<App>,
    request: Request,
) -> Result<Json<Message>, DfnsError> {
    switch(&app, request, Switch::Deactivate).await
}

async fn switch(app: &App, request: Request, to: Switch) -> Result<Json<Message>, DfnsError> {
    let call = Call::open(app, request).await?;
    call.by_a_person("Auth:Creds:Update")?;
    let approval = call.approved().await?;
    let asked: WhichCredential = call.sent().json()?;
    let id = CredentialId::parse(&asked.credential_uuid)
        .ok_or(DfnsError::NotFound(Thing::Credential))?;
    let caller = &call.caller;
    let changed = app
        .access
        .switch_credential(&caller.account, &approval, (&id, to), &caller.by)
        .await?;
    match to {
        // Also where nothing changed: the answer before this one may have failed at just that.
        Switch::Deactivate => app.settled().await?,
        Switch::Activate => {
            if let Some(entry) = &changed {
                app.noted(entry);
            }
        }
    }
    Ok(Json(Message::SUCCESS))
}

fn shown(kind: CredentialKind, user: NewOwner, challenge: CreationChallenge) -> CreateChallenge {
    let algorithm = |alg| Algorithm {
        r#type: "public-key",
        alg,
    };
    let selection = Selection {
        resident_key: "preferred",
        require_resident_key: false,
        user_verification: "required",
    };
    CreateChallenge {
        kind: kind.as_str(),
        user,
        challenge_identifier: challenge.id.to_string(),
        temporary_authentication_token: challenge.id.to_string(),
        challenge: challenge.challenge,
        rp: challenge.party.map(|party| Party {
            id: party.id,
            name: party.name,
        }),
        attestation: "none",
        pub_key_cred_params: ALGORITHMS.into_iter().map(algorithm).collect(),
        authenticator_selection: (kind == CredentialKind::Fido2).then_some(selection),
        exclude_credentials: allowed(challenge.passkeys),
    }
}
