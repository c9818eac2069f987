//! What can stand in the audit log.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// What was done. Names never change their meaning, and are never used again for another one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Action] = &[$(Action::$name,)*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Action::$name => $wire,)* }
            }

            /// The action with this name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Action> {
                match text { $($wire => Some(Action::$name),)* _ => None }
            }
        }
    };
}

actions! {
    /// A tenant was made.
    TenantCreate = "tenant.create",
    /// A tenant was revoked, and with it everything that acts for it.
    TenantRevoke = "tenant.revoke",
    /// A tenant began, or ceased, to demand that a person approves deactivations.
    TenantApproval = "tenant.approval",
    /// An API key was made.
    ApiKeyCreate = "api_key.create",
    /// An API key was revoked.
    ApiKeyRevoke = "api_key.revoke",
    /// The newest entries were lost, and everything that could have ended in them was ended.
    AuditAcceptLoss = "audit.accept_loss",
    /// A person or a service account was made.
    UserCreate = "user.create",
    /// It was switched on.
    UserActivate = "user.activate",
    /// It was switched off, and with it everything that acts for it.
    UserDeactivate = "user.deactivate",
    /// It was given a role.
    RoleAssign = "role.assign",
    /// A role was taken from it.
    RoleRevoke = "role.revoke",
    /// A signing credential was made.
    CredentialCreate = "credential.create",
    /// It was switched on.
    CredentialActivate = "credential.activate",
    /// It was switched off, and with it what rests on it.
    CredentialDeactivate = "credential.deactivate",
    /// A long-lived access token was made.
    TokenCreate = "token.create",
    /// It got another name.
    TokenUpdate = "token.update",
    /// It was switched on.
    TokenActivate = "token.activate",
    /// It was switched off, and its key with it.
    TokenDeactivate = "token.deactivate",
    /// It was switched off for good.
    TokenArchive = "token.archive",
    /// A user logged in.
    SessionOpen = "session.open",
    /// A user logged out.
    SessionClose = "session.close",
    /// One exact request was approved by a signature, which is used up by it.
    UserActionApprove = "user_action.approve",
    /// A key was made here.
    KeysCreate = "keys.create",
    /// A key was imported.
    KeysImport = "keys.import",
    /// Custodial keys were used to sign.
    KeysSign = "keys.sign",
    /// Keys were imported together with their DID.
    KeysKeep = "keys.keep",
    /// A ceremony was started: signatures of several holders are collected.
    CeremonyStart = "ceremony.start",
    /// A link to a ceremony was made, for a holder without an account.
    CeremonyLink = "ceremony.link",
    /// Such a link was revoked.
    CeremonyRevokeLink = "ceremony.revoke_link",
    /// A holder refused to sign.
    CeremonyRefuse = "ceremony.refuse",
    /// A ceremony was submitted.
    CeremonyCommit = "ceremony.commit",
    /// A ceremony was cancelled.
    CeremonyCancel = "ceremony.cancel",
    /// The signed message of a ceremony was exported.
    CeremonyExport = "ceremony.export",
    /// A project was made.
    ProjectCreate = "project.create",
    /// A client was made.
    ClientCreate = "client.create",
    /// A client was changed.
    ClientUpdate = "client.update",
    /// A client got another password.
    ClientPassword = "client.password",
    /// A client got a token for its password.
    ClientToken = "client.token",
    /// A client may call more.
    ClientGrant = "client.grant",
    /// A client may call less.
    ClientRevokeGrant = "client.revoke_grant",
    /// A client was deleted.
    ClientDelete = "client.delete",
    /// A secret of another system was stored in the vault.
    VaultCreate = "vault.create",
    /// A credential of the vault was changed, or switched off or on.
    VaultUpdate = "vault.update",
    /// The secret of a credential was read.
    VaultReveal = "vault.reveal",
    /// A credential of the vault was deleted, and its secret erased.
    VaultDelete = "vault.delete",
    /// An integration uses a credential from now on.
    VaultBind = "vault.bind",
    /// It does not any more.
    VaultUnbind = "vault.unbind",
    /// A webhook was made.
    WebhookCreate = "webhook.create",
    /// A webhook that was given up is sent to again.
    WebhookEnable = "webhook.enable",
    /// A webhook was removed.
    WebhookDelete = "webhook.delete",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_come_back() {
        for &action in Action::ALL {
            assert_eq!(Action::parse(action.as_str()), Some(action));
            let clean = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.');
            assert!(action.as_str().bytes().all(clean), "{action}");
        }
    }
}
