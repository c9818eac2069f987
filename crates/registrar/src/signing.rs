//! Which held keys sign, and their signatures.
//!
//! Who *must* sign is not decided here. These functions gather what can be signed; the rules judge the result.

use std::collections::BTreeSet;

use did::{Did, Document, MethodId, PublicKey, Signature, proto::SignInfo};
use keystore::{DraftKey, HeldKey, Keystore};
use ledger::Ledger;

use crate::leave::Statement;
use crate::{Leave, RegistrarError, SigningKeys};

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

/// How many of another DID's held keys sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    One,
    All,
}

/// The held keys that are to sign one payload. Nothing is signed while they are gathered.
pub(crate) struct Signers<'a> {
    keystore: &'a Keystore,
    tenant: &'a str,
    named: &'a Named,
    /// Keys that are not stored yet, and sign like those that are held.
    drafts: &'a [DraftKey],
    keys: Vec<(MethodId, HeldKey)>,
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

    /// Those of these methods whose keys may sign and are held are to sign, each once, however often it is asked.
    /// Answers for each method, in their order.
    pub(crate) fn add<'m>(
        &mut self,
        methods: impl Iterator<Item = (&'m MethodId, &'m PublicKey)>,
    ) -> Result<Vec<Signs>, RegistrarError> {
        let methods: Vec<_> = methods.collect();
        let held = self.held(&methods)?;
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

    /// The first of these methods whose key may sign and is held is to sign, or all of them.
    pub(crate) fn add_some<'m>(
        &mut self,
        breadth: Breadth,
        methods: impl Iterator<Item = (&'m MethodId, &'m PublicKey)>,
    ) -> Result<Signs, RegistrarError> {
        let methods: Vec<_> = methods.collect();
        let mut any = Signs::No;
        for ((method, _), held) in methods.iter().zip(self.held(&methods)?) {
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

    /// Gathers for other DIDs; gives those of which no key is held. What is wrong with them is the ledger's to say.
    pub(crate) fn add_for(
        &mut self,
        dids: &BTreeSet<Did>,
        breadth: Breadth,
        ledger: &dyn Ledger,
    ) -> Result<Vec<Did>, RegistrarError> {
        let mut unheld = Vec::new();
        for did in dids {
            // A DID of another network is not on this ledger either.
            let Some(state) = ledger.state(did)? else {
                continue;
            };
            if self.add_some(breadth, methods(&state.document))? == Signs::No {
                unheld.push(did.clone());
            }
        }
        Ok(unheld)
    }

    /// The named keys that are not to sign.
    pub(crate) fn unused(&self) -> Vec<String> {
        self.named
            .besides(self.keys.iter().map(|(_, key)| key.kid()))
    }

    /// Once leave is given, signs.
    pub(crate) async fn sign(
        self,
        leave: &mut Leave,
        statement: Statement<'_>,
    ) -> Result<Vec<Signature>, RegistrarError> {
        if self.keys.is_empty() {
            return Ok(Vec::new());
        }
        leave.to_use(statement.signed_with(&self.keys)).await?;
        let signed = self.keys.into_iter().map(|(method, key)| {
            let bytes = self.keystore.sign_held(&key, statement.payload)?;
            Ok(Signature { method, bytes })
        });
        signed.collect()
    }

    /// The key of each method that may sign and is held.
    fn held(
        &self,
        methods: &[(&MethodId, &PublicKey)],
    ) -> Result<Vec<Option<HeldKey>>, RegistrarError> {
        let keys = methods.iter().map(|(_, key)| *key);
        let found = self.keystore.held(self.tenant, keys)?;
        let held = methods.iter().zip(found).map(|((_, key), found)| {
            let drafted = || self.drafts.iter().find(|draft| draft.public_key() == *key);
            let held = found.or_else(|| drafted().map(|draft| draft.held().clone()));
            held.filter(|_| self.named.allows(key))
        });
        Ok(held.collect())
    }

    fn has(&self, method: &MethodId, key: &HeldKey) -> bool {
        let same = |(other, held): &(MethodId, HeldKey)| other == method && held.kid() == key.kid();
        self.keys.iter().any(same)
    }
}

/// Whether a key is to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
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
