//! The text of a policy, line by line.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::str::FromStr;

use thiserror::Error;

use super::quorum::{Group, Member, Rule};
use super::{
    InvalidPolicy, MAX_POLICY_BYTES, MAX_POLICY_ENTRIES, MAX_POLICY_NAME_BYTES,
    MAX_POLICY_URL_BYTES, Witness,
};
use crate::note::{InvalidVerifier, NoteVerifier};

/// Means "no witness" in a quorum line, and nothing elsewhere.
const NONE: &[u8] = b"none";

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// A control character other than tab and newline.
    #[error("byte {0:#04x} is not allowed in a policy; only newlines separate lines")]
    Character(u8),
    /// The first word does not begin any kind of line.
    #[error("a line begins with `log`, `witness`, `group`, `quorum` or `#`")]
    Keyword,
    /// Words are missing, or too many.
    #[error("expected `{0}`")]
    Form(&'static str),
    /// The key cannot be used, or is not of the type that belongs here.
    #[error("the key cannot be used here")]
    Key(#[from] InvalidVerifier),
    /// Another line of this kind has the same public key.
    #[error("an earlier line has the same public key")]
    DuplicateKey,
    /// The name is empty, too long or predefined.
    #[error("a name has at most {MAX_POLICY_NAME_BYTES} bytes and is not `none`")]
    Name,
    /// The URL is too long.
    #[error("a URL has at most {MAX_POLICY_URL_BYTES} bytes")]
    Url,
    /// A witness or group with this name exists.
    #[error("the name `{0}` is taken by a line before")]
    NameTaken(String),
    /// No line before defines the name.
    #[error("no line before defines `{0}`")]
    Undefined(String),
    /// The name is a member of a group already.
    #[error("`{0}` is a member of a group already; it can be one only once")]
    MemberTwice(String),
    /// The threshold is not `any`, `all` or a number from 1 to the number of members.
    #[error("the threshold is `any`, `all` or a number from 1 to {members}, the number of members")]
    Threshold {
        /// The number of members.
        members: usize,
    },
    /// There are more than [`MAX_POLICY_ENTRIES`].
    #[error("a policy has at most {MAX_POLICY_ENTRIES} logs, witnesses and groups each")]
    TooMany,
    /// There is a quorum line already.
    #[error("a policy has one `quorum` line")]
    SecondQuorum,
}

/// The parsed lines.
pub(super) struct Lines {
    pub(super) log_keys: Vec<NoteVerifier>,
    pub(super) witnesses: Vec<Witness>,
    pub(super) rule: Rule,
}

/// Reads all lines.
pub(super) fn read(text: &[u8]) -> Result<Lines, InvalidPolicy> {
    if text.len() > MAX_POLICY_BYTES {
        return Err(InvalidPolicy::TooLarge { bytes: text.len() });
    }
    let mut parser = Parser::default();
    if !text.is_empty() {
        let lines = text.strip_suffix(b"\n").ok_or(InvalidPolicy::CutOff)?;
        for (at, line) in lines.split(|&byte| byte == b'\n').enumerate() {
            let line_number = at + 1;
            parser.line(line).map_err(|problem| InvalidPolicy::Line {
                line: line_number,
                problem,
            })?;
        }
    }
    Ok(Lines {
        log_keys: parser.log_keys,
        witnesses: parser.witnesses,
        rule: parser.rule.ok_or(InvalidPolicy::NoQuorum)?,
    })
}

#[derive(Default)]
struct Parser<'a> {
    log_keys: Vec<NoteVerifier>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    /// Witnesses and groups share their names, which are bytes.
    names: HashMap<&'a [u8], Named>,
    rule: Option<Rule>,
}

struct Named {
    member: Member,
    belongs_to_group: bool,
}

impl<'a> Parser<'a> {
    fn line(&mut self, line: &'a [u8]) -> Result<(), LineProblem> {
        if let Some(&byte) = line
            .iter()
            .find(|&&byte| byte != b'\t' && byte.is_ascii_control())
        {
            return Err(LineProblem::Character(byte));
        }
        let words: Vec<&[u8]> = line
            .split(|&byte| byte == b' ' || byte == b'\t')
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", words @ ..] => self.log(words),
            [b"witness", words @ ..] => self.witness(words),
            [b"group", words @ ..] => self.group(words),
            [b"quorum", words @ ..] => self.quorum(words),
            _ => Err(LineProblem::Keyword),
        }
    }

    fn log(&mut self, words: &[&'a [u8]]) -> Result<(), LineProblem> {
        let (&key, url) = words
            .split_first()
            .filter(|(_, url)| url.len() <= 1)
            .ok_or(LineProblem::Form("log <vkey> [<url>]"))?;
        read_url(url)?;
        let key: NoteVerifier = read_key(key)?;
        let mut known = self.log_keys.iter().map(NoteVerifier::public_key);
        if known.any(|other| other == key.public_key()) {
            return Err(LineProblem::DuplicateKey);
        }
        push(&mut self.log_keys, key)
    }

    fn witness(&mut self, words: &[&'a [u8]]) -> Result<(), LineProblem> {
        let [name, key, url @ ..] = words else {
            return Err(LineProblem::Form(WITNESS_FORM));
        };
        if url.len() > 1 {
            return Err(LineProblem::Form(WITNESS_FORM));
        }
        let witness = Witness {
            name: lossy(name),
            verifier: read_key(key)?,
            url: read_url(url)?,
        };
        let key = witness.verifier.public_key();
        if self
            .witnesses
            .iter()
            .any(|other| other.verifier.public_key() == key)
        {
            return Err(LineProblem::DuplicateKey);
        }
        self.define(name, Member::Witness(self.witnesses.len()))?;
        push(&mut self.witnesses, witness)
    }

    fn group(&mut self, words: &[&'a [u8]]) -> Result<(), LineProblem> {
        let [name, threshold, members @ ..] = words else {
            return Err(LineProblem::Form(GROUP_FORM));
        };
        if members.is_empty() {
            return Err(LineProblem::Form(GROUP_FORM));
        }
        let group = Group {
            threshold: read_threshold(threshold, members.len())?,
            members: members
                .iter()
                .map(|name| self.join(name))
                .collect::<Result<_, _>>()?,
        };
        self.define(name, Member::Group(self.groups.len()))?;
        push(&mut self.groups, group)
    }

    fn quorum(&mut self, words: &[&'a [u8]]) -> Result<(), LineProblem> {
        let [name] = words else {
            return Err(LineProblem::Form("quorum <name>"));
        };
        if self.rule.is_some() {
            return Err(LineProblem::SecondQuorum);
        }
        self.rule = Some(match self.names.get(name).map(|named| named.member) {
            _ if *name == NONE => Rule::None,
            None => return Err(LineProblem::Undefined(lossy(name))),
            Some(Member::Witness(number)) => Rule::Witness(number),
            Some(Member::Group(number)) => {
                Rule::Group(self.groups.iter().take(number + 1).cloned().collect())
            }
        });
        Ok(())
    }

    /// The member of this name, which becomes part of a group.
    fn join(&mut self, name: &[u8]) -> Result<Member, LineProblem> {
        let named = self
            .names
            .get_mut(name)
            .ok_or_else(|| LineProblem::Undefined(lossy(name)))?;
        if std::mem::replace(&mut named.belongs_to_group, true) {
            return Err(LineProblem::MemberTwice(lossy(name)));
        }
        Ok(named.member)
    }

    fn define(&mut self, name: &'a [u8], member: Member) -> Result<(), LineProblem> {
        if name == NONE || name.len() > MAX_POLICY_NAME_BYTES {
            return Err(LineProblem::Name);
        }
        match self.names.entry(name) {
            Entry::Occupied(_) => Err(LineProblem::NameTaken(lossy(name))),
            Entry::Vacant(free) => {
                free.insert(Named {
                    member,
                    belongs_to_group: false,
                });
                Ok(())
            }
        }
    }
}

const WITNESS_FORM: &str = "witness <name> <vkey> [<url>]";
const GROUP_FORM: &str = "group <name> <any, all or a number> <name>...";

/// A key in its text form. Names of keys are UTF-8, unlike those of the policy: a note can name no others.
fn read_key<K: FromStr<Err = InvalidVerifier>>(word: &[u8]) -> Result<K, LineProblem> {
    let text = std::str::from_utf8(word).map_err(|_| InvalidVerifier::Form)?;
    Ok(text.parse()?)
}

fn read_url(words: &[&[u8]]) -> Result<Option<String>, LineProblem> {
    let url = words.first();
    if url.is_some_and(|url| url.len() > MAX_POLICY_URL_BYTES) {
        return Err(LineProblem::Url);
    }
    Ok(url.map(|url| lossy(url)))
}

fn read_threshold(word: &[u8], members: usize) -> Result<usize, LineProblem> {
    let problem = LineProblem::Threshold { members };
    let threshold = match word {
        b"any" => 1,
        b"all" => members,
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
            lossy(word).parse().map_err(|_| problem.clone())?
        }
        _ => return Err(problem),
    };
    if (1..=members).contains(&threshold) {
        Ok(threshold)
    } else {
        Err(problem)
    }
}

fn push<T>(list: &mut Vec<T>, entry: T) -> Result<(), LineProblem> {
    if list.len() >= MAX_POLICY_ENTRIES {
        return Err(LineProblem::TooMany);
    }
    list.push(entry);
    Ok(())
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
