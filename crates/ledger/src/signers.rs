//! The private keys of one log that a process holds.

use proof::Hash;
use proof::checkpoint::{Checkpoint, UnsignableCheckpoint};
use proof::note::{NoteSigner, UnsignableText};
use thiserror::Error;

use crate::identity::{Identity, LogKeySpan};

/// The keys of one log, of which its state states which ones sign. More may be given than are needed: after a rotation
/// that was interrupted, both the old key and the new one are.
pub struct Signers(Vec<NoteSigner>);

impl From<NoteSigner> for Signers {
    fn from(signer: NoteSigner) -> Self {
        Self(vec![signer])
    }
}

impl From<Vec<NoteSigner>> for Signers {
    fn from(signers: Vec<NoteSigner>) -> Self {
        Self(signers)
    }
}

impl Signers {
    /// Whether the key that signs now is among them.
    pub(crate) fn hold_key_of(&self, identity: &Identity) -> bool {
        self.find(&identity.origin, &identity.log_key).is_some()
    }

    /// Signs a head of the log: once, or by both keys where one replaces the other.
    pub(crate) fn sign(
        &self,
        identity: &Identity,
        size: u64,
        root: Hash,
    ) -> Result<String, UnsignableHead> {
        let held: Vec<&NoteSigner> = self.0.iter().collect();
        sign(identity, size, root, &held)
    }

    fn find(&self, origin: &str, key: &[u8; 32]) -> Option<&NoteSigner> {
        self.0
            .iter()
            .find(|signer| signer.name() == origin && signer.public_key() == *key)
    }
}

/// Why a head was not signed.
#[derive(Debug, Error)]
pub(crate) enum UnsignableHead {
    #[error(
        "the log key {} of `{origin}` is needed and was not given: a key rotation was interrupted, start with \
         both keys",
        hex::encode(key)
    )]
    Missing { origin: String, key: [u8; 32] },
    #[error(transparent)]
    Checkpoint(#[from] UnsignableCheckpoint),
    #[error(transparent)]
    Text(#[from] UnsignableText),
}

/// Signs a head of the log with those of the given keys that its state requires.
pub(crate) fn sign(
    identity: &Identity,
    size: u64,
    root: Hash,
    held: &[&NoteSigner],
) -> Result<String, UnsignableHead> {
    let checkpoint = Checkpoint {
        origin: identity.origin.clone(),
        size,
        root,
    };
    let mut note = None;
    for LogKeySpan { origin, key, .. } in identity.signing(size) {
        let signer = held
            .iter()
            .find(|signer| signer.name() == origin && signer.public_key() == *key);
        let signer = signer.ok_or_else(|| UnsignableHead::Missing {
            origin: origin.clone(),
            key: *key,
        })?;
        note = Some(match note {
            None => checkpoint.sign(signer)?,
            Some(note) => signer.countersign(note)?,
        });
    }
    note.map(|note| note.to_string())
        .ok_or_else(|| UnsignableHead::Missing {
            origin: identity.origin.clone(),
            key: identity.log_key,
        })
}
