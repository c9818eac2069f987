//! Operations from an older log, with the signatures that can be checked without it.

use std::collections::HashMap;

use did::{Did, Document};
use proof::leaf::{Import, Leaf, LeafReference, OperationLeaf};

use super::{Audit, VerifyError, entry, read_error};
use crate::import::signed;
use crate::leaves::previous_of;
use crate::leaves::read_payload;
use crate::log::Frame;
use crate::reader::ReadError;

/// A DID as the older log left it: its newest leaf there, and its document.
type Before = (Option<LeafReference>, Option<Document>);

impl Audit {
    /// Checks that the DID's own keys have signed what was imported. The older log's checkpoint is not in the leaf:
    /// to verify it again, the export is needed.
    pub(super) fn check_imports(
        &self,
        frame: &Frame,
        since: Option<u64>,
    ) -> Result<(), VerifyError> {
        let mut seen: HashMap<String, Before> = HashMap::new();
        for (index, bytes) in (frame.first_index..).zip(&frame.leaves) {
            let Ok(Leaf::Import(import)) = Leaf::decode(bytes) else {
                continue;
            };
            let (Some(imported), Ok(Some(operation))) =
                (&import.operation, import.imported_operation())
            else {
                continue;
            };
            let before = match seen.remove(&import.did) {
                Some(before) => before,
                None => self.before(&import, since).map_err(read_error)?,
            };
            let (link, document) = before;
            // The deactivation of a DID with another history here was signed over a document that is not here.
            if previous_of(&imported.leaf) == Some(link)
                && let Err(reason) = signed(&operation, document.as_ref())
            {
                return entry(index, reason);
            }
            let newest = LeafReference {
                index: imported.index,
                hash: Leaf::hash_of(&imported.leaf),
            };
            let document = document_of(&operation).or(document);
            seen.insert(import.did, (Some(newest), document));
        }
        Ok(())
    }

    fn before(&self, import: &Import, since: Option<u64>) -> Result<Before, ReadError> {
        let Ok(did) = Did::parse(&import.did) else {
            return Ok((None, None));
        };
        let Some(head) = self.reader.head(&self.reader.key(&did))? else {
            return Ok((None, None));
        };
        let link = self.reader.link(&head, since.unwrap_or(0))?;
        Ok((link, Some(self.reader.document(&head.latest.document)?)))
    }
}

fn document_of(operation: &OperationLeaf) -> Option<Document> {
    read_payload(operation.kind, &operation.payload)?.1
}
