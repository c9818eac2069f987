//! Answers for today's clients: the types from before 2025, and drivers of the Universal Resolver.

use serde_json::{Value, json};

use super::world::{LEGACY_DEREFERENCING, LEGACY_RESULT, RESULT, World};
use crate::support::Wallet;

#[tokio::test]
async fn older_types_have_names_for_errors() {
    let world = World::new().await;
    let did = &world.wallet.did;
    let unknown = Wallet::new(0xcd, 1).did;
    let first = world.version(1);
    for (path, name, status) in [
        ("did:cheqd:testnet:x".to_owned(), "invalidDid", 400),
        ("did:web:x".into(), "methodNotSupported", 501),
        (unknown.clone(), "notFound", 404),
        (format!("{did}?x=1"), "invalidDidUrl", 400),
        (format!("{did}?versionId=x"), "invalidDidUrl", 400),
        (format!("{did}?versionTime=noon"), "invalidDidUrl", 400),
        (format!("{did}?versionId="), "invalidDidUrl", 400),
        (
            format!("{did}?transformKeys=x"),
            "representationNotSupported",
            406,
        ),
        (
            format!("{did}?relativeRef=x"),
            "representationNotSupported",
            406,
        ),
        (
            format!("{did}?service=files&resourceName=x"),
            "representationNotSupported",
            406,
        ),
        (format!("{did}/whois"), "invalidDidUrl", 400),
        (format!("{did}%23key"), "notFound", 404),
        (
            format!("{did}?versionId={first}&versionTime=2001-01-01"),
            "notFound",
            404,
        ),
    ] {
        for accept in [
            "application/ld+json",
            "application/did+json",
            "application/json",
        ] {
            let answer = world.server.resolve(&path, Some(accept)).await;
            assert_eq!(answer.status, status, "{path}");
            let body = answer.json();
            let is_url = path.contains(['/', '?', '%']) && body.get("contentStream").is_some();
            let metadata = match is_url {
                true => &body["dereferencingMetadata"],
                false => &body["didResolutionMetadata"],
            };
            assert_eq!(metadata["error"], name, "{path}");
            assert!(body.get("didDocument").is_none() && body.get("didDocumentMetadata").is_none());
            let content_type = answer.header("content-type");
            let expected = match (accept, is_url) {
                ("application/json", _) => "application/json",
                (_, true) => LEGACY_DEREFERENCING,
                (_, false) => LEGACY_RESULT,
            };
            assert_eq!(content_type, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn older_types_keep_their_ways() {
    let world = World::new().await;
    let first = world.version(1);
    let both = format!("?versionId={first}&versionTime=2999-01-01T00:00:00.5%2B01:00");
    let answer = world.get(&both, Some("application/json")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["didDocumentMetadata"]["versionId"],
        first.as_str()
    );

    let location = "https://files.example/base/a";
    for accept in [LEGACY_RESULT, LEGACY_DEREFERENCING, "application/json"] {
        let answer = world
            .get("?service=files&relativeRef=a", Some(accept))
            .await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, location),
            "{accept}"
        );
    }
    let part = world.get("%23key-1", Some(LEGACY_DEREFERENCING)).await;
    assert_eq!(
        (part.status, part.header("content-type")),
        (200, LEGACY_DEREFERENCING)
    );
    let body = part.json();
    assert_eq!(body["contentStream"]["id"], world.wallet.method(1).as_str());
    assert!(body.get("content").is_none() && body["@context"].is_string());

    world.end().await;
    for (after, pointer) in [
        ("", "/didDocument/id"),
        ("%23key-1", "/contentStream/controller"),
        ("?service=files", "/contentStream/id"),
    ] {
        let answer = world.get(after, Some("application/ld+json")).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (200, ""),
            "{after}"
        );
        let body = answer.json();
        assert_eq!(
            body.pointer(pointer),
            Some(&json!(world.wallet.did)),
            "{after}"
        );
        let flags =
            ["didDocumentMetadata", "contentMetadata"].map(|name| &body[name]["deactivated"]);
        assert!(flags.contains(&&json!(true)), "{after}");
    }
}

#[tokio::test]
async fn a_driver_of_the_universal_resolver_gets_what_that_needs() {
    let settings = [("ATROPOS_RESOLUTION_PROFILE", "universal-resolver-driver")];
    let world = World::with(&settings).await;
    // What the Universal Resolver asks its drivers for.
    let accept = Some("application/did-resolution,application/did");
    let active = world.get("", accept).await;
    assert_eq!(
        (active.status, active.header("content-type")),
        (200, RESULT)
    );
    let missing = world
        .server
        .resolve(&Wallet::new(0xcd, 1).did, accept)
        .await;
    let error = &missing.json()["didResolutionMetadata"]["error"];
    assert_eq!((missing.status, &error["type"]), (404, &json!("NOT_FOUND")));

    world.end().await;
    let ended = world.get("", accept).await;
    assert_eq!((ended.status, ended.header("content-type")), (410, RESULT));
    let body = ended.json();
    assert_eq!(body["didDocument"]["id"], world.wallet.did.as_str());
    assert_eq!(body["didDocumentMetadata"]["deactivated"], true);
    let accept = Some("application/did-url-dereferencing,application/did");
    let part = world.get("%23key-1", accept).await;
    assert_eq!(part.status, 410);
    assert_ne!(part.json()["content"], Value::Null);
}
