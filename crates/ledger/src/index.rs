//! Everything derived from the log: latest versions, all versions, resources, where entries are, the nodes of the
//! state tree, the tiles of the log's tree, and what receipts of deactivations need.
//!
//! It can be deleted at any time and is rebuilt from the log. It is written behind: readers see it together with the
//! [`Overlay`], which holds what has been acknowledged and is not in it yet.

mod apply;
mod backend;
mod evidence;
mod follower;
mod frozen;
mod overlay;
mod record;
mod resource;
mod table;

pub(crate) use evidence::{Evidence, SeenDid, SeenState};
pub(crate) use follower::Follower;
pub(crate) use frozen::Frozen;
pub(crate) use overlay::{BatchChanges, DidChange, Named, Overlay};
pub(crate) use record::{EntryRecord, FrameRecord, HeadRecord, IndexPosition, VersionRecord};
pub(crate) use resource::ResourceRecord;
#[cfg(test)]
pub(crate) use table::tampering;
pub(crate) use table::{Index, IndexError};
