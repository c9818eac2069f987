//! `tx_search`: by hash, or by height.

use cosmos::TxHash;
use serde::Serialize;

use super::answer::Text64;
use super::error::RpcError;
use super::transaction::TxAnswer;
use crate::{Chain, Included};

/// Longest query that is read, in bytes; CometBFT has the same.
const QUERY_BYTES_MAX: usize = 512;
const PER_PAGE: u64 = 30;
const PER_PAGE_MAX: u64 = 100;

/// The condition of a search.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Criterion {
    Hash(TxHash),
    Height(u64),
}

/// The requested part of the result.
pub(super) struct Page {
    pub(super) number: Option<u64>,
    pub(super) size: Option<u64>,
    pub(super) order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Ascending,
    Descending,
}

#[derive(Serialize)]
pub(super) struct Found {
    txs: Vec<TxAnswer>,
    total_count: Text64,
}

impl Criterion {
    /// # Errors
    /// Everything but `tx.hash='…'` and `tx.height=…`: there is no index of events here.
    pub(super) fn parse(query: &str) -> Result<Self, RpcError> {
        if query.len() > QUERY_BYTES_MAX {
            let long = format!("maximum query length exceeded ({QUERY_BYTES_MAX} bytes)");
            return Err(RpcError::internal(long));
        }
        let (name, value) = query.split_once('=').ok_or_else(|| refused(query))?;
        let value = value.trim();
        let value = value
            .strip_prefix('\'')
            .and_then(|value| value.strip_suffix('\''))
            .unwrap_or(value);
        match name.trim() {
            "tx.hash" => value.parse().map(Self::Hash).map_err(|_| refused(query)),
            "tx.height" => value.parse().map(Self::Height).map_err(|_| refused(query)),
            _ => Err(refused(query)),
        }
    }

    pub(super) fn find(&self, chain: &Chain, page: &Page) -> Result<Found, RpcError> {
        let mut all: Vec<Included> = match self {
            Self::Hash(hash) => chain.transaction(hash)?.into_iter().collect(),
            Self::Height(height) => match chain.block(*height)? {
                Some(block) => block.transactions,
                None => Vec::new(),
            },
        };
        if page.order == Order::Descending {
            all.reverse();
        }
        let total = all.len();
        let part = page.of(total)?;
        Ok(Found {
            txs: all[part].iter().map(TxAnswer::of).collect(),
            total_count: Text64(total as u64),
        })
    }
}

impl Page {
    /// The range of this page among so many.
    fn of(&self, total: usize) -> Result<std::ops::Range<usize>, RpcError> {
        let size = match self.size {
            None | Some(0) => PER_PAGE,
            Some(size) => size.min(PER_PAGE_MAX),
        };
        let pages = (total as u64).div_ceil(size).max(1);
        let number = self.number.unwrap_or(1);
        if number == 0 || number > pages {
            let outside = format!("page should be within [1, {pages}] range, given {number}");
            return Err(RpcError::internal(outside));
        }
        let begin = usize::try_from((number - 1) * size)
            .unwrap_or(total)
            .min(total);
        let end = begin.saturating_add(size as usize).min(total);
        Ok(begin..end)
    }
}

fn refused(query: &str) -> RpcError {
    RpcError::internal(format!(
        "failed to parse query: `{query}`; transactions are found by tx.hash='<64 hexadecimal digits>' or \
         tx.height=<number> here, and by no event"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_and_height_are_understood() {
        let hash = TxHash::of(b"x");
        for query in [
            format!("tx.hash='{hash}'"),
            format!("tx.hash = '{}'", hash.to_string().to_lowercase()),
        ] {
            assert_eq!(Criterion::parse(&query).unwrap(), Criterion::Hash(hash));
        }
        for query in ["tx.height=7", "tx.height = '7'"] {
            assert_eq!(Criterion::parse(query).unwrap(), Criterion::Height(7));
        }
    }

    #[test]
    fn everything_else_is_refused_with_what_is_possible() {
        for query in [
            "",
            "tx.hash='AB'",
            "tx.height>7",
            "message.action='/cheqd.did.v2.MsgCreateDidDoc'",
            "tx.height=7 AND tx.hash='AB'",
        ] {
            let error = format!("{:?}", Criterion::parse(query).unwrap_err());
            assert!(error.contains("tx.hash='<64"), "{error}");
        }
        let long = format!("tx.hash='{}'", "A".repeat(QUERY_BYTES_MAX));
        assert!(format!("{:?}", Criterion::parse(&long).unwrap_err()).contains("length"));
    }

    #[test]
    fn pages_are_those_of_a_node() {
        let page = |number, size, total| {
            let order = Order::Ascending;
            Page {
                number,
                size,
                order,
            }
            .of(total)
            .ok()
        };
        assert_eq!(page(None, None, 0), Some(0..0));
        assert_eq!(page(Some(1), None, 31), Some(0..30));
        assert_eq!(page(Some(2), None, 31), Some(30..31));
        assert_eq!(page(Some(3), None, 31), None);
        assert_eq!(page(Some(0), None, 31), None);
        assert_eq!(page(Some(2), Some(1000), 150), Some(100..150));
        assert_eq!(page(Some(u64::MAX), Some(u64::MAX), 1), None);
    }
}
