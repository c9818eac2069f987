//! How findings are put together and printed: the form of the ledger's validation library.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// What is wrong with one field.
#[derive(Debug)]
pub(crate) enum Issue {
    Text(String),
    Fields(Issues),
}

impl Issue {
    pub(crate) fn text(text: impl Display) -> Self {
        Self::Text(text.to_string())
    }

    pub(crate) fn blank() -> Self {
        Self::text("cannot be blank")
    }
}

impl From<Issues> for Issue {
    fn from(issues: Issues) -> Self {
        Self::Fields(issues)
    }
}

/// What is wrong with the fields of one message, or with the elements of one list.
///
/// Prints as `key: text; key: text.`, keys sorted as text, nested ones in brackets.
#[derive(Debug, Default)]
pub(crate) struct Issues(BTreeMap<String, Issue>);

impl Issues {
    /// Records the error of `key`, or returns the value.
    pub(crate) fn note<T, I: Into<Issue>>(
        &mut self,
        key: impl Into<String>,
        result: Result<T, I>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(issue) => {
                self.0.insert(key.into(), issue.into());
                None
            }
        }
    }

    pub(crate) fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Display for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, issue)) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            match issue {
                Issue::Text(text) => write!(f, "{separator}{key}: {text}")?,
                Issue::Fields(fields) => write!(f, "{separator}{key}: ({fields})")?,
            }
        }
        f.write_str(".")
    }
}

/// Checks every element; the keys are the indexes.
pub(crate) fn each<T, U>(
    list: &[T],
    check: impl Fn(&T) -> Result<U, Issue>,
) -> Result<Vec<U>, Issue> {
    let mut issues = Issues::default();
    let values = list
        .iter()
        .enumerate()
        .filter_map(|(at, item)| issues.note(at.to_string(), check(item)))
        .collect();
    issues.into_result()?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_sorted_and_nested() {
        let list = each(&[true; 12], |_| Err::<(), _>(Issue::text("bad")))
            .map(|_| ())
            .unwrap_err();
        let mut issues = Issues::default();
        issues.note("z", Err::<(), _>(Issue::blank()));
        issues.note("a", Err::<(), _>(list));
        assert_eq!(
            issues.to_string(),
            "a: (0: bad; 1: bad; 10: bad; 11: bad; 2: bad; 3: bad; 4: bad; 5: bad; 6: bad; 7: bad; 8: bad; 9: bad.); \
             z: cannot be blank."
        );
    }
}
