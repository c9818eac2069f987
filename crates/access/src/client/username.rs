//! The name of a client.

use std::fmt;

/// Characters of a username, at most.
pub const USERNAME_CHARS_MAX: usize = 128;

/// A client's name: 1 to 128 of `A-Z a-z 0-9 . _ @ + -`. Unique over all tenants, never changed, never given again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Username(pub(crate) String);

impl Username {
    /// The username in a text; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Username> {
        let fits = (1..=USERNAME_CHARS_MAX).contains(&text.len());
        let plain = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@' | b'+' | b'-')
        };
        // `.` and `..` would be steps in a path, not names.
        let named = !matches!(text, "." | "..");
        (fits && named && text.bytes().all(plain)).then(|| Username(text.to_owned()))
    }

    /// The username as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_fit_into_a_path_and_into_basic_authentication() {
        let longest = "a".repeat(USERNAME_CHARS_MAX);
        for text in ["api-user", "a", "A.b_c@example.org+1", &longest] {
            assert_eq!(Username::parse(text).unwrap().as_str(), text);
        }
        let too_long = "a".repeat(USERNAME_CHARS_MAX + 1);
        for text in ["", ".", "..", "a b", "a:b", "a/b", "ä", "a\n", &too_long] {
            assert_eq!(Username::parse(text), None, "{text:?}");
        }
    }
}
