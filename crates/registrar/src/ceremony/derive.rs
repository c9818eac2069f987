//! The state of a ceremony: worked out from what is stored and from the ledger.

use std::collections::BTreeMap;

use did::{
    Did, Document, ListedIn, MethodId, Operation, OperationKind, Proposal, PublicKey, Rejection,
    Status, authority_hash,
};
use ledger::{Committed, Ledger, ReadError};

use super::model::{Ceremony, Slot, SlotKeys, SlotState, State, Statement, Supersession};
use super::rows::{Basis, Stored, StoredSlot};
use super::{Ceremonies, CeremonyError, Closed};

impl Ceremonies {
    /// A stored ceremony with its present state.
    pub(super) fn seen(&self, stored: &Stored) -> Result<Ceremony, CeremonyError> {
        let ledger = self.registrar.networks.of(&stored.did)?;
        let over = over(stored, ledger, self.now_ms())?;
        let signers = match over {
            None => Some(Signers::of(stored, ledger)?),
            Some(_) => None,
        };
        let slots: Vec<Slot> = stored
            .slots
            .iter()
            .map(|slot| current_slot(stored, slot, signers.as_ref(), ledger))
            .collect::<Result<_, CeremonyError>>()?;
        let state = over.unwrap_or_else(|| open(stored, &slots));
        Ok(Ceremony {
            id: stored.id.clone(),
            owner: stored.owner.clone(),
            did: stored.did.clone(),
            network: stored.network.clone(),
            statements: stored.statements.clone(),
            slots,
            state,
            release: stored.release,
            started_ms: stored.started_ms,
            expires_ms: stored.expires_ms,
            cooling_ms: stored.cooling_ms,
        })
    }
}

impl Statement {
    /// The statement with signatures, as the ledger takes it.
    pub(super) fn signed(
        &self,
        signatures: Vec<did::proto::SignInfo>,
    ) -> Result<Proposal, Rejection> {
        Ok(Proposal {
            operation: Operation::parse(self.kind, &self.payload, signatures)?,
            bound: self.bound.clone(),
        })
    }
}

/// Whether signatures are still taken.
pub(super) fn check_open(state: &State) -> Result<(), CeremonyError> {
    let closed = match state {
        State::Committed(_) => Closed::Committed,
        State::Superseded { .. } => Closed::Superseded,
        State::Expired => Closed::Expired,
        State::Cancelled { .. } => Closed::Cancelled,
        State::Collecting | State::Refused | State::Complete { .. } | State::Rejected { .. } => {
            return Ok(());
        }
    };
    Err(CeremonyError::Closed(closed))
}

/// The final state, if it is over. What is in the log has happened, even if the ceremony was cancelled or expired.
fn over(stored: &Stored, ledger: &dyn Ledger, now_ms: u64) -> Result<Option<State>, CeremonyError> {
    if let Some(committed) = committed(stored, ledger)? {
        return Ok(Some(State::Committed(committed)));
    }
    if let Some(at_ms) = stored.cancelled_ms {
        return Ok(Some(State::Cancelled { at_ms }));
    }
    if let Some(by) = supersession(stored, ledger)? {
        return Ok(Some(State::Superseded { by }));
    }
    let expired = stored.expires_ms < now_ms.max(ledger.time_ms());
    Ok(expired.then_some(State::Expired))
}

/// The answers of the log, if it has every statement, byte for byte.
fn committed(
    stored: &Stored,
    ledger: &dyn Ledger,
) -> Result<Option<Vec<Committed>>, CeremonyError> {
    let mut committed = Vec::with_capacity(stored.statements.len());
    for statement in &stored.statements {
        match ledger.committed(&statement.signed(Vec::new())?)? {
            Some(one) => committed.push(one),
            None => return Ok(None),
        }
    }
    Ok(Some(committed))
}

fn supersession(stored: &Stored, ledger: &dyn Ledger) -> Result<Option<Supersession>, ReadError> {
    let Some(state) = ledger.state(&stored.did)? else {
        return Ok(None);
    };
    let log_index = ledger.log().map(|_| state.head.index);
    if state.status == Status::Deactivated {
        return Ok(Some(Supersession::Deactivated { log_index }));
    }
    let is_current = match stored.basis {
        Basis::Absent => return Ok(Some(Supersession::Created { log_index })),
        Basis::Version(head) => state.head == head,
        Basis::Authority(hash) => authority_hash(&state, &mut ledger.known())? == hash,
    };
    Ok((!is_current).then_some(Supersession::Updated { log_index }))
}

/// The state of a ceremony that is not over. Slots say already what counts.
fn open(stored: &Stored, slots: &[Slot]) -> State {
    let mut complete_ms = stored.started_ms;
    let mut missing = false;
    for slot in slots {
        match &slot.state {
            SlotState::Refused { .. } => return State::Refused,
            SlotState::Missing | SlotState::Requested => missing = true,
            SlotState::Signed { at_ms, .. } => complete_ms = complete_ms.max(*at_ms),
            SlotState::NotNeeded => {}
        }
    }
    match &stored.rejection {
        _ if missing => State::Collecting,
        Some(reason) => State::Rejected {
            reason: reason.clone(),
        },
        None => State::Complete {
            commit_from_ms: complete_ms.saturating_add(stored.cooling_ms),
        },
    }
}

fn current_slot(
    stored: &Stored,
    slot: &StoredSlot,
    signers: Option<&Signers>,
    ledger: &dyn Ledger,
) -> Result<Slot, CeremonyError> {
    let keys = match (&slot.key, signers) {
        (Some((method, key)), _) => SlotKeys::Method {
            method: method.clone(),
            key: Box::new(key.clone()),
        },
        (None, Some(signers)) => SlotKeys::AnyOf(signers.methods(slot, ledger)?),
        (None, None) => SlotKeys::AnyOf(BTreeMap::new()),
    };
    let state = match signers {
        Some(_) if has_dropped_out(stored, slot, ledger)? => SlotState::NotNeeded,
        Some(_) => slot_state(stored, slot, |method, bytes| {
            counts(stored, slot, &keys, method, bytes)
        }),
        None => slot_state(stored, slot, |_, _| true),
    };
    Ok(Slot {
        number: slot.number,
        statement: slot.statement,
        signer: slot.signer.clone(),
        listed_in: slot.listed_in,
        keys,
        state,
    })
}

fn slot_state(
    stored: &Stored,
    slot: &StoredSlot,
    counts: impl Fn(&MethodId, Option<&[u8]>) -> bool,
) -> SlotState {
    if let Some((reason, at_ms)) = &slot.refused {
        return SlotState::Refused {
            reason: reason.clone(),
            at_ms: *at_ms,
        };
    }
    match &slot.signed {
        Some(signed) if counts(&signed.method, signed.bytes.as_deref()) => SlotState::Signed {
            method: signed.method.clone(),
            at_ms: signed.at_ms,
        },
        _ if stored.requested.contains(&slot.number) => SlotState::Requested,
        _ => SlotState::Missing,
    }
}

/// A signature was verified when it arrived. Where any method of another DID is enough, that DID may have other keys
/// by now, by which the ledger will judge.
fn counts(
    stored: &Stored,
    slot: &StoredSlot,
    keys: &SlotKeys,
    method: &MethodId,
    bytes: Option<&[u8]>,
) -> bool {
    let (Some(bytes), Some(key)) = (bytes, keys.key(method)) else {
        return false;
    };
    let statement = stored.statements.get(slot.statement);
    match keys {
        SlotKeys::Method { .. } => true,
        SlotKeys::AnyOf(_) => {
            statement.is_some_and(|statement| key.verify(&statement.payload, bytes).is_ok())
        }
    }
}

/// Whether the signer of a slot is deactivated. Only a deactivation goes on without it.
fn has_dropped_out(
    stored: &Stored,
    slot: &StoredSlot,
    ledger: &dyn Ledger,
) -> Result<bool, CeremonyError> {
    let kind = stored
        .statements
        .get(slot.statement)
        .map(|statement| statement.kind);
    if slot.signer == stored.did || kind != Some(OperationKind::Deactivate) {
        return Ok(false);
    }
    let state = ledger.state(&slot.signer)?;
    Ok(state.is_some_and(|state| state.status == Status::Deactivated))
}

/// The documents in which methods of the subject are looked up.
struct Signers {
    present: Option<Document>,
    next: Option<Document>,
}

impl Signers {
    fn of(stored: &Stored, ledger: &dyn Ledger) -> Result<Self, CeremonyError> {
        let mut next = None;
        for statement in &stored.statements {
            let proposal = statement.signed(Vec::new())?;
            next = next.or_else(|| proposal.operation.document().cloned());
        }
        let present = ledger
            .state(&stored.did)?
            .map(|state| state.document.clone());
        Ok(Self { present, next })
    }

    /// The methods of which any one can fill this slot.
    fn methods(
        &self,
        slot: &StoredSlot,
        ledger: &dyn Ledger,
    ) -> Result<BTreeMap<MethodId, PublicKey>, CeremonyError> {
        Ok(match slot.listed_in {
            ListedIn::Present => self.present.as_ref().map(methods_of).unwrap_or_default(),
            ListedIn::Next => self.next.as_ref().map(methods_of).unwrap_or_default(),
            ListedIn::Other => methods_of_other(&slot.signer, ledger)?,
        })
    }
}

fn methods_of_other(
    signer: &Did,
    ledger: &dyn Ledger,
) -> Result<BTreeMap<MethodId, PublicKey>, ReadError> {
    let state = ledger.state(signer)?;
    Ok(state
        .map(|state| methods_of(&state.document))
        .unwrap_or_default())
}

fn methods_of(document: &Document) -> BTreeMap<MethodId, PublicKey> {
    let methods = document.methods().iter();
    methods
        .map(|method| (method.id().clone(), method.key().clone()))
        .collect()
}
