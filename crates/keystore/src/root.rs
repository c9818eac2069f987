//! The root key: derived from a passphrase or read from a file, checked against a sealed known value.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use rusqlite::{Connection, OptionalExtension, params};
use store::Store;
use zeroize::Zeroizing;

use crate::limits::{PASSPHRASE_BYTES_MAX, PASSPHRASE_CHARS_MIN};
use crate::seal::{Binding, SealingKey, Secret};
use crate::{UnsealError, key_file};

/// Where the root key comes from.
pub enum Unseal {
    /// Derived from a passphrase with Argon2id.
    Passphrase(Passphrase),
    /// The 32 bytes of a file. At the first start it is made, with mode 0600.
    KeyFile(PathBuf),
}

/// A passphrase. Neither printable nor cloneable; wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase over; the caller keeps no copy.
    #[must_use]
    pub fn new(passphrase: Zeroizing<String>) -> Passphrase {
        Passphrase(passphrase)
    }
}

/// RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes, 128 bits of salt.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const SALT_BYTES: usize = 16;

/// What a record may ask of this machine at most: a changed record must not exhaust it.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;

/// What is sealed to tell a right root key from a wrong one.
const CHECK: [u8; 32] = *b"atropos keystore root check, v1.";

/// The root key of this store. At the first start it is made, and what is needed to check it becomes durable.
pub(crate) fn unseal(store: &Store, unseal: &Unseal) -> Result<SealingKey, UnsealError> {
    if let Some(record) = store.read(stored)? {
        return record.open(unseal);
    }
    let record = Record::create(unseal)?;
    // Another process may have been first; then its record counts, and must open as well.
    let record: Result<Record, UnsealError> =
        store.write_blocking(move |connection| insert(connection, &record));
    record?.open(unseal)
}

struct Record {
    source: String,
    salt: Vec<u8>,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    sealed_check: Vec<u8>,
}

impl Record {
    fn create(unseal: &Unseal) -> Result<Record, UnsealError> {
        let mut salt = vec![0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        let mut record = match unseal {
            Unseal::Passphrase(Passphrase(passphrase))
                if passphrase.chars().count() < PASSPHRASE_CHARS_MIN =>
            {
                return Err(UnsealError::PassphraseTooShort);
            }
            Unseal::Passphrase(_) => Record {
                source: unseal.stored_name().to_owned(),
                salt,
                memory_kib: MEMORY_KIB,
                passes: PASSES,
                lanes: LANES,
                sealed_check: Vec::new(),
            },
            Unseal::KeyFile(path) => {
                if key_file::read(path)?.is_none() {
                    key_file::create(path)?;
                }
                let source = unseal.stored_name().to_owned();
                Record {
                    source,
                    salt,
                    memory_kib: 0,
                    passes: 0,
                    lanes: 0,
                    sealed_check: Vec::new(),
                }
            }
        };
        let root = SealingKey::new(&record.root_key(unseal)?);
        record.sealed_check = root.seal(record.binding(), &Secret::new(Zeroizing::new(CHECK)))?;
        Ok(record)
    }

    fn open(&self, unseal: &Unseal) -> Result<SealingKey, UnsealError> {
        if self.source != unseal.stored_name() {
            let stored = match self.source.as_str() {
                "passphrase" => "passphrase",
                "key-file" => "key file",
                _ => return Err(UnsealError::Damaged("unknown source of the root key")),
            };
            return Err(UnsealError::OtherSource {
                stored,
                given: unseal.name(),
            });
        }
        let root = SealingKey::new(&self.root_key(unseal)?);
        match root.open(self.binding(), &self.sealed_check) {
            Ok(check) if check.bytes() == &CHECK => Ok(root),
            _ => Err(unseal.wrong()),
        }
    }

    fn root_key(&self, unseal: &Unseal) -> Result<Secret, UnsealError> {
        match unseal {
            Unseal::Passphrase(passphrase) => self.derive(passphrase),
            Unseal::KeyFile(path) => key_file::read(path)?.ok_or_else(|| missing(path)),
        }
    }

    fn derive(&self, Passphrase(passphrase): &Passphrase) -> Result<Secret, UnsealError> {
        if passphrase.len() > PASSPHRASE_BYTES_MAX {
            return Err(UnsealError::PassphraseTooLong);
        }
        if self.memory_kib > MEMORY_KIB_MAX || self.passes > PASSES_MAX || self.lanes > LANES_MAX {
            return Err(UnsealError::Damaged("parameters of Argon2id"));
        }
        let parameters = |_| UnsealError::Damaged("parameters of Argon2id");
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(key.len()))
            .map_err(parameters)?;
        // Given by us so that it is wiped: the key can be worked out from what remains in it.
        let mut memory: Zeroizing<Vec<Block>> = Zeroizing::new(Vec::new());
        memory
            .try_reserve_exact(params.block_count())
            .map_err(|_| UnsealError::OutOfMemory)?;
        memory.resize(params.block_count(), Block::default());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                passphrase.as_bytes(),
                &self.salt,
                key.as_mut_slice(),
                &mut *memory,
            )
            .map_err(parameters)?;
        Ok(Secret::new(key))
    }

    fn binding(&self) -> Binding<'_> {
        let Record {
            source,
            salt,
            memory_kib,
            passes,
            lanes,
            ..
        } = self;
        Binding::RootCheck {
            source,
            salt,
            memory_kib: *memory_kib,
            passes: *passes,
            lanes: *lanes,
        }
    }
}

impl Unseal {
    fn stored_name(&self) -> &'static str {
        match self {
            Unseal::Passphrase(_) => "passphrase",
            Unseal::KeyFile(_) => "key-file",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Unseal::Passphrase(_) => "passphrase",
            Unseal::KeyFile(_) => "key file",
        }
    }

    fn wrong(&self) -> UnsealError {
        match self {
            Unseal::Passphrase(_) => UnsealError::WrongPassphrase,
            Unseal::KeyFile(path) => UnsealError::WrongKeyFile { path: path.clone() },
        }
    }
}

fn missing(path: &Path) -> UnsealError {
    UnsealError::KeyFileMissing {
        path: path.to_owned(),
    }
}

fn stored(connection: &Connection) -> Result<Option<Record>, rusqlite::Error> {
    let sql = "SELECT source, salt, memory_kib, passes, lanes, sealed_check FROM keystore_root";
    let record = connection.query_row(sql, [], |row| {
        Ok(Record {
            source: row.get(0)?,
            salt: row.get(1)?,
            memory_kib: row.get(2)?,
            passes: row.get(3)?,
            lanes: row.get(4)?,
            sealed_check: row.get(5)?,
        })
    });
    record.optional()
}

fn insert(connection: &Connection, record: &Record) -> Result<Record, UnsealError> {
    if let Some(record) = stored(connection)? {
        return Ok(record);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM keystore_data_keys) OR EXISTS (SELECT 1 FROM \
        keystore_checkpoint_generations)";
    if connection.query_row(sql, [], |row| row.get(0))? {
        return Err(UnsealError::Damaged(
            "it is missing, but there are sealed keys",
        ));
    }
    connection.execute(
        "INSERT INTO keystore_root (one, source, salt, memory_kib, passes, lanes, sealed_check)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            record.source,
            record.salt,
            record.memory_kib,
            record.passes,
            record.lanes,
            record.sealed_check
        ],
    )?;
    stored(connection)?.ok_or(UnsealError::Damaged("it was not kept"))
}
