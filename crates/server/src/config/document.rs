//! The example file and `docs/settings.md`, as they follow from the declarations. Tests compare them.

use std::fmt::Write;

use super::declaration::{Kind, Setting, Shown, Source, Table};
use super::settings::{SECRETS, TABLES};

const EXAMPLE_BEGINNING: &str = r##"# Every setting of Atropos with its default.
# Lines that begin with "#: " depend on the machine or have no default.
#
# Each setting is also an environment variable (`limits.body_bytes` is ATROPOS_LIMITS_BODY_BYTES) and a flag
# (--limits-body-bytes). Flags override the environment, and the environment overrides this file. Unknown keys are
# refused. `atropos config` prints the effective configuration.
#
# Two secrets can only be given in the environment: ATROPOS_BOOTSTRAP_API_KEY and ATROPOS_KEYSTORE_PASSPHRASE.
#
# Crate `atropos` generates this file from the declarations of its settings; do not edit it by hand.
"##;

const REFERENCE_BEGINNING: &str = "\
# Settings

For operators: every setting, its default and its meaning. `atropos config` prints the effective configuration.

Give a setting in a file (`--config FILE`, see [atropos.example.toml](../atropos.example.toml)), as an environment
variable or as a flag. Flags override the environment, and the environment overrides the file.

| in the file | environment variable | flag |
|---|---|---|
| `body_bytes` in `[limits]` | `ATROPOS_LIMITS_BODY_BYTES` | `--limits-body-bytes` |

Commas separate the items of a list in the environment and on the command line. Unknown names are refused. Crate
`atropos` generates this page from the declarations of its settings.
";

/// `atropos.example.toml`.
pub(super) fn example() -> String {
    let mut text = EXAMPLE_BEGINNING.to_owned();
    for table in TABLES {
        let mark = if table
            .settings
            .iter()
            .all(|setting| setting.source == Source::File)
        {
            "#: "
        } else {
            ""
        };
        if !table.name().is_empty() {
            let _ = write!(text, "\n{}{mark}[{}]\n", comment(table.about), table.name());
        }
        for setting in table.settings {
            let gap = if table.name().is_empty() { "\n" } else { "" };
            let (mark, value) = match setting.shown {
                Shown::Default(value) => (mark, value),
                Shown::Example(value) => ("#: ", value),
            };
            let _ = writeln!(
                text,
                "{gap}{}{mark}{} = {value}",
                comment(&(setting.documentation.to_owned() + &range(setting))),
                setting.key()
            );
        }
    }
    text
}

/// `docs/settings.md`.
pub(super) fn reference() -> String {
    let mut text = REFERENCE_BEGINNING.to_owned();
    for table in TABLES {
        section(&mut text, table);
    }
    text += "\n## Secrets\n\nOnly in the environment: command lines are public on a machine, and files get copied.\n\n\
             | variable | meaning |\n|---|---|\n";
    for setting in SECRETS {
        let _ = writeln!(
            text,
            "| `{}` | {} |",
            setting.variable(),
            one_line(setting.documentation)
        );
    }
    text
}

fn section(text: &mut String, table: &Table) {
    match table.name() {
        "" => *text += "\n## Server\n",
        name => {
            let _ = write!(text, "\n## `[{name}]`\n\n{}\n", one_line(table.about));
        }
    }
    *text += "\n| setting | default | meaning |\n|---|---|---|\n";
    for setting in table.settings {
        let default = match setting.shown {
            Shown::Default(value) => format!("`{value}`"),
            Shown::Example(_) => String::new(),
        };
        let meaning = one_line(&(setting.documentation.to_owned() + &range(setting)));
        let _ = writeln!(text, "| `{}` | {default} | {meaning} |", setting.name);
    }
}

fn range(setting: &Setting) -> String {
    match setting.kind {
        Kind::Number(min, i64::MAX) => format!(" At least {min}.\n"),
        Kind::Number(min, max) => format!(" {min} to {max}.\n"),
        Kind::Text | Kind::List => String::new(),
    }
}

fn comment(text: &str) -> String {
    text.lines().map(|line| format!("#{line}\n")).collect()
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
