//! Secrets of others, kept for those who use them: sealed under a key of their own each, and not stored here.
//!
//! Erasing the wrapped key of a secret destroys the secret for good: nothing that exists opens its ciphertext then.

use zeroize::Zeroizing;

use crate::KeystoreError;
use crate::keystore::{Keystore, check_tenant};
use crate::limits::FOREIGN_SECRET_BYTES_MAX;
use crate::seal::{Binding, NONCE_BYTES, SealingKey, Secret, TAG_BYTES};

/// A secret of another system. Neither printable nor cloneable; wiped when dropped.
pub struct ForeignSecret(Zeroizing<Vec<u8>>);

impl ForeignSecret {
    /// Takes the bytes over; the caller keeps no copy.
    #[must_use]
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> ForeignSecret {
        ForeignSecret(bytes)
    }

    /// The bytes, for the one who uses them. They must not be copied further.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

/// Where a foreign secret belongs. Sealed for one place, it opens at no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecretPlace<'a> {
    /// Whose it is, 1 to [`crate::TENANT_BYTES_MAX`] bytes.
    pub tenant: &'a str,
    /// What it is for.
    pub integration: &'a str,
    /// Which one it is.
    pub credential: &'a str,
}

/// A sealed foreign secret, in the parts that are stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The data key of this secret alone, sealed under the root key: 73 bytes.
    pub wrapped_key: Vec<u8>,
    /// The nonce of the ciphertext: 24 bytes.
    pub nonce: Vec<u8>,
    /// The ciphertext (XChaCha20-Poly1305) with its tag of 16 bytes.
    pub ciphertext: Vec<u8>,
}

impl Keystore {
    /// Seals a secret for its place, under a random data key of its own. Writes nothing.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::InvalidTenant`], [`KeystoreError::SecretTooLong`], or no random bytes.
    pub fn seal_secret(
        &self,
        place: SecretPlace<'_>,
        secret: &ForeignSecret,
    ) -> Result<SealedSecret, KeystoreError> {
        check_tenant(place.tenant)?;
        if secret.0.len() > FOREIGN_SECRET_BYTES_MAX {
            return Err(KeystoreError::SecretTooLong);
        }
        let data_key = Secret::random()?;
        let wrapped_key = self.shared.root.seal(place.of_key(), &data_key)?;
        // Room for the tag from the start: a growing buffer would leave a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(secret.0.len() + TAG_BYTES));
        bytes.extend_from_slice(&secret.0);
        let (nonce, tag) =
            SealingKey::new(&data_key).seal_in_place(place.of_secret(), bytes.as_mut_slice())?;
        bytes.extend_from_slice(&tag);
        Ok(SealedSecret {
            wrapped_key,
            nonce: nonce.to_vec(),
            ciphertext: std::mem::take(&mut *bytes),
        })
    }

    /// Opens what was sealed for this very place.
    ///
    /// # Errors
    ///
    /// [`KeystoreError::Damaged`] when a part was changed, comes from another secret or another place, or is missing.
    pub fn open_secret(
        &self,
        place: SecretPlace<'_>,
        sealed: &SealedSecret,
    ) -> Result<ForeignSecret, KeystoreError> {
        let damaged = || KeystoreError::Damaged {
            record: format!("credential {}", place.credential),
        };
        check_tenant(place.tenant)?;
        let data_key = self
            .shared
            .root
            .open(place.of_key(), &sealed.wrapped_key)
            .map_err(|_| damaged())?;
        let nonce: [u8; NONCE_BYTES] = sealed.nonce.as_slice().try_into().map_err(|_| damaged())?;
        let (ciphertext, tag) = sealed
            .ciphertext
            .split_last_chunk::<TAG_BYTES>()
            .filter(|(ciphertext, _)| ciphertext.len() <= FOREIGN_SECRET_BYTES_MAX)
            .ok_or_else(damaged)?;
        let mut bytes = Zeroizing::new(ciphertext.to_vec());
        SealingKey::new(&data_key)
            .open_in_place(place.of_secret(), nonce, bytes.as_mut_slice(), *tag)
            .map_err(|_| damaged())?;
        Ok(ForeignSecret(bytes))
    }
}

impl<'a> SecretPlace<'a> {
    fn of_key(self) -> Binding<'a> {
        let SecretPlace {
            tenant,
            integration,
            credential,
        } = self;
        Binding::ForeignKey {
            tenant,
            integration,
            credential,
        }
    }

    fn of_secret(self) -> Binding<'a> {
        let SecretPlace {
            tenant,
            integration,
            credential,
        } = self;
        Binding::ForeignSecret {
            tenant,
            integration,
            credential,
        }
    }
}
