//! Witnesses: the remote ones, and the one that this program can be (C2SP `tlog-witness` v1.0).

mod client;
mod courier;
mod keep;

pub(crate) use client::WitnessClient;
pub(crate) use courier::{Answer, Courier, Finding, Target, chain_of};
pub use keep::{InvalidLogs, WitnessReply, WitnessStore};
