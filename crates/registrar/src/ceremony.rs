//! Ceremonies: statements that wait until every required key has signed, from any number of wallets and for as long as
//! that takes.
//!
//! ```text
//! start ─► read ─► sign (each holder, in any order) ─► commit
//!             └──► sign_custodial (custodial keys, on request)
//! ```
//!
//! - [`Ceremonies::start`] makes the statement, asks [`did::SigningSet`] who signs it, and freezes both. Each signer
//!   has a slot. What the rules refuse with any signatures is refused now.
//! - [`Ceremonies::sign`] takes signatures, one or all at once: all that come in one call are taken, or none. Each is
//!   verified when it arrives.
//! - [`Ceremonies::commit`] submits it. The ledger judges it as it judges everything. Doing it again gives the same
//!   answer.
//!
//! The state of a ceremony ([`State`]) is worked out from the rows and the ledger at every read. An operation
//! of the same DID supersedes it; what happens to other DIDs does not. A signer DID that is deactivated meanwhile drops
//! out of a deactivation, and one that changes its keys signs again.
//!
//! Access ([`CeremonyAccess`]) is as the owner with the id, or with a link. Collected signatures are not disclosed
//! before they are in the log; only [`Ceremonies::export`] returns them, for a ceremony that was started for it.

mod commit;
mod custodial;
mod derive;
mod error;
mod links;
mod model;
mod rows;
mod sign;
mod start;

use std::time::Duration;

use store::Store;

pub use commit::Exported;
pub use error::{CeremonyError, Closed, Unexpected};
pub use links::{Link, LinkScope, LinkToken};
pub use model::{
    Act, Binding, Ceremony, CeremonyId, Listing, NewCeremony, Offered, Owner, Release, Slot,
    SlotKeys, SlotState, State, Statement, Supersession,
};

use crate::Registrar;
use rows::{Rows, Stored};

/// How long signatures may be collected.
pub const LIFETIME_MAX: Duration = Duration::from_secs(90 * 86_400);
/// The longest cooling period.
pub const COOLING_MAX: Duration = Duration::from_secs(30 * 86_400);
/// Open ceremonies of one tenant.
pub const OPEN_MAX: u64 = 1000;
/// Open ceremonies without a tenant, of all DIDs together. One more takes the place of the oldest without a
/// signature.
pub const OPEN_OF_BEARERS_MAX: u64 = 10_000;
/// Open ceremonies without a tenant on one DID, in the same way.
pub const OPEN_OF_BEARERS_ON_DID_MAX: u64 = 16;
/// Links of one ceremony that are not revoked.
pub const LINKS_MAX: usize = 1024;
/// Signatures that are taken at once.
pub const SIGNATURES_MAX: usize = 2 * did::limits::MAX_SIGNATURES;
/// Ceremonies on one page of a list.
pub const LIST_MAX: u32 = 100;
/// Characters of the reason of a refusal.
pub const REASON_CHARS_MAX: usize = 500;
/// How long a ceremony that is over can still be looked at.
pub const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Ceremonies, and signatures, that are swept away in one go.
const SWEEP_MAX: u32 = 500;

/// The ceremonies of a registrar. Clones share everything.
#[derive(Clone)]
pub struct Ceremonies {
    registrar: Registrar,
    rows: Rows,
}

/// How a caller reaches a ceremony.
#[derive(Clone, Copy)]
pub enum CeremonyAccess<'a> {
    /// As its owner, by its id.
    Owner {
        /// Whose it is.
        owner: &'a Owner,
        /// Its id.
        id: &'a CeremonyId,
    },
    /// With a link.
    Link(&'a LinkToken),
}

/// What a caller may do with a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Owner,
    Link(LinkScope),
}

impl Registrar {
    /// The ceremonies of this registrar.
    pub fn ceremonies(&self) -> Ceremonies {
        Ceremonies {
            registrar: self.clone(),
            rows: Rows(self.store()),
        }
    }
}

impl Ceremonies {
    /// The ceremony with its present state.
    ///
    /// # Errors
    /// [`CeremonyError::NotFound`]; ledger or store cannot be read.
    pub fn read(&self, via: CeremonyAccess<'_>) -> Result<Ceremony, CeremonyError> {
        let (stored, _) = self.found(via)?;
        self.seen(&stored)
    }

    /// What a link reaches.
    ///
    /// # Errors
    /// [`CeremonyError::NotFound`].
    pub fn scope(&self, token: &LinkToken) -> Result<LinkScope, CeremonyError> {
        self.linked(token).map(|(_, scope)| scope)
    }

    /// The ceremonies of a tenant, the newest first.
    ///
    /// # Errors
    /// Ledger or store cannot be read.
    pub fn list(&self, tenant: &str, listing: &Listing) -> Result<Vec<Ceremony>, CeremonyError> {
        let listing = Listing {
            limit: listing.limit.min(LIST_MAX),
            ..listing.clone()
        };
        let stored = self.rows.page(tenant, &listing)?;
        // One of a network that is not served any more would hide all the others.
        let served = stored
            .iter()
            .filter(|stored| self.registrar.networks.of(&stored.did).is_ok());
        served.map(|stored| self.seen(stored)).collect()
    }

    /// Deletes the signatures of what has expired, and whole ceremonies some time after they are over; answers how many
    /// are gone. For the start and every now and then.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn sweep(&self) -> Result<usize, CeremonyError> {
        let now_ms = self.now_ms();
        let gone_ms = now_ms.saturating_sub(ms_of(KEPT_FOR));
        let mut gone = 0;
        loop {
            let swept = self.rows.sweep(now_ms, gone_ms, SWEEP_MAX).await?;
            gone += swept.ceremonies;
            if swept.ceremonies.max(swept.signatures) < SWEEP_MAX as usize {
                return Ok(gone);
            }
        }
    }

    fn owned(&self, owner: &Owner, id: &CeremonyId) -> Result<Stored, CeremonyError> {
        let found = self.rows.of_owner(owner, id)?;
        found.ok_or(CeremonyError::NotFound)
    }

    fn found(&self, via: CeremonyAccess<'_>) -> Result<(Stored, Reach), CeremonyError> {
        match via {
            CeremonyAccess::Owner { owner, id } => Ok((self.owned(owner, id)?, Reach::Owner)),
            CeremonyAccess::Link(token) => {
                let (id, scope) = self.linked(token)?;
                let stored = self.rows.by_id(&id)?.ok_or(CeremonyError::NotFound)?;
                // A link expires with its ceremony.
                if stored.expires_ms < self.now_ms() {
                    return Err(CeremonyError::NotFound);
                }
                Ok((stored, Reach::Link(scope)))
            }
        }
    }

    fn store(&self) -> Store {
        self.registrar.store()
    }

    /// The time by which ceremonies expire.
    fn now_ms(&self) -> u64 {
        self.registrar.clock.now_ms()
    }
}

fn ms_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
