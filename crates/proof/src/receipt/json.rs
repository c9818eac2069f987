//! JSON in one form: members in a fixed order, no white space, the shortest escapes, base64 with padding.
//!
//! Reading is lenient where `serde_json` is; [`super::Receipt::parse`] writes again what was read and compares.

use std::borrow::Cow;

use did::Did;
use serde::{Deserialize, Serialize};

use super::envelope::{Parts, ProvenDid, ProvenLeaf, RECEIPT_FORMAT, Receipt, Stage};
use super::reasons::Malformed;
use super::summary::Summary;

/// The members in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    format: Cow<'a, str>,
    stage: Stage,
    #[serde(with = "text")]
    did: Did,
    checkpoint: Cow<'a, str>,
    state: Cow<'a, ProvenLeaf>,
    dids: Cow<'a, [ProvenDid]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Cow<'a, ProvenLeaf>>,
    summary: Cow<'a, Summary>,
}

pub(super) fn write(receipt: &Receipt) -> Vec<u8> {
    let parts = &receipt.parts;
    let wire = Wire {
        format: Cow::Borrowed(RECEIPT_FORMAT),
        stage: parts.stage,
        did: parts.did.clone(),
        checkpoint: Cow::Borrowed(&parts.checkpoint),
        state: Cow::Borrowed(&parts.state),
        dids: Cow::Borrowed(&parts.dids),
        operation: parts.operation.as_ref().map(Cow::Borrowed),
        summary: Cow::Borrowed(&receipt.summary),
    };
    // Nothing in it can fail to be written: all keys are texts, and memory is the only thing written to.
    serde_json::to_vec(&wire).unwrap_or_default()
}

pub(super) fn read(bytes: &[u8]) -> Result<Receipt, Malformed> {
    let wire: Wire<'_> =
        serde_json::from_slice(bytes).map_err(|error| Malformed::Json(error.to_string()))?;
    if wire.format != RECEIPT_FORMAT {
        return Err(Malformed::Format(wire.format.chars().take(64).collect()));
    }
    Ok(Receipt {
        parts: Parts {
            did: wire.did,
            stage: wire.stage,
            checkpoint: wire.checkpoint.into_owned(),
            state: wire.state.into_owned(),
            dids: wire.dids.into_owned(),
            operation: wire.operation.map(Cow::into_owned),
        },
        summary: wire.summary.into_owned(),
    })
}

/// Values that have one text each: DIDs, digests.
pub(super) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<T: Display, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Bytes in standard base64 with padding.
pub(super) mod base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        STANDARD
            .decode(text.as_bytes())
            .map_err(|error| D::Error::custom(format_args!("expected base64: {error}")))
    }
}

/// Bytes in base64, or `null`.
pub(super) mod optional_base64 {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Bytes(#[serde(with = "super::base64")] Vec<u8>);

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::base64::serialize(bytes, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Option::<Bytes>::deserialize(from)?.map(|bytes| bytes.0))
    }
}

/// A list of digests, each in base64.
pub(super) mod hashes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::Hash;

    #[derive(Serialize, Deserialize)]
    struct Bytes(#[serde(with = "super::base64")] Vec<u8>);

    pub fn serialize<S: Serializer>(hashes: &[Hash], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(hashes.iter().map(|hash| Bytes(hash.as_bytes().to_vec())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hash>, D::Error> {
        let list = Vec::<Bytes>::deserialize(from)?;
        let hash = |Bytes(bytes): Bytes| {
            let bytes: [u8; 32] = bytes.try_into().ok()?;
            Some(Hash::from(bytes))
        };
        list.into_iter()
            .map(|bytes| hash(bytes).ok_or_else(|| D::Error::custom("expected 32 bytes")))
            .collect()
    }
}

/// The encoding of a state value, or `null`.
pub(super) mod state_value {
    use serde::{Deserializer, Serializer, de::Error};

    use crate::state::StateValue;

    pub fn serialize<S: Serializer>(value: &Option<StateValue>, to: S) -> Result<S::Ok, S::Error> {
        super::optional_base64::serialize(&value.as_ref().map(StateValue::encode), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<StateValue>, D::Error> {
        let bytes = super::optional_base64::deserialize(from)?;
        bytes
            .map(|bytes| StateValue::decode(&bytes).map_err(D::Error::custom))
            .transpose()
    }
}

/// The encoding of a state proof.
pub(super) mod state_proof {
    use serde::{Deserializer, Serializer, de::Error};

    use crate::state::StateProof;

    pub fn serialize<S: Serializer>(proof: &StateProof, to: S) -> Result<S::Ok, S::Error> {
        super::base64::serialize(proof.encode(), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StateProof, D::Error> {
        StateProof::decode(&super::base64::deserialize(from)?).map_err(D::Error::custom)
    }
}
