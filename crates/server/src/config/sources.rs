//! Where settings come from: the file, the environment and the command line.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::layer::Layer;
use super::settings::Secret;

/// Largest configuration file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}; check --config or ATROPOS_CONFIG")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is larger than any configuration.
    #[error("the configuration file {path} is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is not TOML, names an unknown key, or has a value of the wrong type.
    #[error("the configuration file {path} is not usable")]
    Toml {
        /// The file.
        path: PathBuf,
        /// Which key and line.
        source: toml::de::Error,
    },
    /// An environment variable of ours that no setting belongs to.
    #[error("unknown environment variable {name}; `atropos config --help` lists the settings")]
    UnknownVariable {
        /// The variable.
        name: String,
    },
    /// A value that cannot be used, from the environment or the command line.
    #[error("{name}: {reason}")]
    Value {
        /// The variable or flag.
        name: String,
        /// What is expected.
        reason: String,
    },
    /// Values that cannot be used together.
    #[error("{setting}: {reason}")]
    Invalid {
        /// The setting, as in the file.
        setting: &'static str,
        /// What is expected.
        reason: String,
    },
    /// Nowhere to put data by default.
    #[error("no data directory: give --data (neither XDG_DATA_HOME nor HOME is set)")]
    NoHome,
}

/// Where a setting may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In the file, in the environment and on the command line.
    Anywhere,
    /// Only in the environment: command lines are public on a machine, and files get copied.
    Environment,
}

/// One setting: its name in the file, what it means, and how a text becomes its value.
pub struct Setting {
    /// Name with its table, such as `limits.body_bytes`.
    pub name: &'static str,
    /// One line for the help text.
    pub help: &'static str,
    /// Where it may stand.
    pub source: Source,
    set: fn(&mut Layer, &str) -> Result<(), String>,
}

/// Every setting, in the order of the example file.
pub const SETTINGS: &[Setting] = &[
    setting("listen", "Address and port to listen on", |l, t| {
        parse(&mut l.listen, t)
    }),
    setting("data", "Directory of log, index and store", |l, t| {
        parse(&mut l.data, t)
    }),
    setting(
        "guard",
        "Directory of the head guard, outside the data",
        |l, t| parse(&mut l.guard, t),
    ),
    setting(
        "networks",
        "Networks served, separated by commas: testnet, mainnet",
        |l, t| list(&mut l.networks, t),
    ),
    setting(
        "ledger.create",
        "Whether a start may create a log: if-absent or never",
        |l, t| parse(&mut l.ledger.create, t),
    ),
    setting(
        "ledger.origin",
        "Name of the logs in their checkpoints, used by nobody else; random without it",
        |l, t| parse(&mut l.ledger.origin, t),
    ),
    setting(
        "keystore.passphrase_file",
        "File with the passphrase of the keystore",
        |l, t| parse(&mut l.keystore.passphrase_file, t),
    ),
    setting(
        "keystore.key_file",
        "File with the random key that opens the keystore, outside the data",
        |l, t| parse(&mut l.keystore.key_file, t),
    ),
    setting(
        "publication.url",
        "Address under which others reach this server",
        |l, t| parse(&mut l.publication.url, t),
    ),
    setting(
        "publication.interval_ms",
        "Time between two checkpoints that go to the witnesses, in milliseconds",
        |l, t| parse(&mut l.publication.interval_ms, t),
    ),
    setting(
        "publication.freshness_s",
        "Age after which a checkpoint is cosigned again, in seconds",
        |l, t| parse(&mut l.publication.freshness_s, t),
    ),
    setting(
        "publication.max_silence_s",
        "Time without a quorum after which \"active\" is not said any more, in seconds",
        |l, t| parse(&mut l.publication.max_silence_s, t),
    ),
    setting(
        "publication.policy",
        "File with the witnesses and the quorum (C2SP tlog-policy)",
        |l, t| parse(&mut l.publication.policy, t),
    ),
    setting(
        "publication.webhooks",
        "Where webhooks may lead: public or anywhere",
        |l, t| parse(&mut l.publication.webhooks, t),
    ),
    setting(
        "resolution.profile",
        "For which clients DIDs are resolved: standard or universal-resolver-driver",
        |l, t| parse(&mut l.resolution.profile, t),
    ),
    setting(
        "resolution.active_max_age_s",
        "Time for which caches may show an active DID, in seconds",
        |l, t| parse(&mut l.resolution.active_max_age_s, t),
    ),
    setting("tls.certificate", "Certificate chain, PEM", |l, t| {
        parse(&mut l.tls.certificate, t)
    }),
    setting("tls.key", "Private key of the certificate, PEM", |l, t| {
        parse(&mut l.tls.key, t)
    }),
    setting(
        "limits.body_bytes",
        "Largest request body, in bytes",
        |l, t| parse(&mut l.limits.body_bytes, t),
    ),
    setting(
        "limits.json_depth",
        "Deepest nesting of a JSON body",
        |l, t| parse(&mut l.limits.json_depth, t),
    ),
    setting(
        "limits.connections_max",
        "Connections open at once",
        |l, t| parse(&mut l.limits.connections_max, t),
    ),
    setting(
        "limits.header_timeout_ms",
        "Time to send the headers of a request, in milliseconds",
        |l, t| parse(&mut l.limits.header_timeout_ms, t),
    ),
    setting(
        "limits.request_timeout_ms",
        "Time to answer a request, in milliseconds",
        |l, t| parse(&mut l.limits.request_timeout_ms, t),
    ),
    setting(
        "limits.drain_timeout_ms",
        "Time for running requests when stopping, in milliseconds",
        |l, t| parse(&mut l.limits.drain_timeout_ms, t),
    ),
    setting(
        "rates.key_requests_per_s",
        "Requests per second with one API key, token or client",
        |l, t| parse(&mut l.rates.key_requests_per_s, t),
    ),
    setting(
        "rates.tenant_requests_per_s",
        "Requests per second of one tenant",
        |l, t| parse(&mut l.rates.tenant_requests_per_s, t),
    ),
    setting(
        "rates.failed_signatures_per_min",
        "Refusals per minute for missing or invalid signatures, of one caller or address",
        |l, t| parse(&mut l.rates.failed_signatures_per_min, t),
    ),
    setting(
        "rates.failed_logins_per_min",
        "Credentials per minute from one address that are not good",
        |l, t| parse(&mut l.rates.failed_logins_per_min, t),
    ),
    setting("auth.session_s", "Life of a session, in seconds", |l, t| {
        parse(&mut l.auth.session_s, t)
    }),
    setting(
        "auth.challenge_s",
        "Time to answer a challenge, in seconds",
        |l, t| parse(&mut l.auth.challenge_s, t),
    ),
    setting(
        "auth.user_action_s",
        "Time to send a request once it is signed, in seconds",
        |l, t| parse(&mut l.auth.user_action_s, t),
    ),
    setting(
        "auth.relying_party",
        "Domain name that passkeys are made for; without it there are none",
        |l, t| parse(&mut l.auth.relying_party, t),
    ),
    setting(
        "auth.origins",
        "Pages from which passkeys may sign, separated by commas",
        |l, t| list(&mut l.auth.origins, t),
    ),
    setting(
        "registration.profile",
        "How the registration routes answer: standard or cheqd-registrar",
        |l, t| parse(&mut l.registration.profile, t),
    ),
    setting(
        "comet.listen",
        "Address and port for cheqd's client libraries (CometBFT JSON-RPC); without it there is none",
        |l, t| parse(&mut l.comet.listen, t),
    ),
    setting(
        "comet.network",
        "Network that their transactions change; the first one without it",
        |l, t| parse(&mut l.comet.network, t),
    ),
    setting(
        "comet.chain_id",
        "Chain id that their transactions are signed for",
        |l, t| parse(&mut l.comet.chain_id, t),
    ),
    setting(
        "comet.fees",
        "What their transactions cost: free or static",
        |l, t| parse(&mut l.comet.fees, t),
    ),
    setting(
        "comet.faucet",
        "Account that begins with all the money, where fees are static",
        |l, t| parse(&mut l.comet.faucet, t),
    ),
    setting(
        "grpc.listen",
        "Address and port for queries over gRPC; without it there are none",
        |l, t| parse(&mut l.grpc.listen, t),
    ),
    setting(
        "cors.origins",
        "Origins that may read from a browser, separated by commas, or *",
        |l, t| list(&mut l.cors.origins, t),
    ),
    setting("log.format", "Form of a log line: text or json", |l, t| {
        parse(&mut l.log.format, t)
    }),
    setting(
        "log.filter",
        "What is logged, such as info,atropos=debug",
        |l, t| parse(&mut l.log.filter, t),
    ),
    secret(
        "keystore.passphrase",
        "Passphrase of the keystore",
        |l, t| {
            l.keystore_passphrase = Some(Secret::new(t.into()));
            Ok(())
        },
    ),
    secret(
        "bootstrap_api_key",
        "API key that is accepted from the first start on",
        |l, t| {
            l.bootstrap_api_key = Some(Secret::new(t.into()));
            Ok(())
        },
    ),
];

/// Variables that the command line reads itself.
const NOT_SETTINGS: [&str; 3] = ["ATROPOS_CONFIG", "ATROPOS_SERVER", "ATROPOS_API_KEY"];

/// Reads a configuration file.
///
/// # Errors
/// When it cannot be read, is too large, or [`Layer::parse`] refuses it.
pub fn from_file(path: &Path) -> Result<Layer, ConfigError> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|source| ConfigError::File {
            path: path.into(),
            source,
        })?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(ConfigError::TooLarge { path: path.into() });
    }
    Layer::parse(&text).map_err(|source| ConfigError::Toml {
        path: path.into(),
        source,
    })
}

/// Takes the settings out of environment variables. An empty value counts as not set.
///
/// # Errors
/// When a variable that starts with `ATROPOS_` belongs to no setting, or its value is unusable.
pub fn from_environment(
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (name, text) in variables {
        let elsewhere = NOT_SETTINGS.contains(&name.as_str()) || is_of_an_orchestrator(&name);
        if !name.starts_with("ATROPOS_") || elsewhere {
            continue;
        }
        let setting = SETTINGS
            .iter()
            .find(|setting| variable_of(setting.name) == name);
        let Some(setting) = setting else {
            return Err(ConfigError::UnknownVariable { name });
        };
        if !text.is_empty() {
            (setting.set)(&mut layer, &text)
                .map_err(|reason| ConfigError::Value { name, reason })?;
        }
    }
    Ok(layer)
}

/// Takes the settings out of flags, given by the names of [`SETTINGS`].
///
/// # Errors
/// When a value is unusable.
pub fn from_flags(flags: impl IntoIterator<Item = (String, String)>) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (name, text) in flags {
        let error = |reason| ConfigError::Value {
            name: format!("--{}", flag_of(&name)),
            reason,
        };
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name == name && setting.source == Source::Anywhere);
        let setting = setting.ok_or_else(|| error("unknown setting".into()))?;
        (setting.set)(&mut layer, &text).map_err(error)?;
    }
    Ok(layer)
}

/// The environment variable of a setting: `limits.body_bytes` is `ATROPOS_LIMITS_BODY_BYTES`.
pub fn variable_of(name: &str) -> String {
    format!("ATROPOS_{}", name.replace('.', "_").to_ascii_uppercase())
}

/// The flag of a setting without its dashes: `limits.body_bytes` is `limits-body-bytes`.
pub fn flag_of(name: &str) -> String {
    name.replace(['.', '_'], "-")
}

/// Kubernetes and container links define these for a service called "atropos"; they say nothing about settings.
fn is_of_an_orchestrator(name: &str) -> bool {
    name == "ATROPOS_PORT"
        || name.starts_with("ATROPOS_PORT_")
        || name.starts_with("ATROPOS_SERVICE_")
}

const fn setting(
    name: &'static str,
    help: &'static str,
    set: fn(&mut Layer, &str) -> Result<(), String>,
) -> Setting {
    Setting {
        name,
        help,
        source: Source::Anywhere,
        set,
    }
}

const fn secret(
    name: &'static str,
    help: &'static str,
    set: fn(&mut Layer, &str) -> Result<(), String>,
) -> Setting {
    Setting {
        name,
        help,
        source: Source::Environment,
        set,
    }
}

fn parse<T: FromStr<Err: Display>>(slot: &mut Option<T>, text: &str) -> Result<(), String> {
    *slot = Some(text.parse().map_err(|error: T::Err| error.to_string())?);
    Ok(())
}

fn list<T: FromStr<Err: Display>>(slot: &mut Option<Vec<T>>, text: &str) -> Result<(), String> {
    let items = text
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    *slot = Some(
        items
            .map(|item| item.parse().map_err(|error: T::Err| error.to_string()))
            .collect::<Result<_, _>>()?,
    );
    Ok(())
}
