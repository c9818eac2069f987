//! Links: for holders who have no account here.

use did::Did;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use store::Store;
use zeroize::{Zeroize, Zeroizing};

use super::derive::check_open;
use super::model::{CeremonyId, Owner};
use super::rows::{ms, sql_ms};
use super::{Ceremonies, CeremonyError, LINKS_MAX};
use crate::RegistrarError;

/// Bytes of a token.
const TOKEN_BYTES: usize = 32;
/// What a token begins with, so that it is known for what it is wherever it turns up.
const TOKEN_PREFIX: &str = "atropos_link_";

/// The secret of a link: 256 random bits. Has no `Debug`.
pub struct LinkToken([u8; TOKEN_BYTES]);

impl LinkToken {
    /// Reads a token.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(TOKEN_PREFIX)?;
        let mut bytes = [0; TOKEN_BYTES];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The token as text, to be disclosed once.
    pub fn reveal(&self) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex::encode(self.0));
        Zeroizing::new(format!("{TOKEN_PREFIX}{}", *digits))
    }

    fn random() -> Result<Self, RegistrarError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| RegistrarError::Store(Box::new(error)))?;
        Ok(Self(bytes))
    }

    fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl Drop for LinkToken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What a link reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkScope {
    /// Every slot of the ceremony.
    Whole,
    /// One slot: its holder signs or refuses for it alone.
    Slot(u32),
}

/// A link, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name, to revoke it by.
    pub id: CeremonyId,
    /// What it reaches.
    pub scope: LinkScope,
    /// When it was made, in Unix milliseconds.
    pub created_ms: u64,
    /// When it was revoked.
    pub revoked_ms: Option<u64>,
}

impl Ceremonies {
    /// Makes a link, and gives its secret this once. It is valid until the ceremony is over or it is revoked.
    ///
    /// # Errors
    /// [`CeremonyError::NotFound`], [`CeremonyError::Unusable`] for a slot that is not there,
    /// [`CeremonyError::TooMany`], [`CeremonyError::Closed`].
    pub async fn link(
        &self,
        owner: &Owner,
        id: &CeremonyId,
        scope: LinkScope,
    ) -> Result<(Link, LinkToken), CeremonyError> {
        let stored = self.owned(owner, id)?;
        let ceremony = self.seen(&stored)?;
        check_open(&ceremony.state)?;
        if let LinkScope::Slot(number) = scope
            && !stored.slots.iter().any(|slot| slot.number == number)
        {
            return Err(no_slot(number));
        }
        let live = self.links(owner, id)?;
        let live = live.iter().filter(|link| link.revoked_ms.is_none()).count();
        if live >= LINKS_MAX {
            return Err(CeremonyError::Unusable(format!(
                "a ceremony has at most {LINKS_MAX} links; revoke one first"
            )));
        }
        let token = LinkToken::random()?;
        let link = Link {
            id: CeremonyId::random(),
            scope,
            created_ms: self.now_ms(),
            revoked_ms: None,
        };
        LinkRows(self.store())
            .insert(id, &link, token.sha256())
            .await?;
        Ok((link, token))
    }

    /// The links of a ceremony, revoked ones too, the oldest first.
    ///
    /// # Errors
    /// [`CeremonyError::NotFound`].
    pub fn links(&self, owner: &Owner, id: &CeremonyId) -> Result<Vec<Link>, CeremonyError> {
        self.owned(owner, id)?;
        Ok(LinkRows(self.store()).of_ceremony(id)?)
    }

    /// Revokes a link. A repeated request changes nothing.
    ///
    /// # Errors
    /// [`CeremonyError::NotFound`].
    pub async fn revoke_link(
        &self,
        owner: &Owner,
        id: &CeremonyId,
        link: &CeremonyId,
    ) -> Result<(), CeremonyError> {
        self.owned(owner, id)?;
        let revoked = LinkRows(self.store())
            .revoke(id, link, self.now_ms())
            .await?;
        if revoked {
            Ok(())
        } else {
            Err(CeremonyError::NotFound)
        }
    }

    /// The ceremony and the reach of a token.
    pub(super) fn linked(
        &self,
        token: &LinkToken,
    ) -> Result<(CeremonyId, LinkScope), CeremonyError> {
        let found = LinkRows(self.store()).find(token.sha256())?;
        found.ok_or(CeremonyError::NotFound)
    }
}

pub(super) fn no_slot(number: u32) -> CeremonyError {
    CeremonyError::Unusable(format!("the ceremony has no slot {number}"))
}

/// The signer of a slot, or its method, as errors name it.
pub(super) fn slot_name(signer: &Did, method: Option<&did::MethodId>) -> String {
    method.map_or_else(|| signer.to_string(), ToString::to_string)
}

struct LinkRows(Store);

impl LinkRows {
    async fn insert(
        &self,
        ceremony: &CeremonyId,
        link: &Link,
        token_sha256: [u8; 32],
    ) -> Result<(), RegistrarError> {
        let (ceremony, link) = (ceremony.clone(), link.clone());
        let insert = move |connection: &Connection| {
            let sql = "INSERT INTO registrar_links (id, ceremony, slot, token_sha256, created_ms)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let slot = match link.scope {
                LinkScope::Whole => None,
                LinkScope::Slot(number) => Some(number),
            };
            let created_ms = sql_ms(link.created_ms);
            let (id, ceremony) = (link.id.as_str(), ceremony.as_str());
            let values = params![id, ceremony, slot, token_sha256, created_ms];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        };
        self.0.write(insert).await
    }

    fn of_ceremony(&self, ceremony: &CeremonyId) -> Result<Vec<Link>, RegistrarError> {
        let sql = "SELECT id, slot, created_ms, revoked_ms FROM registrar_links WHERE ceremony = ?1
                   ORDER BY created_ms, id";
        let rows: Vec<(String, Option<u32>, i64, Option<i64>)> = self.0.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_map([ceremony.as_str()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })?
                .collect()
        })?;
        let link = |(id, slot, created_ms, revoked_ms): (String, Option<u32>, i64, Option<i64>)| {
            Some(Link {
                id: CeremonyId::parse(&id)?,
                scope: slot.map_or(LinkScope::Whole, LinkScope::Slot),
                created_ms: ms(created_ms),
                revoked_ms: revoked_ms.map(ms),
            })
        };
        let links: Option<Vec<Link>> = rows.into_iter().map(link).collect();
        links.ok_or_else(|| RegistrarError::Store("a link in the store is damaged".into()))
    }

    async fn revoke(
        &self,
        ceremony: &CeremonyId,
        link: &CeremonyId,
        now_ms: u64,
    ) -> Result<bool, RegistrarError> {
        let (ceremony, link) = (ceremony.clone(), link.clone());
        let revoke = move |connection: &Connection| {
            let sql = "UPDATE registrar_links SET revoked_ms = ifnull(revoked_ms, ?3)
                       WHERE id = ?1 AND ceremony = ?2";
            let values = params![link.as_str(), ceremony.as_str(), sql_ms(now_ms)];
            let revoked = connection.prepare_cached(sql)?.execute(values)?;
            Ok::<_, rusqlite::Error>(revoked == 1)
        };
        self.0.write(revoke).await
    }

    fn find(
        &self,
        token_sha256: [u8; 32],
    ) -> Result<Option<(CeremonyId, LinkScope)>, RegistrarError> {
        let sql = "SELECT ceremony, slot FROM registrar_links WHERE token_sha256 = ?1 AND revoked_ms IS NULL";
        let found: Option<(String, Option<u32>)> = self.0.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row([token_sha256], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })?;
        Ok(found.and_then(|(id, slot)| {
            let scope = slot.map_or(LinkScope::Whole, LinkScope::Slot);
            Some((CeremonyId::parse(&id)?, scope))
        }))
    }
}
