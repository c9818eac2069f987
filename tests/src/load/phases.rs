//! The measurements over HTTP.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::connection::{Connection, Reply, find, request};
use super::drive::{FOR_EVER, Run, Target, Work, drive, drive_for};
use super::{any_did, fill, progress};
use crate::wallet::Wallet;

const PROTOBUF: &str = "application/protobuf";
const JSON: &str = "application/json";
/// Signed messages that are prepared for each second of a measurement: more than can be sent.
const PREPARED_PER_SECOND: u64 = 20_000;

/// Size of the answer to one resolution.
pub(super) async fn answer_bytes(target: &Target, dids: u64) -> Result<usize> {
    let mut connection = Connection::open(&target.address).await?;
    let work = Resolve { dids };
    let reply = connection.ask(&work.request(0).unwrap_or_default()).await?;
    work.check(0, &reply)?;
    Ok(reply.body.len())
}

pub(super) async fn resolve(target: &Target, dids: u64) -> Result<Run> {
    drive(target, Rc::new(Resolve { dids })).await
}

struct Resolve {
    dids: u64,
}

impl Work for Resolve {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        let path = format!("/1.0/identifiers/{}", any_did(number, self.dids));
        Some(request("GET", &path, None, "", b""))
    }

    fn check(&self, number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "not resolved");
        ensure!(
            find(reply.body, any_did(number, self.dids).as_bytes()).is_some(),
            "another DID"
        );
        Ok(())
    }
}

pub(super) async fn bare(target: &Target, answer_bytes: usize) -> Result<Run> {
    drive(target, Rc::new(SameSize { answer_bytes })).await
}

struct SameSize {
    answer_bytes: usize,
}

impl Work for SameSize {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        Resolve { dids: u64::MAX }.request(number)
    }

    fn check(&self, _number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(
            reply.status == 200 && reply.body.len() == self.answer_bytes,
            "not what the handler has"
        );
        Ok(())
    }
}

/// DIDs whose keys the server makes and holds.
pub(super) async fn create_held(target: &Target) -> Result<(Run, Vec<String>)> {
    let work = Rc::new(CreateHeld {
        api_key: target.api_key.clone(),
        dids: RefCell::default(),
    });
    let run = drive(target, work.clone()).await?;
    let dids = work.dids.take();
    Ok((run, dids))
}

struct CreateHeld {
    api_key: String,
    dids: RefCell<Vec<String>>,
}

impl Work for CreateHeld {
    fn request(&self, _number: u64) -> Option<Vec<u8>> {
        let body =
            br#"{"network":"testnet","verificationMethodType":"Ed25519VerificationKey2020"}"#;
        Some(request(
            "POST",
            "/did/create",
            Some(&self.api_key),
            JSON,
            body,
        ))
    }

    fn check(&self, _number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "not made");
        let body: Value = serde_json::from_slice(reply.body)?;
        self.dids
            .borrow_mut()
            .push(body["did"].as_str().context("no DID")?.to_owned());
        Ok(())
    }
}

/// Ends them, until the time is over or all have ended.
pub(super) async fn end_held(target: &Target, dids: Vec<String>) -> Result<Run> {
    drive(
        target,
        Rc::new(EndHeld {
            api_key: target.api_key.clone(),
            dids,
        }),
    )
    .await
}

struct EndHeld {
    api_key: String,
    dids: Vec<String>,
}

impl EndHeld {
    fn did(&self, number: u64) -> Option<&String> {
        self.dids.get(usize::try_from(number).ok()?)
    }
}

impl Work for EndHeld {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        let path = format!("/did/deactivate/{}", self.did(number)?);
        Some(request("POST", &path, Some(&self.api_key), JSON, b"{}"))
    }

    fn check(&self, number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "not ended");
        ensure!(
            find(reply.body, br#""deactivated":true"#).is_some(),
            "without the flag"
        );
        let did = self.did(number).context("no such DID")?;
        ensure!(find(reply.body, did.as_bytes()).is_some(), "another DID");
        Ok(())
    }
}

/// Creates and deactivations that were signed before the clock starts.
pub(super) async fn signed_outside(target: &Target, first: u64) -> Result<(Run, Run)> {
    let count = PREPARED_PER_SECOND * target.duration.as_secs().max(1);
    progress(&format!(
        "signing {count} creates and {count} deactivations"
    ));
    let end = first + count;
    let numbers: Vec<u64> = (first..end).collect();
    let made = prepared(&numbers, Wallet::create, r#""kind":"create""#);
    let created = drive(target, Rc::new(made)).await?;
    // The rest is made before the next measurement, which needs all of them.
    let done = first + created.count.saturating_sub(target.connections as u64);
    fill::make(target, done, end).await?;
    let ends = prepared(
        &numbers,
        |wallet| wallet.deactivate(2),
        r#""kind":"deactivate""#,
    );
    Ok((created, drive(target, Rc::new(ends)).await?))
}

/// Ends the DIDs of these numbers, each signed by its own key.
pub(super) async fn ended_by_their_keys(target: &Target, numbers: &[u64]) -> Result<()> {
    let ends = prepared(
        numbers,
        |wallet| wallet.deactivate(2),
        r#""kind":"deactivate""#,
    );
    drive_for(target, FOR_EVER, Rc::new(ends)).await.map(drop)
}

fn prepared(
    numbers: &[u64],
    sign: impl Fn(&Wallet) -> crate::wallet::Signed + Sync,
    mark: &'static str,
) -> Prepared {
    let one = |number: &u64| {
        let wallet = Wallet::new(*number, 1);
        let message = sign(&wallet);
        let bytes = request("POST", message.path(), None, PROTOBUF, &message.bytes());
        (bytes, wallet.did().to_owned())
    };
    let (first, second) = numbers.split_at(numbers.len() / 2);
    let halves = [first, second];
    let one = &one;
    let requests = std::thread::scope(|scope| {
        let threads =
            halves.map(|half| scope.spawn(move || half.iter().map(one).collect::<Vec<_>>()));
        threads
            .map(|thread| thread.join().unwrap_or_default())
            .concat()
    });
    Prepared { requests, mark }
}

struct Prepared {
    requests: Vec<(Vec<u8>, String)>,
    mark: &'static str,
}

impl Work for Prepared {
    fn request(&self, number: u64) -> Option<Vec<u8>> {
        self.requests
            .get(usize::try_from(number).ok()?)
            .map(|(request, _)| request.clone())
    }

    fn check(&self, number: u64, reply: &Reply<'_>) -> Result<()> {
        ensure!(reply.status == 200, "not accepted");
        let (_, did) = self
            .requests
            .get(usize::try_from(number)?)
            .context("no such request")?;
        ensure!(find(reply.body, did.as_bytes()).is_some(), "another DID");
        ensure!(
            find(reply.body, self.mark.as_bytes()).is_some(),
            "without its kind"
        );
        Ok(())
    }
}
