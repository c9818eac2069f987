//! An accepted resource, without its data.

use super::error::InField;
use super::operation::{
    check_consulted, check_signatures, read_consulted, read_place, read_signature, write_consulted,
    write_place, write_signature,
};
use super::{
    Consulted, ConsultedStatus, InvalidLeaf, LeafSignature, MAX_DID_BYTES, MAX_MEDIA_TYPE_BYTES,
    SubmissionPlace,
};
use crate::codec::{FieldProblem, Reader, Writer, check_length, check_visible_ascii};
use crate::hash::sha256_of;
use crate::{Hash, NetworkId};

/// Length of the salt of a resource's data in bytes.
pub const RESOURCE_SALT_BYTES: usize = 32;

/// An accepted resource. It changes neither the state of its DID nor what that names as its newest operation.
///
/// Its data lies apart, with a random salt, and can be erased: what stays here does not help to guess it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceLeaf {
    /// The rule set under which it was accepted.
    pub rule_set: u16,
    /// The network it belongs to.
    pub network_id: NetworkId,
    /// The DID that it belongs to, in normal form: 1 to 256 visible ASCII characters.
    pub did: String,
    /// Its place in its submission, whose operations are all or none.
    pub place: SubmissionPlace,
    /// Log index of the state leaf under which it was judged.
    pub judged_under: u64,
    /// The writer's time in milliseconds since 1970-01-01 UTC; never decreases within a log.
    pub time_ms: u64,
    /// The payload as it was signed, without the field that holds the data: 1 byte or more.
    pub payload: Vec<u8>,
    /// Length of the data in bytes: 1 or more.
    pub data_bytes: u64,
    /// What [`ResourceLeaf::digest`] gives for the salt and the data.
    pub data_digest: Hash,
    /// The media type that was found in the data when it was accepted: 1 to 127 ASCII characters.
    pub media_type: String,
    /// The signatures that counted, in the order in which they were given; at most 1024.
    pub signatures: Vec<LeafSignature>,
    /// The DIDs that were consulted, in strictly ascending order of their bytes; at most 256. The DID itself is one of
    /// them, and active.
    pub consulted: Vec<Consulted>,
}

impl ResourceLeaf {
    /// SHA-256 of salt and data, one behind the other.
    #[must_use]
    pub fn digest(salt: &[u8; RESOURCE_SALT_BYTES], data: &[u8]) -> Hash {
        sha256_of(&[salt, data])
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.field(&self.rule_set.to_be_bytes());
        w.field(self.network_id.as_bytes());
        w.field(self.did.as_bytes());
        w.nested(|w| write_place(w, &self.place));
        w.field(&self.judged_under.to_be_bytes());
        w.field(&self.time_ms.to_be_bytes());
        w.field(&self.payload);
        w.field(&self.data_bytes.to_be_bytes());
        w.field(self.data_digest.as_bytes());
        w.field(self.media_type.as_bytes());
        w.list(&self.signatures, write_signature);
        w.list(&self.consulted, write_consulted);
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, InvalidLeaf> {
        let leaf = Self {
            rule_set: r.u16_field().in_field("rule_set")?,
            network_id: r.network_id_field().in_field("network_id")?,
            did: r.text_field().in_field("did")?,
            place: r.nested(read_place).in_field("place")?,
            judged_under: r.u64_field().in_field("judged_under")?,
            time_ms: r.u64_field().in_field("time_ms")?,
            payload: r.field().in_field("payload")?.to_vec(),
            data_bytes: r.u64_field().in_field("data_bytes")?,
            data_digest: r.hash_field().in_field("data_digest")?,
            media_type: r.text_field().in_field("media_type")?,
            signatures: r.list(read_signature).in_field("signatures")?,
            consulted: r.list(read_consulted).in_field("consulted")?,
        };
        leaf.check()?;
        Ok(leaf)
    }

    pub(super) fn check(&self) -> Result<(), InvalidLeaf> {
        check_visible_ascii(&self.did, MAX_DID_BYTES).in_field("did")?;
        self.place.check().in_field("place")?;
        // Above the leaf's own limit the length is reported as `TooLarge`, not here.
        check_length(self.payload.len(), 1..=usize::MAX).in_field("payload")?;
        if self.data_bytes == 0 {
            return Err(FieldProblem::InvalidLength).in_field("data_bytes");
        }
        let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        let length = self.media_type.len();
        if !(1..=MAX_MEDIA_TYPE_BYTES).contains(&length) || !self.media_type.bytes().all(printable)
        {
            return Err(FieldProblem::InvalidText).in_field("media_type");
        }
        check_signatures(&self.signatures)?;
        check_consulted(&self.consulted)?;
        let is_active = |seen: &Consulted| {
            seen.did == self.did && matches!(seen.status, ConsultedStatus::Active(_))
        };
        if !self.consulted.iter().any(is_active) {
            return Err(FieldProblem::Contradiction).in_field("consulted");
        }
        Ok(())
    }
}
