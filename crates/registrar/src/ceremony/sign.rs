//! Signatures and refusals of holders.

use super::derive::check_open;
use super::links::{LinkScope, no_slot};
use super::model::{Ceremony, Offered, Slot, SlotState};
use super::rows::{Stored, StoredSignature};
use super::{
    Ceremonies, CeremonyAccess, CeremonyError, REASON_CHARS_MAX, Reach, SIGNATURES_MAX, Unexpected,
};

impl Ceremonies {
    /// Takes signatures, all of them or none. One that is there already, to the last byte, is in order.
    ///
    /// # Errors
    /// [`CeremonyError::Signatures`] names every one that does not verify or has no place;
    /// [`CeremonyError::Closed`], [`CeremonyError::NotWithThisLink`].
    pub async fn sign(
        &self,
        via: CeremonyAccess<'_>,
        offered: Vec<Offered>,
    ) -> Result<Ceremony, CeremonyError> {
        let (found, _) = self.found(via)?;
        let _turn = self.registrar.turns.of(&found.did).await;
        let (stored, reach) = self.found(via)?;
        let ceremony = self.seen(&stored)?;
        if !(1..=SIGNATURES_MAX).contains(&offered.len()) {
            return Err(CeremonyError::Unusable(format!(
                "1 to {SIGNATURES_MAX} signatures are taken at once"
            )));
        }
        let mut taking = Taking::new(&stored, &ceremony, reach);
        if !ceremony.state.is_open() {
            // What was taken before may be sent again.
            let repeated = offered.iter().all(|one| taking.is_kept_somewhere(one));
            return match check_open(&ceremony.state) {
                Err(error) if !repeated => Err(error),
                _ => Ok(ceremony),
            };
        }
        for one in offered {
            taking.take(one);
        }
        let taken = taking.finish()?;
        self.keep(&stored, taken).await?;
        self.read(via)
    }

    /// Notes that the holder of a slot does not want to sign. It can still sign later, which replaces the refusal.
    ///
    /// # Errors
    /// [`CeremonyError::Unusable`] for a slot that is not there or has signed; [`CeremonyError::Closed`],
    /// [`CeremonyError::NotWithThisLink`].
    pub async fn refuse(
        &self,
        via: CeremonyAccess<'_>,
        slot: u32,
        reason: String,
    ) -> Result<Ceremony, CeremonyError> {
        let chars = reason.chars().take(REASON_CHARS_MAX + 1).count();
        if !(1..=REASON_CHARS_MAX).contains(&chars) || reason.chars().any(char::is_control) {
            return Err(CeremonyError::Unusable(format!(
                "the reason of a refusal has 1 to {REASON_CHARS_MAX} characters, all on one line"
            )));
        }
        let (found, _) = self.found(via)?;
        let _turn = self.registrar.turns.of(&found.did).await;
        let (stored, reach) = self.found(via)?;
        if !reach.covers(slot) {
            return Err(CeremonyError::NotWithThisLink(OTHER_SLOT));
        }
        let ceremony = self.seen(&stored)?;
        check_open(&ceremony.state)?;
        let refused = ceremony.slots.iter().find(|one| one.number == slot);
        let refused = refused.ok_or_else(|| no_slot(slot))?;
        if let SlotState::Signed { .. } = refused.state {
            return Err(CeremonyError::Unusable(format!(
                "slot {slot} is signed; to stop the ceremony, cancel it"
            )));
        }
        self.rows
            .refuse(&stored.id, slot, reason, self.now_ms())
            .await?;
        self.read(via)
    }

    pub(super) async fn keep(
        &self,
        stored: &Stored,
        taken: Vec<(u32, StoredSignature)>,
    ) -> Result<(), CeremonyError> {
        let now_ms = self.now_ms();
        let taken = taken.into_iter().map(|(number, signature)| {
            let at_ms = now_ms;
            (number, StoredSignature { at_ms, ..signature })
        });
        Ok(self.rows.sign(&stored.id, taken.collect()).await?)
    }
}

const OTHER_SLOT: &str = "this link is for another slot of the ceremony";

impl Reach {
    pub(super) fn covers(self, slot: u32) -> bool {
        match self {
            Self::Owner | Self::Link(LinkScope::Whole) => true,
            Self::Link(LinkScope::Slot(own)) => own == slot,
        }
    }
}

/// Signatures on their way into their slots.
struct Taking<'a> {
    stored: &'a Stored,
    ceremony: &'a Ceremony,
    reach: Reach,
    taken: Vec<(u32, StoredSignature)>,
    invalid: Vec<String>,
    unexpected: Vec<Unexpected>,
}

impl<'a> Taking<'a> {
    fn new(stored: &'a Stored, ceremony: &'a Ceremony, reach: Reach) -> Self {
        Self {
            stored,
            ceremony,
            reach,
            taken: Vec::new(),
            invalid: Vec::new(),
            unexpected: Vec::new(),
        }
    }

    fn take(&mut self, offered: Offered) {
        let candidates: Vec<&Slot> = self
            .ceremony
            .slots
            .iter()
            .filter(|slot| offered.slot.is_none_or(|number| number == slot.number))
            .filter(|slot| slot.keys.key(&offered.method).is_some() || self.is_kept(slot, &offered))
            .collect();
        if candidates.is_empty() {
            return self.stranger(&offered, "is not asked to sign this");
        }
        if candidates.iter().any(|slot| self.is_kept(slot, &offered)) {
            return;
        }
        let within: Vec<&Slot> = candidates
            .into_iter()
            .filter(|slot| self.reach.covers(slot.number))
            .collect();
        if within.is_empty() {
            return self.stranger(&offered, "belongs to another slot than this link");
        }
        let verifies = |slot: &&&Slot| {
            let statement = self.stored.statements.get(slot.statement);
            let key = slot.keys.key(&offered.method);
            statement.zip(key).is_some_and(|(statement, key)| {
                key.verify(&statement.payload, &offered.bytes).is_ok()
            })
        };
        let good: Vec<&Slot> = within.iter().filter(verifies).copied().collect();
        if good.is_empty() {
            return self.invalid.push(offered.method.to_string());
        }
        match good.iter().find(|slot| self.is_free(slot)) {
            Some(slot) => self.taken.push((
                slot.number,
                StoredSignature {
                    method: offered.method,
                    bytes: Some(offered.bytes),
                    at_ms: 0,
                },
            )),
            // A signer that was deactivated meanwhile spoils nothing: its signature is left out.
            None if good.iter().any(|slot| slot.state == SlotState::NotNeeded) => {}
            None => self.stranger(&offered, "has no open slot: it is signed already"),
        }
    }

    fn is_kept_somewhere(&self, offered: &Offered) -> bool {
        let mut slots = self.ceremony.slots.iter();
        slots.any(|slot| {
            offered.slot.is_none_or(|number| number == slot.number) && self.is_kept(slot, offered)
        })
    }

    /// Whether a slot has this very signature.
    fn is_kept(&self, slot: &Slot, offered: &Offered) -> bool {
        let stored = self
            .stored
            .slots
            .iter()
            .find(|stored| stored.number == slot.number);
        let same = |method: &did::MethodId, bytes: &Option<Vec<u8>>| {
            *method == offered.method && bytes.as_ref() == Some(&offered.bytes)
        };
        let before = stored.and_then(|stored| stored.signed.as_ref());
        let counts = matches!(slot.state, SlotState::Signed { .. });
        let now = self.taken.iter().find(|(number, _)| *number == slot.number);
        before.is_some_and(|signed| counts && same(&signed.method, &signed.bytes))
            || now.is_some_and(|(_, signed)| same(&signed.method, &signed.bytes))
    }

    fn is_free(&self, slot: &Slot) -> bool {
        let open = match slot.state {
            SlotState::Missing | SlotState::Requested | SlotState::Refused { .. } => true,
            SlotState::Signed { .. } | SlotState::NotNeeded => false,
        };
        open && !self.taken.iter().any(|(number, _)| *number == slot.number)
    }

    fn stranger(&mut self, offered: &Offered, reason: &'static str) {
        self.unexpected.push(Unexpected {
            method: offered.method.to_string(),
            reason,
        });
    }

    fn finish(self) -> Result<Vec<(u32, StoredSignature)>, CeremonyError> {
        if self.invalid.is_empty() && self.unexpected.is_empty() {
            return Ok(self.taken);
        }
        Err(CeremonyError::Signatures {
            invalid: self.invalid,
            unexpected: self.unexpected,
        })
    }
}
