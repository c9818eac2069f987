//! What requests are answered: the state object of the specification.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::{Did, DocumentJson, proto};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::error::{ErrorName, RegistrationError};
use crate::config::RegistrationProfile;

/// What a request about a DID is answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResult {
    /// What goes on, to be named in the next call; `null` once it is over.
    pub(super) job_id: Option<String>,
    /// How it stands.
    pub(super) did_state: DidState,
    /// About the process.
    pub(super) did_registration_metadata: RegistrationMetadata,
    /// About the document.
    pub(super) did_document_metadata: DocumentMetadata,
}

/// How a request about a DID stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(
    tag = "state",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum DidState {
    /// It is done: on disk and visible.
    Finished {
        /// The DID.
        did: String,
        /// Its document, unless it has ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Object>)]
        did_document: Option<Value>,
    },
    /// It is not done, and nothing was written.
    Failed {
        /// The DID, where the request names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        did: Option<String>,
        /// The name of the error.
        error: ErrorName,
        /// What is wrong, and what to do.
        reason: String,
        /// The same, where clients of cheqd's registrar look for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// Signatures that are missing, by method id; a DID stands for any one of its methods.
        #[serde(skip_serializing_if = "Option::is_none")]
        missing: Option<Vec<String>>,
        /// Signatures that do not verify.
        #[serde(skip_serializing_if = "Option::is_none")]
        invalid: Option<Vec<String>>,
        /// Signatures that nobody asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        unexpected: Option<Vec<String>>,
    },
    /// The client has to do something.
    Action {
        /// The DID.
        did: String,
        /// What: always `signPayload`.
        action: &'static str,
        /// The same for a person.
        description: String,
        /// What is to be signed, by the id of each request.
        signing_request: BTreeMap<String, SigningRequest>,
    },
    /// The client has to wait, and then to send the same call again.
    Wait {
        /// The DID.
        did: String,
        /// For what.
        wait: String,
        /// For how long, in milliseconds.
        wait_time: u64,
    },
}

/// One payload that one key signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningRequest {
    /// The verification method that signs.
    pub(super) kid: String,
    /// How it signs.
    pub(super) alg: &'static str,
    /// What the method is for, in its document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purpose: Option<&'static str>,
    /// The payload for people to read, in the first request for it. What is signed is `serializedPayload`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) payload: Option<Value>,
    /// The exact bytes to sign, in standard base64 with padding.
    pub(super) serialized_payload: String,
    /// A DID of which one method is enough: of all requests that name it here, one has to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) one_of: Option<String>,
}

/// About the process.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationMetadata {
    /// How long the answer took, in milliseconds.
    duration: u64,
    /// The DID method.
    method: &'static str,
    /// The job that is over, or that this call could not go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<String>,
    /// Until when signatures are taken (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// Where the proof of a deactivation can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

impl RegistrationMetadata {
    /// Of what began then and is over now.
    pub(super) fn since(begin: Instant) -> RegistrationMetadata {
        RegistrationMetadata {
            duration: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
            method: did::METHOD,
            ..RegistrationMetadata::default()
        }
    }
}

/// About the document.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentMetadata {
    /// The version that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    /// `true` once the DID has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated: Option<bool>,
}

/// The function that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Create,
    Update,
    Deactivate,
    Execute,
}

/// What a request came to.
#[derive(Debug)]
pub(super) enum Outcome {
    Finished(Finished),
    Action(Action),
    Wait(Wait),
}

/// It is done.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) did: Did,
    pub(super) version_id: String,
    pub(super) made: Made,
    pub(super) done: Done,
}

/// When it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// With this request.
    Now,
    /// Before it; nothing was written.
    Before,
}

/// What was done.
#[derive(Debug)]
pub(super) enum Made {
    Document(Box<proto::DidDoc>),
    End,
}

/// The client has to sign.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) did: Did,
    pub(super) description: String,
    pub(super) requests: BTreeMap<String, SigningRequest>,
    pub(super) expires: String,
}

/// The client has to wait.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) did: Did,
    pub(super) reason: String,
    pub(super) wait_ms: u64,
}

/// What is known of a request, for the answer, however far it came.
#[derive(Debug, Default)]
pub(super) struct About {
    /// The DID that it names, as it was sent.
    pub(super) did: Option<String>,
    /// The job that it names, or that was made for it.
    pub(super) job: Option<String>,
}

/// An answer, before it has its shape.
pub(super) struct Answer {
    pub(super) function: Function,
    pub(super) profile: RegistrationProfile,
    pub(super) begin: Instant,
    pub(super) about: About,
    pub(super) outcome: Result<Outcome, RegistrationError>,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after_s = self
            .outcome
            .as_ref()
            .err()
            .and_then(RegistrationError::retry_after_s);
        respond(status, retry_after_s, self.result())
    }
}

/// An answer, with `Retry-After` where a fault says when it is worth trying again.
pub(super) fn respond(
    status: StatusCode,
    retry_after_s: Option<u64>,
    body: impl Serialize,
) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Some(after) = retry_after_s {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(after));
    }
    response
}

impl Answer {
    fn status(&self) -> StatusCode {
        match &self.outcome {
            Ok(Outcome::Finished(_)) => match (self.function, self.profile) {
                (Function::Create, _) | (_, RegistrationProfile::CheqdRegistrar) => {
                    StatusCode::CREATED
                }
                _ => StatusCode::OK,
            },
            Ok(Outcome::Action(_) | Outcome::Wait(_)) => StatusCode::OK,
            Err(fault) => fault.status(),
        }
    }

    fn result(self) -> RegistrationResult {
        let is_cheqds = self.profile == RegistrationProfile::CheqdRegistrar;
        let mut process = RegistrationMetadata::since(self.begin);
        let mut document = DocumentMetadata::default();
        let job = self.about.job;
        let (job_id, did_state) = match self.outcome {
            Ok(Outcome::Finished(finished)) => {
                process.job_id.clone_from(&job);
                document.version_id = Some(finished.version_id.clone());
                if matches!(finished.made, Made::End) {
                    document.deactivated = Some(true);
                    process.receipt = Some(format!("/v1/receipts/{}", finished.did));
                }
                (job.filter(|_| is_cheqds), finished.state(self.profile))
            }
            Ok(Outcome::Action(action)) => {
                process.expires = Some(action.expires);
                let state = DidState::Action {
                    did: action.did.to_string(),
                    action: "signPayload",
                    description: action.description,
                    signing_request: action.requests,
                };
                (job, state)
            }
            Ok(Outcome::Wait(wait)) => {
                let state = DidState::Wait {
                    did: wait.did.to_string(),
                    wait: wait.reason,
                    wait_time: wait.wait_ms,
                };
                (job, state)
            }
            Err(fault) => {
                process.job_id = job;
                (None, failed(self.about.did, fault, self.profile))
            }
        };
        RegistrationResult {
            job_id,
            did_state,
            did_registration_metadata: process,
            did_document_metadata: document,
        }
    }
}

impl Finished {
    fn state(self, profile: RegistrationProfile) -> DidState {
        let did = self.did.to_string();
        let did_document = match (self.made, profile) {
            (Made::Document(document), _) => serde_json::to_value(DocumentJson(&document)).ok(),
            (Made::End, RegistrationProfile::CheqdRegistrar) => {
                Some(serde_json::json!({ "id": did }))
            }
            (Made::End, RegistrationProfile::Standard) => None,
        };
        DidState::Finished { did, did_document }
    }
}

fn failed(did: Option<String>, fault: RegistrationError, profile: RegistrationProfile) -> DidState {
    let error = fault.name();
    let (reason, description) = fault.said_in(profile);
    let (missing, invalid, unexpected) = match fault {
        RegistrationError::Signatures {
            missing,
            invalid,
            unexpected,
            ..
        } => (Some(missing), Some(invalid), Some(unexpected)),
        _ => (None, None, None),
    };
    DidState::Failed {
        did,
        error,
        reason,
        description,
        missing,
        invalid,
        unexpected,
    }
}
