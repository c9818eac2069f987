//! The table: appending, reading.

use clock::now_ms;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use store::StoreError;

use crate::entry::Columns;
use crate::{
    Action, ActionId, Attribution, AuditError, AuditHead, AuditLog, Entry, Event, TenantId,
};

/// Entries in one page.
pub const AUDIT_PAGE_MAX: usize = 1000;

const COLUMNS: &str = "idx, time_ms, id, tenant, actor, action, subject, details, request_id, address, previous, hash";

/// Which entries are wanted: those that fit everything that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this tenant alone.
    pub tenant: Option<TenantId>,
    /// With this action.
    pub action: Option<Action>,
    /// By this actor, in the form that [`crate::Actor`] prints; `user:us-…` finds all tokens of the user.
    pub actor: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// Not before this time, Unix time in milliseconds.
    pub from_ms: Option<u64>,
    /// Before this time.
    pub until_ms: Option<u64>,
}

impl AuditLog {
    /// The newest entry that is committed, whichever process wrote it.
    pub fn head(&self) -> Result<AuditHead, AuditError> {
        Ok(self.store.read(head)?)
    }

    /// The entry at a place.
    ///
    /// # Errors
    /// [`AuditError::Damaged`], or those of the store.
    pub fn entry(&self, index: u64) -> Result<Option<Entry>, AuditError> {
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE idx = ?1");
        let found = self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_row([index], stored)
                .optional()
        })?;
        found.map(typed).transpose()
    }

    /// The entry with an id.
    ///
    /// # Errors
    /// [`AuditError::Damaged`], or those of the store.
    pub fn entry_with_id(&self, id: &ActionId) -> Result<Option<Entry>, AuditError> {
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE id = ?1");
        let found = self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_row([id.as_str()], stored)
                .optional()
        })?;
        found.map(typed).transpose()
    }

    /// Entries in their order, after the one with the index `after`: at most `limit`, and at most [`AUDIT_PAGE_MAX`].
    ///
    /// # Errors
    /// [`AuditError::Damaged`], or those of the store.
    pub fn page(
        &self,
        filter: &AuditFilter,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>, AuditError> {
        let (sql, values) = query(filter, after, limit.min(AUDIT_PAGE_MAX));
        let rows: Result<Vec<_>, StoreError> = self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values), stored)?
                .collect()
        });
        rows?.into_iter().map(typed).collect()
    }
}

/// Appends an entry, in the transaction of the change that it records.
///
/// # Errors
/// [`AuditError`]; the transaction must not be committed then.
pub fn append(
    connection: &Connection,
    by: &Attribution,
    event: &Event,
) -> Result<Entry, AuditError> {
    let mut appender = Appender::begin(connection)?;
    let entry = appender.append(by, event.clone(), ActionId::generate()?)?;
    appender.finish()?;
    Ok(entry)
}

/// Appends any number of entries in one transaction.
pub struct Appender<'a> {
    connection: &'a Connection,
    head: AuditHead,
    time_ms: u64,
}

impl<'a> Appender<'a> {
    /// At the end of the log.
    pub fn begin(connection: &'a Connection) -> Result<Appender<'a>, AuditError> {
        Ok(Appender::behind(connection, head(connection)?)?)
    }

    pub(crate) fn behind(
        connection: &'a Connection,
        head: AuditHead,
    ) -> Result<Appender<'a>, rusqlite::Error> {
        let time_ms = last_time_ms(connection, head)?;
        Ok(Appender {
            connection,
            head,
            time_ms,
        })
    }

    /// Appends an entry under a new id. It counts once [`Appender::finish`] was called.
    ///
    /// # Errors
    /// [`AuditError::TooLarge`], or those of the store.
    pub fn append(
        &mut self,
        by: &Attribution,
        event: Event,
        id: ActionId,
    ) -> Result<Entry, AuditError> {
        let details = event.stored_details()?;
        let columns = Columns {
            index: self.head.size,
            time_ms: now_ms().max(self.time_ms),
            id: id.to_string(),
            tenant: event.tenant.as_ref().map(ToString::to_string),
            actor: by.actor.to_string(),
            action: event.action.as_str().to_owned(),
            subject: event.subject,
            details,
            request_id: by.request_id.clone(),
            address: by.address.map(|address| address.to_string()),
            previous: self.head.hash,
        };
        let hash = columns.hash();
        insert(self.connection, &columns, hash)?;
        self.time_ms = columns.time_ms;
        self.head = AuditHead {
            size: columns.index.saturating_add(1),
            hash,
        };
        Ok(Entry {
            index: columns.index,
            time_ms: columns.time_ms,
            id,
            tenant: event.tenant,
            actor: by.actor.clone(),
            action: event.action,
            subject: columns.subject,
            details: event.details,
            request_id: columns.request_id,
            address: by.address,
            previous: columns.previous,
            hash,
        })
    }

    /// Records the new end of the log.
    pub fn finish(self) -> Result<(), AuditError> {
        self.connection
            .prepare_cached("UPDATE audit_head SET size = ?1, hash = ?2")?
            .execute(params![self.head.size, self.head.hash])?;
        Ok(())
    }
}

fn insert(
    connection: &Connection,
    columns: &Columns,
    hash: [u8; 32],
) -> Result<(), rusqlite::Error> {
    let sql = format!(
        "INSERT INTO audit ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    );
    connection.prepare_cached(&sql)?.execute(params![
        columns.index,
        columns.time_ms,
        columns.id,
        columns.tenant,
        columns.actor,
        columns.action,
        columns.subject,
        columns.details,
        columns.request_id,
        columns.address,
        columns.previous,
        hash,
    ])?;
    Ok(())
}

pub(crate) fn head(connection: &Connection) -> Result<AuditHead, rusqlite::Error> {
    connection
        .prepare_cached("SELECT size, hash FROM audit_head")?
        .query_row([], |row| {
            Ok(AuditHead {
                size: row.get(0)?,
                hash: row.get(1)?,
            })
        })
}

fn last_time_ms(connection: &Connection, before: AuditHead) -> Result<u64, rusqlite::Error> {
    let Some(last) = before.size.checked_sub(1) else {
        return Ok(0);
    };
    let time_ms = connection
        .prepare_cached("SELECT time_ms FROM audit WHERE idx = ?1")?
        .query_row([last], |row| row.get(0))
        .optional()?;
    Ok(time_ms.unwrap_or(0))
}

/// What a row holds, and its hash.
pub(crate) type Stored = (Columns, [u8; 32]);

pub(crate) fn stored(row: &Row<'_>) -> Result<Stored, rusqlite::Error> {
    let columns = Columns {
        index: row.get(0)?,
        time_ms: row.get(1)?,
        id: row.get(2)?,
        tenant: row.get(3)?,
        actor: row.get(4)?,
        action: row.get(5)?,
        subject: row.get(6)?,
        details: row.get(7)?,
        request_id: row.get(8)?,
        address: row.get(9)?,
        previous: row.get(10)?,
    };
    Ok((columns, row.get(11)?))
}

/// The rows from an index on, in order.
pub(crate) fn rows_from(
    connection: &Connection,
    index: u64,
) -> Result<Vec<Stored>, rusqlite::Error> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE idx >= ?1 ORDER BY idx LIMIT ?2");
    connection
        .prepare_cached(&sql)?
        .query_map(params![index, AUDIT_PAGE_MAX], stored)?
        .collect()
}

fn typed((columns, hash): Stored) -> Result<Entry, AuditError> {
    let index = columns.index;
    columns
        .into_entry(hash)
        .ok_or(AuditError::Damaged { index })
}

fn query(filter: &AuditFilter, after: Option<u64>, limit: usize) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {COLUMNS} FROM audit WHERE idx >= ?1");
    let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let first = after.map_or(0, |after| after.saturating_add(1));
    let mut values = vec![number(first)];
    let mut also = |condition: &str, value: Value| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&condition.replace('?', &format!("?{}", values.len())));
    };
    let text = |text: &str| Value::Text(text.to_owned());
    if let Some(tenant) = &filter.tenant {
        also("tenant = ?", text(tenant.as_str()));
    }
    if let Some(action) = filter.action {
        also("action = ?", text(action.as_str()));
    }
    if let Some(actor) = &filter.actor {
        also(
            "(actor = ? OR substr(actor, 1, length(?) + 1) = ? || '/')",
            text(actor),
        );
    }
    if let Some(subject) = &filter.subject {
        also("subject = ?", text(subject));
    }
    if let Some(from_ms) = filter.from_ms {
        also("time_ms >= ?", number(from_ms));
    }
    if let Some(until_ms) = filter.until_ms {
        also("time_ms < ?", number(until_ms));
    }
    also(
        "1 ORDER BY idx LIMIT ?",
        Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)),
    );
    (sql, values)
}
