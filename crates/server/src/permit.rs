//! Permission to use custodial keys, or to change what a tenant manages: who asked may still ask, what has to
//! be approved is approved, and what is to be signed stands in the audit log.

mod approval;
mod approved;

use std::sync::Arc;

use access::{
    Access, AccessError, Approval, ApprovalRule, AuthenticationError, RecordError, Right,
};
use audit::{Action, Event};
use did::OperationKind;
use registrar::{KeyUse, PermitDenied, Purpose, SigningPermit};
use serde_json::json;
use tokio::sync::Mutex;

use crate::app::App;
use crate::authentication::{Asked, Asker};

pub use approval::{GivenAction, NotApproved, USER_ACTION_HEADER};
pub use approved::{Approved, Unapproved};

/// Bytes of method ids in one audit entry. Beyond it the keys stand alone, which say as much.
const METHODS_BYTES_MAX: usize = 16 << 10;

/// Permission for one act of this caller that needs no approval. Where one is demanded, it is not given.
pub fn leave(app: &App, asker: &Asker) -> SigningPermit {
    leave_with(app, asker, GivenAction::none())
}

/// Permission for one act of this caller, with the user action that came with it.
pub fn leave_with(app: &App, asker: &Asker, action: GivenAction) -> SigningPermit {
    Leaves::with(app, asker, action).one()
}

/// Permission for every act that one request asks for. The user action that came with it was signed over the whole request,
/// and approves all of them at once.
pub struct Leaves(Arc<Asking>);

impl Leaves {
    /// For this caller, with the user action that came with the request.
    pub fn with(app: &App, asker: &Asker, action: GivenAction) -> Leaves {
        Leaves(Arc::new(Asking {
            app: app.clone(),
            asker: asker.clone(),
            action,
            approval: Mutex::new(None),
        }))
    }

    /// Permission for one of the acts.
    pub fn one(&self) -> SigningPermit {
        let (asked, again) = (Arc::clone(&self.0), Arc::clone(&self.0));
        SigningPermit::new(
            move |keys| {
                let asked = Arc::clone(&asked);
                async move { asked.to_use(&keys).await }
            },
            move || {
                let again = Arc::clone(&again);
                async move { again.to_submit().await }
            },
        )
    }
}

struct Asking {
    app: App,
    asker: Asker,
    action: GivenAction,
    /// What was approved by using up the action. What is signed again because the document moved is the same act.
    approval: Mutex<Option<Approval>>,
}

impl Asking {
    /// The entry is on disk before the first key signs. If it cannot be written, no key signs.
    async fn to_use(&self, keys: &KeyUse) -> Result<(), PermitDenied> {
        let access = &self.app.access;
        let mut event = event(&self.asker, keys);
        let mut keeps = ApprovalRule::On;
        if is_deactivation(keys) {
            if self.action.is_given() {
                // Of somebody who may not come in no approval is used up.
                access.recheck(&self.asker.caller).map_err(withdrawn)?;
                let approval = self.approved().await?;
                event = event
                    .with("approval", approval.id().as_str())
                    .with("approvedBy", approval.credential().as_str());
            } else {
                keeps = ApprovalRule::Off;
            }
        }
        let (caller, by) = (&self.asker.caller, self.asker.by.clone());
        match access.record_use(caller, keeps, by, event).await {
            Ok(entry) => {
                // The state leaf of what is signed covers the entry.
                self.app.noted(&entry);
                Ok(())
            }
            Err(RecordError::Rejected(denied)) => Err(withdrawn(denied)),
            Err(RecordError::ApprovalRequired) => Err(NotApproved::Missing.into()),
            Err(RecordError::NotWritten(error)) => Err(unrecorded(error)),
        }
    }

    /// Whether nothing that caller and approval rest on was switched off since.
    async fn to_submit(&self) -> Result<(), PermitDenied> {
        let access = &self.app.access;
        access.recheck(&self.asker.caller).map_err(withdrawn)?;
        match &*self.approval.lock().await {
            Some(approval) => still(access, approval),
            None => Ok(()),
        }
    }

    async fn approved(&self) -> Result<Approval, PermitDenied> {
        let mut approval = self.approval.lock().await;
        if let Some(approval) = &*approval {
            return still(&self.app.access, approval).map(|()| approval.clone());
        }
        let right = Right::DidsDeactivate;
        let spent = self.action.spend(&self.app, &self.asker, right).await?;
        Ok(approval.insert(spent).clone())
    }
}

fn still(access: &Access, approval: &Approval) -> Result<(), PermitDenied> {
    let still = access.still_approved(approval);
    still.map_err(|error| NotApproved::from(error).into())
}

fn is_deactivation(keys: &KeyUse) -> bool {
    matches!(
        keys.purpose,
        Purpose::Sign {
            kind: OperationKind::Deactivate,
            ..
        }
    )
}

fn event(asker: &Asker, keys: &KeyUse) -> Event {
    let tenant = Some(&asker.caller.tenant);
    let event = match &keys.purpose {
        Purpose::Sign {
            kind,
            version_id,
            payload_sha256,
        } => Event::new(tenant, Action::KeysSign, keys.did.as_str())
            .with("operation", kind.as_str())
            .with("versionId", version_id.as_str())
            .with("payloadSha256", hex::encode(payload_sha256)),
        Purpose::Import => Event::new(tenant, Action::KeysKeep, keys.did.as_str()),
    };
    let kids: Vec<&str> = keys
        .keys
        .iter()
        .map(|key| key.public_key_hex.as_str())
        .collect();
    let methods: Vec<&str> = keys.keys.iter().map(|key| key.method.as_str()).collect();
    let event = event.with("keys", json!(kids));
    if methods.iter().map(|method| method.len()).sum::<usize>() > METHODS_BYTES_MAX {
        return event;
    }
    event.with("methods", json!(methods))
}

fn withdrawn(denied: AuthenticationError) -> PermitDenied {
    match denied {
        AuthenticationError::Unavailable(error) => PermitDenied::Unavailable(Box::new(error)),
        denied => PermitDenied::Withdrawn(Asked::from(denied).to_string()),
    }
}

fn unrecorded(error: AccessError) -> PermitDenied {
    match error {
        AccessError::Store(store::StoreError::Busy) => PermitDenied::Busy,
        error => PermitDenied::Unavailable(Box::new(error)),
    }
}
