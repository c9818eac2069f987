//! The audit log: who did what. One hash-chained row for each change, written in the transaction of the change.
//!
//! `docs/audit-log.md` is its format. There is no way to change or remove a row. [`AuditCheck`] verifies an export
//! without the store that it comes from.
//!
//! The tables are migration 2 of the component `access`, whose tables they share a store with.

mod action;
mod actor;
mod entry;
mod error;
mod export;
mod id;
mod loss;
mod rows;
mod verify;

use store::Store;

pub use action::Action;
pub use actor::{Actor, Attribution};
pub use entry::{AuditHead, DETAILS_BYTES_MAX, Entry, Event, SUBJECT_BYTES_MAX};
pub use error::AuditError;
pub use export::{AUDIT_LINE_BYTES_MAX, AuditLines, InvalidLine};
pub use id::{
    ActionId, ApiKeyId, AssignmentId, ChallengeId, CredentialId, PermissionId, TenantId, TokenId,
    UserId,
};
pub use loss::{LostHead, append_loss};
pub use rows::{AUDIT_PAGE_MAX, Appender, AuditFilter, append};
pub use verify::{AuditCheck, AuditFault};

/// The log in one store, to be read. Clones share it.
#[derive(Clone)]
pub struct AuditLog {
    store: Store,
}

impl AuditLog {
    /// The log in a store that was opened with its tables.
    #[must_use]
    pub fn new(store: Store) -> AuditLog {
        AuditLog { store }
    }
}
