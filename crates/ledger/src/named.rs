//! The dependents of a DID: those that name it as a controller.

use std::collections::BTreeMap;

use did::{Did, Status, other_signers};

use crate::embedded::Embedded;
use crate::error::ReadError;
use crate::index::IndexError;

/// DIDs that one answer looks at.
pub const NAMED_BY_MAX: usize = 1000;

/// The active DIDs whose latest document names a DID as a controller, of itself or of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBy {
    /// They, in no order that means anything.
    pub dids: Vec<Did>,
    /// Whether there may be more: [`NAMED_BY_MAX`] were looked at, counting those that name it no more.
    pub may_be_more: bool,
}

impl Embedded {
    /// The active DIDs that name this one as a controller.
    ///
    /// # Errors
    /// [`ReadError`] when index or log cannot be read.
    pub fn named_by(&self, signer: &Did) -> Result<NamedBy, ReadError> {
        let found = self.watched(|| self.ever_named(signer))?;
        let may_be_more = found.len() >= NAMED_BY_MAX;
        let mut dids = Vec::new();
        for did in found.into_iter().take(NAMED_BY_MAX) {
            let Some(state) = self.state(&did)? else {
                continue;
            };
            let names = other_signers(&state.document).contains(signer);
            if state.status == Status::Active && names {
                dids.push(did);
            }
        }
        Ok(NamedBy { dids, may_be_more })
    }

    /// Those that name it, or have named it once.
    fn ever_named(&self, signer: &Did) -> Result<Vec<Did>, ReadError> {
        let reader = &self.shared().reader;
        let key = reader.key(signer);
        // The overlay first: what leaves it meanwhile is in the index by then.
        let mut found: BTreeMap<_, String> = reader.overlay.named(&key).into_iter().collect();
        found.extend(reader.index.freeze()?.named(&key, NAMED_BY_MAX)?);
        let dids = found.values().map(|did| Did::parse(did));
        let dids: Result<Vec<Did>, _> = dids.collect();
        Ok(dids.map_err(|_| IndexError::Damaged { table: "named" })?)
    }
}
