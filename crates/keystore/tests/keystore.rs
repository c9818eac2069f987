//! What the keystore promises to those who make keys and sign with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{BOTH, Place, generate, refused, secret};
use did::{MethodId, PublicKey};
use keystore::{
    CustodialAlgorithm, Keystore, KeystoreError, LIST_MAX, SIGN_ALL_MAX, SignAllError, SignError,
    StoredKey,
};

fn method(number: usize) -> MethodId {
    MethodId::parse(&format!(
        "did:cheqd:testnet:55dbc8bf-fba3-4117-855c-1e0dc1d3bb47#key-{number}"
    ))
    .unwrap()
}

fn methods(keys: &[&StoredKey]) -> Vec<(MethodId, PublicKey)> {
    keys.iter()
        .enumerate()
        .map(|(number, key)| (method(number), key.public_key.clone()))
        .collect()
}

#[tokio::test]
async fn a_made_key_is_found_signs_and_is_there_after_reopening() {
    let place = Place::new();
    for algorithm in BOTH {
        let keystore = place.open();
        let key = keystore
            .generate("tenant", algorithm, Some("for signing".to_owned()))
            .await
            .unwrap();
        assert_eq!(key.algorithm, algorithm);
        assert_eq!(key.kid, key.public_key.to_hex());
        assert_eq!(key.alias.as_deref(), Some("for signing"));
        for keystore in [keystore, place.open()] {
            assert_eq!(
                keystore.find("tenant", &key.kid).unwrap(),
                Some(key.clone())
            );
            assert_eq!(
                keystore
                    .find("tenant", &key.kid.to_ascii_uppercase())
                    .unwrap(),
                Some(key.clone())
            );
            let signature = keystore
                .sign("tenant", &key.public_key, b"message")
                .unwrap();
            key.public_key.verify(b"message", &signature).unwrap();
            assert!(key.public_key.verify(b"another", &signature).is_err());
        }
    }
}

#[tokio::test]
async fn key_ids_have_the_published_form() {
    let keystore = Place::new().open();
    assert_eq!(
        generate(&keystore, "tenant", CustodialAlgorithm::Ed25519)
            .await
            .kid
            .len(),
        64
    );
    let kid = generate(&keystore, "tenant", CustodialAlgorithm::P256)
        .await
        .kid;
    assert_eq!(kid.len(), 66);
    assert!(kid.starts_with("02") || kid.starts_with("03"), "{kid}");
}

/// RFC 8032, section 7.1, test 3; RFC 6979, appendix A.2.5.
#[tokio::test]
async fn imported_keys_give_the_published_signatures() {
    let seed =
        hex::decode("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7").unwrap();
    let public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    let keystore = Place::new().open();
    let long = [seed.clone(), hex::decode(public).unwrap()].concat();
    for form in [&seed, &long] {
        let key = keystore
            .import("tenant", CustodialAlgorithm::Ed25519, secret(form), None)
            .await
            .unwrap();
        assert_eq!(key.kid, public);
        let signature = keystore
            .sign("tenant", &key.public_key, &[0xaf, 0x82])
            .unwrap();
        assert_eq!(
            hex::encode(signature),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        );
    }

    let scalar =
        hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").unwrap();
    let key = keystore
        .import("tenant", CustodialAlgorithm::P256, secret(&scalar), None)
        .await
        .unwrap();
    assert_eq!(
        key.kid,
        "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    );
    let signature = keystore.sign("tenant", &key.public_key, b"sample").unwrap();
    let (r, s) = (&signature[4..37], &signature[39..]);
    assert_eq!(signature[..4], [0x30, 0x46, 0x02, 0x21]);
    assert_eq!(
        hex::encode(r),
        "00efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    );
    let s_either = [
        "00f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",
    ];
    assert!(s_either.contains(&hex::encode(s).as_str()));
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let place = Place::new();
    let keystore = place.open();
    let key = keystore
        .import(
            "tenant",
            CustodialAlgorithm::Ed25519,
            secret(&[7; 32]),
            Some("first".to_owned()),
        )
        .await
        .unwrap();
    let sealed = place.blob("SELECT sealed FROM keystore_keys");
    let again = keystore
        .import(
            "tenant",
            CustodialAlgorithm::Ed25519,
            secret(&[7; 32]),
            Some("second".to_owned()),
        )
        .await
        .unwrap();
    assert_eq!(key, again);
    assert_eq!(keystore.list("tenant", None).unwrap(), [key]);
    assert_eq!(place.blob("SELECT sealed FROM keystore_keys"), sealed);
}

#[tokio::test]
async fn what_is_no_private_key_is_refused() {
    let order =
        hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let keystore = Place::new().open();
    let ed25519 = [
        vec![],
        vec![1; 31],
        vec![1; 33],
        vec![1; 63],
        vec![1; 64],
        vec![1; 65],
        vec![1; 96],
    ];
    let p256 = [
        vec![],
        vec![1; 31],
        vec![1; 33],
        vec![1; 64],
        vec![0; 32],
        vec![0xff; 32],
        order,
    ];
    let cases = ed25519.map(|bytes| (CustodialAlgorithm::Ed25519, bytes));
    for (algorithm, bytes) in cases
        .into_iter()
        .chain(p256.map(|bytes| (CustodialAlgorithm::P256, bytes)))
    {
        let outcome = keystore
            .import("tenant", algorithm, secret(&bytes), None)
            .await;
        assert!(
            matches!(outcome, Err(KeystoreError::InvalidPrivateKey(_))),
            "{algorithm:?} {bytes:?}"
        );
    }
    assert!(keystore.list("tenant", None).unwrap().is_empty());
}

#[tokio::test]
async fn tenants_and_aliases_are_bounded() {
    let keystore = Place::new().open();
    for tenant in ["", &"x".repeat(129)] {
        let outcome = keystore
            .generate(tenant, CustodialAlgorithm::Ed25519, None)
            .await;
        assert!(matches!(outcome, Err(KeystoreError::InvalidTenant)));
        assert_eq!(keystore.find(tenant, &"00".repeat(32)).unwrap(), None);
    }
    for alias in ["".to_owned(), "x".repeat(129), "a\nb".to_owned()] {
        let outcome = keystore
            .generate("tenant", CustodialAlgorithm::Ed25519, Some(alias))
            .await;
        assert!(matches!(outcome, Err(KeystoreError::InvalidAlias)));
    }
    for hex in ["", "zz", &"0".repeat(100_000), "\0"] {
        assert_eq!(keystore.find("tenant", hex).unwrap(), None);
    }
}

#[tokio::test]
async fn each_tenant_reaches_only_its_own_keys() {
    let keystore = Place::new().open();
    let mut own = Vec::new();
    for tenant in ["one", "two"] {
        for algorithm in BOTH {
            own.push((tenant, generate(&keystore, tenant, algorithm).await));
        }
    }
    for tenant in ["one", "two", "three", "on", "one ", ""] {
        for (owner, key) in &own {
            let held = tenant == *owner;
            assert_eq!(keystore.find(tenant, &key.kid).unwrap().is_some(), held);
            assert_eq!(keystore.list(tenant, None).unwrap().contains(key), held);
            let signed = keystore.sign(tenant, &key.public_key, b"message");
            assert!(if held {
                signed.is_ok()
            } else {
                matches!(signed, Err(SignError::NotCustodial))
            });
            assert_eq!(
                keystore
                    .sign_all(tenant, &methods(&[key]), b"message")
                    .is_ok(),
                held
            );
        }
    }
}

#[tokio::test]
async fn two_tenants_may_hold_one_key_each_under_its_own_seal() {
    let place = Place::new();
    let keystore = place.open();
    for tenant in ["one", "two"] {
        let key = keystore.import(
            tenant,
            CustodialAlgorithm::P256,
            secret(&[9; 32]),
            Some(tenant.to_owned()),
        );
        assert_eq!(key.await.unwrap().alias.as_deref(), Some(tenant));
    }
    let key = keystore
        .find("one", &keystore.list("two", None).unwrap()[0].kid)
        .unwrap()
        .unwrap();
    for tenant in ["one", "two"] {
        key.public_key
            .verify(b"m", &keystore.sign(tenant, &key.public_key, b"m").unwrap())
            .unwrap();
    }
}

#[tokio::test]
async fn a_complete_set_signs_in_its_order() {
    let keystore = Place::new().open();
    let first = generate(&keystore, "tenant", CustodialAlgorithm::P256).await;
    let second = generate(&keystore, "tenant", CustodialAlgorithm::Ed25519).await;
    let keys = methods(&[&second, &first, &second]);
    let signatures = keystore.sign_all("tenant", &keys, b"payload").unwrap();
    assert_eq!(signatures.len(), 3);
    for ((method, key), signature) in keys.iter().zip(&signatures) {
        assert_eq!(&signature.method, method);
        key.verify(b"payload", &signature.bytes).unwrap();
    }
    assert!(
        keystore
            .sign_all("tenant", &[], b"payload")
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn an_incomplete_set_names_every_missing_method_and_signs_nothing() {
    let keystore = Place::new().open();
    let held = generate(&keystore, "tenant", CustodialAlgorithm::Ed25519).await;
    let foreign = generate(&keystore, "other", CustodialAlgorithm::P256).await;
    let gone = generate(&Place::new().open(), "tenant", CustodialAlgorithm::Ed25519).await;
    match keystore.sign_all(
        "tenant",
        &methods(&[&foreign, &held, &gone, &held]),
        b"payload",
    ) {
        Err(SignAllError::NotCustodial { missing }) => assert_eq!(missing, [method(0), method(2)]),
        other => panic!("{other:?}"),
    }
    let many = vec![(method(0), held.public_key.clone()); SIGN_ALL_MAX + 1];
    assert!(matches!(
        keystore.sign_all("tenant", &many, b"payload"),
        Err(SignAllError::TooMany)
    ));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let place = Place::new();
    let keystore = place.open();
    let key = generate(&keystore, "tenant", CustodialAlgorithm::Ed25519).await;
    place.tamper(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LIST_MAX})
         INSERT INTO keystore_keys SELECT tenant, kid || printf('%04d', i), algorithm, alias, sealed, created_ms
         FROM keystore_keys, n"
    ));
    // The copies are no keys; only their number matters.
    assert!(matches!(
        keystore.list("tenant", None),
        Err(KeystoreError::Damaged { .. })
    ));
    place.tamper("DELETE FROM keystore_keys WHERE length(kid) > 64");
    for _ in 0..4 {
        generate(&keystore, "tenant", CustodialAlgorithm::P256).await;
    }
    let all = keystore.list("tenant", None).unwrap();
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by_key(|key| &key.kid) && all.contains(&key));
    assert_eq!(
        keystore.list("tenant", Some(&all[1].kid)).unwrap(),
        all[2..]
    );
    assert!(
        keystore
            .list("tenant", Some(&all[4].kid))
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_made_at_once_share_the_tenants_data_key() {
    let place = Place::new();
    let keystore = place.open();
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let keystore: Keystore = keystore.clone();
            tokio::spawn(
                async move { generate(&keystore, "tenant", CustodialAlgorithm::Ed25519).await },
            )
        })
        .collect();
    let reopened = place.open();
    for task in tasks {
        let key = task.await.unwrap();
        reopened
            .sign("tenant", &key.public_key, b"message")
            .unwrap();
    }
}

#[test]
fn the_checkpoint_seed_of_a_log_is_made_once() {
    let place = Place::new();
    let keystore = place.open();
    let seed = *keystore
        .checkpoint_seed("log.example/testnet")
        .ok()
        .unwrap()
        .reveal();
    let other = *keystore
        .checkpoint_seed("log.example/mainnet")
        .ok()
        .unwrap()
        .reveal();
    assert_ne!(seed, other);
    assert_ne!(seed, [0; 32]);
    for keystore in [keystore, place.open()] {
        assert_eq!(
            keystore
                .checkpoint_seed("log.example/testnet")
                .ok()
                .unwrap()
                .reveal(),
            &seed
        );
    }
    for origin in ["", &"x".repeat(257)] {
        assert!(matches!(
            refused(place.open().checkpoint_seed(origin)),
            KeystoreError::InvalidOrigin
        ));
    }
}

#[test]
fn each_rotation_of_a_log_takes_the_next_seed() {
    let place = Place::new();
    let keystore = place.open();
    assert_eq!(keystore.checkpoint_generations("log").unwrap(), 0);
    let seed = |generation| {
        let seed = keystore.checkpoint_seed_of("log", generation);
        *seed.ok().unwrap().reveal()
    };
    let seeds = [1, 2, 3].map(seed);
    assert_eq!(
        *keystore.checkpoint_seed("log").ok().unwrap().reveal(),
        seeds[0]
    );
    assert!(seeds[0] != seeds[1] && seeds[1] != seeds[2] && seeds[0] != seeds[2]);
    assert_eq!([1, 2, 3].map(seed), seeds, "made once");
    assert_eq!(place.open().checkpoint_generations("log").unwrap(), 3);
    for (generation, next) in [(0, 4), (5, 4)] {
        assert!(matches!(
            refused(keystore.checkpoint_seed_of("log", generation)),
            KeystoreError::InvalidGeneration { next: found, .. } if found == next
        ));
    }
    assert!(matches!(
        refused(keystore.checkpoint_seed_of("other", 2)),
        KeystoreError::InvalidGeneration { next: 1, .. }
    ));
}

/// The store as the first release left it, with one seed for each log.
#[test]
fn seeds_of_the_first_release_are_still_found() {
    let place = Place::new();
    let seed = *place.open().checkpoint_seed("log").ok().unwrap().reveal();
    place.tamper(
        "CREATE TABLE keystore_checkpoint_seeds (
             origin TEXT PRIMARY KEY, sealed BLOB NOT NULL, created_ms INTEGER NOT NULL
         ) STRICT, WITHOUT ROWID;
         INSERT INTO keystore_checkpoint_seeds
             SELECT origin, sealed, created_ms FROM keystore_checkpoint_generations;
         DROP TABLE keystore_checkpoint_generations;
         DELETE FROM migrations WHERE component = 'keystore' AND version = 2;",
    );
    let keystore = place.open();
    assert_eq!(
        *keystore.checkpoint_seed("log").ok().unwrap().reveal(),
        seed
    );
    assert_eq!(keystore.checkpoint_generations("log").unwrap(), 1);
}
