//! The messages that a transaction may hold.

use did::OperationKind;
use prost::Message as _;

use crate::proto::Any;
use crate::proto::bank::MsgSend;
use crate::{Address, Coins, Refusal, SdkCode};

/// Type URL of a transfer between accounts.
pub const SEND_TYPE_URL: &str = "/cosmos.bank.v1beta1.MsgSend";

/// One message of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Changes a DID or creates a resource. No account signs for it; its own signatures are inside.
    Identity {
        /// What it does.
        kind: OperationKind,
        /// The message, as [`did::Operation::decode`] reads it.
        value: Vec<u8>,
    },
    /// Moves money between accounts.
    Transfer(Transfer),
}

/// A transfer from the account that signs for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much; not nothing.
    pub amount: Coins,
}

impl Message {
    /// Its type URL.
    pub fn type_url(&self) -> &'static str {
        match self {
            Self::Identity { kind, .. } => kind.type_url(),
            Self::Transfer(_) => SEND_TYPE_URL,
        }
    }

    /// The account that has to sign for it; none for identity messages.
    pub fn signer(&self) -> Option<Address> {
        match self {
            Self::Identity { .. } => None,
            Self::Transfer(transfer) => Some(transfer.from),
        }
    }

    pub(crate) fn read(any: Any) -> Result<Self, Refusal> {
        if let Some(kind) = OperationKind::of_type_url(&any.type_url) {
            let value = any.value;
            return Ok(Self::Identity { kind, value });
        }
        match any.type_url.as_str() {
            SEND_TYPE_URL => Transfer::read(&any.value).map(Self::Transfer),
            other => {
                let unknown = format!("unable to resolve type URL {other}");
                Err(SdkCode::TxDecode.because(unknown))
            }
        }
    }
}

impl Transfer {
    fn read(value: &[u8]) -> Result<Self, Refusal> {
        let message = MsgSend::decode(value)
            .ok()
            .filter(|message| message.encode_to_vec() == value)
            .ok_or_else(|| SdkCode::TxDecode.because("no canonical MsgSend"))?;
        let address = |name: &str, text: &str| {
            Address::parse(text).map_err(|error| {
                SdkCode::InvalidAddress.because(format!("invalid {name} address: {error}"))
            })
        };
        let from = address("from", &message.from_address)?;
        let to = address("to", &message.to_address)?;
        let amount = Coins::try_from(message.amount.as_slice())
            .map_err(|error| SdkCode::InvalidCoins.because(error.to_string()))?;
        if amount.is_empty() {
            return Err(SdkCode::InvalidCoins.because("a transfer needs an amount"));
        }
        Ok(Self { from, to, amount })
    }
}

impl From<&Transfer> for Any {
    fn from(transfer: &Transfer) -> Self {
        let message = MsgSend {
            from_address: transfer.from.to_string(),
            to_address: transfer.to.to_string(),
            amount: transfer.amount.to_messages(),
        };
        Self {
            type_url: SEND_TYPE_URL.to_owned(),
            value: message.encode_to_vec(),
        }
    }
}
