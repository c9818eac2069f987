//! The position of a node in the state tree.

use std::fmt;

use thiserror::Error;

use super::StateKey;

/// The nibbles that all keys below a node share: 0 to 63 of them. The root's path is empty.
///
/// Paths are ordered by depth first, then by their nibbles, as their bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NibblePath {
    /// The depth, then two nibbles a byte, the first one in the upper half; zero behind the last one.
    bytes: [u8; 1 + MAX_DEPTH.div_ceil(2)],
}

/// Two keys differ in their 64th nibble at the latest, so that no node is deeper.
const MAX_DEPTH: usize = 63;

/// The bytes are not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a path in the state tree: expected a depth of at most 63 and that many nibbles")]
pub struct InvalidPath;

impl NibblePath {
    /// The path of the root.
    pub const ROOT: NibblePath = NibblePath { bytes: [0; 33] };

    /// Number of nibbles.
    #[must_use]
    pub fn depth(&self) -> usize {
        usize::from(self.bytes[0])
    }

    /// The canonical bytes: the depth, and the nibbles packed two a byte. At most 33; usable as a database key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..1 + self.depth().div_ceil(2))
            .unwrap_or(&self.bytes)
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidPath> {
        let &[depth, ref nibbles @ ..] = bytes else {
            return Err(InvalidPath);
        };
        let depth = usize::from(depth);
        let unused_half = nibbles
            .last()
            .filter(|_| !depth.is_multiple_of(2))
            .map_or(0, |last| last & 0x0f);
        if depth > MAX_DEPTH || nibbles.len() != depth.div_ceil(2) || unused_half != 0 {
            return Err(InvalidPath);
        }
        let mut path = Self::ROOT;
        path.bytes
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        Ok(path)
    }

    /// The path of the node that a key passes at `depth`, at most 63.
    #[must_use]
    pub fn of(key: &StateKey, depth: usize) -> Self {
        (0..depth.min(MAX_DEPTH)).fold(Self::ROOT, |path, at| path.child(key.nibble(at)))
    }

    /// The path one nibble longer. A path of full depth has no children and stays as it is.
    pub(super) fn child(&self, nibble: u8) -> Self {
        let mut path = *self;
        let depth = self.depth();
        if let Some(byte) = path
            .bytes
            .get_mut(1 + depth / 2)
            .filter(|_| depth < MAX_DEPTH)
        {
            *byte |= if depth.is_multiple_of(2) {
                nibble << 4
            } else {
                nibble & 0x0f
            };
            path.bytes[0] += 1;
        }
        path
    }

    /// Whether a key is below this path in the slot of this nibble.
    pub(super) fn leads_to(&self, slot: usize, key: &StateKey) -> bool {
        let depth = self.depth();
        let whole_bytes = depth / 2;
        let odd_nibble_fits = depth.is_multiple_of(2)
            || self.bytes.get(1 + whole_bytes).map(|byte| byte >> 4) == Some(key.nibble(depth - 1));
        usize::from(key.nibble(depth)) == slot
            && odd_nibble_fits
            && self.bytes.get(1..1 + whole_bytes) == key.as_bytes().get(..whole_bytes)
    }
}

/// The nibbles as hexadecimal digits.
impl fmt::Display for NibblePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.bytes[1..]
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 0x0f]);
        digits
            .take(self.depth())
            .try_for_each(|nibble| write!(f, "{nibble:x}"))
    }
}

impl fmt::Debug for NibblePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NibblePath({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_spell_the_nibbles_of_their_key() {
        let key = StateKey::from(std::array::from_fn(|i| (i as u8).wrapping_mul(7) ^ 0x31));
        let digits = format!("{key:?}");
        for depth in 0..=MAX_DEPTH {
            let path = NibblePath::of(&key, depth);
            assert_eq!(path.depth(), depth);
            assert_eq!(path.to_string(), digits[..depth]);
            assert_eq!(NibblePath::from_bytes(path.as_bytes()), Ok(path));
            assert_eq!(path.as_bytes().len(), 1 + depth.div_ceil(2));
            assert!(path.leads_to(usize::from(key.nibble(depth)), &key));
            assert!(!path.leads_to(usize::from(key.nibble(depth) ^ 1), &key));
        }
        assert_eq!(
            NibblePath::of(&key, 3).child(key.nibble(3)),
            NibblePath::of(&key, 4)
        );
        assert_eq!(NibblePath::of(&key, 64), NibblePath::of(&key, 63));
    }

    #[test]
    fn only_canonical_bytes_are_read() {
        let wrong: [&[u8]; 7] = [
            &[],
            &[1],
            &[0, 0],
            &[1, 0x1f],
            &[2, 0x11, 0x11],
            &[3, 0x11],
            &[64; 33],
        ];
        for bytes in wrong {
            assert_eq!(NibblePath::from_bytes(bytes), Err(InvalidPath), "{bytes:?}");
        }
        assert_eq!(NibblePath::from_bytes(&[0]), Ok(NibblePath::ROOT));
        assert_eq!(NibblePath::from_bytes(&[1, 0x10]).unwrap().to_string(), "1");
    }

    #[test]
    fn paths_and_their_bytes_have_one_order() {
        let key = StateKey::from([0x5a; 32]);
        let mut paths: Vec<_> = (0..=63).map(|depth| NibblePath::of(&key, depth)).collect();
        paths.extend((0..16).map(|nibble| NibblePath::ROOT.child(nibble)));
        let mut by_bytes = paths.clone();
        paths.sort();
        by_bytes.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        assert_eq!(paths, by_bytes);
    }
}
