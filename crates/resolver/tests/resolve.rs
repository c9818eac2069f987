//! Resolution over a real ledger: which version is found, and in which forms it is returned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use did::proto::resource::{MsgCreateResource, MsgCreateResourcePayload};
use did::proto::{
    MsgCreateDidDoc, MsgCreateDidDocPayload, MsgDeactivateDidDoc, MsgDeactivateDidDocPayload,
    MsgUpdateDidDoc, SignInfo, VerificationMethod,
};
use did::{Operation, Proposal};
use ed25519_dalek::{Signer, SigningKey};
use ledger::{Embedded, Networks};
use proof::note::NoteSigner;
use prost::Message;
use resolver::{DocumentView, Options, Resolution, ResolveError, Resolver, ResultContext};
use serde_json::{Value, json};
use tempfile::TempDir;

const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
const V1: &str = "11111111-1111-4111-8111-111111111111";
const V2: &str = "22222222-2222-4222-8222-222222222222";
const V3: &str = "33333333-3333-4333-8333-333333333333";

struct World {
    ledger: Embedded,
    resolver: Resolver,
    _folder: TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let options = ledger::Options::new(
            folder.path().join("data"),
            folder.path().join("guard"),
            "testnet",
        );
        let signer = || NoteSigner::from_seed("example.org/testnet", &[7; 32]).unwrap();
        Embedded::init(&options, &signer()).unwrap();
        let ledger = Embedded::open(&options, signer()).unwrap();
        let resolver = Resolver::new(Networks::new(vec![ledger.clone()]));
        World {
            ledger,
            resolver,
            _folder: folder,
        }
    }

    async fn submit(&self, operation: Operation) {
        self.ledger
            .submit(vec![Proposal::from(operation)])
            .await
            .unwrap();
    }

    async fn create(&self) {
        let payload = document(V1, &[]);
        let signatures = signed(&payload);
        self.submit(
            Operation::from_create(MsgCreateDidDoc {
                payload: Some(payload),
                signatures,
            })
            .unwrap(),
        )
        .await;
    }

    async fn update(&self) {
        let payload = document(V2, &["did:example:other"]);
        let signatures = signed(&payload);
        self.submit(
            Operation::from_update(MsgUpdateDidDoc {
                payload: Some(payload),
                signatures,
            })
            .unwrap(),
        )
        .await;
    }

    /// A resource of this number.
    async fn resource(&self, number: u8) {
        let payload = MsgCreateResourcePayload {
            data: br#"{"a":1}"#.to_vec(),
            collection_id: "7bf81a20-633c-4cc7-bc4a-5a45801005e0".into(),
            id: resource_id(number),
            name: "name".into(),
            version: format!("{number}.0"),
            resource_type: "Type".into(),
            also_known_as: vec![],
        };
        let signatures = signed(&payload);
        let message = MsgCreateResource {
            payload: Some(payload),
            signatures,
        };
        self.submit(Operation::from_create_resource(message).unwrap())
            .await;
    }

    async fn deactivate(&self) {
        let payload = MsgDeactivateDidDocPayload {
            id: DID.into(),
            version_id: V3.into(),
        };
        let signatures = signed(&payload);
        let message = MsgDeactivateDidDoc {
            payload: Some(payload),
            signatures,
        };
        self.submit(Operation::from_deactivate(message).unwrap())
            .await;
    }

    fn resolve(
        &self,
        version_id: Option<&str>,
        version_time: Option<&str>,
    ) -> Result<Resolution, ResolveError> {
        self.resolver.resolve(
            DID,
            &Options {
                version_id,
                version_time,
                ..Options::default()
            },
        )
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn document(version_id: &str, also_known_as: &[&str]) -> MsgCreateDidDocPayload {
    let mut multicodec = vec![0xed, 0x01];
    multicodec.extend_from_slice(key().verifying_key().as_bytes());
    MsgCreateDidDocPayload {
        context: vec!["https://www.w3.org/ns/did/v1".into()],
        id: DID.into(),
        controller: vec![DID.into()],
        verification_method: vec![VerificationMethod {
            id: format!("{DID}#key-1"),
            verification_method_type: "Ed25519VerificationKey2020".into(),
            controller: DID.into(),
            verification_material: format!("z{}", bs58::encode(multicodec).into_string()),
        }],
        authentication: vec![format!("{DID}#key-1")],
        also_known_as: also_known_as.iter().map(|text| text.to_string()).collect(),
        version_id: version_id.into(),
        ..MsgCreateDidDocPayload::default()
    }
}

fn signed(payload: &impl Message) -> Vec<SignInfo> {
    let signature = key().sign(&payload.encode_to_vec()).to_bytes().to_vec();
    vec![SignInfo {
        verification_method_id: format!("{DID}#key-1"),
        signature,
    }]
}

fn strict(resolution: &Resolution, document: DocumentView) -> Value {
    serde_json::to_value(resolution.result(ResultContext::Absent, document)).unwrap()
}

/// Takes the times out, checking that they look like times.
fn without_times(mut value: Value) -> Value {
    for pointer in [
        "/didDocumentMetadata/created",
        "/didDocumentMetadata/updated",
        "/didResolutionMetadata/retrieved",
        "/didDidResolutionMetadata/retrieved",
    ] {
        if let Some(time) = value.pointer_mut(pointer) {
            let text = time.as_str().unwrap();
            assert!(
                text.len() == 20 && text.starts_with("20") && text.ends_with('Z'),
                "{pointer}: {text}"
            );
            *time = json!("T");
        }
    }
    value
}

fn resolution_metadata() -> Value {
    json!({
        "contentType": "application/did",
        "retrieved": "T",
        "did": {
            "didString": DID, "method": "cheqd", "methodSpecificId": "7bf81a20-633c-4cc7-bc4a-5a45801005e0",
        },
    })
}

#[tokio::test]
async fn an_active_did_is_its_newest_document() {
    let world = World::new();
    assert!(matches!(
        world.resolve(None, None),
        Err(ResolveError::NotFound(_))
    ));
    world.create().await;
    let resolution = world.resolve(None, None).unwrap();
    let result = without_times(strict(&resolution, DocumentView::Whole));
    let document = serde_json::to_value(resolution.document()).unwrap();
    assert_eq!(document["id"], DID);
    assert_eq!(
        document["@context"],
        json!(["https://www.w3.org/ns/did/v1"])
    );
    let metadata = json!({"created": "T", "versionId": V1, "linkedResourceMetadata": []});
    let expected = json!({
        "didDocument": document,
        "didResolutionMetadata": resolution_metadata(),
        "didDocumentMetadata": metadata,
    });
    assert_eq!(result, expected);

    world.update().await;
    let resolution = world.resolve(None, None).unwrap();
    let result = without_times(strict(&resolution, DocumentView::Whole));
    assert_eq!(
        result["didDocument"]["alsoKnownAs"],
        json!(["did:example:other"])
    );
    let metadata = json!({
        "created": "T", "updated": "T", "versionId": V2, "previousVersionId": V1, "linkedResourceMetadata": [],
    });
    assert_eq!(result["didDocumentMetadata"], metadata);
}

#[tokio::test]
async fn a_deactivated_did_says_so_in_every_version_and_shape() {
    let world = World::new();
    world.create().await;
    world.deactivate().await;
    let resolution = world.resolve(None, None).unwrap();
    assert!(resolution.is_deactivated() && !resolution.is_older_version());
    let metadata = json!({
        "created": "T", "updated": "T", "deactivated": true, "versionId": V3, "previousVersionId": V1,
        "linkedResourceMetadata": [],
    });
    let result = without_times(strict(&resolution, DocumentView::Null));
    let expected = json!({
        "didDocument": null,
        "didResolutionMetadata": resolution_metadata(),
        "didDocumentMetadata": metadata,
    });
    assert_eq!(result, expected);

    let studio = without_times(serde_json::to_value(resolution.deactivated()).unwrap());
    let expected = json!({
        "@context": "https://w3id.org/did-resolution/v1",
        "didResolutionMetadata": resolution_metadata(),
        "didDidResolutionMetadata": resolution_metadata(),
        "didDocument": serde_json::to_value(resolution.document()).unwrap(),
        "didDocumentMetadata": metadata,
    });
    assert_eq!(studio, expected);

    let older = world.resolve(Some(V1), None).unwrap();
    assert!(older.is_deactivated() && older.is_older_version());
    let result = strict(&older, DocumentView::Whole);
    assert_eq!(result["didDocumentMetadata"]["deactivated"], true);
    assert_eq!(result["didDocumentMetadata"]["nextVersionId"], V3);
    let legacy =
        serde_json::to_value(older.result(ResultContext::Included, DocumentView::Whole)).unwrap();
    assert_eq!(legacy["@context"], "https://w3id.org/did-resolution/v1");
}

#[tokio::test]
async fn versions_are_found_by_id_and_by_the_times_that_are_published() {
    let world = World::new();
    world.create().await;
    world.update().await;
    assert_eq!(
        world
            .resolve(Some(&V1.to_uppercase()), None)
            .unwrap()
            .version()
            .version_id,
        V1
    );
    assert!(matches!(
        world.resolve(Some(V3), None),
        Err(ResolveError::NotFound(_))
    ));
    assert!(matches!(
        world.resolve(None, Some("2001-01-01T00:00:00Z")),
        Err(ResolveError::NotFound(_))
    ));

    let newest = strict(&world.resolve(None, None).unwrap(), DocumentView::Whole);
    let updated = newest["didDocumentMetadata"]["updated"].as_str().unwrap();
    assert_eq!(
        world
            .resolve(None, Some(updated))
            .unwrap()
            .version()
            .version_id,
        V2
    );
    assert!(matches!(
        world.resolve(Some(V1), Some(updated)),
        Err(ResolveError::InvalidOptions(_))
    ));
}

#[tokio::test]
async fn networks_that_are_not_served_are_not_mistaken_for_absence() {
    let world = World::new();
    let other = DID.replace("testnet", "mainnet");
    let error = world
        .resolver
        .resolve(&other, &Options::default())
        .unwrap_err();
    assert!(matches!(error, ResolveError::UnknownNetwork(_)), "{error}");
    let upper = DID.replace("7bf81a20", "7BF81A20");
    world.create().await;
    assert_eq!(
        world
            .resolver
            .resolve(&upper, &Options::default())
            .unwrap()
            .did()
            .as_str(),
        DID
    );
}

fn resource_id(number: u8) -> String {
    format!("{number:08x}-0000-4000-a000-000000000000")
}

#[tokio::test]
async fn resources_are_listed_true_to_the_version() {
    let world = World::new();
    world.create().await;
    world.resource(1).await;
    world.resource(2).await;
    world.update().await;
    world.resource(3).await;
    let listed = |options: Options<'_>| {
        let resolution = world.resolver.resolve(DID, &options).unwrap();
        let result = resolution.result(ResultContext::Absent, DocumentView::Whole);
        let result = serde_json::to_value(result).unwrap();
        let list = result["didDocumentMetadata"]["linkedResourceMetadata"].clone();
        serde_json::from_value::<Vec<Value>>(list).unwrap()
    };
    let ids = |options: Options<'_>| {
        let list = listed(options);
        let id = |one: &Value| one["resourceId"].as_str().unwrap().to_owned();
        list.iter().map(id).collect::<Vec<_>>()
    };
    let version = |id| Options {
        version_id: Some(id),
        ..Options::default()
    };
    assert_eq!(ids(Options::default()), [3, 2, 1].map(resource_id));
    assert_eq!(ids(version(V2)), [3, 2, 1].map(resource_id));
    assert_eq!(ids(version(V1)), [2, 1].map(resource_id));

    let mut second = listed(Options::default()).remove(1);
    second["created"] = "T".into();
    let expected = json!({
        "resourceURI": format!("{DID}/resources/{}", resource_id(2)),
        "resourceCollectionId": "7bf81a20-633c-4cc7-bc4a-5a45801005e0",
        "resourceId": resource_id(2), "resourceName": "name", "resourceType": "Type",
        "mediaType": "application/json", "resourceVersion": "2.0", "created": "T",
        "checksum": "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
        "previousVersionId": resource_id(1), "nextVersionId": resource_id(3),
    });
    assert_eq!(second, expected);

    world.deactivate().await;
    assert_eq!(ids(Options::default()), [3, 2, 1].map(resource_id));
}
