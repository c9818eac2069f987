//! Why something is no receipt, or proves nothing.

use std::fmt;

use did::{DamagedDocument, Did, InvalidBound, JudgeError, Rejection};
use thiserror::Error;

use super::envelope::{MAX_RECEIPT_BYTES, RECEIPT_FORMAT};
use crate::NetworkId;
use crate::leaf::InvalidLeaf;
use crate::merkle::InvalidProof;
use crate::note::NoteRejection;
use crate::policy::PolicyRejection;
use crate::state::InvalidStateProof;

/// The bytes are no receipt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// More than [`MAX_RECEIPT_BYTES`].
    #[error("the receipt has {bytes} bytes, more than the {MAX_RECEIPT_BYTES} that are read")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not JSON, a member too many or too few, or a value that is not of its type.
    #[error("the receipt cannot be read: {0}")]
    Json(String),
    /// The member `format` names another format.
    #[error("the receipt has the format `{0}`; this verifier reads `{RECEIPT_FORMAT}`")]
    Format(String),
    /// There is another way to write the same receipt, and only that one is valid.
    #[error(
        "the receipt is not written in its canonical form: order of members, white space, escapes or numbers differ"
    )]
    NotCanonical,
}

impl Malformed {
    /// The reason in one word, as [`NoProof::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "tooLarge",
            Self::Json(_) => "unreadable",
            Self::Format(_) => "otherFormat",
            Self::NotCanonical => "notCanonical",
        }
    }
}

/// A leaf of the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The member `state`.
    State,
    /// The member `operation`.
    Operation,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State => "state",
            Self::Operation => "operation",
        })
    }
}

/// Why a receipt proves nothing to this verifier. The text is the whole reason: nothing stands behind it as a source.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NoProof {
    /// The bytes are no receipt.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The checkpoint is none that the policy accepts.
    #[error("the policy does not accept the checkpoint: {}", in_full(.0))]
    Policy(PolicyRejection),
    /// While assembling: the checkpoint cannot be read.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
    /// The leaf is not in the log at its index.
    #[error("the {which} leaf is not in the log of this checkpoint: {reason}")]
    NotIncluded {
        /// The leaf.
        which: Which,
        /// What is wrong with its path.
        reason: InvalidProof,
    },
    /// The leaf is in the log, but cannot be read.
    #[error("the {which} leaf cannot be read: {reason}")]
    UnreadableLeaf {
        /// The leaf.
        which: Which,
        /// What is wrong with it.
        reason: InvalidLeaf,
    },
    /// The member `state` holds another kind of leaf.
    #[error("the state leaf is no state leaf")]
    NotAStateLeaf,
    /// The log belongs to another network than the one expected.
    #[error("it belongs to the network {found}, not to {expected}")]
    OtherNetwork {
        /// The network of the policy or of the state leaf.
        expected: NetworkId,
        /// The network that was found.
        found: NetworkId,
    },
    /// The DIDs do not stand in ascending order, or one stands twice.
    #[error("{did} is not in its place: DIDs stand in ascending order, each once")]
    DidsOutOfOrder {
        /// The first DID that stands wrong.
        did: Did,
    },
    /// The DID that the receipt is about is not among those that it shows.
    #[error("the receipt does not show the DID that it is about")]
    SubjectNotShown,
    /// The state tree does not hold this value, or this absence.
    #[error("the state of {did} is not proven: {reason}")]
    StateProof {
        /// The DID.
        did: Did,
        /// What is wrong with its proof.
        reason: InvalidStateProof,
    },
    /// A document is shown of a DID that does not exist.
    #[error("a document is shown of {did}, which does not exist")]
    DocumentOfAbsent {
        /// The DID.
        did: Did,
    },
    /// The document of a DID that exists is not shown.
    #[error("the document of {did} is not shown")]
    DocumentMissing {
        /// The DID.
        did: Did,
    },
    /// The state value names another document.
    #[error("the document of {did} is not the one whose hash stands in its state")]
    OtherDocument {
        /// The DID.
        did: Did,
    },
    /// The state value contradicts itself or its state leaf; no honest log writes such a value.
    #[error("the log contradicts itself: the state of {did} cannot be")]
    ContradictoryValue {
        /// The DID.
        did: Did,
    },
    /// The document is no document in normal form with sound keys.
    #[error("the document of {did} cannot be used: {reason}")]
    UnreadableDocument {
        /// The DID.
        did: Did,
        /// What is wrong with it.
        reason: DamagedDocument,
    },
    /// The document is one of another DID.
    #[error("the document shown of {did} is the document of {found}")]
    DocumentOfOther {
        /// The DID that it is shown for.
        did: Did,
        /// The DID that it describes.
        found: Did,
    },
    /// The state value names another key set than its document has; no honest log writes such a value.
    #[error("the log contradicts itself: the key set of {did} is not that of its document")]
    OtherKeySet {
        /// The DID.
        did: Did,
    },
    /// A DID that has to be looked at is not shown.
    #[error("{did} has to be looked at, and the receipt does not show it")]
    ConsultedNotShown {
        /// The DID.
        did: Did,
    },
    /// A DID is shown that the claim does not rest on.
    #[error("the receipt shows {did}, which has nothing to do with its claim")]
    ShownNotConsulted {
        /// The DID.
        did: Did,
    },
    /// Not the newest state leaf: something could have happened after it.
    #[error(
        "the state leaf {index} is not the last leaf of {size}: something newer may stand behind it"
    )]
    StateNotNewest {
        /// Log index of the state leaf.
        index: u64,
        /// Number of leaves of the checkpoint.
        size: u64,
    },
    /// The DID has ended, but the operation that ended it is not shown.
    #[error("the DID has ended, and the receipt does not show by which operation")]
    DeactivationNotShown,
    /// The member `operation` holds neither an operation nor an import.
    #[error("the operation leaf is no operation")]
    NotAnOperation,
    /// An import that only confirms what is here.
    #[error("the operation leaf is an import that holds no operation")]
    ImportOfNothing,
    /// The rules by which it was judged are not known here.
    #[error(
        "the operation was judged by rule set {0}, which this verifier does not know; use a newer one"
    )]
    UnknownRuleSet(u16),
    /// A create or an update.
    #[error("the operation is no deactivation")]
    NotADeactivation,
    /// The operation is about another DID.
    #[error("the operation is one of {found}")]
    OperationOfOther {
        /// The DID that it is about.
        found: String,
    },
    /// The operation was judged under another state leaf than the one shown.
    #[error("the operation was judged under the state leaf {named}, but the receipt shows {shown}")]
    OtherStateLeaf {
        /// The one that the operation names.
        named: u64,
        /// The one that is shown.
        shown: u64,
    },
    /// The state leaf stands behind the operation.
    #[error("the state leaf does not stand before the operation")]
    StateNotBefore,
    /// The operation is older than what it rests on.
    #[error("the log contradicts itself: the operation is older than what it rests on")]
    TimeRunsBackwards,
    /// The operation names something as consulted that is no DID.
    #[error(
        "the operation names `{found}` as a DID that it rests on, which is none in normal form"
    )]
    ConsultedNoDid {
        /// The text.
        found: String,
    },
    /// A DID had another head or another status than the operation says that it rests on.
    #[error("the state of {did} is not the one that the operation rests on")]
    ConsultedOtherwise {
        /// The DID.
        did: Did,
    },
    /// The operation does not follow the one that made the state of its DID.
    #[error("the operation does not follow the latest one of its DID")]
    NotTheNextOperation,
    /// Payload or signatures are not valid by themselves.
    #[error("the signed statement is not valid: {0}")]
    InvalidStatement(Rejection),
    /// The statement that was signed is about another DID.
    #[error("the statement that was signed is about {found}")]
    PayloadOfOther {
        /// The DID that it is about.
        found: Did,
    },
    /// The preimage of the version id cannot be read.
    #[error("the preimage of the version id cannot be read: {0}")]
    UnreadablePreimage(InvalidBound),
    /// The signatures are not those of everybody who has to sign, each once and valid.
    #[error("not everybody who must has signed: {0}")]
    Incomplete(Rejection),
    /// The rules refuse it for another reason.
    #[error("the rules refuse the deactivation: {0}")]
    Refused(Rejection),
    /// The leaf holds a signature that nobody asked for.
    #[error("the operation leaf holds a signature that does not count")]
    UncountedSignature,
    /// The leaf names a DID as consulted that the rules do not look at.
    #[error("the operation names {did} as a DID that it rests on, and does not rest on it")]
    ConsultedForNothing {
        /// The DID.
        did: String,
    },
    /// The readable part says something else than what is proven.
    #[error("the summary is not what the receipt shows: `{member}` differs")]
    OtherSummary {
        /// The first member that differs.
        member: String,
    },
}

impl NoProof {
    /// The reason in one word, the same for ever: that of `docs/receipts.md`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.code(),
            Self::Policy(rejection) => policy_code(rejection),
            Self::Checkpoint(_) => "unreadableCheckpoint",
            Self::NotIncluded { which, .. } => match which {
                Which::State => "stateNotIncluded",
                Which::Operation => "operationNotIncluded",
            },
            Self::UnreadableLeaf { which, .. } => match which {
                Which::State => "unreadableState",
                Which::Operation => "unreadableOperation",
            },
            Self::NotAStateLeaf => "notAStateLeaf",
            Self::OtherNetwork { .. } => "otherNetwork",
            Self::DidsOutOfOrder { .. } => "didsOutOfOrder",
            Self::SubjectNotShown => "subjectNotShown",
            Self::StateProof { .. } => "stateNotProven",
            Self::DocumentOfAbsent { .. } => "documentOfAbsent",
            Self::DocumentMissing { .. } => "documentMissing",
            Self::OtherDocument { .. } => "otherDocument",
            Self::ContradictoryValue { .. } => "contradictoryValue",
            Self::UnreadableDocument { .. } => "unreadableDocument",
            Self::DocumentOfOther { .. } => "documentOfOther",
            Self::OtherKeySet { .. } => "otherKeySet",
            Self::ConsultedNotShown { .. } => "consultedNotShown",
            Self::ShownNotConsulted { .. } => "shownNotConsulted",
            Self::StateNotNewest { .. } => "stateNotNewest",
            Self::DeactivationNotShown => "deactivationNotShown",
            Self::NotAnOperation => "notAnOperation",
            Self::ImportOfNothing => "importOfNothing",
            Self::UnknownRuleSet(_) => "unknownRuleSet",
            Self::NotADeactivation => "notADeactivation",
            Self::OperationOfOther { .. } => "operationOfOther",
            Self::OtherStateLeaf { .. } => "otherStateLeaf",
            Self::StateNotBefore => "stateNotBefore",
            Self::TimeRunsBackwards => "timeRunsBackwards",
            Self::ConsultedNoDid { .. } => "consultedNoDid",
            Self::ConsultedOtherwise { .. } => "consultedOtherwise",
            Self::NotTheNextOperation => "notTheNextOperation",
            Self::InvalidStatement(_) => "invalidStatement",
            Self::PayloadOfOther { .. } => "payloadOfOther",
            Self::UnreadablePreimage(_) => "unreadablePreimage",
            Self::Incomplete(_) => "incompleteSet",
            Self::Refused(_) => "refusedByRules",
            Self::UncountedSignature => "uncountedSignature",
            Self::ConsultedForNothing { .. } => "consultedForNothing",
            Self::OtherSummary { .. } => "otherSummary",
        }
    }
}

impl From<JudgeError<NoProof>> for NoProof {
    fn from(error: JudgeError<NoProof>) -> Self {
        match error.into_rejection() {
            Ok(rejection) if rejection.incomplete_set().is_some() => Self::Incomplete(rejection),
            Ok(rejection) => Self::Refused(rejection),
            Err(unreadable) => unreadable,
        }
    }
}

fn policy_code(rejection: &PolicyRejection) -> &'static str {
    match rejection {
        PolicyRejection::Note(_) | PolicyRejection::Text(_) => "unreadableCheckpoint",
        PolicyRejection::UnknownLog { .. } => "unknownLog",
        PolicyRejection::Signature(NoteRejection::WrongSignature { .. }) => "wrongSignatureLine",
        PolicyRejection::Signature(NoteRejection::NoKnownSignature) => "logHasNotSigned",
        PolicyRejection::BeyondBound { .. } => "beyondBound",
        PolicyRejection::OtherRoot { .. } => "otherRoot",
        PolicyRejection::NoQuorum { .. } => "noQuorum",
    }
}

/// An error with all that caused it.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
