//! Which custodial keys sign, and their signatures.
//!
//! Who *must* sign is not decided here. These functions gather what can be signed; the rules judge the result.

use std::collections::BTreeSet;

use did::{Did, Document, MethodId, PublicKey, Signature, proto::SignInfo};
use keystore::{CustodialKey, DraftKey, Keystore};
use ledger::Ledger;

use crate::permit::Statement;
use crate::{RegistrarError, SigningKeys, SigningPermit};

/// Keys that were named to sign: lower-case hexadecimal, each once. `None`: all custodial ones.
#[derive(Debug)]
pub(crate) struct Named(Option<BTreeSet<String>>);

impl Named {
    /// Every custodial key.
    pub(crate) fn all() -> Self {
        Self(None)
    }

    pub(crate) fn of(keys: SigningKeys) -> Result<Self, RegistrarError> {
        match keys {
            SigningKeys::AllCustodial => Ok(Self(None)),
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
    pub(crate) fn besides<'k>(&self, used: impl Iterator<Item = &'k str>) -> Vec<String> {
        let Some(named) = &self.0 else {
            return Vec::new();
        };
        let used: BTreeSet<&str> = used.collect();
        let unused = named.iter().filter(|key| !used.contains(key.as_str()));
        unused.cloned().collect()
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

/// How many of another DID's custodial keys sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    One,
    All,
}

/// The custodial keys that are to sign one payload. Nothing is signed while they are gathered.
pub(crate) struct Signers<'a> {
    keystore: &'a Keystore,
    tenant: &'a str,
    named: &'a Named,
    /// Keys that are not stored yet, and sign like stored ones.
    drafts: &'a [DraftKey],
    keys: Vec<(MethodId, CustodialKey)>,
}

impl<'a> Signers<'a> {
    pub(crate) fn new(keystore: &'a Keystore, tenant: &'a str, named: &'a Named) -> Self {
        Self {
            keystore,
            tenant,
            named,
            drafts: &[],
            keys: Vec::new(),
        }
    }

    pub(crate) fn with(self, drafts: &'a [DraftKey]) -> Self {
        Self { drafts, ..self }
    }

    /// Adds those of these methods whose keys are custodial and may sign, each once.
    /// Answers for each method, in their order.
    pub(crate) fn add<'m>(
        &mut self,
        methods: impl Iterator<Item = (&'m MethodId, &'m PublicKey)>,
    ) -> Result<Vec<Signs>, RegistrarError> {
        let methods: Vec<_> = methods.collect();
        let held = self.custodial(&methods)?;
        let signs = methods.into_iter().zip(held).map(|((method, _), held)| {
            let Some(held) = held else {
                return Signs::No;
            };
            if !self.has(method, &held) {
                self.keys.push((method.clone(), held));
            }
            Signs::Yes
        });
        Ok(signs.collect())
    }

    /// Adds the first of these methods whose key is custodial and may sign, or all of them.
    pub(crate) fn add_some<'m>(
        &mut self,
        breadth: Breadth,
        methods: impl Iterator<Item = (&'m MethodId, &'m PublicKey)>,
    ) -> Result<Signs, RegistrarError> {
        let methods: Vec<_> = methods.collect();
        let mut any = Signs::No;
        for ((method, _), held) in methods.iter().zip(self.custodial(&methods)?) {
            let Some(held) = held else { continue };
            any = Signs::Yes;
            if !self.has(method, &held) {
                self.keys.push(((*method).clone(), held));
            }
            if breadth == Breadth::One {
                break;
            }
        }
        Ok(any)
    }

    /// Adds keys of other DIDs, and returns the DIDs without a custodial key. The ledger decides what that means.
    pub(crate) fn add_for(
        &mut self,
        dids: &[Did],
        breadth: Breadth,
        ledger: &dyn Ledger,
    ) -> Result<Vec<Did>, RegistrarError> {
        let mut without_key = Vec::new();
        for did in dids {
            // A DID of another network is not on this ledger either.
            let Some(state) = ledger.state(did)? else {
                continue;
            };
            if self.add_some(breadth, methods(&state.document))? == Signs::No {
                without_key.push(did.clone());
            }
        }
        Ok(without_key)
    }

    /// The named keys that are not to sign.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.named
            .besides(self.keys.iter().map(|(_, key)| key.kid()))
    }

    /// Signs, once it is permitted.
    pub(crate) async fn sign(
        self,
        permit: &mut SigningPermit,
        statement: Statement<'_>,
    ) -> Result<Vec<Signature>, RegistrarError> {
        if self.keys.is_empty() {
            return Ok(Vec::new());
        }
        permit.to_use(statement.signed_with(&self.keys)).await?;
        let signed = self.keys.into_iter().map(|(method, key)| {
            let bytes = self.keystore.sign_custodial(&key, statement.payload)?;
            Ok(Signature { method, bytes })
        });
        signed.collect()
    }

    /// The key of each method that is custodial and may sign.
    fn custodial(
        &self,
        methods: &[(&MethodId, &PublicKey)],
    ) -> Result<Vec<Option<CustodialKey>>, RegistrarError> {
        let keys = methods.iter().map(|(_, key)| *key);
        let found = self.keystore.custodial(self.tenant, keys)?;
        let held = methods.iter().zip(found).map(|((_, key), found)| {
            let drafted = || self.drafts.iter().find(|draft| draft.public_key() == *key);
            let held = found.or_else(|| drafted().map(|draft| draft.custodial().clone()));
            held.filter(|_| self.named.allows(key))
        });
        Ok(held.collect())
    }

    fn has(&self, method: &MethodId, key: &CustodialKey) -> bool {
        let same =
            |(other, held): &(MethodId, CustodialKey)| other == method && held.kid() == key.kid();
        self.keys.iter().any(same)
    }
}

/// Whether a key is to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
    Yes,
    No,
}

/// The methods of a document, each with its key.
pub(crate) fn methods(document: &Document) -> impl Iterator<Item = (&MethodId, &PublicKey)> {
    let methods = document.methods().iter();
    methods.map(|method| (method.id(), method.key()))
}

/// Signatures as a message carries them.
pub(crate) fn infos(signatures: impl IntoIterator<Item = Signature>) -> Vec<SignInfo> {
    let info = |Signature { method, bytes }| SignInfo {
        verification_method_id: method.to_string(),
        signature: bytes,
    };
    signatures.into_iter().map(info).collect()
}
