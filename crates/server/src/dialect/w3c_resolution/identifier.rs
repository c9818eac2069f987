//! Which DID or DID URL a request names (DID Resolution v1, HTTP(S) binding).

use std::borrow::Cow;

use axum::http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::problem::{ErrorKind, Problem};
use crate::http::request::form;

/// What stands in front of every identifier.
pub(super) const PREFIX: &str = "/1.0/identifiers/";

/// The encodings of `:`, `/`, `?` and `#`: whoever encodes any of them has encoded the identifier.
const DELIMITERS: [&str; 4] = ["%3a", "%2f", "%3f", "%23"];

/// What `encodeURIComponent` encodes, so that an encoded identifier looks as clients write it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The identifier of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identifier<'a> {
    /// The DID or DID URL.
    pub(super) text: Cow<'a, str>,
    /// The query of the request, where it holds options: then the identifier is encoded. Otherwise a query belongs to
    /// the DID URL.
    options: Option<&'a str>,
    writing: Writing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    Plain,
    Encoded,
}

impl<'a> Identifier<'a> {
    /// Takes the identifier out of the address of a request.
    pub(super) fn of(uri: &'a Uri) -> Result<Identifier<'a>, Problem> {
        let path = uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let query = uri.query();
        if path.contains('%') && is_encoded(path) {
            let text = percent_decode_str(path).decode_utf8();
            let text = text.map_err(|_| {
                Problem::new(ErrorKind::InvalidDidUrl, "the identifier is not UTF-8")
            })?;
            return Ok(Identifier {
                text,
                options: query,
                writing: Writing::Encoded,
            });
        }
        let path = unreserved_decoded(path);
        let text = match query {
            Some(query) => Cow::Owned(format!("{path}?{query}")),
            None => path,
        };
        Ok(Identifier {
            text,
            options: None,
            writing: Writing::Plain,
        })
    }

    /// The options in the address.
    pub(super) fn options(&self) -> Result<Vec<(String, String)>, Problem> {
        let Some(query) = self.options else {
            return Ok(Vec::new());
        };
        form::parse(query.as_bytes())
            .map_err(|error| Problem::new(ErrorKind::InvalidOptions, error.to_string()))
    }

    /// Whether it is a DID, if it is anything, and nothing is said beside it.
    pub(super) fn is_bare(&self) -> bool {
        self.options.is_none_or(str::is_empty) && !self.text.contains(['/', '?', '#'])
    }

    /// The address of the same with another DID.
    pub(super) fn address_of(&self, did: &str) -> String {
        let end = self.text.find(['/', '?', '#']).unwrap_or(self.text.len());
        let text = format!("{did}{}", &self.text[end..]);
        let query = self.options.map(|options| format!("?{options}"));
        let text = match self.writing {
            Writing::Plain => text,
            Writing::Encoded => utf8_percent_encode(&text, ENCODED).to_string(),
        };
        format!("{PREFIX}{text}{}", query.unwrap_or_default())
    }
}

fn is_encoded(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    DELIMITERS.iter().any(|encoded| path.contains(encoded))
}

/// RFC 3986, section 6.2.2.2: what never needs to be encoded means the same when it is.
fn unreserved_decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut parts = path.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)) {
            Some(byte) => {
                out.push(char::from(byte));
                out.push_str(&part[2..]);
            }
            None => {
                out.push('%');
                out.push_str(part);
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> (String, Option<String>) {
        let uri: Uri = format!("{PREFIX}{address}").parse().unwrap();
        let identifier = Identifier::of(&uri).unwrap();
        let options = identifier.options.map(str::to_owned);
        (identifier.text.into_owned(), options)
    }

    #[test]
    fn an_encoded_identifier_leaves_the_query_to_options() {
        for (address, text, options) in [
            ("did:x:y", "did:x:y", None),
            ("did:x:y?a=b", "did:x:y?a=b", None),
            ("did:x:y/p/q?a=%2F", "did:x:y/p/q?a=%2F", None),
            ("did:x:%79%2Dz", "did:x:y-z", None),
            ("did%3Ax%3Ay", "did:x:y", None),
            ("did%3ax%3ay?a=b", "did:x:y", Some("a=b")),
            ("did%3Ax%3Ay/p?a=b", "did:x:y/p", Some("a=b")),
            ("did:x:y%23z?a=b", "did:x:y#z", Some("a=b")),
            ("did%3Ax%3Ay%3Fc%3D%252F?a=b", "did:x:y?c=%2F", Some("a=b")),
            ("did:x:%zz", "did:x:%zz", None),
            ("", "", None),
        ] {
            let found = of(address);
            assert_eq!(
                found,
                (text.into(), options.map(str::to_owned)),
                "{address}"
            );
        }
        let uri: Uri = format!("{PREFIX}did%3A%ff").parse().unwrap();
        assert!(Identifier::of(&uri).is_err());
    }

    #[test]
    fn another_did_stands_where_the_first_one_stood() {
        for (address, expected) in [
            ("did:x:y", "new"),
            ("did:x:y?a=b", "new?a=b"),
            ("did%3Ax%3Ay%23z?a=b", "new%23z?a=b"),
            ("did:x:y/p?a=%2F", "new/p?a=%2F"),
        ] {
            let uri: Uri = format!("{PREFIX}{address}").parse().unwrap();
            let identifier = Identifier::of(&uri).unwrap();
            assert_eq!(identifier.address_of("new"), format!("{PREFIX}{expected}"));
        }
    }
}
