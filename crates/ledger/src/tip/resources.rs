//! Resources, which join a collection and leave everything else as it is.

use did::ResourceHeader;
use proof::Hash;
use proof::leaf::{Leaf, ResourceLeaf};
use proof::state::StateKey;

use super::{NOWHERE, Tip, TipError};
use crate::index::{DidChange, EntryRecord, ResourceRecord};
use crate::leaves::series_of;

impl Tip {
    /// Appends a resource. `bytes` is its encoded leaf, `header` its metadata there.
    pub(crate) fn resource(
        &mut self,
        leaf: &ResourceLeaf,
        bytes: &[u8],
        header: &ResourceHeader,
    ) -> Result<(), TipError> {
        let index = self.size();
        let broken = |reason| Err(TipError::Broken { index, reason });
        self.follows_in_time(leaf.network_id, leaf.time_ms)?;
        if leaf.judged_under != self.last_state_index() {
            return broken("it was not judged under the newest state");
        }
        let key = StateKey::of(&self.identity.network_id, &leaf.did);
        let Some(mut head) = self.proven_head(&key)? else {
            return broken("its DID does not exist");
        };
        if head.value.deactivation_index().is_some() {
            return broken("its DID is deactivated");
        }
        if !leaf.did.ends_with(&format!(":{}", header.collection_id)) {
            return broken("its payload is for another DID");
        }
        if self.has_resource(&key, &header.id)? {
            return broken("its DID has a resource of this id");
        }
        let series = series_of(header);
        let record = ResourceRecord {
            entry: EntryRecord {
                index,
                place: NOWHERE,
                leaf_hash: Leaf::hash_of(bytes),
            },
            id: header.id.clone(),
            series,
            previous: self.newest_of(&key, &series)?,
        };
        self.time_ms = leaf.time_ms;
        self.append(record.entry.leaf_hash);
        self.batch.operations += 1;
        head.resources += 1;
        let change = self.batch.dids.entry(key).or_insert_with(|| DidChange {
            key,
            head: head.clone(),
            versions: Vec::new(),
            evidence: None,
            resources: Vec::new(),
        });
        change.head = head;
        change.resources.push(record);
        Ok(())
    }

    /// Whether a DID has a resource of this id, the batch under way included.
    pub(crate) fn has_resource(&self, key: &StateKey, id: &str) -> Result<bool, TipError> {
        let in_batch = self.in_batch(key, |record| record.id == id).is_some();
        Ok(in_batch || self.reader.resource_by_id(key, id)?.is_some())
    }

    fn newest_of(&self, key: &StateKey, series: &Hash) -> Result<Option<u64>, TipError> {
        match self.in_batch(key, |record| record.series == *series) {
            Some(record) => Ok(Some(record.entry.index)),
            None => Ok(self.reader.newest_resource(key, series)?),
        }
    }

    fn in_batch(
        &self,
        key: &StateKey,
        wanted: impl Fn(&ResourceRecord) -> bool,
    ) -> Option<&ResourceRecord> {
        let newest_first = self.batch.dids.get(key)?.resources.iter().rev();
        newest_first.into_iter().find(|record| wanted(record))
    }
}
