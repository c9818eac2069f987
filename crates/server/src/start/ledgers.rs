//! The ledgers: opened, or made where the configuration allows it.

use keystore::Keystore;
use ledger::{Ledger, Networks, OpenError, Options};
use proof::note::NoteSigner;
use store::Store;

use super::{StartError, origin};
use crate::config::{CreateMode, Network, Settings};

/// Where a network's ledger lies: `<data>/ledger/<network>`, and its head guard in `<guard>/<network>`.
pub fn options_of(settings: &Settings, network: Network) -> Options {
    let data = settings.data.join("ledger").join(network.as_str());
    Options::new(
        data,
        settings.guard.join(network.as_str()),
        network.as_str(),
    )
}

/// What became of a network when its ledger was to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was made, under this origin.
    Now {
        /// The log's name.
        origin: String,
    },
    /// It is there already.
    Before,
}

pub(super) fn open_all(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
) -> Result<Networks, StartError> {
    let open = |network: &Network| {
        if settings.ledger.create == CreateMode::IfAbsent {
            init(settings, store, keystore, *network)?;
        }
        open(settings, store, keystore, *network)
    };
    Ok(Networks::new(
        settings
            .networks
            .iter()
            .map(open)
            .collect::<Result<_, _>>()?,
    ))
}

/// Makes a network's ledger, if there is none.
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
    if Ledger::exists(&options).map_err(look)? {
        return Ok(Created::Before);
    }
    if known.is_some_and(|known| known.is_made) {
        return Err(StartError::Gone {
            network,
            data: options.data,
        });
    }
    let origin = origin::choose(store, network, settings.ledger.origin.as_deref())?;
    let signer = signer(keystore, network, &origin)?;
    Ledger::init(&options, &signer).map_err(|source| StartError::Init { network, source })?;
    origin::made(store, network)?;
    Ok(Created::Now { origin })
}

fn open(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Ledger, StartError> {
    let options = options_of(settings, network);
    let exists = Ledger::exists(&options).map_err(|source| StartError::Look { network, source })?;
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
    let signer = signer(keystore, network, &known.origin)?;
    let ledger =
        Ledger::open(&options, signer).map_err(|source| StartError::Open { network, source })?;
    if !known.is_made {
        origin::made(store, network)?;
    }
    Ok(ledger)
}

fn signer(keystore: &Keystore, network: Network, origin: &str) -> Result<NoteSigner, StartError> {
    let seed = keystore
        .checkpoint_seed(origin)
        .map_err(|source| StartError::CheckpointKey { network, source })?;
    NoteSigner::from_seed(origin, seed.reveal())
        .map_err(|source| StartError::Origin { network, source })
}
