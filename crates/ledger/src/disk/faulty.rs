//! A disk in memory that fails, tears, fills up or loses power at a chosen call.
//!
//! Every file has a live image, which the process sees, and a durable one with the changes since its last sync. After a
//! power cut the durable image is left, with any part of the changes: each may be there, be missing, or be there in
//! some of its sectors. The same holds for names and the sync of their directory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile, SyncPoint};

const SECTOR: usize = 512;

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskFault {
    /// It fails and does nothing.
    Fail,
    /// A write does some of its sectors and fails; any other call fails.
    Tear,
    /// It and every later call fail: there is no power.
    PowerCut,
    /// It and every later write fail: there is no room.
    Full,
}

/// A disk whose behaviour follows from its seed and plan.
#[derive(Clone)]
pub(crate) struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

struct State {
    random: Random,
    calls: u64,
    plan: Option<(u64, DiskFault)>,
    struck: bool,
    ignored: Option<SyncPoint>,
    files: Vec<Image>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    name_changes: Vec<NameChange>,
    dirs: BTreeSet<PathBuf>,
    durable_dirs: BTreeSet<PathBuf>,
    locks: HashSet<PathBuf>,
}

#[derive(Clone, Default)]
struct Image {
    live: Vec<u8>,
    durable: Vec<u8>,
    changes: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Clone)]
enum NameChange {
    Add(PathBuf, usize),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl FaultyDisk {
    pub(crate) fn new(seed: u64) -> Self {
        let root = BTreeSet::from([PathBuf::from("/")]);
        let state = State {
            random: Random(seed.wrapping_mul(2).wrapping_add(1)),
            calls: 0,
            plan: None,
            struck: false,
            ignored: None,
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_changes: Vec::new(),
            dirs: root.clone(),
            durable_dirs: root,
            locks: HashSet::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Lets the n-th call from now, counted from 1, go wrong.
    pub(crate) fn plan(&self, call: u64, fault: DiskFault) {
        let mut state = self.lock_state();
        state.plan = Some((state.calls + call, fault));
        state.struck = false;
    }

    /// Makes every sync at this point do nothing.
    pub(crate) fn ignore(&self, point: SyncPoint) {
        self.lock_state().ignored = Some(point);
    }

    /// Whether the planned fault has happened.
    pub(crate) fn has_struck(&self) -> bool {
        self.lock_state().struck
    }

    /// What a new process finds when only the old one has died: everything that was written.
    pub(crate) fn after_kill(&self) -> Self {
        let state = self.lock_state();
        let mut random = state.random.clone();
        let next = Self::new(random.next());
        {
            let mut new = next.lock_state();
            new.files = state.files.clone();
            new.names = state.names.clone();
            new.durable_names = state.durable_names.clone();
            new.name_changes = state.name_changes.clone();
            new.dirs = state.dirs.clone();
            new.durable_dirs = state.durable_dirs.clone();
            new.ignored = state.ignored;
        }
        next
    }

    /// What is found when the power comes back: what was synced, and any part of the rest.
    pub(crate) fn after_power_cut(&self, seed: u64) -> Self {
        let state = self.lock_state();
        let mut random = Random(seed.wrapping_mul(2).wrapping_add(1));
        let next = Self::new(random.next());
        {
            let mut new = next.lock_state();
            new.ignored = state.ignored;
            new.files = state
                .files
                .iter()
                .map(|image| image.cut(&mut random))
                .collect();
            let mut names = state.durable_names.clone();
            for change in &state.name_changes {
                if random.one_of(2) {
                    change.apply(&mut names);
                }
            }
            let kept = |dir: &PathBuf| state.durable_dirs.contains(dir) || random.clone().one_of(2);
            new.dirs = state.dirs.iter().filter(|dir| kept(dir)).cloned().collect();
            let has_dir = |path: &Path| path.ancestors().skip(1).all(|dir| new.dirs.contains(dir));
            names.retain(|path, _| has_dir(path));
            new.durable_dirs = new.dirs.clone();
            new.durable_names = names.clone();
            new.names = names;
        }
        next
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a call. `Ok(Some(_))`: it goes wrong that way.
    fn call(&mut self) -> io::Result<Option<DiskFault>> {
        self.calls += 1;
        let Some((call, fault)) = self.plan else {
            return Ok(None);
        };
        if self.calls < call
            || (self.calls > call && matches!(fault, DiskFault::Fail | DiskFault::Tear))
        {
            return Ok(None);
        }
        if fault == DiskFault::PowerCut && self.calls > call {
            return Err(io::Error::other("there is no power"));
        }
        Ok(Some(fault))
    }

    fn strike(&mut self, fault: DiskFault) -> io::Error {
        self.struck = true;
        match fault {
            DiskFault::Fail | DiskFault::Tear => io::Error::other("the disk fails"),
            DiskFault::PowerCut => io::Error::other("there is no power"),
            DiskFault::Full => io::ErrorKind::StorageFull.into(),
        }
    }

    /// For calls that change something but write no bytes.
    fn change(&mut self) -> io::Result<()> {
        match self.call()? {
            Some(fault) => Err(self.strike(fault)),
            None => Ok(()),
        }
    }

    fn rename_durably(&mut self, dir: &Path) {
        let here = |path: &Path| path.parent() == Some(dir);
        let changes = std::mem::take(&mut self.name_changes);
        for change in changes {
            if here(change.path()) {
                change.apply(&mut self.durable_names);
            } else {
                self.name_changes.push(change);
            }
        }
        let made: Vec<PathBuf> = self
            .dirs
            .iter()
            .filter(|path| here(path))
            .cloned()
            .collect();
        self.durable_dirs.extend(made);
    }
}

impl NameChange {
    fn path(&self) -> &Path {
        match self {
            Self::Add(path, _) | Self::Remove(path) | Self::Rename(path, _) => path,
        }
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Add(path, file) => {
                names.insert(path.clone(), *file);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
            Self::Rename(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

impl Image {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.changes.push(change);
    }

    fn cut(&self, random: &mut Random) -> Self {
        let mut durable = self.durable.clone();
        for change in &self.changes {
            match (random.next() % 3, change) {
                (0, _) => {}
                (1, change) => change.apply(&mut durable),
                (_, Change::Write(offset, bytes)) => {
                    write_some(&mut durable, *offset, bytes, random)
                }
                (_, change) => change.apply(&mut durable),
            }
        }
        Self {
            live: durable.clone(),
            durable,
            changes: Vec::new(),
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(written);
            }
            Self::Length(length) => bytes.resize(*length, 0),
        }
    }
}

/// Some of the sectors of a write.
fn write_some(bytes: &mut Vec<u8>, offset: usize, written: &[u8], random: &mut Random) {
    let mut start = 0;
    while start < written.len() {
        let end = ((offset + start) / SECTOR * SECTOR + SECTOR - offset).min(written.len());
        if random.one_of(2) {
            Change::Write(offset + start, written[start..end].to_vec()).apply(bytes);
        }
        start = end;
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let state = self.lock_state();
        let file = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(FaultyFile {
            state: self.state.clone(),
            file,
        }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.lock_state();
        state.change()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Image::default());
        state.names.insert(path.to_owned(), file);
        state
            .name_changes
            .push(NameChange::Add(path.to_owned(), file));
        Ok(Arc::new(FaultyFile {
            state: self.state.clone(),
            file,
        }))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.change()?;
        state.dirs.insert(path.to_owned());
        Ok(())
    }

    fn has_dir(&self, path: &Path) -> bool {
        self.lock_state().dirs.contains(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.lock_state();
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        state.change()?;
        let change = NameChange::Rename(from.to_owned(), to.to_owned());
        change.apply(&mut state.names);
        state.name_changes.push(change);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock_state();
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change()?;
        let change = NameChange::Remove(path.to_owned());
        change.apply(&mut state.names);
        state.name_changes.push(change);
        Ok(())
    }

    fn sync_dir(&self, dir: &Path, point: SyncPoint) -> io::Result<()> {
        let mut state = self.lock_state();
        state.change()?;
        if state.ignored != Some(point) {
            state.rename_durably(dir);
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        if !self.lock_state().locks.insert(path.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(FaultyLock {
            state: self.state.clone(),
            path: path.to_owned(),
        }))
    }
}

struct FaultyFile {
    state: Arc<Mutex<State>>,
    file: usize,
}

impl FaultyFile {
    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for FaultyFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.lock_state().files[self.file].live.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.lock_state();
        let live = &state.files[self.file].live;
        let start = offset as usize;
        let bytes = live
            .get(start..start + buffer.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.lock_state();
        let fault = state.call()?;
        let whole = Change::Write(offset as usize, bytes.to_vec());
        match fault {
            None => {
                state.files[self.file].change(whole);
                Ok(())
            }
            Some(fault) => {
                if matches!(fault, DiskFault::Tear | DiskFault::PowerCut) {
                    let mut random = state.random.clone();
                    let mut torn = state.files[self.file].live.clone();
                    write_some(&mut torn, offset as usize, bytes, &mut random);
                    let end = torn.len().min(offset as usize + bytes.len());
                    let start = torn.len().min(offset as usize);
                    let part = Change::Write(start, torn[start..end].to_vec());
                    state.files[self.file].change(part);
                    state.random = random;
                }
                Err(state.strike(fault))
            }
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.lock_state();
        state.change()?;
        state.files[self.file].change(Change::Length(length as usize));
        Ok(())
    }

    fn sync(&self, point: SyncPoint) -> io::Result<()> {
        let mut state = self.lock_state();
        match state.call()? {
            Some(DiskFault::Full) | None => {}
            Some(fault) => return Err(state.strike(fault)),
        }
        if state.ignored != Some(point) {
            let image = &mut state.files[self.file];
            for change in std::mem::take(&mut image.changes) {
                change.apply(&mut image.durable);
            }
        }
        Ok(())
    }
}

struct FaultyLock {
    state: Arc<Mutex<State>>,
    path: PathBuf,
}

impl Drop for FaultyLock {
    fn drop(&mut self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .locks
            .remove(&self.path);
    }
}

/// Reproducible numbers (xorshift64*): which sectors survive follows from the seed that a failing test prints.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn one_of(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }
}
