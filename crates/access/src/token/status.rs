//! The caller with an access token, and whether the token still counts.

use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, Row};
use subtle::ConstantTimeEq;

use super::bearer;
use super::rows::kind_of;
use crate::TokenId;
use crate::caller::{Caller, CredentialStatus, Principal};
use crate::right::{Rights, Role};

/// Everything a verdict needs, in one read.
const SELECT: &str = "SELECT tokens.tenant, tokens.user, tokens.id, tokens.kind, tokens.generation, tokens.state,
        tokens.expires_ms, tokens.secret_sha256, tokens.role, users.active, tenants.revoked_ms IS NOT NULL,
        (SELECT group_concat(role) FROM assignments WHERE assignments.user = tokens.user)
    FROM tokens JOIN users ON users.id = tokens.user JOIN tenants ON tenants.id = tokens.tenant";

/// The caller with a token's text, or why it is rejected.
pub(crate) fn authenticate(
    connection: &Connection,
    text: &str,
) -> Result<Result<Caller, CredentialStatus>, rusqlite::Error> {
    let Some(hash) = bearer::hash(text) else {
        return Ok(Err(CredentialStatus::Unknown));
    };
    let found = connection
        .prepare_cached(&format!("{SELECT} WHERE tokens.secret_sha256 = ?1"))?
        .query_row([hash], stored)
        .optional()?;
    let Some(stored) = found else {
        return Ok(Err(CredentialStatus::Unknown));
    };
    // The search is by hash, whose bytes a caller cannot steer; the decision takes the same time for all.
    if !bool::from(stored.secret_hash.ct_eq(&hash)) {
        return Ok(Err(CredentialStatus::Unknown));
    }
    Ok(match stored.status() {
        CredentialStatus::Valid => Ok(stored.caller),
        other => Err(other),
    })
}

/// Whether a token still counts in this generation.
pub(crate) fn status(
    connection: &Connection,
    token: &TokenId,
    generation: u64,
) -> Result<CredentialStatus, rusqlite::Error> {
    Ok(match by_id(connection, token)? {
        None => CredentialStatus::Unknown,
        Some(stored) if stored.caller.generation != generation => CredentialStatus::Revoked,
        Some(stored) => stored.status(),
    })
}

/// What a token may do now.
pub(crate) fn rights(connection: &Connection, token: &TokenId) -> Result<Rights, rusqlite::Error> {
    Ok(by_id(connection, token)?.map_or(Rights::NONE, |stored| stored.caller.rights))
}

fn by_id(connection: &Connection, token: &TokenId) -> Result<Option<Stored>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE tokens.id = ?1"))?
        .query_row([token.as_str()], stored)
        .optional()
}

struct Stored {
    caller: Caller,
    secret_hash: [u8; 32],
    state: String,
    expires_ms: u64,
    user_active: bool,
    tenant_revoked: bool,
}

impl Stored {
    fn status(&self) -> CredentialStatus {
        if self.tenant_revoked || self.state == "archived" {
            CredentialStatus::Revoked
        } else if self.state != "active" || !self.user_active {
            CredentialStatus::Inactive
        } else if self.expires_ms <= now_ms() {
            CredentialStatus::Expired
        } else {
            CredentialStatus::Valid
        }
    }
}

fn stored(row: &Row<'_>) -> Result<Stored, rusqlite::Error> {
    let roles: Option<String> = row.get(11)?;
    let own: Option<String> = row.get(8)?;
    let of_user = Rights::of_roles(roles.as_deref());
    let rights = match own.as_deref() {
        None => of_user,
        // A role that this program does not know gives nothing.
        Some(own) => Role::parse(own)
            .map_or(Rights::NONE, Role::rights)
            .intersection(of_user),
    };
    Ok(Stored {
        caller: Caller {
            tenant: row.get(0)?,
            principal: Principal::Token {
                user: row.get(1)?,
                token: row.get(2)?,
                kind: kind_of(row, 3)?,
            },
            rights,
            generation: row.get(4)?,
        },
        state: row.get(5)?,
        expires_ms: row.get(6)?,
        secret_hash: row.get(7)?,
        user_active: row.get(9)?,
        tenant_revoked: row.get(10)?,
    })
}
