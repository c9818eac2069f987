//! What many of these tests begin with.

mod person;
// The same as in the tests of the built binary: no process and no file outlives the tests.
#[path = "../../../../tests/src/scratch.rs"]
mod scratch;
mod server;
mod wallet;

pub use person::{Person, approve, key_of};
pub use scratch::{Folder, Process};
pub use server::{Answer, Server, config, get, layered, layered_with, send, start_in};
pub use wallet::Wallet;
