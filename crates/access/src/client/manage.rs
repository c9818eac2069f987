//! Clients: made, changed, deleted, with one audit entry and one revision each.

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, params};

use super::deployment::{Goal, plan};
use super::grant::{self, Grant, GrantTarget};
use super::password::PasswordHash;
use super::{
    CLIENTS_PER_PROJECT_MAX, CLIENTS_PER_TENANT_MAX, Client, ClientDetails, ClientError, Username,
    project, rows,
};
use crate::tenant::live;
use crate::{Access, TenantId};

/// Where a client is: tenant, project and name.
#[derive(Debug, Clone)]
pub struct ClientPlace {
    /// The tenant.
    pub tenant: TenantId,
    /// Its project.
    pub project: String,
    /// The client's name.
    pub username: Username,
}

/// A change that is on disk, and that the nodes have to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The client.
    pub username: Username,
    /// The revision that the change took.
    pub revision: u64,
}

impl Access {
    /// The clients of a project by name, disabled and expired ones too: at most [`CLIENTS_PER_PROJECT_MAX`].
    pub fn clients(&self, tenant: &TenantId, project: &str) -> Result<Vec<Client>, ClientError> {
        let read = |connection: &Connection| {
            rows::list(connection, tenant, project, CLIENTS_PER_PROJECT_MAX)
        };
        Ok(self.store.read(read)?)
    }

    /// A client.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], or those of the store.
    pub fn client(&self, place: &ClientPlace) -> Result<Client, ClientError> {
        let found = self.store.read(|connection| find(connection, place))?;
        found.ok_or_else(|| ClientError::NoSuchClient(place.username.clone()))
    }

    /// Whether anything is left of a client: itself, a grant, or a token.
    pub fn client_leaves_traces(&self, username: &Username) -> Result<bool, ClientError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM clients WHERE username = ?1)
            OR EXISTS (SELECT 1 FROM client_grants WHERE username = ?1)
            OR EXISTS (SELECT 1 FROM client_tokens WHERE username = ?1)";
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row([username.as_str()], |row| row.get(0))
        })?)
    }

    /// Makes a client. It may call nothing yet.
    ///
    /// # Errors
    /// [`ClientError::NoSuchProject`], [`ClientError::UsernameTaken`], [`ClientError::TooMany`], or those of the store.
    pub async fn create_client(
        &self,
        place: ClientPlace,
        details: ClientDetails,
        password: PasswordHash,
        by: &Attribution,
    ) -> Result<Changed, ClientError> {
        let by = by.clone();
        let created = self
            .store
            .write(move |connection: &Connection| -> Result<_, ClientError> {
                room_for(connection, &place)?;
                let now_ms = now_ms();
                let client = Client {
                    tenant: place.tenant,
                    project: place.project,
                    username: place.username,
                    details,
                    generation: 1,
                    created_ms: now_ms,
                    updated_ms: now_ms,
                };
                rows::insert(connection, &client, &password)?;
                noted(
                    connection,
                    &client,
                    Action::ClientCreate,
                    Goal::Applied,
                    &by,
                )
            });
        created.await
    }

    /// Replaces what a client is, and its password where one is given.
    ///
    /// Where the client is switched off or on, gets another end, or another password, its callers of before are
    /// rejected.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], or those of the store.
    pub async fn update_client(
        &self,
        place: ClientPlace,
        details: ClientDetails,
        password: Option<PasswordHash>,
        by: &Attribution,
    ) -> Result<Changed, ClientError> {
        self.change(
            place,
            Action::ClientUpdate,
            by,
            move |connection, client| {
                let old = &client.details;
                let ends = old.enabled != details.enabled || old.expires_ms != details.expires_ms;
                client.details = details;
                if ends || password.is_some() {
                    end_generation(connection, client)?;
                }
                if let Some(password) = password {
                    rows::set_password(connection, &client.username, &password)?;
                }
                Ok(rows::update(connection, client)?)
            },
        )
        .await
    }

    /// Replaces a client's password. Callers with the old one are rejected.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], or those of the store.
    pub async fn change_client_password(
        &self,
        place: ClientPlace,
        password: PasswordHash,
        by: &Attribution,
    ) -> Result<Changed, ClientError> {
        self.change(
            place,
            Action::ClientPassword,
            by,
            move |connection, client| {
                end_generation(connection, client)?;
                rows::set_password(connection, &client.username, &password)?;
                Ok(rows::update(connection, client)?)
            },
        )
        .await
    }

    /// Deletes a client, for good: password, tokens and grants are gone, and its username is never given again.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], also when it was deleted before, or those of the store.
    pub async fn delete_client(
        &self,
        place: ClientPlace,
        by: &Attribution,
    ) -> Result<Changed, ClientError> {
        let by = by.clone();
        let deleted = self.store.write(move |connection: &Connection| -> Result<_, ClientError> {
            let client = held(connection, &place)?;
            let username = client.username.as_str();
            for sql in [
                "DELETE FROM client_tokens WHERE username = ?1",
                "DELETE FROM client_grants WHERE username = ?1",
                // The row's place in the file is used again at some time; the hash must not lie there until then.
                "UPDATE clients SET password_salt = zeroblob(16), password_hash = zeroblob(32) WHERE username = ?1",
                "DELETE FROM clients WHERE username = ?1",
            ] {
                connection.prepare_cached(sql)?.execute([username])?;
            }
            connection
                .prepare_cached(
                    "INSERT INTO client_tombstones (username, tenant, project, deleted_ms) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![username, client.tenant.as_str(), client.project, now_ms()])?;
            noted(connection, &client, Action::ClientDelete, Goal::Removed, &by)
        });
        deleted.await
    }

    /// What a client may call, expired grants left out.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], or those of the store.
    pub fn client_grants(&self, place: &ClientPlace) -> Result<Vec<Grant>, ClientError> {
        let read = self.store.read(|connection| {
            let found = find(connection, place)?;
            found
                .map(|client| grant::of(connection, client.username.as_str()))
                .transpose()
        });
        let mut grants = read?.ok_or_else(|| ClientError::NoSuchClient(place.username.clone()))?;
        let now_ms = now_ms();
        grants.retain(|grant| grant.counts_at(now_ms));
        Ok(grants)
    }

    /// Lets a client call more: all of it, or nothing.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::AlreadyGranted`], or those of the store.
    pub async fn grant_access(
        &self,
        place: ClientPlace,
        grants: Vec<Grant>,
        by: &Attribution,
    ) -> Result<Changed, ClientError> {
        self.change(place, Action::ClientGrant, by, move |connection, client| {
            grant::add(connection, &client.username, &grants, now_ms())?;
            Ok(rows::update(connection, client)?)
        })
        .await
    }

    /// Lets a client call less: all of it, or nothing.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::NotGranted`], or those of the store.
    pub async fn revoke_access(
        &self,
        place: ClientPlace,
        targets: Vec<GrantTarget>,
        by: &Attribution,
    ) -> Result<Changed, ClientError> {
        self.change(
            place,
            Action::ClientRevokeGrant,
            by,
            move |connection, client| {
                grant::remove(connection, &client.username, &targets)?;
                Ok(rows::update(connection, client)?)
            },
        )
        .await
    }

    async fn change(
        &self,
        place: ClientPlace,
        action: Action,
        by: &Attribution,
        change: impl FnOnce(&Connection, &mut Client) -> Result<(), ClientError> + Send + 'static,
    ) -> Result<Changed, ClientError> {
        let by = by.clone();
        let changed = self
            .store
            .write(move |connection: &Connection| -> Result<_, ClientError> {
                let mut client = held(connection, &place)?;
                client.updated_ms = now_ms();
                change(connection, &mut client)?;
                noted(connection, &client, action, Goal::Applied, &by)
            });
        changed.await
    }
}

fn find(connection: &Connection, place: &ClientPlace) -> Result<Option<Client>, rusqlite::Error> {
    rows::find(connection, &place.tenant, &place.project, &place.username)
}

fn held(connection: &Connection, place: &ClientPlace) -> Result<Client, ClientError> {
    find(connection, place)?.ok_or_else(|| ClientError::NoSuchClient(place.username.clone()))
}

/// Tokens of before belong to an older generation; nothing looks at them again.
fn end_generation(connection: &Connection, client: &mut Client) -> Result<(), rusqlite::Error> {
    client.generation += 1;
    connection
        .prepare_cached("DELETE FROM client_tokens WHERE username = ?1")?
        .execute([client.username.as_str()])
        .map(drop)
}

/// Whether a new client has a place: a project, a name that was never used, and no limit in its way.
fn room_for(connection: &Connection, place: &ClientPlace) -> Result<(), ClientError> {
    live(connection, &place.tenant)?;
    project::known(connection, &place.tenant, &place.project)?;
    let username = place.username.as_str();
    let taken: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM clients WHERE username = ?1)
                 OR EXISTS (SELECT 1 FROM client_tombstones WHERE username = ?1)",
        )?
        .query_row([username], |row| row.get(0))?;
    if taken {
        return Err(ClientError::UsernameTaken(place.username.clone()));
    }
    let count = |sql: &str, values: &[&str]| -> Result<usize, rusqlite::Error> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))
    };
    let (tenant, project) = (place.tenant.as_str(), place.project.as_str());
    let of_project = "SELECT count(*) FROM clients WHERE tenant = ?1 AND project = ?2";
    let of_tenant = "SELECT (SELECT count(*) FROM clients WHERE tenant = ?1)
        + (SELECT count(*) FROM client_tombstones WHERE tenant = ?1)";
    let full = count(of_project, &[tenant, project])? >= CLIENTS_PER_PROJECT_MAX
        || count(of_tenant, &[tenant])? >= CLIENTS_PER_TENANT_MAX;
    if full {
        Err(ClientError::TooMany)
    } else {
        Ok(())
    }
}

/// Takes the next revision for a change, plans its deployment, and writes it into the audit log.
fn noted(
    connection: &Connection,
    client: &Client,
    action: Action,
    goal: Goal,
    by: &Attribution,
) -> Result<Changed, ClientError> {
    let revision = plan(connection, client, goal)?;
    let username = client.username.as_str();
    let event = Event::new(Some(&client.tenant), action, username)
        .with("project", client.project.as_str())
        .with("revision", revision)
        .with("generation", client.generation)
        .with("enabled", client.details.enabled);
    let event = match goal {
        Goal::Removed => event,
        Goal::Applied => {
            let grants = grant::of(connection, username)?;
            let names: Vec<&str> = grants.iter().map(|grant| grant.target.as_str()).collect();
            event.with("access", names)
        }
    };
    append(connection, by, &event)?;
    Ok(Changed {
        username: client.username.clone(),
        revision,
    })
}
