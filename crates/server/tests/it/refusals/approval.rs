//! A tenant can demand that a person approves each deactivation that is signed with keys held here.

use access::{ApprovalRule, Presented, Role, TenantId};
use audit::{Action, Attribution, AuditFilter, Entry};
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::json;

use crate::support::Person;
use crate::support::{Answer, Server, Wallet, send};

struct Place {
    server: Server,
    tenant: TenantId,
}

impl Place {
    async fn new() -> Place {
        let server = Server::start().await;
        let access = &server.app.access;
        let caller = access.authenticate(Presented::ApiKey(&server.key)).unwrap();
        let tenant = caller.tenant;
        let place = Place { server, tenant };
        place.demand(ApprovalRule::On).await;
        place
    }

    async fn demand(&self, rule: ApprovalRule) {
        let by = Attribution::command_line();
        let access = &self.server.app.access;
        access
            .set_approval_rule(&self.tenant, rule, &by)
            .await
            .unwrap();
    }

    async fn create(&self) -> String {
        let body = json!({
            "network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020",
        });
        let made = self
            .server
            .ask(Method::POST, "/did/create", Some(body))
            .await;
        assert_eq!(made.status, 200, "{}", made.error());
        made.json()["did"].as_str().unwrap().to_owned()
    }

    async fn person(&self, name: &str, role: Role) -> Person {
        Person::new(&self.server.app, &self.tenant, name, &[role]).await
    }

    /// With the API key, and these user actions.
    async fn end(&self, did: &str, actions: &[&str]) -> Answer {
        let mut request = Request::post(format!("/did/deactivate/{did}"))
            .header("x-api-key", &self.server.key)
            .header("content-type", "application/json");
        for action in actions {
            request = request.header("X-DFNS-USERACTION", *action);
        }
        send(&self.server.router, request.body(Body::from("{}")).unwrap()).await
    }

    async fn is_active(&self, did: &str) -> bool {
        self.server.resolve(did, None).await.status == 200
    }

    fn entries(&self, action: Action) -> Vec<Entry> {
        let filter = AuditFilter {
            action: Some(action),
            ..AuditFilter::default()
        };
        self.server
            .app
            .access
            .audit()
            .page(&filter, None, 100)
            .unwrap()
    }

    async fn approve(&self, person: &Person, did: &str) -> String {
        let path = format!("/did/deactivate/{did}");
        person.approve(&self.server.app, "POST", &path, "{}").await
    }

    /// Refused with 403, a text that says what to do, and nothing signed.
    async fn refuses(&self, did: &str, actions: &[&str], why: &str) {
        let signed = self.entries(Action::KeysSign).len();
        let answer = self.end(did, actions).await;
        let text = answer.error();
        assert_eq!(answer.status, 403, "{text}");
        assert!(
            text.contains(why) && text.contains("X-DFNS-USERACTION"),
            "{text}"
        );
        assert_eq!(self.entries(Action::KeysSign).len(), signed);
        assert!(self.is_active(did).await);
    }
}

#[tokio::test]
async fn an_api_key_alone_ends_nothing_and_the_approval_is_named_beside_the_signature() {
    let place = Place::new().await;
    let clotho = place.person("clotho", Role::Registrar).await;
    let did = place.create().await;
    place.refuses(&did, &[], "have to be approved").await;

    let action = place.approve(&clotho, &did).await;
    let ended = place.end(&did, &[&action]).await;
    assert_eq!(ended.status, 200, "{}", ended.error());
    assert!(!place.is_active(&did).await);
    let signed = place.entries(Action::KeysSign).pop().unwrap();
    let approved = place.entries(Action::UserActionApprove).pop().unwrap();
    assert_eq!(signed.subject, did);
    assert_eq!(signed.details["operation"], "deactivate");
    assert_eq!(signed.details["approval"], approved.id.as_str());
    assert_eq!(signed.details["approvedBy"], approved.subject.as_str());
    assert!(approved.index < signed.index);

    // Of a DID that has ended nothing is signed any more, so nothing is to be approved.
    let again = place.end(&did, &[]).await;
    assert_eq!(again.status, 200, "{}", again.error());
}

#[tokio::test]
async fn an_approval_is_for_one_did_one_body_and_one_use() {
    let place = Place::new().await;
    let clotho = place.person("clotho", Role::Registrar).await;
    let (did, other) = (place.create().await, place.create().await);
    let for_other = place.approve(&clotho, &other).await;
    place.refuses(&did, &[&for_other], "another path").await;
    // It was used up by the attempt.
    place.refuses(&other, &[&for_other], "").await;

    let path = format!("/did/deactivate/{did}");
    let app = &place.server.app;
    let payload = clotho
        .approve(app, "POST", &path, r#"{"publicKeyHexs":["aa"]}"#)
        .await;
    place.refuses(&did, &[&payload], "another payload").await;
    let method = clotho.approve(app, "DELETE", &path, "{}").await;
    place.refuses(&did, &[&method], "another method").await;
    place.refuses(&did, &["nonsense"], "not valid").await;
    let (one, two) = (
        place.approve(&clotho, &did).await,
        place.approve(&clotho, &did).await,
    );
    place.refuses(&did, &[&one, &two], "several").await;

    let by_viewer = place.person("viewer", Role::Viewer).await;
    let lacking = place.approve(&by_viewer, &did).await;
    place.refuses(&did, &[&lacking], "lacks").await;

    let strangers = Attribution::command_line();
    let strangers = app
        .access
        .create_tenant("strangers", &strangers)
        .await
        .unwrap();
    let eris = Person::new(app, &strangers.id, "eris", &[Role::Admin]).await;
    let foreign = place.approve(&eris, &did).await;
    place.refuses(&did, &[&foreign], "").await;

    let good = place.approve(&clotho, &did).await;
    assert_eq!(place.end(&did, &[&good]).await.status, 200);
    place.refuses(&other, &[&good], "").await;
}

#[tokio::test]
async fn an_approval_dies_with_whoever_gave_it() {
    let place = Place::new().await;
    let clotho = place.person("clotho", Role::Registrar).await;
    let did = place.create().await;
    let action = place.approve(&clotho, &did).await;
    let (access, by) = (&place.server.app.access, Attribution::command_line());
    let user = &clotho.user;
    let off = access::Switch::Deactivate;
    access
        .switch_user(&user.tenant, &user.id, off, &by)
        .await
        .unwrap();
    place.refuses(&did, &[&action], "").await;
}

#[tokio::test]
async fn it_binds_the_keys_held_here_and_nothing_else() {
    let place = Place::new().await;
    let did = place.create().await;
    // Other changes need no approval.
    let body = json!({"did": did, "authentication": []});
    let updated = place
        .server
        .ask(Method::POST, "/did/update", Some(body))
        .await;
    assert_eq!(updated.status, 200, "{}", updated.error());

    // A complete set that was signed elsewhere needs nobody's leave.
    let wallet = Wallet::new(1, 1);
    let made = place.server.submit(wallet.create().to_string()).await;
    assert_eq!(made.status, 200);
    let ended = place
        .server
        .submit(wallet.deactivate_json(&[1]).to_string())
        .await;
    assert_eq!(ended.status, 200);
    assert!(!place.is_active(&wallet.did).await);

    // What comes along must hold, also where it is not demanded.
    place.demand(ApprovalRule::Off).await;
    place.refuses(&did, &["nonsense"], "not valid").await;
    let ended = place.end(&did, &[]).await;
    assert_eq!(ended.status, 200, "{}", ended.error());
    let signed = place.entries(Action::KeysSign).pop().unwrap();
    assert!(!signed.details.contains_key("approval"));
}
