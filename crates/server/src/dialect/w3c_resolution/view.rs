//! How one request is answered.

use resolver::{AnswerKind, DeactivatedDocument, Rules};

use super::negotiate::Representation;
use crate::config::Profile;

/// How one request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// In which type.
    pub representation: Representation,
    /// What the answer is about.
    pub kind: AnswerKind,
    /// For which clients the server is set up.
    pub profile: Profile,
}

/// Which of the two functions of the standard was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// DID resolution.
    Resolve,
    /// DID URL dereferencing.
    Dereference,
}

impl Default for View {
    /// What a DID is answered with when nothing else is known.
    fn default() -> View {
        View {
            representation: Representation::Result,
            kind: AnswerKind::Document,
            profile: Profile::Standard,
        }
    }
}

impl View {
    /// What the most preferred representation is when the one that was asked for is not known.
    pub(super) fn preferred(kind: AnswerKind, profile: Profile) -> View {
        let first = Representation::of(kind).first().copied();
        View {
            representation: first.unwrap_or(Representation::Result),
            kind,
            profile,
        }
    }

    /// Which function was asked for.
    pub fn function(self) -> Function {
        match (self.representation, self.kind) {
            (Representation::Result | Representation::LegacyResult, _) => Function::Resolve,
            (
                Representation::Dereferencing
                | Representation::LegacyDereferencing
                | Representation::UriList
                | Representation::Data,
                _,
            ) => Function::Dereference,
            (_, AnswerKind::Document | AnswerKind::Metadata) => Function::Resolve,
            _ => Function::Dereference,
        }
    }

    /// The representation that holds a full result: what is sent where the one that was asked for cannot say it.
    pub fn result_type(self) -> Representation {
        match (self.representation.is_legacy(), self.function()) {
            _ if self.representation == Representation::LegacyJson => Representation::LegacyJson,
            (false, Function::Resolve) => Representation::Result,
            (false, Function::Dereference) => Representation::Dereferencing,
            (true, Function::Resolve) => Representation::LegacyResult,
            (true, Function::Dereference) => Representation::LegacyDereferencing,
        }
    }

    /// By whose rules options are read.
    pub(super) fn rules(self) -> Rules {
        if self.representation.is_legacy() {
            Rules::Legacy
        } else {
            Rules::Standard
        }
    }

    /// What is done with the last document of a DID that has ended. The Universal Resolver takes an answer without a
    /// document for "not found", and gives 410 to its own clients only if there is one.
    pub(super) fn ended(self) -> DeactivatedDocument {
        if self.representation.is_legacy() || self.profile == Profile::UniversalResolverDriver {
            DeactivatedDocument::Included
        } else {
            DeactivatedDocument::Omitted
        }
    }
}
