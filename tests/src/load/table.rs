//! What is printed at the end.

use std::fmt;

use super::drive::{Run, Target};

/// Rows of measurements, and notes below them.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    notes: Vec<(String, String)>,
}

/// One measurement.
pub(super) struct Row {
    name: String,
    at_once: usize,
    per_second: f64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    count: u64,
}

impl Row {
    pub(super) fn of(name: &str, target: &Target, run: &Run) -> Self {
        Self {
            name: name.to_owned(),
            at_once: target.connections,
            per_second: run.per_second(),
            p50_ms: run.quantile_ms(0.5),
            p99_ms: run.quantile_ms(0.99),
            count: run.count,
        }
    }

    pub(super) fn on_one_core(name: &str, run: &Run) -> Self {
        Self {
            name: name.to_owned(),
            at_once: 1,
            per_second: run.per_second(),
            p50_ms: None,
            p99_ms: None,
            count: run.count,
        }
    }
}

impl Table {
    pub(super) fn row(&mut self, row: Row) {
        super::progress(&format!("{}: {:.0}/s", row.name, row.per_second));
        self.rows.push(row);
    }

    pub(super) fn note(&mut self, name: impl Into<String>, text: impl Into<String>) {
        let (name, text) = (name.into(), text.into());
        super::progress(&format!("{name}: {text}"));
        self.notes.push((name, text));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| measured | at once | per second | p50 ms | p99 ms | requests |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        let ms = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
        };
        for row in &self.rows {
            let (name, at_once, count, per_second) =
                (&row.name, row.at_once, row.count, row.per_second);
            let (p50, p99) = (ms(row.p50_ms), ms(row.p99_ms));
            writeln!(
                f,
                "| {name} | {at_once} | {per_second:.0} | {p50} | {p99} | {count} |"
            )?;
        }
        writeln!(f)?;
        self.notes
            .iter()
            .try_for_each(|(name, text)| writeln!(f, "- {name}: {text}"))
    }
}
