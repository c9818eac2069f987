//! Why a receipt is rejected.

use std::fmt;

use did::{DamagedDocument, Did, InvalidBound, JudgeError, Rejection};
use thiserror::Error;

use super::parts::{MAX_RECEIPT_BYTES, RECEIPT_FORMAT};
use crate::NetworkId;
use crate::leaf::InvalidLeaf;
use crate::merkle::InvalidProof;
use crate::note::NoteRejection;
use crate::policy::PolicyRejection;
use crate::state::InvalidStateProof;

/// The bytes are not a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Larger than [`MAX_RECEIPT_BYTES`].
    #[error("the receipt has {bytes} bytes; the limit is {MAX_RECEIPT_BYTES}")]
    TooLarge {
        /// Length of the receipt.
        bytes: usize,
    },
    /// Not JSON, an unknown or missing member, or a value of the wrong type.
    #[error("the receipt cannot be read: {0}")]
    Json(String),
    /// The member `format` names another format.
    #[error("the receipt has the format `{0}`; this verifier reads `{RECEIPT_FORMAT}`")]
    Format(String),
    /// The same receipt has another encoding, and only that one is valid.
    #[error(
        "the receipt is not in canonical form: check the order of members, white space, escapes and numbers"
    )]
    NotCanonical,
}

impl Malformed {
    /// See [`NoProof::code`].
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

/// Which leaf of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptLeaf {
    /// The member `state`.
    State,
    /// The member `operation`.
    Operation,
}

impl fmt::Display for ReceiptLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State => "state",
            Self::Operation => "operation",
        })
    }
}

/// Why a receipt proves nothing to this verifier. The text is the whole reason; there is no source behind it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NoProof {
    /// The bytes are not a receipt.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The policy rejects the checkpoint.
    #[error("the policy does not accept the checkpoint: {}", in_full(.0))]
    Policy(PolicyRejection),
    /// While assembling: the checkpoint cannot be read.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
    /// The leaf is not in the log at its index.
    #[error("the {which} leaf is not in the log of this checkpoint: {reason}")]
    NotIncluded {
        /// Which leaf.
        which: ReceiptLeaf,
        /// What is wrong with its path.
        reason: InvalidProof,
    },
    /// The leaf is in the log, but cannot be read.
    #[error("the {which} leaf cannot be read: {reason}")]
    UnreadableLeaf {
        /// Which leaf.
        which: ReceiptLeaf,
        /// What is wrong with it.
        reason: InvalidLeaf,
    },
    /// The member `state` contains another kind of leaf.
    #[error("the member `state` is not a state leaf")]
    NotAStateLeaf,
    /// The log belongs to another network than the one expected.
    #[error("the receipt belongs to the network {found}, not to {expected}")]
    OtherNetwork {
        /// The network of the policy or of the state leaf.
        expected: NetworkId,
        /// The network that was found.
        found: NetworkId,
    },
    /// The DIDs are not in ascending order, or one is listed twice.
    #[error("{did} is out of order: DIDs must ascend, each listed once")]
    DidsOutOfOrder {
        /// The first DID out of order.
        did: Did,
    },
    /// The receipt does not contain the state of its subject.
    #[error("the receipt lacks the state of its own DID")]
    SubjectNotShown,
    /// The state tree does not contain this value, or it contains one where none is claimed.
    #[error("the state of {did} is not proven: {reason}")]
    StateProof {
        /// The DID.
        did: Did,
        /// What is wrong with its proof.
        reason: InvalidStateProof,
    },
    /// There is a document of a DID that does not exist.
    #[error("the receipt contains a document of {did}, which does not exist")]
    DocumentOfAbsent {
        /// The DID.
        did: Did,
    },
    /// The document of a DID that exists is missing.
    #[error("the receipt lacks the document of {did}")]
    DocumentMissing {
        /// The DID.
        did: Did,
    },
    /// The state value names another document.
    #[error("the document of {did} does not have the hash in its state")]
    OtherDocument {
        /// The DID.
        did: Did,
    },
    /// The state value contradicts itself or its state leaf. No honest log writes such a value.
    #[error("the log contradicts itself: the state of {did} is impossible")]
    ContradictoryValue {
        /// The DID.
        did: Did,
    },
    /// The document is not in normal form, or has an unsound key.
    #[error("the document of {did} cannot be used: {reason}")]
    UnreadableDocument {
        /// The DID.
        did: Did,
        /// What is wrong with it.
        reason: DamagedDocument,
    },
    /// The document belongs to another DID.
    #[error("the document given for {did} is that of {found}")]
    DocumentOfOther {
        /// The DID that it should belong to.
        did: Did,
        /// The DID that it describes.
        found: Did,
    },
    /// The state value names another key set than its document has. No honest log writes such a value.
    #[error("the log contradicts itself: the key set of {did} differs from that of its document")]
    OtherKeySet {
        /// The DID.
        did: Did,
    },
    /// A DID that must be consulted is missing.
    #[error("the receipt lacks {did}, on which its claim depends")]
    ConsultedNotShown {
        /// The DID.
        did: Did,
    },
    /// The claim does not depend on this DID.
    #[error("the receipt contains {did}, on which its claim does not depend")]
    ShownNotConsulted {
        /// The DID.
        did: Did,
    },
    /// Not the newest state leaf: later operations could follow it.
    #[error(
        "the state leaf {index} is not the last of {size} leaves: later operations may follow it"
    )]
    StateNotNewest {
        /// Log index of the state leaf.
        index: u64,
        /// Number of leaves of the checkpoint.
        size: u64,
    },
    /// The DID is deactivated, but the receipt lacks the deactivation.
    #[error("the DID is deactivated, and the receipt lacks the deactivation")]
    DeactivationNotShown,
    /// The member `operation` contains neither an operation nor an import.
    #[error("the member `operation` is not an operation")]
    NotAnOperation,
    /// An import that contains no operation.
    #[error("the operation leaf is an import without an operation")]
    ImportOfNothing,
    /// This verifier does not know the rule set of the operation.
    #[error(
        "the operation was judged by rule set {0}, which this verifier does not know; use a newer one"
    )]
    UnknownRuleSet(u16),
    /// The operation is a create or an update.
    #[error("the operation is not a deactivation")]
    NotADeactivation,
    /// The operation belongs to another DID.
    #[error("the operation belongs to {found}")]
    OperationOfOther {
        /// The DID that it is about.
        found: String,
    },
    /// The operation was judged under another state leaf.
    #[error(
        "the operation was judged under the state leaf {named}, but the receipt contains {found}"
    )]
    OtherStateLeaf {
        /// The one that the operation names.
        named: u64,
        /// The one in the receipt.
        found: u64,
    },
    /// The state leaf follows the operation.
    #[error("the state leaf does not precede the operation")]
    StateNotBefore,
    /// The operation is older than the state that it was judged under.
    #[error(
        "the log contradicts itself: the operation is older than the state that it was judged under"
    )]
    TimeRunsBackwards,
    /// The operation lists a consulted DID that is not a DID.
    #[error("the operation lists `{found}` as consulted, which is not a DID in normal form")]
    ConsultedNoDid {
        /// The text.
        found: String,
    },
    /// A DID had another head or status than the operation records.
    #[error("the state of {did} is not the one that the operation was judged on")]
    ConsultedOtherwise {
        /// The DID.
        did: Did,
    },
    /// The operation does not follow the latest one of its DID.
    #[error("the operation does not follow the latest one of its DID")]
    NotTheNextOperation,
    /// The payload or a signature is malformed.
    #[error("the signed statement is not valid: {0}")]
    InvalidStatement(Rejection),
    /// The signed statement belongs to another DID.
    #[error("the signed statement belongs to {found}")]
    PayloadOfOther {
        /// The DID that it is about.
        found: Did,
    },
    /// The preimage of the version id cannot be read.
    #[error("the preimage of the version id cannot be read: {0}")]
    UnreadablePreimage(InvalidBound),
    /// The signatures are not one valid signature of each required signer.
    #[error("the set of signatures is not complete: {0}")]
    Incomplete(Rejection),
    /// The rules refuse it for another reason.
    #[error("the rules refuse the deactivation: {0}")]
    Refused(Rejection),
    /// The leaf contains a signature that is not required.
    #[error("the operation leaf contains a signature that does not count")]
    UncountedSignature,
    /// The leaf lists a consulted DID that the rules do not consult.
    #[error("the operation lists {did} as consulted, but does not depend on it")]
    ConsultedForNothing {
        /// The DID.
        did: String,
    },
    /// The readable part differs from what is proven.
    #[error("the summary does not follow from the receipt: `{member}` differs")]
    OtherSummary {
        /// The first member that differs.
        member: String,
    },
}

impl NoProof {
    /// The reason in one word, as listed in `docs/receipts.md`. It never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.code(),
            Self::Policy(rejection) => policy_code(rejection),
            Self::Checkpoint(_) => "unreadableCheckpoint",
            Self::NotIncluded { which, .. } => match which {
                ReceiptLeaf::State => "stateNotIncluded",
                ReceiptLeaf::Operation => "operationNotIncluded",
            },
            Self::UnreadableLeaf { which, .. } => match which {
                ReceiptLeaf::State => "unreadableState",
                ReceiptLeaf::Operation => "unreadableOperation",
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
