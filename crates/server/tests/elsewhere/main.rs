//! Networks that others keep, through a node with the faults that nodes have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod ends;
mod node;
mod reads;
mod served;
mod world;
