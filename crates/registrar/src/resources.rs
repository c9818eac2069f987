//! The resources of a tenant's DIDs.

use did::Did;
use ledger::{Ledger, RESOURCES_READ_MAX, ResourceMetadata};

use crate::{LIST_MAX, ListedResources, Page, Registrar, RegistrarError, ResourceFilter};

impl Registrar {
    /// The resources of the DIDs of a tenant that a filter lets through, the DIDs in their order and the newest first
    /// in each. The ledger is asked for every DID: no list of them is kept.
    ///
    /// # Errors
    /// [`RegistrarError::NotFound`] for a DID that is not the tenant's; ledger or store cannot be read or written.
    pub async fn resources(
        &self,
        tenant: &str,
        filter: &ResourceFilter,
        page: Page,
    ) -> Result<ListedResources, RegistrarError> {
        let mut wanted = Wanted {
            filter,
            skip: page.offset,
            limit: page.limit.min(LIST_MAX) as usize,
            listed: ListedResources::default(),
        };
        if let Some(did) = &filter.did {
            wanted.add(self.ledger_of_owned(tenant, did)?, did)?;
            return Ok(wanted.listed);
        }
        let mut offset = 0;
        loop {
            let all = Page {
                offset,
                limit: LIST_MAX,
            };
            let listed = self.list(tenant, filter.network.as_deref(), all).await?;
            if listed.dids.is_empty() {
                return Ok(wanted.listed);
            }
            offset += listed.dids.len() as u64;
            for did in &listed.dids {
                // Those of a network that is not served now are listed when it is.
                if let Ok(ledger) = self.networks.of(did) {
                    wanted.add(ledger, did)?;
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

struct Wanted<'f> {
    filter: &'f ResourceFilter,
    skip: u64,
    limit: usize,
    listed: ListedResources,
}

impl Wanted<'_> {
    fn add(&mut self, ledger: &dyn Ledger, did: &Did) -> Result<(), RegistrarError> {
        let mut before = None;
        loop {
            let found = ledger.resources(did, before, RESOURCES_READ_MAX)?;
            let Some(last) = found.last() else {
                return Ok(());
            };
            before = Some(last.mark);
            for one in found {
                if !self.takes(&one) {
                    continue;
                }
                let is_on_page = self.listed.total >= self.skip;
                self.listed.total += 1;
                if is_on_page && self.listed.resources.len() < self.limit {
                    self.listed.resources.push(one);
                }
            }
        }
    }

    fn takes(&self, one: &ResourceMetadata) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.filter.name, &one.header.name)
            && is(&self.filter.resource_type, &one.header.resource_type)
            && is(
                &self.filter.network,
                one.did.namespace().unwrap_or_default(),
            )
    }
}
