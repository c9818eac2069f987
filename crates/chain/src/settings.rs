//! What one chain is called and what it costs.

use cosmos::Address;

/// Longest chain id; CometBFT has the same.
pub const CHAIN_ID_CHARS_MAX: usize = 50;

/// How a ledger takes transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The id that every transaction is signed for.
    pub chain_id: String,
    /// What transactions cost.
    pub fees: Fees,
    /// Accounts that begin with money. Each gets it once, when it is first named.
    pub funded: Vec<Funded>,
}

/// What transactions cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fees {
    /// Nothing. Every account exists and may sign at once.
    Free,
    /// The fixed fees of the cheqd network: [`crate::fees`]. An account exists once it was given something.
    Static,
}

/// An account that begins with money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Funded {
    /// Whose.
    pub address: Address,
    /// How much, in ncheq.
    pub amount: u64,
}
