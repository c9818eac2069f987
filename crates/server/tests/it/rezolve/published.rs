//! The published DELETE contract: its call, and every documented status with its body, field by field.

use access::ApprovalRule;
use audit::Attribution;
use axum::http::Method;
use serde_json::{Value, json};

use super::place::{ADMIN, INTEGRATION, Place, at, normal};
use crate::support::approve;

const SAMPLE: &str = "cred-550e8400-e29b-41d4-a716-446655440099";

fn error(code: &str, message: &str, details: &str) -> Value {
    json!({
        "success": false,
        "error": {"code": code, "message": message, "details": details},
        "timestamp": "<time>",
    })
}

/// `--url '{{base_url}}/api/v1/credentials/servicenow-prod-001/cred-…' --header 'accept: application/json'
/// --header 'authorization: Bearer {{access_token}}' --header 'x-tenantid: {{tenant_id}}'`
#[tokio::test]
async fn the_published_call_gets_the_published_answers() {
    let place = Place::new().await;
    let id = place
        .store("ServiceNow Production", "oauth2_bearer", "token")
        .await;
    let deleted = place.delete(&id).await;
    assert_eq!(deleted.status, 200, "{}", deleted.json());
    assert_eq!(deleted.header("content-type"), "application/json");
    let body = deleted.json();
    assert_eq!(body["data"]["id"], id);
    assert_eq!(body["data"]["deletedAt"], body["timestamp"]);
    let at_time = body["data"]["deletedAt"].as_str().unwrap().to_owned();
    let expected = json!({
        "success": true,
        "message": "Credential deleted successfully",
        "data": {
            "id": "cred-<uuid>",
            "integrationId": "servicenow-prod-001",
            "credentialName": "ServiceNow Production",
            "authType": "oauth2_bearer",
            "status": "deleted",
            "deletedAt": "<time>",
            "deletedBy": {"id": "<user>", "name": ADMIN, "email": ADMIN},
            "integrationsAffected": 0,
        },
        "timestamp": "<time>",
    });
    assert_eq!(normal(body), expected);

    // Again, in both spellings: the tombstone names time and actor.
    let text = format!("The credential was deleted on {at_time} by {ADMIN}");
    let message = "Credential has already been deleted";
    for spelling in [id.as_str(), id.strip_prefix("cred-").unwrap()] {
        let again = place.delete(spelling).await;
        assert_eq!(again.status, 409);
        let expected = error("CREDENTIAL_ALREADY_DELETED", message, &text);
        assert_eq!(normal(again.json()), expected);
    }
    let absent = place.delete(SAMPLE).await;
    assert_eq!(absent.status, 404);
    let text = format!("No credential exists with ID: {SAMPLE} for integration: {INTEGRATION}");
    let expected = error("CREDENTIAL_NOT_FOUND", "Credential not found", &text);
    assert_eq!(normal(absent.json()), expected);
}

#[tokio::test]
async fn refusals_come_in_order_and_change_nothing() {
    let place = Place::new().await;
    let id = place.store("One", "api_key", "key").await;
    let path = at(&id);
    let by = Attribution::command_line();
    let other = place.server.app.access.create_tenant("other", &by);
    let other = other.await.unwrap().id.to_string();
    let tenant = place.tenant.to_string();
    let before = place.audit_size();
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let of = |tenant: &str| ("x-tenantid", tenant.to_owned());
    let realm = |name: &str| ("realmname", name.to_owned());
    let (admin, viewer) = (bearer(&place.admin), bearer(&place.viewer));
    let key = ("x-api-key", place.server.key.clone());
    let bad_id = at("cred-550e8400e29b41d4a716446655440099");
    let bad_integration = format!("/api/v1/credentials/service%20now/{id}");
    let not_text = format!("/api/v1/credentials/%ff/{id}");
    let absent = at(SAMPLE);
    let cases: Vec<(&str, Vec<_>, u16)> = vec![
        // Nobody is told anything before they are known.
        (&bad_id, vec![], 401),
        (&path, vec![of(&tenant)], 401),
        (&path, vec![bearer("unknown"), of(&tenant)], 401),
        (&path, vec![bearer(""), of(&tenant)], 401),
        (&path, vec![admin.clone(), admin.clone(), of(&tenant)], 401),
        (&path, vec![admin.clone(), key.clone(), of(&tenant)], 401),
        // Then the request must be readable, even for those who may not.
        (&path, vec![viewer.clone()], 400),
        (&path, vec![viewer.clone(), of("")], 400),
        (&path, vec![viewer.clone(), of("default")], 400),
        (
            &path,
            vec![viewer.clone(), of(&tenant.replace('-', ""))],
            400,
        ),
        (&path, vec![viewer.clone(), of(&tenant), of(&tenant)], 400),
        (
            &path,
            vec![
                viewer.clone(),
                of(&tenant),
                realm("default"),
                realm("default"),
            ],
            400,
        ),
        (&bad_id, vec![viewer.clone(), of(&other)], 400),
        (&bad_integration, vec![viewer.clone(), of(&tenant)], 400),
        (&not_text, vec![viewer.clone(), of(&tenant)], 400),
        // Then they must be allowed to, whether or not it is there.
        (&path, vec![viewer.clone(), of(&tenant)], 403),
        (&absent, vec![viewer.clone(), of(&tenant)], 403),
        (&path, vec![key, of(&tenant)], 403),
        (&path, vec![admin.clone(), of(&other)], 403),
        (
            &path,
            vec![admin.clone(), of(&tenant), realm("another")],
            403,
        ),
        (
            &absent,
            vec![admin.clone(), of(&tenant), realm("default")],
            404,
        ),
    ];
    for (path, headers, status) in &cases {
        let answer = place.send(Method::DELETE, path, headers, None).await;
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(answer.status, *status, "{path} {names:?} {}", answer.json());
        let body = answer.json();
        assert_eq!(body["success"], false);
        let (code, message) = match status {
            400 => ("INVALID_PARAMETER", "Invalid parameters"),
            401 => ("UNAUTHORIZED", "Authentication failed"),
            403 => ("INSUFFICIENT_PERMISSIONS", "Insufficient permissions"),
            _ => ("CREDENTIAL_NOT_FOUND", "Credential not found"),
        };
        assert_eq!(
            (&body["error"]["code"], &body["error"]["message"]),
            (&json!(code), &json!(message))
        );
        assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    }
    let details = |answer: Value| answer["error"]["details"].as_str().unwrap().to_owned();
    let ids = place.ask(Method::DELETE, &bad_id, None).await.json();
    assert_eq!(details(ids), "Invalid integrationId or credentialId format");
    let nobody = place.send(Method::DELETE, &path, &[], None).await.json();
    assert_eq!(
        details(nobody),
        "Bearer token is missing, expired, or invalid"
    );
    let lacking = place
        .ask_as(&place.viewer, Method::DELETE, &path, None)
        .await
        .json();
    assert_eq!(
        details(lacking),
        "User lacks permission to delete credentials"
    );
    assert_eq!(place.audit_size(), before);
    let details = format!("/api/v1/credentials/{INTEGRATION}/details");
    let shown = place.ask(Method::GET, &details, None).await.json();
    assert_eq!(shown["data"]["status"], "active");
}

/// The credential of a tenant is not there for another one, in the words for one that never was.
#[tokio::test]
async fn what_belongs_to_others_is_not_there() {
    let place = Place::new().await;
    let id = place.store("One", "api_key", "key").await;
    let elsewhere = format!("/api/v1/credentials/another-integration/{id}");
    assert_eq!(
        place.ask(Method::DELETE, &elsewhere, None).await.status,
        404
    );
    let by = Attribution::command_line();
    let other = place
        .server
        .app
        .access
        .create_tenant("other", &by)
        .await
        .unwrap()
        .id;
    let statement = format!("UPDATE vault_credentials SET tenant = '{other}'");
    place.sql(&statement);
    let foreign = place.delete(&id).await;
    assert_eq!(foreign.status, 404);
    let text = format!("No credential exists with ID: {id} for integration: {INTEGRATION}");
    assert_eq!(foreign.json()["error"]["details"], text);
}

#[tokio::test]
async fn a_fault_of_the_store_is_a_500_and_nothing_is_half_deleted() {
    let place = Place::new().await;
    let id = place.store("One", "api_key", "key-1").await;
    let before = place.audit_size();
    for (table, event) in [
        ("vault_secrets", "DELETE"),
        ("vault_credentials", "UPDATE"),
        ("audit", "INSERT"),
    ] {
        place.sql(&format!(
            "CREATE TRIGGER fault BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, 'disk'); END"
        ));
        let failed = place.delete(&id).await;
        place.sql("DROP TRIGGER fault");
        assert_eq!(failed.status, 500, "{table}");
        let expected = error(
            "INTERNAL_ERROR",
            "Server error",
            "Unexpected server-side error",
        );
        assert_eq!(normal(failed.json()), expected);
        assert_eq!(place.audit_size(), before);
    }
    let revealed = place
        .ask(
            Method::GET,
            &format!("/api/v1/credentials/{INTEGRATION}"),
            None,
        )
        .await;
    assert_eq!(revealed.json()["data"]["accessToken"], "key-1");
    assert_eq!(place.delete(&id).await.status, 200);
}

#[tokio::test]
async fn a_tenant_may_demand_a_user_action() {
    let place = Place::new().await;
    let id = place.store("One", "api_key", "key").await;
    let by = Attribution::command_line();
    let access = &place.server.app.access;
    access
        .set_approval_rule(&place.tenant, ApprovalRule::On, &by)
        .await
        .unwrap();
    let refused = place.delete(&id).await;
    assert_eq!(refused.status, 403);
    let details = refused.json()["error"]["details"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(details.contains("X-DFNS-USERACTION"), "{details}");
    let headers = |action: String| {
        [
            ("authorization", format!("Bearer {}", place.admin)),
            ("x-tenantid", place.tenant.to_string()),
            ("x-dfns-useraction", action),
        ]
    };
    let elsewhere = place.action("DELETE", &at(SAMPLE)).await;
    let refused = place
        .send(Method::DELETE, &at(&id), &headers(elsewhere), None)
        .await;
    assert_eq!(refused.status, 403, "approved for another path");
    let action = place.action("DELETE", &at(&id)).await;
    let deleted = place
        .send(Method::DELETE, &at(&id), &headers(action.clone()), None)
        .await;
    assert_eq!(deleted.status, 200, "{}", deleted.json());
    let again = place
        .send(Method::DELETE, &at(&id), &headers(action), None)
        .await;
    assert_eq!(again.status, 403, "used once");
}

impl Place {
    /// A user action of the integration admin for this request without a body.
    async fn action(&self, method: &str, path: &str) -> String {
        let admin = (self.admin.as_str(), &self.admin_key);
        approve(&self.server.app, admin, (method, path, "")).await
    }
}
