//! Where settings come from: the file, the environment and the command line, merged into one table.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use toml::{Table, Value};

use super::declaration::{Kind, Setting, Source};
use super::paths::Places;
use super::settings::{SECRETS, Settings, TABLES};
use super::value::Secret;
use super::{Config, relation};

/// Largest configuration file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Variables that the command line reads itself.
const NOT_SETTINGS: [&str; 3] = ["ATROPOS_CONFIG", "ATROPOS_SERVER", "ATROPOS_API_KEY"];

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}; check --config or ATROPOS_CONFIG")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is larger than any configuration.
    #[error("the configuration file {path} is larger than {FILE_BYTES_MAX} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is not TOML.
    #[error("the configuration file {path} is not usable")]
    Toml {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        source: toml::de::Error,
    },
    /// An environment variable of ours that no setting belongs to.
    #[error("unknown environment variable {name}; `atropos config --help` lists the settings")]
    UnknownVariable {
        /// The variable.
        name: String,
    },
    /// A setting that does not exist, has an unusable value, or contradicts another one.
    #[error("{name}: {reason}")]
    Setting {
        /// The flag, the variable, or the setting with its line in the file.
        name: String,
        /// What is expected.
        reason: String,
    },
    /// Nowhere to put data by default.
    #[error("no data directory: give --data (neither XDG_DATA_HOME nor HOME is set)")]
    NoHome,
}

/// Settings that are given, and where. Each call beats those before it.
#[derive(Default)]
pub struct Sources {
    table: Table,
    /// Flags and variables that settings were given by, by the settings' names.
    given_by: BTreeMap<&'static str, String>,
    file: Option<(PathBuf, String)>,
    secrets: BTreeMap<&'static str, Secret>,
}

impl Sources {
    /// Adds one setting, as a default that all sources added later override.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Sources {
        set(&mut self.table, name, value(setting(name), text));
        self
    }

    /// Adds a file, if one is named.
    ///
    /// # Errors
    /// When it cannot be read, is too large or is not TOML.
    pub fn file(self, path: Option<&Path>) -> Result<Sources, ConfigError> {
        let Some(path) = path else {
            return Ok(self);
        };
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
        self.text(path, text)
    }

    /// Adds the text of a file.
    ///
    /// # Errors
    /// When it is not TOML.
    pub fn text(mut self, path: &Path, text: String) -> Result<Sources, ConfigError> {
        let table = toml::from_str(&text).map_err(|source| ConfigError::Toml {
            path: path.into(),
            source,
        })?;
        merge(&mut self.table, table);
        self.file = Some((path.into(), text));
        Ok(self)
    }

    /// Adds environment variables. An empty value counts as not set.
    ///
    /// # Errors
    /// When a variable that starts with `ATROPOS_` belongs to no setting.
    pub fn environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Sources, ConfigError> {
        for (name, text) in variables {
            let is_other = NOT_SETTINGS.contains(&name.as_str()) || is_of_an_orchestrator(&name);
            if !name.starts_with("ATROPOS_") || is_other {
                continue;
            }
            let by_variable =
                |setting: &&Setting| setting.source != Source::File && setting.variable() == name;
            let Some(setting) = settings().find(by_variable) else {
                return Err(ConfigError::UnknownVariable { name });
            };
            if text.is_empty() {
                continue;
            }
            if setting.source == Source::Environment {
                self.secrets.insert(setting.name, Secret::new(text));
            } else {
                self = self.given(setting, &text, name);
            }
        }
        Ok(self)
    }

    /// Adds flags, by the names of their settings.
    #[must_use]
    pub fn flags(mut self, flags: impl IntoIterator<Item = (String, String)>) -> Sources {
        for (name, text) in flags {
            if let Some(setting) = setting(&name) {
                let flag = format!("--{}", setting.flag());
                self = self.given(setting, &text, flag);
            }
        }
        self
    }

    fn given(mut self, setting: &'static Setting, text: &str, by: String) -> Sources {
        set(&mut self.table, setting.name, value(Some(setting), text));
        self.given_by.insert(setting.name, by);
        self
    }

    /// The effective configuration: what is given, over the defaults.
    ///
    /// # Errors
    /// When a setting does not exist, has an unusable value or contradicts another one, or when a default needs a home
    /// directory and there is none.
    pub fn config(mut self, places: &Places) -> Result<Config, ConfigError> {
        let passphrase = self.secrets.remove("keystore.passphrase");
        relation::is_whole(&self.table).map_err(|found| self.refusal(&found.0, found.1))?;
        let mut table = self.table.clone();
        relation::complete(&mut table, places, passphrase.is_some())?;
        for (name, setting) in relation::applying(&table) {
            if let (Kind::Number(min, max), Some(value)) = (setting.kind, get(&table, &name)) {
                let number = value.as_integer();
                if !number.is_some_and(|number| (min..=max).contains(&number)) {
                    let reason = format!("must be a number between {min} and {max}");
                    return Err(self.refusal(&name, reason));
                }
            }
        }
        let settings: Settings = serde_path_to_error::deserialize(table).map_err(|error| {
            self.refusal(
                &error.path().to_string(),
                error.inner().message().to_owned(),
            )
        })?;
        let refusal = |found: relation::Contradiction| self.refusal(&found.0, found.1);
        relation::agree(&settings).map_err(refusal)?;
        Ok(Config {
            unlock: relation::unlock(&settings, passphrase).map_err(refusal)?,
            bootstrap_api_key: self.secrets.remove("bootstrap_api_key"),
            settings,
        })
    }

    /// A refusal that names the flag, the variable or the line that a setting was given by.
    fn refusal(&self, path: &str, reason: impl Into<String>) -> ConfigError {
        let setting = path.split('[').next().unwrap_or(path);
        let name = match (self.given_by.get(setting), &self.file) {
            (Some(given_by), _) => given_by.clone(),
            (None, Some((file, text))) if get(&self.table, setting).is_some() => {
                let line = line_of(text, setting)
                    .map_or_else(String::new, |line| format!(", line {line}"));
                format!("{setting} ({}{line})", file.display())
            }
            (None, _) => setting.to_owned(),
        };
        ConfigError::Setting {
            name,
            reason: reason.into(),
        }
    }
}

/// Every setting that has a name in the environment or on the command line.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    TABLES
        .iter()
        .flat_map(|table| table.settings)
        .chain(SECRETS)
}

fn setting(name: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.name == name)
}

/// What a text from the environment or the command line becomes. One that is not a number where one is expected stays a
/// text, and is refused with the others.
fn value(setting: Option<&Setting>, text: &str) -> Value {
    match setting.map_or(Kind::Text, |setting| setting.kind) {
        Kind::Text => text.into(),
        Kind::Number(..) => text.parse().map_or_else(|_| text.into(), Value::Integer),
        Kind::List => {
            let items = text.split(',').map(str::trim);
            Value::Array(
                items
                    .filter(|item| !item.is_empty())
                    .map(Value::from)
                    .collect(),
            )
        }
    }
}

/// Kubernetes and container links define these for a service called "atropos"; they are not settings.
fn is_of_an_orchestrator(name: &str) -> bool {
    name == "ATROPOS_PORT"
        || name.starts_with("ATROPOS_PORT_")
        || name.starts_with("ATROPOS_SERVICE_")
}

fn merge(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(lower)), Value::Table(upper)) => merge(lower, upper),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

pub(super) fn get<'a>(table: &'a Table, name: &str) -> Option<&'a Value> {
    match name.split_once('.') {
        None => table.get(name),
        Some((key, rest)) => get(table.get(key)?.as_table()?, rest),
    }
}

/// Sets a value. Where something else than a table is in its way, that is refused later, by its own name.
pub(super) fn set(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((key, rest)) => {
            let inner = table.entry(key).or_insert_with(|| Table::new().into());
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

/// The line of the file on which a setting, or the table that it is in, is given.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut start = None;
    for key in name.split('.') {
        let Some((found, value)) = table.iter().find(|(found, _)| found.get_ref() == key) else {
            break;
        };
        start = Some(found.span().start);
        let Some(inner) = value.get_ref().as_table() else {
            break;
        };
        table = inner;
    }
    Some(text.get(..start?)?.matches('\n').count() + 1)
}
