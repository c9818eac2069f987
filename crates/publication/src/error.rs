//! Why publication could not begin, or a question was not answered, by whose fault it is.

use ledger::{Assurance, NoLog, ProveError, ReadError, Withheld};
use proof::note::InvalidVerifier;
use proof::policy::InvalidPolicy;
use store::StoreError;
use thiserror::Error;

/// Why publication could not begin. Always the operator's to mend.
#[derive(Debug, Error)]
pub enum StartError {
    /// The policy of a network cannot be read.
    #[error("the policy of the network `{namespace}` cannot be read")]
    Policy {
        /// The network.
        namespace: String,
        /// What is wrong.
        source: InvalidPolicy,
    },
    /// There are settings for a network of which no log is kept here.
    #[error(transparent)]
    NoLog(#[from] NoLog),
    /// A witness's URL cannot be used.
    #[error("the URL `{url}` of the witness {name} is not one of http or https")]
    WitnessUrl {
        /// The witness.
        name: String,
        /// Its URL.
        url: String,
    },
    /// The log's own key cannot be part of a policy.
    #[error("the log's name and key cannot be part of a policy")]
    LogKey(#[from] InvalidVerifier),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
    /// What was published and contradicted before cannot be read.
    #[error("what was published before cannot be read")]
    Store(#[from] StoreError),
    /// The webhooks cannot be read.
    #[error("the webhooks cannot be read")]
    Webhooks(#[from] crate::webhooks::error::WebhookError),
    /// The newest state of a ledger cannot be read.
    #[error("the newest state of a ledger cannot be read")]
    Read(#[from] ReadError),
}

/// Why a question was not answered.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The caller's: no ledger here serves the network, or it keeps no log here.
    #[error(transparent)]
    NoLog(#[from] NoLog),
    /// The caller's: there is no receipt of this DID under a checkpoint of that size.
    #[error(
        "there is no receipt of this DID under a checkpoint of size {size}; omit the size to get the newest"
    )]
    NoReceiptAt {
        /// The requested size.
        size: u64,
    },
    /// The caller's: the request is too large.
    #[error("at most {limit} at once")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// No one's: active DIDs are not reported at present.
    #[error("{0}")]
    Withheld(Withheld),
    /// No one's: the newest change is not public yet.
    #[error("the newest change is not published yet; try again in a moment")]
    NotYetPublished,
    /// No one's: the server is busy.
    #[error("the server is busy; try again in a moment")]
    Busy,
    /// The server's: the ledger cannot be read.
    #[error(transparent)]
    Read(ReadError),
    /// The server's: no receipt can be made of what the ledger holds.
    #[error("the receipt cannot be made")]
    Prove(#[source] ProveError),
    /// The server's: what was published cannot be read.
    #[error("what was published cannot be read")]
    Store(#[source] StoreError),
    /// The server's: the status list cannot be made.
    #[error("the status list cannot be made")]
    StatusList(#[source] std::io::Error),
}

/// Why something that was presented changes nothing. Always the presenter's.
#[derive(Debug, Error)]
pub enum PresentError {
    /// Neither a note nor a receipt.
    #[error("this is neither a signed checkpoint nor a receipt, so it changes nothing: {reason}")]
    Garbage {
        /// What is wrong.
        reason: String,
    },
    /// Of a log that is not served here.
    #[error(
        "the checkpoint is of the log `{origin}`, which is not served here, so it changes nothing"
    )]
    OtherLog {
        /// The log.
        origin: String,
    },
    /// Neither the log nor a witness has signed it.
    #[error(
        "neither this log nor one of its witnesses has signed the checkpoint, so anyone can have made it; it changes \
         nothing"
    )]
    Unsigned,
    /// A signature under the name of the log or a witness is wrong.
    #[error(
        "a signature of the checkpoint is wrong, so it was changed or forged; it changes nothing: {reason}"
    )]
    Forged {
        /// Which one.
        reason: String,
    },
    /// Signed by a key of the log that had been replaced.
    #[error(
        "the key that signed the checkpoint was replaced after size {until}: what it signs beyond proves nothing, and \
         changes nothing"
    )]
    ReplacedKey {
        /// The last size that the key may have signed.
        until: u64,
    },
    /// The server's: the ledger cannot be read, so that nothing can be compared.
    #[error("the log cannot be read, so nothing was compared; try again")]
    Read(#[source] ReadError),
    /// The server's: what was found holds until the next start, but could not be written down.
    #[error(
        "the log is contradicted, but this could not be recorded: keep the evidence that you have presented"
    )]
    NotKept {
        /// The assurance of the log now.
        assurance: Assurance,
    },
}

impl From<ReadError> for ServeError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Withheld(withheld) => Self::Withheld(withheld),
            error => Self::Read(error),
        }
    }
}

impl From<ProveError> for ServeError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Read(error) => error.into(),
            error => Self::Prove(error),
        }
    }
}

impl From<StoreError> for ServeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::ReadersBusy => Self::Busy,
            error => Self::Store(error),
        }
    }
}
