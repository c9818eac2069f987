//! Passwords of clients: Argon2id (RFC 9106), parameters as OWASP recommends them.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::ClientError;
use crate::error::AccessError;

/// Bytes of a password, at least.
pub const PASSWORD_BYTES_MIN: usize = 8;

/// Bytes of a password, at most.
pub const PASSWORD_BYTES_MAX: usize = 256;

const SALT_BYTES: usize = 16;
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What a damaged row may ask for, at most.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 64;
const LANES_MAX: u32 = 16;

/// A password that was just given. Neither printable nor cloneable; wiped when dropped.
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password in a text; `None` when it does not have 8 to 256 bytes, or has control characters.
    #[must_use]
    pub fn parse(text: Zeroizing<String>) -> Option<Password> {
        let fits = (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&text.len());
        (fits && !text.chars().any(char::is_control)).then_some(Password(text))
    }

    /// Hashes it. Takes some 20 ms of one processor, on purpose: call it on a thread that may block.
    ///
    /// # Errors
    /// [`AccessError::NoRandomness`], [`ClientError::NoMemory`].
    pub fn hash(&self) -> Result<PasswordHash, ClientError> {
        let mut hash = PasswordHash::of_no_client();
        getrandom::fill(&mut hash.salt).map_err(AccessError::NoRandomness)?;
        hash.hash = *derive(&hash, self.0.as_bytes()).ok_or(ClientError::NoMemory)?;
        Ok(hash)
    }
}

/// What is kept of a password. Not printable.
pub struct PasswordHash {
    pub(crate) salt: [u8; SALT_BYTES],
    pub(crate) hash: [u8; 32],
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

impl PasswordHash {
    /// Used where no client has the name, so that the time it takes discloses nothing. No password is known whose hash
    /// is all zeros.
    pub(crate) fn of_no_client() -> PasswordHash {
        PasswordHash {
            salt: [0; SALT_BYTES],
            hash: [0; 32],
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
        }
    }

    /// Whether it is the very same: hashed at the same time, from the same password.
    pub(crate) fn same_as(&self, other: &PasswordHash) -> bool {
        self.salt == other.salt && self.hash == other.hash
    }

    /// Whether a text is the password; `None` when that cannot be worked out here.
    pub(crate) fn matches(&self, text: &str) -> Option<bool> {
        // A longer one was never accepted; the work is done all the same.
        let bytes = text.as_bytes();
        let fits = bytes.len() <= PASSWORD_BYTES_MAX;
        let derived = derive(self, &bytes[..bytes.len().min(PASSWORD_BYTES_MAX)])?;
        Some(fits & bool::from(derived.ct_eq(&self.hash)))
    }
}

fn derive(hash: &PasswordHash, password: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let sane =
        hash.memory_kib <= MEMORY_KIB_MAX && hash.passes <= PASSES_MAX && hash.lanes <= LANES_MAX;
    if !sane {
        return None;
    }
    let mut out = Zeroizing::new([0; 32]);
    let params = Params::new(hash.memory_kib, hash.passes, hash.lanes, Some(out.len())).ok()?;
    // Given by us so that it is wiped: the hash can be worked out from what remains in it.
    let mut memory: Zeroizing<Vec<Block>> = Zeroizing::new(Vec::new());
    memory.try_reserve_exact(params.block_count()).ok()?;
    memory.resize(params.block_count(), Block::default());
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, &hash.salt, out.as_mut_slice(), &mut *memory)
        .ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Option<Password> {
        Password::parse(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn the_right_password_matches_and_no_other() {
        let text = "p".repeat(PASSWORD_BYTES_MAX);
        let hash = password(&text).unwrap().hash().unwrap();
        assert_eq!(hash.matches(&text), Some(true));
        for other in ["", "p", &text[1..], &format!("{text}p")] {
            assert_eq!(hash.matches(other), Some(false), "{other:?}");
        }
        let again = password(&text).unwrap().hash().unwrap();
        assert_ne!((again.salt, again.hash), (hash.salt, hash.hash));
    }

    #[test]
    fn an_unknown_name_costs_the_same_and_has_no_password() {
        let unknown = PasswordHash::of_no_client();
        let real = password("correct horse").unwrap().hash().unwrap();
        assert_eq!(unknown.matches("correct horse"), Some(false));
        let cost = |hash: &PasswordHash| (hash.memory_kib, hash.passes, hash.lanes);
        assert_eq!(cost(&unknown), cost(&real));
    }

    #[test]
    fn a_damaged_row_cannot_ask_for_all_memory() {
        let mut hash = PasswordHash::of_no_client();
        hash.memory_kib = u32::MAX;
        assert_eq!(hash.matches("x"), None);
    }

    #[test]
    fn passwords_have_limits() {
        for text in ["1234567", "", "1234567\n8", &"x".repeat(257)] {
            assert!(password(text).is_none(), "{text:?}");
        }
        assert!(password("12345678").is_some());
    }
}
