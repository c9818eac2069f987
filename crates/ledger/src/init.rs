//! Making a ledger: explicit, whole or not at all.

use std::path::Path;

use proof::leaf::{Genesis, Leaf, LogKey};
use proof::note::NoteSigner;
use proof::{Hash, NetworkId};

use crate::disk::{Disk, SyncPoint};
use crate::embedded::Embedded;
use crate::error::{InitError, OpenError};
use crate::guard::{Guard, GuardedHead};
use crate::identity::{Identity, RULE_SET, limits_in_force};
use crate::log::{Frame, NEW_SUFFIX, Position, SEGMENT_HEADER_BYTES, SegmentHeader, segment_name};
use crate::options::{LOCK_FILE, Options};
use crate::signers::sign;
use crate::tip::Tip;
use clock::now_ms;

impl Embedded {
    /// Makes the ledger: the first segment with the genesis leaf and the state of no DIDs, and the head guard.
    ///
    /// The segment gets its name only when the guard is durable, so that a crash leaves either nothing that counts, or
    /// a guard and a complete segment that the next start puts in its place. That last name need not be durable.
    ///
    /// # Errors
    /// [`InitError::Exists`] when there is data or a guard already; nothing is changed then.
    pub fn init(options: &Options, signer: &NoteSigner) -> Result<(), InitError> {
        let disk = options.disk.as_ref();
        make_dir(disk, &options.data)?;
        make_dir(disk, &options.guard)?;
        let _locks = [hold(disk, &options.data)?, hold(disk, &options.guard)?];
        let names = data_names(disk, &options.data)?;
        if names.first_segment {
            return Err(InitError::Exists(options.data.join(segment_name(0))));
        }
        if Guard::exists(disk, &options.guard)? {
            return Err(InitError::Exists(Guard::path(&options.guard)));
        }
        let new_segment = options.data.join(segment_name(0) + NEW_SUFFIX);
        if names.new_segment {
            disk.remove(&new_segment)?;
        }
        let first = FirstSegment::new(&options.namespace, signer)?;
        let file = disk.create(&new_segment)?;
        file.write_all_at(&first.bytes, 0)?;
        file.sync(SyncPoint::NewLog)?;
        disk.sync_dir(&options.data, SyncPoint::NewLogName)?;
        Guard::create(disk, &options.guard, &first.head)
            .map_err(|error| InitError::Guard(Box::new(error)))?;
        disk.rename(&new_segment, &options.data.join(segment_name(0)))?;
        Ok(())
    }

    /// Whether there is anything of a ledger in these directories.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn exists(options: &Options) -> std::io::Result<bool> {
        let disk = options.disk.as_ref();
        Ok(data_names(disk, &options.data)?.first_segment || Guard::exists(disk, &options.guard)?)
    }
}

/// What a data directory holds of a log.
pub(crate) struct DataNames {
    pub(crate) first_segment: bool,
    pub(crate) new_segment: bool,
}

pub(crate) fn data_names(disk: &dyn Disk, data: &Path) -> std::io::Result<DataNames> {
    let names = disk.list(data)?;
    let new = segment_name(0) + NEW_SUFFIX;
    Ok(DataNames {
        first_segment: names.contains(&segment_name(0)),
        new_segment: names.contains(&new),
    })
}

pub(crate) fn make_dir(disk: &dyn Disk, dir: &Path) -> std::io::Result<()> {
    if disk.has_dir(dir) {
        return Ok(());
    }
    let above = dir
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    make_dir(disk, above)?;
    disk.create_dir(dir)?;
    disk.sync_dir(above, SyncPoint::DirectoryName)
}

/// A crash after the guard was made and before the segment had its name: gives it the name, once the guard's own name
/// is durable.
pub(crate) fn finish_init(options: &Options) -> Result<(), OpenError> {
    let disk = options.disk.as_ref();
    let names = data_names(disk, &options.data)?;
    if !names.first_segment && names.new_segment && Guard::exists(disk, &options.guard)? {
        disk.sync_dir(&options.guard, SyncPoint::NewGuardName)?;
        let name = options.data.join(segment_name(0));
        disk.rename(&options.data.join(segment_name(0) + NEW_SUFFIX), &name)?;
    }
    Ok(())
}

struct FirstSegment {
    bytes: Vec<u8>,
    head: GuardedHead,
}

impl FirstSegment {
    fn new(namespace: &str, signer: &NoteSigner) -> Result<Self, InitError> {
        let mut network_id = [0; 32];
        getrandom::fill(&mut network_id).map_err(|error| InitError::Random(error.to_string()))?;
        let genesis = Genesis {
            network_id: NetworkId::from(network_id),
            namespace: namespace.to_owned(),
            origin: signer.name().to_owned(),
            created_ms: now_ms(),
            rule_set: RULE_SET,
            log_keys: vec![LogKey::ed25519(&signer.public_key())],
            limits: limits_in_force(),
            predecessor: None,
        };
        let created_ms = genesis.created_ms;
        let identity = Identity::of(&genesis).map_err(|error| InitError::Names(Box::new(error)))?;
        let genesis = Leaf::Genesis(genesis)
            .encode()
            .map_err(|error| InitError::Names(Box::new(error)))?;
        let state = Leaf::State(Tip::empty_state_leaf(&identity, created_ms));
        let state = state
            .encode()
            .map_err(|error| InitError::Names(Box::new(error)))?;
        Self::assemble(&identity, [genesis, state], signer)
    }

    fn assemble(
        identity: &Identity,
        leaves: [Vec<u8>; 2],
        signer: &NoteSigner,
    ) -> Result<Self, InitError> {
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| Leaf::hash_of(leaf)).collect();
        let root = proof::merkle::root_of(&hashes);
        let header = SegmentHeader {
            number: 0,
            network_id: *identity.network_id.as_bytes(),
            first_sequence: 0,
            first_index: 0,
            previous: Hash::from([0; 32]),
        };
        let frame = Frame {
            sequence: 0,
            first_index: 0,
            previous: header.previous,
            leaves: leaves.into(),
        };
        let (frame_bytes, frame_hash) = frame.encode();
        let mut bytes = header.encode();
        bytes.extend_from_slice(&frame_bytes);
        let position = Position {
            segment: 0,
            frame_start: SEGMENT_HEADER_BYTES,
            end: bytes.len() as u64,
            sequence: 0,
            frame_hash,
        };
        let size = hashes.len() as u64;
        let checkpoint = sign(identity, size, root, &[signer])
            .map_err(|error| InitError::Names(Box::new(error)))?;
        let head = GuardedHead::new(identity, size, root, position, checkpoint);
        Ok(Self { bytes, head })
    }
}

fn hold(disk: &dyn Disk, dir: &Path) -> Result<Box<dyn Send + Sync>, InitError> {
    let path = dir.join(LOCK_FILE);
    disk.lock(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => InitError::InUse(path),
        _ => InitError::Io(error),
    })
}
