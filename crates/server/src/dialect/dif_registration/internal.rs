//! Internal-secret mode: the keys are made and held by the keystore, and sign there.

use access::Right;
use did::proto;
use ledger::Ledger;
use registrar::{
    BoundScope, Create as CreateDid, Deactivate as DeactivateDid, Deactivated, DeactivatedBy,
    Edits, Managed, NewMethod, OpenDocument, SigningKeys, Update as UpdateDid,
};

use super::answer::{Done, Finished, Made, Outcome};
use super::call::Call;
use super::document::MethodInput;
use super::error::RegistrationError;
use super::request::{Afterwards, Create, Deactivate, Update};
use super::secrets::InternalSecrets;
use crate::permit::{permit, permit_with};

/// The method of a new DID that would have none.
fn usual_template() -> Result<MethodInput, RegistrationError> {
    MethodInput::of(
        serde_json::json!({"purpose": ["authentication", "assertionMethod"]}),
        "options.requestVerificationMethod",
    )
}

/// Makes a DID.
pub(super) async fn create(
    call: Call<'_>,
    create: Create,
    secrets: InternalSecrets,
) -> Result<Outcome, RegistrationError> {
    let caller = call.account()?;
    caller.require(Right::DidsCreate)?;
    let document = create.document;
    let mut templates = secrets.templates;
    let controls_itself = [create.did.to_string()];
    let is_bare = document.verification_method.is_empty()
        && (document.controller.is_empty() || document.controller == controls_itself);
    if is_bare && templates.is_empty() {
        templates.push(usual_template()?);
    }
    let new_methods = new_methods(templates, &document)?;
    let open = CreateDid::Open(OpenDocument {
        document,
        new_methods,
    });
    let permit = permit(call.app, &caller);
    let made = call.app.registrar.create(caller.tenant(), open, permit);
    Ok(changed(made.await?))
}

/// Changes a document, and ends its DID with it where that was asked for.
pub(super) async fn update(
    call: Call<'_>,
    update: Update,
    secrets: InternalSecrets,
) -> Result<Outcome, RegistrationError> {
    let caller = call.account()?;
    caller.require(Right::DidsUpdate)?;
    let present = present(call.app.networks.of(&update.did), &update)?;
    let edits = Edits {
        new_methods: new_methods(secrets.templates, &present)?,
        edits: update.edits,
    };
    let (registrar, tenant) = (&call.app.registrar, caller.tenant());
    match update.afterwards {
        Afterwards::GoesOn => {
            let change = UpdateDid {
                did: update.did,
                change: registrar::Change::Edits(edits),
                keys: SigningKeys::AllCustodial,
            };
            let permit = permit(call.app, &caller);
            Ok(changed(registrar.update(tenant, change, permit).await?))
        }
        Afterwards::Ends => {
            caller.require(Right::DidsDeactivate)?;
            let permit = permit_with(call.app, &caller, call.action);
            let ended = registrar.update_and_deactivate(tenant, &update.did, edits, permit);
            Ok(over(ended.await?))
        }
    }
}

/// Ends a DID.
pub(super) async fn deactivate(
    call: Call<'_>,
    request: Deactivate,
) -> Result<Outcome, RegistrationError> {
    let caller = call.account()?;
    caller.require(Right::DidsDeactivate)?;
    let request = DeactivateDid {
        did: request.did,
        keys: SigningKeys::AllCustodial,
        scope: BoundScope::default(),
    };
    let permit = permit_with(call.app, &caller, call.action);
    let ended = call
        .app
        .registrar
        .deactivate(caller.tenant(), request, permit);
    Ok(over(ended.await?))
}

/// Templates one after the other: each gets an id that those before it have left free.
fn new_methods(
    templates: Vec<MethodInput>,
    document: &proto::DidDoc,
) -> Result<Vec<NewMethod>, RegistrationError> {
    let mut taken = document.clone();
    let mut methods = Vec::with_capacity(templates.len());
    for template in templates {
        let method = template.template(&taken)?;
        taken.verification_method.push(proto::VerificationMethod {
            id: method.id.clone(),
            ..proto::VerificationMethod::default()
        });
        methods.push(method);
    }
    Ok(methods)
}

/// The document as it is and as it will be, for the ids that are taken in it. Whether the DID may be changed is the
/// registrar's to say.
fn present(
    ledger: Result<&dyn Ledger, ledger::UnknownNetwork>,
    update: &Update,
) -> Result<proto::DidDoc, RegistrationError> {
    let ledger = ledger.map_err(registrar::RegistrarError::from)?;
    let state = ledger
        .state(&update.did)
        .map_err(registrar::RegistrarError::from)?;
    let mut document = state.map_or_else(proto::DidDoc::default, |state| {
        state.document.proto().clone()
    });
    document.id = update.did.to_string();
    for edit in &update.edits {
        if let registrar::Edit::Set(more) | registrar::Edit::Add(more) = edit {
            let methods = more.verification_method.iter().cloned();
            document.verification_method.extend(methods);
        }
    }
    Ok(document)
}

fn changed(managed: Managed) -> Outcome {
    Outcome::Finished(Finished {
        did: managed.did,
        version_id: managed.version_id,
        made: Made::Document(Box::new(managed.document.proto().clone())),
        done: Done::Now,
    })
}

fn over(ended: Deactivated) -> Outcome {
    Outcome::Finished(Finished {
        did: ended.did,
        version_id: ended.version_id,
        made: Made::End,
        done: match ended.deactivated_by {
            DeactivatedBy::ThisRequest => Done::Now,
            DeactivatedBy::EarlierRequest => Done::Before,
        },
    })
}
