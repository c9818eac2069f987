//! The payload of a create or an update: a document and a version id.

use std::collections::BTreeSet;

use super::assertion;
use super::issues::{Issue, Issues, each};
use super::rules::{
    Subject, at_most_bytes, at_most_entries, did, no_duplicates, required, texts, version_id,
};
use crate::did::Did;
use crate::limits::{
    MAX_CONTEXTS, MAX_CONTROLLERS, MAX_ENTRIES, MAX_METHODS, MAX_OTHER_SIGNERS,
    MAX_SERVICE_TYPE_BYTES, MAX_SERVICES, MAX_SIGNING_COST_BYTES, MAX_STRING_BYTES,
    MAX_SUBSTITUTE_SIGNERS, SIGNATURE_OVERHEAD_BYTES,
};
use crate::method::{MethodType, VerificationMethod};
use crate::proto::{self, MsgCreateDidDocPayload};

const DUPLICATES: &str = "there should be no duplicates";

/// The parts of a valid document that carry authority.
pub(crate) struct Parsed {
    pub(crate) id: Did,
    pub(crate) controllers: Vec<Did>,
    pub(crate) methods: Vec<VerificationMethod>,
}

/// Checks a whole payload and takes its parts out.
pub(crate) fn payload(payload: &MsgCreateDidDocPayload) -> Result<Parsed, Issues> {
    let mut issues = Issues::default();
    let id = issues.note("id", required(&payload.id).and_then(did));
    let subject = Subject::new(&payload.id, id.clone());
    issues.note("context", texts(&payload.context, MAX_CONTEXTS));
    let controllers = issues.note("controller", controllers(&payload.controller));
    let methods = issues.note(
        "verification_method",
        methods(&payload.verification_method, &subject),
    );
    for (name, list) in [
        ("authentication", &payload.authentication),
        ("capability_invocation", &payload.capability_invocation),
        ("capability_delegation", &payload.capability_delegation),
        ("key_agreement", &payload.key_agreement),
    ] {
        issues.note(name, relationship(list, &subject));
    }
    let assertions = assertion::entries(
        &payload.assertion_method,
        &subject,
        &payload.verification_method,
    );
    issues.note("assertion_method", assertions);
    issues.note(
        "service",
        services(&payload.service, &subject, &payload.verification_method),
    );
    issues.note("also_known_as", also_known_as(&payload.also_known_as));
    issues.note("version_id", version_id(&payload.version_id));
    match (id, controllers, methods) {
        (Some(id), Some(controllers), Some(methods)) => {
            let parsed = Parsed {
                id,
                controllers,
                methods,
            };
            parsed.check_limits(&mut issues);
            issues.into_result().map(|()| parsed)
        }
        _ => Err(issues),
    }
}

impl Parsed {
    /// Limits that keep the worst-case deactivation within one log entry.
    fn check_limits(&self, issues: &mut Issues) {
        let others: BTreeSet<&Did> = self
            .controllers
            .iter()
            .chain(self.methods.iter().map(VerificationMethod::controller))
            .filter(|did| **did != self.id)
            .collect();
        let limit = if self.methods.is_empty() {
            MAX_SUBSTITUTE_SIGNERS
        } else {
            MAX_OTHER_SIGNERS
        };
        if others.len() > limit {
            let reason = if self.methods.is_empty() {
                ", as there is no verification method"
            } else {
                ""
            };
            let text = format!(
                "must name, together with the controllers of all methods, at most {limit} DIDs besides the subject\
                 {reason}"
            );
            issues.note("controller", Err::<(), _>(Issue::Text(text)));
        }
        let cost: usize = self.methods.iter().map(signing_cost_bytes).sum();
        if cost > MAX_SIGNING_COST_BYTES {
            let text = format!(
                "ids and signatures of all methods must be at most {MAX_SIGNING_COST_BYTES} bytes"
            );
            issues.note("verification_method", Err::<(), _>(Issue::Text(text)));
        }
    }
}

/// What the signature of one method takes in the log entry of a deactivation, in bytes.
fn signing_cost_bytes(method: &VerificationMethod) -> usize {
    method.id().as_str().len() + method.key().signature_len_max() + SIGNATURE_OVERHEAD_BYTES
}

fn controllers(list: &[String]) -> Result<Vec<Did>, Issue> {
    at_most_entries(list, MAX_CONTROLLERS)?;
    no_duplicates(list, DUPLICATES)?;
    let dids = each(list, |text| did(text))?;
    no_duplicates(&dids, DUPLICATES)?;
    Ok(dids)
}

fn methods(
    list: &[proto::VerificationMethod],
    subject: &Subject<'_>,
) -> Result<Vec<VerificationMethod>, Issue> {
    at_most_entries(list, MAX_METHODS)?;
    no_duplicates(
        list.iter().map(|method| &method.id),
        "there are verification method duplicates",
    )?;
    each(list, |method| self::method(method, subject))
}

fn method(
    method: &proto::VerificationMethod,
    subject: &Subject<'_>,
) -> Result<VerificationMethod, Issue> {
    let mut issues = Issues::default();
    let id = issues.note("id", required(&method.id).and_then(|id| subject.own_id(id)));
    let controller = issues.note("controller", required(&method.controller).and_then(did));
    let parse = |text: &str| text.parse::<MethodType>().map_err(Issue::text);
    let method_type = issues.note(
        "type",
        required(&method.verification_method_type).and_then(parse),
    );
    let material = &method.verification_material;
    let key = method_type.and_then(|method_type| {
        let decode = |text: &str| {
            at_most_bytes(text.len(), MAX_STRING_BYTES)?;
            method_type.decode(text).map_err(Issue::text)
        };
        issues.note("verification_material", required(material).and_then(decode))
    });
    match (id, controller, method_type, key) {
        (Some(id), Some(controller), Some(method_type), Some(key)) => Ok(VerificationMethod::new(
            id,
            method_type,
            controller,
            material,
            key,
        )),
        _ => Err(issues.into()),
    }
}

fn relationship(list: &[String], subject: &Subject<'_>) -> Result<(), Issue> {
    at_most_entries(list, MAX_ENTRIES)?;
    no_duplicates(list, DUPLICATES)?;
    each(list, |id| subject.own_id(id))?;
    Ok(())
}

fn services(
    list: &[proto::Service],
    subject: &Subject<'_>,
    methods: &[proto::VerificationMethod],
) -> Result<(), Issue> {
    at_most_entries(list, MAX_SERVICES)?;
    no_duplicates(
        list.iter().map(|service| &service.id),
        "there are service duplicates",
    )?;
    each(list, |service| {
        let mut issues = Issues::default();
        issues.note("id", service_id(&service.id, subject, methods));
        issues.note("type", service_type(&service.service_type));
        issues.note("service_endpoint", endpoints(&service.service_endpoint));
        issues.note(
            "recipient_keys",
            texts(&service.recipient_keys, MAX_ENTRIES),
        );
        issues.note("routing_keys", texts(&service.routing_keys, MAX_ENTRIES));
        issues.note("accept", texts(&service.accept, MAX_ENTRIES));
        Ok(issues.into_result()?)
    })?;
    Ok(())
}

fn service_id(
    id: &str,
    subject: &Subject<'_>,
    methods: &[proto::VerificationMethod],
) -> Result<(), Issue> {
    required(id).and_then(|id| subject.own_id(id))?;
    if methods.iter().any(|method| method.id == id) {
        return Err(Issue::text("must not be the id of a verification method"));
    }
    Ok(())
}

fn service_type(text: &str) -> Result<(), Issue> {
    required(text)?;
    if text.len() > MAX_SERVICE_TYPE_BYTES {
        return Err(Issue::text(format_args!(
            "the length must be between 1 and {MAX_SERVICE_TYPE_BYTES}"
        )));
    }
    Ok(())
}

fn endpoints(list: &[String]) -> Result<(), Issue> {
    texts(list, MAX_ENTRIES)?;
    each(list, |endpoint| required(endpoint).map(|_| ()))?;
    Ok(())
}

fn also_known_as(list: &[String]) -> Result<(), Issue> {
    no_duplicates(list, DUPLICATES)?;
    texts(list, MAX_ENTRIES)
}
