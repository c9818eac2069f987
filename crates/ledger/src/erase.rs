//! Erasing the data of a resource, by the operator of the ledger.
//!
//! The entry stays: that the resource existed, who signed it, and what it was called. Backups are not reached.

use did::{Did, ResourceHeader, normal_resource_id};
use proof::leaf::{Leaf, ResourceLeaf};
use thiserror::Error;

use crate::blobs::Blobs;
use crate::error::OpenError;
use crate::log::{Found, Scan};
use crate::open::{Ground, lock, survey};
use crate::options::Options;

/// What became of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// It is gone. The entry with this log index stays.
    Now(u64),
    /// It was not there.
    Before(u64),
}

/// Why nothing was erased.
#[derive(Debug, Error)]
pub enum EraseError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no such resource.
    #[error(
        "the DID {did} has no resource {id}: see which ones it has with GET /resource/search/{did}"
    )]
    NotFound {
        /// The DID.
        did: Did,
        /// The requested id.
        id: String,
    },
    /// A file cannot be read or written. Run it again: what was begun is gone on with.
    #[error("the ledger's files cannot be read or written; run it again")]
    Io(#[from] std::io::Error),
}

/// Erases the data of the resource of a DID with this id, for good. The ledger must not be running.
///
/// # Errors
/// [`EraseError`] states what is there and what to do.
pub fn erase_resource(options: &Options, did: &Did, id: &str) -> Result<Erased, EraseError> {
    let _locks = lock(options)?;
    let Ground { segments, .. } = survey(options)?;
    let id = normal_resource_id(id);
    let mut scan = Scan::from_start(&segments);
    while let Found::Frame(frame, _) = scan.next()? {
        for (index, bytes) in (frame.first_index..).zip(&frame.leaves) {
            if let Ok(Leaf::Resource(leaf)) = Leaf::decode(bytes)
                && is_wanted(&leaf, did, &id)
            {
                let blobs = Blobs::new(options.disk.clone(), &options.data);
                return Ok(match blobs.erase(index)? {
                    true => Erased::Now(index),
                    false => Erased::Before(index),
                });
            }
        }
    }
    Err(EraseError::NotFound {
        did: did.clone(),
        id,
    })
}

fn is_wanted(leaf: &ResourceLeaf, did: &Did, id: &str) -> bool {
    let header = ResourceHeader::restore(&leaf.payload);
    leaf.did == did.as_str() && header.is_ok_and(|header| header.id == id)
}
