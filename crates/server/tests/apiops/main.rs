//! The apiops dialect over a whole server, without a socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod approval;
mod deletion;
mod place;
mod published;
#[path = "../core/support.rs"]
mod support;
