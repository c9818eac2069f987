//! Checks of the modules inside the crates: which way their arrows point, and how their files are laid out.

use super::Tree;
use super::imports::Imports;

const SERVER: &str = "crates/server";
const DIALECTS: &str = "dialect";

/// The modules of the server, highest first. Each may import those below it alone.
const LAYERS: [&str; 18] = [
    "command",
    "backup",
    "start",
    "page",
    "dialect",
    "permit",
    "authentication",
    "secret",
    "anchor",
    "app",
    "statement",
    "health",
    "http",
    "metrics",
    "logging",
    "config",
    "output",
    "migrations",
];

/// Modules that may name a dialect: they put the program together.
const KNOW_DIALECTS: [&str; 3] = ["command", "start", DIALECTS];

/// Circles that may stay, each by one file of it: the rules of one subject that are written in several files, and two
/// that are still to be cut, in the webhooks of `publication` and in the deployments of `apinizer`.
const CIRCLES: [&str; 2] = [
    "crates/publication/src/error.rs",
    "crates/server/src/dialect/apinizer/error.rs",
];

/// Imports inside the server that point up, and modules that have no layer.
pub fn upward_imports(tree: &Tree) -> Vec<String> {
    let layer = |module: &[String]| {
        let name = module.first()?;
        LAYERS.iter().position(|layer| layer == name)
    };
    let mut found = Vec::new();
    for module in top_modules(tree) {
        if !LAYERS.contains(&module) {
            found.push(format!("{SERVER}: module `{module}` has no layer"));
        }
    }
    for (file, from, to) in Imports::of(tree, SERVER).each() {
        // Nothing is below the root: it only hands on.
        let up = match (layer(from), layer(to)) {
            (Some(from), Some(to)) => to < from,
            (Some(_), None) => to.is_empty(),
            (None, _) => false,
        };
        if up {
            found.push(format!(
                "{file}: `{}` must not import `{}`",
                from[0],
                shown(to)
            ));
        }
    }
    found
}

/// Dialects that import another.
pub fn dialects_that_meet(tree: &Tree) -> Vec<String> {
    let dialect = |module: &[String]| match module {
        [folder, name, ..] if folder == DIALECTS => Some(name.clone()),
        _ => None,
    };
    let imports = Imports::of(tree, SERVER);
    let met = imports.each().filter_map(|(file, from, to)| {
        let (one, other) = (dialect(from)?, dialect(to)?);
        (one != other).then(|| format!("{file}: dialect `{one}` must not import `{other}`"))
    });
    met.collect()
}

/// Modules shared by the dialects whose code names one of them.
pub fn named_dialects(tree: &Tree) -> Vec<String> {
    let folder = format!("{SERVER}/src/");
    let inner = format!("{folder}{DIALECTS}/");
    let names: Vec<&str> = tree
        .ending(".rs")
        .filter_map(|(path, _)| path.strip_prefix(&inner)?.strip_suffix(".rs"))
        .filter(|name| !name.contains('/'))
        .collect();
    let mut found = Vec::new();
    for (path, text) in tree.ending(".rs") {
        let Some(module) = path.strip_prefix(&folder) else {
            continue;
        };
        let top = module
            .split('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs");
        if KNOW_DIALECTS.contains(&top) {
            continue;
        }
        for (number, word) in words(text) {
            let snake = snake_case(word);
            let named = names
                .iter()
                .filter(|name| **name != "atropos" && snake.contains(**name));
            found.extend(named.map(|name| format!("{path}:{number}: names the dialect `{name}`")));
        }
    }
    found
}

/// Files of one crate that import each other in a circle across folders.
pub fn circles(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for folder in crates(tree) {
        for circle in Imports::of(tree, folder).circles() {
            if !circle.iter().any(|file| CIRCLES.contains(file)) {
                found.push(format!("a circle: {}", circle.join(", ")));
            }
        }
    }
    found
}

/// Modules that are called `mod.rs`: a module is `name.rs`, with its parts in `name/`.
pub fn mod_files(tree: &Tree) -> Vec<String> {
    let files = tree
        .ending("/mod.rs")
        .filter(|(path, _)| path.contains("/src/"));
    files
        .map(|(path, _)| format!("{path}: call it by its module's name"))
        .collect()
}

/// Modules of the server that other crates could reach.
pub fn public_modules(tree: &Tree) -> Vec<String> {
    let path = format!("{SERVER}/src/lib.rs");
    let lines = tree.text(&path).unwrap_or_default().lines();
    let public = lines.filter(|line| line.starts_with("pub mod "));
    public
        .map(|line| format!("{path}: `{line}` shows the inside of the server"))
        .collect()
}

/// The crates of the workspace, by their folders.
fn crates(tree: &Tree) -> impl Iterator<Item = &str> {
    tree.ending("/Cargo.toml")
        .filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"))
}

/// The modules that stand at the root of the server.
fn top_modules(tree: &Tree) -> Vec<&str> {
    let path = format!("{SERVER}/src/lib.rs");
    let lines = tree.text(&path).unwrap_or_default().lines();
    let modules = lines.filter_map(|line| {
        line.trim_start_matches("pub ")
            .strip_prefix("mod ")?
            .strip_suffix(';')
    });
    modules.collect()
}

fn shown(module: &[String]) -> String {
    if module.is_empty() {
        "crate".to_owned()
    } else {
        module.join("::")
    }
}

/// The names in code, with their lines: without comments, texts and tests.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .zip(1..);
    lines.flat_map(|(line, number)| {
        let code = line.split("//").next().unwrap_or_default();
        // Between quotes is text.
        let pieces = code.split('"').step_by(2);
        let names = pieces.flat_map(|piece| {
            piece.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        });
        names
            .filter(|name| !name.is_empty())
            .map(move |name| (number, name))
    })
}

/// `CheqdStudio` as `cheqd_studio`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: (&str, &str) = (
        "crates/server/src/lib.rs",
        "mod command;\nmod dialect;\nmod http;\nmod start;\n",
    );

    fn server(files: &[(&str, &str)]) -> Tree {
        let paths: Vec<(String, &str)> = files
            .iter()
            .map(|(path, text)| (format!("crates/server/src/{path}"), *text))
            .collect();
        let mut files: Vec<(&str, &str)> = paths
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        files.push(ROOT);
        Tree::of(&files)
    }

    #[test]
    fn an_arrow_up_is_found_and_one_down_is_not() {
        let found = |from: &str, text: &str| {
            let files = [
                ("http.rs", ""),
                ("dialect.rs", ""),
                ("start.rs", ""),
                ("command.rs", ""),
                (from, text),
            ];
            upward_imports(&server(&files))
        };
        assert_eq!(
            found("start/a.rs", "use crate::http::X;"),
            Vec::<String>::new()
        );
        let up = ["crates/server/src/http/a.rs: `http` must not import `start`"];
        assert_eq!(found("http/a.rs", "use crate::start::X;"), up);
        let root = ["crates/server/src/http/a.rs: `http` must not import `crate`"];
        assert_eq!(found("http/a.rs", "use crate::VERSION;"), root);
    }

    #[test]
    fn a_module_without_a_layer_is_found() {
        let tree = Tree::of(&[("crates/server/src/lib.rs", "mod http;\npub mod other;\n")]);
        assert_eq!(
            upward_imports(&tree),
            ["crates/server: module `other` has no layer"]
        );
    }

    #[test]
    fn a_dialect_that_imports_another_is_found() {
        let files = [
            ("dialect.rs", "mod dfns; mod rezolve;"),
            ("dialect/dfns.rs", "mod a;"),
            (
                "dialect/dfns/a.rs",
                "use crate::dialect::rezolve::X;\nuse super::b::Y;",
            ),
            ("dialect/dfns/b.rs", ""),
            ("dialect/rezolve.rs", ""),
        ];
        let met = ["crates/server/src/dialect/dfns/a.rs: dialect `dfns` must not import `rezolve`"];
        assert_eq!(dialects_that_meet(&server(&files)), met);
    }

    #[test]
    fn a_shared_module_that_names_a_dialect_is_found() {
        let found = |path: &str, text: &str| {
            let files = [
                ("dialect/dfns.rs", ""),
                ("dialect/cheqd_studio.rs", ""),
                (path, text),
            ];
            named_dialects(&server(&files)).len()
        };
        for text in [
            "fn of_dfns() {}",
            "struct CheqdStudioError;",
            "match a { Dialect::Dfns => {} }",
        ] {
            assert_eq!(found("http/a.rs", text), 1, "{text}");
            assert_eq!(found("authentication.rs", text), 1, "{text}");
            assert_eq!(found("start/a.rs", text), 0, "{text}");
            assert_eq!(found("dialect/dfns/a.rs", text), 0, "{text}");
        }
        for text in [
            "// As dfns has it.",
            "const NAME: &str = \"x-dfns-useraction\";",
            "#[cfg(test)]\nfn dfns() {}",
        ] {
            assert_eq!(found("http/a.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn a_circle_between_folders_is_found_in_every_crate() {
        let tree = Tree::of(&[
            ("crates/x/Cargo.toml", ""),
            ("crates/x/src/lib.rs", "mod a; mod b;"),
            ("crates/x/src/a.rs", "mod c;"),
            ("crates/x/src/a/c.rs", "use crate::b::d::D;"),
            ("crates/x/src/b.rs", "mod d;"),
            ("crates/x/src/b/d.rs", "use crate::a::c::C;"),
        ]);
        assert_eq!(
            circles(&tree),
            ["a circle: crates/x/src/a/c.rs, crates/x/src/b/d.rs"]
        );
    }

    #[test]
    fn mod_files_and_public_modules_are_found() {
        let tree = Tree::of(&[
            ("crates/x/src/a/mod.rs", ""),
            ("crates/x/tests/common/mod.rs", ""),
            (
                "crates/server/src/lib.rs",
                "pub mod a;\nmod b;\npub use b::C;\n",
            ),
        ]);
        assert_eq!(mod_files(&tree).len(), 1);
        assert_eq!(public_modules(&tree).len(), 1);
    }
}
