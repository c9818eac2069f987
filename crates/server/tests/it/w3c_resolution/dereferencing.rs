//! What DID URLs lead to.

use serde_json::{Value, json};

use super::world::{DEREFERENCING, DOCUMENT, World};

#[tokio::test]
async fn a_fragment_names_a_part_by_its_whole_id() {
    let world = World::new().await;
    for (fragment, kind) in [
        ("key-1", "Ed25519VerificationKey2020"),
        ("key-2", "Ed25519VerificationKey2020"),
        ("bbs", "Bls12381G2Key2020"),
        ("files", "Files"),
    ] {
        let answer = world.get(&format!("%23{fragment}"), None).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, DEREFERENCING)
        );
        let body = answer.json();
        let content = &body["content"];
        assert_eq!(content["id"], format!("{}#{fragment}", world.wallet.did));
        assert_eq!(content["type"], kind);
        assert_eq!(content["@context"], json!(["https://www.w3.org/ns/did/v1"]));
        assert_eq!(body["contentStream"], *content);
        assert_eq!(body["dereferencingMetadata"]["contentType"], DOCUMENT);
        assert_eq!(
            body["contentMetadata"]["versionId"],
            world.version(2).as_str()
        );
        assert!(
            body["contentMetadata"]
                .get("linkedResourceMetadata")
                .is_none()
        );

        let alone = world.get(&format!("%23{fragment}"), Some(DOCUMENT)).await;
        assert_eq!(
            (alone.status, alone.header("content-type")),
            (200, DOCUMENT)
        );
        assert_eq!(alone.json(), *content);
    }
}

#[tokio::test]
async fn a_method_must_be_authorized_for_what_is_asked() {
    let world = World::new().await;
    for (fragment, relationship) in [("key-1", "authentication"), ("bbs", "assertionMethod")] {
        let after = format!("%23{fragment}?verificationRelationship={relationship}");
        let answer = world.get_encoded(&after, None).await;
        assert_eq!(answer.status, 200, "{after}");
        let id = format!("{}#{fragment}", world.wallet.did);
        assert_eq!(answer.json()["content"]["id"], id);
    }
}

#[tokio::test]
async fn services_reduce_the_document_or_lead_to_their_address() {
    let world = World::new().await;
    for (query, services) in [
        ("?service=files", vec!["files"]),
        ("?service=%23files", vec!["files"]),
        ("?serviceType=LinkedDomains", vec!["site"]),
        (
            "?service=files&serviceType=Files&relativeRef=a",
            vec!["files"],
        ),
        ("?service=chat", vec!["chat"]),
    ] {
        let query = query.replace("%23", "");
        for (accept, pointer) in [
            (None, "/content"),
            (Some(DEREFERENCING), "/contentStream"),
            (Some(DOCUMENT), ""),
        ] {
            let answer = world.get(&query, accept).await;
            assert_eq!(answer.status, 200, "{query}");
            let body = answer.json();
            let document = body.pointer(pointer).unwrap();
            assert_eq!(document["id"], world.wallet.did.as_str());
            assert_eq!(document["verificationMethod"].as_array().unwrap().len(), 2);
            let found = document["service"].as_array().unwrap().iter();
            let found: Vec<&Value> = found.map(|service| &service["id"]).collect();
            let expected = services
                .iter()
                .map(|name| format!("{}#{name}", world.wallet.did));
            assert_eq!(json!(found), json!(expected.collect::<Vec<_>>()), "{query}");
        }
    }
    for (query, location) in [
        ("?service=files", "https://files.example/base/"),
        (
            "?service=files&relativeRef=%2Fa%3Fb%3Dc%23d",
            "https://files.example/a?b=c#d",
        ),
        ("?service=files&relativeRef=/a", "https://files.example/a"),
        (
            "?service=files&relativeRef=a%2Fb",
            "https://files.example/base/a/b",
        ),
        ("?service=site", "https://site.example/a?b#c"),
    ] {
        let answer = world.get(query, Some("text/uri-list")).await;
        assert_eq!(
            (answer.status, answer.header("location"), answer.body.len()),
            (303, location, 0),
            "{query}"
        );
    }
    let with_fragment = world
        .get_encoded(
            "%3Fservice%3Dfiles%26relativeRef%3Da%23intro",
            Some("text/uri-list"),
        )
        .await;
    assert_eq!(
        with_fragment.header("location"),
        "https://files.example/base/a#intro"
    );
    let two_fragments = world.get_encoded("%3Fservice%3Dsite%23d", Some("text/uri-list"));
    assert_eq!(two_fragments.await.status, 400);
    let no_url = world.get("?service=chat", Some("text/uri-list")).await;
    assert_eq!(no_url.status, 404);
}

#[tokio::test]
async fn a_document_is_dereferenced_like_everything_else() {
    let world = World::new().await;
    let answer = world.get("", Some(DEREFERENCING)).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, DEREFERENCING)
    );
    let body = answer.json();
    assert_eq!(body["content"]["id"], world.wallet.did.as_str());
    assert_eq!(body["content"], world.get("", Some(DOCUMENT)).await.json());
    assert_eq!(
        body["contentMetadata"]["versionId"],
        world.version(2).as_str()
    );
}

#[tokio::test]
async fn keys_are_shown_in_another_type() {
    let world = World::new().await;
    let types = |body: &Value| -> Vec<Value> {
        let methods = body["didDocument"]["verificationMethod"]
            .as_array()
            .unwrap();
        methods
            .iter()
            .map(|method| method["type"].clone())
            .collect()
    };
    let answer = world.get("?transformKeys=JsonWebKey2020", None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(types(&answer.json()), ["JsonWebKey2020"; 2]);
    let first = &answer.json()["didDocument"]["verificationMethod"][0];
    assert_eq!(first["publicKeyJwk"]["crv"], "Ed25519");
    let part = world
        .get_encoded("%3FtransformKeys%3DJsonWebKey2020%23key-1", None)
        .await;
    assert_eq!(
        part.json()["content"]["publicKeyJwk"],
        first["publicKeyJwk"]
    );
}
