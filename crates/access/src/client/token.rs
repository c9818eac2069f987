//! Tokens that clients get for their password: opaque, short-lived, one table row each.

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, params};

use super::{Client, ClientError, Username, rows};
use crate::caller::{Caller, Principal, TokenKind};
use crate::token::{AccessToken, Claims, hash};
use crate::{Access, TokenId};

/// How long a token of a client counts.
pub const CLIENT_TOKEN_SECONDS: u64 = 3600;

/// How long a token counts that the server makes to try a client's access itself.
const PROBE_SECONDS: u64 = 60;

/// Tokens of one client. One more ends the one that would have ended first.
const TOKENS_PER_CLIENT_MAX: usize = 1_000;

impl Access {
    /// A token for a client that is authenticated by its password.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`] when the client was deleted or changed meanwhile, or those of the store.
    pub async fn issue_client_token(
        &self,
        caller: &Caller,
        by: &Attribution,
    ) -> Result<AccessToken, ClientError> {
        let Principal::Client { username, .. } = &caller.principal else {
            return Err(ClientError::NoSuchProject);
        };
        let username = Username(username.clone());
        let held = Some((caller.generation, by.clone()));
        self.issue(username, held, CLIENT_TOKEN_SECONDS).await
    }

    /// A token with which the server tries whether a client is authenticated. It counts for a minute.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], or those of the store.
    pub async fn issue_probe_token(&self, username: &Username) -> Result<AccessToken, ClientError> {
        self.issue(username.clone(), None, PROBE_SECONDS).await
    }

    async fn issue(
        &self,
        username: Username,
        held: Option<(u64, Attribution)>,
        seconds: u64,
    ) -> Result<AccessToken, ClientError> {
        let now_ms = now_ms();
        let expires_ms = now_ms.saturating_add(seconds * 1000);
        let id = TokenId::generate()?;
        let found = self
            .store
            .read(|connection| rows::by_username(connection, username.as_str()))?;
        let client = found.ok_or_else(|| ClientError::NoSuchClient(username.clone()))?;
        let (generation, by) =
            held.map_or((client.generation, None), |(held, by)| (held, Some(by)));
        let token = AccessToken::generate(&Claims {
            id: &id,
            tenant: &client.tenant,
            kind: TokenKind::Client,
            user: client.username.as_str(),
            username: client.username.as_str(),
            created_ms: now_ms,
            expires_ms,
        })?;
        let hash = hash(token.reveal()).ok_or(ClientError::NoSuchProject)?;
        let issued = self
            .store
            .write(move |connection: &Connection| -> Result<_, ClientError> {
                let client = rows::by_username(connection, username.as_str())?;
                let Some(client) = client.filter(|client| client.generation == generation) else {
                    return Err(ClientError::NoSuchClient(username));
                };
                make_room(connection, &username, now_ms)?;
                insert(
                    connection,
                    &username,
                    &id,
                    generation,
                    hash,
                    (now_ms, expires_ms),
                )?;
                if let Some(by) = by {
                    append(connection, &by, &issued_event(&client, &id, expires_ms))?;
                }
                Ok(())
            })
            .await;
        issued.map(|()| token)
    }
}

fn issued_event(client: &Client, id: &TokenId, expires_ms: u64) -> Event {
    Event::new(Some(&client.tenant), Action::ClientToken, id.as_str())
        .with("project", client.project.as_str())
        .with("username", client.username.as_str())
        .with("expiresMs", expires_ms)
}

/// Forgets tokens that expired; with the limit reached, also those that would have next.
fn make_room(
    connection: &Connection,
    username: &Username,
    now_ms: u64,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("DELETE FROM client_tokens WHERE username = ?1 AND expires_ms <= ?2")?
        .execute(params![username.as_str(), now_ms])?;
    connection
        .prepare_cached(
            "DELETE FROM client_tokens WHERE id IN (SELECT id FROM client_tokens WHERE username = ?1
                 ORDER BY expires_ms DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![username.as_str(), TOKENS_PER_CLIENT_MAX - 1])
        .map(drop)
}

fn insert(
    connection: &Connection,
    username: &Username,
    id: &TokenId,
    generation: u64,
    hash: [u8; 32],
    (created_ms, expires_ms): (u64, u64),
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "INSERT INTO client_tokens (id, username, generation, secret_sha256, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![id.as_str(), username.as_str(), generation, hash, created_ms, expires_ms])
        .map(drop)
}
