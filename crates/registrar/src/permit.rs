//! Permission to sign with custodial keys. The caller of this crate decides on it, by its own rules.

use std::future::Future;
use std::pin::Pin;

use did::{Did, MethodId, OperationKind};
use keystore::CustodialKey;
use sha2::{Digest, Sha256};

/// Why keys may not be used. No key signed, or no signature was submitted.
#[derive(Debug, thiserror::Error)]
pub enum PermitDenied {
    /// The caller's: it is not permitted, or not any more. The text is for the caller.
    #[error("{0}")]
    Withdrawn(String),
    /// The caller's: this has to be approved first. The text says how.
    #[error("{0}")]
    NotApproved(String),
    /// Load: the server is busy. Try again.
    #[error("too much is going on; try again in a moment")]
    Busy,
    /// The server's: permission could not be checked or recorded.
    #[error("whether the keys may be used could not be found out and recorded")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The use of custodial keys that permission is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// The DID that it is about.
    pub did: Did,
    /// What is done.
    pub purpose: Purpose,
    /// The keys, in the order in which they sign.
    pub keys: Vec<UsedKey>,
}

/// What keys are used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// They sign an operation.
    Sign {
        /// Which.
        kind: OperationKind,
        /// The version that it makes.
        version_id: String,
        /// SHA-256 of the payload, which is what they sign.
        payload_sha256: [u8; 32],
    },
    /// They are imported, with their DID. Nothing is signed.
    Import,
}

/// A key that is used, and for which method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedKey {
    /// The verification method.
    pub method: MethodId,
    /// The public key in lower-case hexadecimal.
    pub public_key_hex: String,
}

type Answer = Pin<Box<dyn Future<Output = Result<(), PermitDenied>> + Send>>;

/// Permission for one act, checked twice: before the first signature, and right before the result is submitted.
///
/// Each check finds out whether the caller is still permitted. The first one also records what will be signed.
pub struct SigningPermit {
    to_use: Box<dyn Fn(KeyUse) -> Answer + Send + Sync>,
    to_submit: Box<dyn Fn() -> Answer + Send + Sync>,
    given: Option<KeyUse>,
}

impl SigningPermit {
    /// Asks `to_use` before keys are used, and `to_submit` before the result is submitted.
    pub fn new<U, S>(
        to_use: impl Fn(KeyUse) -> U + Send + Sync + 'static,
        to_submit: impl Fn() -> S + Send + Sync + 'static,
    ) -> Self
    where
        U: Future<Output = Result<(), PermitDenied>> + Send + 'static,
        S: Future<Output = Result<(), PermitDenied>> + Send + 'static,
    {
        Self {
            to_use: Box::new(move |keys| Box::pin(to_use(keys))),
            to_submit: Box::new(move || Box::pin(to_submit())),
            given: None,
        }
    }

    /// Asks for permission to use keys. A repeated attempt signs the same with the same keys: it is on record already,
    /// and only whether it is still permitted is checked again.
    ///
    /// # Errors
    /// [`PermitDenied`].
    pub async fn to_use(&mut self, keys: KeyUse) -> Result<(), PermitDenied> {
        if self.given.as_ref() == Some(&keys) {
            return self.to_submit().await;
        }
        (self.to_use)(keys.clone()).await?;
        self.given = Some(keys);
        Ok(())
    }

    /// Asks for permission to submit what was signed.
    ///
    /// # Errors
    /// [`PermitDenied`].
    pub async fn to_submit(&self) -> Result<(), PermitDenied> {
        (self.to_submit)().await
    }
}

/// What is to be signed.
pub(crate) struct Statement<'a> {
    pub(crate) kind: OperationKind,
    pub(crate) did: &'a Did,
    pub(crate) version_id: &'a str,
    pub(crate) payload: &'a [u8],
}

impl Statement<'_> {
    pub(crate) fn signed_with(&self, keys: &[(MethodId, CustodialKey)]) -> KeyUse {
        KeyUse {
            did: self.did.clone(),
            purpose: Purpose::Sign {
                kind: self.kind,
                version_id: self.version_id.to_owned(),
                payload_sha256: Sha256::digest(self.payload).into(),
            },
            keys: keys
                .iter()
                .map(|(method, key)| UsedKey {
                    method: method.clone(),
                    public_key_hex: key.kid().to_owned(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn keys(version_id: &str) -> KeyUse {
        KeyUse {
            did: Did::parse(DID).unwrap(),
            purpose: Purpose::Sign {
                kind: OperationKind::Deactivate,
                version_id: version_id.to_owned(),
                payload_sha256: [7; 32],
            },
            keys: vec![],
        }
    }

    #[tokio::test]
    async fn what_is_signed_again_is_not_recorded_again_but_asked_for_again() {
        let (uses, checks) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (used, checked) = (Arc::clone(&uses), Arc::clone(&checks));
        let mut permit = SigningPermit::new(
            move |_| {
                used.fetch_add(1, Ordering::Relaxed);
                std::future::ready(Ok(()))
            },
            move || {
                let before = checked.fetch_add(1, Ordering::Relaxed);
                std::future::ready(if before < 2 {
                    Ok(())
                } else {
                    Err(PermitDenied::Busy)
                })
            },
        );
        let counts = || (uses.load(Ordering::Relaxed), checks.load(Ordering::Relaxed));
        permit.to_use(keys("a")).await.unwrap();
        permit.to_submit().await.unwrap();
        assert_eq!(counts(), (1, 1));
        permit.to_use(keys("a")).await.unwrap();
        assert_eq!(counts(), (1, 2));
        permit.to_use(keys("b")).await.unwrap();
        assert_eq!(counts(), (2, 2));
        assert!(permit.to_use(keys("b")).await.is_err());
        assert_eq!(counts(), (2, 3));
    }

    #[tokio::test]
    async fn what_was_refused_once_is_recorded_when_it_is_allowed() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let mut permit = SigningPermit::new(
            move |_| {
                let first = count.fetch_add(1, Ordering::Relaxed) == 0;
                std::future::ready(if first {
                    Err(PermitDenied::Busy)
                } else {
                    Ok(())
                })
            },
            || std::future::ready(Ok(())),
        );
        assert!(permit.to_use(keys("a")).await.is_err());
        permit.to_use(keys("a")).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }
}
