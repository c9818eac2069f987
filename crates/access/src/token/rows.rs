//! From rows to tokens.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Token, TokenKey, TokenState};
use crate::caller::TokenKind;
use crate::credential::fingerprint;
use crate::right::Role;
use crate::rows::parsed;
use crate::{CredentialId, TokenId, UserId};

/// In the order that [`token`] reads.
const SELECT: &str =
    "SELECT tokens.id, tokens.tenant, tokens.user, tokens.kind, tokens.name, tokens.external_id,
        tokens.role, tokens.created_ms, tokens.expires_ms, tokens.state,
        credentials.id, credentials.credential_id, credentials.public_key
    FROM tokens LEFT JOIN credentials ON credentials.token = tokens.id";

pub(crate) fn of_user(
    connection: &Connection,
    user: &UserId,
    kind: TokenKind,
) -> Result<Vec<Token>, rusqlite::Error> {
    let sql = format!(
        "{SELECT} WHERE tokens.user = ?1 AND tokens.kind = ?2 ORDER BY tokens.created_ms, tokens.id"
    );
    connection
        .prepare_cached(&sql)?
        .query_map(params![user.as_str(), kind_text(kind)], token)?
        .collect()
}

pub(crate) fn by_id(
    connection: &Connection,
    user: &UserId,
    id: &TokenId,
) -> Result<Option<Token>, rusqlite::Error> {
    connection
        .prepare_cached(&format!(
            "{SELECT} WHERE tokens.user = ?1 AND tokens.id = ?2"
        ))?
        .query_row(params![user.as_str(), id.as_str()], token)
        .optional()
}

/// The name of a kind in the table. Tokens of clients stand in another one.
pub(crate) fn kind_text(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Session => "session",
        TokenKind::Pat => "pat",
        TokenKind::ServiceAccount => "service-account",
        TokenKind::Client => "client",
    }
}

pub(crate) fn kind_of(row: &Row<'_>, column: usize) -> Result<TokenKind, rusqlite::Error> {
    parsed(row, column, |text| match text {
        "session" => Some(TokenKind::Session),
        "pat" => Some(TokenKind::Pat),
        "service-account" => Some(TokenKind::ServiceAccount),
        _ => None,
    })
}

fn token(row: &Row<'_>) -> Result<Token, rusqlite::Error> {
    let role: Option<String> = row.get(6)?;
    let key = match row.get::<_, Option<CredentialId>>(10)? {
        None => None,
        Some(credential) => Some(TokenKey {
            credential,
            credential_id: row.get(11)?,
            fingerprint: fingerprint(&row.get::<_, Vec<u8>>(12)?),
        }),
    };
    Ok(Token {
        id: row.get(0)?,
        tenant: row.get(1)?,
        user: row.get(2)?,
        kind: kind_of(row, 3)?,
        name: row.get(4)?,
        external_id: row.get(5)?,
        role: role.as_deref().and_then(Role::parse),
        created_ms: row.get(7)?,
        expires_ms: row.get(8)?,
        state: parsed(row, 9, |text| match text {
            "active" => Some(TokenState::Active),
            "inactive" => Some(TokenState::Inactive),
            "archived" => Some(TokenState::Archived),
            _ => None,
        })?,
        key,
    })
}
