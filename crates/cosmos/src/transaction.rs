//! Signed transactions, read strictly.

use prost::Message as _;

use crate::key::PUBLIC_KEY_TYPE_URL;
use crate::proto::secp256k1::PubKey;
use crate::proto::signing::SignMode;
use crate::proto::tx::{
    AuthInfo, Fee as FeeMessage, SignDoc, SignerInfo, TxBody, TxRaw, mode_info,
};
use crate::{Address, Coins, Message, PublicKey, Refusal, SdkCode, TxHash};

/// Largest transaction.
pub const TRANSACTION_BYTES_MAX: usize = 4 << 20;
/// Most messages of one transaction.
pub const MESSAGES_MAX: usize = 32;
/// Longest memo, in bytes, which is what the Cosmos SDK counts.
pub const MEMO_CHARS_MAX: usize = 256;
/// Most different coins of one fee.
pub const FEE_COINS_MAX: usize = 16;

/// The largest gas limit that the Cosmos SDK takes.
const GAS_MAX: u64 = i64::MAX as u64;

/// A transaction of one payer with one signature, in canonical encoding.
///
/// [`Transaction::verify`] checks its signature; the chain that keeps the accounts checks its sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    hash: TxHash,
    bytes: Vec<u8>,
    body_bytes: Vec<u8>,
    auth_info_bytes: Vec<u8>,
    signature: Vec<u8>,
    messages: Vec<Message>,
    memo: String,
    timeout_height: u64,
    fee: Fee,
    payer: Address,
    public_key: Option<PublicKey>,
    sequence: u64,
}

/// The fee that a transaction offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// The most that is paid.
    pub amount: Coins,
    /// The most gas that may be used; not 0.
    pub gas_limit: u64,
}

/// A transaction to simulate: it need not be signed, and may omit fee and payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// Its messages.
    pub messages: Vec<Message>,
    /// The payer, if it names one.
    pub payer: Option<Address>,
    /// Size of its bytes.
    pub bytes: usize,
}

impl Transaction {
    /// Reads the bytes of a `TxRaw`.
    ///
    /// # Errors
    /// A [`Refusal`] as a node gives it when the transaction is broadcast, or the closest where none is.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let parts = Parts::decode(bytes)?;
        let messages = parts.messages()?;
        let payer = parts.payer(&messages)?;
        let signature = parts.signature(payer)?;
        let signer = parts.signer()?;
        check_mode(signer)?;
        let public_key = public_key_of(signer, payer)?;
        let sequence = signer.sequence;
        let fee = parts.fee()?;
        Ok(Self {
            hash: TxHash::of(bytes),
            bytes: bytes.to_vec(),
            signature,
            messages,
            memo: parts.body.memo,
            timeout_height: parts.body.timeout_height,
            fee,
            payer,
            public_key,
            sequence,
            body_bytes: parts.raw.body_bytes,
            auth_info_bytes: parts.raw.auth_info_bytes,
        })
    }

    /// Reads the bytes of a `TxRaw` to simulate.
    ///
    /// # Errors
    /// A [`Refusal`], as for [`Transaction::decode`]; signature and fee are not checked.
    pub fn decode_simulated(bytes: &[u8]) -> Result<Simulated, Refusal> {
        let parts = Parts::decode(bytes)?;
        let messages = parts.messages()?;
        let payer = match parts.auth.fee.as_ref().map(|fee| fee.payer.as_str()) {
            None | Some("") => messages.iter().find_map(Message::signer),
            Some(payer) => Some(payer_address(payer)?),
        };
        Ok(Simulated {
            messages,
            payer,
            bytes: bytes.len(),
        })
    }

    /// Checks that the payer has signed it for this chain and this account number.
    ///
    /// `key` is the account's public key where it is known already; a transaction need not repeat it.
    ///
    /// # Errors
    /// Code 8 without any key, code 4 when the signature does not fit.
    pub fn verify(
        &self,
        key: Option<&PublicKey>,
        chain_id: &str,
        account_number: u64,
    ) -> Result<(), Refusal> {
        let Some(key) = key.or(self.public_key.as_ref()) else {
            return Err(SdkCode::InvalidPubKey.because("pubkey on account is not set"));
        };
        let document = SignDoc {
            body_bytes: self.body_bytes.clone(),
            auth_info_bytes: self.auth_info_bytes.clone(),
            chain_id: chain_id.to_owned(),
            account_number,
        };
        if key.verifies(&document.encode_to_vec(), &self.signature) {
            return Ok(());
        }
        Err(SdkCode::Unauthorized.because(format!(
            "signature verification failed; please verify account number ({account_number}) and chain-id \
             ({chain_id}): (unable to verify single signer signature)"
        )))
    }

    /// The hash that it is found by.
    pub fn hash(&self) -> TxHash {
        self.hash
    }

    /// Its bytes, as they were submitted.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its messages; at least one.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The note.
    pub fn memo(&self) -> &str {
        &self.memo
    }

    /// The last block that may hold it; 0 for any.
    pub fn timeout_height(&self) -> u64 {
        self.timeout_height
    }

    /// The offered fee.
    pub fn fee(&self) -> &Fee {
        &self.fee
    }

    /// The account that pays, and has signed.
    pub fn payer(&self) -> Address {
        self.payer
    }

    /// The payer's public key, if it is in there.
    pub fn public_key(&self) -> Option<&PublicKey> {
        self.public_key.as_ref()
    }

    /// The number of earlier transactions of the payer.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The payer's signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// A decoded transaction, not yet checked.
struct Parts {
    raw: TxRaw,
    body: TxBody,
    auth: AuthInfo,
}

impl Parts {
    fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let found = bytes.len();
        if found > TRANSACTION_BYTES_MAX {
            let large = format!(
                "a transaction has at most {TRANSACTION_BYTES_MAX} bytes, this one has {found}"
            );
            return Err(SdkCode::TxTooLarge.because(large));
        }
        let raw: TxRaw = canonical("TxRaw", bytes)?;
        let body: TxBody = canonical("TxBody", &raw.body_bytes)?;
        let auth: AuthInfo = canonical("AuthInfo", &raw.auth_info_bytes)?;
        if !body.extension_options.is_empty() {
            return Err(SdkCode::UnknownExtensionOptions.because(""));
        }
        if auth.tip.is_some() {
            return Err(SdkCode::NotSupported.because("tips are not taken"));
        }
        let memo = body.memo.len();
        if memo > MEMO_CHARS_MAX {
            let long = format!(
                "maximum number of characters is {MEMO_CHARS_MAX} but received {memo} characters"
            );
            return Err(SdkCode::MemoTooLarge.because(long));
        }
        Ok(Self { raw, body, auth })
    }

    fn messages(&self) -> Result<Vec<Message>, Refusal> {
        let found = self.body.messages.len();
        if found == 0 {
            return Err(SdkCode::InvalidRequest.because("must contain at least one message"));
        }
        if found > MESSAGES_MAX {
            let many =
                format!("a transaction has at most {MESSAGES_MAX} messages, this one has {found}");
            return Err(SdkCode::InvalidRequest.because(many));
        }
        let messages = self.body.messages.iter().cloned();
        messages.map(Message::read).collect()
    }

    /// The one account that signs: the payer, and for transfers the account they are from.
    fn payer(&self, messages: &[Message]) -> Result<Address, Refusal> {
        let fee = self.fee_message()?;
        if !fee.granter.is_empty() && fee.granter != fee.payer {
            return Err(SdkCode::NotSupported.because("fee grants are not taken"));
        }
        let mut signers: Vec<Address> = messages.iter().filter_map(Message::signer).collect();
        if !fee.payer.is_empty() {
            signers.push(payer_address(&fee.payer)?);
        }
        signers.sort_unstable();
        signers.dedup();
        match signers.as_slice() {
            [payer] => Ok(*payer),
            [] => Err(SdkCode::Unauthorized.because(
                "nobody has to sign these messages, so the fee must name its payer (fee.payer)",
            )),
            several => Err(SdkCode::Unauthorized.because(format!(
                "wrong number of signers; expected {}, got {}",
                several.len(),
                self.raw.signatures.len()
            ))),
        }
    }

    fn signature(&self, payer: Address) -> Result<Vec<u8>, Refusal> {
        match self.raw.signatures.as_slice() {
            [] => Err(SdkCode::NoSignatures.because("")),
            [signature] => Ok(signature.clone()),
            several => Err(SdkCode::Unauthorized.because(format!(
                "wrong number of signers; expected 1 ({payer}), got {}",
                several.len()
            ))),
        }
    }

    fn signer(&self) -> Result<&SignerInfo, Refusal> {
        match self.auth.signer_infos.as_slice() {
            [signer] => Ok(signer),
            others => Err(SdkCode::Unauthorized.because(format!(
                "invalid number of signer;  expected: 1, got {}",
                others.len()
            ))),
        }
    }

    fn fee_message(&self) -> Result<&FeeMessage, Refusal> {
        let fee = self.auth.fee.as_ref();
        fee.ok_or_else(|| SdkCode::InvalidRequest.because("the transaction has no fee"))
    }

    fn fee(&self) -> Result<Fee, Refusal> {
        let fee = self.fee_message()?;
        let gas_limit = fee.gas_limit;
        if gas_limit == 0 {
            return Err(SdkCode::InvalidGasLimit.because("must provide positive gas"));
        }
        if gas_limit > GAS_MAX {
            let much = format!("invalid gas supplied; {gas_limit} > {GAS_MAX}");
            return Err(SdkCode::InvalidRequest.because(much));
        }
        let found = fee.amount.len();
        if found > FEE_COINS_MAX {
            let many = format!("a fee has at most {FEE_COINS_MAX} coins, this one has {found}");
            return Err(SdkCode::InsufficientFee.because(many));
        }
        let amount = Coins::try_from(fee.amount.as_slice()).map_err(|error| {
            SdkCode::InsufficientFee.because(format!("invalid fee amount: {error}"))
        })?;
        Ok(Fee { amount, gas_limit })
    }
}

fn canonical<M: prost::Message + Default>(name: &str, bytes: &[u8]) -> Result<M, Refusal> {
    let message = M::decode(bytes)
        .map_err(|error| SdkCode::TxDecode.because(format!("no {name}: {error}")))?;
    if message.encode_to_vec() != bytes {
        return Err(SdkCode::TxDecode.because(format!(
            "{name} is not in canonical encoding: fields in ascending order, shortest varints, no unknown fields, no \
             default values"
        )));
    }
    Ok(message)
}

fn payer_address(text: &str) -> Result<Address, Refusal> {
    Address::parse(text).map_err(|error| {
        SdkCode::InvalidAddress.because(format!("invalid fee payer address ({error})"))
    })
}

fn check_mode(signer: &SignerInfo) -> Result<(), Refusal> {
    let sum = signer.mode_info.as_ref().and_then(|mode| mode.sum.as_ref());
    let refused = match sum {
        Some(mode_info::Sum::Single(single)) if single.mode == SignMode::Direct as i32 => {
            return Ok(());
        }
        Some(mode_info::Sum::Single(single)) => format!("sign mode {}", single.mode),
        Some(mode_info::Sum::Multi(_)) => "a multi-signature".to_owned(),
        None => "a signature without a mode".to_owned(),
    };
    Err(SdkCode::NotSupported.because(format!(
        "{refused} is not taken; one secp256k1 key signs with SIGN_MODE_DIRECT (1)"
    )))
}

fn public_key_of(signer: &SignerInfo, payer: Address) -> Result<Option<PublicKey>, Refusal> {
    let Some(any) = &signer.public_key else {
        return Ok(None);
    };
    if any.type_url != PUBLIC_KEY_TYPE_URL {
        let other = format!(
            "{} is not taken; it must be a {}",
            any.type_url, PUBLIC_KEY_TYPE_URL
        );
        return Err(SdkCode::InvalidPubKey.because(other));
    }
    let message: PubKey = canonical("PubKey", &any.value)?;
    let key = PublicKey::from_bytes(&message.key)
        .map_err(|error| SdkCode::InvalidPubKey.because(error.to_string()))?;
    if key.address() != payer {
        return Err(SdkCode::InvalidPubKey.because(format!(
            "pubKey does not match signer address {payer} with signer index: 0"
        )));
    }
    Ok(Some(key))
}
