//! What native requests have in common: DIDs and networks in paths, queries, large bodies.

use axum::extract::Request;
use did::Did;
use serde::de::DeserializeOwned;

use super::error::AtroposError;
use crate::app::App;
use crate::http::HttpError;
use crate::http::request::{Received, expect_json, form};

/// The DID in a path.
pub(super) fn did(text: &str) -> Result<Did, AtroposError> {
    Did::parse(text)
        .map_err(|error| AtroposError::malformed(None, format!("this is not a DID: {error}")))
}

/// The fields of a query: each at most once, and none that is not known.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(raw: Option<&str>, known: &[&str]) -> Result<Query, AtroposError> {
        let wrong = |reason: String| AtroposError::malformed(None, reason);
        let fields = form::parse(raw.unwrap_or_default().as_bytes())
            .map_err(|error| wrong(format!("the query cannot be read: {error}")))?;
        for (at, (name, _)) in fields.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                let takes = if known.is_empty() {
                    "none".into()
                } else {
                    known
                };
                return Err(wrong(format!(
                    "{name:?} is not a parameter of this path; it takes: {takes}"
                )));
            }
            if fields[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(wrong(format!("{name} is given twice")));
            }
        }
        Ok(Query(fields))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, AtroposError> {
        let number = |text: &str| {
            let canonical = text == "0" || !text.starts_with(['0', '+']);
            text.parse().ok().filter(|_| canonical).ok_or_else(|| {
                AtroposError::malformed(None, format!("{name} should be a number without a sign"))
            })
        };
        self.text(name).map(number).transpose()
    }

    /// A time, in Unix milliseconds.
    pub(super) fn time_ms(&self, name: &str) -> Result<Option<u64>, AtroposError> {
        self.text(name).map(|text| time_ms(name, text)).transpose()
    }
}

/// A time (RFC 3339), in Unix milliseconds.
pub(super) fn time_ms(name: &str, text: &str) -> Result<u64, AtroposError> {
    resolver::parse_time_ms(text).ok_or_else(|| {
        AtroposError::malformed(
            None,
            format!("{name} should be a time such as 2026-01-31T12:00:00Z"),
        )
    })
}

/// The network that is asked for; the only one that is served may be left out.
pub(super) fn network<'a>(app: &'a App, asked: Option<&'a str>) -> Result<&'a str, AtroposError> {
    let mut served = app.networks.iter();
    match (asked, served.next(), served.next()) {
        (Some(name), ..) => Ok(app.networks.by_name(name)?.namespace()),
        (None, Some(only), None) => Ok(only.namespace()),
        (None, ..) => {
            let names: Vec<_> = app.networks.iter().map(|one| one.namespace()).collect();
            let reason = format!("give network: one of {}", names.join(", "));
            Err(AtroposError::malformed(None, reason))
        }
    }
}

/// A request with a JSON body. Another type is refused before the body is read.
pub(super) async fn json_request(app: &App, request: Request) -> Result<Received, HttpError> {
    expect_json(request.headers())?;
    Received::read(&app.gate, request).await
}

/// A JSON body of a type.
pub(super) async fn json_body<T: DeserializeOwned>(
    app: &App,
    request: Request,
) -> Result<T, HttpError> {
    Ok(json_request(app, request).await?.typed()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(result: Result<impl std::fmt::Debug, AtroposError>) -> String {
        match result {
            Err(AtroposError::Malformed { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parameters_are_known_and_stand_once() {
        let known = ["after", "limit"];
        let query = Query::read(Some("after=7&limit=0"), &known).unwrap();
        assert_eq!(query.number("after"), Ok(Some(7)));
        assert_eq!(query.number("limit"), Ok(Some(0)));
        assert_eq!(query.text("network"), None);
        assert!(Query::read(None, &[]).is_ok());
        for (text, part) in [
            ("afer=1", "afer"),
            ("after=1&after=1", "twice"),
            ("a=%ff", "UTF-8"),
        ] {
            let reason = refused(Query::read(Some(text), &known));
            assert!(reason.contains(part), "{reason}");
        }
        for text in [
            "after=",
            "after=-1",
            "after=+1",
            "after=01",
            "after=1.0",
            "after=18446744073709551616",
        ] {
            let query = Query::read(Some(text), &known).unwrap();
            assert!(refused(query.number("after")).contains("after"), "{text}");
        }
    }

    #[test]
    fn times_and_dids_that_are_none_are_named() {
        let query = Query::read(Some("versionTime=noon"), &["versionTime"]).unwrap();
        assert!(refused(query.time_ms("versionTime")).contains("versionTime"));
        assert!(refused(did("did:web:example.org")).contains("not a DID"));
    }
}
