//! Queries: each parameter once, and none that is not known.

use super::error::VaultFault;
use crate::http::request::form;

/// The parameters of a query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(raw: Option<&str>, known: &[&str]) -> Result<Query, VaultFault> {
        let fields = form::parse(raw.unwrap_or_default().as_bytes())
            .map_err(|error| VaultFault::parameter(format!("The query cannot be read: {error}")))?;
        for (at, (name, _)) in fields.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = known.join(", ");
                return Err(VaultFault::parameter(format!(
                    "The query takes these parameters alone: {known}"
                )));
            }
            if fields[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(VaultFault::parameter(format!("{name} is given twice")));
            }
        }
        Ok(Query(fields))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str())
    }

    /// A number from `least` to `most`, or `absent` where it is not given.
    pub(super) fn number(
        &self,
        name: &str,
        (least, most): (u64, u64),
        absent: u64,
    ) -> Result<u64, VaultFault> {
        let Some(text) = self.text(name) else {
            return Ok(absent);
        };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| {
                VaultFault::parameter(format!("{name} should be a number from {least} to {most}"))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_limits() {
        let query = |text| Query::read(Some(text), &["limit"]).ok().unwrap();
        let number = |text| query(text).number("limit", (1, 200), 50).ok();
        for (text, expected) in [
            ("", Some(50)),
            ("limit=1", Some(1)),
            ("limit=200", Some(200)),
            ("limit=0", None),
            ("limit=201", None),
            ("limit=+1", None),
            ("limit=", None),
            ("limit=99999999999999999999", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
        assert!(Query::read(Some("limit=1&limit=1"), &["limit"]).is_err());
        assert!(Query::read(Some("limits=1"), &["limit"]).is_err());
    }
}
