//! Which keys have signed the log under which names, and where entries of it were lost.

use proof::Hash;
use proof::leaf::TreeHead;

/// A key of the log and the leaf that names it. It signs every checkpoint that covers that leaf, until the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogKeySpan {
    pub(crate) origin: String,
    pub(crate) key: [u8; 32],
    /// Log index of the genesis, rotation or recovery leaf.
    from: u64,
}

/// Lost entries. The recovery leaf follows those that were kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// What was kept of the older log.
    pub(crate) kept: TreeHead,
    /// The newest head of the older log that is known.
    pub(crate) known: Option<TreeHead>,
}

impl Loss {
    /// The smallest size of the older log at which the fate of a DID is certain.
    pub(crate) fn size_needed(&self) -> u64 {
        let known = self.known.map_or(0, |known| known.size);
        known.max(self.kept.size)
    }
}

/// A log of which this one keeps the first entries.
pub(crate) struct OlderLog<'l> {
    lineage: &'l Lineage,
    origin: &'l str,
    pub(crate) loss: &'l Loss,
    /// Whether it is the one that this log continues directly.
    pub(crate) is_newest: bool,
}

impl OlderLog<'_> {
    /// The keys that signed its checkpoint of `size`, as far as the kept entries name them.
    pub(crate) fn signing(&self, size: u64) -> Vec<&LogKeySpan> {
        self.lineage.signing(self.origin, size)
    }
}

/// Oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lineage {
    keys: Vec<LogKeySpan>,
    losses: Vec<Loss>,
}

impl Lineage {
    pub(super) fn of_genesis(origin: &str, key: [u8; 32]) -> Self {
        let mut lineage = Self {
            keys: Vec::new(),
            losses: Vec::new(),
        };
        lineage.sign(origin, key, 0);
        lineage
    }

    pub(super) fn sign(&mut self, origin: &str, key: [u8; 32], from: u64) {
        let origin = origin.to_owned();
        self.keys.push(LogKeySpan { origin, key, from });
    }

    pub(super) fn lose(&mut self, kept: TreeHead, known: Option<TreeHead>) {
        self.losses.push(Loss { kept, known });
    }

    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.keys.iter().any(|key| key.origin == origin)
    }

    pub(super) fn has_key(&self, key: &[u8; 32]) -> bool {
        self.keys.iter().any(|used| used.key == *key)
    }

    /// The keys that sign no more, each with the number of entries up to which it may have signed, and the root over
    /// them where they are not all here: up to the batch of the rotation that replaced it, or, where entries were lost,
    /// up to the newest head that is known.
    pub(super) fn earlier(&self) -> impl Iterator<Item = (&LogKeySpan, u64, Option<Hash>)> {
        let next = self.keys.iter().skip(1);
        self.keys.iter().zip(next).filter_map(|(key, next)| {
            if key.origin == next.origin {
                return Some((key, next.from + 2, None));
            }
            let loss = self
                .losses
                .iter()
                .find(|loss| loss.kept.size == next.from)?;
            let last = loss.known.unwrap_or(loss.kept);
            Some((key, last.size, Some(last.root)))
        })
    }

    pub(super) fn newest_key(&self) -> Option<&LogKeySpan> {
        self.keys.last()
    }

    pub(super) fn newest_loss(&self) -> Option<&Loss> {
        self.losses.last()
    }

    pub(super) fn older(&self, origin: &str) -> Option<OlderLog<'_>> {
        let last_key = self.keys.iter().rev().find(|key| key.origin == origin)?;
        // The first loss behind an origin's keys is the one that closed it.
        let loss = self
            .losses
            .iter()
            .position(|loss| loss.kept.size > last_key.from)?;
        Some(OlderLog {
            lineage: self,
            origin: &last_key.origin,
            loss: self.losses.get(loss)?,
            is_newest: loss + 1 == self.losses.len(),
        })
    }

    /// A rotation leaf is the last but one of its batch: at that size both keys sign.
    pub(super) fn signing(&self, origin: &str, size: u64) -> Vec<&LogKeySpan> {
        let own: Vec<&LogKeySpan> = self
            .keys
            .iter()
            .filter(|key| key.origin == origin && key.from < size)
            .collect();
        let count = match own.last() {
            Some(last) if last.from + 2 == size => 2,
            _ => 1,
        };
        own.into_iter()
            .rev()
            .take(count)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(self.keys.len() as u16).to_be_bytes());
        for key in &self.keys {
            bytes.extend_from_slice(&(key.origin.len() as u16).to_be_bytes());
            bytes.extend_from_slice(key.origin.as_bytes());
            bytes.extend_from_slice(&key.key);
            bytes.extend_from_slice(&key.from.to_be_bytes());
        }
        for loss in &self.losses {
            write_head(&mut bytes, &loss.kept);
            bytes.push(u8::from(loss.known.is_some()));
            if let Some(known) = &loss.known {
                write_head(&mut bytes, known);
            }
        }
        bytes
    }

    pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let mut lineage = Self {
            keys: Vec::new(),
            losses: Vec::new(),
        };
        for _ in 0..u16::from_be_bytes(read(bytes)?) {
            let length = usize::from(u16::from_be_bytes(read(bytes)?));
            let (origin, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            let origin = std::str::from_utf8(origin).ok()?;
            let key = read(bytes)?;
            lineage.sign(origin, key, u64::from_be_bytes(read(bytes)?));
        }
        while !bytes.is_empty() {
            let kept = read_head(bytes)?;
            let known = match read::<1>(bytes)? {
                [0] => None,
                [1] => Some(read_head(bytes)?),
                _ => return None,
            };
            lineage.lose(kept, known);
        }
        Some(lineage)
    }
}

fn write_head(bytes: &mut Vec<u8>, head: &TreeHead) {
    bytes.extend_from_slice(&head.size.to_be_bytes());
    bytes.extend_from_slice(head.root.as_bytes());
}

fn read_head(bytes: &mut &[u8]) -> Option<TreeHead> {
    Some(TreeHead {
        size: u64::from_be_bytes(read(bytes)?),
        root: Hash::from(read::<32>(bytes)?),
    })
}

fn read<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: TreeHead = TreeHead {
        size: 50,
        root: Hash::new([5; 32]),
    };

    /// A log with a rotation at 10, recovered at 50 under another name, which rotates at 60.
    fn lineage() -> Lineage {
        let mut lineage = Lineage::of_genesis("a", [1; 32]);
        lineage.sign("a", [2; 32], 10);
        lineage.sign("b", [3; 32], 50);
        lineage.lose(HEAD, Some(TreeHead { size: 70, ..HEAD }));
        lineage.sign("b", [4; 32], 60);
        lineage
    }

    fn keys(found: Vec<&LogKeySpan>) -> Vec<u8> {
        found.iter().map(|span| span.key[0]).collect()
    }

    #[test]
    fn each_size_is_signed_by_the_key_of_its_time_and_by_both_where_they_change() {
        let cases = [
            ("a", 2, vec![1]),
            ("a", 10, vec![1]),
            ("a", 12, vec![1, 2]),
            ("a", 13, vec![2]),
            ("a", 70, vec![2]),
            ("b", 52, vec![3]),
            ("b", 62, vec![3, 4]),
            ("b", 63, vec![4]),
            ("c", 63, vec![]),
        ];
        for (origin, size, expected) in cases {
            assert_eq!(
                keys(lineage().signing(origin, size)),
                expected,
                "{origin} {size}"
            );
        }
    }

    #[test]
    fn an_older_log_is_found_by_its_name_with_what_was_lost_of_it() {
        let lineage = lineage();
        let older = lineage.older("a").unwrap();
        assert_eq!((older.loss.size_needed(), older.is_newest), (70, true));
        assert!(lineage.older("b").is_none(), "the log itself");
        assert!(lineage.older("c").is_none());
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let bytes = lineage().encode();
        assert_eq!(Lineage::decode(&bytes), Some(lineage()));
        let cut = (1..bytes.len()).filter(|length| Lineage::decode(&bytes[..*length]).is_some());
        assert!(cut.count() <= 1, "only where a whole loss ends");
        assert_eq!(Lineage::decode(&[bytes, vec![7]].concat()), None);
    }
}
