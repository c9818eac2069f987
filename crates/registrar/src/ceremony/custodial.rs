//! Slots with custodial keys. They are like any other, and sign only on request.

use did::MethodId;
use keystore::CustodialKey;

use super::derive::check_open;
use super::model::{Ceremony, CeremonyId, Owner, Slot, SlotState};
use super::rows::StoredSignature;
use super::{Ceremonies, CeremonyError};
use crate::permit;
use crate::signing::Named;
use crate::{SigningKeys, SigningPermit};

/// A slot that a custodial key can fill.
struct Fillable {
    number: u32,
    statement: usize,
    method: MethodId,
    key: CustodialKey,
}

impl Ceremonies {
    /// Fills the open slots that the tenant's custodial keys can fill, once it is permitted for each statement.
    /// With [`SigningKeys::AllCustodial`] slots whose holder has refused stay as they are.
    ///
    /// # Errors
    /// [`CeremonyError::Unusable`] when no open slot can be filled; keys that were named and are not custodial, or have
    /// nothing to sign; no permit; [`CeremonyError::Closed`].
    pub async fn sign_custodial(
        &self,
        tenant: &str,
        id: &CeremonyId,
        keys: SigningKeys,
        mut permit: SigningPermit,
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
                "no open slot of the ceremony has a custodial key".into(),
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
            let used: Vec<(MethodId, CustodialKey)> = keys
                .iter()
                .map(|slot| (slot.method.clone(), slot.key.clone()))
                .collect();
            let asked = permit::Statement {
                kind: statement.kind,
                did: &ceremony.did,
                version_id: &statement.version_id,
                payload: &statement.payload,
            };
            permit.to_use(asked.signed_with(&used)).await?;
            for slot in keys {
                let keystore = &self.registrar.keystore;
                let signature = StoredSignature {
                    method: slot.method.clone(),
                    bytes: Some(keystore.sign_custodial(&slot.key, &statement.payload)?),
                    at_ms: 0,
                };
                taken.push((slot.number, signature));
            }
        }
        permit.to_submit().await?;
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
            let methods = slot.keys.methods();
            let keys = methods.iter().map(|(_, key)| *key);
            let held = self.registrar.keystore.custodial(tenant, keys)?;
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
