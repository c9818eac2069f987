//! What requests about resources are answered.

use std::time::Instant;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger::ResourceMetadata;
use resolver::LinkedResource;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::answer::{About, RegistrationMetadata, respond};
use super::super::error::{ErrorName, RegistrationError};
use crate::config::RegistrationProfile;

/// What a request about a resource is answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceResult {
    /// Always `null`: resources are signed at once.
    job_id: Option<String>,
    /// How it stands.
    did_url_state: DidUrlState,
    /// About the process.
    did_registration_metadata: RegistrationMetadata,
    /// About the resource, in the shape of `linkedResourceMetadata`; empty where nothing was made.
    #[schema(value_type = Object)]
    content_metadata: ContentMetadata,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ContentMetadata {
    None {},
    Of(Box<LinkedResource>),
}

/// How a request about a resource stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(
    tag = "state",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum DidUrlState {
    /// It is done: on disk and visible.
    Finished {
        /// Where the resource can be read.
        did_url: String,
    },
    /// It is not done, and nothing was written.
    Failed {
        /// The DID, where the request names one.
        #[serde(skip_serializing_if = "Option::is_none")]
        did_url: Option<String>,
        /// The name of the error.
        error: ErrorName,
        /// What is wrong, and what to do.
        reason: String,
        /// The same, where clients of cheqd's registrar look for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// DIDs of which no key has signed.
        #[serde(skip_serializing_if = "Option::is_none")]
        missing: Option<Vec<String>>,
    },
}

/// The function that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceFunction {
    Create,
    Update,
}

/// An answer, before it has its shape.
pub(super) struct ResourceAnswer {
    pub(super) function: ResourceFunction,
    pub(super) profile: RegistrationProfile,
    pub(super) begin: Instant,
    pub(super) about: About,
    pub(super) outcome: Result<ResourceMetadata, RegistrationError>,
}

impl IntoResponse for ResourceAnswer {
    fn into_response(self) -> Response {
        let status = match (&self.outcome, self.function, self.profile) {
            (Err(fault), ..) => fault.status(),
            (Ok(_), ResourceFunction::Create, _)
            | (Ok(_), _, RegistrationProfile::CheqdRegistrar) => StatusCode::CREATED,
            (Ok(_), ResourceFunction::Update, RegistrationProfile::Standard) => StatusCode::OK,
        };
        let retry_after_s = self
            .outcome
            .as_ref()
            .err()
            .and_then(RegistrationError::retry_after_s);
        respond(status, retry_after_s, self.result())
    }
}

impl ResourceAnswer {
    fn result(self) -> ResourceResult {
        let (did_url_state, content_metadata) = match self.outcome {
            Ok(made) => {
                let did_url = format!("{}/resources/{}", made.did, made.header.id);
                let metadata = ContentMetadata::Of(Box::new(made.into()));
                (DidUrlState::Finished { did_url }, metadata)
            }
            Err(fault) => (
                failed(self.about.did, fault, self.profile),
                ContentMetadata::None {},
            ),
        };
        ResourceResult {
            job_id: None,
            did_url_state,
            did_registration_metadata: RegistrationMetadata::since(self.begin),
            content_metadata,
        }
    }
}

fn failed(
    did_url: Option<String>,
    fault: RegistrationError,
    profile: RegistrationProfile,
) -> DidUrlState {
    let error = fault.name();
    let (reason, description) = fault.said_in(profile);
    let missing = match fault {
        RegistrationError::Signatures { missing, .. } => Some(missing),
        _ => None,
    };
    DidUrlState::Failed {
        did_url,
        error,
        reason,
        description,
        missing,
    }
}
