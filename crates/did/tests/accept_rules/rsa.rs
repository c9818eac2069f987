//! Signatures by the RSA key of `openssl-signatures.json`, and the same with their length or size changed.

use std::collections::BTreeSet;

use did::{KeyAlgorithm, MethodType, PublicKey};

use crate::common::{fixture, hex_of};
use crate::ecdsa::plus;
use crate::table::Verdict;

/// A modulus of 8 n + 1 bits and a salt of 32 zeros: what is encoded has one byte less than the signature.
const ODD_KEY: &str = "3082010a02820101016d3c0484889fd3387d499ecb9881089436084fe564a0b84afa2cbc027878a5\
     bc67b90d527cab3daef7a19e673e1585d3ab443118a6fdba07aa9c16336f59f28ee50ad17ebc23308173dec1be5eca4180bbbd9beab479\
     497c5980fa9de36548af0388878d219ee392d9de0ad8c107438187e272782910dbab4e53dc94394aa1698e57358b23e6cca02c17637192\
     38ee355204ae1d40d45e5185d6288d80057e16d1ff184a2fdfb3afb097b058fc1c6ef12ee48000a8f947b3336cf736cd22d00e1dbf785b\
     96b8a9f0158e3dd366a17a57b3ec459555ae611472d5effe4d94000082d3aeca17a6bc73e1f3eb48f6116bc0e5628df5caf6271237c4e5\
     5551ef69bf0203010001";
const ODD_SIGNATURE: &str = "0116e14315e18b142a78804ec1af01ffb348877316ba5bfc31e5e1f7cdbb1cbb0dbe88cc70a801c7\
     fec9fc80caedb7df7531e25fcdaaf62b808217248e9612b13d7b2d0ea49c056ec21159f7d6af423f613b1da232aa82cab108df90b1d5ac\
     d27953b72c29519111e55689e1176eba6cb06331eb5968ab93844f2b40b1bde55f3bffa18e74127a425a91d0c72779d69d8661b7531ede\
     3fbc64995525941d1a843dd4273b91656ff430a7da8a6371e3ff684d162ecc0744bd21195c839e81239bb45bb476b98bc8dce5ed9e8a89\
     60e75d58220a9f299decebfcf98bf80a5f0b38dc9c98215aec9c20cb7b00253ad74bbc63d12ef9a7f0c3402e3a949289c14971b3";
const ODD_SIZE: &str = "odd-size";

pub fn names() -> BTreeSet<String> {
    let names = forms().into_iter().map(|(name, _)| name);
    names.chain([ODD_SIZE.to_owned()]).collect()
}

pub fn verdicts(name: &str) -> Vec<Verdict> {
    let message = message();
    if name == ODD_SIZE {
        let key = PublicKey::from_bytes(KeyAlgorithm::Rsa, &hex::decode(ODD_KEY).unwrap()).unwrap();
        assert_eq!(key.signature_len_max(), 257);
        let signature = hex::decode(ODD_SIGNATURE).unwrap();
        return vec![Verdict::of(key.verify(&message, &signature).is_ok())];
    }
    let key = key();
    let forms = forms().into_iter().filter(|(other, _)| other == name);
    let verdicts = forms.flat_map(|(_, forms)| forms);
    verdicts
        .map(|form| Verdict::of(key.verify(&message, &form).is_ok()))
        .collect()
}

fn message() -> Vec<u8> {
    fixture("openssl-signatures.json")["message"]
        .as_str()
        .unwrap()
        .as_bytes()
        .to_vec()
}

fn key() -> PublicKey {
    let file = fixture("openssl-signatures.json");
    PublicKey::from_bytes(
        KeyAlgorithm::Rsa,
        &hex_of(&file["vectors"][3], "publicKeyHex"),
    )
    .unwrap()
}

fn modulus() -> Vec<u8> {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
    let jwk = MethodType::JsonWebKey2020.encode(&key()).unwrap();
    let jwk: serde_json::Value = serde_json::from_str(&jwk).unwrap();
    BASE64_URL_SAFE_NO_PAD
        .decode(jwk["n"].as_str().unwrap())
        .unwrap()
}

fn forms() -> Vec<(String, Vec<Vec<u8>>)> {
    let file = fixture("openssl-signatures.json");
    let signatures = file["vectors"].as_array().unwrap()[3..].iter();
    let signatures: Vec<(String, Vec<u8>)> = signatures
        .map(|vector| {
            (
                format!("salt-{}", vector["saltLength"].as_str().unwrap()),
                hex_of(vector, "signatureHex"),
            )
        })
        .collect();
    let good = signatures[0].1.clone();
    // The modulus and the signature below it: one more byte only if the sum needs it, which this signature does not.
    let raised = plus(&modulus(), &good);
    assert_eq!(raised[0], 0);
    let changed = [
        (
            "length",
            vec![
                vec![],
                good[1..].to_vec(),
                good[..255].to_vec(),
                [&[0], &good[..]].concat(),
                [&good[..], &[0]].concat(),
            ],
        ),
        (
            "not-reduced",
            vec![raised[1..].to_vec(), modulus(), vec![0xff; 256]],
        ),
        (
            "trivial",
            vec![vec![0; 256], [&[0; 255][..], &[1]].concat()],
        ),
    ];
    let sound = signatures
        .into_iter()
        .map(|(name, bytes)| (name, vec![bytes]));
    sound
        .chain(changed.map(|(name, forms)| (name.to_owned(), forms)))
        .collect()
}
