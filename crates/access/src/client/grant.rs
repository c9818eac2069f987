//! What a client may call: APIs of this server, and groups of them.

use rusqlite::{Connection, params};

use super::{ClientError, Username};
use crate::right::{Right, Rights};

/// Grants of one client: there are no more targets than these.
pub const GRANTS_PER_CLIENT_MAX: usize = Api::ALL.len() + ApiGroup::ALL.len();

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$item:meta])* $name:ident = $wire:literal => $rights:expr,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$item])* $name,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$name,)*];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($type::$name => $wire,)* }
            }

            /// The one with this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<$type> {
                match name { $($wire => Some($type::$name),)* _ => None }
            }

            /// What it lets a client do.
            #[must_use]
            pub const fn rights(self) -> Rights {
                match self { $($type::$name => $rights,)* }
            }
        }
    };
}

named! {
    /// A function that this server exposes.
    Api {
        /// Reading the tenant's DIDs.
        DidRead = "did-read" => Rights::of(&[Right::DidsRead]),
        /// Creating DIDs.
        DidCreate = "did-create" => Rights::of(&[Right::DidsCreate]),
        /// Changing DIDs.
        DidUpdate = "did-update" => Rights::of(&[Right::DidsUpdate]),
        /// Deactivating DIDs.
        DidDeactivate = "did-deactivate" => Rights::of(&[Right::DidsDeactivate]),
        /// Importing DIDs from another log.
        DidImport = "did-import" => Rights::of(&[Right::DidsImport]),
        /// Resources of DIDs.
        Resources = "resources" => Rights::of(&[Right::ResourcesRead, Right::ResourcesCreate]),
        /// Custodial keys.
        Keys = "keys" => Rights::of(&[Right::KeysRead, Right::KeysCreate, Right::KeysImport]),
        /// Webhooks.
        Webhooks = "webhooks" => Rights::of(&[Right::WebhooksRead, Right::WebhooksManage]),
    }
}

named! {
    /// A set of APIs under one name.
    ApiGroup {
        /// DIDs and their keys.
        Registrar = "registrar" => Rights::of(&[
            Right::DidsRead, Right::DidsCreate, Right::DidsUpdate, Right::DidsDeactivate, Right::DidsImport,
            Right::ResourcesRead, Right::ResourcesCreate, Right::KeysRead, Right::KeysCreate, Right::KeysImport,
        ]),
        /// Every API.
        All = "all" => ApiGroup::Registrar.rights().union(Api::Webhooks.rights()),
    }
}

/// What can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantTarget {
    /// One API.
    Api(Api),
    /// A group of them.
    Group(ApiGroup),
}

impl GrantTarget {
    /// The target of a kind (`API_PROXY` or `API_PROXY_GROUP`) with a name.
    #[must_use]
    pub fn parse(kind: &str, name: &str) -> Option<GrantTarget> {
        match kind {
            API => Api::parse(name).map(GrantTarget::Api),
            GROUP => ApiGroup::parse(name).map(GrantTarget::Group),
            _ => None,
        }
    }

    /// `API_PROXY` or `API_PROXY_GROUP`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            GrantTarget::Api(_) => API,
            GrantTarget::Group(_) => GROUP,
        }
    }

    /// Its name, unique within its kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            GrantTarget::Api(api) => api.as_str(),
            GrantTarget::Group(group) => group.as_str(),
        }
    }

    /// What it lets a client do.
    #[must_use]
    pub fn rights(self) -> Rights {
        match self {
            GrantTarget::Api(api) => api.rights(),
            GrantTarget::Group(group) => group.rights(),
        }
    }
}

const API: &str = "API_PROXY";
const GROUP: &str = "API_PROXY_GROUP";

/// The permission to call a target, until it expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What may be called.
    pub target: GrantTarget,
    /// Until when.
    pub expires_ms: Option<u64>,
}

impl Grant {
    /// Whether it still counts.
    #[must_use]
    pub fn counts_at(&self, now_ms: u64) -> bool {
        self.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms)
    }
}

/// The grants of a client, expired ones too, by kind and name.
pub(super) fn of(connection: &Connection, username: &str) -> Result<Vec<Grant>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, name, expires_ms FROM client_grants WHERE username = ?1 ORDER BY kind, name LIMIT ?2",
    )?;
    let rows = statement.query_map(params![username, GRANTS_PER_CLIENT_MAX], |row| {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        // What an older program knew and this one does not gives nothing.
        let target = GrantTarget::parse(&kind, &name);
        let expires_ms = row.get(2)?;
        Ok(target.map(|target| Grant { target, expires_ms }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// What the client may do now.
pub(super) fn rights(
    connection: &Connection,
    username: &str,
    now_ms: u64,
) -> Result<Rights, rusqlite::Error> {
    let grants = of(connection, username)?;
    let counting = grants.iter().filter(|grant| grant.counts_at(now_ms));
    Ok(counting.fold(Rights::NONE, |rights, grant| {
        rights.union(grant.target.rights())
    }))
}

/// Adds grants. One that is there and counts is refused; one that expired is replaced.
pub(super) fn add(
    connection: &Connection,
    username: &Username,
    grants: &[Grant],
    now_ms: u64,
) -> Result<(), ClientError> {
    for grant in grants {
        let present = of(connection, username.as_str())?;
        let counts = |held: &Grant| held.target == grant.target && held.counts_at(now_ms);
        if present.iter().any(counts) {
            return Err(ClientError::AlreadyGranted(grant.target));
        }
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO client_grants (username, kind, name, expires_ms)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                username.as_str(),
                grant.target.kind(),
                grant.target.as_str(),
                grant.expires_ms
            ])?;
    }
    Ok(())
}

/// Takes grants away. One that is not there is refused, and then all stay.
pub(super) fn remove(
    connection: &Connection,
    username: &Username,
    targets: &[GrantTarget],
) -> Result<(), ClientError> {
    for target in targets {
        let removed = connection
            .prepare_cached(
                "DELETE FROM client_grants WHERE username = ?1 AND kind = ?2 AND name = ?3",
            )?
            .execute(params![username.as_str(), target.kind(), target.as_str()])?;
        if removed == 0 {
            return Err(ClientError::NotGranted(*target));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_groups_hold_what_they_say() {
        for &api in Api::ALL {
            let target = GrantTarget::Api(api);
            assert_eq!(
                GrantTarget::parse(target.kind(), target.as_str()),
                Some(target)
            );
            assert_eq!(
                api.rights().intersection(ApiGroup::All.rights()),
                api.rights(),
                "{api:?}"
            );
        }
        assert_eq!(GrantTarget::parse("API_PROXY_GROUP", "did-read"), None);
        assert_eq!(GrantTarget::parse("API_PROXY", "registrar"), None);
        assert!(!ApiGroup::Registrar.rights().contains(Right::WebhooksRead));
    }

    #[test]
    fn no_api_manages_access() {
        for right in [
            Right::ClientsRead,
            Right::ClientsManage,
            Right::UsersManage,
            Right::PermissionsManage,
            Right::VaultReveal,
            Right::VaultManage,
            Right::AuditRead,
            Right::PatsCreate,
        ] {
            assert!(!ApiGroup::All.rights().contains(right), "{right}");
        }
    }
}
