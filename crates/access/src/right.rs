//! Rights, sets of rights, and the roles that every tenant has.

use std::fmt;

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// What a caller may do. The names are those of the access API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Right {
            $($(#[$doc])* $name,)*
        }

        impl Right {
            /// All of them.
            pub const ALL: &[Right] = &[$(Right::$name,)*];

            /// The name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Right::$name => $wire,)* }
            }

            /// The right with this name.
            #[must_use]
            pub fn parse(text: &str) -> Option<Right> {
                match text { $($wire => Some(Right::$name),)* _ => None }
            }
        }
    };
}

rights! {
    /// Read the tenant's DIDs.
    DidsRead = "Registrar:Dids:Read",
    /// Create DIDs.
    DidsCreate = "Registrar:Dids:Create",
    /// Change DIDs.
    DidsUpdate = "Registrar:Dids:Update",
    /// Deactivate DIDs.
    DidsDeactivate = "Registrar:Dids:Deactivate",
    /// Import DIDs from another log.
    DidsImport = "Registrar:Dids:Import",
    /// Read which keys are held.
    KeysRead = "Registrar:Keys:Read",
    /// Make keys.
    KeysCreate = "Registrar:Keys:Create",
    /// Import keys.
    KeysImport = "Registrar:Keys:Import",
    /// Read webhook subscriptions.
    WebhooksRead = "Registrar:Webhooks:Read",
    /// Make and end webhook subscriptions.
    WebhooksManage = "Registrar:Webhooks:Manage",
    /// Read projects, clients and their grants.
    ClientsRead = "Registrar:Clients:Read",
    /// Make, change and delete them.
    ClientsManage = "Registrar:Clients:Manage",
    /// Read what the vault holds, without secrets.
    VaultRead = "Registrar:Vault:Read",
    /// Read secrets of the vault.
    VaultReveal = "Registrar:Vault:Reveal",
    /// Store, change and delete what the vault holds.
    VaultManage = "Registrar:Vault:Manage",
    /// Read the audit log.
    AuditRead = "Auth:Logs:Read",
    /// Read users and service accounts.
    UsersRead = "Auth:Users:Read",
    /// Make, change and end them.
    UsersManage = "Auth:Users:Manage",
    /// Make personal access tokens.
    PatsCreate = "Auth:Pats:Create",
    /// Make permissions and give them.
    PermissionsManage = "Permissions:Manage",
    /// Read the resources of the tenant's DIDs.
    ResourcesRead = "Registrar:Resources:Read",
    /// Create resources of DIDs.
    ResourcesCreate = "Registrar:Resources:Create",
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u32);

impl Rights {
    /// Every right.
    pub const ALL: Rights = Rights::of(Right::ALL);
    /// None.
    pub const NONE: Rights = Rights(0);

    /// These rights.
    #[must_use]
    pub const fn of(rights: &[Right]) -> Rights {
        let mut bits = 0;
        let mut index = 0;
        while index < rights.len() {
            bits |= 1 << rights[index] as u8;
            index += 1;
        }
        Rights(bits)
    }

    /// The rights of all roles in a list of names, separated by commas, as SQLite joins them. An unknown name gives
    /// none.
    pub(crate) fn of_roles(names: Option<&str>) -> Rights {
        let roles = names.unwrap_or_default().split(',').filter_map(Role::parse);
        roles.fold(Rights::NONE, |all, role| all.union(role.rights()))
    }

    /// Whether a right is among them.
    #[must_use]
    pub const fn contains(self, right: Right) -> bool {
        self.0 & (1 << right as u8) != 0
    }

    /// Those that both sets have.
    #[must_use]
    pub const fn intersection(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }

    /// Those that at least one of the sets has.
    #[must_use]
    pub const fn union(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }

    /// Them, in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL
            .iter()
            .copied()
            .filter(move |right| self.contains(*right))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Rights {
        rights
            .into_iter()
            .fold(Rights::NONE, |set, right| set.union(Rights::of(&[right])))
    }
}

/// A fixed set of rights with a name, the same in every tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Everything.
    Admin,
    /// Users, tokens and clients.
    IdentityManager,
    /// The vault and the webhooks that use it.
    IntegrationAdmin,
    /// DIDs, their keys and webhooks: what every API key has.
    Registrar,
    /// Reading, without secrets and without the audit log.
    Viewer,
    /// The audit log.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: &[Role] = &[
        Role::Admin,
        Role::IdentityManager,
        Role::IntegrationAdmin,
        Role::Registrar,
        Role::Viewer,
        Role::Auditor,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::IdentityManager => "identity_manager",
            Role::IntegrationAdmin => "integration_admin",
            Role::Registrar => "registrar",
            Role::Viewer => "viewer",
            Role::Auditor => "auditor",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// What it may do. Giving permissions is with [`Role::Admin`] alone: who can give them has all.
    #[must_use]
    pub const fn rights(self) -> Rights {
        match self {
            Role::Admin => Rights::ALL,
            Role::IdentityManager => Rights::of(&[
                Right::UsersRead,
                Right::UsersManage,
                Right::PatsCreate,
                Right::ClientsRead,
                Right::ClientsManage,
            ]),
            Role::IntegrationAdmin => Rights::of(&[
                Right::VaultRead,
                Right::VaultReveal,
                Right::VaultManage,
                Right::WebhooksRead,
                Right::WebhooksManage,
            ]),
            Role::Registrar => Rights::of(&[
                Right::DidsRead,
                Right::DidsCreate,
                Right::DidsUpdate,
                Right::DidsDeactivate,
                Right::DidsImport,
                Right::ResourcesRead,
                Right::ResourcesCreate,
                Right::KeysRead,
                Right::KeysCreate,
                Right::KeysImport,
                Right::WebhooksRead,
                Right::WebhooksManage,
            ]),
            Role::Viewer => Rights::of(&[
                Right::DidsRead,
                Right::ResourcesRead,
                Right::KeysRead,
                Right::WebhooksRead,
                Right::ClientsRead,
                Right::VaultRead,
                Right::UsersRead,
            ]),
            Role::Auditor => Rights::of(&[Right::AuditRead]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_sets_hold_what_was_put_in() {
        for &right in Right::ALL {
            assert_eq!(Right::parse(right.as_str()), Some(right));
            let only = Rights::of(&[right]);
            assert!(only.iter().eq([right]));
            assert!(Rights::ALL.contains(right) && !Rights::NONE.contains(right));
        }
        assert_eq!(Right::parse("Registrar:Dids:*"), None);
        for &role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
        }
    }

    #[test]
    fn no_role_but_the_admin_can_give_itself_more() {
        for &role in &Role::ALL[1..] {
            assert!(
                !role.rights().contains(Right::PermissionsManage),
                "{role:?}"
            );
        }
        let writes = [Right::VaultReveal, Right::AuditRead, Right::DidsDeactivate];
        assert!(
            writes
                .iter()
                .all(|&right| !Role::Viewer.rights().contains(right))
        );
        let registrar = Role::Registrar.rights();
        assert!(!registrar.contains(Right::AuditRead) && !registrar.contains(Right::UsersRead));
    }
}
