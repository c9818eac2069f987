//! A witness of the built binary, and the policy of a server that asks it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::scratch::{Folder, Process};
use crate::server::{Place, Server, clean_command, wait_until_it_listens};

/// A running witness with files of its own. It is killed when dropped.
pub struct Witness {
    process: Process,
    address: String,
    vkey: String,
    _folder: Folder,
}

impl Witness {
    /// Starts a witness of the log with that key.
    ///
    /// # Errors
    /// It does not start; the message has what it printed.
    pub fn start(log_vkey: &str) -> Result<Self> {
        let folder = Folder::new()?;
        let (out, err) = (folder.path().join("out"), folder.path().join("err"));
        let mut command = clean_command()?;
        command
            .args(["--log-format", "json", "witness"])
            .args(["--listen", "127.0.0.1:0", "--name", "witness.example"])
            .args(["--log", log_vkey, "--data"])
            .arg(folder.path().join("data"));
        command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?);
        let process = Process::spawn(&mut command).context("the witness cannot be started")?;
        let mut witness = Self {
            process,
            address: String::new(),
            vkey: String::new(),
            _folder: folder,
        };
        witness.address = wait_until_it_listens(&mut witness.process, &err, "witnessing")?;
        witness.vkey = fs::read_to_string(out)?.trim().to_owned();
        Ok(witness)
    }

    /// A client of its two routes.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn client(&self) -> Result<Client> {
        Client::new(&self.address, None)
    }

    /// The policy that asks for this witness, and for it alone.
    pub fn policy(&self, log_vkey: &str) -> String {
        format!(
            "log {log_vkey}\nwitness w {} http://{}\nquorum w\n",
            self.vkey, self.address
        )
    }
}

/// A place whose log a witness watches.
pub struct Watched {
    /// The files of the server.
    pub place: Place,
    /// The witness.
    pub witness: Witness,
    /// The policy, which verifiers pin too.
    pub policy: String,
    policy_file: PathBuf,
}

impl Watched {
    /// Makes a log and starts a witness for it.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn new() -> Result<Self> {
        let place = Place::new()?;
        let server = place.start()?;
        let log_vkey = log_vkey(&server.client()?).await?;
        server.stop()?;
        let witness = Witness::start(&log_vkey)?;
        let policy = witness.policy(&log_vkey);
        let policy_file = place.folder().join("policy.txt");
        fs::write(&policy_file, &policy)?;
        Ok(Self {
            place,
            witness,
            policy,
            policy_file,
        })
    }

    /// Entries of the largest checkpoint that the witness has cosigned; 0 for none.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn size_known(&self) -> Result<u64> {
        let origin = self.policy.split_whitespace().nth(1).unwrap_or_default();
        let origin = origin.split('+').next().unwrap_or_default();
        let path = format!("/{}/checkpoint", hex::encode(Sha256::digest(origin)));
        let note = self.witness.client()?.get(&path).await?.text();
        let size = note.lines().nth(1).map(str::parse);
        Ok(size.and_then(Result::ok).unwrap_or(0))
    }

    /// Starts the server, which asks the witness.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&self) -> Result<Server> {
        self.start_at(&self.place)
    }

    /// Starts a server in another place under the same policy.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_at(&self, place: &Place) -> Result<Server> {
        let policy = self.policy_file.to_string_lossy();
        place.start_with(&[
            "--publication-policy",
            &policy,
            "--publication-interval-ms",
            "20",
            "--publication-freshness-s",
            "1",
        ])
    }
}

/// The key of the log of testnet, from the policy that the server shows.
///
/// # Errors
/// It shows none.
pub async fn log_vkey(client: &Client) -> Result<String> {
    let policy = client.get("/v1/policy/testnet").await?.text();
    let line = policy.lines().find_map(|line| line.strip_prefix("log "));
    let vkey = line.and_then(|line| line.split_whitespace().next());
    vkey.map(str::to_owned)
        .with_context(|| format!("no log in this policy: {policy}"))
}
