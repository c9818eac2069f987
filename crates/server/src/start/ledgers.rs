//! The ledgers: opened, or created where the configuration allows it.

use std::sync::Arc;

use keystore::Keystore;
use ledger::{Embedded, Ledger, OpenError, Options};
use proof::note::{NoteSigner, NoteVerifier};
use store::Store;

use super::origin::Known;
use super::{StartError, origin};
use crate::config::{CreateMode, Network, Settings};

/// Paths of a network's ledger: `<data>/ledger/<network>`, and `<guard>/<network>` for its head guard.
pub fn options_of(settings: &Settings, network: Network) -> Options {
    let data = settings.data.join("ledger").join(network.as_str());
    Options::new(
        data,
        settings.guard.join(network.as_str()),
        network.as_str(),
    )
}

/// A network's ledger that exists now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Whether this call created it.
    pub when: When,
    /// The log's key, in the form for witnesses and verifiers: `<origin>+<id>+<key>`.
    pub key: NoteVerifier,
}

/// When a ledger was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// By this call.
    Now,
    /// It already existed.
    Before,
}

pub(super) fn open_all(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
) -> Result<Vec<Arc<dyn Ledger>>, StartError> {
    let open = |network: &Network| {
        if settings.ledger.create == CreateMode::IfAbsent {
            init(settings, store, keystore, *network)?;
        }
        open(settings, store, keystore, *network).map(Arc::<dyn Ledger>::from)
    };
    settings.networks.iter().map(open).collect()
}

/// Creates a network's ledger, if there is none.
///
/// # Errors
/// [`StartError::Gone`] when there was one: a lost ledger is never replaced by an empty one.
pub fn init(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Created, StartError> {
    let options = options_of(settings, network);
    let look = |source| StartError::Look { network, source };
    let known = origin::known(store, network)?;
    if Embedded::exists(&options).map_err(look)? {
        let known = known.ok_or(StartError::Stranger { network })?;
        let key = newest_key(keystore, network, &known)?;
        return Ok(Created {
            when: When::Before,
            key,
        });
    }
    if known.is_some_and(|known| known.is_made) {
        return Err(StartError::Gone {
            network,
            data: options.data,
        });
    }
    let origin = origin::choose(
        store,
        network,
        settings.ledger.origin.as_deref().map(String::as_str),
    )?;
    let signer = signer(keystore, network, &origin, 1)?;
    Embedded::init(&options, &signer).map_err(|source| StartError::Init { network, source })?;
    origin::made(store, network)?;
    Ok(Created {
        when: When::Now,
        key: signer.verifier().clone(),
    })
}

fn open(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Embedded, StartError> {
    let options = options_of(settings, network);
    let exists =
        Embedded::exists(&options).map_err(|source| StartError::Look { network, source })?;
    let known = match (exists, origin::known(store, network)?) {
        (true, Some(known)) => known,
        (true, None) => return Err(StartError::Stranger { network }),
        (false, Some(known)) if known.is_made => {
            return Err(StartError::Gone {
                network,
                data: options.data,
            });
        }
        (false, _) => {
            let source = OpenError::Missing { data: options.data };
            return Err(StartError::Open { network, source });
        }
    };
    let wanted = settings
        .ledger
        .origin
        .as_deref()
        .map(|configured| origin::of_configured(configured, network));
    if let Some(wanted) = wanted.filter(|wanted| *wanted != known.origin) {
        return Err(StartError::OtherOrigin {
            network,
            made: known.origin,
            wanted,
        });
    }
    let signers = signers(keystore, network, &known)?;
    let ledger =
        Embedded::open(&options, signers).map_err(|source| StartError::Open { network, source })?;
    if !known.is_made {
        origin::made(store, network)?;
    }
    Ok(ledger)
}

/// All keys that the log has had under its current origin, and under that of an interrupted recovery: the ledger knows
/// which of them signs.
pub(crate) fn signers(
    keystore: &Keystore,
    network: Network,
    known: &Known,
) -> Result<Vec<NoteSigner>, StartError> {
    let mut signers = Vec::new();
    for origin in std::iter::once(&known.origin).chain(&known.recovering) {
        let made = keystore
            .checkpoint_generations(origin)
            .map_err(|source| StartError::CheckpointKey { network, source })?;
        for generation in 1..=made.max(1) {
            signers.push(signer(keystore, network, origin, generation)?);
        }
    }
    Ok(signers)
}

fn newest_key(
    keystore: &Keystore,
    network: Network,
    known: &Known,
) -> Result<NoteVerifier, StartError> {
    let signer = signer(keystore, network, &known.origin, known.rotations + 1)?;
    Ok(signer.verifier().clone())
}

/// The key of a log under an origin: the first, or a later one. A new one is on disk when this returns.
pub(crate) fn signer(
    keystore: &Keystore,
    network: Network,
    origin: &str,
    generation: u32,
) -> Result<NoteSigner, StartError> {
    let seed = keystore
        .checkpoint_seed_of(origin, generation)
        .map_err(|source| StartError::CheckpointKey { network, source })?;
    NoteSigner::from_seed(origin, seed.reveal())
        .map_err(|source| StartError::Origin { network, source })
}
