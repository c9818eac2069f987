//! `cosmos.auth.v1beta1.Query` and `cosmos.bank.v1beta1.Query`: accounts, and what they have.

use cosmos::proto::Any;
use cosmos::proto::auth::{
    BaseAccount, QueryAccountInfoRequest, QueryAccountInfoResponse, QueryAccountRequest,
    QueryAccountResponse,
};
use cosmos::proto::bank::{
    QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
    QuerySpendableBalancesRequest, QuerySpendableBalancesResponse,
};
use cosmos::proto::base::Coin;
use cosmos::proto::page::PageRequest;
use cosmos::{Address, Coins, DENOM};
use prost::Message;

use super::error::QueryError;
use super::page::{Page, part_of};
use crate::Chain;

const BASE_ACCOUNT: &str = "/cosmos.auth.v1beta1.BaseAccount";

pub(super) fn account(
    chain: &Chain,
    request: QueryAccountRequest,
) -> Result<QueryAccountResponse, QueryError> {
    let account = existing(chain, &request.address)?;
    Ok(QueryAccountResponse {
        account: Some(Any {
            type_url: BASE_ACCOUNT.to_owned(),
            value: account.encode_to_vec(),
        }),
    })
}

pub(super) fn info(
    chain: &Chain,
    request: QueryAccountInfoRequest,
) -> Result<QueryAccountInfoResponse, QueryError> {
    Ok(QueryAccountInfoResponse {
        info: Some(existing(chain, &request.address)?),
    })
}

/// An unknown account has nothing.
pub(super) fn balance(
    chain: &Chain,
    request: QueryBalanceRequest,
) -> Result<QueryBalanceResponse, QueryError> {
    let address = parsed(&request.address)?;
    Coins::of(&request.denom, 0).map_err(|error| QueryError::Invalid(error.to_string()))?;
    let amount = match request.denom.as_str() {
        DENOM => held(chain, &address)?,
        _ => 0,
    };
    let balance = coin(&request.denom, amount);
    Ok(QueryBalanceResponse {
        balance: Some(balance),
    })
}

pub(super) fn balances(
    chain: &Chain,
    request: QueryAllBalancesRequest,
) -> Result<QueryAllBalancesResponse, QueryError> {
    let page = all(chain, &request.address, request.pagination)?;
    Ok(QueryAllBalancesResponse {
        balances: page.entries,
        pagination: page.response,
    })
}

pub(super) fn spendable(
    chain: &Chain,
    request: QuerySpendableBalancesRequest,
) -> Result<QuerySpendableBalancesResponse, QueryError> {
    let page = all(chain, &request.address, request.pagination)?;
    Ok(QuerySpendableBalancesResponse {
        balances: page.entries,
        pagination: page.response,
    })
}

/// A node always answers in pages, even without a page request.
fn all(
    chain: &Chain,
    address: &str,
    pagination: Option<PageRequest>,
) -> Result<Page<Coin>, QueryError> {
    let amount = held(chain, &parsed(address)?)?;
    let coins = (amount > 0).then(|| coin(DENOM, amount));
    let coins = coins.into_iter().collect();
    part_of(
        coins,
        |coin: &Coin| coin.denom.as_bytes(),
        Some(&pagination.unwrap_or_default()),
    )
}

fn held(chain: &Chain, address: &Address) -> Result<u64, QueryError> {
    let account = chain.account(address)?;
    Ok(account.map_or(0, |account| account.balance))
}

fn existing(chain: &Chain, address: &str) -> Result<BaseAccount, QueryError> {
    let address = parsed(address)?;
    let found = chain.account(&address)?;
    let absent = || QueryError::NotFound(format!("account {address} not found"));
    let account = found.ok_or_else(absent)?;
    Ok(BaseAccount {
        address: account.address.to_string(),
        pub_key: account.public_key.as_ref().map(Any::from),
        account_number: account.number,
        sequence: account.sequence,
    })
}

fn parsed(text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::Invalid("Address cannot be empty".to_owned()));
    }
    Address::parse(text).map_err(|error| QueryError::Invalid(error.to_string()))
}

fn coin(denom: &str, amount: u64) -> Coin {
    Coin {
        denom: denom.to_owned(),
        amount: amount.to_string(),
    }
}
