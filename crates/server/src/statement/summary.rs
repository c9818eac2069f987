//! A checked statement in plain words.

use did::{OperationKind, PublicKey, Scope, document_hash};
use sha2::{Digest, Sha256};

use super::check::{Checked, CheckedSlot, CheckedStatement};
use clock::rfc3339_ms;

impl Checked {
    /// What a signature means, for the holder of these keys.
    pub fn summary(&self, own: &[&PublicKey]) -> String {
        let mut lines = vec![self.headline()];
        lines.push(field("DID", self.did.as_str()));
        lines.push(field("network", &self.network));
        for statement in &self.statements {
            self.describe_statement(statement, &mut lines);
        }
        if let Some(document) = &self.present {
            let hash = hex::encode(document_hash(document));
            lines.push(field("current document", &format!("sha256 {hash}")));
        }
        lines.push(field("signatures until", &self.expires_at));
        lines.push("  who signs".to_owned());
        lines.extend(self.slots.iter().map(|slot| self.describe_slot(slot, own)));
        lines.extend(self.warnings());
        lines.join("\n")
    }

    fn deactivates(&self) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|statement| statement.operation.kind() == OperationKind::Deactivate)
    }

    fn headline(&self) -> String {
        let kinds: Vec<OperationKind> = self
            .statements
            .iter()
            .map(|statement| statement.operation.kind())
            .collect();
        match kinds[..] {
            [OperationKind::Create] => "You are asked to sign the CREATION of a DID.",
            [OperationKind::Update] => "You are asked to sign an UPDATE of a DID.",
            [OperationKind::Update, OperationKind::Deactivate] => {
                "You are asked to sign an UPDATE and the DEACTIVATION of a DID. A deactivation is final and cannot be \
                 undone."
            }
            _ => "You are asked to sign the DEACTIVATION of a DID. It is final and cannot be undone.",
        }
        .to_owned()
    }

    fn describe_statement(&self, statement: &CheckedStatement, lines: &mut Vec<String>) {
        let operation = &statement.operation;
        lines.push(field(operation.kind().as_str(), ""));
        lines.push(field("  new version", operation.version_id()));
        let sha256 = hex::encode(Sha256::digest(operation.payload()));
        lines.push(field("  bytes to sign", &format!("sha256 {sha256}")));
        if let Some(document) = operation.document() {
            let hash = hex::encode(document_hash(document));
            lines.push(field("  its document", &format!("sha256 {hash}")));
            for method in document.methods() {
                let key = format!("{} {}", method.id(), method.key().to_hex());
                lines.push(field("    with key", &key));
            }
            for controller in document.controllers() {
                lines.push(field("    controlled by", controller.as_str()));
            }
        }
        match &statement.bound {
            Some(bound) => {
                let scope = match bound.scope {
                    Scope::Version(_) => "this version; any update voids it",
                    Scope::Authority(_) => {
                        "the keys and signers; an update that keeps them does not void it"
                    }
                };
                lines.push(field("  bound to", scope));
                lines.push(field("  valid until", &rfc3339_ms(bound.expires_ms)));
                lines.push(field("  network id", &hex::encode(bound.network_id)));
            }
            None if operation.kind() == OperationKind::Deactivate => {
                lines.push(field(
                    "  bound to",
                    "nothing: the signature is valid forever",
                ));
            }
            None => {}
        }
    }

    fn describe_slot(&self, slot: &CheckedSlot, own: &[&PublicKey]) -> String {
        let of = if self.statements.len() > 1 {
            let kind = self.statements[slot.statement].operation.kind();
            format!(" ({})", kind.as_str())
        } else {
            String::new()
        };
        let mine = |key: &PublicKey| {
            if own.contains(&key) {
                "  <- your key"
            } else {
                ""
            }
        };
        match &slot.any_of[..] {
            [] => format!("    {}{of}: currently has no key", slot.signer),
            [(method, key)] => {
                format!(
                    "    {method} {} {}{of}{}",
                    key.algorithm().as_str(),
                    key.to_hex(),
                    mine(key)
                )
            }
            several => {
                let mut text = format!("    any one key of {}{of}:", slot.signer);
                for (method, key) in several {
                    text += &format!(
                        "\n      {method} {} {}{}",
                        key.algorithm().as_str(),
                        key.to_hex(),
                        mine(key)
                    );
                }
                text
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |text: &str| warnings.push(format!("  ! {text}"));
        if self.deactivates() && self.deactivated().is_none() {
            warn(
                "the file lacks the document, so nothing here shows whether it asks for every key",
            );
        }
        if self.pre_signed {
            warn(
                "its owner keeps the signed message and can submit it at any time until then; an update may void it",
            );
        }
        if self.network == "mainnet" {
            warn("what is signed for a mainnet DID is valid on the public cheqd chain too");
        }
        warnings
    }
}

fn field(name: &str, value: &str) -> String {
    format!("  {name:<17} {value}").trim_end().to_owned()
}
