//! Foreign secrets open at their own place, as they were sealed, and nowhere else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use common::{Place, refused, secret};
use keystore::{
    FOREIGN_SECRET_BYTES_MAX, ForeignSecret, Keystore, KeystoreError, SealedSecret, SecretPlace,
};

const HERE: SecretPlace<'static> = SecretPlace {
    tenant: "tenant",
    integration: "servicenow-prod-001",
    credential: "550e8400-e29b-41d4-a716-446655440001",
};

fn sealed(keystore: &Keystore, place: SecretPlace<'_>, bytes: &[u8]) -> SealedSecret {
    let secret = ForeignSecret::new(secret(bytes));
    keystore.seal_secret(place, &secret).unwrap()
}

fn opens(keystore: &Keystore, place: SecretPlace<'_>, sealed: &SealedSecret) -> bool {
    match keystore.open_secret(place, sealed) {
        Ok(_) => true,
        Err(KeystoreError::Damaged { record }) => {
            assert!(record.contains(place.credential), "{record}");
            false
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn secrets_of_every_length_come_back_after_a_restart() {
    let place = Place::new();
    let keystore = place.open();
    let lengths = [0, 1, 31, 32, 4096, FOREIGN_SECRET_BYTES_MAX];
    let kept: Vec<_> = lengths
        .iter()
        .map(|length| sealed(&keystore, HERE, &vec![b'x'; *length]))
        .collect();
    drop(keystore);
    let keystore = place.open();
    for (length, kept) in lengths.iter().zip(&kept) {
        let opened = keystore.open_secret(HERE, kept).ok().unwrap();
        assert_eq!(opened.reveal(), vec![b'x'; *length]);
        assert_eq!((kept.wrapped_key.len(), kept.nonce.len()), (73, 24));
        assert_eq!(kept.ciphertext.len(), length + 16);
    }
    let long = ForeignSecret::new(secret(&vec![0; FOREIGN_SECRET_BYTES_MAX + 1]));
    assert!(matches!(
        refused(keystore.seal_secret(HERE, &long)),
        KeystoreError::SecretTooLong
    ));
}

#[test]
fn each_has_a_key_and_a_nonce_of_its_own() {
    let place = Place::new();
    let keystore = place.open();
    let (one, two) = (
        sealed(&keystore, HERE, b"the same token"),
        sealed(&keystore, HERE, b"the same token"),
    );
    assert_ne!(one.wrapped_key, two.wrapped_key);
    assert_ne!(one.nonce, two.nonce);
    assert_ne!(one.ciphertext, two.ciphertext);
    // No part of one opens with a part of the other, not even at the same place.
    for mixed in [
        SealedSecret {
            wrapped_key: two.wrapped_key.clone(),
            ..one.clone()
        },
        SealedSecret {
            nonce: two.nonce.clone(),
            ..one.clone()
        },
        SealedSecret {
            ciphertext: two.ciphertext.clone(),
            ..one.clone()
        },
    ] {
        assert!(!opens(&keystore, HERE, &mixed));
    }
    assert!(opens(&keystore, HERE, &one) && opens(&keystore, HERE, &two));
}

#[test]
fn another_tenant_integration_or_credential_does_not_open_it() {
    let place = Place::new();
    let keystore = place.open();
    let kept = sealed(&keystore, HERE, b"token");
    for elsewhere in [
        SecretPlace {
            tenant: "other",
            ..HERE
        },
        SecretPlace {
            integration: "servicenow-prod-002",
            ..HERE
        },
        SecretPlace {
            credential: "550e8400-e29b-41d4-a716-446655440002",
            ..HERE
        },
        SecretPlace {
            tenant: "tenants",
            integration: "ervicenow-prod-001",
            ..HERE
        },
    ] {
        assert!(!opens(&keystore, elsewhere, &kept), "{elsewhere:?}");
    }
    assert!(opens(&keystore, HERE, &kept));
    let nobody = SecretPlace { tenant: "", ..HERE };
    assert!(matches!(
        refused(keystore.open_secret(nobody, &kept)),
        KeystoreError::InvalidTenant
    ));
}

#[test]
fn a_changed_an_erased_or_a_foreign_record_does_not_open() {
    let place = Place::new();
    let keystore = place.open();
    let kept = sealed(&keystore, HERE, b"token");
    let flipped = |bytes: &[u8], at: usize| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    for at in 0..kept.wrapped_key.len() {
        let wrapped_key = flipped(&kept.wrapped_key, at);
        assert!(
            !opens(
                &keystore,
                HERE,
                &SealedSecret {
                    wrapped_key,
                    ..kept.clone()
                }
            ),
            "key {at}"
        );
    }
    for at in 0..kept.ciphertext.len() {
        let ciphertext = flipped(&kept.ciphertext, at);
        assert!(
            !opens(
                &keystore,
                HERE,
                &SealedSecret {
                    ciphertext,
                    ..kept.clone()
                }
            ),
            "text {at}"
        );
    }
    for length in [0, 15, 23, 25] {
        for broken in [
            SealedSecret {
                wrapped_key: vec![0; length],
                ..kept.clone()
            },
            SealedSecret {
                nonce: vec![0; length],
                ..kept.clone()
            },
            SealedSecret {
                ciphertext: vec![0; length],
                ..kept.clone()
            },
        ] {
            assert!(!opens(&keystore, HERE, &broken), "{length} bytes");
        }
    }
    let other = Place::new();
    assert!(!opens(&other.open(), HERE, &kept), "another root key");
}

#[test]
fn sealing_writes_nothing() {
    let place = Place::new();
    let keystore = place.open();
    let kept = sealed(&keystore, HERE, b"a token that is nowhere");
    drop(keystore);
    let needles = [
        b"a token that is nowhere".as_slice(),
        &kept.wrapped_key,
        &kept.ciphertext,
    ];
    for entry in fs::read_dir(place.directory()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for needle in needles {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }
    assert!(!kept.ciphertext.windows(5).any(|window| window == b"token"));
}
