//! Which version is requested.

use uuid::Uuid;

use crate::error::{InvalidOptions, VERSION_ID_BYTES_MAX};

/// By whose rules options are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// Those of DID Resolution v1.
    #[default]
    Standard,
    /// Those of the cheqd resolver, for clients from before: version ids are UUIDs, both options may be given and must
    /// then both hold, and a time may have an offset, a fraction, or be written in other ways.
    Legacy,
}

/// The options that choose a version, as texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options<'a> {
    /// The version with this id.
    pub version_id: Option<&'a str>,
    /// The version that was the latest at this time. A time without fractions means the end of its second, since that
    /// is how precisely `created` and `updated` are published: each of them finds its own version.
    pub version_time: Option<&'a str>,
    /// By whose rules they are read.
    pub rules: Rules,
}

/// Options that fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Latest,
    Version(String),
    At {
        time_ms: u64,
    },
    /// The version with this id, if it existed at that time.
    VersionBy {
        id: String,
        time_ms: u64,
    },
}

impl Wanted {
    pub(crate) fn of(options: &Options<'_>) -> Result<Wanted, InvalidOptions> {
        let rules = options.rules;
        let id = options.version_id.map(|id| version_id(id, rules));
        let time_ms = options.version_time.map(|time| time_ms(time, rules));
        match (id.transpose()?, time_ms.transpose()?) {
            (None, None) => Ok(Wanted::Latest),
            (Some(id), None) => Ok(Wanted::Version(id)),
            (None, Some(time_ms)) => Ok(Wanted::At { time_ms }),
            (Some(_), Some(_)) if rules == Rules::Standard => Err(InvalidOptions::Both),
            (Some(id), Some(time_ms)) => Ok(Wanted::VersionBy { id, time_ms }),
        }
    }
}

fn version_id(text: &str, rules: Rules) -> Result<String, InvalidOptions> {
    let fits = match rules {
        Rules::Standard => (1..=VERSION_ID_BYTES_MAX).contains(&text.len()) && text.is_ascii(),
        Rules::Legacy => is_uuid(text),
    };
    fits.then(|| did::normal_version_id(text))
        .ok_or(InvalidOptions::VersionId)
}

/// Whether a text is a UUID in its usual form.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

pub(crate) fn time_ms(text: &str, rules: Rules) -> Result<u64, InvalidOptions> {
    let time_ms = match rules {
        Rules::Standard => clock::parse_utc_ms(text),
        Rules::Legacy => clock::parse_any_ms(text),
    };
    time_ms.ok_or(InvalidOptions::VersionTime)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(
        version_id: Option<&str>,
        version_time: Option<&str>,
        rules: Rules,
    ) -> Result<Wanted, InvalidOptions> {
        Wanted::of(&Options {
            version_id,
            version_time,
            rules,
        })
    }

    #[test]
    fn one_way_to_choose_a_version_at_a_time() {
        let wanted = |id, time| wanted(id, time, Rules::Standard);
        assert_eq!(wanted(None, None), Ok(Wanted::Latest));
        assert_eq!(wanted(Some("AB"), None), Ok(Wanted::Version("ab".into())));
        let time = Some("2026-01-01T00:00:00Z");
        assert_eq!(wanted(Some("a"), time), Err(InvalidOptions::Both));
        let long = "a".repeat(257);
        for id in ["", "é", &long] {
            assert_eq!(wanted(Some(id), None), Err(InvalidOptions::VersionId));
        }
        for time in ["yesterday", "2026-01-01T00:00:00.5Z", "2026-01-01"] {
            let found = wanted(None, Some(time));
            assert_eq!(found, Err(InvalidOptions::VersionTime), "{time}");
        }
        assert_eq!(
            wanted(None, Some("1970-01-01T00:00:01Z")),
            Ok(Wanted::At { time_ms: 1999 })
        );
    }

    #[test]
    fn older_clients_may_give_both() {
        let id = "11111111-1111-4111-8111-111111111111";
        let wanted = |id, time| wanted(id, time, Rules::Legacy);
        assert_eq!(
            wanted(Some(id), Some("1970-01-01T00:00:00.5Z")),
            Ok(Wanted::VersionBy {
                id: id.into(),
                time_ms: 500
            })
        );
        let braced = format!("{{{}}}", &id[..34]);
        let simple = id.replace('-', "");
        for id in ["a", &simple, &braced] {
            let found = wanted(Some(id), None);
            assert_eq!(found, Err(InvalidOptions::VersionId), "{id}");
        }
    }
}
