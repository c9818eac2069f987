//! The shape of the tree: which way its arrows point, and what no file may hold.

#![allow(clippy::expect_used)]

use std::sync::LazyLock;

use tests::tree::{self, Tree};

static TREE: LazyLock<Tree> = LazyLock::new(|| Tree::load().expect("the tree can be read"));

fn assert_nothing(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn the_tree_is_there() {
    assert!(TREE.file_count() > 50, "{} files", TREE.file_count());
}

#[test]
fn arrows_point_down() {
    assert_nothing(&tree::upward_arrows(&TREE));
}

#[test]
fn pure_crates_have_no_side_effects_and_http_stays_in_the_server() {
    assert_nothing(&tree::forbidden_dependencies(&TREE));
}

#[test]
fn versions_stand_in_the_root_manifest() {
    assert_nothing(&tree::versions_outside_the_root(&TREE));
}

#[test]
fn every_dependency_is_used() {
    assert_nothing(&tree::unused_dependencies(&TREE));
}

#[test]
fn every_crate_takes_the_lints() {
    assert_nothing(&tree::missing_lints(&TREE));
}

#[test]
fn sources_fit_their_limits() {
    assert_nothing(&tree::oversized_sources(&TREE));
}

#[test]
fn nothing_is_left_unfinished() {
    assert_nothing(&tree::stubs(&TREE));
}

#[test]
fn nothing_names_one_machine() {
    assert_nothing(&tree::machine_paths(&TREE));
}

#[test]
fn locks_name_no_other_registry() {
    assert_nothing(&tree::foreign_lock_sources(&TREE));
}

#[test]
fn links_between_documents_lead_somewhere() {
    assert_nothing(&tree::dead_links(&TREE));
}

#[test]
fn names_behind_links_to_sources_are_in_them() {
    assert_nothing(&tree::misplaced_names(&TREE));
}

#[test]
fn every_fixture_says_where_it_comes_from() {
    assert_nothing(&tree::unnamed_fixtures(&TREE));
}

#[test]
fn modules_are_called_by_their_names() {
    assert_nothing(&tree::mod_files(&TREE));
}

#[test]
fn arrows_inside_the_server_point_down() {
    assert_nothing(&tree::upward_imports(&TREE));
}

#[test]
fn no_dialect_imports_another() {
    assert_nothing(&tree::dialects_that_meet(&TREE));
}

#[test]
fn no_shared_module_names_a_dialect() {
    assert_nothing(&tree::named_dialects(&TREE));
}

#[test]
fn no_circle_of_files_goes_through_several_folders() {
    assert_nothing(&tree::circles(&TREE));
}
