//! From a configuration to a server that can answer: store, keystore, ledgers, the first API key.

mod accounts;
mod error;
mod ledgers;
mod offline;
mod origin;
pub mod ports;
mod publishing;
mod remote;
pub mod router;
pub mod run;
mod sweeping;
mod transactions;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use access::Access;
use axum::http::Extensions;
use keystore::{Keystore, Passphrase, Unseal};
use ledger::{Ledger, Networks};
use registrar::Registrar;
use resolver::Resolver;
use store::{Migration, Store};
use vault::Vault;
use zeroize::Zeroizing;

use crate::anchor;
use crate::app::{App, Services};
use crate::config::{Config, Settings, Unlock};
use crate::dialect::apinizer::{self, Deployer, Probe, SelfProbe};
use crate::dialect::w3c_resolution;
use crate::http::gate::Gate;
use crate::http::rate::Rates;
use crate::metrics::Metrics;
use crate::secret::VaultCredentials;

pub use accounts::FirstKey;
pub use error::StartError;
pub use ledgers::{Created, When, init, options_of};
pub(crate) use offline::signers_of;
pub use offline::{Rekeyed, open_alone, recover_log, rotate_key};

/// The store's file in the data directory.
pub const STORE_FILE: &str = "atropos.sqlite";

const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "server",
        version: 1,
        sql: include_str!("migrations/1.sql"),
    },
    Migration {
        component: "server",
        version: 2,
        sql: include_str!("migrations/2.sql"),
    },
];

/// A server that can answer.
pub struct Started {
    /// Its services.
    pub app: App,
    /// The API key of the first start, shown only once.
    pub first_key: Option<FirstKey>,
}

/// Opens everything in the configuration, and creates what is missing as far as the configuration allows.
///
/// Blocks while ledgers catch up; meant for the beginning of a process.
///
/// # Errors
/// [`StartError`] states what is wrong and what to do.
pub async fn start(config: &Config) -> Result<Started, StartError> {
    start_with_probe(config, Arc::new(SelfProbe)).await
}

/// The same, with another way for this node to test logins.
///
/// # Errors
/// See [`start`].
pub async fn start_with_probe(
    config: &Config,
    probe: Arc<dyn Probe>,
) -> Result<Started, StartError> {
    let settings = &config.settings;
    let store = open_store(settings)?;
    let keystore = open_keystore(config, store.clone())?;
    let mut ledgers: Vec<Arc<dyn Ledger>> = ledgers::open_all(settings, &store, &keystore)?;
    ledgers.extend(remote::open_all(settings, &store)?);
    let networks = Networks::new(ledgers);
    let access = Access::open(store.clone()).with_signing(settings.auth.signing());
    // Before anything is written: an older copy of the store must stay unchanged.
    anchor::compare(&access, &networks).map_err(|(ledger, source)| StartError::Audit {
        network: ledger.namespace().to_owned(),
        source,
    })?;
    let first_key = accounts::ensure(&access, config.bootstrap_api_key.as_ref()).await?;
    let registrar = Registrar::new(networks.clone(), keystore.clone(), store.clone());
    let settled = registrar.recover().await?;
    if settled > 0 {
        tracing::info!(settled, "interrupted creates are settled");
    }
    let vault = Vault::new(store.clone());
    let credentials = VaultCredentials {
        vault: vault.clone(),
        keystore: keystore.clone(),
    };
    let chain = transactions::open(&settings.comet, &settings.grpc, store.clone(), &networks)?;
    let publication = publishing::start(settings, store, &networks, &keystore, credentials)?;
    let mut extensions = Extensions::new();
    extensions.insert(Arc::new(Deployer::new(probe)));
    let app = App::new(Services {
        registrar,
        resolver: Resolver::new(networks.clone()),
        publication,
        publication_settings: settings.publication.clone(),
        resolution: settings.resolution.clone(),
        gate: Gate::default(),
        extensions,
        legacy_resolution: w3c_resolution::legacy_result,
        rates: Rates::new(&settings.rates),
        networks,
        chain,
        keystore,
        access,
        vault,
        metrics: Metrics::new(),
        limits: settings.limits.clone(),
        registration: settings.registration.clone(),
        origins: settings.cors.origins.clone(),
    });
    // Deployments that an earlier process left open are settled before any request is accepted.
    app.access
        .place_this_node(&settings.listen.ip().to_string())
        .await?;
    apinizer::catch_up(&app).await;
    apinizer::keep_trying(&app);
    sweeping::sweep(&app).await;
    Ok(Started { app, first_key })
}

/// Opens the store, with the tables of every component.
///
/// # Errors
/// [`StartError::Store`].
pub fn open_store(settings: &Settings) -> Result<Store, StartError> {
    open_store_at(&settings.data.join(STORE_FILE))
}

/// Opens a store in another place, such as a backup.
pub(crate) fn open_store_at(path: &Path) -> Result<Store, StartError> {
    let migrations = [
        access::MIGRATIONS,
        keystore::MIGRATIONS,
        registrar::MIGRATIONS,
        publication::MIGRATIONS,
        chain::MIGRATIONS,
        cheqd::MIGRATIONS,
        MIGRATIONS,
    ]
    .concat();
    Ok(Store::open(path, &migrations)?)
}

/// Unseals the keystore as configured.
///
/// # Errors
/// [`StartError::Keystore`], or a passphrase file that cannot be read.
pub fn open_keystore(config: &Config, store: Store) -> Result<Keystore, StartError> {
    open_keystore_with(&config.unlock, store)
}

/// Unseals a keystore in another way, such as with the key file of a backup.
pub(crate) fn open_keystore_with(unlock: &Unlock, store: Store) -> Result<Keystore, StartError> {
    let unseal = match unlock {
        Unlock::KeyFile(path) => {
            make_parent(path)?;
            Unseal::KeyFile(path.clone())
        }
        Unlock::PassphraseFile(path) => Unseal::Passphrase(Passphrase::new(read_passphrase(path)?)),
        Unlock::Passphrase(secret) => {
            Unseal::Passphrase(Passphrase::new(Zeroizing::new(secret.expose().to_owned())))
        }
    };
    Ok(Keystore::open(store, unseal)?)
}

/// Longest passphrase file, in bytes: more than the longest passphrase, so that a longer one is refused and not cut.
const PASSPHRASE_FILE_BYTES_MAX: u64 = 4096;

fn read_passphrase(path: &PathBuf) -> Result<Zeroizing<String>, StartError> {
    use std::io::Read;
    let mut text = Zeroizing::new(String::with_capacity(PASSPHRASE_FILE_BYTES_MAX as usize));
    std::fs::File::open(path)
        .and_then(|file| {
            file.take(PASSPHRASE_FILE_BYTES_MAX)
                .read_to_string(&mut text)
        })
        .map_err(|source| StartError::PassphraseFile {
            path: path.clone(),
            source,
        })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Zeroizing::new(
        line.strip_suffix('\r').unwrap_or(line).to_owned(),
    ))
}

/// The folder of the key file, closed to others.
fn make_parent(path: &std::path::Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt;
    let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| StartError::Folder {
            path: folder.into(),
            source,
        })
}
