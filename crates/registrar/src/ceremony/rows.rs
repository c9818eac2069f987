//! Ceremonies in the store.

use std::collections::BTreeSet;

use did::{BoundVersion, Did, Head, ListedIn, MethodId, PublicKey};
use rusqlite::{Connection, OptionalExtension, params};
use store::Store;

use super::model::{CeremonyId, Listing, Owner, Release, Statement};
use crate::RegistrarError;

mod raw;

use raw::{Raw, RawCeremony};

/// What a ceremony rests on. Once this has changed, the ceremony is superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// The DID does not exist.
    Absent,
    /// Its latest operation is this one.
    Version(Head),
    /// These keys and signers speak for it: [`did::authority_hash`].
    Authority([u8; 32]),
}

/// A ceremony as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) id: CeremonyId,
    pub(super) owner: Owner,
    pub(super) did: Did,
    pub(super) network: String,
    pub(super) basis: Basis,
    pub(super) release: Release,
    pub(super) started_ms: u64,
    pub(super) expires_ms: u64,
    pub(super) cooling_ms: u64,
    pub(super) cancelled_ms: Option<u64>,
    pub(super) rejection: Option<String>,
    pub(super) statements: Vec<Statement>,
    pub(super) slots: Vec<StoredSlot>,
    /// Slots for which a link was given out that is not revoked.
    pub(super) requested: BTreeSet<u32>,
}

/// A slot as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredSlot {
    pub(super) number: u32,
    pub(super) statement: usize,
    pub(super) signer: Did,
    pub(super) listed_in: ListedIn,
    /// Without it any one method of the signer is enough.
    pub(super) key: Option<(MethodId, PublicKey)>,
    pub(super) signed: Option<StoredSignature>,
    pub(super) refused: Option<(String, u64)>,
}

/// A signature that was taken.
#[derive(Clone, Debug)]
pub(super) struct StoredSignature {
    pub(super) method: MethodId,
    /// Absent once the ceremony is over and they were deleted.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) at_ms: u64,
}

/// The tables in a store.
#[derive(Clone)]
pub(super) struct Rows(pub(super) Store);

impl Rows {
    pub(super) async fn insert(&self, stored: Stored) -> Result<(), RegistrarError> {
        let insert = move |connection: &Connection| {
            insert_ceremony(connection, &stored)?;
            for (position, statement) in stored.statements.iter().enumerate() {
                insert_statement(connection, &stored.id, position, statement)?;
            }
            for slot in &stored.slots {
                insert_slot(connection, &stored.id, slot)?;
            }
            Ok::<_, rusqlite::Error>(())
        };
        self.0.write(insert).await
    }

    /// The ceremony of this name, if it is this one's.
    pub(super) fn of_owner(
        &self,
        owner: &Owner,
        id: &CeremonyId,
    ) -> Result<Option<Stored>, RegistrarError> {
        Ok(self.by_id(id)?.filter(|stored| stored.owner == *owner))
    }

    pub(super) fn by_id(&self, id: &CeremonyId) -> Result<Option<Stored>, RegistrarError> {
        let raw = self.0.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let sql = format!("{CEREMONY} WHERE id = ?1");
            let found = snapshot
                .prepare_cached(&sql)?
                .query_row([id.as_str()], RawCeremony::read)
                .optional()?;
            found
                .map(|ceremony| ceremony.with_parts(&snapshot))
                .transpose()
        })?;
        raw.map(Raw::parsed).transpose()
    }

    /// A page of the ceremonies of a tenant, the newest first.
    pub(super) fn page(
        &self,
        tenant: &str,
        listing: &Listing,
    ) -> Result<Vec<Stored>, RegistrarError> {
        let raw = self.0.read(|connection| {
            let snapshot = connection.unchecked_transaction()?;
            let sql = format!(
                "{CEREMONY} WHERE tenant = ?1 AND (?2 IS NULL OR did = ?2) AND (?3 IS NULL OR (started_ms, id) <
                 (SELECT started_ms, id FROM registrar_ceremonies WHERE id = ?3 AND tenant = ?1))
                 ORDER BY started_ms DESC, id DESC LIMIT ?4"
            );
            let did = listing.did.as_ref().map(Did::as_str);
            let after = listing.after.as_ref().map(CeremonyId::as_str);
            let found: Vec<RawCeremony> = snapshot
                .prepare_cached(&sql)?
                .query_map(params![tenant, did, after, listing.limit], RawCeremony::read)?
                .collect::<Result<_, _>>()?;
            let whole = found
                .into_iter()
                .map(|ceremony| ceremony.with_parts(&snapshot));
            whole.collect::<Result<Vec<_>, _>>()
        })?;
        raw.into_iter().map(Raw::parsed).collect()
    }

    /// How many ceremonies of this owner are not known to be over, on one DID or on all.
    pub(super) fn open(
        &self,
        owner: &Owner,
        did: Option<&Did>,
        now_ms: u64,
    ) -> Result<u64, RegistrarError> {
        let sql = format!("SELECT count(*) FROM registrar_ceremonies WHERE {OPEN}");
        let count: i64 = self.0.read(|connection| {
            let values = params![owner.tenant(), did.map(Did::as_str), sql_ms(now_ms)];
            connection
                .prepare_cached(&sql)?
                .query_row(values, |row| row.get(0))
        })?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The oldest of them.
    pub(super) fn oldest_open(
        &self,
        owner: &Owner,
        did: Option<&Did>,
        now_ms: u64,
        limit: u32,
    ) -> Result<Vec<CeremonyId>, RegistrarError> {
        let sql = format!(
            "SELECT id FROM registrar_ceremonies WHERE {OPEN} ORDER BY started_ms, id LIMIT {limit}"
        );
        let ids: Vec<String> = self.0.read(|connection| {
            let values = params![owner.tenant(), did.map(Did::as_str), sql_ms(now_ms)];
            connection
                .prepare_cached(&sql)?
                .query_map(values, |row| row.get(0))?
                .collect()
        })?;
        ids.iter()
            .map(|id| CeremonyId::parse(id).ok_or_else(damaged))
            .collect()
    }

    /// Deletes the oldest ceremony without a tenant and without a signature, on one DID or on all.
    pub(super) async fn forget_idle(&self, did: Option<&Did>) -> Result<(), RegistrarError> {
        let did = did.map(Did::to_string);
        let forget = move |connection: &Connection| {
            let sql = "DELETE FROM registrar_ceremonies WHERE id = (
                           SELECT id FROM registrar_ceremonies WHERE tenant IS NULL AND (?1 IS NULL OR did = ?1)
                           AND NOT EXISTS (SELECT 1 FROM registrar_slots WHERE ceremony = id AND signed_by NOT NULL)
                           ORDER BY started_ms, id LIMIT 1)";
            connection.prepare_cached(sql)?.execute([did]).map(drop)
        };
        self.0.write(forget).await
    }

    /// Stores signatures, each in its slot. An earlier refusal by the ledger is void.
    pub(super) async fn sign(
        &self,
        id: &CeremonyId,
        signatures: Vec<(u32, StoredSignature)>,
    ) -> Result<(), RegistrarError> {
        let id = id.clone();
        let sign = move |connection: &Connection| {
            let sql = "UPDATE registrar_slots SET signed_by = ?3, signature = ?4, signed_ms = ?5,
                       refusal = NULL, refused_ms = NULL WHERE ceremony = ?1 AND number = ?2";
            for (number, signature) in &signatures {
                let StoredSignature {
                    method,
                    bytes,
                    at_ms,
                } = signature;
                let values = params![id.as_str(), number, method.as_str(), bytes, sql_ms(*at_ms)];
                connection.prepare_cached(sql)?.execute(values)?;
            }
            reject(connection, &id, None)
        };
        self.0.write(sign).await
    }

    pub(super) async fn refuse(
        &self,
        id: &CeremonyId,
        number: u32,
        reason: String,
        now_ms: u64,
    ) -> Result<(), RegistrarError> {
        let id = id.clone();
        let refuse = move |connection: &Connection| {
            let sql = "UPDATE registrar_slots SET refusal = ?3, refused_ms = ?4
                       WHERE ceremony = ?1 AND number = ?2";
            connection.prepare_cached(sql)?.execute(params![
                id.as_str(),
                number,
                reason,
                sql_ms(now_ms)
            ])?;
            reject(connection, &id, None)
        };
        self.0.write(refuse).await
    }

    /// Notes what the ledger has said of an attempt to submit it.
    pub(super) async fn rejected(
        &self,
        id: &CeremonyId,
        reason: String,
    ) -> Result<(), RegistrarError> {
        let id = id.clone();
        let note = move |connection: &Connection| reject(connection, &id, Some(&reason));
        self.0.write(note).await
    }

    /// Calls it off, and deletes its signatures.
    pub(super) async fn cancel(&self, id: &CeremonyId, now_ms: u64) -> Result<(), RegistrarError> {
        let id = id.clone();
        let cancel = move |connection: &Connection| {
            let sql = "UPDATE registrar_ceremonies SET cancelled_ms = ?2 WHERE id = ?1";
            connection
                .prepare_cached(sql)?
                .execute(params![id.as_str(), sql_ms(now_ms)])?;
            forget_signatures(connection, "ceremony = ?1", params![id.as_str()]).map(drop)
        };
        self.0.write(cancel).await
    }

    /// Notes that it is over, so that it is not counted any more.
    pub(super) async fn settled(&self, id: &CeremonyId, now_ms: u64) -> Result<(), RegistrarError> {
        let id = id.clone();
        let settle = move |connection: &Connection| {
            let sql = "UPDATE registrar_ceremonies SET settled_ms = ?2 WHERE id = ?1 AND settled_ms IS NULL";
            connection
                .prepare_cached(sql)?
                .execute(params![id.as_str(), sql_ms(now_ms)])
                .map(drop)
        };
        self.0.write(settle).await
    }

    /// Deletes signatures of what has expired, and all of what was over before `gone_ms`, of each at most `limit`.
    pub(super) async fn sweep(
        &self,
        now_ms: u64,
        gone_ms: u64,
        limit: u32,
    ) -> Result<Swept, RegistrarError> {
        let sweep = move |connection: &Connection| {
            let expired = "(ceremony, number) IN (SELECT ceremony, number FROM registrar_slots
                           JOIN registrar_ceremonies ON id = ceremony
                           WHERE signature IS NOT NULL AND expires_ms < ?1 LIMIT ?2)";
            let signatures =
                forget_signatures(connection, expired, params![sql_ms(now_ms), limit])?;
            let sql = "DELETE FROM registrar_ceremonies WHERE id IN (SELECT id FROM registrar_ceremonies
                       WHERE min(expires_ms, ifnull(settled_ms, expires_ms), ifnull(cancelled_ms, expires_ms)) < ?1
                       ORDER BY expires_ms LIMIT ?2)";
            let ceremonies = connection
                .prepare_cached(sql)?
                .execute(params![sql_ms(gone_ms), limit])?;
            Ok::<_, rusqlite::Error>(Swept {
                signatures,
                ceremonies,
            })
        };
        self.0.write(sweep).await
    }
}

/// How much was deleted.
pub(super) struct Swept {
    pub(super) signatures: usize,
    pub(super) ceremonies: usize,
}

/// Those of an owner, of one DID or of all, that are not known to be over.
const OPEN: &str = "tenant IS ?1 AND (?2 IS NULL OR did = ?2) AND settled_ms IS NULL AND cancelled_ms IS NULL \
                    AND expires_ms > ?3";

const CEREMONY: &str = "SELECT id, tenant, did, network, basis, head_index, basis_hash, release, started_ms, \
                        expires_ms, cooling_ms, cancelled_ms, rejection FROM registrar_ceremonies";

fn insert_ceremony(connection: &Connection, stored: &Stored) -> Result<(), rusqlite::Error> {
    let (basis, head_index, basis_hash) = match stored.basis {
        Basis::Absent => ("absent", None, None),
        Basis::Version(head) => ("version", Some(sql_ms(head.index)), Some(head.leaf_hash)),
        Basis::Authority(hash) => ("authority", None, Some(hash)),
    };
    let sql = "INSERT INTO registrar_ceremonies (id, tenant, did, network, basis, head_index, basis_hash, release,
               started_ms, expires_ms, cooling_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let values = params![
        stored.id.as_str(),
        stored.owner.tenant(),
        stored.did.as_str(),
        stored.network,
        basis,
        head_index,
        basis_hash,
        release_text(stored.release),
        sql_ms(stored.started_ms),
        sql_ms(stored.expires_ms),
        sql_ms(stored.cooling_ms),
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

fn insert_statement(
    connection: &Connection,
    id: &CeremonyId,
    position: usize,
    statement: &Statement,
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO registrar_statements (ceremony, position, kind, payload, bound) VALUES (?1, ?2, ?3, ?4, ?5)";
    let kind = statement.kind.as_str();
    let bound = statement.bound.as_ref().map(BoundVersion::encode);
    let values = params![id.as_str(), position as i64, kind, statement.payload, bound];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

fn insert_slot(
    connection: &Connection,
    id: &CeremonyId,
    slot: &StoredSlot,
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO registrar_slots (ceremony, number, statement, signer, face, method, algorithm, public_key)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let key = slot.key.as_ref();
    let values = params![
        id.as_str(),
        slot.number,
        slot.statement as i64,
        slot.signer.as_str(),
        slot.listed_in.as_str(),
        key.map(|(method, _)| method.as_str()),
        key.map(|(_, key)| key.algorithm().as_str()),
        key.map(|(_, key)| key.to_bytes()),
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

fn reject(
    connection: &Connection,
    id: &CeremonyId,
    reason: Option<&str>,
) -> Result<(), rusqlite::Error> {
    let sql = "UPDATE registrar_ceremonies SET rejection = ?2 WHERE id = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![id.as_str(), reason])
        .map(drop)
}

fn forget_signatures(
    connection: &Connection,
    of: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<usize, rusqlite::Error> {
    let sql =
        format!("UPDATE registrar_slots SET signature = NULL WHERE signature IS NOT NULL AND {of}");
    connection.prepare_cached(&sql)?.execute(values)
}

fn damaged() -> RegistrarError {
    RegistrarError::Store("a ceremony in the store is damaged".into())
}

/// SQLite's integers are signed; times and log indexes are far below.
pub(super) fn sql_ms(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn ms(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn release_text(release: Release) -> &'static str {
    match release {
        Release::Submit => "submit",
        Release::Export => "export",
    }
}
