//! Which version is asked for.

use crate::error::InvalidOptions;
use crate::time;

/// Longest version id that is looked up, in bytes.
pub(crate) const VERSION_ID_BYTES_MAX: usize = 256;

/// The options of a resolution, as texts. At most one of them may be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// The version with this id.
    pub version_id: Option<&'a str>,
    /// The version that was the latest at this time (RFC 3339). A time without fractions means the end of its second,
    /// since that is how precisely `created` and `updated` are published: each of them finds its own version.
    pub version_time: Option<&'a str>,
}

/// Options that fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Latest,
    Version(String),
    At { time_ms: u64 },
}

impl Wanted {
    pub(crate) fn of(options: &Options<'_>) -> Result<Wanted, InvalidOptions> {
        match (options.version_id, options.version_time) {
            (None, None) => Ok(Wanted::Latest),
            (Some(_), Some(_)) => Err(InvalidOptions::Both),
            (Some(id), None) if (1..=VERSION_ID_BYTES_MAX).contains(&id.len()) => {
                Ok(Wanted::Version(did::normal_version_id(id)))
            }
            (Some(_), None) => Err(InvalidOptions::VersionId),
            (None, Some(time)) => {
                let time_ms = time::parse_ms(time).ok_or(InvalidOptions::VersionTime)?;
                Ok(Wanted::At { time_ms })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(
        version_id: Option<&str>,
        version_time: Option<&str>,
    ) -> Result<Wanted, InvalidOptions> {
        Wanted::of(&Options {
            version_id,
            version_time,
        })
    }

    #[test]
    fn one_way_to_choose_a_version_at_a_time() {
        assert_eq!(wanted(None, None), Ok(Wanted::Latest));
        assert_eq!(wanted(Some("AB"), None), Ok(Wanted::Version("ab".into())));
        assert_eq!(
            wanted(Some("a"), Some("2026-01-01T00:00:00Z")),
            Err(InvalidOptions::Both)
        );
        assert_eq!(wanted(Some(""), None), Err(InvalidOptions::VersionId));
        assert_eq!(
            wanted(Some(&"a".repeat(257)), None),
            Err(InvalidOptions::VersionId)
        );
        assert_eq!(
            wanted(None, Some("yesterday")),
            Err(InvalidOptions::VersionTime)
        );
        assert_eq!(
            wanted(None, Some("1970-01-01T00:00:01Z")),
            Ok(Wanted::At { time_ms: 1999 })
        );
    }
}
