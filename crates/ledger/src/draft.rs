//! Accepted operations on their way to the writer.

use did::{Accepted, NewResource, Operation, Proposal, Rejection, Status};
use proof::Hash;
use proof::leaf::{
    Consulted, ConsultedStatus, Leaf, LeafReference, LeafSignature, OperationLeaf,
    RESOURCE_SALT_BYTES, ResourceLeaf, SubmissionPlace, UnencodableLeaf, VersionKind,
};

use crate::identity::{Identity, RULE_SET};
use crate::media_type::media_type;

/// An accepted operation and its leaf, but for what only the writer knows.
pub(crate) struct Draft {
    pub(crate) operation: Operation,
    pub(crate) accepted: Accepted,
    /// When a bound statement expires, in Unix milliseconds.
    pub(crate) expires_ms: Option<u64>,
    pub(crate) leaf: DraftLeaf,
}

/// What the log will hold.
pub(crate) enum DraftLeaf {
    Operation(Box<OperationLeaf>),
    /// The leaf, and the salt that its data lies with.
    Resource(Box<ResourceLeaf>, [u8; RESOURCE_SALT_BYTES]),
}

/// Placeholder for the head that the writer fills in.
const UNKNOWN: LeafReference = LeafReference {
    index: 0,
    hash: Hash::new([0; 32]),
};

impl Draft {
    /// Prepares the leaf and checks that it fits: only numbers and hashes of fixed size are put in later. `salt` is
    /// random, and used where there is data to keep apart.
    pub(crate) fn new(
        identity: &Identity,
        proposal: Proposal,
        accepted: Accepted,
        place: SubmissionPlace,
        salt: [u8; RESOURCE_SALT_BYTES],
    ) -> Result<Self, Rejection> {
        let Proposal { operation, bound } = proposal;
        let preimage = bound.as_ref().map(did::BoundVersion::encode);
        let leaf = match (operation.resource(), operation.kind().of_version()) {
            (None, Some(kind)) => {
                let leaf = operation_leaf(identity, &operation, &accepted, kind, place, preimage);
                DraftLeaf::Operation(Box::new(leaf))
            }
            (Some(resource), _) => {
                let leaf = resource_leaf(identity, &operation, &resource, &accepted, place, &salt);
                DraftLeaf::Resource(Box::new(leaf), salt)
            }
            (None, None) => return Err(Rejection::namespace("payload: cannot be blank.")),
        };
        match leaf.to_leaf().encode() {
            Ok(_) => Ok(Self {
                operation,
                accepted,
                expires_ms: bound.map(|bound| bound.expires_ms),
                leaf,
            }),
            Err(UnencodableLeaf::TooLarge { bytes, limit }) => Err(Rejection::basic(format!(
                "payload: with its signatures it takes {bytes} bytes in the log, where at most {limit} fit."
            ))),
            Err(UnencodableLeaf::Field(error)) => {
                Err(Rejection::basic(format!("payload: {error}.")))
            }
        }
    }
}

impl DraftLeaf {
    pub(crate) fn to_leaf(&self) -> Leaf {
        match self {
            Self::Operation(leaf) => Leaf::Operation((**leaf).clone()),
            Self::Resource(leaf, _) => Leaf::Resource((**leaf).clone()),
        }
    }
}

fn operation_leaf(
    identity: &Identity,
    operation: &Operation,
    accepted: &Accepted,
    kind: VersionKind,
    place: SubmissionPlace,
    bound_preimage: Option<Vec<u8>>,
) -> OperationLeaf {
    let first = kind == VersionKind::Create;
    OperationLeaf {
        rule_set: RULE_SET,
        network_id: identity.network_id,
        kind,
        did: operation.did().to_string(),
        sequence: if first { 1 } else { 2 },
        place,
        previous: (!first).then_some(UNKNOWN),
        judged_under: 0,
        time_ms: 0,
        payload: operation.payload().to_vec(),
        signatures: signatures(accepted),
        consulted: consulted(accepted),
        bound_preimage,
    }
}

fn resource_leaf(
    identity: &Identity,
    operation: &Operation,
    resource: &NewResource<'_>,
    accepted: &Accepted,
    place: SubmissionPlace,
    salt: &[u8; RESOURCE_SALT_BYTES],
) -> ResourceLeaf {
    ResourceLeaf {
        rule_set: RULE_SET,
        network_id: identity.network_id,
        did: operation.did().to_string(),
        place,
        judged_under: 0,
        time_ms: 0,
        payload: resource.signed_header.to_vec(),
        data_bytes: resource.data.len() as u64,
        data_digest: ResourceLeaf::digest(salt, resource.data),
        media_type: media_type(resource.data),
        signatures: signatures(accepted),
        consulted: consulted(accepted),
    }
}

fn signatures(accepted: &Accepted) -> Vec<LeafSignature> {
    let counted = accepted.signatures.iter();
    counted
        .map(|signature| LeafSignature {
            method_id: signature.method.to_string(),
            bytes: signature.bytes.clone(),
        })
        .collect()
}

fn consulted(accepted: &Accepted) -> Vec<Consulted> {
    let seen = accepted.consulted.iter();
    seen.map(|seen| Consulted {
        did: seen.did.to_string(),
        status: match &seen.state {
            None => ConsultedStatus::Absent,
            Some(state) => consulted_status(state.status, UNKNOWN),
        },
    })
    .collect()
}

pub(crate) fn consulted_status(status: Status, head: LeafReference) -> ConsultedStatus {
    match status {
        Status::Active => ConsultedStatus::Active(head),
        Status::Deactivated => ConsultedStatus::Deactivated(head),
    }
}
