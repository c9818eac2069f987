//! Permissions: the roles that every tenant has, under ids that never change, and which user has which.

use audit::{Action, Attribution, Entry, Event, append};
use clock::now_ms;
use rusqlite::{Connection, params};

use super::of_tenant;
use crate::error::{IdentityError, Thing};
use crate::right::Role;
use crate::{Access, AssignmentId, TenantId, UserId, token};

impl Role {
    /// The id of the permission: the same in every tenant.
    #[must_use]
    pub const fn permission_id(self) -> &'static str {
        match self {
            Role::Admin => "pm-admin-aaaaa-aaaaaaaaaaaaaaaa",
            Role::IdentityManager => "pm-ident-itmgr-aaaaaaaaaaaaaaaa",
            Role::IntegrationAdmin => "pm-integ-admin-aaaaaaaaaaaaaaaa",
            Role::Registrar => "pm-regis-trara-aaaaaaaaaaaaaaaa",
            Role::Viewer => "pm-viewe-raaaa-aaaaaaaaaaaaaaaa",
            Role::Auditor => "pm-audit-oraaa-aaaaaaaaaaaaaaaa",
        }
    }

    /// The permission with this id.
    #[must_use]
    pub(crate) fn of_permission_id(id: &str) -> Option<Role> {
        Role::ALL
            .iter()
            .copied()
            .find(|role| role.permission_id() == id)
    }
}

/// A permission that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// Which permission.
    pub role: Role,
}

impl Access {
    /// What a user has been given, oldest first.
    pub fn assignments(&self, user: &UserId) -> Result<Vec<Assignment>, IdentityError> {
        Ok(self.store.read(|connection| of_user(connection, user))?)
    }

    /// Gives a role to a user. It counts from the next request. `None`: the user had it.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or those of the store.
    pub async fn assign_role(
        &self,
        tenant: &TenantId,
        user: &UserId,
        role: Role,
        by: &Attribution,
    ) -> Result<Option<Entry>, IdentityError> {
        self.change_role(tenant, user, (role, Action::RoleAssign), by, insert)
            .await
    }

    /// Takes a role from a user, and from its callers of before. `None`: the user did not have it.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or those of the store.
    pub async fn revoke_role(
        &self,
        tenant: &TenantId,
        user: &UserId,
        role: Role,
        by: &Attribution,
    ) -> Result<Option<Entry>, IdentityError> {
        self.change_role(tenant, user, (role, Action::RoleRevoke), by, remove)
            .await
    }

    async fn change_role(
        &self,
        tenant: &TenantId,
        user: &UserId,
        (role, action): (Role, Action),
        by: &Attribution,
        change: fn(&Connection, &UserId, Role) -> Result<bool, IdentityError>,
    ) -> Result<Option<Entry>, IdentityError> {
        let (tenant, user, by) = (tenant.clone(), user.clone(), by.clone());
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            of_tenant(connection, &tenant, &user)?;
            if !change(connection, &user, role)? {
                return Ok(None);
            }
            let event = Event::new(Some(&tenant), action, user.as_str()).with("role", role.name());
            Ok(Some(append(connection, &by, &event)?))
        };
        self.store.write(change).await
    }
}

/// Whether the role is new to the user.
pub(crate) fn insert(
    connection: &Connection,
    user: &UserId,
    role: Role,
) -> Result<bool, IdentityError> {
    let had = connection
        .prepare_cached("SELECT 1 FROM assignments WHERE user = ?1 AND role = ?2")?
        .exists([user.as_str(), role.name()])?;
    if had {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO assignments (id, user, role, created_ms) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            AssignmentId::generate()?.as_str(),
            user.as_str(),
            role.name(),
            now_ms()
        ])?;
    Ok(true)
}

/// Whether the user had the role.
fn remove(connection: &Connection, user: &UserId, role: Role) -> Result<bool, IdentityError> {
    let removed = connection
        .prepare_cached("DELETE FROM assignments WHERE user = ?1 AND role = ?2")?
        .execute(params![user.as_str(), role.name()])?;
    if removed > 0 {
        // Callers of before have more rights than the user has now.
        token::outdate_all(connection, user)?;
    }
    Ok(removed > 0)
}

fn of_user(connection: &Connection, user: &UserId) -> Result<Vec<Assignment>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id, role FROM assignments WHERE user = ?1 ORDER BY created_ms, id",
    )?;
    let rows = statement.query_map([user.as_str()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut assignments = Vec::new();
    for row in rows {
        let (id, role) = row?;
        if let (Some(id), Some(role)) = (AssignmentId::parse(&id), Role::parse(&role)) {
            assignments.push(Assignment { id, role });
        }
    }
    Ok(assignments)
}

/// A role by its name or by the id of its permission.
///
/// # Errors
/// [`IdentityError::NotFound`].
pub fn role_of(text: &str) -> Result<Role, IdentityError> {
    Role::of_permission_id(text)
        .or_else(|| Role::parse(text))
        .ok_or(IdentityError::NotFound(Thing::Permission))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PermissionId, Rights};

    #[test]
    fn every_role_is_a_permission_with_an_id_of_its_own() {
        for &role in Role::ALL {
            let id = role.permission_id();
            assert!(PermissionId::parse(id).is_some(), "{id}");
            assert_eq!(Role::of_permission_id(id), Some(role));
            assert_eq!(role_of(role.name()).ok(), Some(role));
        }
        assert!(role_of("DfnsFullAdminAccess").is_err());
    }

    #[test]
    fn rights_are_those_of_all_roles() {
        assert_eq!(Rights::of_roles(None), Rights::NONE);
        assert_eq!(Rights::of_roles(Some("nobody")), Rights::NONE);
        let both = Rights::of_roles(Some("viewer,auditor"));
        assert!(both.contains(crate::Right::AuditRead) && both.contains(crate::Right::DidsRead));
        assert!(!both.contains(crate::Right::DidsDeactivate));
    }
}
