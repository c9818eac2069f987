//! Requests, from members to types. Which member may stand where, the specification says for each function.

use did::{Did, proto};
use registrar::Edit;
use serde_json::Value;

use super::document;
use super::error::RegistrationError;
use super::members::Members;
use super::secrets::{Mode, Signatures, client_mode, internal_mode, short};
use crate::config::{Network, RegistrationProfile};

/// A request: the first about something, or one that goes on with a job.
pub(super) enum Request<T> {
    First(T, Mode),
    Continued(Continued),
}

/// A call that goes on with a job.
pub(super) struct Continued {
    pub(super) job: String,
    /// The DID that the job should be about, where one was named.
    pub(super) did: Option<Did>,
    /// The version that the job should make, where one was named.
    pub(super) version_id: Option<String>,
    pub(super) signatures: Option<Signatures>,
}

/// `POST /1.0/create`.
pub(super) struct Create {
    /// The DID to be made.
    pub(super) did: Did,
    /// Its document. Methods that are made or described beside it are not in it yet.
    pub(super) document: proto::DidDoc,
}

/// `POST /1.0/update`.
pub(super) struct Update {
    pub(super) did: Did,
    /// What changes, in this order.
    pub(super) edits: Vec<Edit>,
    pub(super) afterwards: Afterwards,
}

/// What becomes of a DID after its update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    GoesOn,
    Ends,
}

/// `POST /1.0/deactivate`.
pub(super) struct Deactivate {
    pub(super) did: Did,
}

/// How requests are read: what the configuration says, and the query.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) profile: RegistrationProfile,
    /// The method in the query, where the Universal Registrar puts it.
    pub(super) method: Option<&'a str>,
    /// The network of a new DID where nothing says which.
    pub(super) network: &'a str,
}

impl Reading<'_> {
    pub(super) fn create(self, mut members: Members) -> Result<Request<Create>, RegistrationError> {
        absent(
            &members,
            "didDocumentOperation",
            "a create always sets the document",
        )?;
        let mut head = Head::of(&mut members, self)?;
        if let Some(job) = head.job.take() {
            let continued = head.continued(job, self, members, &["didDocument"])?;
            return Ok(Request::Continued(continued));
        }
        self.check_method(&head)?;
        let document = members.take("didDocument");
        members.finish()?;
        let named = document.as_ref().map(document::id_of).transpose()?;
        let did = match (head.did, named.flatten()) {
            (Some(did), _) | (None, Some(did)) => did,
            (None, None) => new_did(head.network.as_deref().unwrap_or(self.network))?,
        };
        check_network(head.network.as_deref(), &did)?;
        let document = match document {
            Some(document) => document::whole(document, &did)?,
            None => document::empty(&did),
        };
        Ok(Request::First(Create { did, document }, head.mode))
    }

    pub(super) fn update(self, mut members: Members) -> Result<Request<Update>, RegistrationError> {
        let mut head = Head::of(&mut members, self)?;
        absent_method(&head)?;
        if let Some(job) = head.job.take() {
            let repeated = ["didDocument", "didDocumentOperation"];
            self.check_did(&head)?;
            let continued = head.continued(job, self, members, &repeated)?;
            return Ok(Request::Continued(continued));
        }
        let operations = members.texts("didDocumentOperation")?;
        let documents = documents(&mut members)?;
        members.finish()?;
        let did = required(head.did)?;
        check_network(head.network.as_deref(), &did)?;
        let (edits, afterwards) = edits(operations, documents, &did, &head.mode)?;
        let update = Update {
            did,
            edits,
            afterwards,
        };
        Ok(Request::First(update, head.mode))
    }

    pub(super) fn deactivate(
        self,
        mut members: Members,
    ) -> Result<Request<Deactivate>, RegistrationError> {
        for name in ["didDocument", "didDocumentOperation"] {
            absent(&members, name, "a deactivation takes no document")?;
        }
        let mut head = Head::of(&mut members, self)?;
        absent_method(&head)?;
        if let Some(job) = head.job.take() {
            self.check_did(&head)?;
            let continued = head.continued(job, self, members, &[])?;
            return Ok(Request::Continued(continued));
        }
        members.finish()?;
        let did = required(head.did)?;
        check_network(head.network.as_deref(), &did)?;
        match &head.mode {
            Mode::Internal(secrets) if !secrets.templates.is_empty() => {
                Err(RegistrationError::options(
                    "options.requestVerificationMethod: a deactivation makes no keys",
                ))
            }
            Mode::Client(secrets) if !secrets.methods.is_empty() => {
                Err(RegistrationError::options(
                    "secret.verificationMethod: the keys of the present document sign; leave it out",
                ))
            }
            _ => Ok(Request::First(Deactivate { did }, head.mode)),
        }
    }

    /// `method` has to be there when `did` is not, and only then.
    fn check_method(self, head: &Head) -> Result<(), RegistrationError> {
        match (head.method.as_deref().or(self.method), &head.did) {
            (_, Some(_)) => absent_method(head),
            (Some(did::METHOD), None) => Ok(()),
            (Some(method), None) => Err(document::other_method(method)),
            (None, None) if self.profile == RegistrationProfile::CheqdRegistrar => Ok(()),
            (None, None) => Err(RegistrationError::options(
                "method is required where did is not given: \"method\": \"cheqd\"",
            )),
        }
    }

    /// `did` has to be there in every call, but cheqd's registrar does not ask for it twice.
    fn check_did(self, head: &Head) -> Result<(), RegistrationError> {
        match self.profile {
            RegistrationProfile::CheqdRegistrar => Ok(()),
            RegistrationProfile::Standard => required(head.did.as_ref()).map(drop),
        }
    }
}

/// What all requests have in common.
struct Head {
    job: Option<String>,
    did: Option<Did>,
    method: Option<String>,
    network: Option<String>,
    mode: Mode,
}

impl Head {
    fn of(members: &mut Members, reading: Reading<'_>) -> Result<Head, RegistrationError> {
        let job = members.text("jobId")?;
        let did = members.text("did")?.as_deref().map(document::did);
        let mut options = members.object("options")?;
        let secret = members.object("secret")?;
        let network = options.text("network")?;
        let is_cheqds = reading.profile == RegistrationProfile::CheqdRegistrar;
        if is_cheqds {
            // cheqd's registrar takes it, and never uses it.
            options.take("fee");
        }
        let is_clients = match (options.boolean("clientSecretMode")?, &job) {
            (Some(true), _) | (None, Some(_)) => true,
            (None, None) => is_cheqds,
            (Some(false), None) => false,
            (Some(false), Some(_)) => {
                return Err(RegistrationError::options(
                    "only what a client signs has a job: set options.clientSecretMode to true, or leave jobId out",
                ));
            }
        };
        let mode = if is_clients {
            let secrets = client_mode(options, secret)?;
            if job.is_none() && secrets.signatures.is_some() {
                return Err(RegistrationError::options(
                    "secret.signingResponse answers the requests of a job: send its jobId along",
                ));
            }
            Mode::Client(secrets)
        } else {
            Mode::Internal(internal_mode(options, secret)?)
        };
        Ok(Head {
            job: job.map(|job| short("jobId", job)).transpose()?,
            did: did.transpose()?,
            method: members.text("method")?,
            network,
            mode,
        })
    }

    /// The call that goes on with a job. What the first call has said is not taken again: it might say something else,
    /// and would change nothing.
    fn continued(
        self,
        job: String,
        reading: Reading<'_>,
        mut members: Members,
        repeated: &[&str],
    ) -> Result<Continued, RegistrationError> {
        for name in repeated {
            if members.take(name).is_some() && reading.profile == RegistrationProfile::Standard {
                return Err(said_already(name));
            }
        }
        members.finish()?;
        if let (Some(network), Some(did)) = (&self.network, &self.did) {
            check_network(Some(network), did)?;
        }
        let secrets = match self.mode {
            Mode::Client(secrets) if secrets.methods.is_empty() => secrets,
            _ => return Err(said_already("secret.verificationMethod")),
        };
        Ok(Continued {
            job,
            did: self.did,
            version_id: secrets.version_id,
            signatures: secrets.signatures,
        })
    }
}

fn said_already(name: &str) -> RegistrationError {
    RegistrationError::options(format!(
        "{name} belongs to the call that starts a job; leave it out where jobId is given"
    ))
}

/// `didDocument` of an update: one document for each operation.
fn documents(members: &mut Members) -> Result<Option<Vec<Value>>, RegistrationError> {
    match members.take("didDocument") {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(RegistrationError::options(
            "didDocument of an update should be a list, with one document for each operation",
        )),
    }
}

fn edits(
    operations: Option<Vec<String>>,
    documents: Option<Vec<Value>>,
    did: &Did,
    mode: &Mode,
) -> Result<(Vec<Edit>, Afterwards), RegistrationError> {
    let makes_methods = match mode {
        Mode::Internal(secrets) => !secrets.templates.is_empty(),
        Mode::Client(secrets) => !secrets.methods.is_empty(),
    };
    let (operations, documents) = match (operations, documents) {
        // New methods alone are a change.
        (None, None) if makes_methods => (Vec::new(), Vec::new()),
        (operations, documents) => (
            operations.unwrap_or_else(|| vec!["setDidDocument".into()]),
            documents.unwrap_or_default(),
        ),
    };
    if operations.len() != documents.len() {
        return Err(RegistrationError::options(format!(
            "didDocument should be a list with one document for each operation: there are {} operations and {} \
             documents",
            operations.len(),
            documents.len()
        )));
    }
    if operations.is_empty() && !makes_methods {
        return Err(RegistrationError::options(
            "the update changes nothing: didDocument is empty",
        ));
    }
    let mut edits = Vec::new();
    let mut afterwards = Afterwards::GoesOn;
    for (operation, document) in operations.into_iter().zip(documents) {
        if afterwards == Afterwards::Ends {
            return Err(RegistrationError::options(
                "didDocumentOperation: deactivate should be the last operation, nothing can follow it",
            ));
        }
        match (operation.as_str(), document) {
            ("deactivate", Value::Null) => afterwards = Afterwards::Ends,
            ("deactivate", _) => {
                return Err(RegistrationError::options(
                    "didDocument should be null for deactivate",
                ));
            }
            ("setDidDocument", document) => {
                edits.push(Edit::Set(document::whole(document, did)?));
            }
            ("addToDidDocument", document) => {
                edits.push(Edit::Add(document::whole(document, did)?));
            }
            ("removeFromDidDocument", document) => {
                edits.push(Edit::Remove(document::removal(document, did)?));
            }
            (other, _) => {
                let other: String = other.chars().take(40).collect();
                return Err(RegistrationError::options(format!(
                    "didDocumentOperation {other:?} is not supported; it should be setDidDocument, addToDidDocument, \
                     removeFromDidDocument or deactivate"
                )));
            }
        }
    }
    if afterwards == Afterwards::Ends && edits.is_empty() && !makes_methods {
        return Err(RegistrationError::options(
            "an update that only deactivates is a deactivation: send it to /1.0/deactivate, without didDocument",
        ));
    }
    Ok((edits, afterwards))
}

fn required<T>(did: Option<T>) -> Result<T, RegistrationError> {
    did.ok_or_else(|| RegistrationError::did("did is required: the DID that this is about"))
}

fn absent(members: &Members, name: &str, why: &str) -> Result<(), RegistrationError> {
    if members.has(name) {
        return Err(RegistrationError::options(format!(
            "{name} should be left out: {why}"
        )));
    }
    Ok(())
}

fn absent_method(head: &Head) -> Result<(), RegistrationError> {
    match head.method {
        None => Ok(()),
        Some(_) => Err(RegistrationError::options(
            "method should be left out where did is given: the DID names it",
        )),
    }
}

fn check_network(network: Option<&str>, did: &Did) -> Result<(), RegistrationError> {
    match network {
        Some(network) if did.namespace() != Some(network) => Err(RegistrationError::options(
            format!("options.network is not the network of {did}; leave it out"),
        )),
        _ => Ok(()),
    }
}

fn new_did(network: &str) -> Result<Did, RegistrationError> {
    let network: Network = network
        .parse()
        .map_err(|_| RegistrationError::options("options.network should be testnet or mainnet"))?;
    document::did(&format!("did:cheqd:{network}:{}", uuid::Uuid::new_v4()))
}
