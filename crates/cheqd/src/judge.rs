//! The rules of this server over what a chain knows.

use std::sync::Arc;

use did::{Did, DidState, Known};
use ledger::ReadError;

use crate::blocking::{Asking, withheld};
use crate::outbox::Outbox;
use crate::reading::Reading;

/// A source for the rules. It waits for the answers of nodes.
#[derive(Clone)]
pub(crate) struct Knowing {
    pub(crate) asking: Asking,
    pub(crate) reading: Arc<Reading>,
    pub(crate) outbox: Outbox,
}

impl Known for Knowing {
    type Error = ReadError;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        let (reading, did) = (Arc::clone(&self.reading), did.clone());
        let state = self.asking.wait(async move { reading.state(&did).await })?;
        Ok(state.map(Arc::new))
    }

    /// A version whose transaction may still be put into a block is neither used nor unused.
    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        if self.outbox.is_under_way(did, version_id)? {
            return Err(withheld(format!(
                "a transaction that makes version {version_id} is under way"
            )));
        }
        let (reading, did, id) = (
            Arc::clone(&self.reading),
            did.clone(),
            version_id.to_owned(),
        );
        self.asking
            .wait(async move { reading.has_version(&did, &id).await })
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, ReadError> {
        let (reading, did, id) = (
            Arc::clone(&self.reading),
            did.clone(),
            resource_id.to_owned(),
        );
        let found = self
            .asking
            .wait(async move { reading.resource_metadata(&did, &id).await });
        Ok(found?.is_some())
    }
}
