//! Backups taken while operations go on, and restored without letting the log go back.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::test_ledger::{TestLedger, next_signer};
use super::world::{ORIGIN, Subject, log_signer, submit};
use crate::backup::{BackupError, Manifest, backup};
use crate::restore::{GuardFound, RestoreError, restore};
use crate::rotate::rotate;
use crate::{Embedded, OpenError, Options, VerifyError};

/// A log with a backup of its middle.
struct Story {
    place: TestLedger,
    to: PathBuf,
    manifest: Manifest,
    /// Every entry that the log had in the end.
    leaves: Vec<Vec<u8>>,
    checkpoint: String,
}

impl Story {
    fn new() -> Self {
        let mut place = TestLedger::new();
        place.options.segment_bytes_max = 8 << 10;
        let ledger = place.open();
        for number in 1..8 {
            submit(&ledger, vec![Subject::new(number).create()]).unwrap();
        }
        let to = place.path("backup");
        let manifest = backup(&place.options, &to).unwrap();
        submit(&ledger, vec![Subject::new(1).deactivate(2)]).unwrap();
        let pair = vec![Subject::new(2).update(2), Subject::new(2).update(3)];
        submit(&ledger, pair).unwrap();
        for number in 8..16 {
            submit(&ledger, vec![Subject::new(number).create()]).unwrap();
        }
        let size = ledger.published().size;
        let leaf = |index| ledger.leaf(index).unwrap().unwrap();
        let leaves = (0..size).map(leaf).collect();
        let checkpoint = ledger.published().checkpoint.clone();
        drop(ledger);
        Self {
            place,
            to,
            manifest,
            leaves,
            checkpoint,
        }
    }

    /// The same guard over an empty data directory.
    fn without_data(&self) -> Options {
        fs::rename(self.place.path("data"), self.place.path("lost")).unwrap();
        self.place.options.clone()
    }

    fn without_guard(&self) -> Options {
        fs::remove_dir_all(self.place.path("guard")).unwrap();
        self.without_data()
    }

    fn source(&self) -> impl FnMut(u64, u64) -> Result<Vec<Vec<u8>>, String> + use<> {
        let leaves = self.leaves.clone();
        // A few at a time, as a mirror's bundles come.
        move |first, end| Ok(leaves[first as usize..end.min(first + 7) as usize].to_vec())
    }
}

#[test]
fn a_backup_of_the_newest_state_is_put_back_byte_for_byte() {
    let story = Story::new();
    let to = story.place.path("second");
    let manifest = backup(&story.place.options, &to).unwrap();
    assert_eq!(manifest.size, story.leaves.len() as u64);
    assert!(manifest.files.len() > 3, "several segments");
    let options = story.without_data();
    let restored = restore(&options, &to, None, None).unwrap();
    assert_eq!((restored.fetched, restored.guard), (0, GuardFound::Kept));
    let ledger = story.place.open();
    assert_eq!(ledger.published().checkpoint, story.checkpoint);
    let latest = ledger.latest(&Subject::new(1).did()).unwrap().unwrap();
    assert!(latest.deactivated);
    submit(&ledger, vec![Subject::new(99).create()]).unwrap();
}

#[test]
fn an_older_backup_is_refused_with_the_entries_that_are_needed() {
    let story = Story::new();
    let options = story.without_data();
    let error = restore(&options, &story.to, None, None).unwrap_err();
    let (have, needed) = (story.manifest.size, story.leaves.len() as u64);
    assert!(
        matches!(error, RestoreError::Behind { have: h, needed: n, by: "the head guard" } if (h, n) == (have, needed)),
        "{error}"
    );
    let range = format!("the entries {have} to {}", needed - 1);
    assert!(error.to_string().contains(&range), "{error}");
    assert!(!Embedded::exists(&options).unwrap() || story.place.open_with(log_signer()).is_err());
}

#[test]
fn an_older_backup_with_the_missing_entries_gives_the_same_log() {
    for rest in ["guard", "checkpoint"] {
        let story = Story::new();
        let (options, known) = match rest {
            "guard" => (story.without_data(), None),
            _ => (story.without_guard(), Some(story.checkpoint.as_bytes())),
        };
        let restored = restore(&options, &story.to, known, Some(&mut story.source())).unwrap();
        assert_eq!(restored.size, story.leaves.len() as u64);
        assert_eq!(restored.fetched, restored.size - story.manifest.size);
        let ledger = story.place.open();
        assert_eq!(
            ledger.published().checkpoint,
            story.checkpoint,
            "the same note"
        );
        let latest = ledger.latest(&Subject::new(1).did()).unwrap().unwrap();
        assert!(latest.deactivated);
        drop(ledger);
        Embedded::verify(&options).unwrap();
        for entry in fs::read_dir(story.place.path("lost")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with("segment-") {
                let [old, new] = ["lost", "data"].map(|dir| {
                    let bytes = fs::read(story.place.path(dir).join(&name)).unwrap();
                    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
                    bytes[..=end].to_vec()
                });
                assert_eq!(old, new, "{name} in the frames of its time");
            }
        }
    }
}

#[test]
fn entries_of_another_history_are_not_taken() {
    let story = Story::new();
    let options = story.without_data();
    let mut leaves = story.leaves.clone();
    let other = Story::new().leaves;
    let have = story.manifest.size as usize;
    leaves[have..].clone_from_slice(&other[have..]);
    let mut source = |first: u64, end: u64| Ok(leaves[first as usize..end as usize].to_vec());
    let refused = restore(&options, &story.to, None, Some(&mut source));
    assert!(refused.is_err(), "{refused:?}");
    let restored = restore(&options, &story.to, None, Some(&mut story.source())).unwrap();
    assert_eq!(
        restored.size,
        story.leaves.len() as u64,
        "and again with the right ones"
    );
    story.place.open();
}

#[test]
fn a_backup_of_another_log_is_refused_under_this_guard() {
    let [story, other] = [Story::new(), Story::new()];
    let to = other.place.path("second");
    backup(&other.place.options, &to).unwrap();
    let options = story.without_data();
    assert!(matches!(
        restore(&options, &to, None, None),
        Err(RestoreError::Open(OpenError::OtherGuard { .. }))
    ));
}

#[test]
fn without_guard_and_checkpoint_an_older_backup_is_put_back_and_says_so() {
    let story = Story::new();
    let options = story.without_guard();
    let restored = restore(&options, &story.to, None, None).unwrap();
    assert_eq!(
        (restored.size, restored.guard),
        (story.manifest.size, GuardFound::Made)
    );
    let ledger = story.place.open();
    let latest = ledger.latest(&Subject::new(1).did()).unwrap().unwrap();
    assert!(!latest.deactivated, "nothing could reveal it");
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_overwritten() {
    let story = Story::new();
    assert!(matches!(
        restore(&story.place.options, &story.to, None, None),
        Err(RestoreError::NotEmpty(_))
    ));
    assert!(matches!(
        backup(&story.place.options, &story.to),
        Err(BackupError::NotEmpty(_))
    ));
    let options = story.without_guard();
    for name in story.manifest.files.iter().map(|file| &file.name) {
        let path = story.to.join(name);
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        fs::write(&path, damaged).unwrap();
        assert!(matches!(
            restore(&options, &story.to, None, None),
            Err(RestoreError::NoBackup { .. })
        ));
        fs::write(&path, whole).unwrap();
    }
    fs::rename(story.to.join("manifest.json"), story.to.join("manifest")).unwrap();
    assert!(matches!(
        restore(&options, &story.to, None, None),
        Err(RestoreError::NoBackup { .. })
    ));
}

#[test]
fn an_entry_that_breaks_the_rules_is_not_put_back_whatever_the_hashes_say() {
    let story = Story::new();
    let options = story.without_data();
    let damaged = story.leaves.clone();
    let mut source = |first: u64, end: u64| {
        let mut leaves = damaged[first as usize..end as usize].to_vec();
        if let Some(leaf) = leaves.get_mut(2) {
            leaf.push(0);
        }
        Ok(leaves)
    };
    let refused = restore(&options, &story.to, None, Some(&mut source)).unwrap_err();
    assert!(
        matches!(
            refused,
            RestoreError::Verify(VerifyError::Entry { .. })
                | RestoreError::Forked { .. }
                | RestoreError::Entries { .. }
        ),
        "{refused}"
    );
}

#[test]
fn entries_with_a_rotation_in_them_are_put_back() {
    let story = Story::new();
    rotate(&story.place.options, log_signer(), next_signer()).unwrap();
    let ledger = story.place.open_with(next_signer()).unwrap();
    submit(&ledger, vec![Subject::new(50).create()]).unwrap();
    let published = ledger.published();
    let leaves: Vec<Vec<u8>> = (0..published.size)
        .map(|index| ledger.leaf(index).unwrap().unwrap())
        .collect();
    drop(ledger);
    let options = story.without_guard();
    let mut source = |first: u64, end: u64| Ok(leaves[first as usize..end as usize].to_vec());
    let known = published.checkpoint.as_bytes();
    restore(&options, &story.to, Some(known), Some(&mut source)).unwrap();
    let ledger = story.place.open_with(next_signer()).unwrap();
    assert_eq!(ledger.published(), published);
}

#[test]
fn backups_taken_while_operations_go_on_are_whole() {
    let place = TestLedger::new();
    let ledger = place.open();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..400 {
                submit(&ledger, vec![Subject::new(number).create()]).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut number = 0;
        let mut newest = 0;
        while !done.load(Ordering::Acquire) || number < 3 {
            let to = place.path(&format!("backup-{number}"));
            let manifest = backup(&place.options, &to).unwrap();
            assert!(manifest.size >= newest);
            newest = manifest.size;
            number += 1;
        }
        for number in 0..number.min(3) {
            let other = TestLedger::empty();
            let from = place.path(&format!("backup-{number}"));
            let restored = restore(&other.options, &from, None, None).unwrap();
            assert_eq!(other.open().published().size, restored.size);
        }
    });
}

#[test]
fn a_checkpoint_that_the_log_has_not_signed_neither_counts_nor_forks() {
    let story = Story::new();
    let options = story.without_guard();
    let size = story.manifest.size;
    let root = proof::Hash::new([7; 32]);
    let forged = |size| proof::checkpoint::Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root,
    };
    let stranger = proof::note::NoteSigner::from_seed(ORIGIN, &[9; 32]).unwrap();
    let note = forged(size).sign(&stranger).unwrap().to_string();
    assert!(matches!(
        restore(&options, &story.to, Some(note.as_bytes()), None),
        Err(RestoreError::Known(_))
    ));
    let note = forged(size).sign(&log_signer()).unwrap().to_string();
    assert!(matches!(
        restore(&options, &story.to, Some(note.as_bytes()), None),
        Err(RestoreError::Forked { .. })
    ));
}
