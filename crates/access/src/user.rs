//! Users: people and service accounts. Never deleted: what they did stays theirs.

mod first;
mod permission;

use audit::{Action, Attribution, Entry, Event, append};
use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub use first::GivenKey;
pub use permission::{Assignment, role_of};

use crate::error::{IdentityError, Thing};
use crate::right::Role;
use crate::tenant::{live, valid_name};
use crate::{Access, TenantId, UserId, credential, token};

/// Users of one tenant, switched-off ones included.
pub const USERS_PER_TENANT_MAX: usize = 10_000;

const COLUMNS: &str = "id, tenant, kind, name, created_ms, active";

/// A person or a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The tenant.
    pub tenant: TenantId,
    /// A person or a service account.
    pub kind: UserKind,
    /// The name to log in with, unique in the tenant for ever: often an e-mail address.
    pub name: String,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
    /// Whether it may do anything.
    pub active: bool,
}

/// Who a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// Signs with keys and passkeys, and logs in.
    Person,
    /// A program: it has tokens, and does not log in.
    ServiceAccount,
}

impl UserKind {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            UserKind::Person => "person",
            UserKind::ServiceAccount => "service-account",
        }
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On.
    Activate,
    /// Off.
    Deactivate,
}

impl Access {
    /// All users of a tenant by name, at most [`USERS_PER_TENANT_MAX`].
    pub fn users(&self, tenant: &TenantId) -> Result<Vec<User>, IdentityError> {
        let sql = format!("SELECT {COLUMNS} FROM users WHERE tenant = ?1 ORDER BY name");
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([tenant.as_str()], user)?
                .collect()
        })?)
    }

    /// The user of a tenant with this id or name.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or those of the store.
    pub fn user(&self, tenant: &TenantId, id_or_name: &str) -> Result<User, IdentityError> {
        let found = self
            .store
            .read(|connection| find(connection, tenant, id_or_name))?;
        found.ok_or(IdentityError::NotFound(Thing::User))
    }

    /// Switches a user on or off, and with it everything that acts for it. Its sessions end for good. `None`: it was so
    /// already.
    ///
    /// # Errors
    /// [`IdentityError::NotFound`], or those of the store.
    pub async fn switch_user(
        &self,
        tenant: &TenantId,
        id: &UserId,
        switch: Switch,
        by: &Attribution,
    ) -> Result<(User, Option<Entry>), IdentityError> {
        let (tenant, id, by) = (tenant.clone(), id.clone(), by.clone());
        let voided = id.clone();
        let change = move |connection: &Connection| -> Result<_, IdentityError> {
            let user = of_tenant(connection, &tenant, &id)?;
            let active = switch == Switch::Activate;
            if user.active == active {
                return Ok((user, None));
            }
            connection
                .prepare_cached(
                    "UPDATE users SET active = ?2, generation = generation + 1 WHERE id = ?1",
                )?
                .execute(params![id.as_str(), active])?;
            if switch == Switch::Deactivate {
                token::end_sessions(connection, &id)?;
            }
            token::outdate_all(connection, &id)?;
            credential::outdate_all(connection, &id)?;
            let action = match switch {
                Switch::Activate => Action::UserActivate,
                Switch::Deactivate => Action::UserDeactivate,
            };
            let entry = append(
                connection,
                &by,
                &Event::new(Some(&tenant), action, id.as_str()),
            )?;
            Ok((User { active, ..user }, Some(entry)))
        };
        let changed = self.store.write(change).await;
        if changed.is_ok() {
            self.challenges.void_user(&voided);
        }
        changed
    }
}

/// A user to be made.
pub(crate) struct NewUser {
    pub(crate) tenant: TenantId,
    pub(crate) kind: UserKind,
    pub(crate) name: String,
    pub(crate) roles: Vec<Role>,
}

impl NewUser {
    pub(crate) fn insert(
        &self,
        connection: &Connection,
        by: &Attribution,
    ) -> Result<User, IdentityError> {
        live(connection, &self.tenant)?;
        let user = User {
            id: UserId::generate()?,
            tenant: self.tenant.clone(),
            kind: self.kind,
            name: valid_name(&self.name)?,
            created_ms: now_ms(),
            active: true,
        };
        if find(connection, &self.tenant, &user.name)?.is_some() {
            return Err(IdentityError::Duplicate { what: "the name" });
        }
        let count: usize = connection
            .prepare_cached("SELECT count(*) FROM users WHERE tenant = ?1")?
            .query_row([self.tenant.as_str()], |row| row.get(0))?;
        if count >= USERS_PER_TENANT_MAX {
            return Err(IdentityError::TooMany {
                what: "users in a tenant",
                max: USERS_PER_TENANT_MAX,
            });
        }
        connection
            .prepare_cached(
                "INSERT INTO users (id, tenant, kind, name, created_ms, active, generation)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, 0)",
            )?
            .execute(params![
                user.id.as_str(),
                user.tenant.as_str(),
                user.kind.as_str(),
                user.name,
                user.created_ms
            ])?;
        for &role in &self.roles {
            permission::insert(connection, &user.id, role)?;
        }
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name()).collect();
        let event = Event::new(Some(&self.tenant), Action::UserCreate, user.id.as_str())
            .with("name", user.name.as_str())
            .with("kind", user.kind.as_str())
            .with("roles", roles);
        append(connection, by, &event)?;
        Ok(user)
    }
}

pub(crate) fn of_tenant(
    connection: &Connection,
    tenant: &TenantId,
    id: &UserId,
) -> Result<User, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE tenant = ?1 AND id = ?2");
    connection
        .prepare_cached(&sql)?
        .query_row([tenant.as_str(), id.as_str()], user)
        .optional()?
        .ok_or(IdentityError::NotFound(Thing::User))
}

/// By either of the two: a name wins over an id that looks the same.
fn find(
    connection: &Connection,
    tenant: &TenantId,
    id_or_name: &str,
) -> Result<Option<User>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE tenant = ?1 AND (name = ?2 OR id = ?2)
         ORDER BY name <> ?2 LIMIT 1"
    );
    connection
        .prepare_cached(&sql)?
        .query_row([tenant.as_str(), id_or_name], user)
        .optional()
}

fn user(row: &Row<'_>) -> Result<User, rusqlite::Error> {
    let kind: String = row.get(2)?;
    Ok(User {
        id: row.get(0)?,
        tenant: row.get(1)?,
        kind: match kind.as_str() {
            "person" => UserKind::Person,
            _ => UserKind::ServiceAccount,
        },
        name: row.get(3)?,
        created_ms: row.get(4)?,
        active: row.get(5)?,
    })
}
