//! How the logs become public: witnesses, times and webhooks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::settings::invalid;
use super::sources::ConfigError;

/// How the logs become public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Publication {
    /// Address under which others reach this server, without a final `/`. Status lists name it.
    pub url: String,
    /// Time between two checkpoints that are taken to the witnesses.
    pub interval_ms: u64,
    /// Age of a checkpoint's cosignatures after which the same checkpoint is cosigned again.
    pub freshness_s: u64,
    /// Time without an answer of the quorum after which "active" is not said any more.
    pub max_silence_s: u64,
    /// File with the witnesses and the quorum (C2SP `tlog-policy`). Without it the logs stand alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
    /// Where webhooks may lead.
    pub webhooks: WebhookTargets,
}

/// Where webhooks may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookTargets {
    /// To `https` addresses of public networks.
    Public,
    /// Anywhere, by plain `http` and within this network too. For development.
    Anywhere,
}

impl FromStr for WebhookTargets {
    type Err = String;

    fn from_str(text: &str) -> Result<WebhookTargets, String> {
        match text {
            "public" => Ok(WebhookTargets::Public),
            "anywhere" => Ok(WebhookTargets::Anywhere),
            _ => Err("expected public or anywhere".into()),
        }
    }
}

/// The table as one source gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PublicationLayer {
    pub(super) url: Option<String>,
    pub(super) interval_ms: Option<u64>,
    pub(super) freshness_s: Option<u64>,
    pub(super) max_silence_s: Option<u64>,
    pub(super) policy: Option<PathBuf>,
    pub(super) webhooks: Option<WebhookTargets>,
}

impl PublicationLayer {
    pub(super) fn over(self, lower: PublicationLayer) -> PublicationLayer {
        PublicationLayer {
            url: self.url.or(lower.url),
            interval_ms: self.interval_ms.or(lower.interval_ms),
            freshness_s: self.freshness_s.or(lower.freshness_s),
            max_silence_s: self.max_silence_s.or(lower.max_silence_s),
            policy: self.policy.or(lower.policy),
            webhooks: self.webhooks.or(lower.webhooks),
        }
    }
}

/// Longest address, in bytes.
const URL_BYTES_MAX: usize = 256;
/// Shortest and longest time between two checkpoints: a minute is the age that answers about active DIDs may have.
const INTERVAL_MS: (u64, u64) = (10, 60_000);
/// Longest freshness, a day, and longest silence, 30 days: longer ones are mistakes of unit.
const FRESHNESS_S_MAX: u64 = 86_400;
const SILENCE_S_MAX: u64 = 30 * 86_400;

/// Fills the gaps with defaults.
pub(super) fn resolve(
    layer: PublicationLayer,
    listen: SocketAddr,
) -> Result<Publication, ConfigError> {
    let publication = Publication {
        url: layer
            .url
            .map_or_else(|| Ok(format!("http://{listen}")), url)?,
        interval_ms: layer.interval_ms.unwrap_or(1000),
        freshness_s: layer.freshness_s.unwrap_or(60),
        max_silence_s: layer.max_silence_s.unwrap_or(180),
        policy: layer.policy,
        webhooks: layer.webhooks.unwrap_or(WebhookTargets::Public),
    };
    let times = [
        (
            "publication.interval_ms",
            publication.interval_ms,
            INTERVAL_MS,
        ),
        (
            "publication.freshness_s",
            publication.freshness_s,
            (1, FRESHNESS_S_MAX),
        ),
        (
            "publication.max_silence_s",
            publication.max_silence_s,
            (1, SILENCE_S_MAX),
        ),
    ];
    for (setting, value, (min, max)) in times {
        if !(min..=max).contains(&value) {
            return Err(invalid(setting, format!("must be between {min} and {max}")));
        }
    }
    if publication.max_silence_s < publication.freshness_s {
        let reason = "must not be shorter than publication.freshness_s: the quorum is not asked more often than that";
        return Err(invalid("publication.max_silence_s", reason));
    }
    Ok(publication)
}

fn url(text: String) -> Result<String, ConfigError> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or_default();
    let fits = !host.is_empty() && text.len() <= URL_BYTES_MAX && !text.ends_with('/');
    let clean = host
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"?#@\"<>\\".contains(&byte));
    if fits && clean {
        return Ok(text);
    }
    let reason = format!(
        "{text:?} is not an address like https://dids.example.org, at most {URL_BYTES_MAX} bytes and without a \
         final `/`"
    );
    Err(invalid("publication.url", reason))
}
