//! Checks of the documents: what they point to is there, and what must be described is.

use super::Tree;

const FIXTURES_INDEX: &str = "fixtures/README.md";

/// Relative links in Markdown files to a file or folder that is not there.
pub fn dead_links(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        for target in links(text) {
            if is_elsewhere(target) {
                continue;
            }
            let file = target.split('#').next().unwrap_or_default();
            match resolve(path, file) {
                Some(resolved) if tree.contains(&resolved) => {}
                _ => found.push(format!("{path}: nothing at `{target}`")),
            }
        }
    }
    found
}

/// Files in `fixtures/` that its `README.md` does not name by their path from there, between back-quotes.
pub fn unnamed_fixtures(tree: &Tree) -> Vec<String> {
    let Some(index) = tree.text(FIXTURES_INDEX) else {
        return vec![format!("{FIXTURES_INDEX} is missing")];
    };
    let fixtures = tree
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("fixtures/"))
        .filter(|path| *path != "README.md");
    let unnamed = fixtures.filter(|path| !index.contains(&format!("`{path}`")));
    unnamed
        .map(|path| format!("{FIXTURES_INDEX} does not say where `{path}` comes from"))
        .collect()
}

/// Names in back-quotes right behind a link to a Rust source that the source does not contain.
pub fn misplaced_names(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        for piece in text.lines().flat_map(|line| line.split("](").skip(1)) {
            let Some((target, behind)) = piece.split_once(')') else {
                continue;
            };
            let source = resolve(path, target).filter(|file| file.ends_with(".rs"));
            let Some(source) = source.and_then(|file| tree.text(&file)) else {
                continue;
            };
            let missing = names(behind)
                .into_iter()
                .filter(|name| !has_name(source, name));
            found.extend(missing.map(|name| format!("{path}: no `{name}` in `{target}`")));
        }
    }
    found
}

/// The names that a text begins with: ` `a`, `b` and so on`.
fn names(mut text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some(name) = text.strip_prefix(" `").or(text.strip_prefix(", `")) {
        let Some((name, rest)) = name.split_once('`') else {
            break;
        };
        names.push(name);
        text = rest;
    }
    names
}

/// Whether a source contains each part of `Type::function`.
fn has_name(source: &str, name: &str) -> bool {
    let is_word = |word: &str| {
        source
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .any(|found| found == word)
    };
    name.split("::").all(is_word)
}

/// The targets of inline links and images outside code.
fn links(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        // Between back-quotes is code: only the even pieces are text, but a link's own words may hold code.
        let mut rest = line;
        while let Some(at) = rest.find("](") {
            let quotes = rest[..at].matches('`').count();
            rest = &rest[at + 2..];
            let Some(end) = rest.find(')') else { break };
            if quotes % 2 == 0 {
                targets.push(rest[..end].split_whitespace().next().unwrap_or_default());
            }
            rest = &rest[end..];
        }
    }
    targets
}

/// A link to a place within the same page, or with a scheme (`https:`, `mailto:`).
fn is_elsewhere(target: &str) -> bool {
    let before_slash = target.split('/').next().unwrap_or_default();
    target.starts_with('#') || before_slash.contains(':')
}

/// The path from the root that `target` means on the page `page`; none if it leaves the tree.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_are_found() {
        let links = "[a](missing.md) [b](../README.md#top) ![c](../missing.png \"title\") [`d`](../../out.md)";
        let tree = Tree::of(&[
            ("README.md", "[docs](docs/) [log](docs/log.md)"),
            ("docs/log.md", links),
        ]);
        assert_eq!(
            dead_links(&tree),
            [
                "docs/log.md: nothing at `missing.md`",
                "docs/log.md: nothing at `../missing.png`",
                "docs/log.md: nothing at `../../out.md`",
            ]
        );
    }

    #[test]
    fn names_behind_a_link_are_looked_for_in_its_source() {
        let page = "| [a](src/a.rs) `Log::read`, `grow` and `more` | [b](b.md) `none` |";
        let tree = Tree::of(&[("README.md", page), ("src/a.rs", "impl Log { fn read() }")]);
        assert_eq!(
            misplaced_names(&tree),
            ["README.md: no `grow` in `src/a.rs`"]
        );
    }

    #[test]
    fn other_sites_and_code_are_not_links_of_the_tree() {
        let text = "[a](https://a.example/b) [b](#there) [c](mailto:a@b.example) `[d](e)`\n```\n[f](g)\n```\n";
        assert!(dead_links(&Tree::of(&[("README.md", text)])).is_empty());
        assert_eq!(
            dead_links(&Tree::of(&[("README.md", "```\n```\n[a](b)")])).len(),
            1
        );
    }

    #[test]
    fn a_fixture_that_is_not_named_is_found() {
        let index = ("fixtures/README.md", "`a.json` and `sdk/make.mjs`");
        assert!(
            unnamed_fixtures(&Tree::of(&[
                index,
                ("fixtures/a.json", ""),
                ("fixtures/sdk/make.mjs", "")
            ]))
            .is_empty()
        );
        assert_eq!(
            unnamed_fixtures(&Tree::of(&[index, ("fixtures/make.mjs", "")])).len(),
            1
        );
        assert_eq!(
            unnamed_fixtures(&Tree::of(&[index, ("fixtures/json", "")])).len(),
            1
        );
        assert_eq!(
            unnamed_fixtures(&Tree::of(&[("fixtures/a.json", "")])).len(),
            1
        );
    }
}
