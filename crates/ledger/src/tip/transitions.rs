//! Leaves that change what the log is or continues: other keys, another name, operations from an older log.

use std::sync::Arc;

use did::Document;
use proof::leaf::{
    Import, KeyRotation, Leaf, LeafReference, OperationLeaf, Recovery, TreeHead, VersionKind,
};
use proof::state::StateKey;

use super::{NOWHERE, Tip, TipError, next_head, reference};
use crate::index::{DidChange, EntryRecord, Evidence, HeadRecord};
use crate::leaves::{previous_of, read_payload};

impl Tip {
    /// Appends a change of the log's key. It opens its frame.
    pub(crate) fn key_rotation(
        &mut self,
        leaf: &KeyRotation,
        bytes: &[u8],
    ) -> Result<(), TipError> {
        self.opens_frame(leaf.network_id, leaf.time_ms)?;
        let index = self.size();
        let rotated = self.identity.rotate(index, leaf);
        rotated.map_err(|reason| TipError::Broken { index, reason })?;
        self.time_ms = leaf.time_ms;
        self.append(Leaf::hash_of(bytes));
        Ok(())
    }

    /// Appends the leaf with which a log goes on after a loss. It opens its frame.
    pub(crate) fn recovery(&mut self, leaf: &Recovery, bytes: &[u8]) -> Result<(), TipError> {
        self.opens_frame(leaf.network_id, leaf.time_ms)?;
        let index = self.size();
        let kept = TreeHead {
            size: index,
            root: self.root(),
        };
        let recovered = self.identity.recover(kept, leaf);
        recovered.map_err(|reason| TipError::Broken { index, reason })?;
        self.time_ms = leaf.time_ms;
        self.append(Leaf::hash_of(bytes));
        Ok(())
    }

    /// Appends an operation from an older log, or the confirmation that the DID had no other.
    pub(crate) fn import(&mut self, leaf: &Import, bytes: &[u8]) -> Result<(), TipError> {
        let index = self.size();
        let broken = |reason| Err(TipError::Broken { index, reason });
        self.follows_in_time(leaf.network_id, leaf.time_ms)?;
        let key = StateKey::of(&self.identity.network_id, &leaf.did);
        let prior = self.proven_head(&key)?;
        if leaf.previous != prior.as_ref().map(reference) {
            return broken("it does not name its DID's head before it");
        }
        let has_ended = |head: &HeadRecord| head.value.deactivation_index().is_some();
        if prior.as_ref().is_some_and(has_ended) {
            return broken("its DID is deactivated");
        }
        let Ok(operation) = leaf.imported_operation() else {
            return broken("the leaf in it cannot be read");
        };
        if operation
            .as_ref()
            .is_some_and(|one| one.time_ms > leaf.time_ms)
        {
            return broken("the operation in it is younger than itself");
        }
        self.is_covered(leaf, &key, operation.as_ref())?;
        let entry = EntryRecord {
            index,
            place: NOWHERE,
            leaf_hash: Leaf::hash_of(bytes),
        };
        let head = match (&operation, prior) {
            (Some(operation), prior) => {
                let before = leaf
                    .operation
                    .as_ref()
                    .and_then(|one| previous_of(&one.leaf));
                self.imported_head(operation, before.flatten(), entry, &key, prior)?
            }
            (None, Some(mut head)) => {
                head.value.head_index = index;
                head.value.head_hash = entry.leaf_hash;
                head
            }
            (None, None) => return broken("it confirms a DID that is not there"),
        };
        let evidence = match &operation {
            Some(operation) if operation.kind == VersionKind::Deactivate => {
                self.imported_evidence(operation, entry)?.map(Arc::new)
            }
            _ => None,
        };
        self.time_ms = leaf.time_ms;
        self.append(entry.leaf_hash);
        self.batch.operations += 1;
        self.batch.changed.push(key);
        if let Some(imported) = &leaf.operation {
            let link = LeafReference {
                index: imported.index,
                hash: Leaf::hash_of(&imported.leaf),
            };
            self.batch.imported.insert(key, link);
        }
        self.change(key, head, operation.is_some(), evidence);
        Ok(())
    }

    /// What an import may come from: the newest older log, as far as it is known; for a deactivation any older log.
    fn is_covered(
        &mut self,
        leaf: &Import,
        key: &StateKey,
        operation: Option<&OperationLeaf>,
    ) -> Result<(), TipError> {
        let index = self.size();
        let broken = |reason| Err(TipError::Broken { index, reason });
        let Some(older) = self.identity.older(&leaf.origin) else {
            return broken("it comes from a log that this one does not continue");
        };
        let covers = older.is_newest && leaf.until.size >= older.loss.size_needed();
        let ends = operation.is_some_and(|operation| operation.kind == VersionKind::Deactivate);
        match self.batch.until_its_end {
            Some(open) if open != *key => {
                return broken("the import before it does not lead to the deactivation of its DID");
            }
            _ if ends => self.batch.until_its_end = None,
            _ if covers => {}
            _ if operation.is_some() => self.batch.until_its_end = Some(*key),
            _ => return broken("the older log is known to be longer than in this import"),
        }
        Ok(())
    }

    /// Whether imports are open that only the deactivation of their DID allows.
    pub(crate) fn awaits_end(&self) -> bool {
        self.batch.until_its_end.is_some()
    }

    fn imported_head(
        &mut self,
        operation: &OperationLeaf,
        before: Option<LeafReference>,
        entry: EntryRecord,
        key: &StateKey,
        prior: Option<HeadRecord>,
    ) -> Result<HeadRecord, TipError> {
        let broken = |reason| {
            let index = entry.index;
            Err(TipError::Broken { index, reason })
        };
        if operation.network_id != self.identity.network_id {
            return broken("the operation in it belongs to another network");
        }
        let link = match &prior {
            Some(prior) => self.link(key, prior)?,
            None => None,
        };
        let follows = before == link && prior.is_none() == link.is_none();
        // Where the DID has gone another way since, its deactivation still counts: nothing may undo it.
        if !follows && (operation.kind != VersionKind::Deactivate || prior.is_none()) {
            return broken("the operation in it does not follow the one before it");
        }
        let Some((version_id, document)) = read_payload(operation.kind, &operation.payload) else {
            return broken("the payload in it cannot be read");
        };
        let mut here = operation.clone();
        if let Some(prior) = &prior {
            here.sequence = prior.value.sequence + 1;
            here.time_ms = here.time_ms.max(prior.latest.time_ms);
        }
        let document: Option<&Document> = document.as_ref();
        let head = next_head(
            &here,
            entry,
            &version_id,
            document,
            prior.as_ref(),
            self.dids,
        );
        let Some(head) = head else {
            return broken("the payload in it does not fit its kind");
        };
        self.dids += u64::from(prior.is_none());
        self.name(&operation.did, *key, document);
        Ok(head)
    }

    /// The newest leaf of a DID as the older log names it; `None` where the DID has changed since the recovery.
    pub(crate) fn link(
        &self,
        key: &StateKey,
        head: &HeadRecord,
    ) -> Result<Option<LeafReference>, TipError> {
        if let Some(link) = self.batch.imported.get(key) {
            return Ok(Some(*link));
        }
        if self.batch.moved.contains(key) {
            return Ok(None);
        }
        let since = self.identity.unverified_below().unwrap_or(0);
        Ok(self.reader.link(head, since)?)
    }

    fn change(
        &mut self,
        key: StateKey,
        head: HeadRecord,
        is_version: bool,
        evidence: Option<Arc<Evidence>>,
    ) {
        let version = is_version.then(|| head.latest.clone());
        self.batch.moved.insert(key);
        match self.batch.dids.get_mut(&key) {
            Some(change) => {
                change.head = head;
                change.versions.extend(version);
                change.evidence = evidence;
            }
            None => {
                let change = DidChange {
                    key,
                    head,
                    versions: version.into_iter().collect(),
                    evidence,
                    resources: Vec::new(),
                };
                self.batch.dids.insert(key, change);
            }
        }
    }

    fn opens_frame(&self, network_id: proof::NetworkId, time_ms: u64) -> Result<(), TipError> {
        let index = self.size();
        if index != self.batch.first_index {
            let reason = "it is not at the start of its frame";
            return Err(TipError::Broken { index, reason });
        }
        self.follows_in_time(network_id, time_ms)
    }

    pub(super) fn follows_in_time(
        &self,
        network_id: proof::NetworkId,
        time_ms: u64,
    ) -> Result<(), TipError> {
        let index = self.size();
        let reason = if network_id != self.identity.network_id {
            "it belongs to another network"
        } else if time_ms < self.time_ms {
            "its time is before that of the entry before it"
        } else {
            return Ok(());
        };
        Err(TipError::Broken { index, reason })
    }
}
