//! From rows to clients, and back.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::password::PasswordHash;
use super::{Client, ClientDetails, Metadatum, Network, Username};
use crate::TenantId;

/// In the order that [`client`] reads.
const COLUMNS: &str = "username, tenant, project, email, full_name, description, enabled, expires_ms, networks, roles, \
    metadata, generation, created_ms, updated_ms";

/// The client of a project with this name.
pub(super) fn find(
    connection: &Connection,
    tenant: &TenantId,
    project: &str,
    username: &Username,
) -> Result<Option<Client>, rusqlite::Error> {
    let found = by_username(connection, username.as_str())?;
    Ok(found.filter(|client| client.tenant == *tenant && client.project == project))
}

/// The client with this name, of any tenant.
pub(super) fn by_username(
    connection: &Connection,
    username: &str,
) -> Result<Option<Client>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM clients WHERE username = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([username], client)
        .optional()
}

/// The clients of a project, by name.
pub(super) fn list(
    connection: &Connection,
    tenant: &TenantId,
    project: &str,
    limit: usize,
) -> Result<Vec<Client>, rusqlite::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM clients WHERE tenant = ?1 AND project = ?2 ORDER BY username LIMIT ?3"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![tenant.as_str(), project, limit], client)?
        .collect()
}

/// The hash of a client's password.
pub(super) fn password(
    connection: &Connection,
    username: &str,
) -> Result<Option<PasswordHash>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT password_salt, password_hash, memory_kib, passes, lanes FROM clients WHERE username = ?1",
    )?;
    let row = |row: &Row<'_>| {
        Ok(PasswordHash {
            salt: row.get(0)?,
            hash: row.get(1)?,
            memory_kib: row.get(2)?,
            passes: row.get(3)?,
            lanes: row.get(4)?,
        })
    };
    statement.query_row([username], row).optional()
}

pub(super) fn insert(
    connection: &Connection,
    client: &Client,
    password: &PasswordHash,
) -> Result<(), rusqlite::Error> {
    let details = &client.details;
    connection
        .prepare_cached(
            "INSERT INTO clients (username, tenant, project, email, full_name, description, enabled, expires_ms,
                 networks, roles, metadata, generation, created_ms, updated_ms,
                 password_salt, password_hash, memory_kib, passes, lanes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        )?
        .execute(params![
            client.username.as_str(),
            client.tenant.as_str(),
            client.project,
            details.email,
            details.full_name,
            details.description,
            details.enabled,
            details.expires_ms,
            networks_json(details),
            roles_json(details),
            metadata_json(details),
            client.generation,
            client.created_ms,
            client.updated_ms,
            password.salt,
            password.hash,
            password.memory_kib,
            password.passes,
            password.lanes,
        ])
        .map(drop)
}

/// Writes everything but name, place, password and time of making.
pub(super) fn update(connection: &Connection, client: &Client) -> Result<(), rusqlite::Error> {
    let details = &client.details;
    connection
        .prepare_cached(
            "UPDATE clients SET email = ?2, full_name = ?3, description = ?4, enabled = ?5, expires_ms = ?6,
                 networks = ?7, roles = ?8, metadata = ?9, generation = ?10, updated_ms = ?11 WHERE username = ?1",
        )?
        .execute(params![
            client.username.as_str(),
            details.email,
            details.full_name,
            details.description,
            details.enabled,
            details.expires_ms,
            networks_json(details),
            roles_json(details),
            metadata_json(details),
            client.generation,
            client.updated_ms,
        ])
        .map(drop)
}

pub(super) fn set_password(
    connection: &Connection,
    username: &Username,
    password: &PasswordHash,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "UPDATE clients SET password_salt = ?2, password_hash = ?3, memory_kib = ?4, passes = ?5, lanes = ?6
             WHERE username = ?1",
        )?
        .execute(params![
            username.as_str(),
            password.salt,
            password.hash,
            password.memory_kib,
            password.passes,
            password.lanes,
        ])
        .map(drop)
}

fn client(row: &Row<'_>) -> Result<Client, rusqlite::Error> {
    Ok(Client {
        username: Username(row.get(0)?),
        tenant: row.get(1)?,
        project: row.get(2)?,
        details: ClientDetails {
            email: row.get(3)?,
            full_name: row.get(4)?,
            description: row.get(5)?,
            enabled: row.get(6)?,
            expires_ms: row.get(7)?,
            networks: networks(row, 8)?,
            roles: texts(row, 9)?,
            metadata: metadata(row, 10)?,
        },
        generation: row.get(11)?,
        created_ms: row.get(12)?,
        updated_ms: row.get(13)?,
    })
}

fn networks_json(details: &ClientDetails) -> String {
    let texts: Value = details.networks.iter().map(Network::to_string).collect();
    texts.to_string()
}

fn roles_json(details: &ClientDetails) -> String {
    Value::from(details.roles.clone()).to_string()
}

/// `[[key, value], …]`: the order is kept.
fn metadata_json(details: &ClientDetails) -> String {
    let items: Value = details
        .metadata
        .iter()
        .map(|item| Value::from(vec![item.key.clone(), item.value.clone()]))
        .collect();
    items.to_string()
}

/// A network that cannot be read must not become "from anywhere".
fn networks(row: &Row<'_>, column: usize) -> Result<Vec<Network>, rusqlite::Error> {
    let texts = texts(row, column)?;
    let network = |text: &String| Network::parse(text).ok_or_else(|| damaged(column));
    texts.iter().map(network).collect()
}

fn texts(row: &Row<'_>, column: usize) -> Result<Vec<String>, rusqlite::Error> {
    let json: String = row.get(column)?;
    serde_json::from_str(&json).map_err(|_| damaged(column))
}

fn metadata(row: &Row<'_>, column: usize) -> Result<Vec<Metadatum>, rusqlite::Error> {
    let json: String = row.get(column)?;
    let items: Vec<(String, String)> = serde_json::from_str(&json).map_err(|_| damaged(column))?;
    Ok(items
        .into_iter()
        .map(|(key, value)| Metadatum { key, value })
        .collect())
}

fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        Type::Text,
        "a client's row is damaged".into(),
    )
}
