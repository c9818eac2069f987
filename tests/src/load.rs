//! The load tool: one run prints what the server does per second, and beside it what the machine does without it.

mod bare;
mod connection;
mod drive;
mod fill;
mod phases;
mod proofs;
mod signatures;
mod table;
mod transactions;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Parser;

use crate::server::{API_KEY, Place, Server};
use crate::wallet::Wallet;
use drive::Target;
use table::{Row, Table};

/// The network of all DIDs here.
const NETWORK: &str = "testnet";

/// Measures resolutions, creates and deactivations per second.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// DIDs that there are before anything is measured.
    #[arg(long, default_value_t = 10_000)]
    dids: u64,
    /// Length of each measurement.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Connections at once, each with one request in flight.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Folder for the server's files, which stays and can be used again. By default a temporary one.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Only make the DIDs, then start the server again and measure resolution.
    #[arg(long)]
    reads_only: bool,
    /// Only make the DIDs, end some of them, and measure receipts and the status list.
    #[arg(long, conflicts_with = "reads_only")]
    proofs: bool,
    /// Only measure creates and deactivations as Cosmos transactions, over CometBFT's JSON-RPC.
    #[arg(long, conflicts_with_all = ["reads_only", "proofs", "server"])]
    transactions: bool,
    /// Address of a running server, such as 127.0.0.1:3000, instead of one that is started here.
    #[arg(long, value_name = "ADDRESS", requires = "api_key")]
    server: Option<String>,
    /// API key for that server.
    #[arg(long, value_name = "SECRET")]
    api_key: Option<String>,
    /// Serve answers of this many bytes and nothing else: what the tool starts for comparison.
    #[arg(long, hide = true, value_name = "BYTES")]
    bare: Option<usize>,
}

/// Runs the tool with the arguments of this process.
///
/// # Errors
/// The server cannot be started, or gives a wrong answer.
pub fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(bytes) = arguments.bare {
        return bare::serve(bytes);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let mut table = Table::default();
    if arguments.transactions {
        transactions::measure(arguments, &mut table).await?;
        return print(&table);
    }
    let Some(address) = &arguments.server else {
        let place = match &arguments.data {
            Some(folder) => Place::at(folder)?,
            None => Place::new()?,
        };
        let server = place.start()?;
        table.note("start, as found", started(&server));
        let target = Target::new(server.address(), API_KEY, arguments);
        fill::fill(&target, arguments.dids, &mut table).await?;
        let server = again(&place, server, arguments.dids, &mut table)?;
        let target = Target::new(server.address(), API_KEY, arguments);
        phases(arguments, &target, &mut table).await?;
        note_memory(&server, &mut table);
        if !arguments.reads_only && !arguments.proofs {
            note_memory(
                &again(&place, server, arguments.dids, &mut table)?,
                &mut table,
            );
        } else {
            server.stop()?;
        }
        return print(&table);
    };
    let target = Target::new(
        address,
        arguments.api_key.as_deref().unwrap_or_default(),
        arguments,
    );
    fill::fill(&target, arguments.dids, &mut table).await?;
    phases(arguments, &target, &mut table).await?;
    print(&table)
}

async fn phases(arguments: &Arguments, target: &Target, table: &mut Table) -> Result<()> {
    if arguments.proofs {
        return proofs::measure(target, arguments.dids, table).await;
    }
    let answer_bytes = phases::answer_bytes(target, arguments.dids).await?;
    let resolve = phases::resolve(target, arguments.dids).await?;
    let bare = bare::Bare::start(answer_bytes)?;
    let baseline = phases::bare(&target.at(bare.address()), answer_bytes).await?;
    drop(bare);
    table.row(Row::of(
        "resolve: GET /1.0/identifiers/{did}",
        target,
        &resolve,
    ));
    table.row(Row::of(
        "bare axum handler, answers of the same size",
        target,
        &baseline,
    ));
    table.note(
        "resolve / bare",
        format!("{:.2}", resolve.per_second() / baseline.per_second()),
    );
    if arguments.reads_only {
        return Ok(());
    }
    let (made, dids) = phases::create_held(target).await?;
    table.row(Row::of(
        "create: POST /did/create, key made and held by the server",
        target,
        &made,
    ));
    let ended = phases::end_held(target, dids).await?;
    table.row(Row::of(
        "deactivate: POST /did/deactivate/{did}, API key, audited, signed by the keystore",
        target,
        &ended,
    ));
    let (made, ended) = phases::signed_outside(target, fresh_numbers()?).await?;
    table.row(Row::of(
        "create: POST /v1/operations, signed before",
        target,
        &made,
    ));
    table.row(Row::of(
        "deactivate: POST /v1/operations, signed before",
        target,
        &ended,
    ));
    for (name, run) in signatures::measure(target.duration) {
        table.row(Row::on_one_core(name, &run));
    }
    Ok(())
}

/// Stops the server and starts another one on the same files.
fn again(place: &Place, server: Server, dids: u64, table: &mut Table) -> Result<Server> {
    server.stop()?;
    let server = place.start()?;
    table.note(format!("start with {dids} DIDs or more"), started(&server));
    Ok(server)
}

fn started(server: &Server) -> String {
    format!(
        "{:.3} s until it listens",
        server.started_in().as_secs_f64()
    )
}

fn note_memory(server: &Server, table: &mut Table) {
    if let Some((now, most)) = server.resident_kib() {
        table.note(
            "server, resident",
            format!("{} MiB, at most {} MiB", now / 1024, most / 1024),
        );
    }
}

fn print(table: &Table) -> Result<()> {
    Ok(std::io::stdout()
        .lock()
        .write_all(table.to_string().as_bytes())?)
}

/// Numbers that no earlier run has used for its DIDs, also on the same files.
fn fresh_numbers() -> Result<u64> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock stands before 1970")?;
    Ok(now.as_secs() << 16)
}

/// Tells whoever waits how far it is.
fn progress(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// The DID of a number below `dids`, evenly spread.
fn any_did(number: u64, dids: u64) -> String {
    Wallet::did_of(scattered(number, dids))
}

/// A number below `below`, the same for each `number`, spread evenly.
fn scattered(number: u64, below: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 16) % below.max(1)
}

/// Waits for nothing: a length of time in seconds.
fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
