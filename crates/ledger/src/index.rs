//! Everything derived from the log: latest versions, all versions, where entries stand, the nodes of the state tree.
//!
//! It can be deleted at any time and is rebuilt from the log. It is written behind: readers see it together with the
//! [`Overlay`], which holds what has been acknowledged and is not in it yet.

mod backend;
mod follower;
mod overlay;
mod record;
mod table;

pub(crate) use follower::Follower;
pub(crate) use overlay::{BatchChanges, DidChange, Overlay};
pub(crate) use record::{EntryRecord, HeadRecord, IndexPosition, VersionRecord};
pub(crate) use table::{Index, IndexError};
