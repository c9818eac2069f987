//! An accepted operation with everything that its acceptance rested on.

use did::VersionKind;

use super::error::InField;
use super::{InvalidLeaf, MAX_DID_BYTES, MAX_LEAF_BYTES, MAX_METHOD_ID_BYTES};
use crate::codec::{
    FieldProblem, Reader, Writer, check_ascending, check_length, check_visible_ascii,
};
use crate::{Hash, NetworkId};

const MAX_SIGNATURES: usize = 1024;
const MAX_CONSULTED: usize = 256;

/// An accepted create, update or deactivation of a DID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationLeaf {
    /// The rule set under which it was accepted.
    pub rule_set: u16,
    /// The network it belongs to.
    pub network_id: NetworkId,
    /// What it does.
    pub kind: VersionKind,
    /// The DID in normal form: 1 to 256 visible ASCII characters.
    pub did: String,
    /// The number of this operation among those of its DID; 1 is the create.
    pub sequence: u64,
    /// Its place in its submission, whose operations are all or none.
    pub place: SubmissionPlace,
    /// The DID's operation before this one; `None` for a create, and only there.
    pub previous: Option<LeafReference>,
    /// Log index of the state leaf under which it was judged.
    pub judged_under: u64,
    /// The writer's time in milliseconds since 1970-01-01 UTC; never decreases within a log.
    pub time_ms: u64,
    /// The payload exactly as it was signed: 1 byte or more.
    pub payload: Vec<u8>,
    /// The signatures that counted, in the order in which they were given; at most 1024.
    pub signatures: Vec<LeafSignature>,
    /// The DIDs that were consulted, in strictly ascending order of their bytes; at most 256.
    pub consulted: Vec<Consulted>,
    /// What the version id was derived from, if it is a bound one: 1 byte or more.
    pub bound_preimage: Option<Vec<u8>>,
}

/// A place in a submission: `position` of `count`, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmissionPlace {
    /// Number of operations before this one; less than `count`.
    pub position: u16,
    /// Number of operations in the submission; 1 or more.
    pub count: u16,
}

/// A leaf of the same log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafReference {
    /// Its index, from 0.
    pub index: u64,
    /// Its leaf hash in the log's tree.
    pub hash: Hash,
}

/// A signature that counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafSignature {
    /// The verification method, in normal form: 1 to 512 visible ASCII characters.
    pub method_id: String,
    /// The signature exactly as it was given: 1 byte or more.
    pub bytes: Vec<u8>,
}

/// A DID whose state the acceptance rested on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consulted {
    /// The DID in normal form: 1 to 256 visible ASCII characters.
    pub did: String,
    /// What it was at that moment.
    pub status: ConsultedStatus,
}

/// The state of a consulted DID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsultedStatus {
    /// It did not exist.
    Absent,
    /// It was active, with this latest operation.
    Active(LeafReference),
    /// It was deactivated, by this operation.
    Deactivated(LeafReference),
}

impl OperationLeaf {
    pub(super) fn write(&self, w: &mut Writer) {
        w.field(&self.rule_set.to_be_bytes());
        w.field(self.network_id.as_bytes());
        w.field(&[self.kind as u8]);
        w.field(self.did.as_bytes());
        w.field(&self.sequence.to_be_bytes());
        w.nested(|w| write_place(w, &self.place));
        w.option(self.previous.as_ref(), write_reference);
        w.field(&self.judged_under.to_be_bytes());
        w.field(&self.time_ms.to_be_bytes());
        w.field(&self.payload);
        w.list(&self.signatures, write_signature);
        w.list(&self.consulted, write_consulted);
        w.option(self.bound_preimage.as_ref(), |w, bytes| w.raw(bytes));
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self {
            rule_set: r.u16_field().in_field("rule_set")?,
            network_id: r.network_id_field().in_field("network_id")?,
            kind: r.nested(read_kind).in_field("kind")?,
            did: r.text_field().in_field("did")?,
            sequence: r.u64_field().in_field("sequence")?,
            place: r.nested(read_place).in_field("place")?,
            previous: r.option(read_reference).in_field("previous")?,
            judged_under: r.u64_field().in_field("judged_under")?,
            time_ms: r.u64_field().in_field("time_ms")?,
            payload: r.field().in_field("payload")?.to_vec(),
            signatures: r.list(read_signature).in_field("signatures")?,
            consulted: r.list(read_consulted).in_field("consulted")?,
            bound_preimage: r
                .option(|r| Ok(r.remainder().to_vec()))
                .in_field("bound_preimage")?,
        };
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        check_visible_ascii(&self.did, MAX_DID_BYTES).in_field("did")?;
        self.check_sequence()?;
        self.place.check().in_field("place")?;
        // Above the leaf's own limit the length is reported as `TooLarge`, not here.
        check_length(self.payload.len(), 1..=usize::MAX).in_field("payload")?;
        check_signatures(&self.signatures)?;
        check_consulted(&self.consulted)?;
        let preimage_len = self.bound_preimage.as_ref().map_or(1, Vec::len);
        check_length(preimage_len, 1..=MAX_LEAF_BYTES).in_field("bound_preimage")
    }

    /// A create is the first operation of its DID, and nothing else is.
    fn check_sequence(&self) -> Result<(), InvalidLeaf> {
        let creates = self.kind == VersionKind::Create;
        if self.sequence == 0 || creates != (self.sequence == 1) {
            return Err(FieldProblem::Contradiction).in_field("sequence");
        }
        if creates == self.previous.is_some() {
            return Err(FieldProblem::Contradiction).in_field("previous");
        }
        Ok(())
    }
}

impl SubmissionPlace {
    pub(super) fn check(&self) -> Result<(), FieldProblem> {
        if self.position >= self.count {
            return Err(FieldProblem::Contradiction);
        }
        Ok(())
    }
}

pub(super) fn check_signatures(signatures: &[LeafSignature]) -> Result<(), InvalidLeaf> {
    check_length(signatures.len(), 0..=MAX_SIGNATURES).in_field("signatures")?;
    for signature in signatures {
        check_visible_ascii(&signature.method_id, MAX_METHOD_ID_BYTES).in_field("signatures")?;
        check_length(signature.bytes.len(), 1..=MAX_LEAF_BYTES).in_field("signatures")?;
    }
    Ok(())
}

pub(super) fn check_consulted(consulted: &[Consulted]) -> Result<(), InvalidLeaf> {
    check_length(consulted.len(), 0..=MAX_CONSULTED).in_field("consulted")?;
    for seen in consulted {
        check_visible_ascii(&seen.did, MAX_DID_BYTES).in_field("consulted")?;
    }
    check_ascending(consulted.iter().map(|seen| &seen.did)).in_field("consulted")
}

pub(super) fn write_place(w: &mut Writer, place: &SubmissionPlace) {
    w.raw(&place.position.to_be_bytes());
    w.raw(&place.count.to_be_bytes());
}

pub(super) fn write_signature(w: &mut Writer, signature: &LeafSignature) {
    w.field(signature.method_id.as_bytes());
    w.field(&signature.bytes);
}

pub(super) fn write_consulted(w: &mut Writer, consulted: &Consulted) {
    w.field(consulted.did.as_bytes());
    write_status(w, &consulted.status);
}

pub(super) fn write_reference(w: &mut Writer, reference: &LeafReference) {
    w.raw(&reference.index.to_be_bytes());
    w.raw(reference.hash.as_bytes());
}

fn write_status(w: &mut Writer, status: &ConsultedStatus) {
    let (code, head) = match status {
        ConsultedStatus::Absent => (0, None),
        ConsultedStatus::Active(head) => (1, Some(head)),
        ConsultedStatus::Deactivated(head) => (2, Some(head)),
    };
    w.raw(&[code]);
    if let Some(head) = head {
        write_reference(w, head);
    }
}

fn read_kind(r: &mut Reader<'_>) -> Result<VersionKind, FieldProblem> {
    let code = r.u8()?;
    let mut kinds = VersionKind::ALL.into_iter();
    kinds
        .find(|kind| *kind as u8 == code)
        .ok_or(FieldProblem::UnknownValue)
}

pub(super) fn read_place(r: &mut Reader<'_>) -> Result<SubmissionPlace, FieldProblem> {
    Ok(SubmissionPlace {
        position: r.u16()?,
        count: r.u16()?,
    })
}

pub(super) fn read_reference(r: &mut Reader<'_>) -> Result<LeafReference, FieldProblem> {
    Ok(LeafReference {
        index: r.u64()?,
        hash: r.hash()?,
    })
}

pub(super) fn read_signature(r: &mut Reader<'_>) -> Result<LeafSignature, FieldProblem> {
    Ok(LeafSignature {
        method_id: r.text_field()?,
        bytes: r.field()?.to_vec(),
    })
}

pub(super) fn read_consulted(r: &mut Reader<'_>) -> Result<Consulted, FieldProblem> {
    let did = r.text_field()?;
    let status = match r.u8()? {
        0 => ConsultedStatus::Absent,
        1 => ConsultedStatus::Active(read_reference(r)?),
        2 => ConsultedStatus::Deactivated(read_reference(r)?),
        _ => return Err(FieldProblem::UnknownValue),
    };
    Ok(Consulted { did, status })
}
