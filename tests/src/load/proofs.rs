//! What verifiers fetch: receipts, and the status list of a whole network.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::connection::{Connection, Reply, find, request};
use super::drive::{Target, Work, drive};
use super::phases::ended_by_their_keys;
use super::table::{Row, Table};
use super::{NETWORK, progress, scattered};
use crate::wallet::Wallet;

/// One DID of so many is ended first, scattered evenly: a status list without ended DIDs has no size worth knowing.
const ONE_OF: u64 = 10;
const ENDED_MAX: u64 = 100_000;

/// Ends some of the DIDs, then fetches receipts of ended and of active ones, and the status list.
pub(super) async fn measure(target: &Target, dids: u64, table: &mut Table) -> Result<()> {
    let ended = (dids / ONE_OF).clamp(1, ENDED_MAX);
    progress(&format!("ending {ended} of {dids} DIDs"));
    let numbers: Vec<u64> = (0..ended).map(|number| scattered(number, dids)).collect();
    ended_by_their_keys(target, &numbers).await?;
    for (name, status, numbers) in [
        ("receipt of an ended DID", "deactivated", numbers.clone()),
        ("receipt of an active DID", "active", others(&numbers, dids)),
    ] {
        let work = Rc::new(Receipts {
            numbers,
            status,
            bytes_max: Cell::new(0),
            bytes_sum: Cell::new(0),
        });
        let run = drive(target, work.clone()).await?;
        let mean = work.bytes_sum.get() / run.count.max(1);
        table.row(Row::of(name, target, &run));
        table.note(
            format!("{name}, of {dids} DIDs"),
            format!("{mean} bytes, at most {}", work.bytes_max.get()),
        );
    }
    for name in ["status list, made anew", "status list, again"] {
        let (bytes, ms) = status_list(target).await?;
        table.note(
            format!("{name}, {dids} DIDs of which {ended} ended"),
            format!("{bytes} bytes in {ms:.1} ms"),
        );
    }
    Ok(())
}

/// Numbers that are not among these.
fn others(numbers: &[u64], dids: u64) -> Vec<u64> {
    let ended: std::collections::HashSet<u64> = numbers.iter().copied().collect();
    let all = (0..dids.min(ENDED_MAX)).map(|number| scattered(number + ENDED_MAX, dids));
    all.filter(|number| !ended.contains(number)).collect()
}

struct Receipts {
    numbers: Vec<u64>,
    status: &'static str,
    bytes_max: Cell<usize>,
    bytes_sum: Cell<u64>,
}

impl Receipts {
    /// The numbers in turn, again and again.
    fn did(&self, number: u64) -> Option<String> {
        let at = number.checked_rem(self.numbers.len() as u64)?;
        let number = self.numbers.get(usize::try_from(at).ok()?)?;
        Some(Wallet::did_of(*number))
    }
}

impl Work for Receipts {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        let path = format!("/v1/receipts/{}", self.did(number)?);
        Some(request("GET", &path, None, "", b""))
    }

    fn check(&self, _number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "no receipt");
        let mark = format!(r#""status":"{}""#, self.status);
        ensure!(
            find(reply.body, mark.as_bytes()).is_some(),
            "another status"
        );
        let bytes = reply.body.len();
        self.bytes_max.set(self.bytes_max.get().max(bytes));
        self.bytes_sum.set(self.bytes_sum.get() + bytes as u64);
        Ok(())
    }
}

async fn status_list(target: &Target) -> Result<(usize, f64)> {
    let mut connection = Connection::open(&target.address).await?;
    let path = format!("/v1/status-list/{NETWORK}");
    let begin = Instant::now();
    let reply = connection
        .ask(&request("GET", &path, None, "", b""))
        .await?;
    ensure!(reply.status == 200, "no status list: {}", reply.status);
    Ok((reply.body.len(), begin.elapsed().as_secs_f64() * 1000.0))
}
