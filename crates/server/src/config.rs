//! Typed configuration: flags over environment over file over defaults.
//!
//! Every setting stands once in [`SETTINGS`]; its flag and its environment variable follow from its name. Unknown keys
//! are refused wherever they stand, because a misspelt limit that is silently ignored is no limit.

mod auth;
mod cheqd;
mod comet;
mod grpc;
mod layer;
mod paths;
mod publication;
mod rates;
mod registration;
mod resolution;
mod settings;
mod sources;

pub use auth::Auth;
pub use cheqd::Cheqd;
pub use comet::{Comet, Fees};
pub use grpc::Grpc;
pub use layer::Layer;
pub use paths::Places;
pub use publication::{Publication, WebhookTargets};
pub use rates::Rates;
pub use registration::{Registration, RegistrationProfile};
pub use resolution::{Profile, Resolution};
pub use settings::{
    CreateMode, Keystore, Ledger, Limits, Log, LogFormat, Network, Origins, Secret, Secrets,
    Settings, Tls, Unlock,
};
pub use sources::{
    ConfigError, SETTINGS, Setting, Source, flag_of, from_environment, from_file, from_flags,
    variable_of,
};

use std::path::Path;

/// The effective configuration.
pub struct Config {
    /// Everything that may be shown.
    pub settings: Settings,
    /// What must not be shown, written or logged.
    pub secrets: Secrets,
}

impl Config {
    /// Joins the sources: `flags` over `environment` over `file` over the defaults.
    ///
    /// # Errors
    /// When values contradict each other, or a default needs a home directory and there is none.
    pub fn resolve(
        flags: Layer,
        environment: Layer,
        file: Layer,
        places: &Places,
    ) -> Result<Config, ConfigError> {
        settings::resolve(flags.over(environment).over(file), places)
    }

    /// Reads the file (if one is named), the environment and the flags.
    ///
    /// # Errors
    /// When a source cannot be read, names an unknown key or holds an unusable value.
    pub fn load(
        flags: Layer,
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<&Path>,
        places: &Places,
    ) -> Result<Config, ConfigError> {
        let file = match file {
            Some(path) => from_file(path)?,
            None => Layer::default(),
        };
        Config::resolve(flags, from_environment(environment)?, file, places)
    }

    /// The configuration as TOML that can be used as a file. Secrets are mentioned as set or not set, never shown.
    pub fn printed(&self) -> String {
        let set = |is_set: bool| if is_set { "set" } else { "not set" };
        let secrets = format!(
            "# ATROPOS_BOOTSTRAP_API_KEY is {}.\n# ATROPOS_KEYSTORE_PASSPHRASE is {}.\n",
            set(self.secrets.bootstrap_api_key.is_some()),
            set(self.secrets.keystore_passphrase.is_some()),
        );
        secrets
            + &toml::to_string(&self.settings)
                .unwrap_or_else(|error| format!("# cannot be shown: {error}\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places {
            xdg_data_home: None,
            home: Some("/home/clotho".into()),
        }
    }

    fn file(text: &str) -> Result<Layer, ConfigError> {
        Layer::parse(text).map_err(|source| ConfigError::Toml {
            path: "test.toml".into(),
            source,
        })
    }

    fn environment(pairs: &[(&str, &str)]) -> Result<Layer, ConfigError> {
        from_environment(
            pairs
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        )
    }

    #[test]
    fn flags_beat_environment_beats_file_beats_defaults() {
        let resolve = |flags: &[(&str, &str)], env: &[(&str, &str)], text: &str| {
            let flags =
                from_flags(flags.iter().map(|(n, v)| (n.to_string(), v.to_string()))).unwrap();
            Config::resolve(
                flags,
                environment(env).unwrap(),
                file(text).unwrap(),
                &places(),
            )
            .unwrap()
            .settings
        };
        let text = "listen = '127.0.0.1:1'\n[limits]\nbody_bytes = 1000\n";
        let env = [
            ("ATROPOS_LISTEN", "127.0.0.1:2"),
            ("ATROPOS_LIMITS_JSON_DEPTH", "8"),
        ];
        let all = resolve(&[("listen", "127.0.0.1:3")], &env, text);
        assert_eq!(
            (
                all.listen.port(),
                all.limits.body_bytes,
                all.limits.json_depth
            ),
            (3, 1000, 8)
        );
        assert_eq!(resolve(&[], &env, text).listen.port(), 2);
        assert_eq!(resolve(&[], &[], text).listen.port(), 1);
        assert_eq!(resolve(&[], &[], "").listen.port(), 3000);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        for (text, name) in [
            ("lisen = '127.0.0.1:1'", "lisen"),
            ("[limits]\nbody_byte = 1", "body_byte"),
            ("[rates]\nlogins = 1", "logins"),
            ("[cors]\norigin = []", "origin"),
            ("[registration]\nprofil = 'standard'", "profil"),
            ("[cheqd.testnet]\nnode = 'x'", "node"),
            ("[cheqd.othernet]\nnodes = []", "othernet"),
            ("[log]\ncolour = true", "colour"),
            ("[tls]\ncert = 'x'", "cert"),
            ("[publication]\nwitness = 'x'", "witness"),
            ("[comet]\nport = 26657", "port"),
            ("[resolution]\nmode = 'x'", "mode"),
            ("[keystore]\npassphrase = 'x'", "passphrase"),
            ("bootstrap_api_key = 'x'", "bootstrap_api_key"),
        ] {
            let message = chain(file(text).err().unwrap());
            assert!(message.contains(name), "{message}");
        }
        let message = chain(environment(&[("ATROPOS_LISEN", "x")]).err().unwrap());
        assert!(message.contains("ATROPOS_LISEN"), "{message}");
    }

    #[test]
    fn unusable_values_are_refused_by_name() {
        for (name, value) in [
            ("ATROPOS_LISTEN", "localhost"),
            ("ATROPOS_NETWORKS", "testnet,othernet"),
            ("ATROPOS_NETWORKS", "testnet,testnet"),
            ("ATROPOS_LIMITS_BODY_BYTES", "-1"),
            ("ATROPOS_LIMITS_CONNECTIONS_MAX", "0"),
            ("ATROPOS_RATES_KEY_REQUESTS_PER_S", "0"),
            ("ATROPOS_RATES_FAILED_LOGINS_PER_MIN", "10000001"),
            ("ATROPOS_LEDGER_CREATE", "always"),
            ("ATROPOS_LEDGER_ORIGIN", "log.example.org/"),
            ("ATROPOS_LEDGER_ORIGIN", "a b"),
            ("ATROPOS_PUBLICATION_URL", "https://dids.example.org/"),
            ("ATROPOS_PUBLICATION_URL", "dids.example.org"),
            ("ATROPOS_PUBLICATION_INTERVAL_MS", "9"),
            ("ATROPOS_PUBLICATION_FRESHNESS_S", "86401"),
            ("ATROPOS_PUBLICATION_MAX_SILENCE_S", "10"),
            ("ATROPOS_PUBLICATION_WEBHOOKS", "true"),
            ("ATROPOS_RESOLUTION_PROFILE", "strict"),
            ("ATROPOS_RESOLUTION_ACTIVE_MAX_AGE_S", "301"),
            ("ATROPOS_REGISTRATION_PROFILE", "cheqd"),
            ("ATROPOS_COMET_LISTEN", "26657"),
            ("ATROPOS_COMET_NETWORK", "mainnet"),
            ("ATROPOS_COMET_CHAIN_ID", "no spaces"),
            ("ATROPOS_COMET_FEES", "cheap"),
            ("ATROPOS_COMET_FAUCET", "cosmos1"),
            ("ATROPOS_LOG_FORMAT", "xml"),
            ("ATROPOS_LOG_FILTER", "atropos=loud=very"),
            ("ATROPOS_CORS_ORIGINS", "not an origin\n"),
        ] {
            let result = environment(&[(name, value)]).and_then(|layer| {
                Config::resolve(Layer::default(), layer, Layer::default(), &places())
            });
            let message = chain(result.err().unwrap());
            let setting = SETTINGS
                .iter()
                .find(|setting| variable_of(setting.name) == name)
                .unwrap();
            assert!(
                message.contains(name) || message.contains(setting.name),
                "{name}: {message}"
            );
        }
    }

    #[test]
    fn variables_that_orchestrators_set_for_a_service_of_this_name_are_left_alone() {
        let pairs = [
            ("ATROPOS_SERVICE_HOST", "10.0.0.1"),
            ("ATROPOS_PORT_3000_TCP", "tcp://x"),
            ("ATROPOS_PORT", "x"),
        ];
        assert!(environment(&pairs).is_ok());
    }

    #[test]
    fn guard_and_keys_lie_outside_the_data() {
        let resolve = |env: &[(&str, &str)]| {
            Config::resolve(
                Layer::default(),
                environment(env).unwrap(),
                Layer::default(),
                &places(),
            )
        };
        let settings = resolve(&[("ATROPOS_DATA", "/var/lib/atropos")])
            .unwrap()
            .settings;
        assert_eq!(settings.guard, Path::new("/var/lib/atropos.guard"));
        assert_eq!(
            settings.keystore.unlock,
            Unlock::KeyFile("/var/lib/atropos.keys/root.key".into())
        );
        for inside in ["/var/lib/atropos", "/var/lib/atropos/guard"] {
            let error = resolve(&[
                ("ATROPOS_DATA", "/var/lib/atropos"),
                ("ATROPOS_GUARD", inside),
            ])
            .err()
            .unwrap();
            assert!(error.to_string().contains("guard"), "{error}");
        }
        let key = [
            ("ATROPOS_DATA", "/d"),
            ("ATROPOS_KEYSTORE_KEY_FILE", "/d/root.key"),
        ];
        assert!(
            resolve(&key)
                .err()
                .unwrap()
                .to_string()
                .contains("keystore.key_file")
        );
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        for (text, name) in [
            ("[tls]\ncertificate = 'a'", "tls.key"),
            ("[tls]\nkey = 'a'", "tls.certificate"),
            (
                "[keystore]\npassphrase_file = 'a'\nkey_file = 'b'",
                "keystore",
            ),
            ("networks = []", "networks"),
            ("[comet]\nfees = 'static'", "comet.faucet"),
        ] {
            let result = file(text).and_then(|layer| {
                Config::resolve(Layer::default(), Layer::default(), layer, &places())
            });
            let message = chain(result.err().unwrap());
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn printing_shows_no_secret_and_reads_back() {
        let env = [
            ("ATROPOS_BOOTSTRAP_API_KEY", "caas_hunter2"),
            ("ATROPOS_KEYSTORE_PASSPHRASE", "hunter3"),
        ];
        let config = Config::resolve(
            Layer::default(),
            environment(&env).unwrap(),
            Layer::default(),
            &places(),
        )
        .unwrap();
        let text = config.printed();
        assert!(
            text.contains("ATROPOS_BOOTSTRAP_API_KEY is set") && !text.contains("hunter"),
            "{text}"
        );
        let again = Config::resolve(
            Layer::default(),
            environment(&env).unwrap(),
            file(&text).unwrap(),
            &places(),
        );
        assert_eq!(again.unwrap().settings, config.settings);
    }

    #[test]
    fn the_example_file_names_every_setting_and_equals_the_defaults() {
        let text = include_str!("../../../atropos.example.toml");
        let defaults = Config::resolve(
            Layer::default(),
            Layer::default(),
            Layer::default(),
            &places(),
        )
        .unwrap();
        let example = Config::resolve(
            Layer::default(),
            Layer::default(),
            file(text).unwrap(),
            &places(),
        )
        .unwrap();
        assert_eq!(example.settings, defaults.settings);

        // With the paths that depend on the machine uncommented, the file still parses: their names are right too.
        let uncommented = text.replace("\n#: ", "\n");
        assert!(
            file(&uncommented).is_ok(),
            "{}",
            chain(file(&uncommented).err().unwrap())
        );
        for setting in SETTINGS
            .iter()
            .filter(|setting| setting.source == Source::Anywhere)
        {
            let key = setting.name.rsplit('.').next().unwrap();
            assert!(
                uncommented.contains(&format!("\n{key} = ")),
                "{} is missing",
                setting.name
            );
        }
    }

    fn chain(error: ConfigError) -> String {
        format!("{:#}", anyhow::Error::from(error))
    }
}
