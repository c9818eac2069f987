//! Who imports whom inside the crates, read from their sources: every path that begins with `crate`, `super` or `self`,
//! outside of tests.

use std::collections::{BTreeMap, BTreeSet};

use super::Tree;

/// A module by its path from the root of its crate; empty for the root.
type Path = Vec<String>;

/// The modules of one crate, each a file, and who imports whom.
pub(super) struct Imports {
    files: BTreeMap<Path, String>,
    /// What a module hands on under its own name, and from where.
    exports: BTreeMap<(Path, String), Path>,
    edges: BTreeMap<Path, BTreeSet<Path>>,
}

impl Imports {
    /// Of the crate in `folder`, such as `crates/did`.
    pub(super) fn of(tree: &Tree, folder: &str) -> Self {
        let source = format!("{folder}/src/");
        let mut files = BTreeMap::new();
        let mut mentions = Vec::new();
        for (path, text) in tree.ending(".rs") {
            let Some(module) = path.strip_prefix(&source).and_then(module_of) else {
                continue;
            };
            mentions.extend(
                mentioned(&module, text)
                    .into_iter()
                    .map(|found| (module.clone(), found)),
            );
            files.insert(module, path.to_owned());
        }
        let exported = |(module, found): &(Path, Mention)| {
            let name = found.name.clone().filter(|_| found.handed_on)?;
            Some(((module.clone(), name), found.path.clone()))
        };
        let mut imports = Self {
            exports: mentions.iter().filter_map(exported).collect(),
            files,
            edges: BTreeMap::new(),
        };
        for (module, found) in &mentions {
            let target = imports.file_of(&found.path);
            // A parent that hands on what a child holds does not depend on it.
            let structure = found.handed_on && target.starts_with(module);
            if target != *module && !structure {
                imports
                    .edges
                    .entry(module.clone())
                    .or_default()
                    .insert(target);
            }
        }
        imports
    }

    /// Every import: the file, the module it belongs to, and the module that is imported.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &[String], &[String])> {
        self.edges.iter().flat_map(|(from, targets)| {
            let file = self.files.get(from).map_or("", String::as_str);
            targets
                .iter()
                .map(move |to| (file, from.as_slice(), to.as_slice()))
        })
    }

    /// Sets of files that import each other in a circle and lie in more than one folder.
    pub(super) fn circles(&self) -> Vec<Vec<&str>> {
        let reach: BTreeMap<&Path, BTreeSet<&Path>> = self
            .files
            .keys()
            .map(|module| (module, self.reachable(module)))
            .collect();
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (module, reached) in &reach {
            if !reached.contains(module) || !seen.insert(*module) {
                continue;
            }
            let circle: Vec<&Path> = reached
                .iter()
                .copied()
                .filter(|other| reach[other].contains(module))
                .collect();
            seen.extend(&circle);
            let folders: BTreeSet<&[String]> = circle.iter().map(|one| self.folder(one)).collect();
            if folders.len() > 1 {
                found.push(circle.iter().map(|one| self.files[*one].as_str()).collect());
            }
        }
        found
    }

    fn reachable(&self, from: &Path) -> BTreeSet<&Path> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for next in self.edges.get(module).into_iter().flatten() {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached
    }

    /// The folder that a module lies in: its own where it has one.
    fn folder<'a>(&self, module: &'a [String]) -> &'a [String] {
        let has_own = |other: &Path| other.len() > module.len() && other.starts_with(module);
        if self.files.keys().any(has_own) {
            module
        } else {
            &module[..module.len().saturating_sub(1)]
        }
    }

    /// The module that holds what a path names: through everything that is handed on.
    fn file_of(&self, path: &[String]) -> Path {
        let mut path = path.to_vec();
        // Nobody hands on in a circle; the count is for made-up trees that do.
        for _ in 0..16 {
            let known = (0..=path.len())
                .rev()
                .find(|length| self.files.contains_key(&path[..*length]));
            let module = path[..known.unwrap_or_default()].to_vec();
            let Some(name) = path.get(module.len()) else {
                return module;
            };
            match self.exports.get(&(module.clone(), name.clone())) {
                Some(target) if *target != path => {
                    let rest = path.split_off(module.len() + 1);
                    path = [target.clone(), rest].concat();
                }
                _ => return module,
            }
        }
        path
    }
}

/// The module that a file below `src` is. Tests are none.
fn module_of(path: &str) -> Option<Path> {
    let parts: Vec<&str> = path.strip_suffix(".rs")?.split('/').collect();
    if parts.iter().any(|part| part.ends_with("tests")) || parts == ["main"] {
        return None;
    }
    let root = parts == ["lib"];
    Some(if root {
        Vec::new()
    } else {
        parts.into_iter().map(str::to_owned).collect()
    })
}

/// A path that stands in a source.
struct Mention {
    path: Path,
    /// Its last name, or the one it gets there; none for a glob.
    name: Option<String>,
    /// Whether others get it under the name of this module.
    handed_on: bool,
}

/// The paths in a source that begin at this crate, from its root.
fn mentioned(module: &[String], text: &str) -> Vec<Mention> {
    let code = without_comments_and_tests(text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    let mut at = 0;
    let children: BTreeSet<&str> = tokens
        .windows(2)
        .filter(|pair| pair[0] == "mod")
        .map(|pair| pair[1])
        .collect();
    while at < tokens.len() {
        let in_use = at > 0 && tokens[at - 1] == "use";
        let starts =
            matches!(tokens[at], "crate" | "super" | "self") && tokens.get(at + 1) == Some(&"::");
        // `pub use child::Name` needs no `self`.
        let child = in_use && children.contains(tokens[at]);
        let inside = at > 0 && tokens[at - 1] == "::";
        if (starts || child) && !inside {
            let handed_on = in_use && at > 1 && matches!(tokens[at - 2], "pub" | ")");
            let mut paths = Vec::new();
            at = tree_of(&tokens, at, Vec::new(), &mut paths);
            for (path, name) in paths {
                if let Some(path) = absolute(module, &path) {
                    found.push(Mention {
                        path,
                        name,
                        handed_on,
                    });
                }
            }
        } else {
            at += 1;
        }
    }
    found
}

/// Reads a path with its groups, and where it ends.
fn tree_of(
    tokens: &[&str],
    mut at: usize,
    mut prefix: Path,
    into: &mut Vec<(Path, Option<String>)>,
) -> usize {
    while let Some(token) = tokens.get(at) {
        match *token {
            "{" => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    at = tree_of(tokens, at, prefix.clone(), into);
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                return at + 1;
            }
            "*" => {
                into.push((prefix, None));
                return at + 1;
            }
            "self" if !prefix.is_empty() => at += 1,
            name if is_name(name) => {
                prefix.push(name.to_owned());
                at += 1;
            }
            _ => return at + 1,
        }
        if tokens.get(at) == Some(&"::") && tokens.get(at + 1).is_some_and(|next| *next != "<") {
            at += 1;
            continue;
        }
        let renamed = tokens.get(at) == Some(&"as");
        let name = if renamed {
            tokens.get(at + 1).map(|name| (*name).to_owned())
        } else {
            prefix.last().cloned()
        };
        into.push((prefix, name));
        return if renamed { at + 2 } else { at };
    }
    at
}

/// A path from the root of the crate; none where it climbs out of it.
fn absolute(module: &[String], path: &[String]) -> Option<Path> {
    let mut base = module.to_vec();
    let mut rest = path;
    match path.first().map(String::as_str) {
        Some("crate") => {
            base.clear();
            rest = &rest[1..];
        }
        Some("self") => rest = &rest[1..],
        _ => {}
    }
    while rest.first().is_some_and(|part| part == "super") {
        base.pop()?;
        rest = &rest[1..];
    }
    Some([&base, rest].concat())
}

fn is_name(token: &str) -> bool {
    token.starts_with(|character: char| character.is_alphabetic() || character == '_')
}

/// Names, `::`, and every other sign alone.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|character: char| !(character.is_alphanumeric() || character == '_'))
                .unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !first.is_whitespace() {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

/// The code of a source up to its tests, which stand last.
fn without_comments_and_tests(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    let code = lines.map(|line| line.split("//").next().unwrap_or_default());
    code.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::of(files);
        let imports = Imports::of(&tree, "crates/a");
        let shown = imports
            .each()
            .map(|(_, from, to)| format!("{} -> {}", from.join("::"), to.join("::")));
        shown.collect()
    }

    #[test]
    fn paths_are_found_in_uses_groups_and_expressions() {
        let text = "use crate::{b::B, c::{self, d::{E as F, G}}};\nfn a() { super::f::g::<crate::h::I>() }\n";
        let files = [
            ("crates/a/src/lib.rs", "mod a; mod b; mod c; mod f; mod h;"),
            ("crates/a/src/a.rs", text),
            ("crates/a/src/b.rs", ""),
            ("crates/a/src/c.rs", "mod d;"),
            (
                "crates/a/src/c/d.rs",
                "use super::super::b::B;\nuse std::fmt::self;",
            ),
            ("crates/a/src/f.rs", ""),
            ("crates/a/src/h.rs", ""),
        ];
        assert_eq!(
            edges(&files),
            [
                "a -> b",
                "a -> c",
                "a -> c::d",
                "a -> f",
                "a -> h",
                "c::d -> b"
            ]
        );
    }

    #[test]
    fn what_is_handed_on_counts_for_the_file_that_holds_it() {
        let files = [
            (
                "crates/a/src/lib.rs",
                "mod b; mod c;\npub use b::{Deep as D, Flat};",
            ),
            (
                "crates/a/src/b.rs",
                "mod deep;\npub(crate) use self::deep::Deep;\npub struct Flat;",
            ),
            ("crates/a/src/b/deep.rs", "pub struct Deep;"),
            (
                "crates/a/src/c.rs",
                "use crate::{D, Flat};\nuse crate::b::Deep;",
            ),
        ];
        assert_eq!(edges(&files), ["c -> b", "c -> b::deep"]);
    }

    #[test]
    fn comments_tests_and_other_crates_do_not_count() {
        let files = [
            ("crates/a/src/lib.rs", "mod b; mod c;"),
            (
                "crates/a/src/b.rs",
                "// use crate::c::C;\nuse other::crate_c::C;\n#[cfg(test)]\nmod tests { use crate::c::C; }",
            ),
            ("crates/a/src/c.rs", ""),
            ("crates/a/src/c/tests.rs", "use crate::b::B;"),
            ("crates/b/src/c.rs", "use crate::b::B;"),
        ];
        assert_eq!(edges(&files), Vec::<String>::new());
    }

    #[test]
    fn a_circle_counts_where_it_leaves_a_folder() {
        let circles = |files: &[(&str, &str)]| {
            let tree = Tree::of(files);
            Imports::of(&tree, "crates/a")
                .circles()
                .into_iter()
                .map(|circle| circle.join(" "))
                .collect::<Vec<_>>()
        };
        let inside = [
            ("crates/a/src/b.rs", "mod c;\nuse c::C;\npub struct B;"),
            ("crates/a/src/b/c.rs", "use super::B;\nuse super::d::D;"),
            ("crates/a/src/b/d.rs", "use super::c::C;"),
        ];
        assert_eq!(circles(&inside), Vec::<String>::new());
        let between = [
            ("crates/a/src/b.rs", "mod c;"),
            ("crates/a/src/b/c.rs", "use crate::d::e::E;"),
            ("crates/a/src/d.rs", "mod e; mod f;"),
            ("crates/a/src/d/e.rs", "use super::f::F;"),
            ("crates/a/src/d/f.rs", "use crate::b::c::C;"),
        ];
        let circle = "crates/a/src/b/c.rs crates/a/src/d/e.rs crates/a/src/d/f.rs";
        assert_eq!(circles(&between), [circle]);
    }
}
