//! The tables of `docs/accept-rules.md` that have the columns `what`, `verdict` and `vectors`.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Refused,
}

impl Verdict {
    pub fn of(accepted: bool) -> Self {
        if accepted {
            Self::Accepted
        } else {
            Self::Refused
        }
    }
}

#[derive(Debug)]
pub struct Row {
    pub what: String,
    pub verdict: Verdict,
    pub vectors: Vec<String>,
}

pub fn rows() -> Vec<Row> {
    let path = format!("{}/../../docs/accept-rules.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows = Vec::new();
    let mut ours = false;
    for line in text.lines() {
        let Some(line) = line.strip_prefix('|') else {
            ours = false;
            continue;
        };
        let cells: Vec<&str> = line
            .trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        match cells[..] {
            ["what", "verdict", "vectors"] => ours = true,
            [rule, ..] if rule.starts_with("---") => {}
            [what, verdict, vectors] if ours => rows.push(Row {
                what: what.to_owned(),
                verdict: match verdict {
                    "accepted" => Verdict::Accepted,
                    "refused" => Verdict::Refused,
                    other => panic!("`{other}` is no verdict: {line}"),
                },
                vectors: quoted(vectors),
            }),
            _ => assert!(!ours, "not a row of three: {line}"),
        }
    }
    rows
}

/// The pieces between back-quotes.
fn quoted(cell: &str) -> Vec<String> {
    let pieces = cell.split('`').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}
