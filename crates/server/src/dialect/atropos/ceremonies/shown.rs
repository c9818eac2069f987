//! Ceremonies as they are shown. Their signatures never are.

use registrar::ceremony::{
    Ceremony, Exported, Link, LinkScope, LinkToken, Release, Slot, SlotState, State, Supersession,
};
use serde::Serialize;
use utoipa::ToSchema;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::dialect::atropos::answer::CommittedOperation;
use crate::statement::{FileMethod, FileStatement, methods_of};
use clock::rfc3339_ms;

/// A ceremony as it stands now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownCeremony {
    /// Its name.
    pub id: String,
    /// The DID that it is about.
    pub did: String,
    /// The network of the DID.
    pub network: String,
    /// `collecting`, `refused`, `complete`, `rejected`, `committed`, `superseded`, `expired` or `cancelled`.
    pub state: &'static str,
    /// From when on it can be committed, once it is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_from: Option<String>,
    /// What the ledger said when it refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejection: Option<String>,
    /// What has superseded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<ShownSupersession>,
    /// When it was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<String>,
    /// Its operations in the log, once it is committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations: Option<Vec<CommittedOperation>>,
    /// When it was started.
    pub started_at: String,
    /// Until when signatures are taken and it can be committed.
    pub expires_at: String,
    /// How long it waits between the last signature and the commit, in seconds.
    pub cooling_s: u64,
    /// Whether its signed message can be taken away.
    pub pre_signed: bool,
    /// What is signed.
    pub statements: Vec<FileStatement>,
    /// Who signs it.
    pub slots: Vec<ShownSlot>,
}

/// A place for one signature.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownSlot {
    /// Its number.
    pub slot: u32,
    /// Which statement is signed, from 0.
    pub statement: usize,
    /// The DID whose method signs.
    pub signer: String,
    /// Where the method stands: `present`, `next` or `other`.
    pub face: &'static str,
    /// The methods that can sign; of several any one is enough.
    pub any_of: Vec<FileMethod>,
    /// `missing`, `requested`, `signed`, `refused` or `notNeeded`.
    pub state: &'static str,
    /// The method that has signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// When it has signed, or has refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why it has refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What has superseded a ceremony.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownSupersession {
    /// `created`, `updated` or `ended`: what has happened to the DID.
    pub event: &'static str,
    /// The latest operation of the DID; absent where its network keeps no log here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_index: Option<u64>,
}

/// The ceremonies of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct CeremonyList {
    /// The newest first.
    pub ceremonies: Vec<ShownCeremony>,
    /// The value of `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A signed message to be kept: what `POST /v1/operations` takes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedStatement {
    /// `/cheqd.did.v2.MsgDeactivateDidDoc`.
    #[serde(rename = "@type")]
    pub type_url: &'static str,
    /// What is signed.
    pub payload: SignedPayload,
    /// The complete set of signatures.
    pub signatures: Vec<SignedInfo>,
    /// The preimage of the version id, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_preimage: Option<String>,
}

/// The payload of a deactivation.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedPayload {
    /// The DID.
    pub id: String,
    /// Id of the version that it makes.
    pub version_id: String,
}

/// One signature of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedInfo {
    /// The method that has signed.
    pub verification_method_id: String,
    /// The signature, in base64.
    pub signature: String,
}

/// A link that was made, with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewLink {
    /// The link.
    #[serde(flatten)]
    pub link: ShownLink,
    /// Its secret. It is shown this once.
    pub token: String,
    /// Where its holder looks and signs.
    pub path: String,
}

/// A link, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownLink {
    /// Its name.
    pub id: String,
    /// The slot that its holder may fill; every slot where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<u32>,
    /// When it was made.
    pub created_at: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// The links of a ceremony.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkList {
    /// The oldest first.
    pub links: Vec<ShownLink>,
}

impl From<Ceremony> for ShownCeremony {
    fn from(ceremony: Ceremony) -> ShownCeremony {
        let mut shown = ShownCeremony {
            id: ceremony.id.to_string(),
            did: ceremony.did.to_string(),
            network: ceremony.network,
            state: state_text(&ceremony.state),
            commit_from: None,
            rejection: None,
            superseded_by: None,
            cancelled_at: None,
            operations: None,
            started_at: rfc3339_ms(ceremony.started_ms),
            expires_at: rfc3339_ms(ceremony.expires_ms),
            cooling_s: ceremony.cooling_ms / 1000,
            pre_signed: ceremony.release == Release::Export,
            statements: ceremony.statements.iter().map(FileStatement::of).collect(),
            slots: ceremony.slots.iter().map(ShownSlot::of).collect(),
        };
        match ceremony.state {
            State::Collecting | State::Refused | State::Expired => {}
            State::Complete { commit_from_ms } => {
                shown.commit_from = Some(rfc3339_ms(commit_from_ms))
            }
            State::Rejected { reason } => shown.rejection = Some(reason),
            State::Committed(committed) => {
                shown.operations = Some(committed.into_iter().map(Into::into).collect());
            }
            State::Superseded { by } => shown.superseded_by = Some(ShownSupersession::of(by)),
            State::Cancelled { at_ms } => shown.cancelled_at = Some(rfc3339_ms(at_ms)),
        }
        shown
    }
}

fn state_text(state: &State) -> &'static str {
    match state {
        State::Collecting => "collecting",
        State::Refused => "refused",
        State::Complete { .. } => "complete",
        State::Rejected { .. } => "rejected",
        State::Committed(_) => "committed",
        State::Superseded { .. } => "superseded",
        State::Expired => "expired",
        State::Cancelled { .. } => "cancelled",
    }
}

impl ShownSlot {
    fn of(slot: &Slot) -> ShownSlot {
        let mut shown = ShownSlot {
            slot: slot.number,
            statement: slot.statement,
            signer: slot.signer.to_string(),
            face: slot.listed_in.as_str(),
            any_of: methods_of(&slot.keys),
            state: "missing",
            signed_by: None,
            at: None,
            reason: None,
        };
        match &slot.state {
            SlotState::Missing => {}
            SlotState::Requested => shown.state = "requested",
            SlotState::NotNeeded => shown.state = "notNeeded",
            SlotState::Signed { method, at_ms } => {
                shown.state = "signed";
                shown.signed_by = Some(method.to_string());
                shown.at = Some(rfc3339_ms(*at_ms));
            }
            SlotState::Refused { reason, at_ms } => {
                shown.state = "refused";
                shown.reason = Some(reason.clone());
                shown.at = Some(rfc3339_ms(*at_ms));
            }
        }
        shown
    }
}

impl ShownSupersession {
    fn of(by: Supersession) -> ShownSupersession {
        let (event, log_index) = match by {
            Supersession::Created { log_index } => ("created", log_index),
            Supersession::Updated { log_index } => ("updated", log_index),
            Supersession::Deactivated { log_index } => ("ended", log_index),
        };
        ShownSupersession { event, log_index }
    }
}

impl SignedStatement {
    pub(super) fn of(did: &did::Did, exported: Exported) -> SignedStatement {
        let Exported {
            statement,
            signatures,
            ..
        } = exported;
        SignedStatement {
            type_url: statement.kind.type_url(),
            payload: SignedPayload {
                id: did.to_string(),
                version_id: statement.version_id,
            },
            signatures: signatures
                .into_iter()
                .map(|signature| SignedInfo {
                    verification_method_id: signature.method.to_string(),
                    signature: STANDARD.encode(signature.bytes),
                })
                .collect(),
            bound_preimage: statement.bound.map(|bound| STANDARD.encode(bound.encode())),
        }
    }
}

impl From<Link> for ShownLink {
    fn from(link: Link) -> ShownLink {
        ShownLink {
            id: link.id.to_string(),
            slot: match link.scope {
                LinkScope::Whole => None,
                LinkScope::Slot(slot) => Some(slot),
            },
            created_at: rfc3339_ms(link.created_ms),
            revoked_at: link.revoked_ms.map(rfc3339_ms),
        }
    }
}

impl NewLink {
    pub(super) fn of(link: Link, token: &LinkToken) -> NewLink {
        let token = token.reveal().to_string();
        NewLink {
            link: link.into(),
            path: format!("/v1/ceremony-links/{token}"),
            token,
        }
    }
}
