//! The audit log in the words of the contract.

use axum::http::Method;
use serde_json::{Value, json};

use super::place::{ADMIN, INTEGRATION, Place, normal};

const PATH: &str = "/api/v1/admin/audit-logs";

#[tokio::test]
async fn what_was_done_is_told_newest_first_and_in_pages() {
    let place = Place::new().await;
    let id = place.store("One", "api_key", "a-key-nobody-else-has").await;
    let reveal = format!("/api/v1/credentials/{INTEGRATION}");
    assert_eq!(place.ask(Method::GET, &reveal, None).await.status, 200);
    assert_eq!(place.delete(&id).await.status, 200);
    let read = async |query: &str| {
        let path = format!("{PATH}{query}");
        place.ask_as(&place.auditor, Method::GET, &path, None).await
    };
    let page = read(&format!("?tenantId={}&limit=3&offset=0", place.tenant)).await;
    assert_eq!(page.status, 200, "{}", page.json());
    let data = page.json()["data"].clone();
    let actions: Vec<&Value> = data["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| &log["action"])
        .collect();
    assert_eq!(
        actions,
        [
            "CREDENTIAL_DELETED",
            "CREDENTIAL_ACCESSED",
            "CREDENTIAL_CREATED"
        ]
    );
    let total = data["pagination"]["total"].as_u64().unwrap();
    let expected = json!({"total": total, "limit": 3, "offset": 0, "hasMore": true});
    assert_eq!(data["pagination"], expected);
    let newest = &data["logs"][0];
    assert!(newest["id"].as_str().unwrap().starts_with("log-"));
    assert_eq!(
        newest["resource"],
        json!({"type": "credential", "id": id, "name": "One"})
    );
    assert_eq!(newest["tenantId"], place.tenant.as_str());
    let actor = json!({"id": "<user>", "name": ADMIN, "email": ADMIN, "ipAddress": null});
    assert_eq!(normal(newest["actor"].clone()), actor);
    assert_eq!(newest["details"]["integrationsAffected"], 0);
    assert!(!page.json().to_string().contains("a-key-nobody-else-has"));

    let last = read(&format!("?offset={}", total - 1)).await.json()["data"].clone();
    assert_eq!(last["logs"].as_array().unwrap().len(), 1);
    assert_eq!(last["pagination"]["hasMore"], false);
    for (query, status) in [
        ("?limit=0", 400),
        ("?limit=201", 400),
        ("?limit=1&limit=1", 400),
        ("?page=1", 400),
        ("?tenantId=default", 400),
        ("?tenantId=550e8400-e29b-41d4-a716-446655440099", 403),
    ] {
        assert_eq!(read(query).await.status, status, "{query}");
    }
    assert_eq!(
        place.ask(Method::GET, PATH, None).await.status,
        403,
        "integration admins read no audit log"
    );
}
