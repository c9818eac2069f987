//! Tenants that demand an approval for every change of their credentials.

use access::ApprovalRule;
use audit::Attribution;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use serde_json::json;

use super::place::{Place, credential, deployment};
use crate::support::{Answer, approve, send};

/// A user action of the admin for this request.
async fn action(place: &Place, method: &str, path: &str, payload: &str) -> String {
    let admin = (place.admin.as_str(), &place.admin_key);
    approve(&place.app, admin, (method, path, payload)).await
}

async fn send_with(
    place: &Place,
    method: Method,
    path: &str,
    body: &str,
    actions: &[&str],
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", place.admin))
        .header("content-type", "application/json");
    for action in actions {
        request = request.header("x-dfns-useraction", *action);
    }
    send(
        &place.router,
        request.body(Body::from(body.to_owned())).unwrap(),
    )
    .await
}

#[tokio::test]
async fn without_a_user_action_nothing_is_changed() {
    let place = Place::new().await;
    place.create("api-user").await;
    let access = &place.app.access;
    let tenant = access.tenant_named("default").unwrap().unwrap().id;
    let by = Attribution::command_line();
    access
        .set_approval_rule(&tenant, ApprovalRule::On, &by)
        .await
        .unwrap();

    let path = "/apiops/projects/default/credentials/api-user/";
    let refused = json!({"error": "forbidden", "error_description": "user action signature is missing or invalid"});
    let list = "/apiops/projects/default/credentials/";
    let new = credential("other").to_string();
    let access_path = format!("{path}access/");
    for (method, path, body) in [
        (Method::DELETE, path, ""),
        (Method::PATCH, path, r#"{"password":"AnotherPassword1"}"#),
        (Method::POST, list, new.as_str()),
        (Method::PUT, list, new.as_str()),
        (Method::PUT, access_path.as_str(), "{}"),
        (Method::DELETE, access_path.as_str(), "{}"),
        (Method::POST, "/apiops/projects/", r#"{"name":"x"}"#),
    ] {
        let answer = send_with(&place, method.clone(), path, body, &[]).await;
        assert_eq!(
            (answer.status, answer.json()),
            (403, refused.clone()),
            "{method} {path}"
        );
        let answer = send_with(&place, method.clone(), path, body, &["forged"]).await;
        assert_eq!(
            (answer.status, answer.json()),
            (403, refused.clone()),
            "{method} {path}"
        );
    }
    assert_eq!(place.manage(Method::GET, path, None).await.status, 200);

    let for_other = action(
        &place,
        "DELETE",
        "/apiops/projects/default/credentials/other/",
        "",
    )
    .await;
    let answer = send_with(&place, Method::DELETE, path, "", &[&for_other]).await;
    assert_eq!(
        (answer.status, answer.json()),
        (403, refused.clone()),
        "for another path"
    );
    let body = r#"{"password":"AnotherPassword1"}"#;
    let good = action(&place, "PATCH", path, body).await;
    let answer = send_with(&place, Method::PATCH, path, body, &[&good]).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json());
    let answer = send_with(&place, Method::PATCH, path, body, &[&good]).await;
    assert_eq!(
        (answer.status, answer.json()),
        (403, refused.clone()),
        "twice"
    );
    let good = action(&place, "DELETE", path, "").await;
    let answer = send_with(&place, Method::DELETE, path, "", &[&good, &good]).await;
    assert_eq!(
        (answer.status, answer.json()),
        (403, refused),
        "two headers"
    );
    let deleted = send_with(&place, Method::DELETE, path, "", &[&good]).await;
    let body = deleted.json();
    assert_eq!(
        (deleted.status, &body),
        (
            200,
            &deployment("Undeployment", "Undeployed successfully", &body)
        )
    );
}
