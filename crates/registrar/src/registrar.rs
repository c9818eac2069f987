//! The registrar: which DIDs are whose. Each kind of operation has a file of its own.

use did::{Did, Document, Known};
use keystore::Keystore;
use ledger::{Ledger, Networks, ReadError};
use store::Store;

use crate::rows::{Pending, Rows};
use crate::signing::methods;
use crate::turns::Turns;
use crate::{Clock, Listed, ManagedKey, Page, RegistrarError};

/// DIDs in one page of a list.
pub const LIST_MAX: u32 = 10_000;

/// Changes DIDs with custodial keys. Clones share everything.
///
/// Everything is scoped by tenant: another tenant's DID is never disclosed, only reported as not found.
#[derive(Clone)]
pub struct Registrar {
    pub(crate) networks: Networks,
    pub(crate) keystore: Keystore,
    pub(crate) rows: Rows,
    pub(crate) turns: Turns,
    pub(crate) clock: Clock,
}

impl Registrar {
    /// Puts one together over a store that was opened with [`crate::MIGRATIONS`].
    pub fn new(networks: Networks, keystore: Keystore, store: Store) -> Self {
        Self {
            networks,
            keystore,
            rows: Rows(store),
            turns: Turns::default(),
            clock: Clock::system(),
        }
    }

    /// The same with another clock: for tests of what takes days.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn store(&self) -> Store {
        self.rows.0.clone()
    }

    /// Settles the creates that a crash has interrupted: those that the ledger has are listed, the others forgotten.
    /// For the start, before requests are taken. Returns how many were settled.
    ///
    /// # Errors
    /// Ledger or store cannot be read or written.
    pub async fn recover(&self) -> Result<usize, RegistrarError> {
        let (mut settled, mut last) = (0, None);
        loop {
            let pending = self.rows.pending_after(last.as_ref())?;
            let Some(end) = pending.last().cloned() else {
                return Ok(settled);
            };
            for one in pending {
                match self.is_accepted(&one) {
                    Ok(Some(true)) => self.rows.confirm(one).await?,
                    Ok(Some(false)) => self.rows.forget(one).await?,
                    // Its network is not served at present, or cannot be asked.
                    Ok(None) | Err(RegistrarError::Read(ReadError::Withheld(_))) => continue,
                    Err(error) => return Err(error),
                }
                settled += 1;
            }
            last = Some(end);
        }
    }

    /// Whether this tenant manages this DID.
    ///
    /// # Errors
    /// Ledger or store cannot be read.
    pub fn owns(&self, tenant: &str, did: &Did) -> Result<bool, RegistrarError> {
        if self.rows.is_listed(tenant, did.as_str())? {
            return Ok(true);
        }
        for pending in self.rows.pending_of(tenant, did.as_str())? {
            if self.is_accepted(&pending)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The DIDs of a tenant, on one network or on all, deactivated ones too; the oldest first.
    ///
    /// # Errors
    /// Ledger or store cannot be read or written.
    pub async fn list(
        &self,
        tenant: &str,
        network: Option<&str>,
        page: Page,
    ) -> Result<Listed, RegistrarError> {
        for pending in self.rows.pending_of_tenant(tenant)? {
            match self.is_accepted(&pending) {
                Ok(Some(true)) => self.rows.confirm(pending).await?,
                // It is listed once it is known to be there.
                Ok(_) | Err(RegistrarError::Read(ReadError::Withheld(_))) => {}
                Err(error) => return Err(error),
            }
        }
        let page = Page {
            limit: page.limit.min(LIST_MAX),
            ..page
        };
        let (total, dids) = self.rows.page(tenant, network, page)?;
        let dids = dids
            .iter()
            .map(|text| Did::parse(text))
            .collect::<Result<_, _>>();
        Ok(Listed {
            total,
            dids: dids.map_err(|error| RegistrarError::Store(Box::new(error)))?,
        })
    }

    /// The ledger of a DID that this tenant manages.
    pub(crate) fn ledger_of_owned(
        &self,
        tenant: &str,
        did: &Did,
    ) -> Result<&dyn Ledger, RegistrarError> {
        let ledger = self.networks.of(did)?;
        if self.owns(tenant, did)? {
            Ok(ledger)
        } else {
            Err(RegistrarError::NotFound(did.clone()))
        }
    }

    /// The methods of a document whose keys the tenant holds.
    pub(crate) fn custodial_keys(
        &self,
        tenant: &str,
        document: &Document,
    ) -> Result<Vec<ManagedKey>, RegistrarError> {
        let found = self
            .keystore
            .find_each(tenant, methods(document).map(|(_, key)| key))?;
        let held = methods(document)
            .zip(found)
            .filter_map(|((method, _), key)| {
                Some(ManagedKey {
                    method: method.clone(),
                    key: key?,
                })
            });
        Ok(held.collect())
    }

    /// Whether the ledger has the version that a create was to make; `None` when its network is not served.
    fn is_accepted(&self, pending: &Pending) -> Result<Option<bool>, RegistrarError> {
        let did =
            Did::parse(&pending.did).map_err(|error| RegistrarError::Store(Box::new(error)))?;
        match self.networks.of(&did) {
            Ok(ledger) => Ok(Some(
                ledger.known().version_is_used(&did, &pending.version_id)?,
            )),
            Err(_) => Ok(None),
        }
    }
}

/// A random UUID v4 as text, for a version or an identifier.
pub(crate) fn random_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}
