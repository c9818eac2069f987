//! Writing of batches into the tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use proof::Hash;
use proof::state::Status;
use redb::{ReadableTable, WriteTransaction};

use super::frozen::decode_hashes;
use super::overlay::{BatchChanges, DidChange};
use super::record::{HeadRecord, IndexPosition, open, seal};
use super::table::{
    BITS, CHECKPOINT, CHUNK_BYTES, DIDS, EVIDENCE, FRAMES, HEAD, IndexError, NAMED, NODES,
    POSITION, POSITION_KEY, RESOURCES, TILES, Table, VERSION, VERSION_ID, did_key, named_key,
    tile_key, version_key,
};

/// Levels of the log's tree between one level of tiles and the next: a tile has 2^8 hashes.
const TILE_LEVELS: u8 = 8;

/// Everything that batches change, but for the position.
pub(super) fn all(
    transaction: &WriteTransaction,
    batches: &[Arc<BatchChanges>],
) -> Result<(), IndexError> {
    let mut dids = Writing::open(transaction, DIDS)?;
    let mut resources = Writing::open(transaction, RESOURCES)?;
    let mut nodes = Writing::open(transaction, NODES)?;
    let mut evidence = Writing::open(transaction, EVIDENCE)?;
    let mut frames = Writing::open(transaction, FRAMES)?;
    let mut named = Writing::open(transaction, NAMED)?;
    for batch in batches {
        for change in &batch.dids {
            write_did(&mut dids, change)?;
            for (key, value) in change
                .resources
                .iter()
                .flat_map(|one| one.rows(&change.key))
            {
                resources.insert(&key, value)?;
            }
            if let Some(found) = &change.evidence {
                evidence.insert(&found.operation.index.to_be_bytes(), found.encode())?;
            }
        }
        for one in &batch.named {
            let key = named_key(&one.signer, &one.subject);
            named.insert(&key, one.did.as_bytes().to_vec())?;
        }
        for (path, node) in &batch.nodes {
            nodes.insert(path.as_bytes(), node.encode())?;
        }
        let frame = &batch.frame;
        frames.insert(&frame.first_index.to_be_bytes(), frame.encode())?;
    }
    write_tiles(&mut Writing::open(transaction, TILES)?, batches)?;
    write_bits(&mut Writing::open(transaction, BITS)?, batches)
}

/// How far the index has come, and the signed checkpoint of it: empty in the middle of a replay.
pub(super) fn position(
    transaction: &WriteTransaction,
    position: &IndexPosition,
    checkpoint: &str,
) -> Result<(), IndexError> {
    Writing::open(transaction, POSITION)?.insert(POSITION_KEY, position.encode())?;
    Writing::open(transaction, CHECKPOINT)?.insert(POSITION_KEY, checkpoint.as_bytes().to_vec())
}

/// The head holds the newest version; each version before it is a separate record from when it is superseded.
fn write_did(dids: &mut Writing<'_>, change: &DidChange) -> Result<(), IndexError> {
    let head = did_key(&change.key, HEAD, &[]);
    let newest_before = dids.value(&head, HeadRecord::decode)?;
    let versions = newest_before.iter().map(|head| &head.latest);
    let superseded = versions
        .chain(&change.versions)
        .filter(|version| version.sequence < change.head.latest.sequence);
    for version in superseded {
        let sequence = version.sequence.to_be_bytes();
        let key = did_key(&change.key, VERSION, &sequence);
        dids.insert(&key, version.encode())?;
        let key = did_key(&change.key, VERSION_ID, &version_key(&version.version_id));
        dids.insert(&key, sequence.to_vec())?;
    }
    dids.insert(&head, change.head.encode())
}

/// Tiles only grow at their end.
fn write_tiles(tiles: &mut Writing<'_>, batches: &[Arc<BatchChanges>]) -> Result<(), IndexError> {
    let mut grown: BTreeMap<(u8, u64), Vec<(usize, Hash)>> = BTreeMap::new();
    for (at, hash) in batches.iter().flat_map(|batch| &batch.subtrees) {
        if at.level.is_multiple_of(TILE_LEVELS) {
            let (tile, place) = (at.index >> TILE_LEVELS, at.index & 0xff);
            let hashes = grown.entry((at.level / TILE_LEVELS, tile)).or_default();
            hashes.push((place as usize, *hash));
        }
    }
    for ((level, index), added) in grown {
        let key = tile_key(level, index);
        let mut hashes = match added.first() {
            Some((0, _)) => Vec::new(),
            _ => tiles.value(&key, decode_hashes)?.unwrap_or_default(),
        };
        for (place, hash) in added {
            if place != hashes.len() {
                return Err(TILES.damaged());
            }
            hashes.push(hash);
        }
        let bytes = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        tiles.insert(&key, bytes)?;
    }
    Ok(())
}

fn write_bits(bits: &mut Writing<'_>, batches: &[Arc<BatchChanges>]) -> Result<(), IndexError> {
    let mut deactivated: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for change in batches.iter().flat_map(|batch| &batch.dids) {
        if matches!(change.head.value.status, Status::Deactivated { .. }) {
            let width = CHUNK_BYTES as u64 * 8;
            let ordinal = change.head.value.ordinal;
            let places = deactivated.entry(ordinal / width).or_default();
            places.push((ordinal % width) as usize);
        }
    }
    for (number, places) in deactivated {
        let key = number.to_be_bytes();
        let found = bits.value(&key, |bytes| bytes.try_into().ok())?;
        let mut chunk: [u8; CHUNK_BYTES] = found.unwrap_or([0; CHUNK_BYTES]);
        for place in places {
            chunk[place / 8] |= 0x80 >> (place % 8);
        }
        bits.insert(&key, chunk.to_vec())?;
    }
    Ok(())
}

/// A table opened for writing, whose values are sealed.
struct Writing<'t> {
    table: Table,
    opened: redb::Table<'t, &'static [u8], &'static [u8]>,
}

impl<'t> Writing<'t> {
    fn open(transaction: &'t WriteTransaction, table: Table) -> Result<Self, IndexError> {
        let opened = transaction.open_table(table.definition)?;
        Ok(Self { table, opened })
    }

    fn insert(&mut self, key: &[u8], content: Vec<u8>) -> Result<(), IndexError> {
        let sealed = seal(self.table.name, key, content);
        self.opened.insert(key, sealed.as_slice())?;
        Ok(())
    }

    fn value<T>(
        &self,
        key: &[u8],
        decode: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, IndexError> {
        let Some(value) = self.opened.get(key)? else {
            return Ok(None);
        };
        let content = open(self.table.name, key, value.value()).and_then(decode);
        content.map(Some).ok_or(self.table.damaged())
    }
}
