//! The barrier between the database file and the keys: what was changed or moved behind the keystore's back fails,
//! always as an error that names the record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{BOTH, Place, generate, refused, secret};
use keystore::{CustodialAlgorithm, Keystore, KeystoreError, SignAllError, SignError, StoredKey};

fn damaged(keystore: &Keystore, tenant: &str, key: &StoredKey) -> bool {
    let one = matches!(
        keystore.sign(tenant, &key.public_key, b"message"),
        Err(SignError::Keystore(KeystoreError::Damaged { .. }))
    );
    let method =
        did::MethodId::parse("did:cheqd:testnet:55dbc8bf-fba3-4117-855c-1e0dc1d3bb47#key-1")
            .unwrap();
    let all = matches!(
        keystore.sign_all(tenant, &[(method, key.public_key.clone())], b"message"),
        Err(SignAllError::Keystore(KeystoreError::Damaged { .. }))
    );
    assert_eq!(one, all);
    one
}

#[tokio::test]
async fn records_moved_between_key_ids_or_tenants_fail() {
    let moves = [
        (
            "another key id",
            "UPDATE keystore_keys SET sealed = (SELECT sealed FROM keystore_keys WHERE alias = 'b') WHERE alias = 'a'",
        ),
        (
            "another tenant",
            "UPDATE keystore_keys SET sealed = (SELECT sealed FROM keystore_keys WHERE alias = 'c') WHERE alias = 'a'",
        ),
        (
            "another tenant's data key",
            "UPDATE keystore_data_keys SET sealed = (SELECT sealed FROM keystore_data_keys WHERE tenant = 'two')
             WHERE tenant = 'one'",
        ),
        (
            "a data key as a private key",
            "UPDATE keystore_keys SET sealed = (SELECT sealed FROM keystore_data_keys WHERE tenant = 'one')
             WHERE alias = 'a'",
        ),
        (
            "the root check as a data key",
            "UPDATE keystore_data_keys SET sealed = (SELECT sealed_check FROM keystore_root) WHERE tenant = 'one'",
        ),
    ];
    for (what, sql) in moves {
        let place = Place::new();
        let keystore = place.open();
        let import = async |tenant: &str, byte: u8, alias: &str| {
            let alias = Some(alias.to_owned());
            keystore
                .import(
                    tenant,
                    CustodialAlgorithm::Ed25519,
                    secret(&[byte; 32]),
                    alias,
                )
                .await
                .unwrap()
        };
        let moved = import("one", 1, "a").await;
        import("one", 2, "b").await;
        // The same key: only the tenant in the binding, and its data key, differ.
        import("two", 1, "c").await;
        keystore.sign("one", &moved.public_key, b"message").unwrap();
        place.tamper(sql);
        assert!(damaged(&place.open(), "one", &moved), "{what}");
    }
}

#[tokio::test]
async fn a_key_of_another_tenant_copied_with_its_data_key_fails() {
    let place = Place::new();
    let key = generate(&place.open(), "one", CustodialAlgorithm::P256).await;
    place.tamper(
        "INSERT INTO keystore_data_keys SELECT 'two', sealed, created_ms FROM keystore_data_keys;
         INSERT INTO keystore_keys SELECT 'two', kid, algorithm, alias, sealed, created_ms FROM keystore_keys",
    );
    assert!(damaged(&place.open(), "two", &key));
    place
        .open()
        .sign("one", &key.public_key, b"message")
        .unwrap();
}

#[tokio::test]
async fn a_changed_algorithm_or_key_id_is_noticed() {
    let place = Place::new();
    let keystore = place.open();
    let key = generate(&keystore, "one", CustodialAlgorithm::Ed25519).await;
    for algorithm in ["P-256", "Ed448", ""] {
        place.tamper(&format!(
            "UPDATE keystore_keys SET algorithm = '{algorithm}'"
        ));
        assert!(
            matches!(
                keystore.find("one", &key.kid),
                Err(KeystoreError::Damaged { .. })
            ),
            "{algorithm}"
        );
    }
    place.tamper("UPDATE keystore_keys SET algorithm = 'Ed25519'");
    assert!(keystore.find("one", &key.kid).unwrap().is_some());
    let other = generate(&Place::new().open(), "one", CustodialAlgorithm::Ed25519).await;
    place.tamper(&format!("UPDATE keystore_keys SET kid = '{}'", other.kid));
    assert!(damaged(&keystore, "one", &other));
}

#[tokio::test]
async fn short_empty_long_and_flipped_records_fail() {
    for algorithm in BOTH {
        let place = Place::new();
        let key = generate(&place.open(), "one", algorithm).await;
        let keystore = place.open();
        let sealed = place.blob("SELECT sealed FROM keystore_keys");
        let flipped = [0, 1, 24, 25, 56, 57, 72].map(|at| {
            let mut changed = sealed.clone();
            changed[at] ^= 0x80;
            changed
        });
        let lengths = [0, 1, 25, 41, 72].map(|length| sealed[..length].to_vec());
        let long = [[sealed.clone(), vec![0]].concat(), vec![1; 100_000]];
        for changed in flipped.into_iter().chain(lengths).chain(long) {
            place.tamper(&format!(
                "UPDATE keystore_keys SET sealed = x'{}'",
                hex::encode(&changed)
            ));
            assert!(damaged(&keystore, "one", &key), "{} bytes", changed.len());
        }
        place.tamper(&format!(
            "UPDATE keystore_keys SET sealed = x'{}'",
            hex::encode(&sealed)
        ));
        keystore.sign("one", &key.public_key, b"message").unwrap();
    }
}

#[tokio::test]
async fn a_damaged_or_missing_data_key_is_an_error_for_every_use() {
    for sql in [
        "UPDATE keystore_data_keys SET sealed = x''",
        "DELETE FROM keystore_data_keys",
    ] {
        let place = Place::new();
        let key = generate(&place.open(), "one", CustodialAlgorithm::Ed25519).await;
        place.tamper(sql);
        assert!(damaged(&place.open(), "one", &key), "{sql}");
    }
    let place = Place::new();
    generate(&place.open(), "one", CustodialAlgorithm::Ed25519).await;
    place.tamper("UPDATE keystore_data_keys SET sealed = x''");
    let outcome = place
        .open()
        .generate("one", CustodialAlgorithm::Ed25519, None)
        .await;
    assert!(
        matches!(outcome, Err(KeystoreError::Damaged { .. })),
        "never a second data key for the tenant"
    );
}

#[test]
fn checkpoint_seeds_cannot_be_swapped_or_changed() {
    let place = Place::new();
    let keystore = place.open();
    for origin in ["one", "two"] {
        assert!(keystore.checkpoint_seed(origin).is_ok());
    }
    for sql in [
        "UPDATE keystore_checkpoint_generations SET sealed =
            (SELECT sealed FROM keystore_checkpoint_generations WHERE origin = 'two') WHERE origin = 'one'",
        "UPDATE keystore_checkpoint_generations SET sealed = (SELECT sealed_check FROM keystore_root) WHERE \
         origin = 'one'",
        "UPDATE keystore_checkpoint_generations SET sealed = x'' WHERE origin = 'one'",
    ] {
        place.tamper(sql);
        assert!(matches!(refused(keystore.checkpoint_seed("one")), KeystoreError::Damaged { .. }), "{sql}");
        assert!(keystore.checkpoint_seed("two").is_ok());
    }
}

#[tokio::test]
async fn the_same_key_twice_gives_different_bytes() {
    let (one, two) = (Place::new(), Place::new());
    for place in [&one, &two] {
        place
            .open()
            .import("one", CustodialAlgorithm::Ed25519, secret(&[1; 32]), None)
            .await
            .unwrap();
    }
    for sql in [
        "SELECT sealed FROM keystore_keys",
        "SELECT sealed FROM keystore_data_keys",
        "SELECT salt FROM keystore_root",
    ] {
        assert_ne!(one.blob(sql), two.blob(sql), "{sql}");
    }
}
