//! Looks for a secret in everything that a server has written, however it may be written down.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Shortest piece of raw bytes that counts as a find: 16 of 32 bytes do not come about by chance.
const PIECE_BYTES: usize = 16;
/// Multicodec of an Ed25519 private key, in front of it in multibase.
const ED25519_PRIVATE: [u8; 2] = [0x80, 0x26];

/// A secret in every form that is looked for.
pub struct Needles(Vec<(&'static str, Vec<u8>)>);

impl Needles {
    /// The forms of an Ed25519 seed, alone or followed by its public key.
    pub fn of_seed(seed: &[u8; 32], public_key: &[u8; 32]) -> Self {
        let pair = [seed.as_slice(), public_key].concat();
        let coded = |key: &[u8]| [ED25519_PRIVATE.as_slice(), key].concat();
        let mut forms = vec![
            ("raw", seed[..PIECE_BYTES].to_vec()),
            ("raw", seed[PIECE_BYTES..].to_vec()),
            ("hex", hex::encode(seed).into_bytes()),
            ("hex", hex::encode_upper(seed).into_bytes()),
            ("base58", bs58::encode(seed).into_vec()),
            ("base58", bs58::encode(&pair).into_vec()),
            ("multibase", bs58::encode(coded(seed)).into_vec()),
            ("multibase", bs58::encode(coded(&pair)).into_vec()),
            ("decimal list", decimal(seed, ",")),
            ("decimal list", decimal(seed, ", ")),
        ];
        for (name, alphabet) in [("base64", STANDARD), ("base64url", URL_SAFE)] {
            let engine = GeneralPurpose::new(&alphabet, NO_PAD);
            forms.extend((0..3).map(|shift| (name, shifted(&engine, seed, shift))));
        }
        Self(forms)
    }

    /// The names of the forms.
    pub fn forms(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (*name, bytes.as_slice()))
    }

    /// The first form that is in these bytes.
    pub fn find(&self, haystack: &[u8]) -> Option<&'static str> {
        self.forms()
            .find(|(_, needle)| contains(haystack, needle))
            .map(|(name, _)| name)
    }

    /// Every file below a folder that holds one of the forms, with its name.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn find_below(&self, folder: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
        let mut found = Vec::new();
        for path in files_below(folder)? {
            found.extend(self.find(&fs::read(&path)?).map(|form| (path, form)));
        }
        Ok(found)
    }
}

/// Every file below a folder.
///
/// # Errors
/// A folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let list = if entry.file_type()?.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(entry.path());
        }
    }
    Ok(files)
}

/// How the seed reads inside a longer text in base64, `shift` bytes behind a group of three: without the characters
/// that also depend on its neighbours.
fn shifted(engine: &GeneralPurpose, seed: &[u8], shift: usize) -> Vec<u8> {
    let text = engine.encode([&vec![0; shift], seed].concat()).into_bytes();
    let bits = 8 * (shift + seed.len());
    text[(8 * shift).div_ceil(6)..bits / 6].to_vec()
}

fn decimal(seed: &[u8], separator: &str) -> Vec<u8> {
    let numbers: Vec<String> = seed.iter().map(u8::to_string).collect();
    numbers.join(separator).into_bytes()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((first, _)) = needle.split_first() else {
        return true;
    };
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = *b"\xff\x00seed of thirty-two bytes\x9e\x81 nd\x07";

    #[test]
    fn every_form_is_found_inside_other_bytes() {
        let needles = Needles::of_seed(&SEED, &[3; 32]);
        let engine = base64::engine::general_purpose::STANDARD;
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let pair = [SEED, [3; 32]].concat();
        let in_front = |count: usize| [vec![0xa5; count], SEED.to_vec(), vec![0x5a; 5]].concat();
        let mut texts = vec![
            SEED.to_vec(),
            SEED[16..].to_vec(),
            hex::encode(SEED).into_bytes(),
            hex::encode_upper(&pair).into_bytes(),
            bs58::encode(SEED).into_vec(),
            bs58::encode(&pair).into_vec(),
            format!(
                "z{}",
                bs58::encode([&[0x80, 0x26], &SEED[..]].concat()).into_string()
            )
            .into_bytes(),
            format!("{SEED:?}").into_bytes(),
        ];
        for count in 0..4 {
            texts.push(engine.encode(in_front(count)).into_bytes());
            texts.push(url.encode(in_front(count)).into_bytes());
        }
        for text in texts {
            let haystack = [b"{\"key\":\"".as_slice(), &text, b"\"}"].concat();
            assert!(
                needles.find(&haystack).is_some(),
                "{}",
                String::from_utf8_lossy(&haystack)
            );
        }
    }

    #[test]
    fn another_seed_is_not_found() {
        let needles = Needles::of_seed(&SEED, &[3; 32]);
        let mut other = SEED;
        other[10] ^= 1;
        other[20] ^= 1;
        let text = format!(
            "{} {other:?} {}",
            hex::encode(other),
            bs58::encode(other).into_string()
        );
        assert_eq!(needles.find(&[text.as_bytes(), &other].concat()), None);
    }
}
