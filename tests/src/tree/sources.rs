//! Checks of the text of sources, manifests and lock files.

use super::Tree;

const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 120;

/// What must not be left in a Rust source. Written in halves, so that this file does not hold them itself.
const STUBS: [&str; 4] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("d", "bg!("),
];

/// Places of one machine, which no file may name.
const MACHINE_PATHS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("../sh", "ared"),
];
/// Places that tests and documents may name.
const LOCAL_PATHS: [&str; 2] = [concat!("/ho", "me/"), concat!("/t", "mp/")];

/// Where Cargo's lock file says that a package comes from when no other registry is set up.
const DEFAULT_REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Folders with sources that a tool has written and checked in. No one edits them: limits of size do not apply, and the
/// module that includes them allows their lints. `cosmos` tests that they are what its `.proto` files give.
const GENERATED: &str = "/src/generated/";

/// Rust sources of more than 600 lines, or with lines of more than 120 columns.
pub fn oversized_sources(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let sources = tree.ending(".rs");
    for (path, text) in sources.filter(|(path, _)| !path.contains(GENERATED)) {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            found.push(format!("{path}: {lines} lines, at most {LINES_MAX}"));
        }
        let long = numbered(text).filter(|(_, line)| line.chars().count() > COLUMNS_MAX);
        found.extend(
            long.map(|(number, _)| format!("{path}:{number}: more than {COLUMNS_MAX} columns")),
        );
    }
    found
}

/// Unfinished code, tests that do not run, and debugging left behind.
pub fn stubs(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".rs") {
        for (number, line) in numbered(text) {
            let stubs = STUBS.iter().filter(|stub| line.contains(*stub));
            found.extend(stubs.map(|stub| format!("{path}:{number}: `{stub}`")));
        }
    }
    found
}

/// Paths that exist on one machine only.
pub fn machine_paths(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.iter() {
        let lenient_from = first_lenient_line(path, text);
        for (number, line) in numbered(text) {
            let local = LOCAL_PATHS.iter().filter(|_| number < lenient_from);
            let named = MACHINE_PATHS
                .iter()
                .chain(local)
                .filter(|place| names_place(line, place));
            found.extend(named.map(|place| format!("{path}:{number}: names `{place}`")));
        }
    }
    found
}

/// Lock files that fetch from anywhere but the default registry of their tool.
pub fn foreign_lock_sources(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending("Cargo.lock") {
        let sources = numbered(text)
            .filter(|(_, line)| line.starts_with("source = ") && *line != DEFAULT_REGISTRY);
        found.extend(sources.map(|(number, line)| format!("{path}:{number}: {line}")));
    }
    for (path, text) in tree.ending("package-lock.json") {
        let sources =
            numbered(text).filter(|(_, line)| line.trim_start().starts_with("\"resolved\":"));
        found.extend(sources.map(|(number, line)| format!("{path}:{number}: {}", line.trim())));
    }
    found
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

/// The line from which on a file may name [`LOCAL_PATHS`]: the start of a document or a test, in a source its tests.
fn first_lenient_line(path: &str, text: &str) -> usize {
    let in_tests = |part: &str| part == "tests" || part == "tests.rs";
    if path.ends_with(".md") || (path.ends_with(".rs") && path.split('/').any(in_tests)) {
        return 0;
    }
    let tests = numbered(text).find(|(_, line)| *line == "#[cfg(test)]");
    tests.map_or(usize::MAX, |(number, _)| number)
}

/// Whether `line` names that place as a path of its own, and not as the middle of another (`https://a.example/tmp/`).
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        place.starts_with("..")
            || !before.is_some_and(|character| character.is_alphanumeric() || character == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_to_the_line_and_column() {
        let size = |text: &str| oversized_sources(&Tree::of(&[("a.rs", text)])).len();
        assert_eq!(size(&"\n".repeat(600)), 0);
        assert_eq!(size(&"\n".repeat(601)), 1);
        assert_eq!(size(&"\u{e4}".repeat(120)), 0);
        assert_eq!(size(&"a".repeat(121)), 1);
        assert!(oversized_sources(&Tree::of(&[("a.json", &"a".repeat(121))])).is_empty());
        let generated = "crates/a/src/generated/b.rs";
        assert!(oversized_sources(&Tree::of(&[(generated, &"a".repeat(121))])).is_empty());
    }

    #[test]
    fn every_stub_is_found() {
        for stub in STUBS {
            let text = format!("fn a() {{\n    {stub}\n}}\n");
            assert_eq!(
                stubs(&Tree::of(&[("a.rs", &text)])),
                [format!("a.rs:2: `{stub}`")]
            );
        }
        assert!(stubs(&Tree::of(&[("a.rs", "fn ignore() {}")])).is_empty());
    }

    #[test]
    fn machine_paths_are_found() {
        let found = |path: &str, text: &str| machine_paths(&Tree::of(&[(path, text)])).len();
        for place in MACHINE_PATHS.iter().chain(&LOCAL_PATHS) {
            assert_eq!(
                found("crates/did/src/lib.rs", &format!("let a = \"{place}a\";")),
                1,
                "{place}"
            );
            assert_eq!(found(".ci/run", &format!("cd {place}a")), 1, "{place}");
        }
        for place in MACHINE_PATHS {
            assert_eq!(
                found("crates/did/tests/a.rs", &format!("let a = \"{place}a\";")),
                1,
                "{place}"
            );
            assert_eq!(found("docs/a.md", &format!("in {place}a")), 1, "{place}");
        }
        for place in LOCAL_PATHS {
            let quoted = format!("let a = \"{place}a\";");
            assert_eq!(found("crates/did/src/a/tests.rs", &quoted), 0, "{place}");
            assert_eq!(found("crates/did/src/latests.rs", &quoted), 1, "{place}");
            assert_eq!(
                found("crates/did/tests/a.rs", &format!("let a = \"{place}a\";")),
                0,
                "{place}"
            );
            assert_eq!(
                found(
                    "crates/did/src/lib.rs",
                    &format!("fn a() {{}}\n#[cfg(test)]\n// {place}a")
                ),
                0
            );
            assert_eq!(
                found(
                    "crates/did/src/lib.rs",
                    &format!("// {place}a\n#[cfg(test)]\nmod tests {{}}")
                ),
                1
            );
            assert_eq!(
                found(
                    "crates/did/src/lib.rs",
                    &format!("//! https://a.example{place}a")
                ),
                0
            );
        }
    }

    #[test]
    fn other_registries_are_found_in_lock_files() {
        let found = |path: &str, text: &str| foreign_lock_sources(&Tree::of(&[(path, text)])).len();
        assert_eq!(
            found(
                "Cargo.lock",
                "source = \"registry+https://mirror.example/index\""
            ),
            1
        );
        assert_eq!(
            found("Cargo.lock", "source = \"git+https://github.com/a/b\""),
            1
        );
        assert_eq!(found("Cargo.lock", DEFAULT_REGISTRY), 0);
        assert_eq!(
            found(
                "a/package-lock.json",
                "  \"resolved\": \"https://mirror.example/a.tgz\","
            ),
            1
        );
        assert_eq!(
            found("a/package-lock.json", "  \"integrity\": \"sha512-a\","),
            0
        );
    }
}
