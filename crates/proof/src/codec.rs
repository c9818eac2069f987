//! Writing and reading of length-prefixed fields. Numbers are big-endian.
//!
//! A field is a length of two bytes and that many bytes. Composite values (lists, options, entries of lists) are fields
//! whose content follows a fixed layout, so that a reader always knows where each part ends.

use thiserror::Error;

use crate::{Hash, NetworkId};

/// What is wrong with the bytes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FieldProblem {
    /// The bytes end before the field does.
    #[error("ends too early")]
    Truncated,
    /// Bytes are left over after the last part of the field.
    #[error("is followed by bytes that do not belong to it")]
    TrailingBytes,
    /// A part of fixed width has another width.
    #[error("does not have the width of its type")]
    WrongWidth,
    /// A byte that selects a case has none of the values in use.
    #[error("has a value without a meaning")]
    UnknownValue,
    /// Text is empty, too long, or has characters that are not allowed.
    #[error("is not text of the kind and length that is allowed here")]
    InvalidText,
    /// A list or a run of bytes is empty where it may not be, or longer than allowed.
    #[error("has a length outside its limits")]
    InvalidLength,
    /// Entries are not in strictly ascending order, or one is listed twice.
    #[error("is not in strictly ascending order")]
    NotAscending,
    /// The leaf inside is neither an operation of this DID nor an import that holds one.
    #[error("does not hold an operation of this DID")]
    NoOperation,
    /// The value contradicts another field of the same leaf.
    #[error("contradicts another field")]
    Contradiction,
}

/// Collects fields. A field that is too long for its length field is remembered and reported at the end.
pub(crate) struct Writer {
    bytes: Vec<u8>,
    overlong: bool,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            overlong: false,
        }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn field(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.raw(bytes);
    }

    /// A field whose content is written by `content`.
    pub(crate) fn nested(&mut self, content: impl FnOnce(&mut Writer)) {
        let mut inner = Writer::new();
        content(&mut inner);
        self.overlong |= inner.overlong;
        self.field(&inner.bytes);
    }

    /// A field holding a count of two bytes and every entry as a separate field.
    pub(crate) fn list<T>(&mut self, entries: &[T], mut entry: impl FnMut(&mut Writer, &T)) {
        self.nested(|list| {
            list.length(entries.len());
            for value in entries {
                list.nested(|w| entry(w, value));
            }
        });
    }

    /// A field holding one byte 0, or one byte 1 and the content.
    pub(crate) fn option<T>(&mut self, value: Option<&T>, content: impl FnOnce(&mut Writer, &T)) {
        self.nested(|w| match value {
            None => w.raw(&[0]),
            Some(value) => {
                w.raw(&[1]);
                content(w, value);
            }
        });
    }

    fn length(&mut self, len: usize) {
        self.overlong |= len > usize::from(u16::MAX);
        self.raw(&(len as u16).to_be_bytes());
    }

    /// Number of bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes, or `None` if a field or a list was too long for its length.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        (!self.overlong).then_some(self.bytes)
    }
}

/// Takes bytes apart from front to back; never reads past the end.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn raw(&mut self, len: usize) -> Result<&'a [u8], FieldProblem> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(FieldProblem::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FieldProblem> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(FieldProblem::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, FieldProblem> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, FieldProblem> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, FieldProblem> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn hash(&mut self) -> Result<Hash, FieldProblem> {
        self.array().map(Hash::new)
    }

    pub(crate) fn field(&mut self) -> Result<&'a [u8], FieldProblem> {
        let len = self.u16()?;
        self.raw(usize::from(len))
    }

    /// Everything that is left.
    pub(crate) fn remainder(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    pub(crate) fn end(&self) -> Result<(), FieldProblem> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(FieldProblem::TrailingBytes)
        }
    }

    /// A field whose whole content is read by `content`.
    pub(crate) fn nested<T>(
        &mut self,
        content: impl FnOnce(&mut Reader<'a>) -> Result<T, FieldProblem>,
    ) -> Result<T, FieldProblem> {
        let mut inner = Reader::new(self.field()?);
        let value = content(&mut inner)?;
        inner.end()?;
        Ok(value)
    }

    /// A field of exactly `N` bytes.
    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], FieldProblem> {
        self.field()?
            .try_into()
            .map_err(|_| FieldProblem::WrongWidth)
    }

    pub(crate) fn u16_field(&mut self) -> Result<u16, FieldProblem> {
        self.fixed().map(u16::from_be_bytes)
    }

    pub(crate) fn u32_field(&mut self) -> Result<u32, FieldProblem> {
        self.fixed().map(u32::from_be_bytes)
    }

    pub(crate) fn u64_field(&mut self) -> Result<u64, FieldProblem> {
        self.fixed().map(u64::from_be_bytes)
    }

    pub(crate) fn hash_field(&mut self) -> Result<Hash, FieldProblem> {
        self.fixed().map(Hash::new)
    }

    pub(crate) fn network_id_field(&mut self) -> Result<NetworkId, FieldProblem> {
        self.fixed().map(NetworkId::new)
    }

    pub(crate) fn text_field(&mut self) -> Result<String, FieldProblem> {
        let bytes = self.field()?;
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| FieldProblem::InvalidText)
    }

    /// A list as [`Writer::list`] writes it.
    pub(crate) fn list<T>(
        &mut self,
        mut entry: impl FnMut(&mut Reader<'a>) -> Result<T, FieldProblem>,
    ) -> Result<Vec<T>, FieldProblem> {
        self.nested(|list| {
            let count = list.u16()?;
            // Grows as entries are read: the count alone reserves nothing.
            let mut entries = Vec::new();
            for _ in 0..count {
                entries.push(list.nested(&mut entry)?);
            }
            Ok(entries)
        })
    }

    /// An option as [`Writer::option`] writes it.
    pub(crate) fn option<T>(
        &mut self,
        content: impl FnOnce(&mut Reader<'a>) -> Result<T, FieldProblem>,
    ) -> Result<Option<T>, FieldProblem> {
        self.nested(|r| match r.u8()? {
            0 => Ok(None),
            1 => content(r).map(Some),
            _ => Err(FieldProblem::UnknownValue),
        })
    }
}

/// `Ok` if `text` has 1 to `max_bytes` visible ASCII characters (no spaces).
pub(crate) fn check_visible_ascii(text: &str, max_bytes: usize) -> Result<(), FieldProblem> {
    let fits = (1..=max_bytes).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        Ok(())
    } else {
        Err(FieldProblem::InvalidText)
    }
}

/// `Ok` if `len` lies within `limits`.
pub(crate) fn check_length(
    len: usize,
    limits: std::ops::RangeInclusive<usize>,
) -> Result<(), FieldProblem> {
    if limits.contains(&len) {
        Ok(())
    } else {
        Err(FieldProblem::InvalidLength)
    }
}

/// `Ok` if the keys rise strictly, so that none is listed twice.
pub(crate) fn check_ascending<T: Ord>(
    keys: impl IntoIterator<Item = T>,
) -> Result<(), FieldProblem> {
    if keys.into_iter().is_sorted_by(|a, b| a < b) {
        Ok(())
    } else {
        Err(FieldProblem::NotAscending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lists_and_options_have_the_documented_layout() {
        let mut w = Writer::new();
        w.field(b"ab");
        w.list(&[b"x".as_slice(), b"".as_slice()], |w, entry| w.raw(entry));
        w.option(None::<&u8>, |w, byte| w.raw(&[*byte]));
        w.option(Some(&7), |w, byte| w.raw(&[*byte]));
        let expected = [
            [0, 2, b'a', b'b'].as_slice(),
            &[0, 7, 0, 2, 0, 1, b'x', 0, 0],
            &[0, 1, 0],
            &[0, 2, 1, 7],
        ]
        .concat();
        assert_eq!(w.finish(), Some(expected));
    }

    #[test]
    fn a_field_too_long_for_its_length_is_reported() {
        let mut w = Writer::new();
        w.nested(|inner| inner.field(&[0; 65_536]));
        assert_eq!(w.finish(), None);
        let mut w = Writer::new();
        w.list(&[(); 65_536], |_, ()| {});
        assert_eq!(w.finish(), None);
    }

    #[test]
    fn reading_refuses_every_wrong_shape() {
        let read = |bytes: &[u8]| Reader::new(bytes).list(Reader::u8);
        assert_eq!(read(&[0, 5, 0, 1, 0, 1, 9]), Ok(vec![9]));
        assert_eq!(read(&[0, 6, 0, 1, 0, 1, 9]), Err(FieldProblem::Truncated));
        assert_eq!(
            read(&[0, 6, 0, 1, 0, 1, 9, 9]),
            Err(FieldProblem::TrailingBytes)
        );
        assert_eq!(
            read(&[0, 6, 0, 1, 0, 2, 9, 9]),
            Err(FieldProblem::TrailingBytes)
        );
        assert_eq!(read(&[0, 2, 255, 255]), Err(FieldProblem::Truncated));
        assert_eq!(
            Reader::new(&[0, 1, 2]).option(Reader::u8),
            Err(FieldProblem::UnknownValue)
        );
        assert_eq!(
            Reader::new(&[0, 2, 0, 0]).option(Reader::u8),
            Err(FieldProblem::TrailingBytes)
        );
        assert_eq!(
            Reader::new(&[0, 1, 1]).u16_field(),
            Err(FieldProblem::WrongWidth)
        );
        assert_eq!(
            Reader::new(&[0, 1, 0xff]).text_field(),
            Err(FieldProblem::InvalidText)
        );
    }
}
