//! Typed configuration: flags over environment over file over defaults.
//!
//! Each setting is declared once, in [`settings`]; its flag, its environment variable, its place in the example file
//! and in the documentation follow. The sources are merged into one table, which becomes [`Settings`] in one step.
//! Unknown keys are refused, because a misspelt limit that is silently ignored is not a limit.

mod declaration;
#[cfg(test)]
mod document;
mod paths;
mod relation;
mod settings;
mod source;
mod value;

use std::path::PathBuf;

pub use declaration::{Setting, Source};
pub use paths::Places;
pub use settings::{
    Auth, Cheqd, Comet, Cors, Grpc, Keystore, Ledger, Limits, Log, Publication, Rates,
    Registration, Resolution, Settings, Tls,
};
pub use source::{ConfigError, Sources, settings};
pub use value::{
    CreateMode, Fees, LogFormat, Network, Origins, Profile, RegistrationProfile, Secret,
    WebhookTargets,
};

/// The effective configuration.
pub struct Config {
    /// Everything that may be shown.
    pub settings: Settings,
    /// What opens the keystore.
    pub unlock: Unlock,
    /// An API key to accept from the first start on.
    pub bootstrap_api_key: Option<Secret>,
}

/// What opens the keystore.
pub enum Unlock {
    /// The passphrase in `ATROPOS_KEYSTORE_PASSPHRASE`.
    Passphrase(Secret),
    /// A passphrase in a file, without its final line break.
    PassphraseFile(PathBuf),
    /// A random key in a file.
    KeyFile(PathBuf),
}

impl Config {
    /// The configuration as TOML that can be used as a file. Secrets are mentioned as set or not set, never shown.
    pub fn printed(&self) -> String {
        let set = |is_set: bool| if is_set { "set" } else { "not set" };
        let secrets = format!(
            "# ATROPOS_BOOTSTRAP_API_KEY is {}.\n# ATROPOS_KEYSTORE_PASSPHRASE is {}.\n",
            set(self.bootstrap_api_key.is_some()),
            set(matches!(self.unlock, Unlock::Passphrase(_))),
        );
        secrets
            + &toml::to_string(&self.settings)
                .unwrap_or_else(|error| format!("# cannot be shown: {error}\n"))
    }
}

#[cfg(test)]
mod tests;
