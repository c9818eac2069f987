//! Projects: named groups of clients in a tenant. `default` always exists.

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::ClientError;
use crate::error::AccessError;
use crate::tenant::{live, valid_name};
use crate::{Access, NAME_CHARS_MAX, TenantId};

/// Projects of one tenant.
pub const PROJECTS_PER_TENANT_MAX: usize = 100;

/// A group of clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its name, unique in its tenant.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made, Unix time in milliseconds.
    pub created_ms: u64,
}

impl Access {
    /// The projects of a tenant by name: at most [`PROJECTS_PER_TENANT_MAX`].
    pub fn projects(&self, tenant: &TenantId) -> Result<Vec<Project>, ClientError> {
        let sql = "SELECT name, description, created_ms FROM projects WHERE tenant = ?1 ORDER BY name LIMIT ?2";
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map(params![tenant.as_str(), PROJECTS_PER_TENANT_MAX], project)?
                .collect()
        })?)
    }

    /// The project of a tenant with this name.
    pub fn project(&self, tenant: &TenantId, name: &str) -> Result<Option<Project>, ClientError> {
        Ok(self
            .store
            .read(|connection| by_name(connection, tenant, name))?)
    }

    /// Makes a project.
    ///
    /// # Errors
    /// [`ClientError::ProjectTaken`], [`ClientError::TooMany`], [`AccessError::InvalidName`] for a name or a
    /// description that does not fit, or those of the store.
    pub async fn create_project(
        &self,
        tenant: &TenantId,
        name: &str,
        description: &str,
        by: &Attribution,
    ) -> Result<Project, ClientError> {
        let name = valid_name(name)?;
        // The name stands in a path, and before a slash in the audit log.
        let plain =
            !name.contains(['/', '\\', '?', '#', '%']) && !matches!(name.as_str(), "." | "..");
        let short = description.chars().take(NAME_CHARS_MAX + 1).count() <= NAME_CHARS_MAX;
        if !plain || !short || description.chars().any(char::is_control) {
            return Err(AccessError::InvalidName.into());
        }
        let project = Project {
            name,
            description: description.to_owned(),
            created_ms: now_ms(),
        };
        let (tenant, by) = (tenant.clone(), by.clone());
        self.store
            .write(move |connection| insert(connection, &tenant, project, &by))
            .await
    }
}

/// Refuses what a tenant has no project for.
pub(crate) fn known(
    connection: &Connection,
    tenant: &TenantId,
    name: &str,
) -> Result<(), ClientError> {
    by_name(connection, tenant, name)?
        .map(drop)
        .ok_or(ClientError::NoSuchProject)
}

fn insert(
    connection: &Connection,
    tenant: &TenantId,
    project: Project,
    by: &Attribution,
) -> Result<Project, ClientError> {
    live(connection, tenant)?;
    if by_name(connection, tenant, &project.name)?.is_some() {
        return Err(ClientError::ProjectTaken);
    }
    let count: usize = connection
        .prepare_cached("SELECT count(*) FROM projects WHERE tenant = ?1")?
        .query_row([tenant.as_str()], |row| row.get(0))?;
    if count >= PROJECTS_PER_TENANT_MAX {
        return Err(ClientError::TooMany);
    }
    connection
        .prepare_cached(
            "INSERT INTO projects (tenant, name, description, created_ms) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            tenant.as_str(),
            project.name,
            project.description,
            project.created_ms
        ])?;
    let event = Event::new(Some(tenant), Action::ProjectCreate, project.name.as_str());
    append(connection, by, &event)?;
    Ok(project)
}

fn by_name(
    connection: &Connection,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<Project>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT name, description, created_ms FROM projects WHERE tenant = ?1 AND name = ?2",
        )?
        .query_row([tenant.as_str(), name], project)
        .optional()
}

fn project(row: &Row<'_>) -> Result<Project, rusqlite::Error> {
    Ok(Project {
        name: row.get(0)?,
        description: row.get(1)?,
        created_ms: row.get(2)?,
    })
}
