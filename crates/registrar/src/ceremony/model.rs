//! What a ceremony is, and its state.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use did::{BoundVersion, Did, ListedIn, MethodId, OperationKind, PublicKey, proto};
use ledger::Committed;

use crate::BoundScope;

/// The name of a ceremony: 122 random bits. A ceremony without a tenant belongs to the bearer of its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CeremonyId(String);

impl CeremonyId {
    pub(super) fn random() -> Self {
        Self(crate::registrar::random_uuid())
    }

    /// Reads an id: a UUID, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = uuid::Uuid::try_parse(text)
            .ok()
            .filter(|_| text.len() == 36)?;
        Some(Self(uuid.to_string()))
    }

    /// The id as text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose a ceremony is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A tenant's.
    Tenant(String),
    /// The bearer's: knowing its id is enough.
    Bearer,
}

impl Owner {
    /// The tenant, if it belongs to one.
    pub fn tenant(&self) -> Option<&str> {
        match self {
            Self::Tenant(tenant) => Some(tenant),
            Self::Bearer => None,
        }
    }
}

/// A ceremony to be started.
#[derive(Clone, Debug)]
pub struct NewCeremony {
    /// Whose it is to be. What a tenant's ceremony creates is listed under that tenant.
    pub owner: Owner,
    /// What is to be signed.
    pub act: Act,
    /// How long signatures may be collected, at most [`super::LIFETIME_MAX`]; where a deactivation is bound, up
    /// to the next full hour. For [`Release::Export`] it is how long
    /// the signed statement stays good, at most [`crate::EXPIRES_MS_MAX`]; collecting ends earlier then.
    pub valid_for: Duration,
    /// How long it waits between the last signature and the submission, at most [`super::COOLING_MAX`].
    pub cooling: Duration,
    /// What becomes of it once it is complete.
    pub release: Release,
}

/// What is to be signed. A version id that is left out is made here.
#[derive(Clone, Debug)]
pub enum Act {
    /// The first version of a DID.
    Create {
        /// Its document.
        document: proto::DidDoc,
        /// Id of the version.
        version_id: Option<String>,
    },
    /// A further version of a DID.
    Update {
        /// The whole new document, which names the DID.
        document: proto::DidDoc,
        /// Id of the version.
        version_id: Option<String>,
    },
    /// The deactivation of a DID.
    Deactivate {
        /// The DID.
        did: Did,
        /// What its statement is bound to.
        binding: Binding,
    },
    /// A further version and the deactivation, accepted together or not at all. The complete sets of both documents
    /// sign.
    UpdateAndDeactivate {
        /// The last document of the DID.
        document: proto::DidDoc,
        /// Id of the version that the update makes.
        version_id: Option<String>,
        /// What the deactivation is bound to.
        binding: Binding,
    },
}

/// What a deactivation is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The ledger itself refuses the statement once it is superseded or has expired.
    Bound(BoundScope),
    /// Nothing but the DID, as other cheqd clients sign it. Here it is refused all the same once it is superseded or
    /// has expired; on another network the signatures would be good for ever.
    Unbound {
        /// Id of the version; a random UUID without it.
        version_id: Option<String>,
    },
}

/// What becomes of a ceremony that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// It is submitted here.
    Submit,
    /// Its owner may also take the signed message away, to submit it later: a deactivation that is signed beforehand.
    Export,
}

/// A ceremony with its present state.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// Its name.
    pub id: CeremonyId,
    /// Whose it is.
    pub owner: Owner,
    /// The DID that it is about.
    pub did: Did,
    /// The network of the DID.
    pub network: String,
    /// What is signed: one statement, or an update and the deactivation after it.
    pub statements: Vec<Statement>,
    /// Who signs it, in a fixed order.
    pub slots: Vec<Slot>,
    /// Its state.
    pub state: State,
    /// What becomes of it.
    pub release: Release,
    /// When it was started, in Unix milliseconds.
    pub started_ms: u64,
    /// Until when signatures are taken and it can be submitted, in Unix milliseconds.
    pub expires_ms: u64,
    /// How long it waits between the last signature and the submission, in milliseconds.
    pub cooling_ms: u64,
}

/// One statement: the exact bytes that every signer signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub kind: OperationKind,
    /// The version that it makes.
    pub version_id: String,
    /// The protobuf encoding of the payload, which is what is signed.
    pub payload: Vec<u8>,
    /// The preimage of the version id, where that is bound.
    pub bound: Option<BoundVersion>,
}

/// A place for one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its number, from 0, over all statements.
    pub number: u32,
    /// Which of [`Ceremony::statements`] is signed.
    pub statement: usize,
    /// The DID whose method signs.
    pub signer: Did,
    /// The document that lists the method.
    pub listed_in: ListedIn,
    /// The keys that can fill it.
    pub keys: SlotKeys,
    /// Its state.
    pub state: SlotState,
}

/// The keys that can fill a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotKeys {
    /// This key, under this method.
    Method {
        /// The method.
        method: MethodId,
        /// Its key.
        key: Box<PublicKey>,
    },
    /// Any one of these methods: those that the signer has now. Empty once that is not known any more.
    AnyOf(BTreeMap<MethodId, PublicKey>),
}

impl SlotKeys {
    /// The key of a method that can fill the slot.
    pub fn key(&self, method: &MethodId) -> Option<&PublicKey> {
        match self {
            Self::Method { method: own, key } => Some(&**key).filter(|_| own == method),
            Self::AnyOf(methods) => methods.get(method),
        }
    }

    /// Each method that can fill the slot, with its key.
    pub fn methods(&self) -> Vec<(&MethodId, &PublicKey)> {
        match self {
            Self::Method { method, key } => vec![(method, key)],
            Self::AnyOf(methods) => methods.iter().collect(),
        }
    }
}

/// The state of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// It has no signature, and no link of its own.
    Missing,
    /// A link of its own was given out.
    Requested,
    /// It has a signature that counts.
    Signed {
        /// The method that has signed.
        method: MethodId,
        /// When, in Unix milliseconds.
        at_ms: u64,
    },
    /// Its holder does not want to sign. A signature would replace this.
    Refused {
        /// Why.
        reason: String,
        /// When, in Unix milliseconds.
        at_ms: u64,
    },
    /// Its signer was deactivated since, and is not asked for any more.
    NotNeeded,
}

/// The state of a ceremony. Worked out from what is stored and from the ledger, each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Signatures are missing.
    Collecting,
    /// A holder has refused, and not signed since.
    Refused,
    /// Every slot is signed.
    Complete {
        /// From when on it can be submitted, in Unix milliseconds.
        commit_from_ms: u64,
    },
    /// Every slot is signed, and the ledger has refused it. It can be tried again.
    Rejected {
        /// What the ledger said.
        reason: String,
    },
    /// It is in the log: one answer for each statement.
    Committed(Vec<Committed>),
    /// The DID has changed since, so that the statement no longer means what was signed.
    Superseded {
        /// What has happened.
        by: Supersession,
    },
    /// Its time is over.
    Expired,
    /// It was called off.
    Cancelled {
        /// When, in Unix milliseconds.
        at_ms: u64,
    },
}

impl State {
    /// Whether signatures are still taken.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Collecting | Self::Refused | Self::Complete { .. } | Self::Rejected { .. } => {
                true
            }
            Self::Committed(_)
            | Self::Superseded { .. }
            | Self::Expired
            | Self::Cancelled { .. } => false,
        }
    }
}

/// What supersedes a ceremony. Indexes are those of the log; there are none where a network keeps no log here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supersession {
    /// Another operation has created the DID.
    Created {
        /// Its latest operation.
        log_index: Option<u64>,
    },
    /// The DID has another version, or other keys or signers.
    Updated {
        /// Its latest operation.
        log_index: Option<u64>,
    },
    /// The DID was deactivated otherwise.
    Deactivated {
        /// The operation that deactivated it.
        log_index: Option<u64>,
    },
}

/// A signature that is submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The slot it is for. Without it every slot that the method can fill is tried.
    pub slot: Option<u32>,
    /// The method that has signed.
    pub method: MethodId,
    /// The signature: 64 bytes for Ed25519, DER for ECDSA, modulus length for RSA.
    pub bytes: Vec<u8>,
}

/// A part of a list of ceremonies, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Only those about this DID.
    pub did: Option<Did>,
    /// Only those after this one: the last of the page before.
    pub after: Option<CeremonyId>,
    /// Most ceremonies, at most [`super::LIST_MAX`].
    pub limit: u32,
}
