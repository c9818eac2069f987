//! What was deleted lies in no file any more once the write-ahead log was emptied.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use store::{Emptied, Migration, Store, StoreError};
use tempfile::TempDir;

const MIGRATIONS: &[Migration] = &[Migration {
    component: "test",
    version: 1,
    sql: "CREATE TABLE secrets (id INTEGER PRIMARY KEY, secret BLOB) STRICT;",
}];

fn fresh() -> (TempDir, PathBuf, Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = Store::open(&path, MIGRATIONS).unwrap();
    (directory, path, store)
}

/// Distinct in every secret and findable in part.
fn secret(id: u32, length: usize) -> Vec<u8> {
    let marker = format!("<secret {id:08}>");
    marker.bytes().cycle().take(length).collect()
}

fn holds(directory: &Path, id: u32) -> bool {
    let marker = format!("<secret {id:08}>").into_bytes();
    fs::read_dir(directory).unwrap().any(|entry| {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(marker.len()).any(|window| window == marker)
    })
}

async fn write(store: &Store, sql: &'static str, id: u32, secret: Vec<u8>) {
    let written: Result<_, StoreError> = store
        .write(move |connection| connection.execute(sql, params![id, secret]))
        .await;
    written.unwrap();
}

const INSERT: &str = "INSERT INTO secrets VALUES (?1, ?2)";
const DELETE: &str = "DELETE FROM secrets WHERE id = ?1 AND ?2 IS NOT NULL";

/// Sizes on both sides of a page, deleted in an order that splits and merges pages.
#[tokio::test]
async fn deleted_bytes_are_in_no_file() {
    let (directory, _, store) = fresh();
    let length = |id: u32| [40, 90, 300, 1_500, 5_000][id as usize % 5];
    for id in 0..200 {
        write(&store, INSERT, id, secret(id, length(id))).await;
    }
    assert!((0..200).all(|id| holds(directory.path(), id)));
    let gone: Vec<u32> = (0..200).filter(|id| id % 3 != 0).collect();
    for id in gone.iter().map(|id| id * 67 % 200).filter(|id| id % 3 != 0) {
        write(&store, DELETE, id, Vec::new()).await;
    }
    for id in &gone {
        write(&store, DELETE, *id, Vec::new()).await;
    }
    assert_eq!(store.empty_log().await, Emptied::Done);
    let left: Vec<_> = gone
        .iter()
        .filter(|id| holds(directory.path(), **id))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!((0..200).step_by(3).all(|id| holds(directory.path(), id)));
}

#[tokio::test]
async fn without_the_emptying_they_are_still_there() {
    let (directory, _, store) = fresh();
    write(&store, INSERT, 1, secret(1, 100)).await;
    write(&store, DELETE, 1, Vec::new()).await;
    assert!(
        holds(directory.path(), 1),
        "or the test above shows nothing"
    );
}

#[tokio::test]
async fn a_reader_postpones_it_and_prevents_nothing() {
    let (directory, path, store) = fresh();
    write(&store, INSERT, 1, secret(1, 100)).await;
    let reader = Connection::open(&path).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM secrets;")
        .unwrap();
    write(&store, DELETE, 1, Vec::new()).await;
    assert_eq!(store.empty_log().await, Emptied::Later);
    assert!(holds(directory.path(), 1));
    write(&store, INSERT, 2, secret(2, 100)).await;
    reader.execute_batch("COMMIT").unwrap();
    // Nobody asks again.
    for _ in 0..1_000 {
        if !holds(directory.path(), 1) {
            assert!(holds(directory.path(), 2));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the log was never emptied");
}
