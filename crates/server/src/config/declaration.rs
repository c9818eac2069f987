//! What is declared of a setting: flags, environment variables, the example file and `docs/settings.md` follow from it.

/// One setting.
pub struct Setting {
    /// Its name with its table, such as `limits.body_bytes`.
    pub name: &'static str,
    /// What it does. The first sentence is its help text.
    pub documentation: &'static str,
    /// What a text from the environment or the command line becomes.
    pub kind: Kind,
    /// What the example file shows.
    pub shown: Shown,
    /// Where it may be given.
    pub source: Source,
}

/// A table of settings: what their names begin with, what it is about, and its settings in the order of the example
/// file.
pub struct Table {
    pub prefix: &'static str,
    #[cfg(test)]
    pub about: &'static str,
    pub settings: &'static [Setting],
}

/// The form of a value.
#[derive(Clone, Copy)]
pub enum Kind {
    Text,
    /// Texts; commas separate them in the environment and on the command line.
    List,
    /// A whole number between two others.
    Number(i64, i64),
}

/// A value as it is written in TOML.
pub enum Shown {
    /// The value of a setting that is not given.
    Default(&'static str),
    /// A value of a setting that has no default, or one that depends on the machine or on other settings.
    Example(&'static str),
}

/// Where a setting may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the file, in the environment and on the command line.
    Anywhere,
    /// Only in the file: its table is named by a network.
    File,
    /// Only in the environment: command lines are public on a machine, and files get copied.
    Environment,
}

impl Table {
    /// Its name in the file; empty for the settings that are in none.
    pub fn name(&self) -> &'static str {
        self.prefix.trim_end_matches('.')
    }
}

impl Setting {
    /// The name without its table.
    pub fn key(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// The flag, without its dashes: `limits-body-bytes`.
    pub fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// The environment variable: `ATROPOS_LIMITS_BODY_BYTES`.
    pub fn variable(&self) -> String {
        let name = self.name.replace('.', "_").to_ascii_uppercase();
        format!("ATROPOS_{name}")
    }

    /// One line for `--help`.
    pub fn help(&self) -> String {
        let text = self.documentation.trim();
        let sentence = text.split_once(". ").map_or(text, |(first, _)| first);
        let sentence = sentence
            .split_once(".\n")
            .map_or(sentence, |(first, _)| first);
        let commas = match self.kind {
            Kind::List => ", separated by commas",
            Kind::Text | Kind::Number(..) => "",
        };
        let help = sentence.trim_end_matches('.').replace("\n ", " ");
        format!("{help}{commas} [env: {}]", self.variable())
    }
}

/// Declares a table: a struct that is deserialised from it, and `TABLE`, which lists its settings.
///
/// A row is `name: type, kind, Default = value;` or `name: type, kind, Example = value;` behind its documentation.
macro_rules! table {
    (
        $(#[doc = $about:literal])*
        $source:ident $prefix:literal $name:ident {
            $($(#[doc = $text:literal])* $key:ident: $type:ty, $kind:expr, $shown:ident = $value:tt;)*
        }
        $(tables { $($(#[$meta:meta])* $inner:ident: $inner_type:ty,)* })?
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $text])* pub $key: $type,)*
            $($($(#[$meta])* pub $inner: $inner_type,)*)?
        }

        impl $name {
            pub(super) const TABLE: Table = Table {
                prefix: $prefix,
                #[cfg(test)]
                about: concat!($($about, "\n"),*),
                settings: &[$(Setting {
                    name: concat!($prefix, stringify!($key)),
                    documentation: concat!($($text, "\n"),*),
                    kind: $kind,
                    shown: Shown::$shown(stringify!($value)),
                    source: Source::$source,
                }),*],
            };
        }
    };
}

pub(super) use table;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_variable_and_help_follow_from_the_declaration() {
        let setting = Setting {
            name: "limits.body_bytes",
            documentation: " Largest request body, in bytes. More\n is refused.\n",
            kind: Kind::Number(1, 64),
            shown: Shown::Default("16"),
            source: Source::Anywhere,
        };
        assert_eq!(setting.key(), "body_bytes");
        assert_eq!(setting.flag(), "limits-body-bytes");
        assert_eq!(
            setting.help(),
            "Largest request body, in bytes [env: ATROPOS_LIMITS_BODY_BYTES]"
        );
    }
}
