//! What operations cost, and the prices that clients ask for to know it: fixed, as the whole fee table is.
//!
//! The fees of the cheqd network are fixed in US dollars and paid in `ncheq`. Here a CHEQ is always worth four cents,
//! at which its fixed fees in dollars are exactly those in `ncheq`.

use cosmos::DENOM;
use cosmos::proto::base::DecCoin;
use cosmos::proto::did::{FeeParams, FeeRange, QueryParamsResponse};
use cosmos::proto::{feemarket, oracle, resource};

use super::error::QueryError;
use crate::fees;

/// The name of US dollars, in integers with 18 decimals.
const USD: &str = "usd";
/// One US dollar.
const USD_UNIT: u128 = 1_000_000_000_000_000_000;
/// What a US dollar is worth: 25 CHEQ.
const NCHEQ_PER_USD: u128 = 25_000_000_000;
/// A half, with 18 decimals: of every fee the cheqd network destroys one.
const BURN_FACTOR: &str = "500000000000000000";
/// What a unit of gas costs at least on the cheqd network: half an `ncheq`, with 18 decimals.
const GAS_PRICE: &str = "500000000000000000";
const ZERO: &str = "0";

pub(super) fn did_params() -> QueryParamsResponse {
    QueryParamsResponse {
        params: Some(FeeParams {
            create_did: fixed(fees::CREATE_DID),
            update_did: fixed(fees::UPDATE_DID),
            deactivate_did: fixed(fees::DEACTIVATE_DID),
            burn_factor: BURN_FACTOR.to_owned(),
        }),
    }
}

pub(super) fn resource_params() -> resource::QueryParamsResponse {
    resource::QueryParamsResponse {
        params: Some(resource::FeeParams {
            image: fixed(fees::CREATE_IMAGE),
            json: fixed(fees::CREATE_JSON),
            default: fixed(fees::CREATE_RESOURCE),
            burn_factor: BURN_FACTOR.to_owned(),
        }),
    }
}

/// Two ways to say one price: older clients look for `ncheq`, newer ones for dollars.
fn fixed(ncheq: u64) -> Vec<FeeRange> {
    let ncheq = u128::from(ncheq);
    let range = |denom: &str, amount: u128| FeeRange {
        denom: denom.to_owned(),
        min_amount: amount.to_string(),
        max_amount: amount.to_string(),
    };
    vec![
        range(USD, ncheq * (USD_UNIT / NCHEQ_PER_USD)),
        range(DENOM, ncheq),
    ]
}

pub(super) fn oracle_params() -> oracle::QueryParamsResponse {
    oracle::QueryParamsResponse {
        params: Some(oracle::Params {
            vote_period: 1,
            accept_list: vec![oracle::Denom {
                base_denom: DENOM.to_owned(),
                symbol_denom: "CHEQ".to_owned(),
                exponent: 9,
            }],
        }),
    }
}

/// The moving average is checked as the cheqd ledger does, though all of them are the same here.
pub(super) fn convert(
    request: oracle::ConvertUsdCtoCheqRequest,
) -> Result<oracle::ConvertUsdCtoCheqResponse, QueryError> {
    let average = request.ma_type.as_str();
    match (average, request.wma_strategy.as_str()) {
        ("sma" | "ema", _) | ("wma", "RECENT" | "OLDEST" | "BALANCED" | "CUSTOM") => {}
        ("wma", strategy) => {
            return Err(QueryError::Invalid(format!(
                "invalid WMA strategy: {strategy}"
            )));
        }
        _ => return Err(QueryError::Invalid(format!("invalid MA type: {average}"))),
    }
    let amount = &request.amount;
    let digits = amount.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let (digits, denom) = amount.split_at(digits.len());
    let usd = digits.parse::<u128>().ok();
    let usd = usd.filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let usd = usd.ok_or_else(|| {
        QueryError::Invalid(format!(
            "invalid amount format: {amount:?} should be a whole number followed by {USD}"
        ))
    })?;
    if denom != USD {
        return Err(QueryError::Invalid(format!(
            "conversion error: expected denom to be '{USD}', got: {denom}"
        )));
    }
    match usd / (USD_UNIT / NCHEQ_PER_USD) {
        0 => Err(QueryError::Invalid(
            "conversion error: converted amount is zero".to_owned(),
        )),
        ncheq => Ok(oracle::ConvertUsdCtoCheqResponse {
            amount: format!("{ncheq}{DENOM}"),
        }),
    }
}

/// The market is off: the price never moves.
pub(super) fn feemarket_params() -> feemarket::ParamsResponse {
    let zero = || ZERO.to_owned();
    feemarket::ParamsResponse {
        params: Some(feemarket::Params {
            alpha: zero(),
            beta: zero(),
            gamma: zero(),
            delta: zero(),
            min_base_gas_price: GAS_PRICE.to_owned(),
            min_learning_rate: zero(),
            max_learning_rate: zero(),
            max_block_utilization: 1,
            window: 1,
            fee_denom: DENOM.to_owned(),
            enabled: false,
            distribute_fees: false,
        }),
    }
}

pub(super) fn feemarket_state() -> feemarket::StateResponse {
    feemarket::StateResponse {
        state: Some(feemarket::State {
            base_gas_price: GAS_PRICE.to_owned(),
            learning_rate: ZERO.to_owned(),
            window: vec![0],
            index: 0,
        }),
    }
}

pub(super) fn gas_price(
    request: feemarket::GasPriceRequest,
) -> Result<feemarket::GasPriceResponse, QueryError> {
    if request.denom != DENOM {
        return Err(QueryError::Invalid(format!(
            "gas has no price in {:?}, only in {DENOM}",
            request.denom
        )));
    }
    Ok(feemarket::GasPriceResponse {
        price: Some(price()),
    })
}

pub(super) fn gas_prices() -> feemarket::GasPricesResponse {
    feemarket::GasPricesResponse {
        prices: vec![price()],
    }
}

fn price() -> DecCoin {
    DecCoin {
        denom: DENOM.to_owned(),
        amount: GAS_PRICE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(amount: &str) -> Result<String, String> {
        let request = oracle::ConvertUsdCtoCheqRequest {
            amount: amount.to_owned(),
            ma_type: "wma".to_owned(),
            wma_strategy: "BALANCED".to_owned(),
            custom_weights: Vec::new(),
        };
        let response = convert(request).map_err(|error| error.to_string());
        response.map(|response| response.amount)
    }

    #[test]
    fn fees_in_dollars_are_the_fees_in_ncheq() {
        let params = did_params().params.unwrap();
        let dollars = |ranges: &[FeeRange]| {
            assert_eq!(ranges[0].denom, USD);
            let converted = converted(&format!("{}{USD}", ranges[0].min_amount)).unwrap();
            assert_eq!(converted, format!("{}{DENOM}", ranges[1].min_amount));
            ranges[0].min_amount.clone()
        };
        assert_eq!(dollars(&params.create_did), "2000000000000000000");
        assert_eq!(dollars(&params.update_did), "1000000000000000000");
        assert_eq!(dollars(&params.deactivate_did), "400000000000000000");
        let params = resource_params().params.unwrap();
        assert_eq!(dollars(&params.image), "400000000000000000");
        assert_eq!(dollars(&params.json), "100000000000000000");
        assert_eq!(dollars(&params.default), "200000000000000000");
    }

    #[test]
    fn only_whole_dollars_with_18_decimals_are_converted() {
        assert_eq!(
            converted("2000000000000000000usd").unwrap(),
            "50000000000ncheq"
        );
        assert_eq!(converted("40000000usd").unwrap(), "1ncheq");
        for amount in [
            "",
            "usd",
            "2",
            "2.0usd",
            "-2usd",
            "+2usd",
            "2 usd",
            "2eur",
            "1usd",
            "39999999usd",
            "340282366920938463463374607431768211456usd",
            "２usd",
        ] {
            assert!(converted(amount).is_err(), "{amount}");
        }
    }

    #[test]
    fn averages_that_do_not_exist_are_refused() {
        for (ma_type, wma_strategy, good) in [
            ("sma", "", true),
            ("ema", "", true),
            ("wma", "CUSTOM", true),
            ("wma", "", false),
            ("wma", "balanced", false),
            ("", "BALANCED", false),
        ] {
            let request = oracle::ConvertUsdCtoCheqRequest {
                amount: "40000000usd".to_owned(),
                ma_type: ma_type.to_owned(),
                wma_strategy: wma_strategy.to_owned(),
                custom_weights: Vec::new(),
            };
            assert_eq!(convert(request).is_ok(), good, "{ma_type} {wma_strategy}");
        }
    }
}
