//! Work on a log while no server runs: key rotation, recovery, and whatever a command needs it open for.

use keystore::Keystore;
use ledger::Embedded;
use ledger::recover::{RecoverError, Recovered, recover};
use ledger::rotate::{Rotated, rotate};
use proof::note::{NoteSigner, NoteVerifier};
use store::Store;

use super::ledgers::{options_of, signer, signers};
use super::{StartError, origin};
use crate::config::{Network, Settings};

/// What was done to a log, and the key that now signs it.
#[derive(Debug)]
pub struct Rekeyed<T> {
    /// What was done.
    pub done: T,
    /// The log's key, in the form for witnesses and verifiers.
    pub key: NoteVerifier,
}

/// Rotates the key of a network's log. Repeated after an interruption, it completes the rotation.
///
/// # Errors
/// [`StartError::Rotate`], or those of store and keystore.
pub fn rotate_key(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Rekeyed<Rotated>, StartError> {
    let known = known(store, network)?;
    let in_use = known.rotations + 1;
    let old = signer(keystore, network, &known.origin, in_use)?;
    let new = signer(keystore, network, &known.origin, in_use + 1)?;
    let key = new.verifier().clone();
    let done = rotate(&options_of(settings, network), old, new)
        .map_err(|source| StartError::Rotate { network, source })?;
    origin::rotated(store, network, in_use)?;
    Ok(Rekeyed { done, key })
}

/// Recovers a network's log after an accepted loss, under a new name: `wanted`, or a random one. `newest` is the newest
/// known checkpoint of the lost log.
///
/// # Errors
/// [`StartError::Recover`], or those of store and keystore.
pub fn recover_log(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
    wanted: Option<&str>,
    newest: Option<&[u8]>,
) -> Result<Rekeyed<Recovered>, StartError> {
    let known = known(store, network)?;
    let wanted = wanted.map(|wanted| origin::of_configured(wanted, network));
    let name = origin::recovering(store, network, &known, wanted)?;
    let signer = signer(keystore, network, &name, 1)?;
    let key = signer.verifier().clone();
    match recover(&options_of(settings, network), &signer, newest) {
        Ok(done) => {
            origin::recovered(store, network)?;
            Ok(Rekeyed { done, key })
        }
        Err(source) => {
            // A recovery that did not begin leaves the old name in place.
            if !matches!(&source, RecoverError::Write(_) | RecoverError::Begun { .. }) {
                origin::not_recovering(store, network)?;
            }
            Err(StartError::Recover { network, source })
        }
    }
}

/// Opens the ledger of one network.
///
/// # Errors
/// As for a start.
pub fn open_alone(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Embedded, StartError> {
    let signers = signers_of(store, keystore, network)?;
    Embedded::open(&options_of(settings, network), signers)
        .map_err(|source| StartError::Open { network, source })
}

/// All keys of a network's log in the keystore.
pub(crate) fn signers_of(
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Vec<NoteSigner>, StartError> {
    signers(keystore, network, &known(store, network)?)
}

fn known(store: &Store, network: Network) -> Result<origin::Known, StartError> {
    origin::known(store, network)?.ok_or(StartError::Stranger { network })
}
