//! The audit log: one hash-chained row for each change, written in the transaction of the change.
//!
//! `docs/audit-log.md` is its format. There is no way to change or remove a row.

mod action;
mod attribution;
mod entry;
mod export;
mod record;
mod rows;
mod verify;

pub use action::Action;
pub use attribution::{Actor, Attribution};
pub use entry::{AuditHead, DETAILS_BYTES_MAX, Entry, Event, SUBJECT_BYTES_MAX};
pub use export::{AUDIT_LINE_BYTES_MAX, AuditLines, NotALine};
pub(crate) use record::Recorder;
pub use rows::{AUDIT_PAGE_MAX, AuditFilter};
pub(crate) use rows::{append, append_behind};
pub use verify::{AuditCheck, AuditFault};
