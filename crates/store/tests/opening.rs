//! What opening a store promises: private files, exact migrations, no foreign file touched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use store::{Migration, OpenError, Store, StoreError};

const fn step(component: &'static str, version: u32, sql: &'static str) -> Migration {
    Migration {
        component,
        version,
        sql,
    }
}

const A1: Migration = step("a", 1, "CREATE TABLE a (x INTEGER) STRICT");
const A2: Migration = step("a", 2, "ALTER TABLE a ADD COLUMN y INTEGER");
const B1: Migration = step("b", 1, "CREATE TABLE b (x INTEGER) STRICT");

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn schema(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY 1")
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn refused(path: &Path, migrations: &[Migration]) -> OpenError {
    match Store::open(path, migrations) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[test]
fn directories_and_files_are_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("one/two/store.db");
    let store = Store::open(&path, &[A1]).unwrap();
    store
        .write_blocking::<_, _, StoreError>(|connection| {
            connection.execute("INSERT INTO a VALUES (1)", [])
        })
        .unwrap();
    for made in ["one", "one/two"] {
        assert_eq!(mode(&directory.path().join(made)), 0o700, "{made}");
    }
    for file in ["store.db", "store.db-wal", "store.db-shm"] {
        assert_eq!(
            mode(&directory.path().join("one/two").join(file)),
            0o600,
            "{file}"
        );
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let error = refused(&directory.path().join("file/store.db"), &[A1]);
    assert!(
        error.to_string().contains("file/store.db") || matches!(error, OpenError::Directory { .. }),
        "{error}"
    );
}

#[test]
fn migrations_are_applied_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    for list in [&[A1][..], &[A1], &[A1, A2], &[B1, A1, A2], &[A1, A2, B1]] {
        drop(Store::open(&path, list).unwrap());
    }
    let store = Store::open(&path, &[A1, A2, B1]).unwrap();
    let columns: Vec<String> = store
        .read(|connection| {
            connection
                .prepare("SELECT y FROM a, b")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
        .unwrap();
    assert!(columns.is_empty());
}

#[test]
fn lists_that_do_not_fit_the_store_are_refused_and_change_nothing() {
    const A1_CHANGED: Migration = step("a", 1, "CREATE TABLE a (x INTEGER, z INTEGER) STRICT");
    const A2_BROKEN: Migration = step(
        "a",
        2,
        "CREATE TABLE a2 (x INTEGER) STRICT; CREATE TABLE a (x INTEGER)",
    );
    const A3: Migration = step("a", 3, "CREATE TABLE a3 (x INTEGER) STRICT");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(Store::open(&path, &[A1, B1]).unwrap());
    let before = schema(&path);
    let cases: [(&[Migration], &str); 7] = [
        (
            &[A1_CHANGED, B1],
            "migration 1 of `a` was applied with another text",
        ),
        (&[A1], "`b` is at version 1, this program knows 0"),
        (&[], "`a` is at version 1, this program knows 0"),
        (&[A1, B1, A2_BROKEN], "migration 2 of `a` failed"),
        (&[A1, B1, A3], "not numbered 1, 2, 3"),
        (&[A2, A1, B1], "not numbered 1, 2, 3"),
        (&[A1, A1, B1], "not numbered 1, 2, 3"),
    ];
    for (list, text) in cases {
        let error = refused(&path, list).to_string();
        assert!(error.contains(text), "{error}");
        assert_eq!(schema(&path), before);
    }
    drop(Store::open(&path, &[A1, B1, A2]).unwrap());
    assert!(
        refused(&path, &[A1, B1])
            .to_string()
            .contains("`a` is at version 2, this program knows 1")
    );
}

#[test]
fn all_missing_steps_are_one_transaction() {
    const BROKEN: Migration = step("b", 1, "CREATE TABLE a (x INTEGER)");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    assert!(matches!(
        refused(&path, &[A1, BROKEN]),
        OpenError::Migration {
            component: "b",
            version: 1,
            ..
        }
    ));
    assert!(schema(&path).is_empty());
}

#[test]
fn files_of_others_are_refused_and_left_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("letter.txt");
    fs::write(&text, "dear reader, ".repeat(1000)).unwrap();
    assert!(matches!(refused(&text, &[A1]), OpenError::NotAStore { .. }));
    assert_eq!(
        fs::read_to_string(&text).unwrap(),
        "dear reader, ".repeat(1000)
    );

    let other = directory.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x INTEGER)")
        .unwrap();
    assert!(matches!(
        refused(&other, &[A1]),
        OpenError::NotAStore { .. }
    ));
    assert_eq!(schema(&other), ["CREATE TABLE theirs (x INTEGER)"]);
}

#[test]
fn names_with_a_meaning_to_sqlite_are_only_names() {
    let directory = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:store?mode=memory"] {
        let path = directory.path().join(name);
        let store = Store::open(&path, &[A1]).unwrap();
        store
            .write_blocking::<_, _, StoreError>(|connection| {
                connection.execute("INSERT INTO a VALUES (1)", [])
            })
            .unwrap();
        drop(store);
        assert_eq!(schema(&path).len(), 2, "{name}");
    }
}

#[test]
fn processes_that_start_together_open_one_new_store() {
    for _ in 0..16 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/store.db");
        let stores: Vec<Store> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| Store::open(&path, &[A1, A2, B1]).unwrap()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        for store in &stores {
            store
                .write_blocking::<_, _, StoreError>(|connection| {
                    connection.execute("INSERT INTO b VALUES (1)", [])
                })
                .unwrap();
        }
    }
}
