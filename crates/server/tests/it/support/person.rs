//! People with keys of their own, who approve things.

use access::{
    Announced, Assertion, CredentialKind, GivenKey, Presented, Role, TenantId, User, VerifyingKey,
};
use atropos::app::App;
use audit::Attribution;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;

/// Somebody who has logged in, and whose key is known here.
pub struct Person {
    pub user: User,
    pub token: String,
    key: SigningKey,
}

impl Person {
    pub async fn new(app: &App, tenant: &TenantId, name: &str, roles: &[Role]) -> Person {
        let (key, verifying) = key_of(name);
        let given = GivenKey {
            key: verifying,
            credential_id: None,
        };
        let by = Attribution::command_line();
        let made = app.access.create_person(tenant, (name, roles), given, &by);
        let (user, _, token) = made.await.unwrap();
        let token = token.reveal().to_owned();
        Person { user, token, key }
    }

    /// Signs one exact request: the value of `X-DFNS-USERACTION`.
    pub async fn approve(&self, app: &App, method: &str, path: &str, payload: &str) -> String {
        approve(app, (&self.token, &self.key), (method, path, payload)).await
    }
}

/// The user action of somebody, known by session and key, for a request: method, path, body.
pub async fn approve(
    app: &App,
    (session, key): (&str, &SigningKey),
    (method, path, payload): (&str, &str, &str),
) -> String {
    let access = &app.access;
    let caller = access.authenticate(Presented::Bearer(session)).unwrap();
    let announced = Announced {
        method,
        path,
        payload,
    };
    let challenge = access.begin_action(&caller, announced).unwrap();
    let client_data = json!({"type": "key.get", "challenge": challenge.challenge}).to_string();
    let assertion = Assertion {
        kind: CredentialKind::Key,
        credential_id: challenge.keys[0].clone(),
        signature: key.sign(client_data.as_bytes()).to_bytes().to_vec(),
        client_data: client_data.into_bytes(),
        digest: None,
        authenticator_data: vec![],
        user_handle: None,
    };
    let action = access.sign_action(&caller, &challenge.id, assertion).await;
    action.unwrap().reveal().to_owned()
}

/// The key that belongs to a name.
pub fn key_of(name: &str) -> (SigningKey, VerifyingKey) {
    use sha2::Digest;
    let key = SigningKey::from_bytes(&sha2::Sha256::digest(name).into());
    let verifying = VerifyingKey::from_ed25519(key.verifying_key().as_bytes()).unwrap();
    (key, verifying)
}
