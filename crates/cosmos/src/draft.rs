//! Transactions to be signed: byte for byte what cheqd's client library makes.

use prost::Message as _;

use crate::proto::Any;
use crate::proto::signing::SignMode;
use crate::proto::tx::{
    AuthInfo, Fee as FeeMessage, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw, mode_info,
};
use crate::{Coins, PayerKey};

/// An unsigned transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What is to be done.
    pub messages: Vec<Any>,
    /// A note.
    pub memo: String,
    /// The last block that may hold it; 0 for any.
    pub timeout_height: u64,
    /// The most that is paid.
    pub fee: Coins,
    /// The most gas that may be used.
    pub gas_limit: u64,
}

/// What the payer's signature covers besides the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The chain.
    pub chain_id: String,
    /// The number of the account there.
    pub account_number: u64,
    /// How many transactions of the account went before.
    pub sequence: u64,
}

impl Draft {
    /// The bytes of the transaction, signed by its payer with SIGN_MODE_DIRECT. `fee.payer` is set: identity messages
    /// name no account, so nothing else determines the signer.
    pub fn sign(&self, payer: &PayerKey, signer: &Signer) -> Vec<u8> {
        let body_bytes = self.body().encode_to_vec();
        let auth_info_bytes = self.auth_info(payer, signer.sequence).encode_to_vec();
        let document = SignDoc {
            body_bytes,
            auth_info_bytes,
            chain_id: signer.chain_id.clone(),
            account_number: signer.account_number,
        };
        let signature = payer.sign(&document.encode_to_vec());
        let transaction = TxRaw {
            body_bytes: document.body_bytes,
            auth_info_bytes: document.auth_info_bytes,
            signatures: vec![signature],
        };
        transaction.encode_to_vec()
    }

    fn body(&self) -> TxBody {
        TxBody {
            messages: self.messages.clone(),
            memo: self.memo.clone(),
            timeout_height: self.timeout_height,
            ..TxBody::default()
        }
    }

    fn auth_info(&self, payer: &PayerKey, sequence: u64) -> AuthInfo {
        let single = mode_info::Single {
            mode: SignMode::Direct as i32,
        };
        AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key: Some((&payer.public_key()).into()),
                mode_info: Some(ModeInfo {
                    sum: Some(mode_info::Sum::Single(single)),
                }),
                sequence,
            }],
            fee: Some(FeeMessage {
                amount: self.fee.to_messages(),
                gas_limit: self.gas_limit,
                payer: payer.address().to_string(),
                granter: String::new(),
            }),
            tip: None,
        }
    }
}
