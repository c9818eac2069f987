//! Quoted texts as Go's `strconv.Unquote` reads them, which is how the ledger tells inline JSON from an id.

/// The text inside double quotes or back-quotes, or `None` if it is not quoted properly.
///
/// Escapes that make something else than UTF-8 are refused, where Go would let the JSON parser repair them.
pub(crate) fn unquote(text: &str) -> Option<String> {
    if let Some(inner) = text
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'))
    {
        return (!inner.contains('`')).then(|| inner.replace('\r', ""));
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut rest = inner.as_bytes();
    let mut bytes = Vec::with_capacity(inner.len());
    while let Some((&first, tail)) = rest.split_first() {
        rest = match first {
            b'"' | b'\n' => return None,
            b'\\' => escape(tail, &mut bytes)?,
            _ => {
                bytes.push(first);
                tail
            }
        };
    }
    String::from_utf8(bytes).ok()
}

/// Reads what follows a backslash.
fn escape<'a>(rest: &'a [u8], bytes: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&kind, tail) = rest.split_first()?;
    let simple = match kind {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'"' => kind,
        b'x' => {
            let (value, tail) = number(tail, 2, 16)?;
            bytes.push(u8::try_from(value).ok()?);
            return Some(tail);
        }
        b'0'..=b'7' => {
            let (value, tail) = number(rest, 3, 8)?;
            bytes.push(u8::try_from(value).ok()?);
            return Some(tail);
        }
        b'u' => return character(tail, 4, bytes),
        b'U' => return character(tail, 8, bytes),
        _ => return None,
    };
    bytes.push(simple);
    Some(tail)
}

fn character<'a>(rest: &'a [u8], digits: usize, bytes: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (value, tail) = number(rest, digits, 16)?;
    let character = char::from_u32(value)?;
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(tail)
}

fn number(rest: &[u8], digits: usize, radix: u32) -> Option<(u32, &[u8])> {
    let (head, tail) = rest.split_at_checked(digits)?;
    let mut value = 0_u32;
    for digit in head {
        value = value
            .checked_mul(radix)?
            .checked_add(char::from(*digit).to_digit(radix)?)?;
    }
    Some((value, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        for (quoted, text) in [
            (r#""""#, Some("")),
            (r#""{\"id\":\"x\"}""#, Some(r#"{"id":"x"}"#)),
            ("`{\"id\":\"\\n\"}`", Some(r#"{"id":"\n"}"#)),
            ("`a\r\nb`", Some("a\nb")),
            (
                r#""\a\b\f\n\r\t\v\\\"""#,
                Some("\u{7}\u{8}\u{c}\n\r\t\u{b}\\\""),
            ),
            (r#""\x41\102\u00e9\U0001F600é""#, Some("ABé😀é")),
            (r#""\xc3\xa9""#, Some("é")),
            ("", None),
            ("\"", None),
            ("`", None),
            ("plain", None),
            (r#""a"b""#, None),
            (r#""a\""#, None),
            ("\"a\nb\"", None),
            (r#""\'""#, None),
            (r#""\/""#, None),
            (r#""\x4""#, None),
            (r#""\400""#, None),
            (r#""\18""#, None),
            (r#""\ud800""#, None),
            (r#""\U00110000""#, None),
            (r#""\uFFFFFFFF""#, Some("\u{ffff}FFFF")),
            (r#""\xff""#, None),
            ("`a`b`", None),
        ] {
            assert_eq!(unquote(quoted).as_deref(), text, "{quoted}");
        }
    }
}
