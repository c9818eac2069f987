//! Keeps a number of connections busy and takes the time of every request.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::{JoinSet, LocalSet};

use super::connection::{Connection, Reply};
use super::{Arguments, seconds};

/// More time than any work takes that is done to its end.
pub(super) const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

/// What is measured, and how.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) api_key: String,
    pub(super) connections: usize,
    pub(super) duration: Duration,
}

impl Target {
    pub(super) fn new(address: &str, api_key: &str, arguments: &Arguments) -> Self {
        Self {
            address: address.to_owned(),
            api_key: api_key.to_owned(),
            connections: arguments.connections.max(1),
            duration: seconds(arguments.seconds),
        }
    }

    /// The same at another address.
    pub(super) fn at(&self, address: &str) -> Self {
        Self {
            address: address.to_owned(),
            ..self.clone()
        }
    }
}

/// Requests of one kind.
pub(super) trait Work {
    /// The request of this number, from 0; `None` when there is no more.
    fn request(&self, number: u64) -> Option<Vec<u8>>;

    /// Checks the answer to it.
    ///
    /// # Errors
    /// It is not the right one.
    fn check(&self, number: u64, reply: &Reply<'_>) -> Result<()>;
}

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) count: u64,
    pub(super) elapsed: Duration,
    /// One for each request, shortest first; none where single requests were not timed.
    pub(super) latencies_us: Vec<u32>,
}

impl Run {
    pub(super) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The time that this share of the requests took at most, in milliseconds.
    pub(super) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let last = self.latencies_us.len().checked_sub(1)?;
        let at = (share * last as f64).round() as usize;
        self.latencies_us.get(at).map(|us| f64::from(*us) / 1000.0)
    }
}

/// Sends requests until the time is over or there are no more.
pub(super) async fn drive(target: &Target, work: Rc<dyn Work>) -> Result<Run> {
    drive_for(target, target.duration, work).await
}

/// The same with another time.
pub(super) async fn drive_for(
    target: &Target,
    duration: Duration,
    work: Rc<dyn Work>,
) -> Result<Run> {
    let mut connections = Vec::new();
    for _ in 0..target.connections {
        connections.push(Connection::open(&target.address).await?);
    }
    let next = Rc::new(Cell::new(0));
    let begin = Instant::now();
    let all = async {
        let mut running = JoinSet::new();
        for connection in connections {
            running.spawn_local(one(
                connection,
                work.clone(),
                next.clone(),
                begin + duration,
            ));
        }
        let mut latencies_us = Vec::new();
        // The first that fails ends the run: what it was to make would be missing.
        while let Some(ended) = running.join_next().await {
            latencies_us.extend(ended??);
        }
        Ok::<_, anyhow::Error>(latencies_us)
    };
    let mut latencies_us = LocalSet::new().run_until(all).await?;
    let elapsed = begin.elapsed();
    latencies_us.sort_unstable();
    Ok(Run {
        count: latencies_us.len() as u64,
        elapsed,
        latencies_us,
    })
}

async fn one(
    mut connection: Connection,
    work: Rc<dyn Work>,
    next: Rc<Cell<u64>>,
    end: Instant,
) -> Result<Vec<u32>> {
    let mut latencies_us = Vec::new();
    loop {
        let number = next.get();
        next.set(number + 1);
        let Some(request) = work.request(number) else {
            return Ok(latencies_us);
        };
        let begin = Instant::now();
        if begin >= end {
            return Ok(latencies_us);
        }
        let reply = connection.ask(&request).await?;
        latencies_us.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
        work.check(number, &reply).with_context(|| {
            let body = String::from_utf8_lossy(&reply.body[..reply.body.len().min(2000)]);
            format!("a wrong answer, {}: {body}", reply.status)
        })?;
    }
}
