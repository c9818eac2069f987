//! Heads of other logs, such as the audit log. Every state leaf contains those noted here, so that restoring an older
//! copy of such a log is detected.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use proof::Hash;
use proof::leaf::OtherHead;
use thiserror::Error;

/// Names in one state leaf.
const NAMES_MAX: usize = 32;
/// Bytes of a name.
const NAME_BYTES_MAX: usize = 64;

/// Why a head is not noted. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoteError {
    /// The name does not fit a state leaf.
    #[error("the name of another log has 1 to {NAME_BYTES_MAX} visible ASCII characters")]
    Name,
    /// There are too many names.
    #[error("at most {NAMES_MAX} other logs are noted")]
    TooMany,
    /// A head of the same size and another hash was noted before: the other log has two histories.
    #[error(
        "another head of {size} entries was noted before: the other log was changed from outside"
    )]
    Contradicts {
        /// The size of both.
        size: u64,
    },
}

/// The newest heads that were noted, by name.
#[derive(Default)]
pub(crate) struct NotedHeads {
    heads: Mutex<BTreeMap<String, (u64, Hash)>>,
}

impl NotedHeads {
    /// Beginning with those of the newest state leaf.
    pub(crate) fn of(heads: &[OtherHead]) -> Self {
        let heads = heads
            .iter()
            .map(|head| (head.name.clone(), (head.size, head.root)));
        Self {
            heads: Mutex::new(heads.collect()),
        }
    }

    /// An older head than the one that is noted changes nothing.
    pub(crate) fn note(&self, name: &str, size: u64, hash: Hash) -> Result<(), NoteError> {
        let visible = name.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || !(1..=NAME_BYTES_MAX).contains(&name.len()) {
            return Err(NoteError::Name);
        }
        let mut heads = self.heads();
        let full = heads.len() >= NAMES_MAX;
        match heads.get_mut(name) {
            None if full => return Err(NoteError::TooMany),
            None => {
                heads.insert(name.to_owned(), (size, hash));
            }
            Some((noted, _)) if *noted > size => {}
            Some((noted, known)) if *noted == size && *known != hash => {
                return Err(NoteError::Contradicts { size });
            }
            Some(known) => *known = (size, hash),
        }
        Ok(())
    }

    /// In the order of a state leaf: names ascending.
    pub(crate) fn all(&self) -> Vec<OtherHead> {
        let heads = self.heads();
        let heads = heads.iter().map(|(name, (size, root))| OtherHead {
            name: name.clone(),
            size: *size,
            root: *root,
        });
        heads.collect()
    }

    fn heads(&self) -> MutexGuard<'_, BTreeMap<String, (u64, Hash)>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the heads of a state leaf do not follow from those of the one before; `None` when they do.
pub(crate) fn break_between(before: &[OtherHead], after: &[OtherHead]) -> Option<&'static str> {
    before
        .iter()
        .find_map(|old| match after.iter().find(|new| new.name == old.name) {
            None => Some("the head of another log is missing in it"),
            Some(new) if new.size < old.size => Some("another log is shorter in it than before"),
            Some(new) if new.size == old.size && new.root != old.root => {
                Some("another log has the same size in it as before and another head")
            }
            Some(_) => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: &str, size: u64, byte: u8) -> OtherHead {
        OtherHead {
            name: name.to_owned(),
            size,
            root: Hash::from([byte; 32]),
        }
    }

    #[test]
    fn a_state_leaf_takes_no_head_back() {
        let before = [head("audit", 5, 1)];
        for after in [
            vec![head("audit", 5, 1)],
            vec![head("audit", 6, 2)],
            vec![head("a", 1, 1), head("audit", 5, 1)],
        ] {
            assert_eq!(break_between(&before, &after), None);
        }
        for after in [vec![], vec![head("audit", 4, 1)], vec![head("audit", 5, 2)]] {
            assert!(break_between(&before, &after).is_some(), "{after:?}");
        }
    }
}
