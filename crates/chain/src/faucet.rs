//! The account that funds others on a development network.

use cosmos::proto::Any;
use cosmos::{Address, Coins, DENOM, Draft, InvalidCoin, PayerKey, Signer, Transfer};
use thiserror::Error;

use crate::{Chain, ChainError, Failure, fees};

/// The most gas that a transaction of the faucet takes.
const GAS: u64 = 1_000_000;

/// Why accounts got nothing.
#[derive(Debug, Error)]
pub enum FaucetError {
    /// The chain cannot answer.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The amount cannot be sent.
    #[error(transparent)]
    Amount(#[from] InvalidCoin),
    /// The faucet never had anything.
    #[error("the faucet has no account")]
    NoAccount,
    /// The transaction did not pass its check.
    #[error("the faucet's transaction was refused")]
    Refused(#[source] Failure),
    /// The transaction was accepted, and is not found.
    #[error("the faucet's transaction is not found")]
    NotFound,
    /// The transaction was delivered without success.
    #[error("the faucet's transaction has failed")]
    Failed(#[source] Failure),
}

/// Sends so many ncheq to each of these accounts that does not exist yet.
///
/// # Errors
/// [`FaucetError`].
pub async fn fund(
    chain: &Chain,
    faucet: &PayerKey,
    accounts: &[Address],
    ncheq: u64,
) -> Result<(), FaucetError> {
    let mut messages = Vec::new();
    for account in accounts {
        if chain.account(account)?.is_none() {
            messages.push(Any::from(&Transfer {
                from: faucet.address(),
                to: *account,
                amount: Coins::of(DENOM, ncheq.into())?,
            }));
        }
    }
    if messages.is_empty() {
        return Ok(());
    }
    let account = chain.account(&faucet.address())?;
    let account = account.ok_or(FaucetError::NoAccount)?;
    let draft = Draft {
        messages,
        memo: String::new(),
        timeout_height: 0,
        fee: Coins::of(DENOM, GAS.div_ceil(fees::GAS_PER_NCHEQ).into())?,
        gas_limit: GAS,
    };
    let signer = Signer {
        chain_id: chain.chain_id().to_owned(),
        account_number: account.number,
        sequence: account.sequence,
    };
    let sent = chain.submit(&draft.sign(faucet, &signer)).await?;
    sent.checked.map_err(FaucetError::Refused)?;
    let done = chain.transaction(&sent.hash)?;
    let done = done.ok_or(FaucetError::NotFound)?;
    done.outcome.map_err(FaucetError::Failed)
}
