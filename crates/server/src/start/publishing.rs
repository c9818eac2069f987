//! How the logs become public: from the configuration to what `publication` takes.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use keystore::Keystore;
use ledger::{EarlierKey, Embedded, Networks};
use proof::note::NoteVerifier;
use proof::policy::Policy;
use publication::{
    NetworkSettings, Publication, Reach, Seed, StatusListSettings, Timing, WebhookSettings,
};
use store::Store;

use super::StartError;
use crate::config::{Settings, WebhookTargets};
use crate::dialect::atropos::bounds_of;
use crate::secret::VaultCredentials;

/// Largest policy that is read, in bytes.
const POLICY_BYTES_MAX: u64 = 1 << 20;
/// For how long a status list may be used.
const STATUS_LIST_VALIDITY_S: u64 = 3600;
/// The wait after the first failure of a webhook.
const WEBHOOK_FIRST_RETRY_MS: u64 = 5_000;
/// After so many days of failure a webhook is given up.
const WEBHOOK_DAYS_MAX: u32 = 3;

pub(super) fn start(
    settings: &Settings,
    store: Store,
    networks: &Networks,
    keystore: &Keystore,
    credentials: VaultCredentials,
) -> Result<Publication, StartError> {
    let wanted = &settings.publication;
    let policy = wanted.policy.as_deref().map(read_policy).transpose()?;
    let mut with_policy = Vec::new();
    for ledger in networks.logs() {
        with_policy.extend(network_settings(ledger, policy.as_deref())?);
    }
    let publication = publication::Settings {
        networks: with_policy,
        timing: Timing {
            interval_ms: wanted.interval_ms,
            freshness_s: wanted.freshness_s,
            max_silence_s: wanted.max_silence_s,
            ..Timing::default()
        },
        status_list: StatusListSettings {
            issuer: wanted.url.to_string(),
            base_url: format!("{}/v1/status-list", *wanted.url),
            validity_s: STATUS_LIST_VALIDITY_S,
            seed: seed(keystore, "status lists", "atropos.local/keys/status-list")?,
        },
        webhooks: WebhookSettings {
            seed: seed(keystore, "webhooks", "atropos.local/keys/webhooks")?,
            reach: match wanted.webhooks {
                WebhookTargets::Public => Reach::default(),
                WebhookTargets::Anywhere => Reach::anywhere(),
            },
            first_retry_ms: WEBHOOK_FIRST_RETRY_MS,
            disable_after_days: WEBHOOK_DAYS_MAX,
            credentials: Arc::new(credentials),
            user_agent: concat!("atropos/", env!("CARGO_PKG_VERSION")).to_owned(),
        },
    };
    Ok(Publication::start(store, networks.clone(), publication)?)
}

/// Nothing for a log without witnesses that has had one key only.
fn network_settings(
    ledger: &Embedded,
    policy: Option<&str>,
) -> Result<Option<NetworkSettings>, StartError> {
    let earlier = ledger.earlier_keys()?;
    if earlier.is_empty() && policy.is_none() {
        return Ok(None);
    }
    let witnesses = policy.unwrap_or("quorum none\n");
    // `Publication::start` reports what is wrong with it.
    let listed = Policy::parse(witnesses, None).ok();
    let is_listed = |key: &EarlierKey| {
        let mut listed = listed.iter().flat_map(Policy::log_keys);
        listed.any(|listed| listed.public_key() == key.key)
    };
    let mut policy_text = String::new();
    for key in earlier.iter().filter(|key| !is_listed(key)) {
        policy_text += &format!("log {}\n", verifier(key)?);
    }
    let bounds = bounds_of(ledger, &earlier).map_err(StartError::EarlierKey)?;
    Ok(Some(NetworkSettings {
        namespace: ledger.namespace().to_owned(),
        policy_text: policy_text + witnesses,
        policy_bounds: Some(bounds.to_string()),
    }))
}

fn verifier(key: &EarlierKey) -> Result<NoteVerifier, StartError> {
    NoteVerifier::new(&key.origin, &key.key).map_err(StartError::EarlierKey)
}

/// No log has a name like these, so that no key ever signs two kinds of things.
fn seed(keystore: &Keystore, purpose: &'static str, name: &str) -> Result<Seed, StartError> {
    let seed = keystore
        .checkpoint_seed(name)
        .map_err(|source| StartError::ServiceKey { purpose, source })?;
    Ok(Seed::new(*seed.reveal()))
}

fn read_policy(path: &Path) -> Result<String, StartError> {
    let failed = |source| StartError::Policy {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(POLICY_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > POLICY_BYTES_MAX {
        let reason = format!("it is larger than {POLICY_BYTES_MAX} bytes");
        return Err(failed(io::Error::other(reason)));
    }
    Ok(text)
}
