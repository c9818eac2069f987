//! Client-managed mode: the keys are the client's, and a ceremony waits for their signatures. A job is a ceremony.
//!
//! It needs no account: the signers themselves are the authority. The job of one who shows a credential is its
//! tenant's; any other belongs to whoever knows its id.

use std::time::Duration;

use access::Right;
use did::{Did, OperationKind};
use registrar::ceremony::{
    Act, Binding, Ceremonies, Ceremony, CeremonyAccess, CeremonyError, CeremonyId, Closed,
    NewCeremony, Owner, Release, State,
};
use registrar::{BoundScope, RegistrarError, edited};

use super::answer::{About, Action, Done, Finished, Function, Made, Outcome, Wait};
use super::call::Call;
use super::error::{ErrorName, RegistrationError};
use super::request::{Afterwards, Continued, Create, Deactivate, Update};
use super::secrets::ClientSecrets;
use super::signing;
use clock::rfc3339_ms;

/// How long a job waits for its signatures.
const JOB_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a client waits until it asks again, in milliseconds.
const WAIT_MS: u64 = 1000;

/// Starts a job that makes a DID.
pub(super) async fn create(
    call: &Call<'_>,
    create: Create,
    secrets: ClientSecrets,
    about: &mut About,
) -> Result<Outcome, RegistrationError> {
    let mut document = create.document;
    for method in secrets.methods {
        method.write_into(&mut document, &create.did)?;
    }
    if document.verification_method.is_empty() && names_nobody_else(&document, &create.did) {
        return Err(RegistrationError::document(
            "the document has no verification method: list your public keys in didDocument.verificationMethod or in \
             secret.verificationMethod",
        ));
    }
    let act = Act::Create {
        document,
        version_id: secrets.version_id,
    };
    start(call, act, about).await
}

/// Starts a job that changes a document, and ends its DID with it where that was asked for.
pub(super) async fn update(
    call: &Call<'_>,
    update: Update,
    secrets: ClientSecrets,
    about: &mut About,
) -> Result<Outcome, RegistrationError> {
    let ledger = call.app.networks.of(&update.did);
    let ledger = ledger.map_err(RegistrarError::from)?;
    let present = ledger.state(&update.did).map_err(RegistrarError::from)?;
    let present = present.ok_or_else(|| RegistrarError::NotFound(update.did.clone()))?;
    let document = edited(present.document.proto().clone(), update.edits);
    let mut document = document.map_err(RegistrarError::from)?;
    for method in secrets.methods {
        method.write_into(&mut document, &update.did)?;
    }
    let version_id = secrets.version_id;
    let act = match update.afterwards {
        Afterwards::GoesOn => Act::Update {
            document,
            version_id,
        },
        Afterwards::Ends => Act::UpdateAndDeactivate {
            document,
            version_id,
            binding: Binding::Bound(BoundScope::Authority),
        },
    };
    start(call, act, about).await
}

/// Starts a job that ends a DID. One that has ended already gets that end for an answer.
pub(super) async fn deactivate(
    call: &Call<'_>,
    request: Deactivate,
    secrets: ClientSecrets,
    about: &mut About,
) -> Result<Outcome, RegistrationError> {
    let did = request.did;
    let ledger = call.app.networks.of(&did).map_err(RegistrarError::from)?;
    let latest = ledger.latest(&did).map_err(RegistrarError::from)?;
    if let Some(ended) = latest.filter(|latest| latest.deactivated) {
        return ended_before(did, ended.version_id, secrets.version_id);
    }
    let binding = match secrets.version_id {
        None => Binding::Bound(BoundScope::Version),
        version_id => Binding::Unbound { version_id },
    };
    start(call, Act::Deactivate { did, binding }, about).await
}

/// Goes on with a job, with the signatures that came or without any.
pub(super) async fn go_on(
    call: &Call<'_>,
    function: Function,
    continued: Continued,
    about: &mut About,
) -> Result<Outcome, RegistrationError> {
    let ceremonies = call.app.registrar.ceremonies();
    let (owner, found) = find(call, &ceremonies, &continued.job)?;
    about.did = Some(found.did.to_string());
    let kinds: Vec<OperationKind> = found.statements.iter().map(|one| one.kind).collect();
    require(call, &kinds)?;
    check_function(function, &kinds)?;
    check_same(&continued, &found)?;
    let via = CeremonyAccess::Owner {
        owner: &owner,
        id: &found.id,
    };
    let offered = match (&found.state, continued.signatures) {
        // It is done, whoever says so again.
        (State::Committed(_), _) | (_, None) => Vec::new(),
        (_, Some(signatures)) => signing::offered(&found, signatures)?,
    };
    let done = match found.state {
        State::Committed(_) => Done::Before,
        _ => Done::Now,
    };
    let mut ceremony = found.clone();
    if !offered.is_empty() {
        ceremony = ceremonies.sign(via, offered).await.map_err(fault)?;
    }
    if let State::Complete { .. } | State::Rejected { .. } = ceremony.state {
        ceremony = match ceremonies.commit(via).await {
            Ok(committed) => committed,
            Err(error) => return waiting(ceremony.did, error),
        };
    }
    standing(call, ceremony, done)
}

async fn start(call: &Call<'_>, act: Act, about: &mut About) -> Result<Outcome, RegistrationError> {
    require(call, kinds_of(&act))?;
    let owner = match &call.caller {
        Some(caller) => Owner::Tenant(caller.tenant().to_owned()),
        None => Owner::Bearer,
    };
    let new = NewCeremony {
        owner,
        act,
        valid_for: JOB_LIFETIME,
        cooling: Duration::ZERO,
        release: Release::Submit,
    };
    let ceremonies = call.app.registrar.ceremonies();
    let ceremony = ceremonies.start(new).await.map_err(fault)?;
    about.job = Some(ceremony.id.to_string());
    standing(call, ceremony, Done::Now)
}

/// Whoever shows a credential needs its rights; who shows none needs none, and has what the signers authorise.
fn require(call: &Call<'_>, kinds: &[OperationKind]) -> Result<(), RegistrationError> {
    let Some(caller) = &call.caller else {
        return Ok(());
    };
    for kind in kinds {
        caller.require(match kind {
            OperationKind::Create => Right::DidsCreate,
            OperationKind::Update => Right::DidsUpdate,
            OperationKind::Deactivate => Right::DidsDeactivate,
            OperationKind::CreateResource => Right::ResourcesCreate,
        })?;
    }
    Ok(())
}

fn kinds_of(act: &Act) -> &'static [OperationKind] {
    match act {
        Act::Create { .. } => &[OperationKind::Create],
        Act::Update { .. } => &[OperationKind::Update],
        Act::Deactivate { .. } => &[OperationKind::Deactivate],
        Act::UpdateAndDeactivate { .. } => &[OperationKind::Update, OperationKind::Deactivate],
    }
}

/// The job of this name: the caller's own, or nobody's.
fn find(
    call: &Call<'_>,
    ceremonies: &Ceremonies,
    job: &str,
) -> Result<(Owner, Ceremony), RegistrationError> {
    let unknown = || {
        RegistrationError::not_found(
            "there is no such job: it has expired, was never started, or belongs to another account; start again \
             without jobId",
        )
    };
    let id = CeremonyId::parse(job).ok_or_else(unknown)?;
    let tenant = call
        .caller
        .as_ref()
        .map(|caller| caller.tenant().to_owned());
    let owners = tenant.map(Owner::Tenant).into_iter().chain([Owner::Bearer]);
    for owner in owners {
        match ceremonies.read(CeremonyAccess::Owner {
            owner: &owner,
            id: &id,
        }) {
            Ok(ceremony) => return Ok((owner, ceremony)),
            Err(CeremonyError::NotFound) => {}
            Err(error) => return Err(fault(error)),
        }
    }
    Err(unknown())
}

/// A job goes on only where it was started.
fn check_function(function: Function, kinds: &[OperationKind]) -> Result<(), RegistrationError> {
    match (function, kinds) {
        (Function::Create, [OperationKind::Create])
        | (Function::Update, [OperationKind::Update, ..])
        | (Function::Deactivate, [OperationKind::Deactivate]) => Ok(()),
        _ => Err(RegistrationError::options(
            "the job is another operation; send its jobId to the path that has started it",
        )),
    }
}

/// A job goes on only with the DID and the version that it was started for.
fn check_same(continued: &Continued, ceremony: &Ceremony) -> Result<(), RegistrationError> {
    if continued
        .did
        .as_ref()
        .is_some_and(|did| *did != ceremony.did)
    {
        return Err(RegistrationError::did(format!(
            "the job is about {}; send its jobId with that did",
            ceremony.did
        )));
    }
    let version_id = continued.version_id.as_deref().map(did::normal_version_id);
    let makes = |id: &String| ceremony.statements.iter().any(|one| one.version_id == *id);
    if version_id.is_some_and(|id| !makes(&id)) {
        return Err(RegistrationError::options(
            "options.versionId: the job makes another version; leave it out where jobId is given",
        ));
    }
    Ok(())
}

/// The answer to how a ceremony stands.
fn standing(call: &Call<'_>, ceremony: Ceremony, done: Done) -> Result<Outcome, RegistrationError> {
    let did = ceremony.did.clone();
    match &ceremony.state {
        State::Collecting | State::Refused => {
            let requests = signing::requests(call.app, &ceremony)?;
            Ok(Outcome::Action(Action {
                did,
                description: signing::description(&requests),
                requests,
                expires: rfc3339_ms(ceremony.expires_ms),
            }))
        }
        State::Complete { .. } | State::Rejected { .. } => Ok(Outcome::Wait(Wait {
            did,
            reason: "everybody has signed; send the same call again to have it submitted".into(),
            wait_ms: WAIT_MS,
        })),
        State::Committed(committed) => {
            let last = committed.last().ok_or(RegistrationError::Internal)?;
            finished(call, did, last, done)
        }
        State::Superseded { .. } => Err(closed(Closed::Superseded)),
        State::Expired => Err(closed(Closed::Expired)),
        State::Cancelled { .. } => Err(closed(Closed::Cancelled)),
    }
}

fn finished(
    call: &Call<'_>,
    did: Did,
    last: &ledger::Committed,
    done: Done,
) -> Result<Outcome, RegistrationError> {
    let made = match last.kind {
        OperationKind::Deactivate => Made::End,
        // No ceremony makes one.
        OperationKind::CreateResource => return Err(RegistrationError::Internal),
        OperationKind::Create | OperationKind::Update => {
            let ledger = call.app.networks.of(&did).map_err(RegistrarError::from)?;
            let version = ledger.version(&did, &last.version_id);
            let version = version.map_err(RegistrarError::from)?;
            Made::Document(Box::new(
                version.ok_or(RegistrationError::Internal)?.document,
            ))
        }
    };
    Ok(Outcome::Finished(Finished {
        did,
        version_id: last.version_id.clone(),
        made,
        done,
    }))
}

/// A DID that has ended needs no signatures; but a version that was asked for is not another one.
fn ended_before(
    did: Did,
    version_id: String,
    asked: Option<String>,
) -> Result<Outcome, RegistrationError> {
    match asked.as_deref().map(did::normal_version_id) {
        Some(asked) if asked != version_id => Err(RegistrationError::did(format!(
            "{did} has ended before, with the version {version_id}; leave options.versionId out to get that end"
        ))),
        _ => Ok(Outcome::Finished(Finished {
            did,
            version_id,
            made: Made::End,
            done: Done::Before,
        })),
    }
}

/// What could not be submitted now, and can be later: the signatures are kept.
fn waiting(did: Did, error: CeremonyError) -> Result<Outcome, RegistrationError> {
    if let CeremonyError::Cooling { until_ms } = error {
        return Ok(Outcome::Wait(Wait {
            did,
            reason: format!(
                "everybody has signed; until {} it can be called off",
                rfc3339_ms(until_ms)
            ),
            wait_ms: WAIT_MS,
        }));
    }
    match fault(error) {
        RegistrationError::Unavailable(reason) => Ok(Outcome::Wait(Wait {
            did,
            reason,
            wait_ms: WAIT_MS,
        })),
        fault => Err(fault),
    }
}

fn names_nobody_else(document: &did::proto::DidDoc, did: &Did) -> bool {
    let mut controllers = document.controller.iter();
    controllers.all(|controller| controller == did.as_str())
}

fn fault(error: CeremonyError) -> RegistrationError {
    let reason = error.to_string();
    match error {
        CeremonyError::NotFound => RegistrationError::not_found(reason),
        CeremonyError::Signatures {
            invalid,
            unexpected,
        } => RegistrationError::Signatures {
            reason,
            missing: Vec::new(),
            invalid,
            unexpected: unexpected.into_iter().map(|one| one.method).collect(),
        },
        CeremonyError::Incomplete { missing, .. } => RegistrationError::Signatures {
            reason,
            missing,
            invalid: Vec::new(),
            unexpected: Vec::new(),
        },
        CeremonyError::Closed(of) => closed(of),
        CeremonyError::TooMany { .. } => RegistrationError::TooManyJobs(reason),
        CeremonyError::NotWithThisLink(_)
        | CeremonyError::Unusable(_)
        | CeremonyError::Cooling { .. } => RegistrationError::options(reason),
        CeremonyError::Registrar(error) => error.into(),
    }
}

fn closed(of: Closed) -> RegistrationError {
    let reason = match of {
        Closed::Committed => "the job is done; other signatures change nothing any more",
        Closed::Superseded => {
            "the job is void: the DID has changed since it was started; start again without jobId"
        }
        Closed::Expired => "the job has expired; start again without jobId",
        Closed::Cancelled => "the job was cancelled; start again without jobId",
    };
    let name = match of {
        Closed::Expired => ErrorName::NotFound,
        Closed::Committed | Closed::Superseded | Closed::Cancelled => ErrorName::InvalidOptions,
    };
    RegistrationError::Input {
        name,
        reason: reason.into(),
    }
}
