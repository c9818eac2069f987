//! The statement that deactivates a DID, before it is signed.

use std::time::Duration;

use did::{
    BoundVersion, Did, DidState, Head, Operation, OperationKind, Proposal, Rejection, RequiredSet,
    Scope, Signature, Status, authority_hash, proto,
};
use ledger::Ledger;
use prost::Message;

use crate::permit::Statement;
use crate::signing::infos;
use crate::{BoundScope, Registrar, RegistrarError};

/// Statements expire at full hours only: preparing the same act twice, within one, gives the same version id.
pub const EXPIRY_GRID_MS: u64 = 3_600_000;

/// The latest expiry, 9999-12-31 23:00 UTC: RFC 3339 cannot write a later hour.
pub const EXPIRES_MS_MAX: u64 = 253_402_297_200_000;

/// A deactivation that waits for its signatures.
///
/// Nothing in it is secret, and it is not stored: preparing the same act in the same hour gives the same
/// statement, and it is void as soon as what it is bound to has changed.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What is to be signed: the protobuf encoding of `MsgDeactivateDidDocPayload`.
    pub payload: Vec<u8>,
    /// The preimage of the version id: what exactly is deactivated, and until when this may be submitted.
    pub bound: BoundVersion,
    /// The bound version id, a UUID of version 8.
    pub version_id: String,
    /// Who has to sign at present.
    pub required: RequiredSet,
    /// The version that it was prepared for.
    head: Head,
}

impl Registrar {
    /// Prepares the deactivation of a DID: the statement, bound to what it deactivates, and who has to sign it.
    ///
    /// It reads public data only, so it needs no tenant. The statement expires at the first full
    /// hour ([`EXPIRY_GRID_MS`]) that is at least `valid_for` ahead by the ledger's time, and at
    /// [`EXPIRES_MS_MAX`] at the latest.
    ///
    /// # Errors
    /// [`RegistrarError::UnknownNetwork`], [`RegistrarError::NotFound`], [`RegistrarError::Deactivated`]; a rejection
    /// reports a frozen DID, for which no key can sign.
    pub fn prepare_deactivation(
        &self,
        did: &Did,
        scope: BoundScope,
        valid_for: Duration,
    ) -> Result<Prepared, RegistrarError> {
        let ledger = self.networks.of(did)?;
        let state = ledger
            .state(did)?
            .ok_or_else(|| RegistrarError::NotFound(did.clone()))?;
        if state.status == Status::Deactivated {
            return Err(RegistrarError::Deactivated(did.clone()));
        }
        self.prepared(ledger, &state, scope, valid_for)
    }

    /// The deactivation of a DID in this state, or in the state after an operation that is submitted before it.
    pub(crate) fn prepared(
        &self,
        ledger: &dyn Ledger,
        state: &DidState,
        scope: BoundScope,
        valid_for: Duration,
    ) -> Result<Prepared, RegistrarError> {
        let did = state.document.id();
        // After a step back of the clock the ledger's time does not advance, and lies ahead.
        let time_ms = self.clock.now_ms().max(ledger.time_ms());
        let bound = BoundVersion {
            network_id: *ledger.network_id(),
            did: did.clone(),
            scope: scope.of(state, ledger)?,
            expires_ms: expires_ms(time_ms, valid_for),
        };
        let version_id = bound.version_id();
        let payload = proto::MsgDeactivateDidDocPayload {
            id: did.to_string(),
            version_id: version_id.clone(),
        };
        Ok(Prepared {
            payload: payload.encode_to_vec(),
            bound,
            version_id,
            required: RequiredSet::of(&state.document, &mut ledger.known())?,
            head: state.head,
        })
    }
}

impl Prepared {
    /// The statement with its signatures, as the ledger takes it.
    ///
    /// # Errors
    /// Signatures that no message can carry. Whether they are the complete set is the ledger's to say.
    pub fn signed(&self, signatures: Vec<Signature>) -> Result<Proposal, Rejection> {
        Ok(Proposal {
            operation: Operation::parse(
                OperationKind::Deactivate,
                &self.payload,
                infos(signatures),
            )?,
            bound: Some(self.bound.clone()),
        })
    }

    pub(crate) fn statement(&self) -> Statement<'_> {
        Statement {
            kind: OperationKind::Deactivate,
            did: &self.bound.did,
            version_id: &self.version_id,
            payload: &self.payload,
        }
    }

    /// Whether the DID has changed since, in whichever way.
    pub(crate) fn is_outdated(&self, ledger: &dyn Ledger) -> Result<bool, RegistrarError> {
        let state = ledger.state(&self.bound.did)?;
        Ok(state.is_none_or(|state| state.head != self.head))
    }
}

impl BoundScope {
    pub(crate) fn of(self, state: &DidState, ledger: &dyn Ledger) -> Result<Scope, RegistrarError> {
        Ok(match self {
            Self::Version => Scope::Version(state.head.leaf_hash),
            Self::Authority => Scope::Authority(authority_hash(state, &mut ledger.known())?),
        })
    }
}

/// The first point of the grid that lies at least `valid_for` ahead.
pub(crate) fn expires_ms(now_ms: u64, valid_for: Duration) -> u64 {
    let valid_for_ms = u64::try_from(valid_for.as_millis()).unwrap_or(u64::MAX);
    let least = now_ms.saturating_add(valid_for_ms);
    least
        .div_ceil(EXPIRY_GRID_MS)
        .saturating_mul(EXPIRY_GRID_MS)
        .min(EXPIRES_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_millis(EXPIRY_GRID_MS);
    const MOMENT: Duration = Duration::from_millis(1);

    #[test]
    fn an_expiry_is_the_first_full_hour_that_is_far_enough_ahead() {
        let full = 500_000 * EXPIRY_GRID_MS;
        for (now, valid_for, expected) in [
            (full, Duration::ZERO, full),
            (full, MOMENT, full + EXPIRY_GRID_MS),
            (full + 1, HOUR - MOMENT, full + EXPIRY_GRID_MS),
            (full + 1, HOUR, full + 2 * EXPIRY_GRID_MS),
        ] {
            assert_eq!(expires_ms(now, valid_for), expected, "{now} {valid_for:?}");
        }
    }

    #[test]
    fn an_expiry_is_the_same_throughout_an_hour_and_never_too_near() {
        let full = 500_000 * EXPIRY_GRID_MS;
        let valid_for = Duration::from_secs(86_400);
        for offset in [1, 2, 1_799_999, 3_599_999, 3_600_000] {
            let expires = expires_ms(full + offset, valid_for);
            assert_eq!(expires, full + 25 * EXPIRY_GRID_MS, "{offset}");
            assert!(expires - (full + offset) >= 86_400_000);
        }
    }

    #[test]
    fn no_expiry_is_later_than_can_be_written() {
        assert_eq!(EXPIRES_MS_MAX % EXPIRY_GRID_MS, 0);
        for now in [0, 500_000 * EXPIRY_GRID_MS, u64::MAX] {
            assert_eq!(expires_ms(now, Duration::MAX), EXPIRES_MS_MAX);
        }
    }
}
