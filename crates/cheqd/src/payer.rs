//! The account that pays: it signs one transaction after the other, each with the next sequence.

use cosmos::proto::auth::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use cosmos::{Address, PayerKey};
use ledger::SubmitError;
use prost::Message;
use tokio::sync::{Mutex, MutexGuard};

use crate::reader::Reader;

const BASE_ACCOUNT: &str = "/cosmos.auth.v1beta1.BaseAccount";

/// An account on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) number: u64,
    /// The sequence of its next transaction.
    pub(crate) sequence: u64,
}

pub(crate) struct Payer {
    key: PayerKey,
    address: Address,
    /// What the next transaction is signed for; `None` until it is read, and after anything that casts doubt on it.
    next: Mutex<Option<Account>>,
}

/// The right to sign the next transaction.
pub(crate) struct SigningTurn<'p> {
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

    /// Waits until no other submission signs.
    pub(crate) async fn turn(&self) -> SigningTurn<'_> {
        SigningTurn {
            key: &self.key,
            next: self.next.lock().await,
        }
    }

    /// The account as the newest block has it.
    pub(crate) async fn account(&self, reader: &Reader) -> Result<Account, SubmitError> {
        let address = self.address.to_string();
        let request = QueryAccountRequest {
            address: address.clone(),
        };
        let path = "/cosmos.auth.v1beta1.Query/Account";
        let answer: Option<QueryAccountResponse> = reader.read(path, &request).await?;
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

impl SigningTurn<'_> {
    /// What the next transaction is signed for.
    pub(crate) async fn next(
        &mut self,
        payer: &Payer,
        reader: &Reader,
    ) -> Result<Account, SubmitError> {
        match *self.next {
            Some(next) => Ok(next),
            None => {
                let account = payer.account(reader).await?;
                *self.next = Some(account);
                Ok(account)
            }
        }
    }

    /// A transaction was taken with what [`SigningTurn::next`] gave.
    pub(crate) fn advance(&mut self) {
        if let Some(next) = &mut *self.next {
            next.sequence += 1;
        }
    }

    /// Takes the next sequence from the chain.
    pub(crate) fn resync(&mut self, sequence: Option<u64>) {
        *self.next = match (*self.next, sequence) {
            (Some(next), Some(sequence)) => Some(Account { sequence, ..next }),
            _ => None,
        };
    }
}
