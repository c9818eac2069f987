//! What stands where a route has a parameter: things of one tenant, whose routes are asked for by those who may not.
//!
//! A new route with a parameter needs a line in [`World::value`]; one that asks for more than `{}` before it looks at
//! who asks needs one in [`World::body`]; a public one stands in [`PUBLIC`].

use access::{
    ClientDetails, ClientDraft, ClientPlace, Password, Presented, Role, TenantId, Username,
};
use audit::{Attribution, AuditFilter};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::{Value, json};

use super::routes::Route;
use crate::support::{Answer, Server, send};
use crate::support::{Person, key_of};

/// Routes that need no credential. Whatever is added here is open to everybody.
pub const PUBLIC: &[&str] = &[
    "GET /1.0/identifiers/{identifier}",
    "GET /1.0/methods",
    "GET /1.0/properties",
    "GET /1.0/traits",
    "GET /did/search/{did}",
    "GET /health",
    "GET /log/{network}/checkpoint",
    "GET /log/{network}/tile/{path}",
    "GET /metrics",
    "GET /resource/search/{did}",
    "GET /v1/ceremony-links/{token}",
    "GET /v1/ceremony-links/{token}/statement",
    "GET /v1/exports/{did}",
    "GET /v1/feed",
    "GET /v1/keys",
    "GET /v1/policy/{network}",
    "GET /v1/policy/{network}/bounds",
    "GET /v1/receipts/{did}",
    "GET /v1/receipts/{did}/tlog-proof",
    "GET /v1/status-list/{network}",
    "GET /v1/status/{did}",
    // It refuses everything that it understands.
    "POST /1.0/execute",
    // Signatures, proofs or a password in the body are what they ask for.
    "POST /1.0/identifiers/{identifier}",
    "POST /apiops/auth/token",
    "POST /auth/login",
    "POST /auth/login/init",
    "POST /v1/ceremony-links/{token}/cancel",
    "POST /v1/ceremony-links/{token}/commit",
    "POST /v1/ceremony-links/{token}/refusals",
    "POST /v1/ceremony-links/{token}/signatures",
    "POST /v1/checkpoints",
    "POST /v1/imports",
    "POST /v1/operations",
    "POST /v1/status",
];

/// Routes that anybody may use who was let in: what they show or change is the caller's own.
pub const NEEDS_NO_RIGHT: &[&str] = &[
    "GET /auth/credentials",
    "GET /auth/pats",
    "GET /auth/pats/{tokenId}",
    "POST /auth/action",
    "POST /auth/action/init",
];

/// Routes that make or end something of whoever asks: another tenant may use them as well, for itself.
pub const MAKES_ONES_OWN: &[&str] = &[
    "POST /1.0/create",
    "POST /apiops/projects/",
    "POST /did/create",
    "POST /key/create",
    "POST /key/import",
    "PUT /auth/logout",
    // What it names is public: anybody may collect signatures for the end of any DID.
    "POST /v1/ceremonies",
    "POST /v1/webhooks",
];

/// A tenant with one of each thing.
pub struct World {
    pub server: Server,
    pub tenant: TenantId,
    pub person: Person,
    did: String,
    kid: String,
    webhook: String,
    ceremony: String,
    link: String,
    token: String,
    entry: String,
    secret: String,
}

/// The project of the tenant. Others have none of this name.
pub const PROJECT: &str = "looms";
/// What it sends secrets to.
pub const INTEGRATION: &str = "distaff";
/// Its client.
pub const CLIENT: &str = "spindle";

impl World {
    pub async fn new() -> World {
        let server = Server::start_with(&[("ATROPOS_PUBLICATION_WEBHOOKS", "anywhere")]).await;
        let access = &server.app.access;
        let caller = access.authenticate(Presented::ApiKey(&server.key)).unwrap();
        let tenant = caller.tenant;
        let by = Attribution::command_line();
        access
            .create_project(&tenant, PROJECT, "", &by)
            .await
            .unwrap();
        make_client(&server, &tenant, CLIENT, ClientDraft::default()).await;
        let person = Person::new(&server.app, &tenant, "clotho", &[Role::Admin]).await;
        let made = asked(
            &server,
            "/did/create",
            json!({
                "network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020",
            }),
        );
        let made = made.await;
        let webhook = asked(
            &server,
            "/v1/webhooks",
            json!({"url": "http://127.0.0.1:1/hook"}),
        );
        let webhook = webhook.await;
        let end = json!({"operation": "deactivate", "did": made["did"]});
        let ceremony = asked(&server, "/v1/ceremonies", end).await;
        let ceremony = ceremony["id"].as_str().unwrap().to_owned();
        let links = format!("/v1/ceremonies/{ceremony}/links");
        let link = asked(&server, &links, json!({"slot": 0})).await;
        let stored = stored(&server, &tenant, &person).await;
        let (name, key) = ("lachesis", key_of("lachesis").1);
        let account = access.create_service_account(&tenant, (name, &[]), (key, 60_000), &by);
        let (_, token, _) = account.await.unwrap();
        let newest = access
            .audit()
            .page(&AuditFilter::default(), None, 100)
            .unwrap();
        World {
            secret: stored["data"]["id"].as_str().unwrap().to_owned(),
            token: token.id.to_string(),
            entry: newest[0].id.to_string(),
            did: made["did"].as_str().unwrap().to_owned(),
            kid: made["controllerKeyId"].as_str().unwrap().to_owned(),
            webhook: webhook["id"].as_str().unwrap().to_owned(),
            link: link["id"].as_str().unwrap().to_owned(),
            ceremony,
            tenant,
            person,
            server,
        }
    }

    /// The path of a route, with things of this tenant in it.
    pub fn path(&self, route: &Route) -> String {
        let mut path = route.path.clone();
        for name in &route.parameters {
            let value = self.value(&route.path, name).unwrap_or_else(|| {
                panic!("{}: say in fill.rs what `{name}` is", route.name());
            });
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        path
    }

    fn value(&self, path: &str, name: &str) -> Option<String> {
        let dialect = path.split('/').nth(1).unwrap_or_default();
        Some(match (dialect, name) {
            ("did" | "resource", "did") | ("1.0", "identifier") => self.did.clone(),
            ("key", "kid") => self.kid.clone(),
            ("v1", "id") if path.starts_with("/v1/ceremonies/") => self.ceremony.clone(),
            ("v1", "link") => self.link.clone(),
            ("v1", "kid") => self.kid.clone(),
            ("v1", "id") => self.webhook.clone(),
            ("apiops", "projectName") => PROJECT.into(),
            ("apiops", "username") => CLIENT.into(),
            ("auth", "tokenId") => self.token.clone(),
            ("auth", "id") => self.entry.clone(),
            ("api", "integrationId") => INTEGRATION.into(),
            ("api", "credentialId") => self.secret.clone(),
            _ => return None,
        })
    }

    /// The body of a request, with things of this tenant in it.
    pub fn body(&self, route: &Route) -> Option<Value> {
        if route.method == "GET" {
            return None;
        }
        Some(match route.name().as_str() {
            // With keys that are held here: what clients sign needs no credential.
            "POST /1.0/create" => json!({"method": "cheqd"}),
            "POST /1.0/update" => json!({
                "did": self.did, "options": {"requestVerificationMethod": [{}]},
            }),
            "POST /1.0/createResource" => json!({
                "did": self.did, "options": {"name": "n", "type": "t"}, "content": "AA==",
            }),
            "POST /1.0/updateResource" => json!({
                "did": self.did, "content": ["AA=="],
                "relativeDidUrl": "/resources/5e16a3f9-7c6e-4b6b-8e28-20f56780ee25",
            }),
            "POST /1.0/deactivate" => json!({"did": self.did}),
            "POST /did/update" => json!({"did": self.did, "authentication": []}),
            "POST /did/import" => json!({
                "did": self.did,
                "keys": [{"privateKeyHex": "11".repeat(32), "type": "Ed25519", "encrypted": false}],
            }),
            "POST /resource/create/{did}" => json!({
                "name": "a", "type": "b", "data": "YQ==", "encoding": "base64",
            }),
            "POST /v1/ceremonies" => json!({"operation": "deactivate", "did": self.did}),
            "POST /v1/deactivations/plan" => json!({"did": self.did}),
            "POST /v1/deactivations" => json!({"dids": [self.did]}),
            _ => json!({}),
        })
    }

    /// Headers that a dialect asks for beside the credential.
    pub fn headers(&self, route: &Route) -> Vec<(&'static str, String)> {
        if route.path.starts_with("/api/v1/") {
            vec![("x-tenantid", self.tenant.to_string())]
        } else {
            Vec::new()
        }
    }

    /// Texts that nobody else may see.
    pub fn own_things(&self) -> Vec<&str> {
        let made = [
            &self.did,
            &self.kid,
            &self.webhook,
            &self.ceremony,
            &self.link,
            &self.token,
            &self.secret,
        ];
        let named = [PROJECT, CLIENT, INTEGRATION];
        made.into_iter().map(String::as_str).chain(named).collect()
    }
}

/// Makes a client of [`PROJECT`] with the password [`PASSWORD`].
pub async fn make_client(server: &Server, tenant: &TenantId, name: &str, draft: ClientDraft) {
    let draft = ClientDraft {
        email: "spindle@looms.example".into(),
        full_name: "A program".into(),
        enabled: true,
        ..draft
    };
    let details = ClientDetails::parse(draft).unwrap();
    let password = Password::parse(PASSWORD.to_owned().into()).unwrap();
    let by = Attribution::command_line();
    let made = server.app.access.create_client(
        place(tenant, name),
        details,
        password.hash().unwrap(),
        &by,
    );
    made.await.unwrap();
}

pub const PASSWORD: &str = "a password for tests 1";

pub fn place(tenant: &TenantId, name: &str) -> ClientPlace {
    ClientPlace {
        tenant: tenant.clone(),
        project: PROJECT.into(),
        username: Username::parse(name).unwrap(),
    }
}

async fn stored(server: &Server, tenant: &TenantId, person: &Person) -> Value {
    let body = json!({
        "integrationId": INTEGRATION, "credentialName": "a token", "authType": "bearer_token",
        "accessToken": "the token of another system",
    });
    let request = Request::post("/api/v1/credentials")
        .header("authorization", format!("Bearer {}", person.token))
        .header("x-tenantid", tenant.as_str())
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = send(&server.router, request).await;
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    answer.json()
}

async fn asked(server: &Server, path: &str, body: Value) -> Value {
    let answer: Answer = server.ask(Method::POST, path, Some(body)).await;
    assert!(answer.status < 300, "{path}: {}", answer.error());
    answer.json()
}
