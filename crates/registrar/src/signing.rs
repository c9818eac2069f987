//! Which held keys sign, and their signatures.
//!
//! Who *must* sign is not decided here. These functions gather what can be signed; the rules judge the result.

use std::collections::BTreeSet;

use did::{Did, Document, MethodId, PublicKey, Signature, proto::SignInfo};
use keystore::Keystore;
use ledger::Ledger;

use crate::error::if_held;
use crate::{RegistrarError, SigningKeys};

/// Keys that were named to sign: lower-case hexadecimal, each once. `None`: all that are held.
#[derive(Debug)]
pub(crate) struct Named(Option<BTreeSet<String>>);

impl Named {
    /// Every key that is held.
    pub(crate) fn all() -> Self {
        Self(None)
    }

    pub(crate) fn of(keys: SigningKeys) -> Result<Self, RegistrarError> {
        match keys {
            SigningKeys::AllHeld => Ok(Self(None)),
            SigningKeys::Exactly(keys) if keys.len() > keystore::SIGN_ALL_MAX => {
                Err(RegistrarError::TooManyKeys {
                    limit: keystore::SIGN_ALL_MAX,
                })
            }
            SigningKeys::Exactly(keys) => Ok(Self(Some(keys.into_iter().collect()))),
        }
    }

    /// Whether this key may sign.
    pub(crate) fn allows(&self, key: &PublicKey) -> bool {
        self.0
            .as_ref()
            .is_none_or(|named| named.contains(&key.to_hex()))
    }

    /// Whether keys were named at all.
    pub(crate) fn are_given(&self) -> bool {
        self.0.is_some()
    }

    /// Those that are none of `used`.
    pub(crate) fn besides<'k>(&self, used: impl Iterator<Item = &'k PublicKey>) -> Vec<String> {
        let Some(named) = &self.0 else {
            return Vec::new();
        };
        let used: BTreeSet<String> = used.map(PublicKey::to_hex).collect();
        named.difference(&used).cloned().collect()
    }

    /// Refuses keys that this tenant does not hold. Only the exact form of a key id names a key.
    pub(crate) fn check_owned(
        &self,
        keystore: &Keystore,
        tenant: &str,
    ) -> Result<(), RegistrarError> {
        let mut strange = Vec::new();
        for hex in self.0.iter().flatten() {
            let held = keystore.find(tenant, hex)?;
            if held.is_none_or(|held| held.kid != *hex) {
                strange.push(hex.clone());
            }
        }
        if strange.is_empty() {
            return Ok(());
        }
        if keystore.list(tenant, None)?.is_empty() {
            return Err(RegistrarError::NoKeys);
        }
        Err(RegistrarError::KeysNotOwned(strange))
    }
}

/// How many of another DID's held keys sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    One,
    All,
}

/// Collects signatures of held keys over one payload.
pub(crate) struct Collector<'a> {
    keystore: &'a Keystore,
    tenant: &'a str,
    named: &'a Named,
    payload: &'a [u8],
    signed: Vec<(PublicKey, Signature)>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        keystore: &'a Keystore,
        tenant: &'a str,
        named: &'a Named,
        payload: &'a [u8],
    ) -> Self {
        Self {
            keystore,
            tenant,
            named,
            payload,
            signed: Vec::new(),
        }
    }

    /// Signs with a key under a method id, if the key may sign and is held; once, however often it is asked.
    pub(crate) fn sign(
        &mut self,
        method: &MethodId,
        key: &PublicKey,
    ) -> Result<Signed, RegistrarError> {
        if self
            .signed
            .iter()
            .any(|(other, signature)| other == key && signature.method == *method)
        {
            return Ok(Signed::Yes);
        }
        if !self.named.allows(key) {
            return Ok(Signed::No);
        }
        let Some(bytes) = if_held(self.keystore.sign(self.tenant, key, self.payload))? else {
            return Ok(Signed::No);
        };
        self.signed.push((
            key.clone(),
            Signature {
                method: method.clone(),
                bytes,
            },
        ));
        Ok(Signed::Yes)
    }

    /// Signs for other DIDs; gives those of which no key is held. What is wrong with them is the ledger's to say.
    pub(crate) fn sign_for(
        &mut self,
        dids: &BTreeSet<Did>,
        breadth: Breadth,
        ledger: &Ledger,
    ) -> Result<Vec<Did>, RegistrarError> {
        let mut unheld = Vec::new();
        for did in dids {
            // A DID of another network is not on this ledger either.
            let Some(state) = ledger.state(did)? else {
                continue;
            };
            let mut any = Signed::No;
            for method in state.document.methods() {
                if self.sign(method.id(), method.key())? == Signed::Yes {
                    any = Signed::Yes;
                    if breadth == Breadth::One {
                        break;
                    }
                }
            }
            if any == Signed::No {
                unheld.push(did.clone());
            }
        }
        Ok(unheld)
    }

    /// The named keys that have not signed.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.named.besides(self.signed.iter().map(|(key, _)| key))
    }

    pub(crate) fn into_infos(self) -> Vec<SignInfo> {
        infos(self.signed.into_iter().map(|(_, signature)| signature))
    }
}

/// Whether a key has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    Yes,
    No,
}

/// The DIDs besides the subject that a document names as controllers, its own or of a method.
pub(crate) fn others(document: &Document) -> BTreeSet<Did> {
    let of_methods = document.methods().iter().map(|method| method.controller());
    document
        .controllers()
        .iter()
        .chain(of_methods)
        .filter(|did| *did != document.id())
        .cloned()
        .collect()
}

/// Signatures as a message carries them.
pub(crate) fn infos(signatures: impl IntoIterator<Item = Signature>) -> Vec<SignInfo> {
    let info = |Signature { method, bytes }| SignInfo {
        verification_method_id: method.to_string(),
        signature: bytes,
    };
    signatures.into_iter().map(info).collect()
}
