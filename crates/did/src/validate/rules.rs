//! Rules for single fields and lists, shared by all messages.

use std::collections::BTreeSet;

use super::issues::{Issue, each};
use crate::did::Did;
use crate::did_url::MethodId;
use crate::limits::{MAX_STRING_BYTES, MAX_VERSION_ID_BYTES};
use crate::version_id::normal_version_id;

/// The DID that the ids of a document must start with.
pub(super) struct Subject<'a> {
    text: &'a str,
    did: Option<Did>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(text: &'a str, did: Option<Did>) -> Self {
        Self { text, did }
    }

    /// An id in normal form whose DID is the subject.
    pub(super) fn own_id(&self, text: &str) -> Result<MethodId, Issue> {
        let id = MethodId::parse(text).map_err(Issue::text)?;
        match &self.did {
            Some(did) if !id.belongs_to(did) || id.as_str() != text => {
                Err(Issue::text(format_args!("must have prefix: {did}")))
            }
            None if !text.starts_with(self.text) => {
                Err(Issue::text(format_args!("must have prefix: {}", self.text)))
            }
            Some(_) | None => Ok(id),
        }
    }
}

pub(super) fn required(text: &str) -> Result<&str, Issue> {
    if text.is_empty() {
        Err(Issue::blank())
    } else {
        Ok(text)
    }
}

pub(super) fn did(text: &str) -> Result<Did, Issue> {
    Did::parse(text).map_err(Issue::text)
}

/// Any text of a create or update; deactivations ask for a UUID.
pub(super) fn version_id(text: &str) -> Result<(), Issue> {
    required(text)?;
    at_most_bytes(text.len(), MAX_VERSION_ID_BYTES)?;
    at_most_bytes(normal_version_id(text).len(), MAX_VERSION_ID_BYTES)
}

pub(super) fn at_most_bytes(len: usize, limit: usize) -> Result<(), Issue> {
    if len > limit {
        Err(Issue::text(format_args!("must be at most {limit} bytes")))
    } else {
        Ok(())
    }
}

pub(super) fn at_most_entries<T>(list: &[T], limit: usize) -> Result<(), Issue> {
    if list.len() > limit {
        Err(Issue::text(format_args!(
            "must hold at most {limit} entries"
        )))
    } else {
        Ok(())
    }
}

pub(super) fn no_duplicates<T: Ord>(
    items: impl IntoIterator<Item = T>,
    text: &str,
) -> Result<(), Issue> {
    let mut seen = BTreeSet::new();
    if items.into_iter().all(|item| seen.insert(item)) {
        Ok(())
    } else {
        Err(Issue::text(text))
    }
}

/// A list of texts that nothing is known about.
pub(super) fn texts(list: &[String], limit: usize) -> Result<(), Issue> {
    at_most_entries(list, limit)?;
    each(list, |text| at_most_bytes(text.len(), MAX_STRING_BYTES))?;
    Ok(())
}
