//! Makes DIDs in bulk, 32 in each submission, signed here.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::connection::{Connection, Reply, find, request};
use super::drive::{FOR_EVER, Target, Work, drive_for};
use super::progress;
use super::table::{Row, Table};
use crate::wallet::Wallet;

/// Operations of one submission.
const SUBMISSION: u64 = 32;
/// Submissions that may have been under way when an earlier run was interrupted.
const UNDER_WAY: u64 = 1024;

/// Makes what is missing of the DIDs of the numbers below `dids`.
pub(super) async fn fill(target: &Target, dids: u64, table: &mut Table) -> Result<()> {
    let present = present(target, dids).await?;
    let first = present.saturating_sub(if present == dids {
        0
    } else {
        SUBMISSION * UNDER_WAY
    });
    if first == dids {
        return Ok(());
    }
    let work = Fill {
        first,
        end: dids,
        done: Cell::new(0),
        told: Cell::new(Instant::now()),
    };
    let mut run = drive_for(target, FOR_EVER, Rc::new(work)).await?;
    run.count = dids - first;
    table.row(Row::of(
        "create: POST /v1/operations, 32 in a submission, signed meanwhile",
        target,
        &run,
    ));
    Ok(())
}

/// Makes the DIDs of these numbers.
pub(super) async fn make(target: &Target, first: u64, end: u64) -> Result<()> {
    let work = Fill {
        first,
        end,
        done: Cell::new(0),
        told: Cell::new(Instant::now()),
    };
    drive_for(target, FOR_EVER, Rc::new(work)).await.map(drop)
}

/// How many of them are there: an earlier run made them in order.
async fn present(target: &Target, dids: u64) -> Result<u64> {
    let mut connection = Connection::open(&target.address).await?;
    let (mut low, mut high) = (0, dids);
    let mut next = dids;
    while low < high {
        let path = format!("/1.0/identifiers/{}", Wallet::did_of(next - 1));
        let reply = connection
            .ask(&request("GET", &path, None, "", b""))
            .await?;
        ensure!(
            [200, 404, 410].contains(&reply.status),
            "status {}",
            reply.status
        );
        if reply.status == 404 {
            high = next - 1
        } else {
            low = next
        }
        next = low + (high - low).div_ceil(2);
    }
    Ok(low)
}

struct Fill {
    first: u64,
    end: u64,
    done: Cell<u64>,
    told: Cell<Instant>,
}

impl Fill {
    fn numbers(&self, number: u64) -> std::ops::Range<u64> {
        let begin = self.first + number * SUBMISSION;
        begin.min(self.end)..(begin + SUBMISSION).min(self.end)
    }
}

impl Work for Fill {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        let numbers = self.numbers(number);
        if numbers.is_empty() {
            return None;
        }
        let operations: Vec<Value> = numbers
            .map(|number| Wallet::new(number, 1).create().json())
            .collect();
        let body = json!({"operations": operations}).to_string();
        Some(request(
            "POST",
            "/v1/operations",
            None,
            "application/json",
            body.as_bytes(),
        ))
    }

    fn check(&self, number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "not accepted");
        let numbers = self.numbers(number);
        self.done.set(self.done.get() + numbers.end - numbers.start);
        ensure!(
            find(reply.body, Wallet::did_of(numbers.start).as_bytes()).is_some(),
            "without the DID"
        );
        if self.told.get().elapsed() > Duration::from_secs(10) {
            self.told.set(Instant::now());
            progress(&format!(
                "{} of {} DIDs",
                self.done.get(),
                self.end - self.first
            ));
        }
        Ok(())
    }
}
