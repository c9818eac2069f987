//! Rows as the columns hold them, on their way to ceremonies.

use std::collections::BTreeSet;

use did::{
    BoundVersion, Did, Head, KeyAlgorithm, ListedIn, MethodId, Operation, OperationKind, PublicKey,
};
use rusqlite::{Connection, Row};

use super::super::model::{CeremonyId, Owner, Release, Statement};
use super::{Basis, Stored, StoredSignature, StoredSlot, damaged, ms};
use crate::RegistrarError;

/// A ceremony with its parts as the columns hold them.
pub(super) struct Raw {
    ceremony: RawCeremony,
    statements: Vec<RawStatement>,
    slots: Vec<RawSlot>,
    requested: BTreeSet<u32>,
}

pub(super) struct RawCeremony {
    id: String,
    tenant: Option<String>,
    did: String,
    network: String,
    basis: String,
    head_index: Option<i64>,
    basis_hash: Option<[u8; 32]>,
    release: String,
    started_ms: i64,
    expires_ms: i64,
    cooling_ms: i64,
    cancelled_ms: Option<i64>,
    rejection: Option<String>,
}

struct RawStatement {
    kind: String,
    payload: Vec<u8>,
    bound: Option<Vec<u8>>,
}

struct RawSlot {
    number: u32,
    statement: i64,
    signer: String,
    face: String,
    method: Option<String>,
    algorithm: Option<String>,
    public_key: Option<Vec<u8>>,
    signed_by: Option<String>,
    signature: Option<Vec<u8>>,
    signed_ms: Option<i64>,
    refusal: Option<String>,
    refused_ms: Option<i64>,
}

impl RawCeremony {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            id: row.get(0)?,
            tenant: row.get(1)?,
            did: row.get(2)?,
            network: row.get(3)?,
            basis: row.get(4)?,
            head_index: row.get(5)?,
            basis_hash: row.get(6)?,
            release: row.get(7)?,
            started_ms: row.get(8)?,
            expires_ms: row.get(9)?,
            cooling_ms: row.get(10)?,
            cancelled_ms: row.get(11)?,
            rejection: row.get(12)?,
        })
    }

    pub(super) fn with_parts(self, connection: &Connection) -> Result<Raw, rusqlite::Error> {
        let sql = "SELECT kind, payload, bound FROM registrar_statements WHERE ceremony = ?1 ORDER BY position";
        let statements = connection
            .prepare_cached(sql)?
            .query_map([&self.id], |row| {
                Ok(RawStatement {
                    kind: row.get(0)?,
                    payload: row.get(1)?,
                    bound: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let sql = "SELECT number, statement, signer, face, method, algorithm, public_key, signed_by, signature,
                   signed_ms, refusal, refused_ms FROM registrar_slots WHERE ceremony = ?1 ORDER BY number";
        let slots = connection
            .prepare_cached(sql)?
            .query_map([&self.id], RawSlot::read)?
            .collect::<Result<_, _>>()?;
        let sql = "SELECT slot FROM registrar_links WHERE ceremony = ?1 AND slot IS NOT NULL AND revoked_ms IS NULL";
        let requested = connection
            .prepare_cached(sql)?
            .query_map([&self.id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(Raw {
            ceremony: self,
            statements,
            slots,
            requested,
        })
    }
}

impl RawSlot {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            number: row.get(0)?,
            statement: row.get(1)?,
            signer: row.get(2)?,
            face: row.get(3)?,
            method: row.get(4)?,
            algorithm: row.get(5)?,
            public_key: row.get(6)?,
            signed_by: row.get(7)?,
            signature: row.get(8)?,
            signed_ms: row.get(9)?,
            refusal: row.get(10)?,
            refused_ms: row.get(11)?,
        })
    }

    fn parsed(self) -> Option<StoredSlot> {
        let key = match (self.method, self.algorithm, self.public_key) {
            (Some(method), Some(algorithm), Some(bytes)) => {
                let key = PublicKey::from_bytes(KeyAlgorithm::of_str(&algorithm)?, &bytes).ok()?;
                Some((MethodId::parse(&method).ok()?, key))
            }
            _ => None,
        };
        let signed = match (self.signed_by, self.signed_ms) {
            (Some(method), Some(at_ms)) => Some(StoredSignature {
                method: MethodId::parse(&method).ok()?,
                bytes: self.signature,
                at_ms: ms(at_ms),
            }),
            _ => None,
        };
        Some(StoredSlot {
            number: self.number,
            statement: usize::try_from(self.statement).ok()?,
            signer: Did::parse(&self.signer).ok()?,
            listed_in: ListedIn::of_str(&self.face)?,
            key,
            signed,
            refused: self.refusal.zip(self.refused_ms.map(ms)),
        })
    }
}

impl RawStatement {
    fn parsed(self) -> Option<Statement> {
        let kind = OperationKind::of_str(&self.kind)?;
        let operation = Operation::parse(kind, &self.payload, Vec::new()).ok()?;
        let bound = match self.bound {
            Some(bytes) => Some(BoundVersion::decode(&bytes).ok()?),
            None => None,
        };
        Some(Statement {
            kind,
            version_id: operation.version_id().to_owned(),
            payload: self.payload,
            bound,
        })
    }
}

impl Raw {
    pub(super) fn parsed(self) -> Result<Stored, RegistrarError> {
        self.whole().ok_or_else(damaged)
    }

    fn whole(self) -> Option<Stored> {
        let row = self.ceremony;
        let basis = match (row.basis.as_str(), row.head_index, row.basis_hash) {
            ("absent", ..) => Basis::Absent,
            ("version", Some(index), Some(leaf_hash)) => Basis::Version(Head {
                index: ms(index),
                leaf_hash,
            }),
            ("authority", _, Some(hash)) => Basis::Authority(hash),
            _ => return None,
        };
        Some(Stored {
            id: CeremonyId::parse(&row.id)?,
            owner: row.tenant.map_or(Owner::Bearer, Owner::Tenant),
            did: Did::parse(&row.did).ok()?,
            network: row.network,
            basis,
            release: match row.release.as_str() {
                "submit" => Release::Submit,
                "export" => Release::Export,
                _ => return None,
            },
            started_ms: ms(row.started_ms),
            expires_ms: ms(row.expires_ms),
            cooling_ms: ms(row.cooling_ms),
            cancelled_ms: row.cancelled_ms.map(ms),
            rejection: row.rejection,
            statements: self
                .statements
                .into_iter()
                .map(RawStatement::parsed)
                .collect::<Option<_>>()?,
            slots: self
                .slots
                .into_iter()
                .map(RawSlot::parsed)
                .collect::<Option<_>>()?,
            requested: self.requested,
        })
    }
}
