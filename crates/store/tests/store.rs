//! What the store promises to those who read and write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use rusqlite::Connection;
use store::{Migration, Store, StoreError};
use tempfile::TempDir;

const MIGRATIONS: &[Migration] = &[Migration {
    component: "test",
    version: 1,
    sql: "CREATE TABLE words (word TEXT PRIMARY KEY) STRICT;
          CREATE TABLE late (word TEXT REFERENCES words (word) DEFERRABLE INITIALLY DEFERRED) STRICT;",
}];

type Outcome = Result<(), StoreError>;

fn fresh() -> (TempDir, PathBuf, Store) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store = Store::open(&path, MIGRATIONS).unwrap();
    (directory, path, store)
}

fn insert(connection: &Connection, word: &str) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("INSERT INTO words VALUES (?1)")?
        .execute([word])
        .map(drop)
}

fn add(store: &Store, word: &'static str) -> Outcome {
    store.write_blocking(move |connection| insert(connection, word))
}

fn words(store: &Store) -> Vec<String> {
    store.read(select).unwrap()
}

fn select(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    connection
        .prepare_cached("SELECT word FROM words ORDER BY word")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Holds the writer inside a write until the returned sender speaks, so that what follows becomes one batch.
fn hold(store: &Store) -> (mpsc::Sender<()>, thread::JoinHandle<Outcome>) {
    let (release, held) = mpsc::channel();
    let (started, start) = mpsc::channel();
    let store = store.clone();
    let writer = thread::spawn(move || {
        store.write_blocking(move |_| {
            started.send(()).unwrap();
            held.recv().unwrap();
            Ok::<_, rusqlite::Error>(())
        })
    });
    start.recv().unwrap();
    (release, writer)
}

/// Queues a write without waiting for its answer.
fn queue<'a>(
    store: &'a Store,
    write: impl FnOnce(&Connection) -> Result<(), rusqlite::Error> + Send + 'static,
) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + 'a>> {
    let mut future: std::pin::Pin<Box<dyn Future<Output = Outcome> + 'a>> =
        Box::pin(store.write(write));
    assert!(
        future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    future
}

fn wait(future: impl Future<Output = Outcome>) -> Outcome {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(outcome) = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            return outcome;
        }
        thread::yield_now();
    }
}

#[test]
fn what_was_acknowledged_is_there_for_other_connections_and_after_reopening() {
    let (_directory, path, store) = fresh();
    add(&store, "kept").unwrap();
    let other = Connection::open(&path).unwrap();
    assert_eq!(select(&other).unwrap(), ["kept"]);
    drop(store);
    assert_eq!(words(&Store::open(&path, MIGRATIONS).unwrap()), ["kept"]);
}

#[test]
fn the_commit_is_synced_and_rules_of_the_schema_hold() {
    let (_directory, _path, store) = fresh();
    let number = |name: &'static str| {
        store
            .write_blocking::<_, _, StoreError>(move |connection| {
                connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
            })
            .map_or(-1, |value: i64| value)
    };
    assert_eq!(number("synchronous"), 2, "FULL");
    assert_eq!(number("foreign_keys"), 1);
    assert_eq!(number("trusted_schema"), 0);
    assert_eq!(number("busy_timeout"), 5000);
    let mode: String = store
        .read(|connection| connection.query_row("PRAGMA journal_mode", [], |r| r.get(0)))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_refused_or_panicking_write_takes_back_only_its_own_changes() {
    let (_directory, _path, store) = fresh();
    let (release, holder) = hold(&store);
    let first = queue(&store, |connection| insert(connection, "first"));
    let refused = queue(&store, |connection| {
        insert(connection, "refused")?;
        insert(connection, "first")
    });
    let panicked = queue(&store, |connection| {
        insert(connection, "panicked")?;
        panic!("a defect");
    });
    let last = queue(&store, |connection| insert(connection, "last"));
    release.send(()).unwrap();
    holder.join().unwrap().unwrap();
    wait(first).unwrap();
    assert!(matches!(wait(refused), Err(StoreError::Statement(_))));
    assert!(matches!(wait(panicked), Err(StoreError::Panicked)));
    wait(last).unwrap();
    assert_eq!(words(&store), ["first", "last"]);
    assert!(store.stopped().is_none());
}

#[test]
fn a_failed_commit_fails_everyone_in_it_and_stops_writing_but_not_reading() {
    let (_directory, path, store) = fresh();
    add(&store, "before").unwrap();
    let (release, holder) = hold(&store);
    let good = queue(&store, |connection| insert(connection, "good"));
    let refused = queue(&store, |connection| insert(connection, "good"));
    // Deferred: the row is wrong only when the transaction commits.
    let poison = queue(&store, |connection| {
        connection
            .execute("INSERT INTO late VALUES ('none')", [])
            .map(drop)
    });
    release.send(()).unwrap();
    holder.join().unwrap().unwrap();
    for outcome in [
        wait(good),
        wait(refused),
        wait(poison),
        add(&store, "after"),
    ] {
        assert!(
            matches!(outcome, Err(StoreError::WritesStopped(_))),
            "{outcome:?}"
        );
    }
    assert!(matches!(
        store.stopped(),
        Some(StoreError::WritesStopped(_))
    ));
    assert_eq!(words(&store), ["before"]);
    drop(store);
    let reopened = Store::open(&path, MIGRATIONS).unwrap();
    assert_eq!(words(&reopened), ["before"]);
    add(&reopened, "after").unwrap();
}

#[test]
fn a_write_that_ends_the_transaction_is_never_acknowledged() {
    for end in ["ROLLBACK", "COMMIT"] {
        let (_directory, _path, store) = fresh();
        let outcome: Outcome =
            store.write_blocking(move |connection| connection.execute_batch(end));
        assert!(
            matches!(outcome, Err(StoreError::WritesStopped(_))),
            "{end}: {outcome:?}"
        );
    }
}

#[test]
fn the_queue_is_bounded() {
    let (_directory, _path, store) = fresh();
    let (release, holder) = hold(&store);
    let waiting: Vec<_> = (0..1024)
        .map(|number| {
            queue(&store, move |connection| {
                insert(connection, &format!("{number:04}"))
            })
        })
        .collect();
    assert!(matches!(add(&store, "too many"), Err(StoreError::Busy)));
    release.send(()).unwrap();
    holder.join().unwrap().unwrap();
    for outcome in waiting {
        wait(outcome).unwrap();
    }
    assert_eq!(words(&store).len(), 1024);
    add(&store, "room again").unwrap();
}

#[test]
fn closing_finishes_what_is_queued() {
    let (_directory, path, store) = fresh();
    let (release, holder) = hold(&store);
    drop(queue(&store, |connection| insert(connection, "queued")));
    drop(store);
    release.send(()).unwrap();
    holder.join().unwrap().unwrap();
    assert_eq!(words(&Store::open(&path, MIGRATIONS).unwrap()), ["queued"]);
}

#[test]
fn the_last_handle_may_go_inside_a_write() {
    let (_directory, path, store) = fresh();
    let (release, holder) = hold(&store);
    let own = store.clone();
    let (ended, end) = mpsc::channel();
    drop(queue(&store, move |connection| {
        insert(connection, "held")?;
        drop(own);
        ended.send(()).unwrap();
        Ok(())
    }));
    drop(store);
    release.send(()).unwrap();
    holder.join().unwrap().unwrap();
    end.recv().unwrap();
    // The writer may still be committing; opening waits for it only through SQLite's locks, so ask until it is there.
    while words(&Store::open(&path, MIGRATIONS).unwrap()) != ["held"] {
        thread::yield_now();
    }
}

#[test]
fn readers_cannot_write() {
    let (_directory, _path, store) = fresh();
    let outcome = store.read(|connection| insert(connection, "no"));
    assert!(matches!(outcome, Err(StoreError::Read(_))));
    assert!(words(&store).is_empty());
}

#[test]
fn a_transaction_left_open_by_a_reader_does_not_age() {
    let (_directory, _path, store) = fresh();
    for _ in 0..8 {
        store
            .read(|connection| {
                connection.execute_batch("BEGIN")?;
                select(connection)
            })
            .unwrap();
    }
    add(&store, "new").unwrap();
    for _ in 0..8 {
        assert_eq!(words(&store), ["new"]);
    }
}

#[test]
fn a_reader_that_panics_gives_its_connection_back() {
    let (_directory, _path, store) = fresh();
    for _ in 0..8 {
        let reader = store.clone();
        let panicked = thread::spawn(move || reader.read::<()>(|_| panic!("a defect"))).join();
        assert!(panicked.is_err());
    }
    assert!(words(&store).is_empty());
}

#[test]
fn many_readers_and_writers_work_together() {
    let (_directory, _path, store) = fresh();
    thread::scope(|scope| {
        for writer in 0..8 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..50 {
                    let word = format!("{writer}-{number}");
                    let own = word.clone();
                    store
                        .write_blocking::<_, _, StoreError>(move |connection| {
                            insert(connection, &own)
                        })
                        .unwrap();
                    assert!(
                        words(store).contains(&word),
                        "an acknowledged write is visible to every reader"
                    );
                }
            });
        }
    });
    assert_eq!(words(&store).len(), 400);
}

#[test]
fn two_processes_share_one_store() {
    let (_directory, path, here) = fresh();
    let there = Store::open(&path, MIGRATIONS).unwrap();
    thread::scope(|scope| {
        for (name, store) in [("here", &here), ("there", &there)] {
            scope.spawn(move || {
                for number in 0..50 {
                    store
                        .write_blocking::<_, _, StoreError>(move |connection| {
                            insert(connection, &format!("{name}{number}"))
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(words(&here).len(), 100);
    assert_eq!(words(&there), words(&here));
}

#[test]
fn a_process_that_does_not_let_go_makes_the_store_busy_not_broken() {
    let (_directory, path, store) = fresh();
    let other = other_writer(&path);
    assert!(matches!(add(&store, "blocked"), Err(StoreError::Busy)));
    other.execute_batch("ROLLBACK").unwrap();
    add(&store, "free").unwrap();
    assert_eq!(words(&store), ["free"]);
}

fn other_writer(path: &Path) -> Connection {
    let other = Connection::open(path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}
