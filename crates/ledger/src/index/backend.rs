//! The index file in checksummed blocks.
//!
//! redb verifies the checksums of its pages only when it repairs a file, so a flipped bit could be served as an answer.
//! Here every block carries a checksum of its content and number, and a block that does not match is an error.

use std::fmt;
use std::io;
use std::sync::Arc;

use redb::StorageBackend;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::disk::{DiskFile, SyncPoint};

const BLOCK: usize = 4096;
const CHECKSUM: usize = 8;
const STORED: usize = BLOCK + CHECKSUM;

/// A file of blocks, each stored with its checksum behind it. A block of zeros alone has never been written.
pub(super) struct Blocks {
    file: Arc<dyn DiskFile>,
}

impl Blocks {
    pub(super) fn new(file: Arc<dyn DiskFile>) -> Self {
        Self { file }
    }

    /// Reads whole blocks, `first` to the one before `end`, and checks each.
    fn read_blocks(&self, first: u64, end: u64) -> io::Result<Vec<u8>> {
        let count = usize::try_from(end - first).map_err(io::Error::other)?;
        let mut stored = vec![0; count * STORED];
        self.file
            .read_exact_at(&mut stored, first * STORED as u64)?;
        for (number, block) in (first..end).zip(stored.chunks_exact(STORED)) {
            check(number, block)?;
        }
        Ok(stored)
    }

    fn write_blocks(&self, first: u64, blocks: &mut [u8]) -> io::Result<()> {
        for (number, block) in (first..).zip(blocks.chunks_exact_mut(STORED)) {
            let (content, stored) = block.split_at_mut(BLOCK);
            stored.copy_from_slice(&checksum(number, content).to_be_bytes());
        }
        self.file.write_all_at(blocks, first * STORED as u64)
    }
}

impl StorageBackend for Blocks {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.length()? / STORED as u64 * BLOCK as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (first, end) = blocks_of(offset, out.len());
        let stored = self.read_blocks(first, end)?;
        copy(&stored, offset, out.len(), |block, range, place| {
            out[place].copy_from_slice(&block[range])
        });
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        if !length.is_multiple_of(BLOCK as u64) {
            return Err(io::Error::other("the index grows by whole blocks only"));
        }
        self.file.set_len(length / BLOCK as u64 * STORED as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync(SyncPoint::Index)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let (first, end) = blocks_of(offset, data.len());
        let whole = offset.is_multiple_of(BLOCK as u64) && data.len().is_multiple_of(BLOCK);
        let mut stored = if whole {
            vec![0; (end - first) as usize * STORED]
        } else {
            self.read_blocks(first, end)?
        };
        for (number, block) in stored.chunks_exact_mut(STORED).enumerate() {
            let start = (first + number as u64) * BLOCK as u64;
            let from = offset.max(start);
            let until = (offset + data.len() as u64).min(start + BLOCK as u64);
            let source = &data[(from - offset) as usize..(until - offset) as usize];
            block[(from - start) as usize..(until - start) as usize].copy_from_slice(source);
        }
        self.write_blocks(first, &mut stored)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocks")
    }
}

fn blocks_of(offset: u64, length: usize) -> (u64, u64) {
    (
        offset / BLOCK as u64,
        (offset + length as u64).div_ceil(BLOCK as u64),
    )
}

/// Yields each stored block with the requested range of it and its position in the caller's buffer.
fn copy(
    stored: &[u8],
    offset: u64,
    length: usize,
    mut take: impl FnMut(&[u8], std::ops::Range<usize>, std::ops::Range<usize>),
) {
    let mut place = 0;
    let mut within = (offset % BLOCK as u64) as usize;
    for block in stored.chunks_exact(STORED) {
        let count = (BLOCK - within).min(length - place);
        take(block, within..within + count, place..place + count);
        place += count;
        within = 0;
    }
}

fn check(number: u64, stored: &[u8]) -> io::Result<()> {
    let (content, sum) = stored.split_at(BLOCK);
    if sum == checksum(number, content).to_be_bytes() || stored.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("block {number} of the index is damaged"),
    ))
}

fn checksum(number: u64, content: &[u8]) -> u64 {
    xxh3_64_with_seed(content, number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::disk::faulty::FaultyDisk;
    use std::path::Path;

    fn blocks() -> (Blocks, Arc<dyn DiskFile>) {
        let file = FaultyDisk::new(1).create(Path::new("/index")).unwrap();
        let blocks = Blocks::new(file.clone());
        blocks.set_len(4 * BLOCK as u64).unwrap();
        (blocks, file)
    }

    #[test]
    fn what_is_written_is_read_at_any_offset() {
        let (blocks, _) = blocks();
        for (offset, length) in [(0, 320), (4096, 4096), (4000, 5000), (8192, 8192), (1, 1)] {
            let data: Vec<u8> = (0..length)
                .map(|i| (i * 7 + offset as usize) as u8)
                .collect();
            blocks.write(offset, &data).unwrap();
            let mut read = vec![0; length];
            blocks.read(offset, &mut read).unwrap();
            assert_eq!(read, data, "{offset} {length}");
        }
    }

    #[test]
    fn every_flipped_bit_of_a_block_is_an_error() {
        let (blocks, file) = blocks();
        blocks.write(BLOCK as u64, &[7; BLOCK]).unwrap();
        for number in [0, 1] {
            for bit in 0..STORED * 8 {
                let place = (number * STORED + bit / 8) as u64;
                let mut byte = [0];
                file.read_exact_at(&mut byte, place).unwrap();
                file.write_all_at(&[byte[0] ^ 1 << (bit % 8)], place)
                    .unwrap();
                assert!(
                    blocks.read((number * BLOCK) as u64, &mut [0; 16]).is_err(),
                    "block {number}, bit {bit}"
                );
                file.write_all_at(&byte, place).unwrap();
            }
        }
    }

    #[test]
    fn a_block_in_another_place_is_an_error() {
        let (blocks, file) = blocks();
        blocks.write(0, &[1; BLOCK]).unwrap();
        let mut stored = vec![0; STORED];
        file.read_exact_at(&mut stored, 0).unwrap();
        file.write_all_at(&stored, STORED as u64).unwrap();
        assert!(blocks.read(BLOCK as u64, &mut [0; 1]).is_err());
    }
}
