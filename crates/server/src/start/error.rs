//! Why a server does not start.

use std::io;
use std::path::PathBuf;

use crate::anchor::Mismatch;
use crate::config::Network;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("the store cannot be opened")]
    Store(#[from] store::OpenError),
    /// The keystore cannot be opened.
    #[error("the keystore cannot be opened")]
    Keystore(#[from] keystore::UnsealError),
    /// The account that pays on a remote network is missing.
    #[error("the account that pays for operations on {network} is missing")]
    Payer {
        /// The network.
        network: Network,
        /// What to do.
        source: cheqd::PhraseError,
    },
    /// A remote network cannot be served.
    #[error("the remote network {network} cannot be served")]
    Remote {
        /// The network.
        network: Network,
        /// Why.
        source: cheqd::OpenError,
    },
    /// The passphrase file cannot be read.
    #[error("cannot read the passphrase file {path}")]
    PassphraseFile {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder cannot be made.
    #[error("cannot make the directory {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The chain for Cosmos transactions cannot be opened.
    #[error("the chain of {network} for Cosmos transactions cannot be opened")]
    Chain {
        /// Its network.
        network: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A ledger cannot be opened.
    #[error("the ledger of {network} cannot be opened")]
    Open {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::OpenError,
    },
    /// A ledger cannot be created.
    #[error("the ledger of {network} cannot be created")]
    Init {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::InitError,
    },
    /// The key of a log was not replaced.
    #[error("the key of the ledger of {network} was not replaced")]
    Rotate {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::rotate::RotateError,
    },
    /// A log was not recovered.
    #[error("the ledger of {network} was not recovered")]
    Recover {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::recover::RecoverError,
    },
    /// The ledger's files cannot be read.
    #[error("the files of the ledger of {network} cannot be read")]
    Look {
        /// Its network.
        network: Network,
        /// Why.
        source: io::Error,
    },
    /// The ledger existed and is gone, log and guard.
    #[error(
        "the ledger of {network} is gone: neither {data} nor its head guard exists. A new one would forget every \
         deactivated DID: restore both, or start with an empty data directory"
    )]
    Gone {
        /// Its network.
        network: Network,
        /// Where it was.
        data: PathBuf,
    },
    /// There is a ledger that the store does not know.
    #[error(
        "the store does not know the ledger of {network}: store and ledger belong together, restore both from the \
         same backup"
    )]
    Stranger {
        /// Its network.
        network: Network,
    },
    /// The store is an older copy, or of another history than the log.
    #[error(
        "the store does not belong to the ledger of {network}: restore the store that was last used with it. If that \
         store is lost for good, `atropos audit accept-loss` revokes every credential in this one and continues"
    )]
    Audit {
        /// Its network.
        network: String,
        /// The contradiction.
        source: Mismatch,
    },
    /// The configured origin is not the one that the ledger was created with.
    #[error(
        "the ledger of {network} was created as `{made}`, which cannot be changed to `{wanted}`: remove ledger.origin"
    )]
    OtherOrigin {
        /// Its network.
        network: Network,
        /// The origin in the genesis leaf.
        made: String,
        /// The configured one.
        wanted: String,
    },
    /// The key of a log cannot be found or created.
    #[error("the checkpoint key of the ledger of {network} cannot be used")]
    CheckpointKey {
        /// Its network.
        network: Network,
        /// Why.
        source: keystore::KeystoreError,
    },
    /// The origin cannot be part of a key name.
    #[error("the origin of the ledger of {network} cannot be used")]
    Origin {
        /// Its network.
        network: Network,
        /// Why.
        source: proof::note::InvalidName,
    },
    /// The operating system provided no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[from] getrandom::Error),
    /// The store could not be read or written.
    #[error("the store cannot be read or written")]
    Statement(#[from] store::StoreError),
    /// Interrupted creates could not be settled.
    #[error("interrupted creates cannot be settled")]
    Settle(#[from] registrar::RegistrarError),
    /// The policy of the witnesses cannot be read.
    #[error("cannot read the policy in publication.policy, {path}")]
    Policy {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A key that this server signs with cannot be found or created.
    #[error("the key for {purpose} cannot be used")]
    ServiceKey {
        /// What it signs.
        purpose: &'static str,
        /// Why.
        source: keystore::KeystoreError,
    },
    /// An earlier key of the log cannot be part of a policy.
    #[error("an earlier key of the log cannot be part of a policy")]
    EarlierKey(#[source] proof::note::InvalidVerifier),
    /// A ledger cannot be read.
    #[error("a ledger cannot be read")]
    Ledger(#[from] ledger::ReadError),
    /// Publication of the logs cannot start.
    #[error("publication cannot start")]
    Publication(#[from] publication::StartError),
    /// Tenants and API keys could not be set up.
    #[error("the first tenant and API key cannot be created")]
    Access(#[from] access::AccessError),
    /// The address of this node could not be stored.
    #[error("the address of this server cannot be stored")]
    Node(#[from] access::ClientError),
}

impl From<rusqlite::Error> for StartError {
    fn from(error: rusqlite::Error) -> StartError {
        StartError::Statement(error.into())
    }
}
