//! Client-managed mode: the keys are the client's, and no account is needed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use did::proto;
use prost::Message;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::asking::{
    anybody, going_on, key, made_by_client, method, operations, owner, resolved, signed,
};
use crate::support::Server;

/// The worked example of a deactivation with two keys. The bytes and signatures were made by another implementation.
mod worked {
    pub const DID: &str = "did:cheqd:testnet:c1685ca0-1f5b-439c-8eb8-5c0e85ab7cd0";
    pub const VERSION: &str = "32e0613e-bee4-4ea4-952c-bba3e857fa2a";
    pub const PAYLOAD: &str = concat!(
        "CjZkaWQ6Y2hlcWQ6dGVzdG5ldDpjMTY4NWNhMC0xZjViLTQzOWMtOGViOC01YzBlODVhY",
        "jdjZDASJDMyZTA2MTNlLWJlZTQtNGVhNC05NTJjLWJiYTNlODU3ZmEyYQ=="
    );
    pub const SHA256: &str = "a30533d5ea452c6a94c62a3d323f7aa6c921e0cc0f3e47dc02204e77e714faf3";
    pub const SIGNATURES: [&str; 2] = [
        "3StidGxAUZUxcNsA6gq/4mpX+vwbf2xWASyWZ9ffkBn/g6bHTKKI2uz5PxYMrp893+Zv1nGQsZeJSmJoIJM5CA==",
        "gpKwvWG/xirz+3lskTp09tCw19zUNMr9N8SdHaJyhdtV0gLcsm6aQ8PeSYJxdqyj79oKx+iEjyYcosn51AptBQ==",
    ];
    pub const KEYS: [&str; 2] = [
        "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX",
        "z6Mko9hTggMwjSTEaJaPUfE6tqcy2xvU6BnNq3e3o8qVBiyH",
    ];
}

/// The DID of the worked example, made by its client.
async fn worked_example(server: &Server) {
    let methods: Vec<Value> = (1..)
        .zip(worked::KEYS)
        .map(|(number, key)| {
            json!({
                "id": format!("{}#key-{number}", worked::DID), "type": "Ed25519VerificationKey2020",
                "controller": worked::DID, "publicKeyMultibase": key,
            })
        })
        .collect();
    let ids: Vec<&Value> = methods.iter().map(|method| &method["id"]).collect();
    let body = json!({
        "did": worked::DID, "options": {"clientSecretMode": true},
        "didDocument": {"id": worked::DID, "verificationMethod": methods, "authentication": ids},
    });
    let action = anybody(server, 200, "create", body).await;
    let signed = signed(&action, &[("key-1", &key(1)), ("key-2", &key(2))]);
    anybody(server, 201, "create", going_on(&action, signed)).await;
}

#[tokio::test]
async fn the_worked_deactivation_is_the_same_to_the_byte() {
    let server = Server::start().await;
    worked_example(&server).await;
    let first = json!({
        "did": worked::DID,
        "options": {"clientSecretMode": true, "network": "testnet", "versionId": worked::VERSION},
        "secret": {},
    });
    let action = anybody(&server, 200, "deactivate", first).await;
    let payload = json!({"id": worked::DID, "versionId": worked::VERSION});
    let request = |number: u8| {
        json!({
            "kid": format!("{}#key-{number}", worked::DID), "alg": "EdDSA", "purpose": "authentication",
            "serializedPayload": worked::PAYLOAD,
        })
    };
    let mut expected = json!({"signingRequest0": request(1), "signingRequest1": request(2)});
    expected["signingRequest0"]["payload"] = payload;
    assert_eq!(action["didState"]["signingRequest"], expected);
    assert_eq!(action["didState"]["action"], "signPayload");
    let bytes = STANDARD.decode(worked::PAYLOAD).unwrap();
    assert_eq!(hex::encode(Sha256::digest(&bytes)), worked::SHA256);

    let response = |number: usize| {
        json!({
            "kid": format!("{}#key-{}", worked::DID, number + 1), "alg": "EdDSA",
            "signature": worked::SIGNATURES[number],
        })
    };
    let second = json!({
        "jobId": action["jobId"], "did": worked::DID,
        "options": {"clientSecretMode": true, "network": "testnet"},
        "secret": {"signingResponse": {"signingRequest0": response(0), "signingRequest1": response(1)}},
    });
    let ended = anybody(&server, 200, "deactivate", second).await;
    assert_eq!(ended["jobId"], Value::Null);
    assert_eq!(
        ended["didState"],
        json!({"state": "finished", "did": worked::DID})
    );
    assert_eq!(
        ended["didDocumentMetadata"],
        json!({"deactivated": true, "versionId": worked::VERSION})
    );
    assert_eq!(ended["didRegistrationMetadata"]["jobId"], action["jobId"]);
    assert_eq!(ended["didRegistrationMetadata"]["method"], "cheqd");
    assert!(ended["didRegistrationMetadata"]["duration"].is_u64());
    assert_eq!(resolved(&server, &json!(worked::DID)).await.0, 410);
}

#[tokio::test]
async fn what_the_registrar_prepares_itself_is_bound_and_expires() {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1)]).await;
    let body = json!({"did": did, "options": {"clientSecretMode": true}});
    let action = anybody(&server, 200, "deactivate", body).await;
    let version_id =
        action["didState"]["signingRequest"]["signingRequest0"]["payload"]["versionId"]
            .as_str()
            .unwrap();
    assert_eq!(
        uuid::Uuid::parse_str(version_id).unwrap().get_version_num(),
        8
    );
    let expires = action["didRegistrationMetadata"]["expires"]
        .as_str()
        .unwrap();
    assert!(expires.parse::<jiff::Timestamp>().unwrap() > jiff::Timestamp::now());
    let signed = signed(&action, &[("key-1", &key(1))]);
    let ended = anybody(&server, 200, "deactivate", going_on(&action, signed)).await;
    assert_eq!(ended["didDocumentMetadata"]["versionId"], version_id);
}

#[tokio::test]
async fn public_keys_may_stand_beside_the_document() {
    let server = Server::start().await;
    let mut public = method("a", &key(3));
    public["purpose"] = json!(["assertionMethod"]);
    let body = json!({
        "method": "cheqd", "options": {"clientSecretMode": true},
        "secret": {"verificationMethod": [public]},
    });
    let action = anybody(&server, 200, "create", body).await;
    // It may only make statements, and signs all the same.
    let request = &action["didState"]["signingRequest"]["signingRequest0"];
    assert!(request.get("purpose").is_none(), "{request}");
    assert_eq!(
        request["payload"]["assertionMethod"],
        json!([request["kid"]])
    );
    let signed = signed(&action, &[("a", &key(3))]);
    let made = anybody(&server, 201, "create", going_on(&action, signed)).await;
    let document = &made["didState"]["didDocument"];
    assert_eq!(document["assertionMethod"], json!([request["kid"]]));
}

#[tokio::test]
async fn an_update_of_a_client_is_signed_by_old_and_new_keys() {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1)]).await;
    let body = json!({
        "did": did, "options": {"clientSecretMode": true},
        "didDocumentOperation": ["addToDidDocument"],
        "didDocument": [{"verificationMethod": [method("key-2", &key(2))], "authentication": ["#key-2"]}],
    });
    let action = anybody(&server, 200, "update", body).await;
    let both = [("key-1", &key(1)), ("key-2", &key(2))];
    let signed = signed(&action, &both);
    assert_eq!(
        signed.as_object().unwrap().len(),
        action["didState"]["signingRequest"]
            .as_object()
            .unwrap()
            .len()
    );
    let updated = anybody(&server, 200, "update", going_on(&action, signed)).await;
    let methods = updated["didState"]["didDocument"]["verificationMethod"]
        .as_array()
        .unwrap();
    assert_eq!(methods.len(), 2);
}

#[tokio::test]
async fn one_key_cannot_shrink_the_list_and_end_the_did_in_one_stroke() {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1), &key(2)]).await;
    let body = json!({
        "did": did, "options": {"clientSecretMode": true},
        "didDocumentOperation": ["removeFromDidDocument", "deactivate"],
        "didDocument": [{"verificationMethod": ["#key-2"]}, null],
    });
    let action = anybody(&server, 200, "update", body).await;
    let at = operations(&server).await;
    let one = signed(&action, &[("key-1", &key(1))]);
    let short = anybody(&server, 200, "update", going_on(&action, one)).await;
    assert_eq!(short["didState"]["state"], "action");
    let open = short["didState"]["signingRequest"].as_object().unwrap();
    let kids: Vec<&str> = open
        .values()
        .map(|request| request["kid"].as_str().unwrap())
        .collect();
    assert_eq!(kids, [format!("{}#key-2", did.as_str().unwrap())]);
    assert_eq!(operations(&server).await, at);
    // With both it ends, and the update is in the log before the end.
    let other = signed(&short, &[("key-2", &key(2))]);
    let ended = anybody(&server, 200, "update", going_on(&short, other)).await;
    assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
    assert_eq!(operations(&server).await.len(), at.len() + 2);
}

#[tokio::test]
async fn of_another_controller_one_method_is_enough() {
    let server = Server::start().await;
    let controller = made_by_client(&server, &[&key(8), &key(9)]).await;
    let body = json!({
        "method": "cheqd", "options": {"clientSecretMode": true},
        "didDocument": {
            "controller": [controller],
            "verificationMethod": [method("own", &key(1))], "authentication": ["#own"],
        },
    });
    let action = anybody(&server, 200, "create", body).await;
    let all = [("own", &key(1)), ("key-1", &key(8)), ("key-2", &key(9))];
    let signed_all = signed(&action, &[all[0], all[2]]);
    let made = anybody(&server, 201, "create", going_on(&action, signed_all)).await;
    let body = json!({"did": made["didState"]["did"], "options": {"clientSecretMode": true}});
    let action = anybody(&server, 200, "deactivate", body).await;
    let requests = action["didState"]["signingRequest"].as_object().unwrap();
    let alternatives = requests
        .values()
        .filter(|request| request["oneOf"] == controller);
    assert_eq!((alternatives.count(), requests.len()), (2, 3), "{action:#}");
    let signed_two = signed(&action, &[all[0], all[1]]);
    let ended = anybody(&server, 200, "deactivate", going_on(&action, signed_two)).await;
    assert_eq!(ended["didDocumentMetadata"]["deactivated"], true);
}

#[tokio::test]
async fn a_client_may_sign_more_than_is_enough_but_nothing_wrong() {
    let server = Server::start().await;
    let did = made_by_client(&server, &[&key(1), &key(2)]).await;
    let body = json!({
        "did": did, "options": {"clientSecretMode": true},
        "didDocumentOperation": ["addToDidDocument"],
        "didDocument": [{"alsoKnownAs": ["https://a.example"]}],
    });
    let action = anybody(&server, 200, "update", body).await;
    let requests = action["didState"]["signingRequest"].as_object().unwrap();
    assert!(
        requests.values().all(|request| request["oneOf"] == did),
        "{action:#}"
    );
    assert_eq!(requests.len(), 2);
    let both = signed(&action, &[("key-1", &key(1)), ("key-2", &key(2))]);
    let at = operations(&server).await;
    let mut wrong = both.clone();
    wrong["signingRequest0-1"]["signature"] = wrong["signingRequest0-0"]["signature"].clone();
    let refused = anybody(&server, 400, "update", going_on(&action, wrong)).await;
    let second = format!("{}#key-2", did.as_str().unwrap());
    assert_eq!(refused["didState"]["invalid"], json!([second]));
    assert_eq!(operations(&server).await, at);
    let body = going_on(&action, both);
    let updated = anybody(&server, 200, "update", body.clone()).await;
    assert_eq!(updated["didState"]["state"], "finished");
    let again = anybody(&server, 200, "update", body).await;
    assert_eq!(again["didState"], updated["didState"]);
}

#[tokio::test]
async fn signatures_of_p256_are_taken_as_jose_and_as_the_ledger_writes_them() {
    use p256::ecdsa::signature::Signer;
    use p256::ecdsa::{DerSignature, Signature, SigningKey};
    let server = Server::start().await;
    let key = SigningKey::from_slice(&[5; 32]).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let number = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": number(point.x().unwrap()), "y": number(point.y().unwrap()),
    });
    for form in ["jose", "der"] {
        let body = json!({
            "method": "cheqd", "options": {"clientSecretMode": true},
            "didDocument": {"verificationMethod": [
                {"id": "#key-1", "type": "JsonWebKey2020", "publicKeyJwk": jwk},
            ]},
        });
        let action = anybody(&server, 200, "create", body).await;
        let request = &action["didState"]["signingRequest"]["signingRequest0"];
        assert_eq!(request["alg"], "ES256");
        let payload = STANDARD
            .decode(request["serializedPayload"].as_str().unwrap())
            .unwrap();
        let signature: Signature = key.sign(&payload);
        let bytes = match form {
            "jose" => signature.to_bytes().to_vec(),
            _ => DerSignature::from(signature).as_bytes().to_vec(),
        };
        // Any of the four forms of base64 is taken.
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let response = json!({"signingRequest0": {"kid": request["kid"], "alg": "ES256", "signature": signature}});
        anybody(&server, 201, "create", going_on(&action, response)).await;
    }
}

#[tokio::test]
async fn a_did_of_a_client_with_an_account_is_listed_there() {
    let server = Server::start().await;
    let body = json!({
        "method": "cheqd", "options": {"clientSecretMode": true},
        "didDocument": {"verificationMethod": [method("key-1", &key(1))]},
    });
    let action = owner(&server, 200, "create", body).await;
    let signed = signed(&action, &[("key-1", &key(1))]);
    let made = owner(&server, 201, "create", going_on(&action, signed)).await;
    let listed = server.ask(axum::http::Method::GET, "/did/list", None).await;
    assert_eq!(listed.json()["dids"], json!([made["didState"]["did"]]));
}

#[tokio::test]
async fn an_end_that_was_before_is_told_and_needs_no_signature() {
    let server = Server::start().await;
    worked_example(&server).await;
    let first = json!({
        "did": worked::DID, "options": {"clientSecretMode": true, "versionId": worked::VERSION},
    });
    let action = anybody(&server, 200, "deactivate", first.clone()).await;
    let signed = signed(&action, &[("key-1", &key(1)), ("key-2", &key(2))]);
    let ended = anybody(&server, 200, "deactivate", going_on(&action, signed)).await;
    let again = anybody(&server, 200, "deactivate", first).await;
    assert_eq!(again["didDocumentMetadata"], ended["didDocumentMetadata"]);
    let other = json!({
        "did": worked::DID,
        "options": {"clientSecretMode": true, "versionId": "11111111-1111-4111-8111-111111111111"},
    });
    let refused = anybody(&server, 400, "deactivate", other).await;
    assert_eq!(refused["didState"]["error"], "INVALID_DID");
    assert!(
        refused["didState"]["reason"]
            .as_str()
            .unwrap()
            .contains(worked::VERSION)
    );
}

#[tokio::test]
async fn the_payload_is_the_message_of_the_ledger() {
    let server = Server::start().await;
    let body = json!({
        "method": "cheqd", "options": {"clientSecretMode": true, "versionId": worked::VERSION},
        "didDocument": {"verificationMethod": [method("key-1", &key(1))]},
    });
    let action = anybody(&server, 200, "create", body).await;
    let request = &action["didState"]["signingRequest"]["signingRequest0"];
    let payload = STANDARD
        .decode(request["serializedPayload"].as_str().unwrap())
        .unwrap();
    let message = proto::MsgCreateDidDocPayload::decode(&*payload).unwrap();
    assert_eq!(message.id, action["didState"]["did"].as_str().unwrap());
    assert_eq!(message.version_id, worked::VERSION);
    assert_eq!(
        message.verification_method[0].id,
        request["kid"].as_str().unwrap()
    );
}
