//! Permission to sign with custodial keys, or to change what a tenant manages: the caller is still authorized, what has
//! to be approved is approved, and what is to be signed is in the audit log.

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
use crate::authentication::{AuthError, Caller};

pub use approval::{GivenAction, NotApproved, USER_ACTION_HEADER};
pub use approved::{Approved, Unapproved};

/// Bytes of method ids in one audit entry. Beyond it the keys stand alone, which say as much.
const METHODS_BYTES_MAX: usize = 16 << 10;

/// Permission for one act of this caller that needs no approval. Where one is demanded, it is not given.
pub fn permit(app: &App, caller: &Caller) -> SigningPermit {
    permit_with(app, caller, GivenAction::none())
}

/// Permission for one act of this caller, with the user action that came with it.
pub fn permit_with(app: &App, caller: &Caller, action: GivenAction) -> SigningPermit {
    Permits::with(app, caller, action).one()
}

/// Permission for every act that one request asks for. The user action that came with it was signed over the whole
/// request, and approves all of them at once.
pub struct Permits(Arc<Act>);

impl Permits {
    /// For this caller, with the user action that came with the request.
    pub fn with(app: &App, caller: &Caller, action: GivenAction) -> Permits {
        Permits(Arc::new(Act {
            app: app.clone(),
            caller: caller.clone(),
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

struct Act {
    app: App,
    caller: Caller,
    action: GivenAction,
    /// What was approved by using up the action. What is signed again because the document moved is the same act.
    approval: Mutex<Option<Approval>>,
}

impl Act {
    /// The entry is on disk before the first key signs. If it cannot be written, no key signs.
    async fn to_use(&self, keys: &KeyUse) -> Result<(), PermitDenied> {
        let access = &self.app.access;
        let mut event = event(&self.caller, keys);
        let mut keeps = ApprovalRule::On;
        if is_deactivation(keys) {
            if self.action.is_given() {
                // A caller who is not authenticated any more uses up no approval.
                access.recheck(&self.caller.account).map_err(withdrawn)?;
                let approval = self.approved().await?;
                event = event
                    .with("approval", approval.id().as_str())
                    .with("approvedBy", approval.credential().as_str());
            } else {
                keeps = ApprovalRule::Off;
            }
        }
        let (caller, by) = (&self.caller.account, self.caller.by.clone());
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
        access.recheck(&self.caller.account).map_err(withdrawn)?;
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
        let spent = self.action.spend(&self.app, &self.caller, right).await?;
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

fn event(caller: &Caller, keys: &KeyUse) -> Event {
    let tenant = Some(&caller.account.tenant);
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
        denied => PermitDenied::Withdrawn(AuthError::from(denied).to_string()),
    }
}

fn unrecorded(error: AccessError) -> PermitDenied {
    match error {
        AccessError::Store(store::StoreError::Busy) => PermitDenied::Busy,
        error => PermitDenied::Unavailable(Box::new(error)),
    }
}
