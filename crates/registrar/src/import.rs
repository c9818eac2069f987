//! Importing a DID with all of its keys.

use std::collections::BTreeSet;

use clock::now_ms;
use did::{Document, MethodId, PublicKey, Status};
use keystore::CustodialAlgorithm;
use ledger::Ledger;

use crate::rows::Pending;
use crate::signing::methods;
use crate::{
    Import, ImportKey, KeyUse, Managed, Purpose, Registrar, RegistrarError, SigningPermit, UsedKey,
};

impl Registrar {
    /// Stores the keys of a DID that is on a ledger here, and lists it under the tenant. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`RegistrarError::NotHere`] says which ledger this is; [`RegistrarError::Deactivated`];
    /// [`RegistrarError::ImportKeys`] unless the keys are exactly those of the document's verification methods;
    /// [`RegistrarError::PermitDenied`].
    pub async fn import(
        &self,
        tenant: &str,
        request: Import,
        mut permit: SigningPermit,
    ) -> Result<Managed, RegistrarError> {
        let Import {
            did,
            keys,
            first_key,
        } = request;
        let not_here = || RegistrarError::NotHere {
            did: did.clone(),
            served: self.served(),
        };
        let ledger = self.networks.of(&did).map_err(|_| not_here())?;
        let state = ledger.state(&did)?.ok_or_else(not_here)?;
        if state.status == Status::Deactivated {
            return Err(RegistrarError::Deactivated(did));
        }
        let version_id = ledger.latest(&did)?.ok_or_else(not_here)?.version_id;
        check_keys(&state.document, &keys)?;
        if let Some(hex) = first_key.filter(|hex| !names_a_key(&state.document, hex)) {
            return Err(RegistrarError::KeyNotInDocument(hex));
        }
        permit.to_use(kept(&state.document)).await?;
        for ImportKey {
            algorithm,
            private_key,
            alias,
        } in keys
        {
            self.keystore
                .import(tenant, algorithm, private_key, alias)
                .await?;
        }
        let adopted = Pending {
            tenant: tenant.to_owned(),
            did: did.to_string(),
            version_id: String::new(),
            network: ledger.namespace().to_owned(),
            created_ms: i64::try_from(now_ms()).unwrap_or(i64::MAX),
        };
        permit.to_submit().await?;
        self.rows.adopt(adopted).await?;
        let keys = self.custodial_keys(tenant, &state.document)?;
        Ok(Managed {
            did,
            document: state.document.clone(),
            keys,
            version_id,
        })
    }

    fn served(&self) -> String {
        let ledger = |ledger: &dyn Ledger| match ledger.log() {
            Some(log) => format!("network {}, origin {}", log.namespace(), log.origin()),
            None => format!("network {}", ledger.namespace()),
        };
        self.networks
            .iter()
            .map(ledger)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// Checks, before anything is stored, that the keys are those of the methods, all of them and no others.
fn check_keys(document: &Document, keys: &[ImportKey]) -> Result<(), RegistrarError> {
    let mut given = BTreeSet::new();
    for (number, key) in (1..).zip(keys) {
        let public = public_key(key)
            .map_err(|reason| RegistrarError::InvalidPrivateKey { number, reason })?;
        given.insert(public.to_hex());
    }
    let needed: Vec<(&MethodId, String)> = document
        .methods()
        .iter()
        .map(|method| (method.id(), method.key().to_hex()))
        .collect();
    let missing: Vec<MethodId> = needed
        .iter()
        .filter(|(_, hex)| !given.contains(hex))
        .map(|(id, _)| (*id).clone())
        .collect();
    let surplus: Vec<String> = given
        .into_iter()
        .filter(|hex| !needed.iter().any(|(_, needed)| needed == hex))
        .collect();
    if missing.is_empty() && surplus.is_empty() && !needed.is_empty() {
        return Ok(());
    }
    Err(RegistrarError::ImportKeys { missing, surplus })
}

fn kept(document: &Document) -> KeyUse {
    let key = |(method, key): (&MethodId, &PublicKey)| UsedKey {
        method: method.clone(),
        public_key_hex: key.to_hex(),
    };
    KeyUse {
        did: document.id().clone(),
        purpose: Purpose::Import,
        keys: methods(document).map(key).collect(),
    }
}

fn names_a_key(document: &Document, hex: &str) -> bool {
    document
        .methods()
        .iter()
        .any(|method| method.key().to_hex().eq_ignore_ascii_case(hex))
}

fn public_key(key: &ImportKey) -> Result<PublicKey, &'static str> {
    const WEAK: &str = "its public key is weak";
    match (key.algorithm, key.private_key.split_first_chunk::<32>()) {
        (CustodialAlgorithm::Ed25519, Some((seed, rest)))
            if rest.is_empty() || rest.len() == 32 =>
        {
            let public = ed25519_dalek::SigningKey::from_bytes(seed).verifying_key();
            if !rest.is_empty() && rest != public.as_bytes() {
                return Err("its second half is not the public key of its first half");
            }
            PublicKey::from_ed25519(public.as_bytes()).map_err(|_| WEAK)
        }
        (CustodialAlgorithm::Ed25519, _) => {
            Err("Ed25519 has 32 bytes, or 64 with the public key behind")
        }
        (CustodialAlgorithm::P256, Some((scalar, []))) => {
            let key = p256::ecdsa::SigningKey::from_slice(scalar)
                .map_err(|_| "it is no scalar of P-256")?;
            PublicKey::from_p256_sec1(key.verifying_key().to_sec1_point(true).as_bytes())
                .map_err(|_| WEAK)
        }
        (CustodialAlgorithm::P256, _) => Err("P-256 has 32 bytes"),
    }
}
