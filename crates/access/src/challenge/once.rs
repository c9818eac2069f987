//! What may be used once, and soon: held in memory, bounded, taken by one removal. A restart voids all of it.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Entries of one holder; a further one takes the place of its oldest.
pub(crate) const PER_HOLDER_MAX: usize = 1024;

/// Values under keys. Each belongs to a holder, ends at a time, and can be taken once.
pub(crate) struct Once<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// In the order in which they came, which is that in which they end: all live equally long.
    order: VecDeque<(u64, K)>,
    holders: HashMap<String, VecDeque<K>>,
    total_max: usize,
}

struct Entry<V> {
    /// `None` once it was taken. What remains tells "used" from "unknown" until its time is over.
    value: Option<V>,
    expires_ms: u64,
    holder: String,
}

/// What an attempt to take something found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<V> {
    /// The value. No other attempt gets it.
    Now(V),
    /// It was taken before.
    Before,
    /// Nothing.
    Unknown,
}

/// All places are taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl<K: Clone + Eq + Hash, V> Once<K, V> {
    pub(crate) fn new(total_max: usize) -> Once<K, V> {
        Once {
            entries: HashMap::new(),
            order: VecDeque::new(),
            holders: HashMap::new(),
            total_max,
        }
    }

    /// Keeps a value until `expires_ms`.
    pub(crate) fn put(
        &mut self,
        (key, value): (K, V),
        holder: &str,
        expires_ms: u64,
        now_ms: u64,
    ) -> Result<(), Full> {
        self.expire(now_ms);
        if self.entries.len() >= self.total_max {
            return Err(Full);
        }
        let held = self.holders.entry(holder.to_owned()).or_default();
        held.push_back(key.clone());
        let oldest = if held.len() > PER_HOLDER_MAX {
            held.pop_front()
        } else {
            None
        };
        if let Some(oldest) = oldest {
            self.entries.remove(&oldest);
            self.order.retain(|(_, key)| *key != oldest);
        }
        self.order.push_back((expires_ms, key.clone()));
        let entry = Entry {
            value: Some(value),
            expires_ms,
            holder: holder.to_owned(),
        };
        self.entries.insert(key, entry);
        Ok(())
    }

    /// Takes a value that fits. One that does not fit stays: it is not the asker's to use up.
    pub(crate) fn take(&mut self, key: &K, now_ms: u64, fits: impl FnOnce(&V) -> bool) -> Taken<V> {
        let Some(entry) = self.entries.get_mut(key) else {
            return Taken::Unknown;
        };
        if entry.expires_ms <= now_ms {
            return Taken::Unknown;
        }
        match entry.value.take() {
            None => Taken::Before,
            Some(value) if fits(&value) => Taken::Now(value),
            Some(value) => {
                entry.value = Some(value);
                Taken::Unknown
            }
        }
    }

    /// Forgets what is not to be used any more.
    pub(crate) fn void(&mut self, condemned: impl Fn(&V) -> bool) {
        let keys: Vec<K> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.value.as_ref().is_some_and(&condemned))
            .map(|(key, _)| key.clone())
            .collect();
        for key in &keys {
            self.remove(key);
        }
        let entries = &self.entries;
        self.order.retain(|(_, key)| entries.contains_key(key));
    }

    fn expire(&mut self, now_ms: u64) {
        while self.order.front().is_some_and(|(end, _)| *end <= now_ms) {
            if let Some((_, key)) = self.order.pop_front() {
                self.remove(&key);
            }
        }
    }

    fn remove(&mut self, key: &K) {
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        if let Some(held) = self.holders.get_mut(&entry.holder) {
            held.retain(|other| other != key);
            if held.is_empty() {
                self.holders.remove(&entry.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any<V>(_: &V) -> bool {
        true
    }

    #[test]
    fn each_is_taken_once_and_only_in_time() {
        let mut once = Once::new(10);
        once.put((1, 'a'), "x", 100, 0).unwrap();
        assert_eq!(once.take(&1, 50, |_| false), Taken::Unknown, "another's");
        assert_eq!(once.take(&1, 50, any), Taken::Now('a'));
        assert_eq!(once.take(&1, 60, any), Taken::Before);
        assert_eq!(once.take(&1, 100, any), Taken::Unknown, "over");
        once.put((2, 'b'), "x", 200, 100).unwrap();
        assert_eq!(once.take(&2, 200, any), Taken::Unknown);
    }

    #[test]
    fn holders_lose_only_their_own_oldest() {
        let mut once = Once::new(10_000);
        once.put((u32::MAX, ()), "y", 100, 0).unwrap();
        for key in 0..=u32::try_from(PER_HOLDER_MAX).unwrap() {
            once.put((key, ()), "x", 100, 0).unwrap();
        }
        assert_eq!(once.take(&0, 1, any), Taken::Unknown);
        assert_eq!(once.take(&1, 1, any), Taken::Now(()));
        assert_eq!(once.take(&u32::MAX, 1, any), Taken::Now(()));
    }

    #[test]
    fn a_full_one_refuses_until_something_ends() {
        let mut once = Once::new(2);
        once.put((1, 'a'), "x", 10, 0).unwrap();
        once.put((2, 'b'), "y", 20, 0).unwrap();
        assert_eq!(once.put((3, 'c'), "z", 30, 9), Err(Full));
        once.put((3, 'c'), "z", 30, 10).unwrap();
        once.void(|&value| value == 'b');
        assert_eq!(once.take(&2, 11, any), Taken::Unknown);
        once.put((4, 'd'), "z", 40, 11).unwrap();
        assert_eq!(once.holders.len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_is_left_behind(steps in prop::collection::vec((0u8..3, 0u16..40, 0u8..3), 0..300)) {
            let mut once = Once::new(64);
            let mut now = 0;
            for (step, key, holder) in steps {
                now += 1;
                match step {
                    0 if !once.entries.contains_key(&key) => {
                        let _ = once.put((key, ()), &holder.to_string(), now + 20, now);
                    }
                    1 => drop(once.take(&key, now, any)),
                    _ => once.expire(now),
                }
                prop_assert_eq!(once.entries.len(), once.order.len());
                let held: usize = once.holders.values().map(VecDeque::len).sum();
                prop_assert_eq!(held, once.entries.len());
            }
            once.expire(u64::MAX);
            prop_assert!(once.entries.is_empty() && once.order.is_empty() && once.holders.is_empty());
        }
    }
}
