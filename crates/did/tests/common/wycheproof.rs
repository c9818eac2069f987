//! The sets of the Wycheproof project for the kinds of keys that documents can hold.

use did::{KeyAlgorithm, MethodType, PublicKey, WeakKey};
use serde_json::Value;

/// A test of Wycheproof, and what became of it here.
pub struct Case {
    pub id: u64,
    pub flags: Vec<String>,
    pub result: String,
    pub accepted: bool,
}

/// Names of all sets whose keys are of a kind that documents can hold, whatever their hash and encoding.
pub fn sets() -> Vec<String> {
    files().into_iter().map(|(name, _)| name).collect()
}

/// Runs all tests of a set.
pub fn run(set: &str) -> Vec<Case> {
    let files = files();
    let (_, data) = files.iter().find(|(name, _)| name == set).expect(set);
    let file: Value = serde_json::from_str(data).unwrap();
    let groups = file["testGroups"].as_array().unwrap();
    groups.iter().flat_map(run_group).collect()
}

fn files() -> Vec<(String, &'static str)> {
    let eddsa = wycheproof::eddsa::TestName::all();
    let ecdsa = wycheproof::ecdsa::TestName::all();
    let pss = wycheproof::rsa_pss_verify::TestName::all();
    let pkcs1 = wycheproof::rsa_pkcs1_verify::TestName::all();
    let all = (eddsa
        .iter()
        .map(|name| (format!("{name:?}"), name.json_data())))
    .chain(
        ecdsa
            .iter()
            .map(|name| (format!("{name:?}"), name.json_data())),
    )
    .chain(
        pss.iter()
            .map(|name| (format!("{name:?}"), name.json_data())),
    )
    .chain(
        pkcs1
            .iter()
            .map(|name| (format!("{name:?}"), name.json_data())),
    );
    let ours = [
        "Ed25519",
        "EcdsaSecp256r1",
        "EcdsaSecp384r1",
        "EcdsaSecp521r1",
        "Rsa",
    ];
    all.filter(|(name, _)| ours.iter().any(|prefix| name.starts_with(prefix)))
        .collect()
}

fn run_group(group: &Value) -> Vec<Case> {
    let key = key_of(group);
    let tests = group["tests"].as_array().unwrap();
    let case = |test: &Value| Case {
        id: test["tcId"].as_u64().unwrap(),
        flags: texts(&test["flags"]),
        result: test["result"].as_str().unwrap().to_owned(),
        accepted: key.as_ref().is_ok_and(|key| {
            let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
            key.verify(&message, &signature).is_ok()
        }),
    };
    tests.iter().map(case).collect()
}

/// The key of a group; where it is given as a JWK too, both must be the same key, or no key.
fn key_of(group: &Value) -> Result<PublicKey, WeakKey> {
    let public = &group["publicKey"];
    let key = match public["curve"].as_str() {
        Some("edwards25519") => PublicKey::from_ed25519(&bytes(&public["pk"]).try_into().unwrap()),
        Some("secp256r1") => PublicKey::from_p256_sec1(&bytes(&public["uncompressed"])),
        Some("secp384r1") => PublicKey::from_p384_sec1(&bytes(&public["uncompressed"])),
        Some("secp521r1") => PublicKey::from_p521_sec1(&bytes(&public["uncompressed"])),
        None => PublicKey::from_bytes(KeyAlgorithm::Rsa, &bytes(&group["publicKeyAsn"])),
        Some(other) => panic!("{other}"),
    };
    if group["publicKeyJwk"].is_object() {
        let jwk = MethodType::JsonWebKey2020.decode(&group["publicKeyJwk"].to_string());
        assert_eq!(jwk.ok(), key.clone().ok(), "{}", group["publicKeyJwk"]);
    }
    key
}

fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

fn bytes(text: &Value) -> Vec<u8> {
    hex::decode(text.as_str().unwrap()).unwrap()
}
