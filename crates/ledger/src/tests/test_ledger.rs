//! A ledger in directories of this machine, for the tests of its life.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::world::{ORIGIN, log_signer, real_options};
use crate::recover::{Recovered, recover};
use crate::{Embedded, ImportError, ImportReport, OpenError, Options, Signers};
use proof::note::NoteSigner;

/// The name of a log that goes on after a loss.
pub(crate) const NEW_ORIGIN: &str = "ledger.test/2";

pub(crate) struct TestLedger {
    pub(crate) dir: TempDir,
    pub(crate) options: Options,
}

impl TestLedger {
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        Embedded::init(&place.options, &log_signer()).unwrap();
        place
    }

    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = real_options(dir.path());
        Self { dir, options }
    }

    pub(crate) fn open(&self) -> Embedded {
        self.open_with(log_signer()).unwrap()
    }

    pub(crate) fn open_with(&self, signers: impl Into<Signers>) -> Result<Embedded, OpenError> {
        Embedded::open(&self.options, signers)
    }

    pub(crate) fn refused(&self, signers: impl Into<Signers>) -> OpenError {
        self.open_with(signers).err().expect("this must not open")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Copies one of its directories under another name.
    pub(crate) fn keep(&self, name: &str, copy: &str) {
        copy_dir(&self.path(name), &self.path(copy));
    }

    /// Puts a kept copy in the place of one of its directories.
    pub(crate) fn restore_copy(&self, copy: &str, name: &str) {
        fs::remove_dir_all(self.path(name)).unwrap();
        copy_dir(&self.path(copy), &self.path(name));
    }

    /// Recovers it under the new name and opens it.
    pub(crate) fn recovered(&self, known: Option<&[u8]>) -> (Recovered, Embedded) {
        let recovered = recover(&self.options, &new_signer(), known).unwrap();
        (recovered, self.open_with(new_signer()).unwrap())
    }

    pub(crate) fn log(&self) -> Vec<u8> {
        fs::read(self.path("data/segment-00000000.log")).unwrap()
    }
}

/// The key of the log's next generation.
pub(crate) fn next_signer() -> NoteSigner {
    NoteSigner::from_seed(ORIGIN, &[43; 32]).unwrap()
}

/// The key of the log under its new name.
pub(crate) fn new_signer() -> NoteSigner {
    NoteSigner::from_seed(NEW_ORIGIN, &[44; 32]).unwrap()
}

pub(crate) fn import(ledger: &Embedded, bytes: &[u8]) -> Result<ImportReport, ImportError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(ledger.import(bytes))
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
