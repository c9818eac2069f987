//! What opens a keystore, what does not, and what is never done on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Place, generate, refused};
use keystore::{CustodialAlgorithm, Keystore, Passphrase, Unseal, UnsealError};
use zeroize::Zeroizing;

const RIGHT: &str = "correct horse battery staple";

fn passphrase(text: &str) -> Unseal {
    Unseal::Passphrase(Passphrase::new(Zeroizing::new(text.to_owned())))
}

fn file(path: &Path) -> Unseal {
    Unseal::KeyFile(path.to_owned())
}

fn dump(place: &Place) -> Vec<Vec<u8>> {
    let columns = "hex(source || salt || memory_kib || passes || lanes || sealed_check)";
    ["keystore_root", "keystore_data_keys", "keystore_keys"]
        .iter()
        .map(|table| {
            let what = if *table == "keystore_root" {
                columns
            } else {
                "hex(sealed)"
            };
            place.blob(&format!(
                "SELECT CAST(coalesce(group_concat({what}), '') AS BLOB) FROM {table}"
            ))
        })
        .collect()
}

#[tokio::test]
async fn the_right_passphrase_opens_and_a_wrong_one_changes_nothing() {
    let place = Place::new();
    let key = {
        let keystore = place.try_open(passphrase(RIGHT)).ok().unwrap();
        generate(&keystore, "tenant", CustodialAlgorithm::Ed25519).await
    };
    let before = dump(&place);
    for wrong in [
        "correct horse battery stapl",
        "Correct horse battery staple",
        "",
        &format!("{RIGHT} "),
    ] {
        assert!(
            matches!(
                refused(place.try_open(passphrase(wrong))),
                UnsealError::WrongPassphrase
            ),
            "{wrong}"
        );
    }
    assert!(matches!(
        refused(place.try_open(passphrase(&"x".repeat(1025)))),
        UnsealError::PassphraseTooLong
    ));
    let other = refused(place.try_open(file(&place.key_file())));
    assert!(
        matches!(
            other,
            UnsealError::OtherSource {
                stored: "passphrase",
                given: "key file"
            }
        ),
        "{other}"
    );
    assert!(!place.key_file().exists());
    assert_eq!(dump(&place), before);
    let keystore = place.try_open(passphrase(RIGHT)).ok().unwrap();
    keystore
        .sign("tenant", &key.public_key, b"message")
        .unwrap();
}

#[test]
fn the_cost_of_a_passphrase_is_stored_and_bound() {
    let place = Place::new();
    drop(place.try_open(passphrase(RIGHT)).ok().unwrap());
    let parameters =
        "SELECT CAST(memory_kib || ' ' || passes || ' ' || lanes AS BLOB) FROM keystore_root";
    assert_eq!(place.blob(parameters), b"65536 3 4");
    for change in ["passes = 1", "memory_kib = 1024", "salt = zeroblob(16)"] {
        place.tamper(&format!(
            "CREATE TABLE kept AS SELECT * FROM keystore_root; UPDATE keystore_root SET {change}"
        ));
        assert!(
            matches!(
                refused(place.try_open(passphrase(RIGHT))),
                UnsealError::WrongPassphrase
            ),
            "{change}"
        );
        place.tamper("DELETE FROM keystore_root; INSERT INTO keystore_root SELECT * FROM kept; DROP TABLE kept");
    }
    for change in [
        "memory_kib = 4294967295",
        "passes = 4294967295",
        "lanes = 65536",
        "lanes = 0",
        "memory_kib = 0",
    ] {
        place.tamper(&format!(
            "CREATE TABLE kept AS SELECT * FROM keystore_root; UPDATE keystore_root SET {change}"
        ));
        assert!(
            matches!(
                refused(place.try_open(passphrase(RIGHT))),
                UnsealError::Damaged(_)
            ),
            "{change}"
        );
        place.tamper("DELETE FROM keystore_root; INSERT INTO keystore_root SELECT * FROM kept; DROP TABLE kept");
    }
    assert!(place.try_open(passphrase(RIGHT)).is_ok());
}

#[test]
fn a_new_keystore_wants_a_passphrase_that_is_not_trivial() {
    let place = Place::new();
    for short in ["", "elevenchars"] {
        assert!(matches!(
            refused(place.try_open(passphrase(short))),
            UnsealError::PassphraseTooShort
        ));
    }
    assert!(place.try_open(passphrase("twelve chars")).is_ok());
}

#[tokio::test]
async fn a_key_file_is_made_once_private_and_of_32_bytes() {
    let place = Place::new();
    let key = generate(&place.open(), "tenant", CustodialAlgorithm::P256).await;
    let made = fs::read(place.key_file()).unwrap();
    assert_eq!(made.len(), 32);
    assert_eq!(
        fs::metadata(place.key_file()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    place
        .open()
        .sign("tenant", &key.public_key, b"message")
        .unwrap();
    assert_eq!(fs::read(place.key_file()).unwrap(), made);
    let names: Vec<_> = fs::read_dir(place.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().starts_with('.')),
        "nothing is left behind: {names:?}"
    );
}

#[test]
fn a_key_file_given_beforehand_is_used_as_it_is() {
    let place = Place::new();
    fs::write(place.key_file(), [5; 32]).unwrap();
    fs::set_permissions(place.key_file(), Permissions::from_mode(0o400)).unwrap();
    drop(place.open());
    assert_eq!(fs::read(place.key_file()).unwrap(), [5; 32]);
}

#[tokio::test]
async fn a_missing_key_file_is_never_made_anew_over_sealed_keys() {
    let place = Place::new();
    drop(place.open());
    fs::remove_file(place.key_file()).unwrap();
    let error = refused(place.try_open(file(&place.key_file())));
    assert!(
        matches!(error, UnsealError::KeyFileMissing { .. }),
        "{error}"
    );
    assert!(!place.key_file().exists());

    let lost = Place::new();
    generate(&lost.open(), "tenant", CustodialAlgorithm::Ed25519).await;
    lost.tamper("DELETE FROM keystore_root");
    assert!(matches!(
        refused(lost.try_open(file(&lost.key_file()))),
        UnsealError::Damaged(_)
    ));
}

#[test]
fn a_wrong_exposed_or_malformed_key_file_is_refused() {
    let place = Place::new();
    drop(place.open());
    let before = dump(&place);
    let right = fs::read(place.key_file()).unwrap();
    let other = place.directory().join("other.key");
    let write = |bytes: &[u8], mode| {
        let _ = fs::remove_file(&other);
        fs::write(&other, bytes).unwrap();
        fs::set_permissions(&other, Permissions::from_mode(mode)).unwrap();
        refused(place.try_open(file(&other)))
    };
    assert!(matches!(
        write(&[5; 32], 0o600),
        UnsealError::WrongKeyFile { .. }
    ));
    for mode in [0o640, 0o604, 0o660, 0o601, 0o620, 0o777] {
        assert!(
            matches!(write(&right, mode), UnsealError::KeyFileExposed { mode: m, .. } if m == mode),
            "{mode:o}"
        );
    }
    for length in [0, 31, 33, 10_000] {
        assert!(
            matches!(
                write(&vec![5; length], 0o600),
                UnsealError::KeyFileMalformed { .. }
            ),
            "{length} bytes"
        );
    }
    assert!(matches!(
        refused(place.try_open(file(place.directory()))),
        UnsealError::KeyFileMalformed { .. }
    ));
    let nowhere = Place::new();
    let error = refused(nowhere.try_open(file(&nowhere.directory().join("missing/root.key"))));
    assert!(matches!(error, UnsealError::KeyFileIo { .. }), "{error}");
    let error = refused(place.try_open(passphrase(RIGHT)));
    assert!(
        matches!(
            error,
            UnsealError::OtherSource {
                stored: "key file",
                given: "passphrase"
            }
        ),
        "{error}"
    );
    assert_eq!(dump(&place), before);
}

#[test]
fn processes_that_start_together_agree_on_one_key_file() {
    let place = Place::new();
    let keystores: Vec<Keystore> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| place.open())).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let seed = *keystores[0].checkpoint_seed("log").ok().unwrap().reveal();
    for keystore in &keystores {
        assert_eq!(
            keystore.checkpoint_seed("log").ok().unwrap().reveal(),
            &seed
        );
    }
}
