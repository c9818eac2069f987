//! Subscriptions and their progress, in SQLite.

use std::collections::BTreeSet;

use did::Did;
use rusqlite::{Connection, OptionalExtension, Row, params};
use store::Store;

use super::subscription::{SUBSCRIPTIONS_IN_ALL_MAX, SUBSCRIPTIONS_MAX};
use super::{Filter, Registered, WebhookError};
use crate::rows::{signed, unsigned};

/// A subscription as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) tenant: String,
    pub(crate) url: String,
    pub(crate) filter: Filter,
    pub(crate) integration: Option<String>,
    pub(crate) credential: Option<String>,
    pub(crate) created_ms: u64,
    pub(crate) health: Health,
}

/// How the delivery goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    pub(crate) failing_since_ms: Option<u64>,
    pub(crate) attempts: u32,
    pub(crate) next_attempt_ms: u64,
    pub(crate) reason: Option<String>,
    pub(crate) disabled_ms: Option<u64>,
}

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) origin: String,
    pub(crate) next_index: u64,
}

/// The tables in a store.
#[derive(Clone)]
pub(crate) struct Rows(pub(crate) Store);

const COLUMNS: &str = "id, tenant, url, dids, created_ms, failing_since_ms, attempts, next_attempt_ms, reason, \
                       disabled_ms, integration, credential";

impl Rows {
    /// Makes a subscription that begins at these places.
    pub(crate) async fn insert(
        &self,
        stored: Stored,
        cursors: Vec<Cursor>,
        also: impl FnOnce(&Connection, &Registered) -> Result<(), WebhookError> + Send + 'static,
    ) -> Result<(), WebhookError> {
        let insert = move |connection: &Connection| {
            make_room(connection, &stored.tenant)?;
            let registered = stored.registered();
            is_free(connection, &stored.tenant, &registered.integration)?;
            let sql = "INSERT INTO publication_subscriptions
                           (id, tenant, url, dids, created_ms, integration, credential)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let (dids, created_ms) = (text_of(&stored.filter), signed(stored.created_ms));
            connection.prepare_cached(sql)?.execute(params![
                stored.id,
                stored.tenant,
                stored.url,
                dids,
                created_ms,
                stored.integration,
                stored.credential
            ])?;
            for cursor in cursors {
                move_cursor(connection, &stored.id, &cursor)?;
            }
            also(connection, &registered)
        };
        self.0.write(insert).await
    }

    pub(crate) fn of_tenant(&self, tenant: &str) -> Result<Vec<Stored>, WebhookError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM publication_subscriptions WHERE tenant = ?1
             ORDER BY created_ms, id LIMIT {SUBSCRIPTIONS_MAX}"
        );
        self.read_many(&sql, &[tenant])
    }

    /// All that are not disabled.
    pub(crate) fn enabled(&self) -> Result<Vec<Stored>, WebhookError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM publication_subscriptions WHERE disabled_ms IS NULL
             ORDER BY id LIMIT {SUBSCRIPTIONS_IN_ALL_MAX}"
        );
        self.read_many(&sql, &[])
    }

    pub(crate) fn one(&self, tenant: &str, id: &str) -> Result<Stored, WebhookError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM publication_subscriptions WHERE tenant = ?1 AND id = ?2"
        );
        let mut found = self.read_many(&sql, &[tenant, id])?;
        found.pop().ok_or(WebhookError::NotFound)
    }

    pub(crate) fn cursor(&self, id: &str, origin: &str) -> Result<Option<u64>, WebhookError> {
        let sql =
            "SELECT next_index FROM publication_cursors WHERE subscription = ?1 AND origin = ?2";
        let found = self.0.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row([id, origin], |row| row.get(0))
                .optional()
        })?;
        Ok(found.map(unsigned))
    }

    /// Records the progress of a subscription. One that was deleted meanwhile has no cursor.
    pub(crate) async fn advance(
        &self,
        id: &str,
        cursor: Cursor,
        health: Option<Health>,
    ) -> Result<(), WebhookError> {
        let id = id.to_owned();
        let advance = move |connection: &Connection| {
            let sql = "SELECT 1 FROM publication_subscriptions WHERE id = ?1";
            if connection.prepare_cached(sql)?.exists([&id])? {
                move_cursor(connection, &id, &cursor)?;
                if let Some(health) = health {
                    note(connection, &id, &health)?;
                }
            }
            Ok::<_, rusqlite::Error>(())
        };
        self.0.write(advance).await
    }

    pub(crate) async fn note(&self, id: &str, health: Health) -> Result<(), WebhookError> {
        let id = id.to_owned();
        let write = move |connection: &Connection| note(connection, &id, &health);
        self.0.write(write).await
    }

    /// Forgets all failures.
    pub(crate) async fn mend(
        &self,
        tenant: &str,
        id: &str,
        also: impl FnOnce(&Connection) -> Result<(), WebhookError> + Send + 'static,
    ) -> Result<(), WebhookError> {
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        let write = move |connection: &Connection| {
            let sql = "SELECT 1 FROM publication_subscriptions WHERE tenant = ?1 AND id = ?2";
            if !connection.prepare_cached(sql)?.exists([&tenant, &id])? {
                return Err(WebhookError::NotFound);
            }
            note(connection, &id, &Health::default())?;
            also(connection)
        };
        self.0.write(write).await
    }

    pub(crate) async fn delete(
        &self,
        tenant: &str,
        id: &str,
        also: impl FnOnce(&Connection) -> Result<(), WebhookError> + Send + 'static,
    ) -> Result<(), WebhookError> {
        let (tenant, id) = (tenant.to_owned(), id.to_owned());
        let delete = move |connection: &Connection| {
            let sql = "DELETE FROM publication_subscriptions WHERE tenant = ?1 AND id = ?2";
            match connection.prepare_cached(sql)?.execute([&tenant, &id])? {
                0 => Err(WebhookError::NotFound),
                _ => also(connection),
            }
        };
        self.0.write(delete).await
    }

    fn read_many(&self, sql: &str, values: &[&str]) -> Result<Vec<Stored>, WebhookError> {
        Ok(self.0.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            statement
                .query_map(rusqlite::params_from_iter(values), read)?
                .collect()
        })?)
    }
}

impl Stored {
    fn registered(&self) -> Registered {
        let integration = self.integration.as_ref().unwrap_or(&self.id);
        Registered {
            id: self.id.clone(),
            integration: integration.clone(),
            credential: self.credential.clone(),
        }
    }
}

fn is_free(connection: &Connection, tenant: &str, integration: &str) -> Result<(), WebhookError> {
    let sql = "SELECT 1 FROM publication_subscriptions WHERE tenant = ?1 AND coalesce(integration, id) = ?2";
    if connection
        .prepare_cached(sql)?
        .exists([tenant, integration])?
    {
        Err(WebhookError::IntegrationTaken)
    } else {
        Ok(())
    }
}

fn make_room(connection: &Connection, tenant: &str) -> Result<(), WebhookError> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE tenant = ?1) FROM publication_subscriptions";
    let (all, own): (u32, u32) = connection
        .prepare_cached(sql)?
        .query_row([tenant], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if own as usize >= SUBSCRIPTIONS_MAX {
        let limit = SUBSCRIPTIONS_MAX;
        return Err(WebhookError::TooMany { limit });
    }
    if all as usize >= SUBSCRIPTIONS_IN_ALL_MAX {
        return Err(WebhookError::Full);
    }
    Ok(())
}

fn move_cursor(connection: &Connection, id: &str, cursor: &Cursor) -> Result<(), rusqlite::Error> {
    let sql =
        "INSERT INTO publication_cursors (subscription, origin, next_index) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET next_index = excluded.next_index";
    connection
        .prepare_cached(sql)?
        .execute(params![id, cursor.origin, signed(cursor.next_index)])
        .map(drop)
}

fn note(connection: &Connection, id: &str, health: &Health) -> Result<(), rusqlite::Error> {
    let sql = "UPDATE publication_subscriptions SET failing_since_ms = ?2, attempts = ?3, next_attempt_ms = ?4,
               reason = ?5, disabled_ms = ?6 WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![
            id,
            health.failing_since_ms.map(signed),
            health.attempts,
            signed(health.next_attempt_ms),
            health.reason,
            health.disabled_ms.map(signed)
        ])
        .map(drop)
}

fn read(row: &Row<'_>) -> Result<Stored, rusqlite::Error> {
    let dids: Option<String> = row.get(3)?;
    Ok(Stored {
        id: row.get(0)?,
        tenant: row.get(1)?,
        url: row.get(2)?,
        filter: filter_of(dids.as_deref())?,
        created_ms: unsigned(row.get(4)?),
        health: Health {
            failing_since_ms: row.get::<_, Option<i64>>(5)?.map(unsigned),
            attempts: row.get(6)?,
            next_attempt_ms: unsigned(row.get(7)?),
            reason: row.get(8)?,
            disabled_ms: row.get::<_, Option<i64>>(9)?.map(unsigned),
        },
        integration: row.get(10)?,
        credential: row.get(11)?,
    })
}

fn text_of(filter: &Filter) -> Option<String> {
    match filter {
        Filter::All => None,
        Filter::Dids(dids) => {
            let texts: Vec<_> = dids.iter().map(Did::as_str).collect();
            Some(serde_json::Value::from(texts).to_string())
        }
    }
}

fn filter_of(dids: Option<&str>) -> Result<Filter, rusqlite::Error> {
    let Some(text) = dids else {
        return Ok(Filter::All);
    };
    let damaged = |error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, error)
    };
    let texts: Vec<String> = serde_json::from_str(text).map_err(|error| damaged(error.into()))?;
    let dids: Result<BTreeSet<Did>, _> = texts.iter().map(|did| Did::parse(did)).collect();
    dids.map(Filter::Dids)
        .map_err(|error| damaged(error.into()))
}
