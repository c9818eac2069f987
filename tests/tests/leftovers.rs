//! No process and no file outlives the tests, whichever way they end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tests::scratch::{Folder, Process};

/// Set in the test program that the tests below start: how it ends.
const END: &str = "ATROPOS_TEST_END";
const PATIENCE: Duration = Duration::from_secs(30);

/// What another run of this program has started.
struct Left {
    process: u32,
    folder: PathBuf,
}

impl Left {
    fn is_gone(&self) -> bool {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", self.process));
        let runs = state.is_ok_and(|state| !state.contains(") Z "));
        !runs && !self.folder.exists()
    }
}

/// The part of the program that is started again; by itself it does nothing.
#[test]
fn a_test_that_ends_in_some_way() {
    static NEVER_DROPPED: OnceLock<(Process, Folder)> = OnceLock::new();
    let Some(end) = std::env::var_os(END) else {
        return;
    };
    let folder = Folder::new().unwrap();
    std::fs::write(folder.path().join("file"), "content").unwrap();
    let process = Process::spawn(Command::new("sleep").arg("600")).unwrap();
    println!("left {} {}", process.id(), folder.path().display());
    match end.to_str().unwrap() {
        "fails" => panic!("as it should"),
        "is a static" => drop(NEVER_DROPPED.set((process, folder))),
        "is killed" => std::thread::sleep(PATIENCE),
        _ => {}
    }
}

fn run(end: &str, then: impl Fn(&mut Process)) -> Left {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "a_test_that_ends_in_some_way", "--nocapture"])
        .env(END, end)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut program = Process::spawn(&mut command).unwrap();
    let mut lines = BufReader::new(program.child().stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| {
        let line = line.unwrap();
        line.split_once("left ").map(|(_, rest)| rest.to_owned())
    });
    let line = line.expect("it says what it has started");
    let (process, folder) = line.split_once(' ').unwrap();
    then(&mut program);
    lines.for_each(drop);
    program.child().wait().unwrap();
    Left {
        process: process.parse().unwrap(),
        folder: folder.into(),
    }
}

#[test]
fn nothing_is_left_of_a_test_that_passes_fails_is_killed_or_keeps_a_static() {
    for end in ["passes", "fails", "is a static", "is killed"] {
        let left = run(end, |program| {
            if end == "is killed" {
                program.kill().unwrap();
            }
        });
        let begin = Instant::now();
        while !left.is_gone() {
            assert!(
                begin.elapsed() < PATIENCE,
                "{} or {} is left: {end}",
                left.process,
                left.folder.display()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
