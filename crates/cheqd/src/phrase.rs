//! The file with the payer's phrase.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cosmos::{InvalidPayerKey, PayerKey};
use thiserror::Error;
use zeroize::Zeroizing;

/// More than the longest phrase, so that a longer file is refused and not cut.
const FILE_BYTES_MAX: usize = 1024;

/// Why there is no payer. Contains nothing of the phrase.
#[derive(Debug, Error)]
pub enum PhraseError {
    /// The file cannot be read.
    #[error("the payer's phrase in {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Users other than its owner can read it.
    #[error(
        "the payer's phrase in {path} is readable for other users (mode {mode:04o}): chmod 600 {path}"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds no phrase.
    #[error("the file {path} holds no phrase of a payer: {source}")]
    Phrase {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidPayerKey,
    },
}

/// Reads the payer from a file with the words of its phrase, which only its owner may read.
///
/// # Errors
/// [`PhraseError`].
pub fn read_payer(path: &Path) -> Result<PayerKey, PhraseError> {
    let read = |source| PhraseError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(read)?;
    let mode = file.metadata().map_err(read)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let path = path.to_owned();
        return Err(PhraseError::Open { path, mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX));
    let mut file = file.take(FILE_BYTES_MAX as u64);
    file.read_to_string(&mut text).map_err(read)?;
    let mut phrase = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX));
    for word in text.split_whitespace() {
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(word);
    }
    PayerKey::from_phrase(&phrase).map_err(|source| PhraseError::Phrase {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payer");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_phrase_is_read_over_lines_and_from_a_closed_file_alone() {
        let phrase = format!("{}about", "abandon ".repeat(11));
        let expected = PayerKey::from_phrase(&phrase).unwrap().address();
        let (_folder, path) = file(&phrase.replacen(' ', "\n ", 3), 0o600);
        assert_eq!(read_payer(&path).unwrap().address(), expected);

        let (_folder, path) = file(&phrase, 0o640);
        let refused = read_payer(&path).err().unwrap();
        assert!(matches!(refused, PhraseError::Open { mode: 0o640, .. }));

        let (_folder, path) = file("abandon secret", 0o600);
        let refused = read_payer(&path).err().unwrap().to_string();
        assert!(refused.contains("words") && !refused.contains("secret"));
    }
}
