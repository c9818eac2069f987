//! Helpers shared by the tests of the built binary and of the tree itself, and the load tool.

pub mod binary;
pub mod client;
pub mod comet;
pub mod holder;
pub mod load;
pub mod node;
pub mod population;
pub mod private_key;
pub mod python;
pub mod scan;
pub mod scratch;
pub mod server;
pub mod studio;
pub mod tree;
pub mod wallet;
pub mod witness;
