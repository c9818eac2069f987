//! What may be asked, and what is answered.

use did::{Did, Document, MethodId, MethodType, proto};
use keystore::{CustodialAlgorithm, StoredKey};
use ledger::ResourceMetadata;
use zeroize::Zeroizing;

use crate::Edit;

/// A DID to be made.
#[derive(Clone, Debug)]
pub enum Create {
    /// The document is written here.
    Parameters(NewDid),
    /// The caller has written it.
    Document(NewDocument),
    /// The caller has written it, but for methods whose keys are made here.
    Open(OpenDocument),
}

/// What a document is written from.
#[derive(Clone, Debug)]
pub struct NewDid {
    /// Where the DID is to live, such as `testnet`.
    pub network: String,
    /// How its identifier is made.
    pub id_format: IdFormat,
    /// How its key is written.
    pub method_type: MethodType,
    /// Its key.
    pub key: KeyChoice,
    /// Services, the id of each a fragment alone; the DID is put in front.
    pub services: Vec<proto::Service>,
    /// `@context`.
    pub contexts: Vec<String>,
}

/// A document that its author has written.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// The document. With verification methods it stays as it is, and the tenant must hold the keys of all of them.
    /// Without, it gets one under the fragment `key-1`.
    pub document: proto::DidDoc,
    /// How the key of that one is written.
    pub method_type: MethodType,
    /// The key of that one. A key that is named although the document has methods must be among them.
    pub key: KeyChoice,
}

/// A document that its author has written, but for the methods that are made here.
#[derive(Clone, Debug)]
pub struct OpenDocument {
    /// The document. The tenant must hold the keys of all methods that it brings.
    pub document: proto::DidDoc,
    /// What it gets besides, each with a new key.
    pub new_methods: Vec<NewMethod>,
}

/// How the identifier of a new DID is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdFormat {
    /// A random UUID.
    Uuid,
    /// The first 16 bytes of SHA-256 over the public key, in base58.
    Base58btc,
}

/// The key of a new DID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChoice {
    /// A new Ed25519 key.
    Generate,
    /// A key that the tenant holds, by its public key in hexadecimal.
    Existing(String),
}

/// A DID to be changed.
#[derive(Clone, Debug)]
pub struct Update {
    /// The DID.
    pub did: Did,
    /// What changes.
    pub change: Change,
    /// The keys that sign.
    pub keys: SigningKeys,
}

/// What an update changes.
#[derive(Clone, Debug)]
pub enum Change {
    /// The whole document.
    Document(proto::DidDoc),
    /// Some of its sections; the others stay.
    Sections(Sections),
    /// Parts of it, one after the other.
    Edits(Edits),
}

/// Changes of parts of a document.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// What changes, in this order.
    pub edits: Vec<Edit>,
    /// What is added last, each with a new key.
    pub new_methods: Vec<NewMethod>,
}

/// A verification method to be made, with a new Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMethod {
    /// Its id, such as `did:cheqd:testnet:…#key-2`.
    pub id: String,
    /// How its key is written.
    pub method_type: MethodType,
    /// Who controls it.
    pub controller: String,
    /// What it is for.
    pub relationships: Vec<Relationship>,
}

/// What a verification method is for (DID Core, section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relationship {
    /// To prove that one is the subject.
    Authentication,
    /// To sign statements.
    Assertion,
    /// To exercise a capability.
    CapabilityInvocation,
    /// To hand one on.
    CapabilityDelegation,
    /// To agree on keys.
    KeyAgreement,
}

impl Relationship {
    /// The entries of a document that have this relationship.
    pub fn of_document(self, document: &mut proto::DidDoc) -> &mut Vec<String> {
        match self {
            Self::Authentication => &mut document.authentication,
            Self::Assertion => &mut document.assertion_method,
            Self::CapabilityInvocation => &mut document.capability_invocation,
            Self::CapabilityDelegation => &mut document.capability_delegation,
            Self::KeyAgreement => &mut document.key_agreement,
        }
    }
}

/// New sections of a document; those that are `None` stay.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// The new `service`.
    pub services: Option<Vec<proto::Service>>,
    /// The new `verificationMethod`.
    pub verification_methods: Option<Vec<proto::VerificationMethod>>,
    /// The new `authentication`.
    pub authentication: Option<Vec<String>>,
}

/// A resource to be created.
#[derive(Clone, Debug)]
pub struct CreateResource {
    /// The DID that it is to belong to.
    pub did: Did,
    /// Its id, a UUID; `None` for a random one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// A version label; may be empty.
    pub version: String,
    /// What it is. Resources of one name and type are versions of each other.
    pub resource_type: String,
    /// Other places where it can be found.
    pub also_known_as: Vec<proto::resource::AlternativeUri>,
    /// Its content.
    pub data: Vec<u8>,
    /// The keys that sign.
    pub keys: SigningKeys,
}

/// A DID to be deactivated.
#[derive(Clone, Debug)]
pub struct Deactivate {
    /// The DID.
    pub did: Did,
    /// The keys that sign.
    pub keys: SigningKeys,
    /// What the statement that they sign is bound to.
    pub scope: BoundScope,
}

/// What a deactivation is bound to: a change of it makes the signatures worthless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoundScope {
    /// The very version that is the latest now. Every update supersedes the statement.
    #[default]
    Version,
    /// The keys and DIDs that speak for the DID. An update that leaves them as they are does not disturb it: for
    /// signatures that take days to collect.
    Authority,
}

/// Which of the tenant's keys sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SigningKeys {
    /// Every one that is needed.
    AllCustodial,
    /// These and no others, by their public keys in lower-case hexadecimal.
    Exactly(Vec<String>),
}

/// A DID that exists, to be managed here. Has no `Debug`: it holds private keys.
pub struct Import {
    /// The DID.
    pub did: Did,
    /// The private keys of all its verification methods, in any order.
    pub keys: Vec<ImportKey>,
    /// The public key, in hexadecimal, of a key that must be among them.
    pub first_key: Option<String>,
}

/// A private key that is imported. Has no `Debug`.
pub struct ImportKey {
    /// The algorithm.
    pub algorithm: CustodialAlgorithm,
    /// Ed25519: the seed of 32 bytes, or 64 bytes, seed and public key. P-256: the scalar of 32 bytes.
    pub private_key: Zeroizing<Vec<u8>>,
    /// A name for people.
    pub alias: Option<String>,
}

/// A DID that the tenant manages, after the request.
#[derive(Clone, Debug)]
pub struct Managed {
    /// The DID.
    pub did: Did,
    /// Its document.
    pub document: Document,
    /// Its verification methods whose keys the tenant holds, in the order of the document.
    pub keys: Vec<ManagedKey>,
    /// The version that the document is.
    pub version_id: String,
}

/// A verification method whose key the tenant holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedKey {
    /// The method.
    pub method: MethodId,
    /// Its key.
    pub key: StoredKey,
}

/// A deactivated DID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deactivated {
    /// The DID.
    pub did: Did,
    /// Its last version, which records the deactivation.
    pub version_id: String,
    /// What deactivated it.
    pub deactivated_by: DeactivatedBy,
}

/// What deactivated a DID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeactivatedBy {
    /// This request.
    ThisRequest,
    /// An earlier one; nothing was written.
    EarlierRequest,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Entries to skip at the beginning.
    pub offset: u64,
    /// Most entries, at most [`crate::LIST_MAX`].
    pub limit: u32,
}

/// DIDs of a tenant, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// How many there are, on all pages.
    pub total: u64,
    /// Those of this page.
    pub dids: Vec<Did>,
}

/// Which resources are listed: those that fit everything that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceFilter {
    /// The DID that they belong to.
    pub did: Option<Did>,
    /// Its network.
    pub network: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their type.
    pub resource_type: Option<String>,
}

/// Resources of a tenant's DIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedResources {
    /// How many there are, on all pages.
    pub total: u64,
    /// Those of this page.
    pub resources: Vec<ResourceMetadata>,
}
