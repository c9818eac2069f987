//! The account that pays: who signs, with which sequence, one transaction after the other.

use cosmos::proto::auth::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmos::{Address, PayerKey};
use ledger::SubmitError;
use prost::Message;
use tokio::sync::{Mutex, MutexGuard};

use crate::reading::Reading;

const BASE_ACCOUNT: &str = "/cosmos.auth.v1beta1.BaseAccount";

/// What the chain knows of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) number: u64,
    /// How many of its transactions went before.
    pub(crate) sequence: u64,
}

pub(crate) struct Payer {
    key: PayerKey,
    address: Address,
    /// What the next transaction is signed for; `None` until it is read, and after anything that casts doubt on it.
    next: Mutex<Option<Account>>,
}

/// The right to sign the next transaction.
pub(crate) struct Pen<'p> {
    pub(crate) key: &'p PayerKey,
    next: MutexGuard<'p, Option<Account>>,
}

impl Payer {
    pub(crate) fn new(key: PayerKey) -> Self {
        Self {
            address: key.address(),
            key,
            next: Mutex::new(None),
        }
    }

    pub(crate) fn address(&self) -> Address {
        self.address
    }

    /// Waits until nobody else signs.
    pub(crate) async fn pen(&self) -> Pen<'_> {
        Pen {
            key: &self.key,
            next: self.next.lock().await,
        }
    }

    /// The account as the newest block has it.
    pub(crate) async fn account(&self, reading: &Reading) -> Result<Account, SubmitError> {
        let address = self.address.to_string();
        let request = QueryAccountRequest {
            address: address.clone(),
        };
        let path = "/cosmos.auth.v1beta1.Query/Account";
        let answer: Option<QueryAccountResponse> = reading.ask(path, &request).await?;
        let Some(any) = answer.and_then(|answer| answer.account) else {
            return Err(SubmitError::Unpaid(format!(
                "the account {address} does not exist on the network; send some tokens there"
            )));
        };
        if any.type_url != BASE_ACCOUNT {
            return Err(SubmitError::Unpaid(format!(
                "the account {address} is of the kind {}, which cannot pay here",
                any.type_url
            )));
        }
        let account = BaseAccount::decode(any.value.as_slice())
            .map_err(|error| SubmitError::Network(error.to_string()))?;
        Ok(Account {
            number: account.account_number,
            sequence: account.sequence,
        })
    }
}

impl Pen<'_> {
    /// What the next transaction is signed for.
    pub(crate) async fn next(
        &mut self,
        payer: &Payer,
        reading: &Reading,
    ) -> Result<Account, SubmitError> {
        match *self.next {
            Some(next) => Ok(next),
            None => {
                let account = payer.account(reading).await?;
                *self.next = Some(account);
                Ok(account)
            }
        }
    }

    /// A transaction was taken with what [`Pen::next`] gave.
    pub(crate) fn advance(&mut self) {
        if let Some(next) = &mut *self.next {
            next.sequence += 1;
        }
    }

    /// The chain says which sequence is next.
    pub(crate) fn resync(&mut self, sequence: Option<u64>) {
        *self.next = match (*self.next, sequence) {
            (Some(next), Some(sequence)) => Some(Account { sequence, ..next }),
            _ => None,
        };
    }
}
