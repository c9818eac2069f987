//! How DIDs are read over HTTP.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::settings::invalid;
use super::sources::ConfigError;

/// How DIDs are read over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// For which clients the standard's own types are answered.
    pub profile: Profile,
    /// For how long a cache may show an active DID without asking again, in seconds. With 0 it asks every time.
    pub active_max_age_s: u64,
}

/// For which clients the standard's own types are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// As DID Resolution v1 has it.
    #[default]
    Standard,
    /// As the Universal Resolver wants it from its drivers: errors by their bare names, and the last document of a DID
    /// that has ended, without which it would answer "not found".
    UniversalResolverDriver,
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Profile, String> {
        match text {
            "standard" => Ok(Profile::Standard),
            "universal-resolver-driver" => Ok(Profile::UniversalResolverDriver),
            _ => Err("expected standard or universal-resolver-driver".into()),
        }
    }
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ResolutionLayer {
    pub(super) profile: Option<Profile>,
    pub(super) active_max_age_s: Option<u64>,
}

impl ResolutionLayer {
    pub(super) fn over(self, lower: ResolutionLayer) -> ResolutionLayer {
        ResolutionLayer {
            profile: self.profile.or(lower.profile),
            active_max_age_s: self.active_max_age_s.or(lower.active_max_age_s),
        }
    }
}

/// Longest time for which an end may go unseen behind a cache.
const ACTIVE_MAX_AGE_S_MAX: u64 = 300;

/// Fills the gaps with defaults.
pub(super) fn resolve(layer: &ResolutionLayer) -> Result<Resolution, ConfigError> {
    let active_max_age_s = layer.active_max_age_s.unwrap_or(0);
    if active_max_age_s > ACTIVE_MAX_AGE_S_MAX {
        let reason = format!("must be between 0 and {ACTIVE_MAX_AGE_S_MAX}");
        return Err(invalid("resolution.active_max_age_s", reason));
    }
    Ok(Resolution {
        profile: layer.profile.unwrap_or_default(),
        active_max_age_s,
    })
}
