//! Whether the chain holds: the first row at which it does not.

use serde_json::{Map, Value};
use store::StoreError;

use crate::entry::hash_of;
use crate::export::ExportLine;
use crate::loss::head_json;
use crate::{Action, AuditHead, AuditLog, InvalidLine, rows};

/// At how many other places a row is tried that does not fit at its own.
const PLACES_TRIED_MAX: u64 = 100_000;

/// What is wrong with the audit log.
#[derive(Debug, thiserror::Error)]
pub enum AuditFault {
    /// The row is not what was written.
    #[error("audit row {index} was changed: its hash is not that of its contents")]
    Changed {
        /// The row.
        index: u64,
    },
    /// The row is gone; later ones are there, or the recorded end counts it.
    #[error("audit row {index} is missing")]
    Missing {
        /// The row.
        index: u64,
    },
    /// The row was written at another place.
    #[error("audit row {index} was moved: it was written as row {written_as}")]
    Reordered {
        /// Its place.
        index: u64,
        /// The place it was written at.
        written_as: u64,
    },
    /// The row is whole, and does not continue the one before.
    #[error(
        "audit row {index} does not continue the row before it: one of the two was put there from outside"
    )]
    Unlinked {
        /// The row.
        index: u64,
    },
    /// The row was put behind the end.
    #[error("audit row {index} stands behind the end of the log: it was put there from outside")]
    Extra {
        /// The row.
        index: u64,
    },
    /// The record of the end is not the hash of the last row.
    #[error(
        "the recorded end of the audit log is not the hash of its last row, {last}: one of the two was changed"
    )]
    End {
        /// The last row.
        last: u64,
    },
    /// A line of an export cannot be read as one.
    #[error("the line behind audit row {after} is not a line of an export")]
    Line {
        /// The number of rows before it.
        after: u64,
        /// What is wrong with it.
        source: InvalidLine,
    },
    /// It could not be read.
    #[error("the audit log could not be read")]
    Unreadable(#[from] StoreError),
}

impl AuditLog {
    /// Reads every row and checks that it is what was written, where it was written.
    ///
    /// # Errors
    /// [`AuditFault`] names the first row that is not.
    pub fn verify(&self) -> Result<AuditHead, AuditFault> {
        let recorded = self.store.read(rows::head)?;
        let mut check = AuditCheck::default();
        loop {
            let from = check.reached.size;
            let page = self
                .store
                .read(|connection| rows::rows_from(connection, from))?;
            if page.is_empty() {
                break;
            }
            for (columns, hash) in page {
                let index = columns.index;
                check.take(&ExportLine::of(columns, hash))?;
                // Rows that are appended meanwhile are checked as well; only their end was not recorded then.
                if check.reached.size == recorded.size && check.reached.hash != recorded.hash {
                    return Err(AuditFault::End { last: index });
                }
            }
        }
        self.compare_end(check.reached, recorded)
    }

    fn compare_end(
        &self,
        reached: AuditHead,
        recorded: AuditHead,
    ) -> Result<AuditHead, AuditFault> {
        if reached.size < recorded.size {
            return Err(AuditFault::Missing {
                index: reached.size,
            });
        }
        if reached.size == 0 && recorded.hash != AuditHead::EMPTY.hash {
            return Err(AuditFault::End { last: 0 });
        }
        let now = self.store.read(rows::head)?;
        if reached.size > now.size {
            return Err(AuditFault::Extra { index: now.size });
        }
        Ok(reached)
    }
}

/// Checks an export line by line, without the store that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheck {
    reached: AuditHead,
}

impl Default for AuditCheck {
    fn default() -> AuditCheck {
        AuditCheck {
            reached: AuditHead::EMPTY,
        }
    }
}

impl AuditCheck {
    /// Takes the next line of an export.
    ///
    /// # Errors
    /// [`AuditFault`] names the row.
    pub fn line(&mut self, text: &str) -> Result<(), AuditFault> {
        let line = ExportLine::parse(text).map_err(|source| AuditFault::Line {
            after: self.reached.size,
            source,
        })?;
        self.take(&line)
    }

    /// How far it has come. Compare it with the head in a ledger's log: rows missing at the end show nowhere else.
    #[must_use]
    pub fn head(&self) -> AuditHead {
        self.reached
    }

    fn take(&mut self, line: &ExportLine) -> Result<(), AuditFault> {
        if let Some(lost) = self.behind_loss(line) {
            self.reached = lost;
        }
        let index = self.reached.size;
        if line.index != index {
            return Err(AuditFault::Missing { index });
        }
        let content = line.content();
        if hash_of(index, &line.previous, &content) != line.hash {
            let mut places = 0..PLACES_TRIED_MAX;
            let fits = |place: &u64| hash_of(*place, &line.previous, &content) == line.hash;
            return Err(match places.find(fits) {
                Some(written_as) => AuditFault::Reordered { index, written_as },
                None => AuditFault::Changed { index },
            });
        }
        if line.previous != self.reached.hash {
            return Err(AuditFault::Unlinked { index });
        }
        self.reached = AuditHead {
            size: index.saturating_add(1),
            hash: line.hash,
        };
        Ok(())
    }

    /// The head that was lost, if this is the entry that accepts its loss, after exactly what was kept.
    fn behind_loss(&self, line: &ExportLine) -> Option<AuditHead> {
        let columns = line.columns()?;
        if line.index <= self.reached.size || columns.action != Action::AuditAcceptLoss.as_str() {
            return None;
        }
        let lost = AuditHead {
            size: line.index,
            hash: line.previous,
        };
        let details: Map<String, Value> = serde_json::from_str(&columns.details).ok()?;
        let wanted = head_json(lost);
        let names_it = |one: &Value| one["size"] == wanted["size"] && one["hash"] == wanted["hash"];
        let names_lost = details.get("lost")?.as_array()?.iter().any(names_it);
        let kept = details.get("kept") == Some(&head_json(self.reached));
        (names_lost && kept).then_some(lost)
    }
}
