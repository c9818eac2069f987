//! Step 1: JSON in one form. Members in a fixed order, no white space, the shortest escapes, base64 with padding.

use std::borrow::Cow;

use did::Did;
use serde::{Deserialize, Serialize};

use super::encoding;
use super::parts::{
    MAX_RECEIPT_BYTES, Parts, ProvenDid, ProvenLeaf, RECEIPT_FORMAT, Receipt, Stage,
};
use super::reasons::Malformed;
use super::summary::Summary;

impl Receipt {
    /// Parses a receipt (step 1). Nothing else is verified yet.
    ///
    /// # Errors
    ///
    /// [`Malformed`] unless the bytes are the canonical encoding of a receipt, and at most [`MAX_RECEIPT_BYTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        check_size(bytes)?;
        let receipt = read(bytes)?;
        // `serde_json` is lenient, so what was read is written again and compared.
        if receipt.to_bytes() == bytes {
            Ok(receipt)
        } else {
            Err(Malformed::NotCanonical)
        }
    }

    /// The canonical encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        write(self)
    }

    pub(super) fn check_size(&self) -> Result<(), Malformed> {
        check_size(&self.to_bytes())
    }
}

fn check_size(bytes: &[u8]) -> Result<(), Malformed> {
    let bytes = bytes.len();
    if bytes > MAX_RECEIPT_BYTES {
        Err(Malformed::TooLarge { bytes })
    } else {
        Ok(())
    }
}

/// The members in their order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    format: Cow<'a, str>,
    stage: Stage,
    #[serde(with = "encoding::text")]
    did: Did,
    checkpoint: Cow<'a, str>,
    state: Cow<'a, ProvenLeaf>,
    dids: Cow<'a, [ProvenDid]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Cow<'a, ProvenLeaf>>,
    summary: Cow<'a, Summary>,
}

fn write(receipt: &Receipt) -> Vec<u8> {
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
    // Cannot fail: all keys are strings, and it is written to memory.
    serde_json::to_vec(&wire).unwrap_or_default()
}

fn read(bytes: &[u8]) -> Result<Receipt, Malformed> {
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
