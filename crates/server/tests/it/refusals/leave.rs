//! What is signed here is on record first, and whoever is switched off meanwhile signs and submits nothing.

use access::{Presented, Principal};
use atropos::authentication::Caller;
use atropos::permit::permit;
use audit::{Action, Attribution, AuditFilter, Entry};
use axum::http::Method;
use did::{Did, MethodType, OperationKind, proto};
use prost::Message;
use registrar::{
    BoundScope, Create, Deactivate, IdFormat, KeyChoice, KeyUse, NewDid, PermitDenied, Purpose,
    RegistrarError, SigningKeys, SigningPermit,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::state::{State, store_of};
use crate::support::Server;

async fn create(server: &Server) -> Value {
    let body =
        json!({"network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020"});
    let made = server.ask(Method::POST, "/did/create", Some(body)).await;
    assert_eq!(made.status, 200, "{}", made.error());
    made.json()
}

fn signed(server: &Server, did: &str) -> Vec<Entry> {
    let filter = AuditFilter {
        action: Some(Action::KeysSign),
        subject: Some(did.to_owned()),
        ..AuditFilter::default()
    };
    server.app.access.audit().page(&filter, None, 100).unwrap()
}

#[tokio::test]
async fn each_use_of_a_key_stands_once_in_the_audit_log() {
    let server = Server::start().await;
    let made = create(&server).await;
    let did = made["did"].as_str().unwrap();
    let body = json!({"did": did, "authentication": []});
    let updated = server.ask(Method::POST, "/did/update", Some(body)).await;
    assert_eq!(updated.status, 200, "{}", updated.error());
    let path = format!("/did/deactivate/{did}");
    for _ in 0..2 {
        let ended = server.ask(Method::POST, &path, Some(json!({}))).await;
        assert_eq!(ended.status, 200, "{}", ended.error());
    }
    let entries = signed(&server, did);
    let operations: Vec<&str> = entries
        .iter()
        .map(|entry| entry.details["operation"].as_str().unwrap())
        .collect();
    assert_eq!(operations, ["create", "update", "deactivate"]);
    for entry in &entries {
        assert_eq!(entry.details["keys"], json!([made["controllerKeyId"]]));
        assert_eq!(entry.details["methods"], json!([format!("{did}#key-1")]));
        assert!(entry.actor.to_string().starts_with("api-key:"));
        assert!(entry.request_id.is_some());
    }
    let parsed = Did::parse(did).unwrap();
    let ledger = server.app.networks.of(&parsed).unwrap();
    let latest = ledger.latest(&parsed).unwrap().unwrap();
    let payload = proto::MsgDeactivateDidDocPayload {
        id: did.to_owned(),
        version_id: latest.version_id.clone(),
    };
    let sha256 = hex::encode(Sha256::digest(payload.encode_to_vec()));
    assert_eq!(entries[2].details["versionId"], latest.version_id.as_str());
    assert_eq!(entries[2].details["payloadSha256"], sha256.as_str());
    server.app.access.audit().verify().unwrap();
}

#[tokio::test]
async fn a_key_that_was_revoked_since_it_was_let_in_signs_nothing() {
    let server = Server::start().await;
    let made = create(&server).await;
    let caller = caller(&server);
    revoke(&server, &caller).await;
    assert!(server.app.settled().await.is_ok());
    let (store, did) = (store_of(&server), made["did"].as_str().unwrap());
    let before = State::of(&server, &store);
    let refused = end(&server, &caller, did, permit(&server.app, &caller)).await;
    assert_withdrawn(refused);
    let request = Create::Parameters(NewDid {
        network: "testnet".into(),
        id_format: IdFormat::Uuid,
        method_type: MethodType::Ed25519VerificationKey2020,
        key: KeyChoice::Generate,
        services: vec![],
        contexts: vec![],
    });
    let permit = permit(&server.app, &caller);
    let refused = server
        .app
        .registrar
        .create(caller.tenant(), request, permit)
        .await;
    assert_withdrawn(refused.map(drop));
    let changes = State::of(&server, &store).changes_since(&before);
    assert!(changes.is_empty(), "{changes:?}");
}

#[tokio::test]
async fn leave_that_was_given_ends_with_the_caller_before_anything_is_submitted() {
    let server = Server::start().await;
    let caller = caller(&server);
    let made = create(&server).await;
    let did = made["did"].as_str().unwrap();
    let mut permit = permit(&server.app, &caller);
    let purpose = |version_id: &str| Purpose::Sign {
        kind: OperationKind::Deactivate,
        version_id: version_id.to_owned(),
        payload_sha256: [7; 32],
    };
    let use_of = |version_id: &str| KeyUse {
        did: Did::parse(did).unwrap(),
        purpose: purpose(version_id),
        keys: vec![],
    };
    let entries = signed(&server, did).len();
    permit.to_use(use_of("a")).await.unwrap();
    permit.to_submit().await.unwrap();
    permit.to_use(use_of("a")).await.unwrap();
    assert_eq!(
        signed(&server, did).len(),
        entries + 1,
        "one act, one entry"
    );
    permit.to_use(use_of("b")).await.unwrap();
    assert_eq!(signed(&server, did).len(), entries + 2);

    revoke(&server, &caller).await;
    for refused in [
        permit.to_submit().await,
        permit.to_use(use_of("b")).await,
        permit.to_use(use_of("c")).await,
    ] {
        assert_withdrawn(refused.map_err(RegistrarError::from));
    }
    assert_eq!(signed(&server, did).len(), entries + 2);
}

fn caller(server: &Server) -> Caller {
    let access = &server.app.access;
    let account = access.authenticate(Presented::ApiKey(&server.key)).unwrap();
    let by = Attribution::of(account.attribution());
    Caller { account, by }
}

async fn revoke(server: &Server, caller: &Caller) {
    let Principal::ApiKey(key) = &caller.account.principal else {
        panic!("an API key");
    };
    let by = Attribution::command_line();
    server.app.access.revoke_api_key(key, &by).await.unwrap();
}

async fn end(
    server: &Server,
    caller: &Caller,
    did: &str,
    permit: SigningPermit,
) -> Result<(), RegistrarError> {
    let request = Deactivate {
        did: Did::parse(did).unwrap(),
        keys: SigningKeys::AllCustodial,
        scope: BoundScope::default(),
    };
    let registrar = &server.app.registrar;
    registrar
        .deactivate(caller.tenant(), request, permit)
        .await
        .map(drop)
}

fn assert_withdrawn(refused: Result<(), RegistrarError>) {
    match refused {
        Err(RegistrarError::PermitDenied(PermitDenied::Withdrawn(text))) => {
            assert!(text.contains("revoked"), "{text}")
        }
        other => panic!("{other:?}"),
    }
}
