//! Creates and deactivations as Cosmos transactions.

use std::rc::Rc;

use anyhow::{Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::connection::{Reply, find, request};
use super::drive::{Target, Work, drive};
use super::table::{Row, Table};
use super::{Arguments, fresh_numbers, note_memory, progress};
use crate::comet::{LISTENING, Payer};
use crate::server::{API_KEY, Place};
use crate::wallet::{Signed, Wallet};

/// Transactions that are prepared for each second of a measurement: more than can be sent.
const PREPARED_PER_SECOND: u64 = 8_000;
/// Accounts that pay in turn. A transaction of one is sent long after its last one was answered, whichever connection
/// that was on, so that none comes before its time.
const PAYERS: u64 = 4_096;

/// Starts a server with the port, and measures.
pub(super) async fn measure(arguments: &Arguments, table: &mut Table) -> Result<()> {
    let place = match &arguments.data {
        Some(folder) => Place::at(folder)?,
        None => Place::new()?,
    };
    let server = place.start_with(&["--comet-listen", "127.0.0.1:0"])?;
    let target = Target::new(&server.logged_address(LISTENING)?, API_KEY, arguments);
    let first = fresh_numbers()?;
    let count = PREPARED_PER_SECOND * target.duration.as_secs().max(1);
    let creates = Prepared::new(first, first, count, Wallet::create)?;
    let created = drive(&target, Rc::new(creates)).await?;
    table.row(Row::of(
        "create: broadcast_tx_sync, checked, delivered, kept",
        &target,
        &created,
    ));
    // Only what was created can be ended; the payers are others, as those have used some of their sequences.
    let made = created.count.saturating_sub(target.connections as u64);
    let ends = Prepared::new(first + PAYERS, first, made, |wallet| wallet.deactivate(2))?;
    let ended = drive(&target, Rc::new(ends)).await?;
    table.row(Row::of(
        "deactivate: broadcast_tx_sync, checked, delivered, kept",
        &target,
        &ended,
    ));
    note_memory(&server, table);
    server.stop()
}

/// Transactions that are signed already, one for each DID from `first` on.
struct Prepared {
    requests: Vec<Vec<u8>>,
}

impl Prepared {
    fn new(
        first_payer: u64,
        first: u64,
        count: u64,
        message: impl Fn(&Wallet) -> Signed,
    ) -> Result<Self> {
        progress(&format!("signing {count} transactions"));
        let payers = (0..PAYERS).map(|number| Payer::new(first_payer + number, 0));
        let payers = payers.collect::<Result<Vec<_>>>()?;
        let one = |number: u64| {
            let payer = &payers[(number % PAYERS) as usize];
            let bytes = payer.transaction(&message(&Wallet::new(first + number, 1)));
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{{"tx":"{}"}}}}"#,
                STANDARD.encode(bytes)
            );
            request("POST", "/", None, "application/json", body.as_bytes())
        };
        Ok(Self {
            requests: (0..count).map(one).collect(),
        })
    }
}

impl Work for Prepared {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        self.requests.get(usize::try_from(number).ok()?).cloned()
    }

    fn check(&self, _: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "not accepted");
        ensure!(find(reply.body, br#""code":0,"#).is_some(), "refused");
        Ok(())
    }
}
