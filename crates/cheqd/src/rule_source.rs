//! The rules of this server over the state of a chain.

use std::sync::Arc;

use did::{Did, DidState, Known};
use ledger::ReadError;

use crate::blocking::{Waiter, withheld};
use crate::outbox::Outbox;
use crate::reader::Reader;

/// A source for the rules. It waits for the answers of nodes.
#[derive(Clone)]
pub(crate) struct RuleSource {
    pub(crate) waiter: Waiter,
    pub(crate) reader: Arc<Reader>,
    pub(crate) outbox: Outbox,
}

impl Known for RuleSource {
    type Error = ReadError;

    fn state(&mut self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        let (reader, did) = (Arc::clone(&self.reader), did.clone());
        let state = self.waiter.wait(async move { reader.state(&did).await })?;
        Ok(state.map(Arc::new))
    }

    /// A version whose transaction may still be put into a block is neither used nor unused.
    fn version_is_used(&mut self, did: &Did, version_id: &str) -> Result<bool, ReadError> {
        if self.outbox.is_under_way(did, version_id)? {
            return Err(withheld(format!(
                "a transaction that makes version {version_id} is under way"
            )));
        }
        let (reader, did, id) = (Arc::clone(&self.reader), did.clone(), version_id.to_owned());
        self.waiter
            .wait(async move { reader.has_version(&did, &id).await })
    }

    fn resource_exists(&mut self, did: &Did, resource_id: &str) -> Result<bool, ReadError> {
        let (reader, did, id) = (
            Arc::clone(&self.reader),
            did.clone(),
            resource_id.to_owned(),
        );
        let found = self
            .waiter
            .wait(async move { reader.resource_metadata(&did, &id).await });
        Ok(found?.is_some())
    }
}
