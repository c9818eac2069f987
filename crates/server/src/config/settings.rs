//! The settings themselves, their defaults and what they may not say.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use axum::http::HeaderValue;
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::Config;
use super::auth::{self, Auth};
use super::cheqd::{self, Cheqd};
use super::comet::{self, Comet};
use super::grpc::{self, Grpc};
use super::layer::{CorsLayer, KeystoreLayer, Layer, LimitsLayer, TlsLayer};
use super::paths::{Places, sibling};
use super::publication::{self, Publication};
use super::rates::{self, Rates};
use super::registration::{self, Registration};
use super::resolution::{self, Resolution};
use super::sources::ConfigError;

/// Every setting that may be shown.
#[derive(Debug, PartialEq, Serialize)]
pub struct Settings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Directory of the log, the index and the store.
    pub data: PathBuf,
    /// Directory of the head guard. Never inside `data`: the guard notices when the data goes back in time, and must
    /// not go back with it.
    pub guard: PathBuf,
    /// Networks served with a log of their own here.
    pub networks: Vec<Network>,
    /// Networks served that others keep.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cheqd: BTreeMap<Network, Cheqd>,
    /// The ledger.
    pub ledger: Ledger,
    /// The keystore.
    pub keystore: Keystore,
    /// How the logs become public.
    pub publication: Publication,
    /// How DIDs are read over HTTP.
    pub resolution: Resolution,
    /// TLS; without it the server speaks plain HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Limits on what one client can use.
    pub limits: Limits,
    /// How often one may ask, and how often one may be wrong.
    pub rates: Rates,
    /// What people log in with and sign with.
    pub auth: Auth,
    /// How the routes of DIF DID Registration answer.
    pub registration: Registration,
    /// Cosmos transactions and queries, for cheqd's client libraries.
    pub comet: Comet,
    /// Queries over gRPC.
    pub grpc: Grpc,
    /// Who may read from a browser.
    pub cors: Origins,
    /// Logging.
    pub log: Log,
}

/// What must not be shown.
#[derive(Default)]
pub struct Secrets {
    /// An API key to accept from the first start on.
    pub bootstrap_api_key: Option<Secret>,
    /// The passphrase that opens the keystore.
    pub keystore_passphrase: Option<Secret>,
}

/// A secret text: wiped when dropped, and without any way to print it.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A cheqd network, as a DID names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// `did:cheqd:testnet:…`
    Testnet,
    /// `did:cheqd:mainnet:…`
    Mainnet,
}

impl Network {
    /// The namespace in a DID.
    pub fn as_str(self) -> &'static str {
        match self {
            Network::Testnet => "testnet",
            Network::Mainnet => "mainnet",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        match text {
            "testnet" => Ok(Network::Testnet),
            "mainnet" => Ok(Network::Mainnet),
            _ => Err("expected testnet or mainnet".into()),
        }
    }
}

/// Longest configured origin, in bytes: it fits a key name with a network behind it.
const ORIGIN_BYTES_MAX: usize = 200;

/// How a ledger comes into being.
#[derive(Debug, PartialEq, Serialize)]
pub struct Ledger {
    /// Whether starting the server may create a log.
    pub create: CreateMode,
    /// What the logs are called in their checkpoints, followed by `/<network>`: a name that nobody else uses, such as a
    /// host name. Without it each log gets a random one. It is fixed for ever when the log is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// Whether starting the server may create a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreateMode {
    /// Create it when there is neither log nor guard.
    IfAbsent,
    /// Never: `atropos ledger init` has to be run once. For production, where a missing volume must not look like a
    /// new ledger.
    Never,
}

impl FromStr for CreateMode {
    type Err = String;

    fn from_str(text: &str) -> Result<CreateMode, String> {
        match text {
            "if-absent" => Ok(CreateMode::IfAbsent),
            "never" => Ok(CreateMode::Never),
            _ => Err("expected if-absent or never".into()),
        }
    }
}

/// The keystore.
#[derive(Debug, PartialEq, Serialize)]
pub struct Keystore {
    /// What opens it.
    #[serde(flatten)]
    pub unlock: Unlock,
}

/// What opens the keystore.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlock {
    /// The passphrase in `ATROPOS_KEYSTORE_PASSPHRASE`.
    Passphrase,
    /// A passphrase in a file, without its final line break.
    PassphraseFile(PathBuf),
    /// A random key in a file of its own. Never inside the data directory: a copy of the data alone must not open keys.
    KeyFile(PathBuf),
}

/// Certificate chain and key, both PEM.
#[derive(Debug, PartialEq, Serialize)]
pub struct Tls {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key (PKCS#8, PKCS#1 or SEC1).
    pub key: PathBuf,
}

/// Limits on what one client can use. None of them can be switched off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes: usize,
    /// Deepest nesting of a JSON body.
    pub json_depth: usize,
    /// Connections open at once; more are closed at once.
    pub connections_max: usize,
    /// Time to send the headers of a request (and to finish a TLS handshake).
    pub header_timeout_ms: u64,
    /// Time to answer a request, its body included.
    pub request_timeout_ms: u64,
    /// Time that running requests get to finish when the server stops.
    pub drain_timeout_ms: u64,
}

impl Limits {
    /// [`Limits::header_timeout_ms`] as a duration.
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// [`Limits::request_timeout_ms`] as a duration.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// [`Limits::drain_timeout_ms`] as a duration.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.drain_timeout_ms)
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 262_144,
            json_depth: 16,
            connections_max: 1024,
            header_timeout_ms: 10_000,
            request_timeout_ms: 30_000,
            drain_timeout_ms: 10_000,
        }
    }
}

/// Origins whose pages may use the public read routes.
#[derive(Clone, Debug, PartialEq)]
pub enum Origins {
    /// Every origin.
    Any,
    /// These only; none when empty.
    Only(Vec<HeaderValue>),
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Table<'a> {
            origins: Vec<std::borrow::Cow<'a, str>>,
        }
        let origins = match self {
            Origins::Any => vec!["*".into()],
            Origins::Only(list) => list
                .iter()
                .map(|origin| String::from_utf8_lossy(origin.as_bytes()))
                .collect(),
        };
        Table { origins }.serialize(serializer)
    }
}

/// Logging.
#[derive(Debug, PartialEq, Serialize)]
pub struct Log {
    /// Form of a line.
    pub format: LogFormat,
    /// What is written, in the syntax of `tracing` filters.
    pub filter: String,
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<LogFormat, String> {
        match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("expected text or json".into()),
        }
    }
}

/// Fills the gaps of a layer with defaults and checks that its values fit together.
pub(super) fn resolve(layer: Layer, places: &Places) -> Result<Config, ConfigError> {
    let data = match layer.data {
        Some(data) => data,
        None => places.data().ok_or(ConfigError::NoHome)?,
    };
    let guard = layer.guard.unwrap_or_else(|| sibling(&data, ".guard"));
    refuse_inside("guard", &guard, &data)?;
    let unlock = unlock(layer.keystore, layer.keystore_passphrase.is_some(), &data)?;
    let listen = layer
        .listen
        .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)));
    let limits = limits(&layer.limits)?;
    let networks = networks(layer.networks, layer.cheqd.is_empty())?;
    let settings = Settings {
        listen,
        guard,
        cheqd: cheqd::resolve(layer.cheqd, &networks, &limits, &data)?,
        comet: comet::resolve(layer.comet, &networks)?,
        networks,
        ledger: Ledger {
            create: layer.ledger.create.unwrap_or(CreateMode::IfAbsent),
            origin: layer.ledger.origin.map(origin).transpose()?,
        },
        keystore: Keystore { unlock },
        publication: publication::resolve(layer.publication, listen)?,
        resolution: resolution::resolve(&layer.resolution)?,
        tls: tls(layer.tls)?,
        limits,
        rates: rates::resolve(&layer.rates)?,
        auth: auth::resolve(layer.auth)?,
        registration: registration::resolve(&layer.registration),
        grpc: grpc::resolve(&layer.grpc),
        cors: origins(layer.cors)?,
        log: Log {
            format: layer.log.format.unwrap_or(LogFormat::Text),
            filter: filter(layer.log.filter.unwrap_or_else(|| "info".into()))?,
        },
        data,
    };
    let secrets = Secrets {
        bootstrap_api_key: layer.bootstrap_api_key,
        keystore_passphrase: layer.keystore_passphrase,
    };
    Ok(Config { settings, secrets })
}

pub(super) fn invalid(setting: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Invalid {
        setting,
        reason: reason.into(),
    }
}

fn origin(origin: String) -> Result<String, ConfigError> {
    let fits = (1..=ORIGIN_BYTES_MAX).contains(&origin.len());
    let clean = origin
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'+');
    if fits && clean && !origin.ends_with('/') {
        return Ok(origin);
    }
    let reason =
        format!("1 to {ORIGIN_BYTES_MAX} ASCII characters without spaces, `+` and a final `/`");
    Err(invalid("ledger.origin", reason))
}

pub(super) fn refuse_inside(
    setting: &'static str,
    path: &Path,
    data: &Path,
) -> Result<(), ConfigError> {
    if path.starts_with(data) {
        return Err(invalid(
            setting,
            format!("must not lie inside the data directory {}", data.display()),
        ));
    }
    Ok(())
}

fn unlock(layer: KeystoreLayer, has_passphrase: bool, data: &Path) -> Result<Unlock, ConfigError> {
    let unlock = match (has_passphrase, layer.passphrase_file, layer.key_file) {
        (true, None, None) => Unlock::Passphrase,
        (false, Some(path), None) => Unlock::PassphraseFile(path),
        (false, None, Some(path)) => Unlock::KeyFile(path),
        (false, None, None) => Unlock::KeyFile(sibling(data, ".keys").join("root.key")),
        _ => {
            let reason = "give one of ATROPOS_KEYSTORE_PASSPHRASE, passphrase_file and key_file, not several";
            return Err(invalid("keystore", reason));
        }
    };
    match &unlock {
        Unlock::Passphrase => {}
        Unlock::PassphraseFile(path) => refuse_inside("keystore.passphrase_file", path, data)?,
        Unlock::KeyFile(path) => refuse_inside("keystore.key_file", path, data)?,
    }
    Ok(unlock)
}

fn networks(list: Option<Vec<Network>>, alone: bool) -> Result<Vec<Network>, ConfigError> {
    let list = list.unwrap_or_else(|| vec![Network::Testnet]);
    let mut seen = list.clone();
    seen.sort_unstable();
    seen.dedup();
    if (list.is_empty() && alone) || seen.len() != list.len() {
        return Err(invalid(
            "networks",
            "name at least one network, and each only once",
        ));
    }
    Ok(list)
}

fn tls(layer: TlsLayer) -> Result<Option<Tls>, ConfigError> {
    match (layer.certificate, layer.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(Tls { certificate, key })),
        (Some(_), None) => Err(invalid("tls.key", "is needed beside tls.certificate")),
        (None, Some(_)) => Err(invalid("tls.certificate", "is needed beside tls.key")),
    }
}

/// Longest time that may be configured: an hour. Longer ones are mistakes of unit.
const TIMEOUT_MS_MAX: u64 = 3_600_000;

fn limits(layer: &LimitsLayer) -> Result<Limits, ConfigError> {
    let default = Limits::default();
    let limits = Limits {
        body_bytes: layer.body_bytes.unwrap_or(default.body_bytes),
        json_depth: layer.json_depth.unwrap_or(default.json_depth),
        connections_max: layer.connections_max.unwrap_or(default.connections_max),
        header_timeout_ms: layer.header_timeout_ms.unwrap_or(default.header_timeout_ms),
        request_timeout_ms: layer
            .request_timeout_ms
            .unwrap_or(default.request_timeout_ms),
        drain_timeout_ms: layer.drain_timeout_ms.unwrap_or(default.drain_timeout_ms),
    };
    for (setting, value, max) in [
        ("limits.body_bytes", limits.body_bytes as u64, 64 << 20),
        // The parser recurses once a level.
        ("limits.json_depth", limits.json_depth as u64, 64),
        (
            "limits.connections_max",
            limits.connections_max as u64,
            1 << 20,
        ),
        (
            "limits.header_timeout_ms",
            limits.header_timeout_ms,
            TIMEOUT_MS_MAX,
        ),
        (
            "limits.request_timeout_ms",
            limits.request_timeout_ms,
            TIMEOUT_MS_MAX,
        ),
        (
            "limits.drain_timeout_ms",
            limits.drain_timeout_ms,
            TIMEOUT_MS_MAX,
        ),
    ] {
        if value == 0 || value > max {
            return Err(invalid(setting, format!("must be between 1 and {max}")));
        }
    }
    Ok(limits)
}

fn origins(layer: CorsLayer) -> Result<Origins, ConfigError> {
    let Some(list) = layer.origins else {
        return Ok(Origins::Any);
    };
    if list == ["*"] {
        return Ok(Origins::Any);
    }
    let parse = |origin: &String| {
        let host = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"))
            .unwrap_or("");
        let is_origin = !host.is_empty() && !host.contains(['/', '*', '@', '?', '#', ' ']);
        HeaderValue::from_str(origin).ok().filter(|_| is_origin).ok_or_else(|| {
            let reason = format!("{origin:?} is not an origin like https://wallet.example; \"*\" alone allows all");
            invalid("cors.origins", reason)
        })
    };
    list.iter()
        .map(parse)
        .collect::<Result<_, _>>()
        .map(Origins::Only)
}

fn filter(text: String) -> Result<String, ConfigError> {
    tracing_subscriber::EnvFilter::builder()
        .parse(&text)
        .map_err(|error| invalid("log.filter", error.to_string()))?;
    Ok(text)
}
