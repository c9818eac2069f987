//! Receipts from what is published.

use std::sync::Arc;
use std::time::Duration;

use did::{Did, other_signers};
use ledger::Withheld;
use proof::receipt::{Receipt, Stage, Summary};
use tokio::time::timeout;

use crate::channel::{Channel, View};
use crate::error::ServeError;

/// A receipt that is returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The receipt in its canonical form: JSON.
    pub receipt: Vec<u8>,
    /// Whether its checkpoint had the quorum. A published receipt of a deactivation never changes any more.
    pub stage: Stage,
    /// The size of its checkpoint.
    pub size: u64,
    /// What it claims.
    pub claim: Claim,
}

/// What a receipt claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The DID is deactivated.
    Deactivated,
    /// It was active at the checkpoint.
    Active,
    /// There was no such DID at the checkpoint.
    NeverExisted,
}

impl Channel {
    /// The receipt of a DID: of its deactivation if there is one, otherwise of its present state.
    pub(crate) async fn receipt(&self, did: &Did) -> Result<Served, ServeError> {
        match self.ledger.deactivated_at(did)? {
            Some(index) => self.of_end(did, index),
            None => self.of_state(did).await,
        }
    }

    /// The receipt under the checkpoint of this size.
    pub(crate) async fn receipt_at(&self, did: &Did, size: u64) -> Result<Served, ServeError> {
        let missing = ServeError::NoReceiptAt { size };
        let Some(index) = self.ledger.deactivated_at(did)? else {
            let served = self.of_state(did).await?;
            return if served.size == size {
                Ok(served)
            } else {
                Err(missing)
            };
        };
        if index >= size {
            return Err(missing);
        }
        if let Some(published) = self.rows.of_size(self.origin(), size)? {
            return self.end_under(did, &published.note, size, Stage::Published);
        }
        let head = self.ledger.published();
        if head.size != size {
            return Err(missing);
        }
        self.end_under(did, &head.checkpoint, size, Stage::Finished)
    }

    /// Under the smallest published checkpoint that covers the deactivation: always the same bytes.
    fn of_end(&self, did: &Did, index: u64) -> Result<Served, ServeError> {
        if let Some(published) = self.rows.covering(self.origin(), index)? {
            return self.end_under(did, &published.note, published.size, Stage::Published);
        }
        let head = self.ledger.published();
        self.end_under(did, &head.checkpoint, head.size, Stage::Finished)
    }

    fn end_under(
        &self,
        did: &Did,
        note: &str,
        size: u64,
        stage: Stage,
    ) -> Result<Served, ServeError> {
        let receipt = self.ledger.deactivation_receipt(did, note, size, stage)?;
        Ok(Served::of(&receipt, size))
    }

    async fn of_state(&self, did: &Did) -> Result<Served, ServeError> {
        let view = self.view_of(did).await?;
        // A deactivation or a doubt that came while it waited is not contradicted.
        if let Some(index) = self.ledger.deactivated_at(did)? {
            return self.of_end(did, index);
        }
        self.check_told(did)?;
        let note = &view.published.note;
        let receipt = view.snapshot.state_receipt(did, note, Stage::Published)?;
        Ok(Served::of(&receipt, view.published.size))
    }

    /// A published view that holds the newest change of the DID and of those that it rests on.
    async fn view_of(&self, did: &Did) -> Result<Arc<View>, ServeError> {
        self.check_told(did)?;
        let newest = self.newest_change(did)?;
        self.view_covering(newest).await
    }

    /// The published view, as soon as it holds this entry.
    pub(crate) async fn view_covering(&self, index: Option<u64>) -> Result<Arc<View>, ServeError> {
        let mut views = self.view.subscribe();
        let covered = views.wait_for(|view| {
            view.as_ref()
                .is_some_and(|view| index.is_none_or(|index| view.covers(index)))
        });
        let patience = Duration::from_millis(self.timing.receipt_wait_ms);
        match timeout(patience, covered).await {
            Ok(Ok(view)) => view.clone().ok_or(ServeError::NotYetPublished),
            Ok(Err(_)) | Err(_) => Err(ServeError::NotYetPublished),
        }
    }

    /// The newest entry that the state of the DID depends on: its own, or that of a DID that signs for it.
    fn newest_change(&self, did: &Did) -> Result<Option<u64>, ServeError> {
        let Some(state) = self.ledger.state(did)? else {
            return Ok(None);
        };
        let mut newest = state.head.index;
        for signer in other_signers(&state.document) {
            if let Some(facts) = self.ledger.facts(&signer)? {
                newest = newest.max(facts.head_index);
            }
        }
        Ok(Some(newest))
    }

    /// Refuses if this DID must not be reported as active.
    fn check_told(&self, did: &Did) -> Result<(), ServeError> {
        self.check_standing()?;
        self.ledger.latest(did)?;
        Ok(())
    }

    /// Refuses if no DID may be reported as active.
    pub(crate) fn check_standing(&self) -> Result<(), ServeError> {
        let assurance = self.ledger.assurance();
        if assurance.discloses_active() {
            Ok(())
        } else {
            Err(ServeError::Withheld(Withheld::Assurance(assurance)))
        }
    }
}

impl Served {
    fn of(receipt: &Receipt, size: u64) -> Self {
        Self {
            receipt: receipt.to_bytes(),
            stage: receipt.stage(),
            size,
            claim: match receipt.summary() {
                Summary::Deactivated(_) => Claim::Deactivated,
                Summary::Active(_) => Claim::Active,
                Summary::NeverExisted {} => Claim::NeverExisted,
            },
        }
    }
}
