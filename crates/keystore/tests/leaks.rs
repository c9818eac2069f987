//! No private key, seed or passphrase lies in a file or in anything that is printed, in any usual encoding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use common::{BOTH, Place, generate, refused, secret};
use keystore::{CustodialAlgorithm, Passphrase, Unseal};
use multibase::Base;
use zeroize::Zeroizing;

/// The bytes as they are and in the encodings in which keys are passed around.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    // Multicodec `ed25519-priv` and `p256-priv`.
    let prefixed = [
        [&[0x80, 0x26], bytes].concat(),
        [&[0x86, 0x26], bytes].concat(),
    ];
    let mut forms = vec![
        bytes.to_vec(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
    ];
    for bytes in [bytes, &prefixed[0], &prefixed[1]] {
        forms.push(bs58::encode(bytes).into_vec());
        forms.push(STANDARD_NO_PAD.encode(bytes).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(bytes).into_bytes());
        for base in [
            Base::Base58Btc,
            Base::Base64Url,
            Base::Base32Lower,
            Base::Base16Lower,
        ] {
            forms.push(multibase::encode(base, bytes).into_bytes());
        }
    }
    forms
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn files(place: &Place) -> Vec<(String, Vec<u8>)> {
    let key_file = place.key_file();
    let entries = fs::read_dir(place.directory())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| *path != key_file)
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect()
}

#[tokio::test]
async fn nothing_secret_is_written_or_printed() {
    let place = Place::new();
    let passphrase = "a passphrase that is nowhere";
    let unseal = || Unseal::Passphrase(Passphrase::new(Zeroizing::new(passphrase.to_owned())));
    let keystore = place.try_open(unseal()).ok().unwrap();
    // Distinct bytes, so that each form is found if it is there.
    let private: Vec<u8> = (0..32).map(|index| 0x11 + 7 * index).collect();
    let mut printed = Vec::new();
    let mut secrets = vec![private.clone(), passphrase.as_bytes().to_vec()];
    for algorithm in BOTH {
        let key = keystore
            .import(
                "tenant",
                algorithm,
                secret(&private),
                Some("alias".to_owned()),
            )
            .await
            .unwrap();
        printed.push(format!("{key:?} {:?}", keystore.list("tenant", None)));
        let wrong = [private.clone(), private.clone(), vec![1]].concat();
        let error = refused(
            keystore
                .import("tenant", algorithm, secret(&wrong), None)
                .await,
        );
        printed.push(format!("{error} {error:?}"));
        printed.push(format!(
            "{:?}",
            keystore.sign("other", &key.public_key, &private[..1])
        ));
    }
    secrets.push(
        keystore
            .checkpoint_seed("log.example")
            .ok()
            .unwrap()
            .reveal()
            .to_vec(),
    );
    place.tamper("UPDATE keystore_keys SET sealed = x'00' WHERE algorithm = 'P-256'");
    let p256 = keystore
        .list("tenant", None)
        .unwrap()
        .into_iter()
        .find(|key| key.algorithm == CustodialAlgorithm::P256);
    let error = keystore
        .sign("tenant", &p256.unwrap().public_key, b"message")
        .unwrap_err();
    printed.push(format!("{error} {error:?}"));
    let wrong = Unseal::Passphrase(Passphrase::new(Zeroizing::new(format!("{passphrase}!"))));
    let error = refused(place.try_open(wrong));
    printed.push(format!("{error} {error:?}"));

    let mut haystacks = files(&place);
    assert!(
        haystacks
            .iter()
            .any(|(name, bytes)| name.ends_with("-wal") && !bytes.is_empty())
    );
    assert!(
        haystacks
            .iter()
            .any(|(_, bytes)| contains(bytes, b"log.example")),
        "the scan finds what is there"
    );
    haystacks.extend(
        printed
            .into_iter()
            .map(|text| ("printed".to_owned(), text.into_bytes())),
    );
    for secret in &secrets {
        for form in forms(secret) {
            for (name, bytes) in &haystacks {
                assert!(
                    !contains(bytes, &form),
                    "{name} holds {}",
                    String::from_utf8_lossy(&form)
                );
            }
        }
    }
}

#[tokio::test]
async fn the_root_key_stays_in_its_file() {
    let place = Place::new();
    generate(&place.open(), "tenant", CustodialAlgorithm::Ed25519).await;
    let root = fs::read(place.key_file()).unwrap();
    for (name, bytes) in files(&place) {
        for form in forms(&root) {
            assert!(!contains(&bytes, &form), "{name}");
        }
    }
}
