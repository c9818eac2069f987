//! Checks of the Cargo manifests: who may depend on whom, and on what.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::Tree;

/// The layers, lowest first, each with the crates of this workspace it may use. `atropos` is the package in
/// `crates/server`. The tests talk to the binary over HTTP; the pure crates help them to sign and to verify.
const LAYERS: [(&str, &[&str]); 18] = [
    ("clock", &[]),
    ("outbound", &[]),
    ("did", &[]),
    ("proof", &["did"]),
    ("store", &[]),
    ("audit", &["clock", "store"]),
    ("access", &["audit", "clock", "did", "store"]),
    ("vault", &["access", "audit", "clock", "store"]),
    ("keystore", &["clock", "did", "store"]),
    ("ledger", &["clock", "did", "proof"]),
    (
        "publication",
        &["clock", "did", "ledger", "outbound", "proof", "store"],
    ),
    (
        "registrar",
        &["clock", "did", "keystore", "ledger", "store"],
    ),
    ("resolver", &["clock", "did", "ledger"]),
    ("cosmos", &["did"]),
    ("chain", &["clock", "cosmos", "did", "ledger", "store"]),
    (
        "cheqd",
        &["clock", "cosmos", "did", "ledger", "outbound", "store"],
    ),
    (
        "atropos",
        &[
            "access",
            "audit",
            "chain",
            "cheqd",
            "clock",
            "did",
            "keystore",
            "ledger",
            "outbound",
            "proof",
            "publication",
            "registrar",
            "resolver",
            "store",
            "vault",
        ],
    ),
    ("tests", &["cosmos", "did", "outbound", "proof"]),
];

/// Crates that compute and do nothing else: no storage, no network, no threads of their own.
const PURE: [&str; 3] = ["did", "proof", "cosmos"];
const IMPURE_DEPENDENCIES: [&str; 7] = [
    "axum",
    "hyper",
    "redb",
    "reqwest",
    "rusqlite",
    "tokio",
    "tracing-subscriber",
];

/// Crates that know HTTP; every other crate is used from there and must not. `chain` serves the two ports of a Cosmos
/// node. `publication` is only a client, of witnesses and of the receivers of webhooks, and so is `cheqd`, of the nodes
/// of the cheqd network. `outbound` makes their clients.
const HTTP_CRATES: [&str; 6] = [
    "atropos",
    "chain",
    "cheqd",
    "outbound",
    "publication",
    "tests",
];
const HTTP_DEPENDENCIES: [&str; 9] = [
    "axum",
    "http",
    "http-body-util",
    "hyper",
    "hyper-util",
    "reqwest",
    "tower",
    "tower-http",
    "utoipa",
];

/// Dependencies between the crates of this workspace that do not point down, and crates that have no layer yet.
///
/// A dependency must stand in the crate's row of [`LAYERS`]. One for its tests alone may also skip a layer.
pub fn upward_arrows(tree: &Tree) -> Vec<String> {
    each_member(tree, |member, found| {
        let Some(allowed) = row(&member.name) else {
            found.push(format!(
                "{}: package `{}` has no layer",
                member.path, member.name
            ));
            return;
        };
        for dependency in member
            .dependencies
            .iter()
            .filter(|dependency| row(&dependency.name).is_some())
        {
            let below = allowed.contains(&dependency.name.as_str());
            let far_below =
                dependency.kind == Kind::Tests && is_below(&dependency.name, &member.name);
            if !below && !far_below {
                found.push(format!(
                    "{}: `{}` must not use `{}`",
                    member.path, member.name, dependency.name
                ));
            }
        }
    })
}

/// Dependencies that a crate must not have: side effects in the pure ones, HTTP below the server.
pub fn forbidden_dependencies(tree: &Tree) -> Vec<String> {
    each_member(tree, |member, found| {
        let name = member.name.as_str();
        for dependency in member
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == Kind::Build)
        {
            let used = dependency.name.as_str();
            if PURE.contains(&name) && IMPURE_DEPENDENCIES.contains(&used) {
                found.push(format!(
                    "{}: `{name}` is pure and must not use `{used}`",
                    member.path
                ));
            }
            if !HTTP_CRATES.contains(&name) && HTTP_DEPENDENCIES.contains(&used) {
                found.push(format!(
                    "{}: `{name}` must not know HTTP, but uses `{used}`",
                    member.path
                ));
            }
        }
    })
}

/// Dependencies with a version of their own: all versions stand in the root manifest.
pub fn versions_outside_the_root(tree: &Tree) -> Vec<String> {
    each_member(tree, |member, found| {
        for dependency in member
            .dependencies
            .iter()
            .filter(|dependency| !dependency.from_root)
        {
            let name = &dependency.name;
            found.push(format!(
                "{}: write `{name}.workspace = true`, its version stands in the root",
                member.path
            ));
        }
    })
}

/// Entries of the root's dependency table that no crate uses.
pub fn unused_dependencies(tree: &Tree) -> Vec<String> {
    let mut used = BTreeSet::new();
    let mut found = each_member(tree, |member, _| {
        used.extend(
            member
                .dependencies
                .iter()
                .map(|dependency| dependency.key.clone()),
        );
    });
    let root = match parse(tree, "Cargo.toml") {
        Ok(root) => root,
        Err(finding) => return vec![finding],
    };
    let listed = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table);
    let listed = listed.into_iter().flat_map(Table::keys);
    found.extend(
        listed
            .filter(|name| !used.contains(*name))
            .map(|name| format!("Cargo.toml: nothing uses `{name}`")),
    );
    found
}

/// Crates that do not take the workspace's lints.
pub fn missing_lints(tree: &Tree) -> Vec<String> {
    each_member(tree, |member, found| {
        if !member.takes_lints {
            found.push(format!(
                "{}: add `[lints]` with `workspace = true`",
                member.path
            ));
        }
    })
}

fn row(name: &str) -> Option<&'static [&'static str]> {
    LAYERS
        .iter()
        .find(|(layer, _)| *layer == name)
        .map(|(_, allowed)| *allowed)
}

/// Whether `name` can be reached from `from` along the allowed arrows.
fn is_below(name: &str, from: &str) -> bool {
    row(from).is_some_and(|allowed| {
        allowed
            .iter()
            .any(|next| *next == name || is_below(name, next))
    })
}

struct Member {
    path: String,
    name: String,
    dependencies: Vec<Dependency>,
    takes_lints: bool,
}

struct Dependency {
    /// The name in the manifest, which is the one in the root's table.
    key: String,
    /// The package.
    name: String,
    kind: Kind,
    from_root: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `[dependencies]` and `[build-dependencies]`.
    Build,
    /// `[dev-dependencies]`.
    Tests,
}

/// Runs `check` on every manifest but the root's. A tree without any is a finding: the check would pass unseen.
fn each_member(tree: &Tree, mut check: impl FnMut(&Member, &mut Vec<String>)) -> Vec<String> {
    let mut found = Vec::new();
    let paths: Vec<&str> = tree.ending("/Cargo.toml").map(|(path, _)| path).collect();
    if paths.is_empty() {
        found.push("no manifest of a member".to_owned());
    }
    for path in paths {
        match parse(tree, path).and_then(|manifest| member(path, &manifest)) {
            Ok(member) => check(&member, &mut found),
            Err(finding) => found.push(finding),
        }
    }
    found
}

fn parse(tree: &Tree, path: &str) -> Result<Table, String> {
    let text = tree
        .text(path)
        .ok_or_else(|| format!("{path} is missing"))?;
    text.parse().map_err(|error| format!("{path}: {error}"))
}

fn member(path: &str, manifest: &Table) -> Result<Member, String> {
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str);
    let name = name.ok_or_else(|| format!("{path}: no package name"))?;
    let mut dependencies = Vec::new();
    collect_dependencies(manifest, &mut dependencies);
    for target in manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
    {
        target
            .as_table()
            .into_iter()
            .for_each(|target| collect_dependencies(target, &mut dependencies));
    }
    let lints = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"));
    let takes_lints = lints.and_then(Value::as_bool) == Some(true);
    Ok(Member {
        path: path.to_owned(),
        name: name.to_owned(),
        dependencies,
        takes_lints,
    })
}

fn collect_dependencies(manifest: &Table, dependencies: &mut Vec<Dependency>) {
    let sections = BTreeMap::from([
        ("dependencies", Kind::Build),
        ("build-dependencies", Kind::Build),
        ("dev-dependencies", Kind::Tests),
    ]);
    for (section, kind) in sections {
        for (key, value) in manifest
            .get(section)
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
        {
            let name = value.get("package").and_then(Value::as_str).unwrap_or(key);
            let from_root = value.get("workspace").and_then(Value::as_bool) == Some(true);
            dependencies.push(Dependency {
                key: key.clone(),
                name: name.to_owned(),
                kind,
                from_root,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree with one crate of that name and manifest text.
    fn with(name: &str, rest: &str) -> Tree {
        Tree::of(&[(
            &format!("crates/{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\n{rest}"),
        )])
    }

    #[test]
    fn the_layers_themselves_point_down() {
        for (index, (name, allowed)) in LAYERS.iter().enumerate() {
            for below in *allowed {
                assert!(
                    LAYERS[..index].iter().any(|(layer, _)| layer == below),
                    "{name} -> {below}"
                );
            }
        }
    }

    #[test]
    fn upward_arrows_are_found_wherever_they_are_written() {
        for manifest in [
            "[dependencies]\nledger.workspace = true",
            "[dependencies]\nledger = { path = \"../ledger\" }",
            "[dependencies]\nrenamed = { path = \"../ledger\", package = \"ledger\" }",
            "[build-dependencies]\nledger.workspace = true",
            "[dev-dependencies]\nledger.workspace = true",
            "[target.'cfg(unix)'.dependencies]\nledger.workspace = true",
        ] {
            assert_eq!(upward_arrows(&with("did", manifest)).len(), 1, "{manifest}");
        }
    }

    #[test]
    fn a_layer_may_be_skipped_for_tests_alone() {
        assert_eq!(
            upward_arrows(&with("resolver", "[dependencies]\nproof.workspace = true")).len(),
            1
        );
        assert!(
            upward_arrows(&with(
                "resolver",
                "[dev-dependencies]\nproof.workspace = true"
            ))
            .is_empty()
        );
        assert!(
            upward_arrows(&with("resolver", "[dependencies]\nledger.workspace = true")).is_empty()
        );
        assert_eq!(
            upward_arrows(&with(
                "resolver",
                "[dev-dependencies]\naccess.workspace = true"
            ))
            .len(),
            1
        );
    }

    #[test]
    fn a_crate_without_a_layer_or_a_name_is_found() {
        assert_eq!(upward_arrows(&with("helpers", "")).len(), 1);
        assert_eq!(
            upward_arrows(&Tree::of(&[("crates/did/Cargo.toml", "[package]")])).len(),
            1
        );
        assert_eq!(
            upward_arrows(&Tree::of(&[("crates/did/Cargo.toml", "[package")])).len(),
            1
        );
        assert_eq!(upward_arrows(&Tree::of(&[])).len(), 1);
    }

    #[test]
    fn side_effects_and_http_are_found_below_their_place() {
        let uses = |name, dependency| {
            with(
                name,
                &format!("[dependencies]\n{dependency}.workspace = true"),
            )
        };
        for (name, dependency) in [
            ("did", "tokio"),
            ("proof", "rusqlite"),
            ("did", "redb"),
            ("registrar", "axum"),
            ("ledger", "hyper"),
        ] {
            assert_eq!(
                forbidden_dependencies(&uses(name, dependency)).len(),
                1,
                "{name} -> {dependency}"
            );
        }
        for (name, dependency) in [
            ("did", "sha2"),
            ("ledger", "tokio"),
            ("atropos", "axum"),
            ("store", "rusqlite"),
        ] {
            assert!(
                forbidden_dependencies(&uses(name, dependency)).is_empty(),
                "{name} -> {dependency}"
            );
        }
    }

    #[test]
    fn a_version_outside_the_root_is_found() {
        assert_eq!(
            versions_outside_the_root(&with("did", "[dependencies]\nhex = \"0.4\"")).len(),
            1
        );
        assert_eq!(
            versions_outside_the_root(&with(
                "did",
                "[dev-dependencies]\nhex = { version = \"1\" }"
            ))
            .len(),
            1
        );
        assert!(
            versions_outside_the_root(&with("did", "[dependencies]\nhex.workspace = true"))
                .is_empty()
        );
    }

    #[test]
    fn an_unused_dependency_is_found() {
        let root = "[workspace.dependencies]\nhex = \"0.4\"\nsha2 = \"0.11\"";
        let member = "[package]\nname = \"did\"\n[dev-dependencies]\nhex.workspace = true";
        let tree = Tree::of(&[("Cargo.toml", root), ("crates/did/Cargo.toml", member)]);
        assert_eq!(
            unused_dependencies(&tree),
            ["Cargo.toml: nothing uses `sha2`"]
        );
        assert_eq!(
            unused_dependencies(&Tree::of(&[("crates/did/Cargo.toml", member)])).len(),
            1
        );
    }

    #[test]
    fn missing_lints_are_found() {
        assert_eq!(missing_lints(&with("did", "")).len(), 1);
        assert_eq!(
            missing_lints(&with("did", "[lints]\nworkspace = false")).len(),
            1
        );
        assert!(missing_lints(&with("did", "[lints]\nworkspace = true")).is_empty());
    }
}
