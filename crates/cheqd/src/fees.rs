//! The fee of a transaction: the chain's current prices, or cheqd's fixed fees where the chain has no prices to read.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::did::{OperationKind, Proposal};
use cosmos::proto::did::{self, FeeRange};
use cosmos::proto::oracle::{ConvertUsdCtoCheqRequest, ConvertUsdCtoCheqResponse};
use cosmos::proto::resource;
use cosmos::{Coins, DENOM};
use ledger::{ReadError, SubmitError};

use crate::reader::Reader;

/// How long prices are kept. Sums in US dollars are converted each time.
const PRICES_AGE_MAX: Duration = Duration::from_secs(60);
const USD: &str = "usd";

/// The minimum fee of each operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prices {
    create: Price,
    update: Price,
    deactivate: Price,
    resource: Price,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Price {
    Ncheq(u128),
    /// With 18 decimals.
    Usd(u128),
}

/// cheqd's fixed fees, in ncheq. For resources the highest: the chain takes only the fee of their media type.
const FIXED: Prices = Prices {
    create: Price::Ncheq(50_000_000_000),
    update: Price::Ncheq(25_000_000_000),
    deactivate: Price::Ncheq(10_000_000_000),
    resource: Price::Ncheq(10_000_000_000),
};

#[derive(Default)]
pub(crate) struct Fees(Mutex<Option<(Instant, Prices)>>);

impl Fees {
    /// The fee to offer for operations, with the permitted slippage of a price that moves.
    pub(crate) async fn of(
        &self,
        reader: &Reader,
        proposals: &[Proposal],
        slippage_percent: u32,
        max_ncheq: u128,
    ) -> Result<Coins, SubmitError> {
        let prices = self.prices(reader).await?;
        let (ncheq, usd) = sum(&prices, proposals);
        let converted = match usd {
            0 => Some(0),
            usd => converted(reader, usd).await?,
        };
        let total = match converted {
            Some(converted) => ncheq.saturating_add(with_slippage(converted, slippage_percent)),
            None => sum(&FIXED, proposals).0,
        };
        if total > max_ncheq {
            return Err(SubmitError::Unpaid(format!(
                "the network requires {total}{DENOM}, and at most {max_ncheq}{DENOM} may be spent on a transaction"
            )));
        }
        Coins::of(DENOM, total).map_err(|error| SubmitError::Network(error.to_string()))
    }

    /// Makes the next transaction read the prices again.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn prices(&self, reader: &Reader) -> Result<Prices, ReadError> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, prices)) = known
            && at.elapsed() < PRICES_AGE_MAX
        {
            return Ok(prices);
        }
        let prices = read_prices(reader).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), prices));
        Ok(prices)
    }
}

async fn read_prices(reader: &Reader) -> Result<Prices, ReadError> {
    let of_dids = reader.read_if_served::<did::QueryParamsResponse>(
        "/cheqd.did.v2.Query/Params",
        &did::QueryParamsRequest {},
    );
    let of_dids = of_dids.await?.and_then(|answer| answer.params);
    let of_resources = reader.read_if_served::<resource::QueryParamsResponse>(
        "/cheqd.resource.v2.Query/Params",
        &resource::QueryParamsRequest {},
    );
    let of_resources = of_resources.await?.and_then(|answer| answer.params);
    let mut prices = FIXED;
    if let Some(params) = of_dids {
        prices.create = price(&params.create_did).unwrap_or(prices.create);
        prices.update = price(&params.update_did).unwrap_or(prices.update);
        prices.deactivate = price(&params.deactivate_did).unwrap_or(prices.deactivate);
    }
    if let Some(params) = of_resources {
        let kinds = [&params.image, &params.json, &params.default].map(|ranges| price(ranges));
        prices.resource = highest(kinds).unwrap_or(prices.resource);
    }
    Ok(prices)
}

/// In US dollars where the chain lists such a price: it is fixed, and its amount in ncheq follows from it.
fn price(ranges: &[FeeRange]) -> Option<Price> {
    let amount = |denom: &str| {
        let range = ranges.iter().find(|range| range.denom == denom)?;
        let at_least = range.min_amount.parse().ok();
        at_least.or_else(|| range.max_amount.parse().ok())
    };
    amount(USD)
        .map(Price::Usd)
        .or_else(|| amount(DENOM).map(Price::Ncheq))
}

/// The highest of prices in one unit; where units differ, the first.
fn highest(prices: [Option<Price>; 3]) -> Option<Price> {
    prices.into_iter().flatten().reduce(|a, b| match (a, b) {
        (Price::Ncheq(a), Price::Ncheq(b)) => Price::Ncheq(a.max(b)),
        (Price::Usd(a), Price::Usd(b)) => Price::Usd(a.max(b)),
        _ => a,
    })
}

/// In ncheq, and in US dollars with 18 decimals.
fn sum(prices: &Prices, proposals: &[Proposal]) -> (u128, u128) {
    proposals.iter().fold((0, 0), |(ncheq, usd), proposal| {
        let price = match proposal.operation.kind() {
            OperationKind::Create => prices.create,
            OperationKind::Update => prices.update,
            OperationKind::Deactivate => prices.deactivate,
            OperationKind::CreateResource => prices.resource,
        };
        match price {
            Price::Ncheq(amount) => (u128::saturating_add(ncheq, amount), usd),
            Price::Usd(amount) => (ncheq, u128::saturating_add(usd, amount)),
        }
    })
}

/// `None` where the chain cannot convert.
async fn converted(reader: &Reader, usd: u128) -> Result<Option<u128>, ReadError> {
    let request = ConvertUsdCtoCheqRequest {
        amount: format!("{usd}{USD}"),
        ma_type: "wma".to_owned(),
        wma_strategy: "BALANCED".to_owned(),
        custom_weights: Vec::new(),
    };
    let path = "/cheqd.oracle.v2.Query/ConvertUSDCtoCHEQ";
    let answer = reader.read_if_served::<ConvertUsdCtoCheqResponse>(path, &request);
    let amount = answer.await?.map(|answer| answer.amount);
    Ok(amount.and_then(|amount| amount.strip_suffix(DENOM)?.parse().ok()))
}

/// Rounded up.
fn with_slippage(amount: u128, percent: u32) -> u128 {
    amount.saturating_add(amount.saturating_mul(u128::from(percent)).div_ceil(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(denom: &str, min: &str, max: &str) -> FeeRange {
        FeeRange {
            denom: denom.to_owned(),
            min_amount: min.to_owned(),
            max_amount: max.to_owned(),
        }
    }

    #[test]
    fn a_price_in_dollars_comes_first_and_one_without_a_minimum_is_its_maximum() {
        let both = [range("ncheq", "7", "9"), range("usd", "400", "400")];
        assert_eq!(price(&both), Some(Price::Usd(400)));
        assert_eq!(price(&both[..1]), Some(Price::Ncheq(7)));
        assert_eq!(price(&[range("ncheq", "", "9")]), Some(Price::Ncheq(9)));
        assert_eq!(price(&[range("uatom", "7", "9")]), None);
        assert_eq!(price(&[range("ncheq", "7.5", "")]), None);
    }

    #[test]
    fn slippage_is_rounded_up() {
        assert_eq!(with_slippage(1000, 10), 1100);
        assert_eq!(with_slippage(1, 10), 2);
        assert_eq!(with_slippage(7, 0), 7);
        assert_eq!(with_slippage(u128::MAX, 10), u128::MAX);
    }
}
