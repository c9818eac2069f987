//! How the routes of DIF DID Registration answer.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The routes of DIF DID Registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Registration {
    /// Whose habits the answers have.
    pub profile: RegistrationProfile,
}

/// Whose habits the answers of the registration routes have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationProfile {
    /// Those of the specification.
    #[default]
    Standard,
    /// Those of cheqd's own registrar, for clients that were written against it.
    CheqdRegistrar,
}

impl FromStr for RegistrationProfile {
    type Err = String;

    fn from_str(text: &str) -> Result<RegistrationProfile, String> {
        match text {
            "standard" => Ok(RegistrationProfile::Standard),
            "cheqd-registrar" => Ok(RegistrationProfile::CheqdRegistrar),
            _ => Err("expected standard or cheqd-registrar".into()),
        }
    }
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RegistrationLayer {
    pub(super) profile: Option<RegistrationProfile>,
}

impl RegistrationLayer {
    pub(super) fn over(self, lower: RegistrationLayer) -> RegistrationLayer {
        RegistrationLayer {
            profile: self.profile.or(lower.profile),
        }
    }
}

/// Fills the gaps with defaults.
pub(super) fn resolve(layer: &RegistrationLayer) -> Registration {
    Registration {
        profile: layer.profile.unwrap_or_default(),
    }
}
