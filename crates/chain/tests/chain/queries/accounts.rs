//! Accounts and balances.

use chain::Fees;
use chain::query::GrpcCode;
use cosmos::Address;
use cosmos::proto::auth::{
    BaseAccount, QueryAccountInfoRequest, QueryAccountInfoResponse, QueryAccountRequest,
    QueryAccountResponse,
};
use cosmos::proto::bank::{
    QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse,
};
use prost::Message;

use super::world::{FUNDS, World};

const ACCOUNT: &str = "/cosmos.auth.v1beta1.Query/Account";
const ACCOUNT_INFO: &str = "/cosmos.auth.v1beta1.Query/AccountInfo";
const BALANCE: &str = "/cosmos.bank.v1beta1.Query/Balance";
const ALL_BALANCES: &str = "/cosmos.bank.v1beta1.Query/AllBalances";
const SPENDABLE: &str = "/cosmos.bank.v1beta1.Query/SpendableBalances";

fn nobody() -> String {
    Address::from_bytes([9; 20]).to_string()
}

fn account(address: &str) -> QueryAccountRequest {
    QueryAccountRequest {
        address: address.to_owned(),
    }
}

fn balance(address: &str, denom: &str) -> QueryBalanceRequest {
    QueryBalanceRequest {
        address: address.to_owned(),
        denom: denom.to_owned(),
    }
}

async fn found(world: &World, address: &str) -> BaseAccount {
    let found: QueryAccountResponse = world.ask(ACCOUNT, &account(address)).await;
    let any = found.account.unwrap();
    assert_eq!(any.type_url, "/cosmos.auth.v1beta1.BaseAccount");
    let found = BaseAccount::decode(any.value.as_slice()).unwrap();
    let info = QueryAccountInfoRequest {
        address: address.to_owned(),
    };
    let info: QueryAccountInfoResponse = world.ask(ACCOUNT_INFO, &info).await;
    assert_eq!(info.info.unwrap(), found);
    found
}

#[tokio::test]
async fn with_free_fees_every_account_exists() {
    let world = World::new(Fees::Free);
    let address = nobody();
    let found = found(&world, &address).await;
    assert_eq!(
        (found.address, found.sequence, found.pub_key),
        (address, 0, None)
    );
}

#[tokio::test]
async fn with_fixed_fees_an_account_exists_once_it_was_given_something() {
    let world = World::new(Fees::Static);
    let (error, code, log) = world.refused(ACCOUNT, &account(&nobody())).await;
    assert_eq!((error.grpc_code(), code), (GrpcCode::NotFound, 22));
    let expected = format!(
        "rpc error: code = NotFound desc = account {} not found: key not found",
        nobody()
    );
    assert_eq!(log, expected);

    let payer = world.payer.address().to_string();
    assert_eq!(found(&world, &payer).await.sequence, 0);
    let has: QueryBalanceResponse = world.ask(BALANCE, &balance(&payer, "ncheq")).await;
    assert_eq!(has.balance.unwrap().amount, FUNDS.to_string());
    for path in [ALL_BALANCES, SPENDABLE] {
        let request = QueryAllBalancesRequest {
            address: payer.clone(),
            ..QueryAllBalancesRequest::default()
        };
        let has: QueryAllBalancesResponse = world.ask(path, &request).await;
        assert_eq!(has.balances.len(), 1);
        assert_eq!(has.pagination.unwrap().total, 1);
    }
    // After a transaction: one more in its sequence, and less in its purse.
    let sent = world.chain.submit(&world.transaction(0)).await.unwrap();
    sent.checked.unwrap();
    let after = found(&world, &payer).await;
    assert_eq!(after.sequence, 1);
    assert_eq!(
        after.pub_key.unwrap().type_url,
        "/cosmos.crypto.secp256k1.PubKey"
    );
    let has: QueryBalanceResponse = world.ask(BALANCE, &balance(&payer, "ncheq")).await;
    let left = FUNDS - chain::fees::CREATE_DID;
    assert_eq!(has.balance.unwrap().amount, left.to_string());
}

#[tokio::test]
async fn nobody_has_anything_of_a_currency_that_is_not_here() {
    let world = World::new(Fees::Static);
    for address in [nobody(), world.payer.address().to_string()] {
        let none: QueryBalanceResponse = world.ask(BALANCE, &balance(&address, "uatom")).await;
        let none = none.balance.unwrap();
        assert_eq!((none.denom.as_str(), none.amount.as_str()), ("uatom", "0"));
    }
}

#[tokio::test]
async fn what_is_no_address_or_currency_is_refused() {
    let world = World::new(Fees::Free);
    for (address, text) in [
        ("", "Address cannot be empty"),
        ("nobody", "decoding bech32 failed"),
        (
            "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4",
            "invalid Bech32 prefix",
        ),
    ] {
        let (error, code, log) = world.refused(ACCOUNT, &account(address)).await;
        assert_eq!((error.grpc_code(), code), (GrpcCode::InvalidArgument, 18));
        assert!(log.contains(text), "{log}");
    }
    let (error, ..) = world.refused(BALANCE, &balance(&nobody(), "")).await;
    assert_eq!(error.grpc_code(), GrpcCode::InvalidArgument);
}
