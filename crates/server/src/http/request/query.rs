//! Queries: each parameter once, and none that the route does not declare.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::form;
use crate::http::description::RouteFacts;
use crate::http::error::Refusal;
use crate::http::layer::Context;

/// The query of a request as it came. Handlers read it when it is its turn: who asks comes first in most dialects.
#[derive(Debug)]
pub struct RawParameters {
    raw: Option<String>,
    route: Option<Arc<RouteFacts>>,
}

impl<S: Sync> FromRequestParts<S> for RawParameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<RawParameters, Infallible> {
        Ok(RawParameters::of(parts))
    }
}

impl RawParameters {
    /// Those of a request.
    pub fn of(parts: &Parts) -> RawParameters {
        let context = parts.extensions.get::<Context>();
        RawParameters {
            raw: parts.uri.query().map(str::to_owned),
            route: context.and_then(|context| context.route.clone()),
        }
    }

    /// The parameters, which must be those that the description of the route names.
    ///
    /// # Errors
    /// [`Refusal::Query`], [`Refusal::UnknownParameter`], [`Refusal::RepeatedParameter`].
    pub fn read(&self) -> Result<Query, Refusal> {
        let known = self.route.as_ref().map_or(&[][..], |route| &route.query);
        Query::read(self.raw.as_deref(), known)
    }
}

/// The parameters of a query.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl Query {
    fn read(raw: Option<&str>, known: &[String]) -> Result<Query, Refusal> {
        let fields = form::parse(raw.unwrap_or_default().as_bytes())
            .map_err(|error| Refusal::Query(error.to_string()))?;
        for (at, (name, _)) in fields.iter().enumerate() {
            if !known.contains(name) {
                return Err(Refusal::UnknownParameter {
                    name: name.clone(),
                    known: known.to_vec(),
                });
            }
            if fields[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Refusal::RepeatedParameter(name.clone()));
            }
        }
        Ok(Query(fields))
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str())
    }

    /// A parameter as what `parse` makes of it.
    ///
    /// # Errors
    /// [`Refusal::Parameter`], saying that it should be what is `expected`.
    pub fn parsed<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let wrong = || Refusal::Parameter {
            name: name.to_owned(),
            expected: expected.to_owned(),
        };
        self.text(name)
            .map(|text| parse(text).ok_or_else(wrong))
            .transpose()
    }

    /// A number in its canonical form.
    ///
    /// # Errors
    /// [`Refusal::Parameter`].
    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.parsed(name, "a number without a sign", |text| {
            let canonical = text == "0" || !text.starts_with(['0', '+']);
            text.parse().ok().filter(|_| canonical)
        })
    }

    /// A number from `least` to `most`, with or without zeros before it.
    ///
    /// # Errors
    /// [`Refusal::Parameter`].
    pub fn number_within(
        &self,
        name: &str,
        (least, most): (u64, u64),
    ) -> Result<Option<u64>, Refusal> {
        self.parsed(name, &format!("a number from {least} to {most}"), |text| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number.filter(|number| (least..=most).contains(number))
        })
    }

    /// A time (RFC 3339), in Unix milliseconds.
    ///
    /// # Errors
    /// [`Refusal::Parameter`].
    pub fn time_ms(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.parsed(
            name,
            "a time such as 2026-01-31T12:00:00Z",
            resolver::parse_time_ms,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, Refusal> {
        Query::read(Some(text), &["after".to_owned(), "limit".to_owned()])
    }

    #[test]
    fn parameters_are_declared_and_stand_once() {
        let read = query("after=7").unwrap();
        assert_eq!((read.text("after"), read.text("limit")), (Some("7"), None));
        assert!(Query::read(None, &[]).is_ok());
        for (text, part) in [
            (
                "afer=1",
                "\"afer\" is not a parameter of this path; it takes: after, limit",
            ),
            ("after=1&after=1", "after is given twice"),
            ("a=%ff", "UTF-8"),
        ] {
            let refusal = query(text).unwrap_err().to_string();
            assert!(refusal.contains(part), "{refusal}");
        }
        let none = Query::read(Some("a=1"), &[]).unwrap_err().to_string();
        assert!(none.ends_with("it takes: none"), "{none}");
    }

    #[test]
    fn numbers_and_times_have_one_form() {
        let number = |text| query(text).unwrap().number("limit").ok();
        let within = |text| query(text).unwrap().number_within("limit", (1, 200)).ok();
        for (text, canonical, bounded) in [
            ("", Some(None), Some(None)),
            ("limit=0", Some(Some(0)), None),
            ("limit=1", Some(Some(1)), Some(Some(1))),
            ("limit=200", Some(Some(200)), Some(Some(200))),
            ("limit=201", Some(Some(201)), None),
            ("limit=01", None, Some(Some(1))),
            ("limit=+1", None, None),
            ("limit=-1", None, None),
            ("limit=1.0", None, None),
            ("limit=", None, None),
            ("limit=18446744073709551616", None, None),
        ] {
            assert_eq!((number(text), within(text)), (canonical, bounded), "{text}");
        }
        assert!(query("after=noon").unwrap().time_ms("after").is_err());
    }
}
