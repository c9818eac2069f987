//! What native requests have in common: DIDs and networks in paths, queries, large bodies.

use axum::extract::Request;
use did::Did;
use serde_json::Value;

use super::error::NativeError;
use crate::app::App;
use crate::dialect::cheqd_studio::{StudioError, media_type, read_body};
use crate::http::request::form;
use crate::http::request::json;

/// The DID in a path.
pub(super) fn did(text: &str) -> Result<Did, NativeError> {
    Did::parse(text)
        .map_err(|error| NativeError::malformed(None, format!("this is not a DID: {error}")))
}

/// The fields of a query: each at most once, and none that is not known.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(raw: Option<&str>, known: &[&str]) -> Result<Query, NativeError> {
        let wrong = |reason: String| NativeError::malformed(None, reason);
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

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, NativeError> {
        let number = |text: &str| {
            let canonical = text == "0" || !text.starts_with(['0', '+']);
            text.parse().ok().filter(|_| canonical).ok_or_else(|| {
                NativeError::malformed(None, format!("{name} should be a number without a sign"))
            })
        };
        self.text(name).map(number).transpose()
    }

    /// A time, in Unix milliseconds.
    pub(super) fn time_ms(&self, name: &str) -> Result<Option<u64>, NativeError> {
        self.text(name).map(|text| time_ms(name, text)).transpose()
    }
}

/// A time (RFC 3339), in Unix milliseconds.
pub(super) fn time_ms(name: &str, text: &str) -> Result<u64, NativeError> {
    resolver::parse_time_ms(text).ok_or_else(|| {
        NativeError::malformed(
            None,
            format!("{name} should be a time such as 2026-01-31T12:00:00Z"),
        )
    })
}

/// The network that is asked for; the only one that is served may be left out.
pub(super) fn network<'a>(app: &'a App, asked: Option<&'a str>) -> Result<&'a str, NativeError> {
    let mut served = app.networks.iter();
    match (asked, served.next(), served.next()) {
        (Some(name), ..) => Ok(app.networks.by_name(name)?.namespace()),
        (None, Some(only), None) => Ok(only.namespace()),
        (None, ..) => {
            let names: Vec<_> = app.networks.iter().map(|one| one.namespace()).collect();
            let reason = format!("give network: one of {}", names.join(", "));
            Err(NativeError::malformed(None, reason))
        }
    }
}

/// A JSON body of a type that has its own limit.
pub(super) async fn json_body(
    app: &App,
    request: Request,
    bytes_max: usize,
) -> Result<Value, NativeError> {
    if media_type(request.headers()).as_deref() != Some("application/json") {
        return Err(NativeError::Body(StudioError::Other {
            status: axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            text: "Content-Type should be application/json".into(),
        }));
    }
    let body = read_body(request.into_body(), bytes_max).await?;
    json::parse(&body, app.limits.json_depth)
        .map_err(|error| NativeError::malformed(None, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(result: Result<impl std::fmt::Debug, NativeError>) -> String {
        match result {
            Err(NativeError::Malformed { reason, .. }) => reason,
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
