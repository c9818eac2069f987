//! The namespace of a valid operation: everything that it names must live on one network.

use crate::did::Did;
use crate::document::Document;
use crate::message::Operation;
use crate::operation_kind::OperationKind;
use crate::rejection::Rejection;
use crate::validate::{Issue, Issues, each, inline_controller};

impl Operation {
    /// Checks that every DID in the operation has this namespace.
    ///
    /// # Errors
    /// Code 1206 with every DID that has another.
    pub fn check_namespace(&self, allowed: &str) -> Result<(), Rejection> {
        check(self, allowed).map_err(|issues| Rejection::namespace(issues.to_string()))
    }
}

/// Looks at every DID in fields and order of the stateless validation.
fn check(operation: &Operation, allowed: &str) -> Result<(), Issues> {
    let rule = Rule { allowed };
    let mut issues = Issues::default();
    let payload = match (operation.kind(), operation.document()) {
        (_, Some(document)) => rule.document(document),
        // It names no network; its signatures do.
        (OperationKind::CreateResource, None) => Ok(()),
        (_, None) => rule.subject(operation.did()),
    };
    issues.note("payload", payload);
    let signatures = each(operation.signatures(), |signature| {
        let mut issues = Issues::default();
        issues.note("verification_method_id", rule.did(&signature.method.did()));
        Ok(issues.into_result()?)
    });
    issues.note("signatures", signatures);
    issues.into_result()
}

struct Rule<'a> {
    allowed: &'a str,
}

impl Rule<'_> {
    fn did(&self, did: &Did) -> Result<(), Issue> {
        if did.namespace() == Some(self.allowed) {
            return Ok(());
        }
        Err(Issue::text(format_args!(
            "did namespace must be one of: {}",
            self.allowed
        )))
    }

    fn subject(&self, did: &Did) -> Result<(), Issues> {
        let mut issues = Issues::default();
        issues.note("id", self.did(did));
        issues.into_result()
    }

    /// Methods, relationships and services carry the DID of the document, so `own` speaks for all of them.
    fn document(&self, document: &Document) -> Result<(), Issues> {
        let proto = document.proto();
        let own = || self.did(document.id());
        let mut issues = Issues::default();
        issues.note("id", own());
        issues.note(
            "controller",
            each(document.controllers(), |did| self.did(did)),
        );
        let methods = each(document.methods(), |method| {
            let mut issues = Issues::default();
            issues.note("id", own());
            issues.note("controller", self.did(method.controller()));
            Ok(issues.into_result()?)
        });
        issues.note("verification_method", methods);
        for (name, list) in [
            ("authentication", &proto.authentication),
            ("capability_invocation", &proto.capability_invocation),
            ("capability_delegation", &proto.capability_delegation),
            ("key_agreement", &proto.key_agreement),
        ] {
            issues.note(name, each(list, |_| own()));
        }
        issues.note(
            "assertion_method",
            each(&proto.assertion_method, |entry| {
                self.assertion(entry, document.id())
            }),
        );
        let services = each(&proto.service, |_| Ok(self.subject(document.id())?));
        issues.note("service", services);
        issues.into_result()
    }

    fn assertion(&self, entry: &str, subject: &Did) -> Result<(), Issue> {
        let Some(controller) = inline_controller(entry) else {
            return self.did(subject);
        };
        let mut issues = Issues::default();
        issues.note("id", self.did(subject));
        issues.note("controller", self.did(&controller));
        Ok(issues.into_result()?)
    }
}
