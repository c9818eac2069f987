//! Types of values. A text that is not usable never becomes one.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use axum::http::HeaderValue;
use chain::Address;
use chain::CHAIN_ID_CHARS_MAX;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A cheqd network, as a DID names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
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

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        text.parse()
    }
}

/// Whether starting the server may create a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreateMode {
    /// When there is neither log nor guard.
    IfAbsent,
    /// `atropos ledger init` has to be run once.
    Never,
}

/// Allowed targets of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookTargets {
    /// `https` addresses of public networks.
    Public,
    /// Every address, by plain `http` and within this network too. For development.
    Anywhere,
}

/// Clients for which the standard's own media types are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// DID Resolution v1.
    #[default]
    Standard,
    /// The Universal Resolver and its drivers: errors by their bare names, and a deactivated DID with its last
    /// document.
    UniversalResolverDriver,
}

/// How the registration routes answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationProfile {
    /// As the specification requires.
    #[default]
    Standard,
    /// As cheqd's own registrar does, for clients that were written against it.
    CheqdRegistrar,
}

/// Fees of Cosmos transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Fees {
    /// None; every account exists.
    Free,
    /// The fixed fees of the cheqd network.
    Static,
}

impl Fees {
    /// The value of the setting.
    pub fn as_str(self) -> &'static str {
        match self {
            Fees::Free => "free",
            Fees::Static => "static",
        }
    }
}

/// Format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Origins whose pages may use the public read routes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub enum Origins {
    /// Every origin.
    Any,
    /// These only; none when empty.
    Only(Vec<HeaderValue>),
}

impl TryFrom<Vec<String>> for Origins {
    type Error = String;

    fn try_from(list: Vec<String>) -> Result<Origins, String> {
        if list == ["*"] {
            return Ok(Origins::Any);
        }
        let parse = |origin: &String| {
            let host = without_scheme(origin);
            let is_origin = !host.is_empty() && !host.contains(NOT_IN_A_HOST);
            let value = HeaderValue::from_str(origin).ok().filter(|_| is_origin);
            value.ok_or_else(|| {
                format!("{origin:?} is not an origin like https://wallet.example; \"*\" alone allows all")
            })
        };
        let origins = list.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Origins::Only(origins))
    }
}

impl From<Origins> for Vec<String> {
    fn from(origins: Origins) -> Vec<String> {
        match origins {
            Origins::Any => vec!["*".into()],
            Origins::Only(list) => list
                .iter()
                .map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned())
                .collect(),
        }
    }
}

/// A secret text: wiped when dropped, and without any way to print it.
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub(super) fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A type that is parsed from a text when it is read.
macro_rules! parsed {
    ($(#[$doc:meta])* $name:ident($inner:ty) = $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name($inner);

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<$name, String> {
                $parse(text).map($name)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0.to_string()
            }
        }

        impl Deref for $name {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                &self.0
            }
        }
    };
}

/// Longest configured origin, in bytes: it fits a key name followed by a network.
const ORIGIN_BYTES_MAX: usize = 200;

parsed! {
    /// What the logs are called in their checkpoints, followed by `/<network>`.
    LogOrigin(String) = |text: String| {
        let clean = |byte: u8| byte.is_ascii_graphic() && byte != b'+';
        let fits = (1..=ORIGIN_BYTES_MAX).contains(&text.len());
        let is_origin = fits && text.bytes().all(clean) && !text.ends_with('/');
        is_origin.then_some(text).ok_or_else(|| {
            format!("1 to {ORIGIN_BYTES_MAX} ASCII characters without spaces, `+` and a final `/`")
        })
    }
}

/// Longest public address, in bytes.
const URL_BYTES_MAX: usize = 256;

parsed! {
    /// The public address of this server, without a final `/`.
    BaseUrl(String) = |text: String| {
        let host = without_scheme(&text);
        let clean = |byte: u8| byte.is_ascii_graphic() && !b"?#@\"<>\\".contains(&byte);
        let fits = !host.is_empty() && text.len() <= URL_BYTES_MAX && !text.ends_with('/');
        if fits && host.bytes().all(clean) {
            return Ok(text);
        }
        Err(format!(
            "{text:?} is not an address like https://dids.example.org, at most {URL_BYTES_MAX} bytes and without \
             a final `/`"
        ))
    }
}

parsed! {
    /// A domain name, in lower case.
    Domain(String) = |text: String| {
        let clean = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        if (1..=253).contains(&text.len()) && text.bytes().all(clean) && !text.starts_with('.') {
            return Ok(text);
        }
        Err(format!("{text:?} is not a domain name like wallet.example, in lower case"))
    }
}

parsed! {
    /// Origin of a page on which a passkey may sign.
    PageOrigin(String) = |text: String| {
        let local = || text.strip_prefix("http://localhost").map(|_| "localhost");
        let host = text.strip_prefix("https://").or_else(local).unwrap_or_default();
        let port = text.rsplit_once(':').map_or("", |(_, port)| port);
        let port_fits = port.starts_with("//") || port.parse::<u16>().is_ok();
        if !host.is_empty() && !host.contains(NOT_IN_A_HOST) && port_fits {
            return Ok(text);
        }
        Err(format!(
            "{text:?} is not an origin like https://wallet.example; only http://localhost:<port> is without TLS"
        ))
    }
}

parsed! {
    /// The chain id that transactions are signed for.
    ChainId(String) = |text: String| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let fits = (1..=CHAIN_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(allowed);
        fits.then_some(text)
            .ok_or_else(|| format!("1 to {CHAIN_ID_CHARS_MAX} ASCII letters, digits and `-`"))
    }
}

parsed! {
    /// The address of a Cosmos account.
    Account(Address) = |text: String| Address::parse(&text).map_err(|error| error.to_string())
}

parsed! {
    /// The JSON-RPC address of a node.
    NodeUrl(Url) = |text: String| {
        let url = Url::parse(&text).ok();
        url.filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| format!("`{text}` is not an http or https URL"))
    }
}

parsed! {
    /// What is logged, in the syntax of `tracing` filters.
    LogFilter(String) = |text: String| {
        match tracing_subscriber::EnvFilter::builder().parse(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What follows a host in a URL, and what no host contains.
const NOT_IN_A_HOST: [char; 6] = ['/', '*', '@', '?', '#', ' '];

/// What follows `https://` or `http://`; empty without either.
fn without_scheme(url: &str) -> &str {
    let rest = url.strip_prefix("https://");
    rest.or_else(|| url.strip_prefix("http://"))
        .unwrap_or_default()
}
