//! How often one may ask, and how often one may be wrong.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::settings::invalid;
use super::sources::ConfigError;

/// How often one may ask, and how often one may be wrong. Each is also what may come at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rates {
    /// Requests per second with one API key, token or client.
    pub key_requests_per_s: NonZeroU32,
    /// Requests per second of one tenant, with all of its keys.
    pub tenant_requests_per_s: NonZeroU32,
    /// Refusals per minute of one caller (or address, without an account) for signatures that are missing or not valid.
    pub failed_signatures_per_min: NonZeroU32,
    /// Credentials per minute from one address that are not good.
    pub failed_logins_per_min: NonZeroU32,
}

/// What a busy server does not reach: it makes some 10,000 operations durable in a second on two cores. What can be
/// read without an account is not counted at all.
impl Default for Rates {
    fn default() -> Rates {
        Rates {
            key_requests_per_s: at_least_one(20_000),
            tenant_requests_per_s: at_least_one(40_000),
            failed_signatures_per_min: at_least_one(600),
            failed_logins_per_min: at_least_one(60),
        }
    }
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RatesLayer {
    pub(super) key_requests_per_s: Option<u32>,
    pub(super) tenant_requests_per_s: Option<u32>,
    pub(super) failed_signatures_per_min: Option<u32>,
    pub(super) failed_logins_per_min: Option<u32>,
}

impl RatesLayer {
    pub(super) fn over(self, lower: RatesLayer) -> RatesLayer {
        RatesLayer {
            key_requests_per_s: self.key_requests_per_s.or(lower.key_requests_per_s),
            tenant_requests_per_s: self.tenant_requests_per_s.or(lower.tenant_requests_per_s),
            failed_signatures_per_min: self
                .failed_signatures_per_min
                .or(lower.failed_signatures_per_min),
            failed_logins_per_min: self.failed_logins_per_min.or(lower.failed_logins_per_min),
        }
    }
}

/// Highest rate: nothing here is faster.
const RATE_MAX: u32 = 10_000_000;

/// Fills the gaps with defaults.
pub(super) fn resolve(layer: &RatesLayer) -> Result<Rates, ConfigError> {
    let default = Rates::default();
    let rate = |setting, given: Option<u32>, default| match given.map(NonZeroU32::new) {
        None => Ok(default),
        Some(Some(rate)) if rate.get() <= RATE_MAX => Ok(rate),
        Some(_) => Err(invalid(
            setting,
            format!("must be between 1 and {RATE_MAX}"),
        )),
    };
    Ok(Rates {
        key_requests_per_s: rate(
            "rates.key_requests_per_s",
            layer.key_requests_per_s,
            default.key_requests_per_s,
        )?,
        tenant_requests_per_s: rate(
            "rates.tenant_requests_per_s",
            layer.tenant_requests_per_s,
            default.tenant_requests_per_s,
        )?,
        failed_signatures_per_min: rate(
            "rates.failed_signatures_per_min",
            layer.failed_signatures_per_min,
            default.failed_signatures_per_min,
        )?,
        failed_logins_per_min: rate(
            "rates.failed_logins_per_min",
            layer.failed_logins_per_min,
            default.failed_logins_per_min,
        )?,
    })
}

fn at_least_one(rate: u32) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(rate.saturating_sub(1))
}
