//! The start: the statement is made, and who signs it is found out and frozen.

use std::collections::BTreeSet;
use std::time::Duration;

use did::{
    BoundVersion, Circumstances, Did, DidState, Document, Head, JudgeError, Known, OperationKind,
    Proposal, Rejection, RejectionCode, SigningSet, Status, judge, normal_version_id, proto,
};
use ledger::Ledger;
use prost::Message;

use super::model::{Act, Binding, Ceremony, CeremonyId, NewCeremony, Owner, Release, Statement};
use super::rows::{Basis, Stored, StoredSlot};
use super::{
    COOLING_MAX, Ceremonies, CeremonyError, LIFETIME_MAX, OPEN_MAX, OPEN_OF_BEARERS_MAX,
    OPEN_OF_BEARERS_ON_DID_MAX, ms_of,
};
use crate::prepare::expires_ms;
use crate::registrar::random_uuid;
use crate::update::live;

/// Ceremonies that are looked at for being over when there are too many.
const SETTLED_AT_ONCE_MAX: u32 = 100;

impl Ceremonies {
    /// Starts a ceremony. This asks no signer, and no key signs.
    ///
    /// # Errors
    /// What the rules refuse with any signatures, as [`CeremonyError::Registrar`]; [`CeremonyError::Unusable`] for
    /// times beyond their limits; [`CeremonyError::TooMany`].
    pub async fn start(&self, new: NewCeremony) -> Result<Ceremony, CeremonyError> {
        check_times(&new)?;
        let did = new.act.did()?;
        let ledger = self.registrar.networks.of(&did)?;
        let now_ms = self.now_ms().max(ledger.time_ms());
        let plan = Plan::of(&new, &did, ledger, now_ms)?;
        check_rules(&plan.statements, ledger, now_ms)?;
        self.check_room(&new.owner, &did).await?;
        let collected_until = now_ms.saturating_add(ms_of(LIFETIME_MAX));
        let stored = Stored {
            id: CeremonyId::random(),
            owner: new.owner,
            network: ledger.namespace().to_owned(),
            did,
            basis: plan.basis,
            release: new.release,
            started_ms: now_ms,
            expires_ms: plan.expires_ms.min(collected_until),
            cooling_ms: ms_of(new.cooling),
            cancelled_ms: None,
            rejection: None,
            slots: slots(&plan.sets),
            statements: plan.statements,
            requested: BTreeSet::new(),
        };
        self.rows.insert(stored.clone()).await?;
        self.seen(&stored)
    }

    /// Refuses one more where there are too many. Of those without a tenant the oldest that has no signature makes
    /// room: callers who cannot sign for a DID must not keep out those who can.
    async fn check_room(&self, owner: &Owner, did: &Did) -> Result<(), CeremonyError> {
        let limits: &[(Option<&Did>, u64)] = match owner {
            Owner::Tenant(_) => &[(None, OPEN_MAX)],
            Owner::Bearer => &[
                (Some(did), OPEN_OF_BEARERS_ON_DID_MAX),
                (None, OPEN_OF_BEARERS_MAX),
            ],
        };
        for (did, limit) in limits {
            let open = || self.rows.open(owner, *did, self.now_ms());
            if open()? < *limit {
                continue;
            }
            self.settle_some(owner, *did).await?;
            if *owner == Owner::Bearer && open()? >= *limit {
                self.rows.forget_idle(*did).await?;
            }
            let open = open()?;
            if open >= *limit {
                return Err(CeremonyError::TooMany {
                    open,
                    limit: *limit,
                });
            }
        }
        Ok(())
    }

    /// Notes which of the oldest are over.
    async fn settle_some(&self, owner: &Owner, did: Option<&Did>) -> Result<(), CeremonyError> {
        let now_ms = self.now_ms();
        let oldest = self
            .rows
            .oldest_open(owner, did, now_ms, SETTLED_AT_ONCE_MAX)?;
        for id in oldest {
            let stored = self.rows.by_id(&id)?;
            // The state of one whose network is not served is not known.
            let Some(stored) = stored.filter(|one| self.registrar.networks.of(&one.did).is_ok())
            else {
                continue;
            };
            if !self.seen(&stored)?.state.is_open() {
                self.rows.settled(&id, now_ms).await?;
            }
        }
        Ok(())
    }
}

impl Act {
    fn did(&self) -> Result<Did, CeremonyError> {
        match self {
            Self::Deactivate { did, .. } => Ok(did.clone()),
            Self::Create { document, .. }
            | Self::Update { document, .. }
            | Self::UpdateAndDeactivate { document, .. } => {
                let refuse = |error| Rejection::basic(format!("payload: (id: {error}.)."));
                Ok(Did::parse(&document.id).map_err(refuse)?)
            }
        }
    }
}

/// What a ceremony is to hold.
struct Plan {
    statements: Vec<Statement>,
    /// Who signs each of them.
    sets: Vec<SigningSet>,
    basis: Basis,
    expires_ms: u64,
}

impl Plan {
    fn of(
        new: &NewCeremony,
        did: &Did,
        ledger: &dyn Ledger,
        now_ms: u64,
    ) -> Result<Self, CeremonyError> {
        let exactly = now_ms.saturating_add(ms_of(new.valid_for));
        // Bound statements expire at full hours, so that the same act has the same bytes.
        let at_full_hour = expires_ms(now_ms, new.valid_for);
        let known = &mut ledger.known();
        match &new.act {
            Act::Create {
                document,
                version_id,
            } => {
                let (statement, document) = written(OperationKind::Create, document, version_id)?;
                let set = SigningSet::of_create(&document, known)?;
                Ok(Self {
                    statements: vec![statement],
                    sets: vec![set],
                    basis: Basis::Absent,
                    expires_ms: exactly,
                })
            }
            Act::Update {
                document,
                version_id,
            } => {
                let present = live(ledger, did)?;
                let (statement, document) = written(OperationKind::Update, document, version_id)?;
                let set = SigningSet::of_update(&present.document, &document, known)?;
                Ok(Self {
                    statements: vec![statement],
                    sets: vec![set],
                    basis: Basis::Version(present.head),
                    expires_ms: exactly,
                })
            }
            Act::Deactivate { binding, .. } => {
                let present = live(ledger, did)?;
                let statement = deactivation_of(&present, binding, ledger, at_full_hour)?;
                let set = SigningSet::of_deactivation(&present.document, known)?;
                let basis = match &statement.bound {
                    Some(BoundVersion {
                        scope: did::Scope::Authority(hash),
                        ..
                    }) => Basis::Authority(*hash),
                    _ => Basis::Version(present.head),
                };
                Ok(Self {
                    expires_ms: expiry_of(&statement, exactly),
                    statements: vec![statement],
                    sets: vec![set],
                    basis,
                })
            }
            Act::UpdateAndDeactivate {
                document,
                version_id,
                binding,
            } => {
                let present = live(ledger, did)?;
                let (update, document) = written(OperationKind::Update, document, version_id)?;
                let change =
                    SigningSet::of_update_before_deactivation(&present.document, &document, known)?;
                let end = SigningSet::of_deactivation(&document, known)?;
                // The deactivation is judged on the state after the update, which is not in the log yet.
                let updated = DidState {
                    document,
                    status: Status::Active,
                    head: Head::UNWRITTEN,
                };
                let statement = deactivation_of(&updated, binding, ledger, at_full_hour)?;
                Ok(Self {
                    expires_ms: expiry_of(&statement, exactly),
                    statements: vec![update, statement],
                    sets: vec![change, end],
                    basis: Basis::Version(present.head),
                })
            }
        }
    }
}

/// When a ceremony expires: with its bound statement, if it has one.
fn expiry_of(statement: &Statement, exactly: u64) -> u64 {
    let bound = statement.bound.as_ref();
    bound.map_or(exactly, |bound| bound.expires_ms)
}

fn check_times(new: &NewCeremony) -> Result<(), CeremonyError> {
    let refuse = |text: String| Err(CeremonyError::Unusable(text));
    let bound = matches!(
        new.act,
        Act::Deactivate {
            binding: Binding::Bound(_),
            ..
        }
    );
    match new.release {
        Release::Export if !bound => {
            return refuse(
                "only the bound deactivation of a DID can be signed beforehand and kept: nothing else \
                 becomes void when the DID changes"
                    .into(),
            );
        }
        Release::Submit if new.valid_for > LIFETIME_MAX => {
            let days = LIFETIME_MAX.as_secs() / 86_400;
            return refuse(format!(
                "signatures can be collected for at most {days} days"
            ));
        }
        Release::Export | Release::Submit => {}
    }
    if new.valid_for < Duration::from_secs(1) {
        return refuse("a ceremony needs at least a second".into());
    }
    if new.cooling > COOLING_MAX || new.cooling >= new.valid_for {
        let days = COOLING_MAX.as_secs() / 86_400;
        return refuse(format!(
            "the cooling period has to be at most {days} days, and shorter than the ceremony may last"
        ));
    }
    Ok(())
}

/// Asks the rules, as the ledger will once every slot is signed. Missing signatures are expected here.
fn check_rules(
    statements: &[Statement],
    ledger: &dyn Ledger,
    now_ms: u64,
) -> Result<(), CeremonyError> {
    let proposals: Vec<Proposal> = statements
        .iter()
        .map(|statement| statement.signed(Vec::new()))
        .collect::<Result<_, _>>()?;
    let circumstances = Circumstances {
        namespace: ledger.namespace(),
        network_id: ledger.network_id(),
        time_ms: now_ms,
    };
    // One by one: the rules stop at the first that lacks signatures, and a deactivation after an update is
    // of the same DID.
    let first = proposals.get(..1).unwrap_or_default();
    match judge(first, &circumstances, &mut ledger.known()) {
        Err(JudgeError::Rejected { rejection, .. })
            if rejection.code() == RejectionCode::SignatureNotFound => {}
        judged => drop(judged?),
    }
    for proposal in &proposals {
        let (did, version_id) = (proposal.operation.did(), proposal.operation.version_id());
        if ledger.known().version_is_used(did, version_id)? {
            return Err(Rejection::version_exists(did, version_id).into());
        }
    }
    match proposals.as_slice() {
        [one, other] if one.operation.version_id() == other.operation.version_id() => {
            let operation = &other.operation;
            Err(Rejection::version_exists(operation.did(), operation.version_id()).into())
        }
        _ => Ok(()),
    }
}

/// The statement that writes a document.
fn written(
    kind: OperationKind,
    document: &proto::DidDoc,
    version_id: &Option<String>,
) -> Result<(Statement, Document), CeremonyError> {
    let version_id = version_id.clone().unwrap_or_else(random_uuid);
    let payload = proto::MsgCreateDidDocPayload::new(document.clone(), version_id.clone());
    let document = Document::from_payload(&payload)?;
    let statement = Statement {
        kind,
        version_id: normal_version_id(&version_id),
        payload: payload.encode_to_vec(),
        bound: None,
    };
    Ok((statement, document))
}

/// The statement that deactivates a DID in this state.
fn deactivation_of(
    state: &DidState,
    binding: &Binding,
    ledger: &dyn Ledger,
    expires_ms: u64,
) -> Result<Statement, CeremonyError> {
    let did = state.document.id();
    let (version_id, bound) = match binding {
        Binding::Bound(scope) => {
            let bound = BoundVersion {
                network_id: *ledger.network_id(),
                did: did.clone(),
                scope: scope.of(state, ledger)?,
                expires_ms,
            };
            (bound.version_id(), Some(bound))
        }
        Binding::Unbound { version_id } => (version_id.clone().unwrap_or_else(random_uuid), None),
    };
    let payload = proto::MsgDeactivateDidDocPayload {
        id: did.to_string(),
        version_id: version_id.clone(),
    };
    Ok(Statement {
        kind: OperationKind::Deactivate,
        version_id: normal_version_id(&version_id),
        payload: payload.encode_to_vec(),
        bound,
    })
}

/// One slot for each key and each DID that is to sign, over all statements.
fn slots(sets: &[SigningSet]) -> Vec<StoredSlot> {
    let mut slots = Vec::new();
    for (statement, set) in sets.iter().enumerate() {
        let keys = set.each().iter().map(|slot| {
            let key = Some((slot.method.clone(), slot.key.clone()));
            (slot.method.did(), slot.listed_in, key)
        });
        let dids = set
            .any()
            .iter()
            .map(|any| (any.did.clone(), any.listed_in, None));
        for (number, (signer, listed_in, key)) in (slots.len()..).zip(keys.chain(dids)) {
            slots.push(StoredSlot {
                number: u32::try_from(number).unwrap_or(u32::MAX),
                statement,
                signer,
                listed_in,
                key,
                signed: None,
                refused: None,
            });
        }
    }
    slots
}
