//! The keys that have signed a log and sign it no more, for verifiers that pin it.

use proof::Hash;

use crate::embedded::Embedded;
use crate::error::ReadError;

/// A key that was replaced, with the last head that it may have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierKey {
    /// The name that it signed under.
    pub origin: String,
    /// The Ed25519 public key.
    pub key: [u8; 32],
    /// Number of entries up to which it may have signed.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Hash,
}

impl Embedded {
    /// The keys that sign this log no more, oldest first: those that were rotated out, and those of a log whose entries
    /// were lost and which this one continues.
    ///
    /// # Errors
    /// [`ReadError`] when the index is damaged.
    pub fn earlier_keys(&self) -> Result<Vec<EarlierKey>, ReadError> {
        let mut keys = Vec::new();
        for (span, size, root) in self.shared().identity.earlier_keys() {
            let root = match root {
                Some(root) => Some(root),
                None => self.root_at(size)?,
            };
            // A rotation is signed only together with its batch, so that its size is always there.
            let root = root.ok_or(ReadError::Entry { index: size })?;
            keys.push(EarlierKey {
                origin: span.origin.clone(),
                key: span.key,
                size,
                root,
            });
        }
        Ok(keys)
    }
}
