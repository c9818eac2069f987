//! Tokens that clients get for their password: opaque, short-lived, one table row each.

use rusqlite::{Connection, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Client, ClientError, Username, rows};
use crate::audit::{self, Action, Attribution, Event};
use crate::tenant::now_ms;
use crate::{Access, Caller, Principal, TokenId};

/// How long a token of a client counts.
pub const CLIENT_TOKEN_SECONDS: u64 = 3600;

/// How long a token counts that the server makes to try a client's access itself.
const PROBE_SECONDS: u64 = 60;

/// Tokens of one client. One more ends the one that would have ended first.
const TOKENS_PER_CLIENT_MAX: usize = 1_000;

/// Random bytes in a token: 256 bits.
const RANDOM_BYTES: usize = 32;

/// A token of a client, shown once. Neither printable nor cloneable; wiped when dropped.
pub struct ClientToken(Zeroizing<String>);

impl ClientToken {
    /// The text that stands behind `Bearer`.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Access {
    /// A token for a client that was let in by its password.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoSuchClient`] when the client was ended or changed meanwhile, or those of the store.
    pub async fn issue_client_token(
        &self,
        caller: &Caller,
        by: &Attribution,
    ) -> Result<ClientToken, ClientError> {
        let Principal::Client { username, .. } = &caller.principal else {
            return Err(ClientError::NoSuchProject);
        };
        let username = Username(username.clone());
        let held = Some((caller.generation, by.clone()));
        self.issue(username, held, CLIENT_TOKEN_SECONDS).await
    }

    /// A token with which the server tries whether a client is let in. It counts for a minute.
    ///
    /// # Errors
    ///
    /// [`ClientError::NoSuchClient`], or those of the store.
    pub async fn issue_probe_token(&self, username: &Username) -> Result<ClientToken, ClientError> {
        self.issue(username.clone(), None, PROBE_SECONDS).await
    }

    async fn issue(
        &self,
        username: Username,
        held: Option<(u64, Attribution)>,
        seconds: u64,
    ) -> Result<ClientToken, ClientError> {
        let now_ms = now_ms();
        let expires_ms = now_ms.saturating_add(seconds * 1000);
        let id = TokenId::generate()?;
        let found = self
            .store
            .read(|connection| rows::by_username(connection, username.as_str()))?;
        let client = found.ok_or_else(|| ClientError::NoSuchClient(username.clone()))?;
        let (generation, by) =
            held.map_or((client.generation, None), |(held, by)| (held, Some(by)));
        let token = text(&client, &id, now_ms, expires_ms)?;
        let hash = hash_of(&token.0);
        let issued = self.store.write(move |connection| {
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
                audit::append(connection, &by, &issued_event(&client, &id, expires_ms))?;
            }
            Ok(())
        });
        issued.await?;
        Ok(token)
    }
}

fn issued_event(client: &Client, id: &TokenId, expires_ms: u64) -> Event {
    Event::new(Some(&client.tenant), Action::ClientToken, id.as_str())
        .with("project", client.project.as_str())
        .with("username", client.username.as_str())
        .with("expiresMs", expires_ms)
}

/// SHA-256 of a whole token.
pub(crate) fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Three parts, as clients of other services expect them. Nothing in the first two is ever trusted.
fn text(
    client: &Client,
    id: &TokenId,
    now_ms: u64,
    expires_ms: u64,
) -> Result<ClientToken, ClientError> {
    let org = client.tenant.org_id();
    let header = json!({"typ": "atropos-token/v1"});
    let claims = json!({
        "iss": "atropos", "sub": org, "iat": now_ms / 1000, "exp": expires_ms / 1000, "jti": id.as_str(),
        "https://custom/username": client.username.as_str(),
        "https://custom/app_metadata": {"orgId": org, "userId": client.username.as_str(), "tokenKind": "Client"},
    });
    let mut random = Zeroizing::new([0; RANDOM_BYTES]);
    getrandom::fill(random.as_mut_slice()).map_err(ClientError::NoRandomness)?;
    let public = [header, claims].map(|part| encode(part.to_string().as_bytes()));
    let [header, claims] = public.each_ref().map(|part| part.as_str());
    let random = encode(random.as_slice());
    // One allocation, so that no copy of the secret part is left behind.
    let mut token = Zeroizing::new(String::with_capacity(
        header.len() + claims.len() + random.len() + 2,
    ));
    for part in [header, ".", claims, ".", &random] {
        token.push_str(part);
    }
    Ok(ClientToken(token))
}

fn encode(bytes: &[u8]) -> Zeroizing<String> {
    use base64::Engine;
    Zeroizing::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
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
