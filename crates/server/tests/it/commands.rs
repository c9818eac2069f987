//! Commands of the built binary that need no server, or are one.

mod backup;
mod ledger;
mod verify;
mod witness;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::support::Process;

/// The binary without any setting of this machine.
pub fn atropos(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_atropos"));
    command.env_clear().args(arguments).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    atropos(arguments).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What succeeds, or the test shows why not.
pub fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}{}",
        stdout(&output),
        stderr(&output)
    );
    stdout(&output)
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A process that is ended with the test.
pub struct Running {
    process: Process,
    /// Its first line on standard output, where it prints one.
    pub first_line: String,
    pub address: String,
}

impl Running {
    /// Starts it with logs as JSON, and waits until it says where it listens.
    pub fn start(arguments: &[&str]) -> Running {
        let mut command = atropos(arguments);
        command
            .args(["--log-format", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = Process::spawn(&mut command).unwrap();
        let (mut address, mut seen) = (String::new(), String::new());
        let mut lines = BufReader::new(process.child().stderr.take().unwrap()).lines();
        for line in lines.by_ref() {
            let line = line.unwrap();
            seen += &line;
            if let Some(found) = line.split("\"address\":\"").nth(1) {
                address = found.split('"').next().unwrap().to_owned();
                break;
            }
        }
        assert!(!address.is_empty(), "{arguments:?}: {seen}");
        // What it writes further is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let mut stdout = BufReader::new(process.child().stdout.take().unwrap());
        let first_line = if arguments[0] == "witness" {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        } else {
            String::new()
        };
        std::thread::spawn(move || stdout.lines().for_each(drop));
        Running {
            process,
            first_line,
            address,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Entries in its log.
    pub async fn size(&self) -> u64 {
        let health = reqwest::get(self.url("/health")).await.unwrap();
        let health: serde_json::Value =
            serde_json::from_str(&health.text().await.unwrap()).unwrap();
        health["networks"][0]["size"].as_u64().unwrap()
    }

    pub fn stop(mut self) {
        self.process.kill().unwrap();
    }
}

/// Asks until an answer is as wanted; a minute is for a machine that is very busy.
pub async fn eventually(url: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
    let mut last = String::new();
    for _ in 0..600 {
        let response = reqwest::get(url).await.unwrap();
        let status = response.status().as_u16();
        last = response.text().await.unwrap();
        if wanted(status, &last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{url} stays: {last}")
}
