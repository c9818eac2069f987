//! The published pages, request by request and field by field.

use access::Role;
use audit::Attribution;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::place::{PASSWORD, Place, basic, credential, deployment, person};
use crate::support::{Answer, send};

const LIST: &str = "/apiops/projects/default/credentials/";
const ONE: &str = "/apiops/projects/default/credentials/api-user/";
const ACCESS: &str = "/apiops/projects/default/credentials/api-user/access/";

#[track_caller]
fn is(answer: &Answer, status: u16, body: Value) {
    assert_eq!((answer.status, answer.json()), (status, body));
    assert_eq!(answer.header("content-type"), "application/json");
}

fn error(code: &str, text: &str) -> Value {
    json!({"error": code, "error_description": text})
}

fn not_found() -> Value {
    error(
        "bad_request",
        "Credential (username: api-user) was not found!",
    )
}

fn no_project(name: &str) -> Value {
    let text =
        format!("Project({name}) was not found or user does not have privilege to access it!");
    error("not_found", &text)
}

#[tokio::test]
async fn delete_answers_as_published_with_and_without_the_slash() {
    let place = Place::new().await;
    for path in [ONE, ONE.trim_end_matches('/')] {
        let username = if path == ONE { "api-user" } else { "api-user2" };
        assert_eq!(place.create(username).await.status, 200);
        let path = path.replace("api-user", username);
        let deleted = place.manage(Method::DELETE, &path, None).await;
        let expected = deployment("Undeployment", "Undeployed successfully", &deleted.json());
        is(&deleted, 200, expected);
        let again = place.manage(Method::DELETE, &path, None).await;
        let text = format!("Credential (username: {username}) was not found!");
        is(&again, 400, error("bad_request", &text));
    }
}

#[tokio::test]
async fn delete_has_every_documented_error_and_then_changes_nothing() {
    let place = Place::new().await;
    place.create("api-user").await;
    let key = format!("Bearer {}", viewer(&place).await);
    let entries = place.app.access.audit().head().unwrap();
    for authorization in [
        "Bearer YOUR_TOKEN",
        "Bearer ",
        "Token x",
        "Basic ?",
        &basic("api-user", "wrong one"),
    ] {
        let answer = place.ask(authorization, Method::DELETE, ONE, None).await;
        is(&answer, 401, error("unauthorized_client", "Invalid token"));
    }
    let nobody = Request::delete(ONE).body(Body::empty()).unwrap();
    is(
        &send(&place.router, nobody).await,
        401,
        error("unauthorized_client", "Invalid token"),
    );
    let path = ONE.replace("default", "MyProject");
    is(
        &place.manage(Method::DELETE, &path, None).await,
        404,
        no_project("MyProject"),
    );
    // The project is asked about before the right, and the right before the credential.
    is(
        &place.ask(&key, Method::DELETE, &path, None).await,
        404,
        no_project("MyProject"),
    );
    let text = "This credential lacks the permission Registrar:Clients:Manage.";
    for username in ["api-user", "nobody"] {
        let path = ONE.replace("api-user", username);
        is(
            &place.ask(&key, Method::DELETE, &path, None).await,
            403,
            error("forbidden", text),
        );
    }
    // An API key is for DIDs.
    let by_key = Request::delete(ONE).header("x-api-key", &place.api_key);
    let by_key = by_key.body(Body::empty()).unwrap();
    is(
        &send(&place.router, by_key).await,
        403,
        error("forbidden", text),
    );
    let unknown = ONE.replace("api-user", "nobody");
    let text = "Credential (username: nobody) was not found!";
    is(
        &place.manage(Method::DELETE, &unknown, None).await,
        400,
        error("bad_request", text),
    );
    assert_eq!(place.app.access.audit().head().unwrap(), entries);

    let text = "Internal error: the log holds the reason under the x-request-id of this answer.";
    place.sql(
        "CREATE TRIGGER fault BEFORE DELETE ON clients BEGIN SELECT RAISE(ABORT, 'injected'); END",
    );
    is(
        &place.delete("api-user").await,
        500,
        error("internal_error", text),
    );
    assert_eq!(place.app.access.audit().head().unwrap(), entries);
    place.sql("DROP TRIGGER fault");
    place.bearer_of("api-user").await;
    assert_eq!(place.delete("api-user").await.status, 200);
}

async fn viewer(place: &Place) -> String {
    let key = SigningKey::from_bytes(&[8; 32]);
    person(&place.app, "default", "viewer", &key, Role::Viewer).await
}

#[tokio::test]
async fn credentials_are_created_listed_changed_as_published() {
    let place = Place::new().await;
    is(
        &place.manage(Method::GET, LIST, None).await,
        200,
        json!({"success": true, "resultList": []}),
    );
    let created = place.create("api-user").await;
    is(
        &created,
        200,
        deployment("Deployment", "Deployed successfully", &created.json()),
    );
    let mut shown = credential("api-user");
    shown["password"] = Value::Null;
    is(
        &place.manage(Method::GET, LIST, None).await,
        200,
        json!({"success": true, "resultList": [shown]}),
    );
    is(
        &place.manage(Method::GET, ONE, None).await,
        200,
        json!({"success": true, "result": shown}),
    );

    let mut changed = credential("api-user");
    changed["enabled"] = false.into();
    changed["ipList"] = json!(["192.168.1.100", "10.0.0.0/8"]);
    changed["expireDate"] = "2124-12-31T23:59:59.000Z".into();
    changed["metadata"] = json!([{"key": "team", "value": "a"}]);
    changed["password"] = Value::Null;
    let updated = place.manage(Method::PUT, LIST, Some(changed.clone())).await;
    is(
        &updated,
        200,
        deployment("Deployment", "Deployed successfully", &updated.json()),
    );
    is(
        &place.manage(Method::GET, ONE, None).await,
        200,
        json!({"success": true, "result": changed}),
    );

    let body = Some(json!({"password": "AnotherPassword1", "email": "is ignored"}));
    let patched = place.manage(Method::PATCH, ONE, body.clone()).await;
    is(
        &patched,
        200,
        deployment("Deployment", "Deployed successfully", &patched.json()),
    );
    is(
        &place.manage(Method::GET, ONE, None).await,
        200,
        json!({"success": true, "result": changed}),
    );
    for (method, path, body) in [
        (Method::PATCH, ONE.replace("api-user", "nobody"), body),
        (Method::PUT, LIST.into(), Some(credential("nobody"))),
        (Method::GET, ONE.replace("api-user", "nobody"), None),
    ] {
        let text = "Credential (username: nobody) was not found!";
        is(
            &place.manage(method, &path, body).await,
            400,
            error("bad_request", text),
        );
    }
    is(
        &place.create("api-user").await,
        409,
        error(
            "duplicate_name",
            "the username api-user is taken, or was before its client was deleted: choose another username",
        ),
    );
}

#[tokio::test]
async fn wrong_bodies_get_the_shape_of_the_dialect() {
    let place = Place::new().await;
    let mut wrong = credential("api user");
    wrong["ipList"] = json!(["10.0.0.1/8"]);
    wrong["password"] = Value::Null;
    let answer = place.manage(Method::POST, LIST, Some(wrong)).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (400, &json!("validation_failed"))
    );
    let fields: Vec<Value> = answer.json()["validation_errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].clone())
        .collect();
    assert_eq!(fields, ["username", "ipList"]);
    let mut without = credential("api-user");
    without["password"] = Value::Null;
    let answer = place.manage(Method::POST, LIST, Some(without)).await;
    assert_eq!(answer.json()["validation_errors"][0]["field"], "password");
    let bearer = format!("Bearer {}", place.admin);
    for (content_type, body, status, code) in [
        ("application/json", "{", 400, "bad_request"),
        (
            "application/json",
            "{\"username\":1,\"username\":2}",
            400,
            "bad_request",
        ),
        ("application/json", "{\"usrname\":1}", 400, "bad_request"),
        ("application/json", "", 400, "bad_request"),
        ("text/plain", "{}", 415, "unsupported_media_type"),
    ] {
        let request = Request::post(LIST)
            .header("authorization", &bearer)
            .header("content-type", content_type)
            .body(Body::from(body))
            .unwrap();
        let answer = send(&place.router, request).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (status, Some(code)),
            "{body}"
        );
        assert!(answer.json()["error_description"].is_string());
    }
    for (method, path, status, code) in [
        (Method::GET, "/apiops/nothing", 404, "not_found"),
        (Method::PATCH, LIST, 405, "method_not_allowed"),
    ] {
        let answer = place.manage(method, path, None).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (status, Some(code)),
            "{path}"
        );
    }
    let unreadable = "/apiops/projects/default/credentials/%ff/";
    assert_eq!(
        place.manage(Method::DELETE, unreadable, None).await.status,
        404
    );
    assert_eq!(
        place.manage(Method::DELETE, ONE, None).await.json(),
        not_found()
    );
}

#[tokio::test]
async fn access_is_granted_shown_and_revoked_as_published() {
    let place = Place::new().await;
    place.create("api-user").await;
    is(
        &place.manage(Method::GET, ACCESS, None).await,
        200,
        json!({"success": true, "resultList": []}),
    );
    let bearer = place.bearer_of("api-user").await;
    assert_eq!(
        place
            .ask(&bearer, Method::GET, "/key/list", None)
            .await
            .status,
        403
    );
    let list = json!({"credentialAccessList": [
        {"name": "keys", "type": "API_PROXY"},
        {"name": "registrar", "type": "API_PROXY_GROUP", "expireTime": "2124-12-31T23:59:59.000Z"},
    ]});
    let granted = place.manage(Method::PUT, ACCESS, Some(list.clone())).await;
    is(
        &granted,
        200,
        deployment("Deployment", "Deployed successfully", &granted.json()),
    );
    let shown = json!({"success": true, "resultList": [
        {"name": "keys", "type": "API_PROXY"},
        {"name": "registrar", "type": "API_PROXY_GROUP", "expireTime": "2124-12-31T23:59:59.000Z"},
    ]});
    is(&place.manage(Method::GET, ACCESS, None).await, 200, shown);
    for authorization in [bearer.clone(), basic("api-user", PASSWORD)] {
        assert_eq!(
            place
                .ask(&authorization, Method::GET, "/key/list", None)
                .await
                .status,
            200
        );
    }
    let again = place.grant("api-user", "API_PROXY", "keys").await;
    is(
        &again,
        400,
        error(
            "bad_request",
            "API Proxy (name:keys) access is already granted!",
        ),
    );
    for (kind, name, text) in [
        (
            "API_PROXY",
            "",
            "Credential access object name can not be empty!",
        ),
        (
            "API_PROXY",
            "MyAPI",
            "API Proxy (name:MyAPI) is not found or user does not have privilege to access it!",
        ),
        (
            "PROXY",
            "keys",
            "Credential access object type should be API_PROXY or API_PROXY_GROUP",
        ),
    ] {
        is(
            &place.grant("api-user", kind, name).await,
            400,
            error("bad_request", text),
        );
    }
    let revoked = place
        .manage(Method::DELETE, ACCESS, Some(list.clone()))
        .await;
    is(
        &revoked,
        200,
        deployment("Undeployment", "Undeployed successfully", &revoked.json()),
    );
    assert_eq!(
        place
            .ask(&bearer, Method::GET, "/key/list", None)
            .await
            .status,
        403
    );
    let again = place.manage(Method::DELETE, ACCESS, Some(list)).await;
    is(
        &again,
        400,
        error("bad_request", "API Proxy (name:keys) access was not found!"),
    );
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let path = ACCESS.replace("api-user", "nobody");
        let answer = place.manage(method, &path, Some(json!({}))).await;
        let text = "Credential (username: nobody) was not found!";
        assert!(
            answer.json() == error("bad_request", text) || answer.json()["error"] == "bad_request"
        );
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn tokens_are_given_for_the_right_password_alone() {
    let place = Place::new().await;
    place.create("api-user").await;
    place.grant("api-user", "API_PROXY", "keys").await;
    let form =
        "grant_type=client_credentials&client_id=api-user&client_secret=SecurePassword123%21";
    let answer = place.token_form(form).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    is(
        &answer,
        200,
        json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600}),
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(token.split('.').count(), 3);
    let bearer = format!("Bearer {token}");
    assert_eq!(
        place
            .ask(&bearer, Method::GET, "/key/list", None)
            .await
            .status,
        200
    );
    // A client manages nobody, not even itself.
    assert_eq!(
        place.ask(&bearer, Method::GET, LIST, None).await.status,
        403
    );
    let bad = error("unauthorized_client", "Bad credentials");
    for form in [
        "grant_type=client_credentials&client_id=api-user&client_secret=wrong+one",
        "grant_type=client_credentials&client_id=nobody&client_secret=wrong+one",
        "grant_type=client_credentials&client_id=a%3Ab&client_secret=wrong+one",
    ] {
        is(&place.token_form(form).await, 401, bad.clone());
    }
    let other = form.replace("client_credentials", "password");
    let text = "grant_type should be client_credentials";
    is(
        &place.token_form(&other).await,
        400,
        error("unsupported_grant_type", text),
    );
    let text = "client_secret is missing";
    is(
        &place
            .token_form("grant_type=client_credentials&client_id=a")
            .await,
        400,
        error("bad_request", text),
    );
    let mut off = credential("api-user");
    off["enabled"] = false.into();
    assert_eq!(place.manage(Method::PUT, LIST, Some(off)).await.status, 200);
    is(&place.token_form(form).await, 401, bad);
    let refused = place.ask(&bearer, Method::GET, LIST, None).await;
    is(&refused, 401, error("unauthorized_client", "Invalid token"));
}

#[tokio::test]
async fn projects_and_environments_are_shown() {
    let place = Place::new().await;
    let project = |name: &str, description: &str| json!({"name": name, "description": description});
    let body = Some(project("MyProject", "mine"));
    let created = place
        .manage(Method::POST, "/apiops/projects/", body.clone())
        .await;
    is(
        &created,
        200,
        json!({"success": true, "result": project("MyProject", "mine")}),
    );
    let again = place.manage(Method::POST, "/apiops/projects/", body).await;
    assert_eq!(
        (again.status, again.json()["error"].as_str()),
        (409, Some("duplicate_name"))
    );
    let all = json!({"success": true, "resultList": [project("MyProject", "mine"), project("default", "")],
        "resultCount": 2});
    is(
        &place.manage(Method::GET, "/apiops/projects", None).await,
        200,
        all,
    );
    let environment = |deployed: Value, required: Value| {
        json!({
            "id": "production", "name": "production", "description": "This server", "type": "PRODUCTION",
            "accessUrl": "127.0.0.1", "status": "PUBLISHED", "deployed": deployed, "redeployRequired": required,
        })
    };
    let list = |one: Value| json!({"success": true, "resultList": [one], "resultCount": 1});
    let answer = place
        .manage(Method::GET, "/apiops/environments/", None)
        .await;
    is(&answer, 200, list(environment(Value::Null, Value::Null)));
    let answer = place
        .manage(
            Method::GET,
            "/apiops/projects/MyProject/environments/",
            None,
        )
        .await;
    is(&answer, 200, list(environment(true.into(), false.into())));
    let answer = place
        .manage(Method::GET, "/apiops/projects/nothing/environments/", None)
        .await;
    is(&answer, 404, no_project("nothing"));
    let path = "/apiops/projects/MyProject/credentials/";
    assert_eq!(
        place
            .manage(Method::POST, path, Some(credential("api-user")))
            .await
            .status,
        200
    );
    is(
        &place.manage(Method::DELETE, ONE, None).await,
        400,
        not_found(),
    );
}

#[tokio::test]
async fn another_tenants_project_does_not_exist() {
    let place = Place::new().await;
    place.create("api-user").await;
    let by = Attribution::command_line();
    place.app.access.create_tenant("second", &by).await.unwrap();
    let first = place
        .app
        .access
        .tenant_named("default")
        .unwrap()
        .unwrap()
        .id;
    place
        .app
        .access
        .create_project(&first, "mine", "", &by)
        .await
        .unwrap();
    let key = SigningKey::from_bytes(&[9; 32]);
    let stranger = person(&place.app, "second", "stranger", &key, Role::Admin).await;
    let stranger = format!("Bearer {stranger}");
    let path = "/apiops/projects/mine/credentials/api-user/";
    let nowhere = "/apiops/projects/nowhere/credentials/api-user/";
    for method in [Method::GET, Method::DELETE, Method::PATCH] {
        let body = Some(json!({"password": "AnotherPassword1"}));
        is(
            &place
                .ask(&stranger, method.clone(), path, body.clone())
                .await,
            404,
            no_project("mine"),
        );
        is(
            &place.ask(&stranger, method, nowhere, body).await,
            404,
            no_project("nowhere"),
        );
    }
    is(
        &place.ask(&stranger, Method::DELETE, ONE, None).await,
        400,
        not_found(),
    );
    let taken = place
        .ask(&stranger, Method::POST, LIST, Some(credential("api-user")))
        .await;
    assert_eq!(taken.status, 409);
    place.bearer_of("api-user").await;
}

#[tokio::test]
async fn addresses_bind_passwords_and_tokens_alike() {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;
    let place = Place::new().await;
    let mut bound = credential("api-user");
    bound["ipList"] = json!(["10.0.0.0/8"]);
    let created = place.manage(Method::POST, LIST, Some(bound)).await;
    is(
        &created,
        200,
        deployment("Deployment", "Deployed successfully", &created.json()),
    );
    place.grant("api-user", "API_PROXY", "keys").await;
    let from = async |address: &str, request: axum::http::request::Builder, body: &'static str| {
        let mut request = request.body(Body::from(body)).unwrap();
        let peer = SocketAddr::new(address.parse().unwrap(), 4711);
        request.extensions_mut().insert(ConnectInfo(peer));
        send(&place.router, request).await
    };
    let form = || {
        Request::post("/apiops/auth/token")
            .header("content-type", "application/x-www-form-urlencoded")
    };
    let body =
        "grant_type=client_credentials&client_id=api-user&client_secret=SecurePassword123%21";
    assert_eq!(from("192.0.2.1", form(), body).await.status, 401);
    let answer = from("10.1.2.3", form(), body).await;
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    for authorization in [bearer, basic("api-user", PASSWORD)] {
        let list = || Request::get("/key/list").header("authorization", &authorization);
        assert_eq!(from("10.1.2.3", list(), "").await.status, 200);
        assert_eq!(from("192.0.2.1", list(), "").await.status, 401);
    }
}
