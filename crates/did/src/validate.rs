//! Stateless validation: what a message must keep whatever the ledger holds.
//!
//! The rules and their texts are the cheqd ledger's. Stricter are: normal form of ids, sound keys, and limits.
//! Within one field the first failing rule is named; all fields are looked at.

mod assertion;
mod document;
mod issues;
mod resource;
mod rules;
mod signatures;
mod unquote;

pub use assertion::inline_method;
pub(crate) use assertion::{inline_controller, inline_id};
pub(crate) use document::{Parsed, payload};
pub(crate) use issues::{Issue, Issues, each};
pub(crate) use resource::resource;
pub(crate) use signatures::{deactivation, signatures};
