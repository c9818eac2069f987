//! `application/x-www-form-urlencoded` (WHATWG URL, section 5), for bodies and query strings.

use thiserror::Error;

/// Most fields of one form.
pub const FIELDS_MAX: usize = 256;

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormError {
    /// Text that is not UTF-8 once it is decoded.
    #[error("the form is not UTF-8")]
    NotUtf8,
    /// More fields than [`FIELDS_MAX`].
    #[error("the form has more than {FIELDS_MAX} fields")]
    TooManyFields,
}

/// Decodes a form into its fields, in their order.
///
/// # Errors
/// See [`FormError`]. A `%` without two hexadecimal digits stands for itself, as the standard says.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, FormError> {
    let fields = bytes
        .split(|byte| *byte == b'&')
        .filter(|field| !field.is_empty());
    let mut list = Vec::new();
    for field in fields {
        if list.len() == FIELDS_MAX {
            return Err(FormError::TooManyFields);
        }
        let (name, value) = match field.iter().position(|byte| *byte == b'=') {
            Some(at) => (&field[..at], &field[at + 1..]),
            None => (field, &[][..]),
        };
        list.push((decode(name)?, decode(value)?));
    }
    Ok(list)
}

fn decode(bytes: &[u8]) -> Result<String, FormError> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return String::from_utf8(out).map_err(|_| FormError::NotUtf8),
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(nibble(*high) << 4 | nibble(*low));
                tail
            }
            [b'+', tail @ ..] => {
                out.push(b' ');
                tail
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_decoded_in_order() {
        let fields = parse(b"a=1&b=x+y%2Cz&a=2&&c&=d&e=%zz%4&f=%C3%a9=").unwrap();
        let expected = [
            ("a", "1"),
            ("b", "x y,z"),
            ("a", "2"),
            ("c", ""),
            ("", "d"),
            ("e", "%zz%4"),
            ("f", "é="),
        ];
        assert_eq!(
            fields,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(parse(b""), Ok(vec![]));
    }

    #[test]
    fn wrong_text_and_floods_are_refused() {
        assert_eq!(parse(b"a=%ff"), Err(FormError::NotUtf8));
        assert!(parse("a&".repeat(FIELDS_MAX).as_bytes()).is_ok());
        assert_eq!(
            parse("a&".repeat(FIELDS_MAX + 1).as_bytes()),
            Err(FormError::TooManyFields)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_fields_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
