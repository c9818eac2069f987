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
    /// The account that pays on a network that others keep.
    #[error("the account that pays for operations on {network} is missing")]
    Payer {
        /// The network.
        network: Network,
        /// What to do.
        source: cheqd::PhraseError,
    },
    /// A network that others keep is not served.
    #[error("the network {network}, which others keep, cannot be served")]
    Elsewhere {
        /// The network.
        network: Network,
        /// What is in the way.
        source: cheqd::OpenError,
    },
    /// The configured passphrase is not there.
    #[error("the keystore's passphrase is missing: set ATROPOS_KEYSTORE_PASSPHRASE")]
    NoPassphrase,
    /// The passphrase file cannot be read.
    #[error("cannot read the passphrase file {path}")]
    PassphraseFile {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder cannot be made.
    #[error("cannot make the directory {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
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
    /// A ledger cannot be made.
    #[error("the ledger of {network} cannot be made")]
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
    /// A log does not go on.
    #[error("the ledger of {network} does not go on")]
    Recover {
        /// Its network.
        network: Network,
        /// Why.
        source: ledger::recover::RecoverError,
    },
    /// The ledger's files cannot be looked at.
    #[error("the files of the ledger of {network} cannot be read")]
    Look {
        /// Its network.
        network: Network,
        /// Why.
        source: io::Error,
    },
    /// The ledger was there once and is gone, log and guard.
    #[error(
        "the ledger of {network} existed and is gone: neither {data} nor its head guard is there. A new one would \
         forget every DID that was deactivated: put both back, or start with an empty data directory"
    )]
    Gone {
        /// Its network.
        network: Network,
        /// Where it was.
        data: PathBuf,
    },
    /// There is a ledger, and the store does not know it.
    #[error(
        "the store does not know the ledger of {network}: store and ledger belong together, put both back from one \
         backup"
    )]
    Stranger {
        /// Its network.
        network: Network,
    },
    /// The store is an older copy, or of another history than the log.
    #[error(
        "the store does not fit the ledger of {network}: put the store back that was used with it last; if that is \
         lost for good, `atropos audit accept-loss` ends every credential in this one and goes on"
    )]
    Audit {
        /// Its network.
        network: String,
        /// What does not fit.
        source: Mismatch,
    },
    /// Another origin is configured than the ledger was made with.
    #[error(
        "the ledger of {network} was made as `{made}`, which cannot be changed to `{wanted}`: remove ledger.origin"
    )]
    OtherOrigin {
        /// Its network.
        network: Network,
        /// The origin in the genesis leaf.
        made: String,
        /// The configured one.
        wanted: String,
    },
    /// The key of a log cannot be found or made.
    #[error("the checkpoint key of the ledger of {network} cannot be used")]
    CheckpointKey {
        /// Its network.
        network: Network,
        /// Why.
        source: keystore::KeystoreError,
    },
    /// The origin cannot name a key.
    #[error("the origin of the ledger of {network} cannot be used")]
    Origin {
        /// Its network.
        network: Network,
        /// Why.
        source: proof::note::InvalidName,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness(#[from] getrandom::Error),
    /// The store could not be read or written.
    #[error("the store cannot be read or written")]
    Statement(#[from] store::StoreError),
    /// What was interrupted could not be settled.
    #[error("creates that were interrupted cannot be settled")]
    Settle(#[from] registrar::RegistrarError),
    /// The policy of the witnesses cannot be read.
    #[error("cannot read the policy in publication.policy, {path}")]
    Policy {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key that this server signs with cannot be found or made.
    #[error("the key for {purpose} cannot be used")]
    ServiceKey {
        /// What it signs.
        purpose: &'static str,
        /// Why.
        source: keystore::KeystoreError,
    },
    /// A key that the log had before cannot stand in a policy.
    #[error("a key that the log had before cannot stand in a policy")]
    EarlierKey(#[source] proof::note::InvalidVerifier),
    /// A ledger cannot be read.
    #[error("a ledger cannot be read")]
    Ledger(#[from] ledger::ReadError),
    /// The logs cannot become public.
    #[error("publication cannot begin")]
    Publication(#[from] publication::StartError),
    /// Tenants and API keys could not be set up.
    #[error("the first tenant and API key cannot be made")]
    Access(#[from] access::AccessError),
    /// Where this node listens could not be noted.
    #[error("where this server listens cannot be noted in the store")]
    Node(#[from] access::ClientError),
}

impl From<rusqlite::Error> for StartError {
    fn from(error: rusqlite::Error) -> StartError {
        StartError::Statement(error.into())
    }
}
