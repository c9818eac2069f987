//! Why a transaction is refused or fails, in the words of its result.

use std::fmt;

use cosmos::{Refusal, SdkCode};
use did::Rejection;

/// A registered error with its text: of the Cosmos SDK, of cheqd, or of its resource module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The registered number; never 0.
    pub code: u32,
    /// The module that registered it.
    pub codespace: String,
    /// What is wrong.
    pub log: String,
}

impl Failure {
    /// The failure of a message while it was delivered.
    pub(crate) fn of_message(self, index: usize) -> Self {
        Self {
            log: format!(
                "failed to execute message; message index: {index}: {}",
                self.log
            ),
            ..self
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            code: refusal.code.as_u32(),
            codespace: SdkCode::CODESPACE.to_owned(),
            log: refusal.to_string(),
        }
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self {
            code: rejection.code().as_u32(),
            codespace: rejection.code().codespace().to_owned(),
            log: rejection.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.log)
    }
}

impl std::error::Error for Failure {}
