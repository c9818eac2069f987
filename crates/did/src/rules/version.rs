//! The version ids that operations may have.

use super::bound::{Scope, authority_of};
use super::judge_error::JudgeError;
use super::known::{Consulting, DidState, Known};
use super::proposal::{Circumstances, Proposal};
use crate::{Operation, Rejection, is_reserved_version_id};

impl Operation {
    /// Checks that the version id is not reserved for bound deactivations.
    pub(super) fn check_unreserved(&self) -> Result<(), Rejection> {
        if is_reserved_version_id(self.version_id()) {
            return Err(invalid_version_id(
                "a UUID of version 8 is reserved for bound deactivations",
            ));
        }
        Ok(())
    }
}

/// Checks that a reserved version id of a deactivation has a preimage that fits, and any other id has none.
pub(super) fn check_bound<K: Known>(
    proposal: &Proposal,
    state: &DidState,
    circumstances: &Circumstances<'_>,
    states: &mut Consulting<'_, K>,
) -> Result<(), JudgeError<K::Error>> {
    let version_id = proposal.operation.version_id();
    let refuse = |reason: &str| Err(invalid_version_id(reason).into());
    let bound = match (&proposal.bound, is_reserved_version_id(version_id)) {
        (None, false) => return Ok(()),
        (None, true) => {
            return refuse(
                "a UUID of version 8 is reserved for bound statements and needs its preimage",
            );
        }
        (Some(_), false) => {
            return refuse("a preimage was sent, but the id is not a UUID of version 8");
        }
        (Some(bound), true) => bound,
    };
    if bound.version_id() != version_id {
        return refuse("it is not the digest of the preimage that was sent");
    }
    if bound.network_id != *circumstances.network_id {
        return refuse("the statement was made for another network");
    }
    if bound.did != *state.document.id() {
        return refuse("the statement was made for another DID");
    }
    if bound.expires_ms < circumstances.time_ms {
        return refuse("the statement has expired");
    }
    let current = match bound.scope {
        Scope::Version(_) => Scope::Version(state.head.leaf_hash),
        Scope::Authority(_) => Scope::Authority(authority_of(state, |did| states.state(did))?),
    };
    if bound.scope != current {
        return refuse("the statement is superseded: the document has changed since it was made");
    }
    Ok(())
}

fn invalid_version_id(reason: &str) -> Rejection {
    Rejection::basic(format!("payload: (version_id: {reason}.)."))
}
