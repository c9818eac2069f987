//! What the deactivation of a DID needs, and what depends on the DID. Nothing is changed and nothing is signed.

use std::collections::{BTreeMap, BTreeSet};

use did::{
    Did, Document, JudgeError, MethodId, PublicKey, RequiredSet, Status, other_signers, proto,
};
use ledger::{Ledger, NamedBy, ResourceMetadata};

use crate::{Page, Registrar, RegistrarError};

/// DIDs of a tenant that are looked at for a key.
pub const LOOKED_AT_MAX: u32 = 10_000;
/// Resources of a DID that a plan lists.
pub const PLANNED_RESOURCES_MAX: usize = 100;
/// DIDs of one page of them.
const PAGE: u32 = 1000;

/// What the deactivation of a DID needs.
#[derive(Clone, Debug)]
pub struct PlannedDeactivation {
    /// The DID.
    pub did: Did,
    /// Whether it can be deactivated.
    pub outlook: Outlook,
    /// Every key that must sign.
    pub keys: Vec<PlannedKey>,
    /// The other signer DIDs of which one key must sign.
    pub signers: Vec<PlannedSigner>,
    /// Deactivated signer DIDs, which are not asked for.
    pub deactivated: Vec<Did>,
    /// The DIDs besides its own that its document names as controllers, of itself or of a method.
    pub controllers: Vec<Did>,
    /// Where holders of missing keys could be asked: services in the documents of the DID and of its signers.
    pub services: BTreeMap<Did, Vec<proto::Service>>,
    /// The active DIDs that name it as a controller: they go on without it.
    pub named_by: NamedBy,
    /// Its newest resources, at most [`PLANNED_RESOURCES_MAX`]: they stay readable, and no more can join them.
    pub resources: Vec<ResourceMetadata>,
}

/// Whether a DID can be deactivated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// All the keys that are needed are custodial.
    Ready,
    /// External keys have to sign: a ceremony collects their signatures.
    NeedsOthers,
    /// A signer DID has no key, and must get one first.
    SignerWithoutKey,
    /// No key is left that could sign.
    Frozen {
        /// What the rules say.
        reason: String,
    },
    /// It is deactivated already.
    Deactivated,
}

/// A key that must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedKey {
    /// Its method.
    pub method: MethodId,
    /// The key.
    pub key: PublicKey,
    /// What holds it.
    pub holder: Holder,
}

/// A DID of which one key must sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSigner {
    /// The DID.
    pub did: Did,
    /// Its keys, of which one is enough.
    pub keys: Vec<PlannedKey>,
}

/// What holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The keystore, for the tenant.
    Custodial,
    /// An external wallet: these DIDs speak for the method.
    External {
        /// The DID that the method belongs to, and the controller of the method.
        ask: Vec<Did>,
    },
}

/// The DIDs of a tenant that cannot be deactivated without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededFor {
    /// The oldest first.
    pub dids: Vec<NeededDid>,
    /// Whether there may be more: [`LOOKED_AT_MAX`] were looked at.
    pub may_be_more: bool,
}

/// A DID that needs a key for its deactivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededDid {
    /// The DID.
    pub did: Did,
    /// The methods under which the key would sign.
    pub methods: Vec<MethodId>,
    /// How much it is needed.
    pub need: Need,
}

/// How much a key is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it the DID can never be deactivated.
    Always,
    /// Other keys of the same signer could sign instead.
    OneOf {
        /// How many keys can, this one included.
        keys: usize,
    },
}

impl Registrar {
    /// What the deactivation of a DID needs at present. Which keys are custodial depends on the tenant.
    ///
    /// # Errors
    /// [`RegistrarError::NotFound`], [`RegistrarError::UnknownNetwork`]; ledger or store cannot be read.
    pub fn plan_deactivation(
        &self,
        tenant: &str,
        did: &Did,
    ) -> Result<PlannedDeactivation, RegistrarError> {
        let ledger = self.networks.of(did)?;
        let state = ledger
            .state(did)?
            .ok_or_else(|| RegistrarError::NotFound(did.clone()))?;
        // A plan states that the DID is active, which is disclosed only as long as it is certain.
        ledger.latest(did)?;
        let document = &state.document;
        let mut plan = PlannedDeactivation {
            did: did.clone(),
            outlook: Outlook::Deactivated,
            keys: Vec::new(),
            signers: Vec::new(),
            deactivated: Vec::new(),
            controllers: other_signers(document),
            services: BTreeMap::new(),
            named_by: named_by(ledger, did)?,
            resources: ledger.resources(did, None, PLANNED_RESOURCES_MAX)?,
        };
        if state.status == Status::Deactivated {
            return Ok(plan);
        }
        match RequiredSet::of(document, &mut ledger.known()) {
            Err(refused) => {
                let frozen = refused.into_rejection()?;
                plan.outlook = Outlook::Frozen {
                    reason: frozen.to_string(),
                };
            }
            Ok(required) => {
                let controllers = controllers_of_methods(document);
                self.plan_keys(tenant, &required, &controllers, &mut plan)?;
                plan.outlook = plan.outlook_of_keys();
            }
        }
        plan.services = services(ledger, &plan)?;
        Ok(plan)
    }

    /// The DIDs that this tenant manages and whose deactivation needs this key, named by its public key. Ask before
    /// giving a key up.
    ///
    /// # Errors
    /// [`RegistrarError::KeyNotFound`] for a key that the tenant does not hold; ledger or store cannot be read.
    pub fn needed_for(&self, tenant: &str, kid: &str) -> Result<NeededFor, RegistrarError> {
        let held = self.keystore.find(tenant, kid)?;
        let key = held.ok_or_else(|| RegistrarError::KeyNotFound(kid.to_owned()))?;
        let mut needed = NeededFor {
            dids: Vec::new(),
            may_be_more: false,
        };
        for offset in (0..LOOKED_AT_MAX).step_by(PAGE as usize) {
            let page = Page {
                offset: u64::from(offset),
                limit: PAGE,
            };
            let (total, dids) = self.rows.page(tenant, None, page)?;
            needed.may_be_more = total > u64::from(LOOKED_AT_MAX);
            for text in &dids {
                let did =
                    Did::parse(text).map_err(|error| RegistrarError::Store(Box::new(error)))?;
                needed.dids.extend(self.need_of(did, &key.public_key)?);
            }
            if dids.len() < PAGE as usize {
                break;
            }
        }
        Ok(needed)
    }

    fn need_of(&self, did: Did, key: &PublicKey) -> Result<Option<NeededDid>, RegistrarError> {
        // Its network may not be served at present.
        let Ok(ledger) = self.networks.of(&did) else {
            return Ok(None);
        };
        let state = ledger.state(&did)?;
        let Some(state) = state.filter(|state| state.status == Status::Active) else {
            return Ok(None);
        };
        let required = match RequiredSet::of(&state.document, &mut ledger.known()) {
            Ok(required) => required,
            Err(JudgeError::Rejected { .. }) => return Ok(None),
            Err(JudgeError::Unreadable(error)) => return Err(error.into()),
        };
        let own = required.methods().filter(|(_, own)| *own == key);
        let methods: Vec<MethodId> = own.map(|(method, _)| method.clone()).collect();
        if !methods.is_empty() {
            let need = Need::Always;
            return Ok(Some(NeededDid { did, methods, need }));
        }
        let of_signers = required.signers().find_map(|(_, all)| {
            let own = all.iter().filter(|(_, own)| *own == key);
            let methods: Vec<MethodId> = own.map(|(method, _)| method.clone()).collect();
            let keys: BTreeSet<Vec<u8>> = all.values().map(PublicKey::to_bytes).collect();
            (!methods.is_empty()).then_some((methods, keys.len()))
        });
        Ok(of_signers.map(|(methods, keys)| NeededDid {
            did,
            methods,
            need: match keys {
                1 => Need::Always,
                keys => Need::OneOf { keys },
            },
        }))
    }

    fn plan_keys(
        &self,
        tenant: &str,
        required: &RequiredSet,
        controllers: &BTreeMap<MethodId, Did>,
        plan: &mut PlannedDeactivation,
    ) -> Result<(), RegistrarError> {
        plan.keys = self.planned(tenant, required.methods(), controllers)?;
        for (did, methods) in required.signers() {
            plan.signers.push(PlannedSigner {
                did: did.clone(),
                keys: self.planned(tenant, methods.iter(), controllers)?,
            });
        }
        plan.deactivated = required.deactivated().cloned().collect();
        Ok(())
    }

    fn planned<'m>(
        &self,
        tenant: &str,
        methods: impl Iterator<Item = (&'m MethodId, &'m PublicKey)>,
        controllers: &BTreeMap<MethodId, Did>,
    ) -> Result<Vec<PlannedKey>, RegistrarError> {
        let methods: Vec<_> = methods.collect();
        let held = self
            .keystore
            .find_each(tenant, methods.iter().map(|(_, key)| *key))?;
        let keys = methods.into_iter().zip(held).map(|((method, key), held)| {
            let of = [Some(method.did()), controllers.get(method).cloned()];
            let ask: BTreeSet<Did> = of.into_iter().flatten().collect();
            PlannedKey {
                method: method.clone(),
                key: key.clone(),
                holder: match held {
                    Some(_) => Holder::Custodial,
                    None => Holder::External {
                        ask: ask.into_iter().collect(),
                    },
                },
            }
        });
        Ok(keys.collect())
    }
}

impl PlannedDeactivation {
    fn outlook_of_keys(&self) -> Outlook {
        let held = |key: &PlannedKey| key.holder == Holder::Custodial;
        let of_signers = |signer: &PlannedSigner| signer.keys.iter().any(held);
        if self.signers.iter().any(|signer| signer.keys.is_empty()) {
            Outlook::SignerWithoutKey
        } else if self.keys.iter().all(held) && self.signers.iter().all(of_signers) {
            Outlook::Ready
        } else {
            Outlook::NeedsOthers
        }
    }
}

fn controllers_of_methods(document: &Document) -> BTreeMap<MethodId, Did> {
    let methods = document.methods().iter();
    methods
        .map(|method| (method.id().clone(), method.controller().clone()))
        .collect()
}

/// The dependents of the DID. Only a log knows them: without one none is named, and there may be some.
fn named_by(ledger: &dyn Ledger, did: &Did) -> Result<NamedBy, RegistrarError> {
    match ledger.log() {
        Some(log) => Ok(log.named_by(did)?),
        None => Ok(NamedBy {
            dids: Vec::new(),
            may_be_more: true,
        }),
    }
}

/// The services of every DID that could be asked for an external key.
fn services(
    ledger: &dyn Ledger,
    plan: &PlannedDeactivation,
) -> Result<BTreeMap<Did, Vec<proto::Service>>, RegistrarError> {
    let of_signers = plan.signers.iter().flat_map(|signer| &signer.keys);
    let asked = plan
        .keys
        .iter()
        .chain(of_signers)
        .filter_map(|key| match &key.holder {
            Holder::Custodial => None,
            Holder::External { ask } => Some(ask),
        });
    let dids: BTreeSet<&Did> = asked.flatten().collect();
    let mut services = BTreeMap::new();
    for did in dids {
        let Some(state) = ledger.state(did)? else {
            continue;
        };
        let found = &state.document.proto().service;
        if !found.is_empty() {
            services.insert(did.clone(), found.clone());
        }
    }
    Ok(services)
}
