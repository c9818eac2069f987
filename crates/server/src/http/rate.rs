//! How often one may ask, and how often one may be wrong.
//!
//! A caller is a credential of a tenant; what has no account is an address. Budgets of failures are apart from those of
//! requests: whoever errs often is stopped long before its requests would be too many.

mod bounded;
mod once;

use std::net::{IpAddr, Ipv6Addr};

use access::{Caller, Principal, TenantId};
use did::Rejection;
use registrar::RegistrarError;

use crate::config;
use bounded::{Budgets, Spent};

pub use once::{NotOnce, Once};

/// The budgets of one server.
pub struct Rates {
    keys: Budgets<Key>,
    tenants: Budgets<TenantId>,
    failed_signatures: Budgets<Source>,
    failed_logins: Budgets<IpAddr>,
}

/// A budget is spent. Nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Too many {of}. Try again in {retry_after_s} seconds.")]
pub struct TooMany {
    /// Of what.
    pub of: Limited,
    /// When it is worth trying again: the value of `Retry-After`.
    pub retry_after_s: u64,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Requests with one credential.
    Requests,
    /// Requests of one tenant.
    RequestsOfTenant,
    /// Signatures that do not verify, and sets that are not complete.
    FailedSignatures,
    /// Credentials that are not good.
    FailedLogins,
}

impl std::fmt::Display for Limited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Limited::Requests => "requests with this credential",
            Limited::RequestsOfTenant => "requests of this tenant",
            Limited::FailedSignatures => "incomplete or invalid sets of signatures",
            Limited::FailedLogins => "failed attempts to be let in",
        })
    }
}

/// One credential. A client is the same whichever of its tokens it shows.
type Key = (TenantId, Principal);

/// Whoever sends signatures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source(Origin);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Origin {
    Key(Key),
    Address(IpAddr),
    /// Not known: calls from within the process.
    Unknown,
}

impl Source {
    /// A caller with an account.
    pub fn caller(caller: &Caller) -> Source {
        Source(Origin::Key(key(caller)))
    }

    /// Anybody at an address.
    pub fn address(address: Option<IpAddr>) -> Source {
        Source(address.map_or(Origin::Unknown, |address| Origin::Address(network(address))))
    }
}

/// An error that may be about signatures.
pub trait OfSignatures {
    /// Whether signatures were missing, not valid, or not asked for.
    fn is_of_signatures(&self) -> bool;
}

impl OfSignatures for RegistrarError {
    fn is_of_signatures(&self) -> bool {
        match self {
            RegistrarError::Incomplete { .. } => true,
            RegistrarError::Rejected(rejection) => rejection.is_of_signatures(),
            _ => false,
        }
    }
}

impl OfSignatures for access::ActionError {
    fn is_of_signatures(&self) -> bool {
        use access::ActionError::{Credential, Signature};
        matches!(self, Credential | Signature(_))
    }
}

impl OfSignatures for Rejection {
    fn is_of_signatures(&self) -> bool {
        self.code().is_about_signatures()
    }
}

impl Rates {
    /// Whole budgets.
    pub fn new(settings: &config::Rates) -> Rates {
        Rates {
            keys: Budgets::per_second(settings.key_requests_per_s),
            tenants: Budgets::per_second(settings.tenant_requests_per_s),
            failed_signatures: Budgets::per_minute(settings.failed_signatures_per_min),
            failed_logins: Budgets::per_minute(settings.failed_logins_per_min),
        }
    }

    /// Counts a request of somebody who was let in.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn request(&self, caller: &Caller) -> Result<(), TooMany> {
        let spent = self.keys.spend(&key(caller));
        spent.map_err(|spent| too_many(Limited::Requests, spent))?;
        let spent = self.tenants.spend(&caller.tenant);
        spent.map_err(|spent| too_many(Limited::RequestsOfTenant, spent))
    }

    /// Whether signatures of this source are looked at.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn signatures(&self, source: &Source) -> Result<(), TooMany> {
        if source.0 == Origin::Unknown {
            return Ok(());
        }
        let left = self.failed_signatures.look(source);
        left.map_err(|spent| too_many(Limited::FailedSignatures, spent))
    }

    /// Counts an error that is about signatures that were not good, or not all.
    pub fn failed<E: OfSignatures>(&self, source: &Source, error: &E) {
        if source.0 != Origin::Unknown && error.is_of_signatures() {
            // Once the budget is spent there is nothing more to take.
            let _ = self.failed_signatures.spend(source);
        }
    }

    /// Whether a password, which can be guessed, is looked at at all. Random secrets cannot be guessed: whoever shows a
    /// good one is let in whatever others at the same address do.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn login(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        let Some(address) = address.map(network) else {
            return Ok(());
        };
        let left = self.failed_logins.look(&address);
        left.map_err(|spent| too_many(Limited::FailedLogins, spent))
    }

    /// Counts a credential that was not good.
    ///
    /// # Errors
    /// [`TooMany`] instead of another "no", once the budget is spent.
    pub fn login_failed(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        let Some(address) = address.map(network) else {
            return Ok(());
        };
        let spent = self.failed_logins.spend(&address);
        spent.map_err(|spent| too_many(Limited::FailedLogins, spent))
    }
}

fn key(caller: &Caller) -> Key {
    let principal = match &caller.principal {
        Principal::Client {
            project, username, ..
        } => Principal::Client {
            project: project.clone(),
            username: username.clone(),
            token: None,
        },
        principal => principal.clone(),
    };
    (caller.tenant.clone(), principal)
}

/// Who has one IPv6 address has the 2^64 of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

fn too_many(of: Limited, Spent(wait): Spent) -> TooMany {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    TooMany {
        of,
        retry_after_s: seconds.max(1),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use did::RejectionCode;

    use super::*;

    #[test]
    fn addresses_of_one_network_are_one_and_waits_are_whole_seconds() {
        let same = |a: &str, b: &str| network(a.parse().unwrap()) == network(b.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        for (wait_ms, expected) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            let spent = Spent(Duration::from_millis(wait_ms));
            let too_many = too_many(Limited::Requests, spent);
            assert_eq!(too_many.retry_after_s, expected, "{wait_ms}");
        }
    }

    #[test]
    fn failures_have_budgets_apart_and_those_without_address_are_not_mixed_up() {
        let two = NonZeroU32::new(2).unwrap();
        let rates = Rates::new(&config::Rates {
            key_requests_per_s: two,
            tenant_requests_per_s: two,
            failed_signatures_per_min: two,
            failed_logins_per_min: two,
        });
        let address: Option<IpAddr> = "192.0.2.1".parse().ok();
        let source = Source::address(address);
        let invalid = Rejection::new(RejectionCode::InvalidSignature, "one is not valid");
        rates.failed(
            &source,
            &Rejection::new(RejectionCode::DidDocExists, "not about signatures"),
        );
        for _ in 0..2 {
            assert_eq!(rates.signatures(&source), Ok(()));
            rates.failed(&source, &invalid);
        }
        let refused = rates.signatures(&source).unwrap_err();
        assert_eq!(refused.of, Limited::FailedSignatures);
        assert!((1..=60).contains(&refused.retry_after_s));
        assert_eq!(rates.login(address), Ok(()));
        for _ in 0..2 {
            assert_eq!(rates.login_failed(address), Ok(()));
        }
        assert!(rates.login_failed(address).is_err());
        assert!(rates.login(address).is_err());
        for _ in 0..9 {
            assert_eq!(rates.login_failed(None), Ok(()));
            rates.failed(&Source::address(None), &invalid);
        }
        assert_eq!(rates.login(None), Ok(()));
        assert_eq!(rates.signatures(&Source::address(None)), Ok(()));
    }
}
