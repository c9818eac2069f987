//! Slots whose keys are held here. They are like any other, and sign only when they are told to.

use did::MethodId;
use keystore::HeldKey;

use super::model::{Ceremony, CeremonyId, Owner, Slot, SlotState};
use super::rows::StoredSignature;
use super::sign::check_open;
use super::{Ceremonies, CeremonyError};
use crate::leave;
use crate::signing::Named;
use crate::{Leave, SigningKeys};

/// A slot that a held key can fill.
struct Fillable {
    number: u32,
    statement: usize,
    method: MethodId,
    key: HeldKey,
}

impl Ceremonies {
    /// Lets keys that the tenant holds fill the open slots that they can fill, once leave is given for each statement.
    /// With [`SigningKeys::AllHeld`] slots whose holder has refused stay as they are.
    ///
    /// # Errors
    /// [`CeremonyError::Unusable`] when no open slot can be filled; keys that were named and are not held, or have
    /// nothing to sign; no leave; [`CeremonyError::Closed`].
    pub async fn sign_held(
        &self,
        tenant: &str,
        id: &CeremonyId,
        keys: SigningKeys,
        mut leave: Leave,
    ) -> Result<Ceremony, CeremonyError> {
        let owner = Owner::Tenant(tenant.to_owned());
        let named = Named::of(keys)?;
        let did = self.owned(&owner, id)?.did;
        let _turn = self.registrar.turns.of(&did).await;
        let stored = self.owned(&owner, id)?;
        let ceremony = self.seen(&stored)?;
        check_open(&ceremony.state)?;
        named.check_owned(&self.registrar.keystore, tenant)?;
        let fillable = self.fillable(tenant, &ceremony, &named)?;
        let unused = named.besides(fillable.iter().map(|slot| slot.key.kid()));
        if let Some(key) = unused.first() {
            return Err(CeremonyError::Unusable(format!(
                "the key {key} has no open slot in this ceremony"
            )));
        }
        if fillable.is_empty() {
            return Err(CeremonyError::Unusable(
                "no open slot of the ceremony has a key that is held here".into(),
            ));
        }
        let mut taken = Vec::with_capacity(fillable.len());
        for (position, statement) in ceremony.statements.iter().enumerate() {
            let keys: Vec<&Fillable> = fillable
                .iter()
                .filter(|slot| slot.statement == position)
                .collect();
            if keys.is_empty() {
                continue;
            }
            let used: Vec<(MethodId, HeldKey)> = keys
                .iter()
                .map(|slot| (slot.method.clone(), slot.key.clone()))
                .collect();
            let asked = leave::Statement {
                kind: statement.kind,
                did: &ceremony.did,
                version_id: &statement.version_id,
                payload: &statement.payload,
            };
            leave.to_use(asked.signed_with(&used)).await?;
            for slot in keys {
                let keystore = &self.registrar.keystore;
                let signature = StoredSignature {
                    method: slot.method.clone(),
                    bytes: Some(keystore.sign_held(&slot.key, &statement.payload)?),
                    at_ms: 0,
                };
                taken.push((slot.number, signature));
            }
        }
        leave.to_submit().await?;
        self.keep(&stored, taken).await?;
        self.seen(&self.owned(&owner, id)?)
    }

    fn fillable(
        &self,
        tenant: &str,
        ceremony: &Ceremony,
        named: &Named,
    ) -> Result<Vec<Fillable>, CeremonyError> {
        let mut fillable = Vec::new();
        for slot in ceremony.slots.iter().filter(|slot| is_open(slot, named)) {
            let methods = slot.by.methods();
            let keys = methods.iter().map(|(_, key)| *key);
            let held = self.registrar.keystore.held(tenant, keys)?;
            let found = methods
                .into_iter()
                .zip(held)
                .find_map(|((method, key), held)| {
                    let held = held.filter(|_| named.allows(key))?;
                    Some((method.clone(), held))
                });
            if let Some((method, key)) = found {
                fillable.push(Fillable {
                    number: slot.number,
                    statement: slot.statement,
                    method,
                    key,
                });
            }
        }
        Ok(fillable)
    }
}

fn is_open(slot: &Slot, named: &Named) -> bool {
    match slot.state {
        SlotState::Missing | SlotState::Requested => true,
        SlotState::Refused { .. } => named.are_given(),
        SlotState::Signed { .. } | SlotState::NotNeeded => false,
    }
}
