//! The embedded ledger behind the interface that all engines share.

use std::sync::Arc;

use did::{Did, DidState, Head, Proposal};

use crate::committed::{Committed, Mark, Resolved};
use crate::embedded::Embedded;
use crate::error::{LedgerFault, ReadError};
use crate::ledger::{Knowledge, Ledger, Submitting};
use crate::{History, Resource, ResourceMetadata, Withheld};

impl Ledger for Embedded {
    fn namespace(&self) -> &str {
        self.namespace()
    }

    fn network_id(&self) -> &[u8; 32] {
        self.network_id()
    }

    fn time_ms(&self) -> u64 {
        self.published().time_ms
    }

    fn fault(&self) -> Option<LedgerFault> {
        self.fault()
    }

    fn withheld(&self) -> Option<Withheld> {
        let assurance = self.assurance();
        (!assurance.discloses_active()).then_some(Withheld::Assurance(assurance))
    }

    fn log(&self) -> Option<&Embedded> {
        Some(self)
    }

    fn latest(&self, did: &Did) -> Result<Option<Resolved>, ReadError> {
        self.latest(did)
    }

    fn version(&self, did: &Did, version_id: &str) -> Result<Option<Resolved>, ReadError> {
        self.version(did, version_id)
    }

    fn at(&self, did: &Did, time_ms: u64) -> Result<Option<Resolved>, ReadError> {
        self.at(did, time_ms)
    }

    fn history(&self, did: &Did, before: Option<&str>) -> Result<Option<History>, ReadError> {
        self.history(did, before)
    }

    fn resource(&self, did: &Did, id: &str) -> Result<Option<Resource>, ReadError> {
        self.resource(did, id)
    }

    fn resource_metadata(
        &self,
        did: &Did,
        id: &str,
    ) -> Result<Option<ResourceMetadata>, ReadError> {
        self.resource_metadata(did, id)
    }

    fn resources(
        &self,
        did: &Did,
        before: Option<Mark>,
        limit: usize,
    ) -> Result<Vec<ResourceMetadata>, ReadError> {
        self.resources(did, before, limit)
    }

    fn state(&self, did: &Did) -> Result<Option<Arc<DidState>>, ReadError> {
        self.state(did)
    }

    fn known(&self) -> Knowledge {
        Box::new(self.known())
    }

    fn submit(&self, proposals: Vec<Proposal>) -> Submitting<'_> {
        Box::pin(self.submit(proposals))
    }

    fn submit_on(&self, head: Head, proposals: Vec<Proposal>) -> Submitting<'_> {
        Box::pin(self.submit_on(head, proposals))
    }

    fn committed(&self, proposal: &Proposal) -> Result<Option<Committed>, ReadError> {
        self.committed(proposal)
    }
}
