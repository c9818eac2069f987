//! Sealing: XChaCha20-Poly1305 around 32 secret bytes, bound to the place where they lie.
//!
//! A sealed record has 73 bytes: format version (1), nonce (24), ciphertext (32), tag (16).

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

const FORMAT_VERSION: u8 = 1;
const SECRET_BYTES: usize = 32;
pub(crate) const NONCE_BYTES: usize = 24;
pub(crate) const TAG_BYTES: usize = 16;
const SEALED_BYTES: usize = 1 + NONCE_BYTES + SECRET_BYTES + TAG_BYTES;

/// 32 secret bytes. Neither printable nor cloneable; wiped when dropped.
pub(crate) struct Secret(Zeroizing<[u8; SECRET_BYTES]>);

impl Secret {
    pub(crate) fn new(bytes: Zeroizing<[u8; SECRET_BYTES]>) -> Secret {
        Secret(bytes)
    }

    pub(crate) fn random() -> Result<Secret, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Secret(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }
}

/// Where a sealed record belongs. Opening it anywhere else fails.
#[derive(Clone, Copy)]
pub(crate) enum Binding<'a> {
    RootCheck {
        source: &'a str,
        salt: &'a [u8],
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    DataKey {
        tenant: &'a str,
    },
    PrivateKey {
        tenant: &'a str,
        kid: &'a str,
        algorithm: &'a str,
    },
    CheckpointSeed {
        origin: &'a str,
        generation: u32,
    },
    ForeignKey {
        tenant: &'a str,
        integration: &'a str,
        credential: &'a str,
    },
    ForeignSecret {
        tenant: &'a str,
        integration: &'a str,
        credential: &'a str,
    },
}

impl Binding<'_> {
    /// Every field with its length before it, so that no two places share their bytes.
    fn associated_data(self) -> Vec<u8> {
        let mut data = Vec::with_capacity(192);
        let mut field = |bytes: &[u8]| {
            // Every field is far below 4 GiB: its owner has bounded it.
            data.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            data.extend_from_slice(bytes);
        };
        field(b"atropos keystore");
        field(&[FORMAT_VERSION]);
        match self {
            Binding::RootCheck {
                source,
                salt,
                memory_kib,
                passes,
                lanes,
            } => {
                field(b"root check");
                field(source.as_bytes());
                field(salt);
                for number in [memory_kib, passes, lanes] {
                    field(&number.to_be_bytes());
                }
            }
            Binding::DataKey { tenant } => {
                field(b"data key");
                field(tenant.as_bytes());
            }
            Binding::PrivateKey {
                tenant,
                kid,
                algorithm,
            } => {
                field(b"private key");
                for text in [tenant, kid, algorithm] {
                    field(text.as_bytes());
                }
            }
            Binding::CheckpointSeed { origin, generation } => {
                field(b"checkpoint seed");
                field(origin.as_bytes());
                // The first one was written before there were others.
                if generation > 1 {
                    field(&generation.to_be_bytes());
                }
            }
            Binding::ForeignKey {
                tenant,
                integration,
                credential,
            } => {
                field(b"foreign key");
                for text in [tenant, integration, credential] {
                    field(text.as_bytes());
                }
            }
            Binding::ForeignSecret {
                tenant,
                integration,
                credential,
            } => {
                field(b"foreign secret");
                for text in [tenant, integration, credential] {
                    field(text.as_bytes());
                }
            }
        }
        data
    }
}

/// A record that this key, at this place, does not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

/// A key that seals and opens. Neither printable nor cloneable; wiped when dropped.
pub(crate) struct SealingKey(XChaCha20Poly1305);

impl SealingKey {
    pub(crate) fn new(key: &Secret) -> SealingKey {
        SealingKey(XChaCha20Poly1305::new(key.bytes().into()))
    }

    pub(crate) fn seal(&self, binding: Binding<'_>, secret: &Secret) -> Result<Vec<u8>, SealError> {
        let mut bytes = Zeroizing::new(*secret.bytes());
        let (nonce, tag) = self.seal_in_place(binding, bytes.as_mut_slice())?;
        let mut sealed = Vec::with_capacity(SEALED_BYTES);
        sealed.push(FORMAT_VERSION);
        for part in [nonce.as_slice(), bytes.as_slice(), tag.as_slice()] {
            sealed.extend_from_slice(part);
        }
        Ok(sealed)
    }

    /// Turns the bytes into their ciphertext, and answers with the random nonce and the tag.
    pub(crate) fn seal_in_place(
        &self,
        binding: Binding<'_>,
        bytes: &mut [u8],
    ) -> Result<([u8; NONCE_BYTES], [u8; TAG_BYTES]), SealError> {
        let mut nonce = XNonce::default();
        getrandom::fill(&mut nonce).map_err(SealError::NoRandomness)?;
        let tag = self
            .0
            .encrypt_inout_detached(&nonce, &binding.associated_data(), bytes.into())
            .map_err(|_| SealError::Cipher)?;
        Ok((nonce.into(), tag.into()))
    }

    /// Turns a ciphertext into its bytes. Where it does not open, they are not to be used.
    pub(crate) fn open_in_place(
        &self,
        binding: Binding<'_>,
        nonce: [u8; NONCE_BYTES],
        bytes: &mut [u8],
        tag: [u8; TAG_BYTES],
    ) -> Result<(), Unopened> {
        let (nonce, tag) = (XNonce::from(nonce), Tag::from(tag));
        self.0
            .decrypt_inout_detached(&nonce, &binding.associated_data(), bytes.into(), &tag)
            .map_err(|_| Unopened)
    }

    pub(crate) fn open(&self, binding: Binding<'_>, sealed: &[u8]) -> Result<Secret, Unopened> {
        let sealed: &[u8; SEALED_BYTES] = sealed.try_into().map_err(|_| Unopened)?;
        let (version, rest) = sealed.split_first().ok_or(Unopened)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
        let (ciphertext, tag) = rest.split_first_chunk::<SECRET_BYTES>().ok_or(Unopened)?;
        let tag: &[u8; TAG_BYTES] = tag.try_into().map_err(|_| Unopened)?;
        if *version != FORMAT_VERSION {
            return Err(Unopened);
        }
        let mut bytes = Zeroizing::new(*ciphertext);
        self.open_in_place(binding, *nonce, bytes.as_mut_slice(), *tag)?;
        Ok(Secret(bytes))
    }
}

/// Why nothing was sealed.
#[derive(Debug)]
pub(crate) enum SealError {
    NoRandomness(getrandom::Error),
    /// The cipher refuses only messages of many gigabytes.
    Cipher,
}

impl From<SealError> for crate::KeystoreError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoRandomness(error) => crate::KeystoreError::NoRandomness(error),
            SealError::Cipher => crate::KeystoreError::Damaged {
                record: "the sealing key".to_owned(),
            },
        }
    }
}

impl From<SealError> for crate::UnsealError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoRandomness(error) => crate::UnsealError::NoRandomness(error),
            SealError::Cipher => crate::UnsealError::Damaged("the cipher refused it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::new(Zeroizing::new([byte; SECRET_BYTES]))
    }

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(&secret(byte))
    }

    const HERE: Binding<'static> = Binding::PrivateKey {
        tenant: "tenant",
        kid: "abcd",
        algorithm: "Ed25519",
    };

    #[test]
    fn what_was_sealed_opens_and_does_not_look_like_it() {
        let sealed = key(1).seal(HERE, &secret(7)).unwrap();
        assert_eq!(sealed.len(), 73);
        assert!(!sealed.windows(4).any(|window| window == [7; 4]));
        assert_eq!(key(1).open(HERE, &sealed).ok().unwrap().bytes(), &[7; 32]);
    }

    #[test]
    fn the_same_secret_twice_gives_different_bytes() {
        let (first, second) = (
            key(1).seal(HERE, &secret(7)).unwrap(),
            key(1).seal(HERE, &secret(7)).unwrap(),
        );
        assert_ne!(first[1..25], second[1..25], "nonces");
        assert_ne!(first[25..57], second[25..57], "ciphertexts");
    }

    #[test]
    fn a_flipped_bit_anywhere_fails() {
        let sealed = key(1).seal(HERE, &secret(7)).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(key(1).open(HERE, &changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn short_empty_and_long_records_are_errors() {
        let sealed = key(1).seal(HERE, &secret(7)).unwrap();
        for length in 0..sealed.len() {
            assert!(
                key(1).open(HERE, &sealed[..length]).is_err(),
                "{length} bytes"
            );
        }
        assert!(
            key(1)
                .open(HERE, &[sealed.as_slice(), &[0]].concat())
                .is_err()
        );
        assert!(key(1).open(HERE, &[0; 73]).is_err());
        assert!(key(1).open(HERE, &vec![1; 1 << 20]).is_err());
    }

    #[test]
    fn another_key_does_not_open_it() {
        let sealed = key(1).seal(HERE, &secret(7)).unwrap();
        assert!(key(2).open(HERE, &sealed).is_err());
    }

    #[test]
    fn a_record_opens_only_where_it_belongs() {
        let root = |source, salt, memory_kib, passes, lanes| Binding::RootCheck {
            source,
            salt,
            memory_kib,
            passes,
            lanes,
        };
        let private = |tenant, kid, algorithm| Binding::PrivateKey {
            tenant,
            kid,
            algorithm,
        };
        let foreign_key = |tenant, integration, credential| Binding::ForeignKey {
            tenant,
            integration,
            credential,
        };
        let foreign_secret = |tenant, integration, credential| Binding::ForeignSecret {
            tenant,
            integration,
            credential,
        };
        let places = [
            private("tenant", "abcd", "Ed25519"),
            private("other", "abcd", "Ed25519"),
            private("tenant", "abce", "Ed25519"),
            private("tenant", "abcd", "P-256"),
            private("tenan", "tabcd", "Ed25519"),
            private("tenant", "abcdE", "d25519"),
            private("", "", ""),
            Binding::DataKey { tenant: "tenant" },
            Binding::DataKey { tenant: "other" },
            Binding::CheckpointSeed {
                origin: "tenant",
                generation: 1,
            },
            Binding::CheckpointSeed {
                origin: "other",
                generation: 1,
            },
            Binding::CheckpointSeed {
                origin: "tenant",
                generation: 2,
            },
            Binding::CheckpointSeed {
                origin: "tenant",
                generation: 3,
            },
            foreign_key("tenant", "hook", "one"),
            foreign_key("other", "hook", "one"),
            foreign_key("tenant", "hook", "two"),
            foreign_key("tenant", "book", "one"),
            foreign_secret("tenant", "hook", "one"),
            foreign_secret("other", "hook", "one"),
            root("passphrase", b"salt", 1, 2, 3),
            root("key-file", b"salt", 1, 2, 3),
            root("passphrase", b"salz", 1, 2, 3),
            root("passphrase", b"salt", 2, 2, 3),
            root("passphrase", b"salt", 1, 3, 3),
            root("passphrase", b"salt", 1, 2, 4),
        ];
        for (at, place) in places.iter().enumerate() {
            let sealed = key(1).seal(*place, &secret(7)).unwrap();
            for (other_at, other) in places.iter().enumerate() {
                assert_eq!(
                    key(1).open(*other, &sealed).is_ok(),
                    at == other_at,
                    "{at} opened at {other_at}"
                );
            }
        }
    }

    /// The bytes on disk must never change meaning. Made with another implementation, written from RFC 8439 and
    /// draft-irtf-cfrg-xchacha: key 01…01, nonce 00 01 … 17, secret 07…07, associated data as below.
    #[test]
    fn the_format_is_pinned() {
        let mut data = Vec::new();
        for field in [
            &b"atropos keystore"[..],
            &[1],
            b"private key",
            b"tenant",
            b"abcd",
            b"Ed25519",
        ] {
            data.extend_from_slice(&u32::try_from(field.len()).unwrap().to_be_bytes());
            data.extend_from_slice(field);
        }
        assert_eq!(HERE.associated_data(), data);
        let sealed = hex::decode(PINNED).unwrap();
        assert_eq!(key(1).open(HERE, &sealed).ok().unwrap().bytes(), &[7; 32]);
    }

    const PINNED: &str = "01000102030405060708090a0b0c0d0e0f1011121314151617\
        7fd7dc829a96d08fe4416d4f133571b7f2b19bc9ff4c87d5270bfcb6e87b1464\
        91408817aed5467265a92a3b1b7826a9";
}
