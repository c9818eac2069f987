//! `POST /1.0/execute`: operations of a DID method beyond those of its documents. The method `cheqd` defines none.

use super::document;
use super::error::RegistrationError;
use super::members::Members;

/// Why a request is not executed: what is wrong with it by itself, or else that there is no such operation.
pub(super) fn refusal(members: Members) -> RegistrationError {
    match operations(members) {
        Err(fault) => fault,
        Ok(operations) => {
            let named: String = operations.join(", ").chars().take(80).collect();
            RegistrationError::options(format!(
                "did:cheqd defines no operation to execute, so neither {named:?}; use /1.0/update or /1.0/deactivate"
            ))
        }
    }
}

fn operations(mut members: Members) -> Result<Vec<String>, RegistrationError> {
    let did = members.text("did")?;
    document::did(
        &did.ok_or_else(|| RegistrationError::did("did is required: the DID that this is about"))?,
    )?;
    members.text("jobId")?;
    members.object("options")?;
    members.object("secret")?;
    for name in ["method", "didDocument", "didDocumentOperation"] {
        if members.has(name) {
            return Err(RegistrationError::options(format!(
                "{name} should be left out: execute does not take it"
            )));
        }
    }
    let operations = members.texts("operation")?.unwrap_or_default();
    let data = members.list("operationData")?.unwrap_or_default();
    members.finish()?;
    if operations.is_empty() || operations.len() != data.len() {
        return Err(RegistrationError::options(
            "operation and operationData are required: two lists of the same length",
        ));
    }
    Ok(operations)
}
