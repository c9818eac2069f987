//! The tree as data: its files, and checks that every change to it must pass.
//!
//! A check takes a [`Tree`] and returns what it found wrong, one line each; nothing found is an empty list. The checks
//! run on the real tree in `tests/structure.rs`; beside each stand small made-up trees that it must reject.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

mod documents;
mod imports;
mod manifests;
mod shape;
mod sources;

pub use documents::{dead_links, misplaced_names, unnamed_fixtures};
pub use manifests::{
    forbidden_dependencies, missing_lints, unused_dependencies, upward_arrows,
    versions_outside_the_root,
};
pub use shape::{
    circles, dialects_that_meet, mod_files, named_dialects, public_modules, upward_imports,
};
pub use sources::{foreign_lock_sources, machine_paths, oversized_sources, stubs};

/// Folders that are made by tools and are no part of the tree, and the fuzz targets: a workspace of their own, with its
/// own rules.
const SKIPPED: [&str; 4] = [".git", "node_modules", "target", "fuzz"];

/// Every text file of the tree by its path from the root, written with `/`. Files that are not UTF-8 are kept as empty
/// texts: they exist, and no check reads them.
pub struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// The tree this crate was built in.
    pub fn load() -> io::Result<Self> {
        Self::load_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
    }

    fn load_from(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![(PathBuf::from(root), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{prefix}{name}");
                if entry.file_type()?.is_dir() {
                    if !SKIPPED.contains(&name.as_str()) {
                        folders.push((entry.path(), format!("{path}/")));
                    }
                    continue;
                }
                match fs::read(entry.path()) {
                    Ok(bytes) => files.insert(path, String::from_utf8(bytes).unwrap_or_default()),
                    // Another test's temporary file, gone since the folder was listed.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    Err(error) => return Err(error),
                };
            }
        }
        Ok(Self { files })
    }

    /// Number of files.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether `path` is a file of the tree, or a folder with one in it.
    fn contains(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.is_empty()
            || self.files.contains_key(path)
            || self
                .files
                .range(folder.clone()..)
                .next()
                .is_some_and(|(file, _)| file.starts_with(&folder))
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The files whose name ends in `suffix`.
    fn ending(&self, suffix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(move |(path, _)| path.ends_with(suffix))
    }
}

#[cfg(test)]
impl Tree {
    /// A made-up tree.
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        Self { files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_when_a_file_is_in_it() {
        let tree = Tree::of(&[("docs/log.md", ""), ("docs-old.md", "")]);
        assert!(tree.contains("docs") && tree.contains("docs/") && tree.contains("docs/log.md"));
        assert!(!tree.contains("doc") && !tree.contains("docs-old") && !tree.contains("docs/log"));
    }

    #[test]
    fn the_loaded_tree_is_this_one_without_what_tools_made() {
        let tree = Tree::load().unwrap();
        assert!(
            tree.text("tests/src/tree.rs")
                .is_some_and(|text| text.contains("the_loaded_tree_is_this_one"))
        );
        let made = |path: &str| {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            folder.split('/').any(|part| SKIPPED.contains(&part))
        };
        assert_eq!(tree.iter().find(|(path, _)| made(path)), None);
    }
}
