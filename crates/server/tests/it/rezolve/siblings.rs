//! Storing, reading, changing: the siblings of the published page.

use axum::http::Method;
use serde_json::{Value, json};

use super::place::{ADMIN, CREDENTIALS, INTEGRATION, Place, at, normal};

fn whole() -> Value {
    json!({
        "integrationId": INTEGRATION, "credentialName": "ServiceNow Production", "authType": "oauth2_bearer",
        "description": "Tickets", "expiresIn": 3600, "scopes": ["read", "write"],
        "tokenEndpoint": "https://sn.example/token", "authorizationEndpoint": "https://sn.example/authorize",
        "metadata": {"environment": "production"}, "accessToken": "token-1", "refreshToken": "token-2",
    })
}

#[tokio::test]
async fn a_credential_is_stored_read_and_described() {
    let place = Place::new().await;
    let stored = place.ask(Method::POST, CREDENTIALS, Some(whole())).await;
    assert_eq!(stored.status, 200, "{}", stored.json());
    let person = json!({"id": "<user>", "name": ADMIN, "email": ADMIN});
    let mut credential = json!({
        "id": "cred-<uuid>", "integrationId": INTEGRATION, "credentialName": "ServiceNow Production",
        "authType": "oauth2_bearer", "description": "Tickets", "scopes": ["read", "write"],
        "tokenEndpoint": "https://sn.example/token", "authorizationEndpoint": "https://sn.example/authorize",
        "metadata": {"environment": "production"}, "status": "active", "expiresAt": "<time>",
        "createdAt": "<time>", "createdBy": person,
    });
    let with = |base: &Value, members: Value| {
        let mut all = base.as_object().cloned().unwrap();
        all.extend(members.as_object().cloned().unwrap());
        Value::Object(all)
    };
    let tenant = json!({"tenant": {"id": place.tenant.as_str(), "name": "default"}});
    let body = stored.json();
    assert_eq!(normal(body.clone())["data"], with(&credential, tenant));
    assert_eq!(body["message"], "Credential stored successfully");
    let id = body["data"]["id"].as_str().unwrap().to_owned();

    let path = format!("{CREDENTIALS}/{INTEGRATION}");
    let revealed = place.ask(Method::GET, &path, None).await;
    let secret =
        json!({"accessToken": "token-1", "refreshToken": "token-2", "lastAccessedAt": "<time>"});
    assert_eq!(normal(revealed.json())["data"], with(&credential, secret));
    let named = format!("{path}?credentialId={id}");
    assert_eq!(place.ask(Method::GET, &named, None).await.status, 200);
    // A viewer sees everything but the secret.
    assert_eq!(
        place
            .ask_as(&place.viewer, Method::GET, &path, None)
            .await
            .status,
        403
    );
    let details = format!("{path}/details");
    let described = place
        .ask_as(&place.viewer, Method::GET, &details, None)
        .await;
    let more = json!({
        "isExpired": false, "accessCount": 2, "lastAccessedAt": "<time>", "updatedAt": "<time>",
        "updatedBy": person, "integrationsAffected": 0,
    });
    assert_eq!(
        normal(described.json())["data"],
        with(&credential, more.clone())
    );

    // Expired ones are flagged, not removed.
    place.sql("UPDATE vault_credentials SET expires_ms = 1");
    let described = normal(place.ask(Method::GET, &details, None).await.json());
    credential["status"] = json!("expired");
    let more = with(&more, json!({"isExpired": true}));
    assert_eq!(described["data"], with(&credential, more));
    assert_eq!(place.ask(Method::GET, &path, None).await.status, 200);
}

#[tokio::test]
async fn members_that_cannot_be_are_named_together() {
    let place = Place::new().await;
    let empty = place.ask(Method::POST, CREDENTIALS, Some(json!({}))).await;
    assert_eq!(empty.status, 422);
    let expected = json!({
        "success": false,
        "error": {
            "code": "VALIDATION_ERROR",
            "message": "Validation failed",
            "details": {
                "integrationId": "integrationId is required",
                "credentialName": "credentialName is required",
                "authType": "authType is required",
            },
        },
        "timestamp": "<time>",
    });
    assert_eq!(normal(empty.json()), expected);
    for (member, value) in [
        ("integrationId", json!("a b")),
        ("credentialName", json!("")),
        ("authType", json!("password")),
        ("description", json!(7)),
        ("expiresIn", json!(0)),
        ("expiresIn", json!("3600")),
        ("scopes", json!("read")),
        ("scopes", json!(["a", "a"])),
        ("tokenEndpoint", json!("sn.example")),
        ("metadata", json!([])),
        ("metadata", json!({"a": "x".repeat(17_000)})),
        ("accessToken", json!("")),
        ("accessToken", json!("x".repeat((32 << 10) + 1))),
        ("accesToken", json!("misspelt")),
    ] {
        let mut body = whole();
        body[member] = value;
        let refused = place.ask(Method::POST, CREDENTIALS, Some(body)).await;
        assert_eq!(refused.status, 422, "{member}");
        let details = refused.json()["error"]["details"].clone();
        assert_eq!(
            details.as_object().unwrap().keys().collect::<Vec<_>>(),
            [member]
        );
        assert!(!details.to_string().contains("token-1"));
    }
    let list = place.ask(Method::POST, CREDENTIALS, Some(json!([1]))).await;
    assert_eq!(list.status, 400);
    assert_eq!(list.json()["error"]["code"], "INVALID_PARAMETER");
    let path = format!("{CREDENTIALS}/{INTEGRATION}/details");
    assert_eq!(
        place.ask(Method::GET, &path, None).await.status,
        404,
        "nothing was stored"
    );
}

#[tokio::test]
async fn names_are_unique_within_an_integration_until_they_are_deleted() {
    let place = Place::new().await;
    let first = place.store("One", "api_key", "key").await;
    let same =
        json!({"integrationId": INTEGRATION, "credentialName": "One", "authType": "api_key"});
    let refused = place.ask(Method::POST, CREDENTIALS, Some(same)).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.json()["error"]["code"], "DUPLICATE_CREDENTIAL");
    let second = place.store("Two", "api_key", "key").await;
    let rename = json!({"credentialName": "One"});
    let refused = place
        .ask(Method::PATCH, &at(&second), Some(rename.clone()))
        .await;
    assert_eq!(refused.status, 409);
    // With several, one has to be named.
    let path = format!("{CREDENTIALS}/{INTEGRATION}");
    let several = place.ask(Method::GET, &path, None).await;
    assert_eq!(several.status, 400);
    let details = several.json()["error"]["details"].to_string();
    assert!(
        details.contains(&first) && details.contains(&second),
        "{details}"
    );
    let named = format!("{path}?credentialId={second}");
    assert_eq!(
        place.ask(Method::GET, &named, None).await.json()["data"]["id"],
        second
    );

    assert_eq!(place.delete(&first).await.status, 200);
    let renamed = place.ask(Method::PATCH, &at(&second), Some(rename)).await;
    assert_eq!(renamed.status, 200, "{}", renamed.json());
    let gone = format!("{path}?credentialId={first}");
    assert_eq!(place.ask(Method::GET, &gone, None).await.status, 404);
    let change = place
        .ask(
            Method::PATCH,
            &at(&first),
            Some(json!({"status": "active"})),
        )
        .await;
    assert_eq!(change.json()["error"]["code"], "CREDENTIAL_ALREADY_DELETED");
}

#[tokio::test]
async fn a_change_says_what_is_different_and_no_change_leaves_no_trace() {
    let place = Place::new().await;
    let stored = place.ask(Method::POST, CREDENTIALS, Some(whole())).await;
    let id = stored.json()["data"]["id"].as_str().unwrap().to_owned();
    let body = json!({
        "credentialName": "New", "description": null, "scopes": ["write", "admin"],
        "metadata": {"environment": "test"}, "status": "inactive",
    });
    let changed = place.ask(Method::PATCH, &at(&id), Some(body.clone())).await;
    assert_eq!(changed.status, 200, "{}", changed.json());
    let data = changed.json()["data"].clone();
    let expected = json!({
        "credentialName": {"from": "ServiceNow Production", "to": "New"},
        "description": {"from": "Tickets", "to": null},
        "scopes": {"added": ["admin"], "removed": ["read"]},
        "metadata": {"from": {"environment": "production"}, "to": {"environment": "test"}},
        "status": {"from": "active", "to": "inactive"},
    });
    assert_eq!(data["changes"], expected);
    assert_eq!(
        (&data["status"], &data["integrationsAffected"]),
        (&json!("inactive"), &json!(0))
    );
    let before = place.audit_size();
    let again = place.ask(Method::PATCH, &at(&id), Some(body)).await;
    assert_eq!(
        (again.status, &again.json()["data"]["changes"]),
        (200, &json!({}))
    );
    assert_eq!(place.audit_size(), before);

    let path = format!("{CREDENTIALS}/{INTEGRATION}");
    let refused = place.ask(Method::GET, &path, None).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (409, &json!("CREDENTIAL_INACTIVE"))
    );
    let on = place
        .ask(Method::PATCH, &at(&id), Some(json!({"status": "active"})))
        .await;
    assert_eq!(on.json()["data"]["status"], "active");
    assert_eq!(place.ask(Method::GET, &path, None).await.status, 200);
    for (body, member) in [
        (json!({"status": "revoked"}), "status"),
        (json!({"status": 1}), "status"),
        (json!({"authType": "jwt"}), "authType"),
        (json!({"accessToken": "x"}), "accessToken"),
    ] {
        let refused = place.ask(Method::PATCH, &at(&id), Some(body)).await;
        assert_eq!(refused.status, 422);
        assert!(refused.json()["error"]["details"][member].is_string());
    }
    let viewer = place
        .ask_as(&place.viewer, Method::PATCH, &at(&id), Some(json!({})))
        .await;
    assert_eq!(viewer.status, 403);
}

#[tokio::test]
async fn what_is_not_served_speaks_the_same_language() {
    let place = Place::new().await;
    let nowhere = place.ask(Method::GET, "/api/v1/nowhere", None).await;
    assert_eq!(
        (nowhere.status, &nowhere.json()["error"]["code"]),
        (404, &json!("NOT_FOUND"))
    );
    let method = place.ask(Method::PUT, CREDENTIALS, None).await;
    assert_eq!(
        (method.status, &method.json()["error"]["code"]),
        (405, &json!("METHOD_NOT_ALLOWED"))
    );
    let headers = [
        ("authorization", format!("Bearer {}", place.admin)),
        ("x-tenantid", place.tenant.to_string()),
    ];
    let untyped = place.send(Method::POST, CREDENTIALS, &headers, None).await;
    assert_eq!(untyped.status, 415);
    assert_eq!(untyped.json()["error"]["code"], "UNSUPPORTED_MEDIA_TYPE");
}
