//! A log takes a turn: another key, or another name after a loss. For the command line, while no server runs.

use keystore::Keystore;
use ledger::Embedded;
use ledger::recover::{RecoverError, Recovered, recover};
use ledger::rotate::{Rotated, rotate};
use proof::note::{NoteSigner, NoteVerifier};
use store::Store;

use super::ledgers::{options_of, signer, signers};
use super::{StartError, origin};
use crate::config::{Network, Settings};

/// A log after its turn, with the key that signs it from now on.
#[derive(Debug)]
pub struct Turned<T> {
    /// What was done.
    pub done: T,
    /// The log's key, as witnesses and verifiers take it.
    pub key: NoteVerifier,
}

/// Gives a network's log its next key. Again after an interruption, it completes what was begun.
///
/// # Errors
/// [`StartError::Rotate`], or those of store and keystore.
pub fn rotate_key(
    settings: &Settings,
    store: &Store,
    keystore: &Keystore,
    network: Network,
) -> Result<Turned<Rotated>, StartError> {
    let known = known(store, network)?;
    let in_use = known.rotations + 1;
    let old = signer(keystore, network, &known.origin, in_use)?;
    let new = signer(keystore, network, &known.origin, in_use + 1)?;
    let key = new.verifier().clone();
    let done = rotate(&options_of(settings, network), old, new)
        .map_err(|source| StartError::Rotate { network, source })?;
    origin::rotated(store, network, in_use)?;
    Ok(Turned { done, key })
}

/// Lets a network's log go on after an accepted loss, under another name: `wanted`, or a random one. `newest` is the
/// newest checkpoint of the lost log that anybody has.
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
) -> Result<Turned<Recovered>, StartError> {
    let known = known(store, network)?;
    let wanted = wanted.map(|wanted| origin::of_configured(wanted, network));
    let name = origin::recovering(store, network, &known, wanted)?;
    let signer = signer(keystore, network, &name, 1)?;
    let key = signer.verifier().clone();
    match recover(&options_of(settings, network), &signer, newest) {
        Ok(done) => {
            origin::recovered(store, network)?;
            Ok(Turned { done, key })
        }
        Err(source) => {
            // Whatever was not begun under the new name leaves the old one as it was.
            if !matches!(&source, RecoverError::Write(_) | RecoverError::Begun { .. }) {
                origin::not_recovering(store, network)?;
            }
            Err(StartError::Recover { network, source })
        }
    }
}

/// Opens a network's ledger alone, for work on it while no server runs.
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

/// All keys of a network's log that the keystore holds.
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
