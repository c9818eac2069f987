//! The index at one moment.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proof::state::{NibbleNode, NibblePath, StateKey};
use proof::{Hash, sha256};
use redb::{ReadTransaction, ReadableTable};

use super::evidence::Evidence;
use super::record::{FrameRecord, HeadRecord, IndexPosition, VersionRecord, open};
use super::table::{
    BITS, CHECKPOINT, CHUNK_BYTES, COMPARED, DIDS, EVIDENCE, FRAMES, HEAD, IndexError, NAMED,
    NODES, POSITION, POSITION_KEY, TILES, Table, VERSION, VERSION_ID, did_key, named_key, tile_key,
    version_key,
};

/// One read transaction: all answers are from the same moment.
pub(crate) struct Frozen {
    transaction: ReadTransaction,
}

impl Frozen {
    pub(super) fn new(transaction: ReadTransaction) -> Self {
        Self { transaction }
    }

    /// How far it has come; `None` when it is empty.
    pub(crate) fn position(&self) -> Result<Option<IndexPosition>, IndexError> {
        self.value(POSITION, POSITION_KEY, IndexPosition::decode)
    }

    /// The signed checkpoint of that position; `None` when the index was left in the middle of a replay.
    pub(crate) fn checkpoint(&self) -> Result<Option<String>, IndexError> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let found = self.value(CHECKPOINT, POSITION_KEY, text)?;
        Ok(found.filter(|text| !text.is_empty()))
    }

    pub(crate) fn head(&self, key: &StateKey) -> Result<Option<HeadRecord>, IndexError> {
        self.value(DIDS, &did_key(key, HEAD, &[]), HeadRecord::decode)
    }

    pub(crate) fn version(
        &self,
        key: &StateKey,
        sequence: u64,
    ) -> Result<Option<VersionRecord>, IndexError> {
        match self.head(key)? {
            Some(head) if head.latest.sequence == sequence => Ok(Some(head.latest)),
            _ => {
                let key = did_key(key, VERSION, &sequence.to_be_bytes());
                self.value(DIDS, &key, VersionRecord::decode)
            }
        }
    }

    /// The sequence of the version with this id.
    pub(crate) fn sequence_of(
        &self,
        key: &StateKey,
        version_id: &str,
    ) -> Result<Option<u64>, IndexError> {
        match self.head(key)? {
            Some(head) if head.latest.version_id == version_id => Ok(Some(head.latest.sequence)),
            _ => {
                let key = did_key(key, VERSION_ID, &version_key(version_id));
                self.value(DIDS, &key, |bytes| {
                    bytes.try_into().ok().map(u64::from_be_bytes)
                })
            }
        }
    }

    pub(crate) fn node(&self, path: &NibblePath) -> Result<Option<NibbleNode>, IndexError> {
        let decode = |bytes: &[u8]| NibbleNode::decode(bytes).ok();
        self.value(NODES, path.as_bytes(), decode)
    }

    /// The hashes of a tile of the log's tree, as many as there are: level 0 holds the leaves, each level above the
    /// roots of 256 entries below.
    pub(crate) fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, IndexError> {
        self.value(TILES, &tile_key(level, index), decode_hashes)
    }

    /// The frame that holds an entry, if the index has come as far as to it.
    pub(crate) fn frame_of(&self, entry: u64) -> Result<Option<FrameRecord>, IndexError> {
        guarded(|| {
            let table = self.transaction.open_table(FRAMES.definition)?;
            let key = entry.to_be_bytes();
            let mut below = table.range::<&[u8]>(..=key.as_slice())?;
            let Some(pair) = below.next_back() else {
                return Ok(None);
            };
            let (key, value) = pair?;
            let record = open(FRAMES.name, key.value(), value.value())
                .and_then(|content| FrameRecord::decode(key.value(), content));
            record.map(Some).ok_or(FRAMES.damaged())
        })
    }

    /// What a deactivation rested on, by its log index; `None` if that is not known.
    pub(crate) fn evidence(&self, deactivation: u64) -> Result<Option<Evidence>, IndexError> {
        self.value(EVIDENCE, &deactivation.to_be_bytes(), Evidence::decode)
    }

    /// Bit `n` is set if the DID with the ordinal `n` is deactivated; the highest bit of the first byte is number 0.
    pub(crate) fn status_bits(&self, dids: u64) -> Result<Vec<u8>, IndexError> {
        let length = usize::try_from(dids.div_ceil(8)).map_err(|_| BITS.damaged())?;
        let mut bits = Vec::new();
        bits.try_reserve_exact(length).map_err(|_| BITS.damaged())?;
        bits.resize(length, 0);
        for (number, chunk) in (0_u64..).zip(bits.chunks_mut(CHUNK_BYTES)) {
            let found = self.value(BITS, &number.to_be_bytes(), |bytes| Some(bytes.to_vec()))?;
            let Some(found) = found else { continue };
            chunk.copy_from_slice(found.get(..chunk.len()).ok_or(BITS.damaged())?);
        }
        Ok(bits)
    }

    /// The DIDs that have named a signer, at most `limit`, in the order of their state keys.
    pub(crate) fn named(
        &self,
        signer: &StateKey,
        limit: usize,
    ) -> Result<Vec<(StateKey, String)>, IndexError> {
        guarded(|| {
            let table = self.transaction.open_table(NAMED.definition)?;
            let (first, last) = (
                named_key(signer, &StateKey::from([0; 32])),
                named_key(signer, &StateKey::from([0xff; 32])),
            );
            let found = table.range::<&[u8]>(first.as_slice()..=last.as_slice())?;
            let found = found.take(limit).map(|pair| {
                let (key, value) = pair?;
                let key = key.value();
                let did = open(NAMED.name, key, value.value())
                    .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
                let subject = key.get(32..).and_then(|key| <[u8; 32]>::try_from(key).ok());
                let (subject, did) = subject.zip(did).ok_or(NAMED.damaged())?;
                Ok((StateKey::from(subject), did))
            });
            found.collect()
        })
    }

    /// A chained digest of every table that follows from the log: equal exactly when the tables are.
    pub(crate) fn digests(&self) -> Result<Vec<(&'static str, Hash)>, IndexError> {
        let digests = COMPARED.map(|table| Ok((table.name, self.digest(table)?)));
        digests.into_iter().collect()
    }

    fn digest(&self, table: Table) -> Result<Hash, IndexError> {
        guarded(|| {
            let mut digest = Hash::from([0; 32]);
            for pair in self.transaction.open_table(table.definition)?.iter()? {
                let (key, value) = pair?;
                let (key, value) = (key.value(), value.value());
                let mut bytes = digest.as_bytes().to_vec();
                bytes.extend_from_slice(&(key.len() as u32).to_be_bytes());
                bytes.extend_from_slice(key);
                bytes.extend_from_slice(value);
                digest = sha256(&bytes);
            }
            Ok(digest)
        })
    }

    pub(super) fn open_table(
        &self,
        table: Table,
    ) -> Result<redb::ReadOnlyTable<&'static [u8], &'static [u8]>, IndexError> {
        Ok(self.transaction.open_table(table.definition)?)
    }

    pub(super) fn value<T>(
        &self,
        table: Table,
        key: &[u8],
        decode: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, IndexError> {
        guarded(|| {
            let opened = self.transaction.open_table(table.definition)?;
            let Some(value) = opened.get(key)? else {
                return Ok(None);
            };
            let content = open(table.name, key, value.value()).and_then(&decode);
            content.map(Some).ok_or(table.damaged())
        })
    }
}

pub(super) fn decode_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    rest.is_empty()
        .then(|| hashes.iter().map(|hash| Hash::from(*hash)).collect())
}

/// A panic of the engine means that the index is bad, not that an answer is.
pub(super) fn guarded<T>(run: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(IndexError::Panicked))
}
