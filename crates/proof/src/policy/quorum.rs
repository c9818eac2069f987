//! Which witnesses are enough, and since when they were.

/// How many of which witnesses are required. Groups name only earlier groups, so that none contains itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// `quorum none`.
    None,
    /// The witness with this number.
    Witness(usize),
    /// The last of these groups.
    Group(Vec<Group>),
}

/// At least `threshold` of the members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) threshold: usize,
    pub(super) members: Vec<Member>,
}

/// A witness or a group, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Witness(usize),
    Group(usize),
}

/// A quorum that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    span: Option<Span>,
    cosigned: Vec<Cosigned>,
}

/// A witness that cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// What the policy calls it.
    pub name: String,
    /// The first time at which it did, in seconds since 1970-01-01 UTC.
    pub first_s: u64,
    /// The last one; the same if there is only one.
    pub last_s: u64,
}

/// Times in seconds: enough had cosigned by `by`, and enough again at or after `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    by: u64,
    after: u64,
}

impl Quorum {
    /// The smallest time by which a quorum had cosigned, in seconds since 1970-01-01 UTC: the checkpoint existed then
    /// at the latest. `None` if the policy requires no witness.
    #[must_use]
    pub fn at_latest_s(&self) -> Option<u64> {
        self.span.map(|span| span.by)
    }

    /// The largest time since which a quorum has cosigned, in seconds since 1970-01-01 UTC: the checkpoint was still
    /// the newest one then. `None` if the policy requires no witness.
    #[must_use]
    pub fn still_at_s(&self) -> Option<u64> {
        self.span.map(|span| span.after)
    }

    /// All witnesses of the policy that cosigned, in its order, needed or not.
    #[must_use]
    pub fn cosigned(&self) -> &[Cosigned] {
        &self.cosigned
    }
}

impl Cosigned {
    pub(super) fn of(name: &str, times_s: &[u64]) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            first_s: *times_s.iter().min()?,
            last_s: *times_s.iter().max()?,
        })
    }
}

impl Rule {
    /// The quorum, if these witnesses are one. `seen` has an entry for each witness of the policy, in its order.
    pub(super) fn judge(&self, seen: Vec<Option<Cosigned>>) -> Option<Quorum> {
        let spans: Vec<Option<Span>> = seen.iter().map(|c| c.as_ref().map(Span::of)).collect();
        let span = match self {
            Rule::None => None,
            Rule::Witness(number) => Some(spans.get(*number).copied().flatten()?),
            Rule::Group(groups) => Some(last_group(groups, &spans)?),
        };
        Some(Quorum {
            span,
            cosigned: seen.into_iter().flatten().collect(),
        })
    }
}

impl Span {
    fn of(cosigned: &Cosigned) -> Self {
        Self {
            by: cosigned.first_s,
            after: cosigned.last_s,
        }
    }

    /// Of the parts, the one by which `threshold` of them are complete, and since which as many still are.
    fn joined(parts: &[Span], threshold: usize) -> Option<Self> {
        let last_needed = threshold.checked_sub(1)?;
        let mut by: Vec<u64> = parts.iter().map(|part| part.by).collect();
        let mut after: Vec<u64> = parts.iter().map(|part| part.after).collect();
        by.sort_unstable();
        after.sort_unstable_by(|a, b| b.cmp(a));
        Some(Self {
            by: *by.get(last_needed)?,
            after: *after.get(last_needed)?,
        })
    }
}

fn last_group(groups: &[Group], witnesses: &[Option<Span>]) -> Option<Span> {
    let mut reached: Vec<Option<Span>> = Vec::with_capacity(groups.len());
    for group in groups {
        let of_member = |member: &Member| match member {
            Member::Witness(number) => witnesses.get(*number).copied().flatten(),
            Member::Group(number) => reached.get(*number).copied().flatten(),
        };
        let parts: Vec<Span> = group.members.iter().filter_map(of_member).collect();
        reached.push(Span::joined(&parts, group.threshold));
    }
    reached.pop().flatten()
}
