//! Frames of the log, applied again to what stands before them.

use did::ResourceHeader;
use proof::leaf::{Consulted, Leaf};

use crate::chain::{Chain, ChainError, read_payload};
use crate::identity::turns;
use crate::index::BatchChanges;
use crate::log::{Frame, Position, places};

/// Applies a frame and gives everything that it changes. Signatures are not verified again here; every root is.
pub(crate) fn apply(
    chain: &mut Chain,
    frame: &Frame,
    position: Position,
    flushed: u64,
) -> Result<BatchChanges, ChainError> {
    apply_with(chain, frame, position, flushed, |_, _, _| Ok(()))
}

/// The same with a further check of what each operation and resource rests on, just before its turn.
pub(crate) fn apply_with(
    chain: &mut Chain,
    frame: &Frame,
    position: Position,
    flushed: u64,
    check: impl Fn(&mut Chain, u64, &[Consulted]) -> Result<(), ChainError>,
) -> Result<BatchChanges, ChainError> {
    if frame.first_index != chain.size() {
        return Err(ChainError::Broken {
            index: frame.first_index,
            reason: "its frame starts at another index",
        });
    }
    for bytes in &frame.leaves {
        leaf(chain, bytes, &check)?;
        if turns(bytes) && frame.leaves.len() != 2 {
            return Err(ChainError::Broken {
                index: chain.size() - 1,
                reason: "it shares its frame with more than its state leaf",
            });
        }
    }
    if chain.awaits_end() {
        return Err(ChainError::Broken {
            index: chain.size() - 1,
            reason: "the end of the DID that was imported before it is missing",
        });
    }
    if chain.needs_state_leaf() {
        return Err(ChainError::Broken {
            index: chain.size() - 1,
            reason: "its frame does not end with a state leaf",
        });
    }
    Ok(chain.finish(position, &places(frame, position), flushed, String::new()))
}

fn leaf(
    chain: &mut Chain,
    bytes: &[u8],
    check: impl Fn(&mut Chain, u64, &[Consulted]) -> Result<(), ChainError>,
) -> Result<(), ChainError> {
    let index = chain.size();
    let broken = |reason| Err(ChainError::Broken { index, reason });
    match Leaf::decode(bytes) {
        Ok(Leaf::Genesis(_)) if index == 0 => chain.append(Leaf::hash_of(bytes)),
        Ok(Leaf::Operation(operation)) if index > 1 => {
            let Some((version_id, document)) = read_payload(operation.kind, &operation.payload)
            else {
                return broken("its payload cannot be read");
            };
            check(chain, index, &operation.consulted)?;
            chain.operation(&operation, bytes, &version_id, document.as_ref())?;
        }
        Ok(Leaf::Resource(resource)) if index > 1 => {
            let Ok(header) = ResourceHeader::restore(&resource.payload) else {
                return broken("its payload cannot be read");
            };
            check(chain, index, &resource.consulted)?;
            chain.resource(&resource, bytes, &header)?;
        }
        Ok(Leaf::State(state)) if index > 0 => {
            if chain.state_leaf(state.time_ms, state.other_heads.clone())? != state {
                return broken("its root or its counts are not those of the operations before it");
            }
            chain.state(&state, bytes)?;
        }
        Ok(Leaf::KeyRotation(rotation)) if index > 1 => chain.key_rotation(&rotation, bytes)?,
        Ok(Leaf::Recovery(recovery)) if index > 1 => chain.recovery(&recovery, bytes)?,
        Ok(Leaf::Import(import)) if index > 1 => chain.import(&import, bytes)?,
        Ok(Leaf::Opaque(_)) if index > 1 => chain.append(Leaf::hash_of(bytes)),
        Ok(_) => return broken("it does not belong there"),
        Err(_) => return broken("its bytes are no leaf that this release knows"),
    }
    Ok(())
}
