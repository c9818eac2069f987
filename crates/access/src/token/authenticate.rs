//! Who shows an access token, and whether it still may.

use rusqlite::{Connection, OptionalExtension, Row};
use subtle::ConstantTimeEq;

use super::bearer;
use super::rows::{kind_of, parsed};
use crate::caller::{Caller, Principal, Standing};
use crate::permission::rights_of;
use crate::tenant::now_ms;
use crate::{Rights, Role, TenantId, TokenId, UserId};

/// Everything a verdict needs, in one read.
const SELECT: &str = "SELECT tokens.tenant, tokens.user, tokens.id, tokens.kind, tokens.generation, tokens.state,
        tokens.expires_ms, tokens.secret_sha256, tokens.role, users.active, tenants.revoked_ms IS NOT NULL,
        (SELECT group_concat(role) FROM assignments WHERE assignments.user = tokens.user)
    FROM tokens JOIN users ON users.id = tokens.user JOIN tenants ON tenants.id = tokens.tenant";

/// The caller that a token's text stands for, or how it stands otherwise.
pub(crate) fn authenticate(
    connection: &Connection,
    text: &str,
) -> Result<Result<Caller, Standing>, rusqlite::Error> {
    let Some(hash) = bearer::hash(text) else {
        return Ok(Err(Standing::Unknown));
    };
    let found = connection
        .prepare_cached(&format!("{SELECT} WHERE tokens.secret_sha256 = ?1"))?
        .query_row([hash], shown)
        .optional()?;
    let Some(shown) = found else {
        return Ok(Err(Standing::Unknown));
    };
    // The search is by hash, whose bytes a caller cannot steer; the decision takes the same time for all.
    if !bool::from(shown.secret_hash.ct_eq(&hash)) {
        return Ok(Err(Standing::Unknown));
    }
    Ok(match shown.standing() {
        Standing::Good => Ok(shown.caller),
        other => Err(other),
    })
}

/// How a token stands that was let in under this generation.
pub(crate) fn standing(
    connection: &Connection,
    token: &TokenId,
    generation: u64,
) -> Result<Standing, rusqlite::Error> {
    Ok(match by_id(connection, token)? {
        None => Standing::Unknown,
        Some(shown) if shown.caller.generation != generation => Standing::Revoked,
        Some(shown) => shown.standing(),
    })
}

/// What a token may do now.
pub(crate) fn rights(connection: &Connection, token: &TokenId) -> Result<Rights, rusqlite::Error> {
    Ok(by_id(connection, token)?.map_or(Rights::NONE, |shown| shown.caller.rights))
}

fn by_id(connection: &Connection, token: &TokenId) -> Result<Option<Shown>, rusqlite::Error> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE tokens.id = ?1"))?
        .query_row([token.as_str()], shown)
        .optional()
}

struct Shown {
    caller: Caller,
    secret_hash: [u8; 32],
    state: String,
    expires_ms: u64,
    user_active: bool,
    tenant_revoked: bool,
}

impl Shown {
    fn standing(&self) -> Standing {
        if self.tenant_revoked || self.state == "archived" {
            Standing::Revoked
        } else if self.state != "active" || !self.user_active {
            Standing::Inactive
        } else if self.expires_ms <= now_ms() {
            Standing::Expired
        } else {
            Standing::Good
        }
    }
}

fn shown(row: &Row<'_>) -> Result<Shown, rusqlite::Error> {
    let roles: Option<String> = row.get(11)?;
    let own: Option<String> = row.get(8)?;
    let of_user = rights_of(roles.as_deref());
    let rights = match own.as_deref() {
        None => of_user,
        // A role that this program does not know gives nothing.
        Some(own) => Role::parse(own)
            .map_or(Rights::NONE, Role::rights)
            .intersection(of_user),
    };
    Ok(Shown {
        caller: Caller {
            tenant: TenantId(row.get(0)?),
            principal: Principal::Token {
                user: parsed(row, 1, UserId::parse)?,
                token: parsed(row, 2, TokenId::parse)?,
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
