//! Frames of the log, applied again to the state before them.

use did::ResourceHeader;
use proof::leaf::{Consulted, Leaf};

use crate::identity::changes_identity;
use crate::index::BatchChanges;
use crate::leaves::read_payload;
use crate::log::{Frame, Position, places};
use crate::tip::{Tip, TipError};

/// Applies a frame and gives everything that it changes. Signatures are not verified again here; every root is.
pub(crate) fn apply(
    tip: &mut Tip,
    frame: &Frame,
    position: Position,
    flushed: u64,
) -> Result<BatchChanges, TipError> {
    apply_with(tip, frame, position, flushed, |_, _, _| Ok(()))
}

/// The same with a further check of what each operation and resource rests on, just before its turn.
pub(crate) fn apply_with(
    tip: &mut Tip,
    frame: &Frame,
    position: Position,
    flushed: u64,
    check: impl Fn(&mut Tip, u64, &[Consulted]) -> Result<(), TipError>,
) -> Result<BatchChanges, TipError> {
    if frame.first_index != tip.size() {
        return Err(TipError::Broken {
            index: frame.first_index,
            reason: "its frame starts at another index",
        });
    }
    for bytes in &frame.leaves {
        leaf(tip, bytes, &check)?;
        if changes_identity(bytes) && frame.leaves.len() != 2 {
            return Err(TipError::Broken {
                index: tip.size() - 1,
                reason: "it shares its frame with more than its state leaf",
            });
        }
    }
    if tip.awaits_end() {
        return Err(TipError::Broken {
            index: tip.size() - 1,
            reason: "the deactivation of the DID that was imported before it is missing",
        });
    }
    if tip.needs_state_leaf() {
        return Err(TipError::Broken {
            index: tip.size() - 1,
            reason: "its frame does not end with a state leaf",
        });
    }
    Ok(tip.finish(position, &places(frame, position), flushed, String::new()))
}

fn leaf(
    tip: &mut Tip,
    bytes: &[u8],
    check: impl Fn(&mut Tip, u64, &[Consulted]) -> Result<(), TipError>,
) -> Result<(), TipError> {
    let index = tip.size();
    let broken = |reason| Err(TipError::Broken { index, reason });
    match Leaf::decode(bytes) {
        Ok(Leaf::Genesis(_)) if index == 0 => tip.append(Leaf::hash_of(bytes)),
        Ok(Leaf::Operation(operation)) if index > 1 => {
            let Some((version_id, document)) = read_payload(operation.kind, &operation.payload)
            else {
                return broken("its payload cannot be read");
            };
            check(tip, index, &operation.consulted)?;
            tip.operation(&operation, bytes, &version_id, document.as_ref())?;
        }
        Ok(Leaf::Resource(resource)) if index > 1 => {
            let Ok(header) = ResourceHeader::restore(&resource.payload) else {
                return broken("its payload cannot be read");
            };
            check(tip, index, &resource.consulted)?;
            tip.resource(&resource, bytes, &header)?;
        }
        Ok(Leaf::State(state)) if index > 0 => {
            if tip.state_leaf(state.time_ms, state.other_heads.clone())? != state {
                return broken("its root or its counts are not those of the operations before it");
            }
            tip.state(&state, bytes)?;
        }
        Ok(Leaf::KeyRotation(rotation)) if index > 1 => tip.key_rotation(&rotation, bytes)?,
        Ok(Leaf::Recovery(recovery)) if index > 1 => tip.recovery(&recovery, bytes)?,
        Ok(Leaf::Import(import)) if index > 1 => tip.import(&import, bytes)?,
        Ok(Leaf::Opaque(_)) if index > 1 => tip.append(Leaf::hash_of(bytes)),
        Ok(_) => return broken("it does not belong there"),
        Err(_) => return broken("its bytes are not a leaf that this release knows"),
    }
    Ok(())
}
