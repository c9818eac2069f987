//! Transactions: `cosmos.tx.v1beta1`, and what of `cosmos.base`, `cosmos.crypto`, `cosmos.bank` and `google.protobuf`
//! stands in them.

/// `google.protobuf.Any`: a message with its name.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Any {
    /// A slash and the full name of the message.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The message.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// A transaction as it is sent and hashed.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TxRaw {
    /// A [`TxBody`], as it was signed.
    #[prost(bytes = "vec", tag = "1")]
    pub body_bytes: Vec<u8>,
    /// An [`AuthInfo`], as it was signed.
    #[prost(bytes = "vec", tag = "2")]
    pub auth_info_bytes: Vec<u8>,
    /// One for each entry of [`AuthInfo::signer_infos`].
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub signatures: Vec<Vec<u8>>,
}

/// A transaction as it is shown: on the wire the same as [`TxRaw`].
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Tx {
    /// What is to be done.
    #[prost(message, optional, tag = "1")]
    pub body: Option<TxBody>,
    /// Who signs and pays.
    #[prost(message, optional, tag = "2")]
    pub auth_info: Option<AuthInfo>,
    /// One for each entry of [`AuthInfo::signer_infos`].
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub signatures: Vec<Vec<u8>>,
}

/// What a transaction does.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TxBody {
    /// What is to be done, all of it or nothing.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Any>,
    /// A note.
    #[prost(string, tag = "2")]
    pub memo: String,
    /// The last block that may hold it; 0 for any.
    #[prost(uint64, tag = "3")]
    pub timeout_height: u64,
    /// Options that a chain must know.
    #[prost(message, repeated, tag = "1023")]
    pub extension_options: Vec<Any>,
    /// Options that a chain may ignore.
    #[prost(message, repeated, tag = "2047")]
    pub non_critical_extension_options: Vec<Any>,
}

/// Who signs a transaction and who pays for it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AuthInfo {
    /// Who signs.
    #[prost(message, repeated, tag = "1")]
    pub signer_infos: Vec<SignerInfo>,
    /// What is paid, and by whom.
    #[prost(message, optional, tag = "2")]
    pub fee: Option<Fee>,
    /// Deprecated: what is paid on top.
    #[prost(message, optional, tag = "3")]
    pub tip: Option<Tip>,
}

/// One signer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SignerInfo {
    /// A [`PubKey`].
    #[prost(message, optional, tag = "1")]
    pub public_key: Option<Any>,
    /// What exactly is signed.
    #[prost(message, optional, tag = "2")]
    pub mode_info: Option<ModeInfo>,
    /// How many transactions of this account went before.
    #[prost(uint64, tag = "3")]
    pub sequence: u64,
}

/// What exactly a signer signs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ModeInfo {
    /// One key or several.
    #[prost(oneof = "mode_info::Sum", tags = "1, 2")]
    pub sum: Option<mode_info::Sum>,
}

/// The alternatives of [`ModeInfo`].
pub mod mode_info {
    /// One key or several.
    #[derive(Clone, PartialEq, Eq, prost::Oneof)]
    pub enum Sum {
        /// One key.
        #[prost(message, tag = "1")]
        Single(Single),
        /// Several keys.
        #[prost(message, tag = "2")]
        Multi(Multi),
    }

    /// How one key signs.
    #[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
    pub struct Single {
        /// A [`super::SignMode`].
        #[prost(enumeration = "super::SignMode", tag = "1")]
        pub mode: i32,
    }

    /// How several keys sign.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct Multi {
        /// Which of them.
        #[prost(message, optional, tag = "1")]
        pub bitarray: Option<CompactBitArray>,
        /// How each of those.
        #[prost(message, repeated, tag = "2")]
        pub mode_infos: Vec<super::ModeInfo>,
    }

    /// A set of positions.
    #[derive(Clone, PartialEq, Eq, prost::Message)]
    pub struct CompactBitArray {
        /// Bits of the last byte that count.
        #[prost(uint32, tag = "1")]
        pub extra_bits_stored: u32,
        /// The bits.
        #[prost(bytes = "vec", tag = "2")]
        pub elems: Vec<u8>,
    }
}

/// What exactly a key signs: `cosmos.tx.signing.v1beta1.SignMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, prost::Enumeration)]
#[repr(i32)]
pub enum SignMode {
    /// Not said; in simulations.
    Unspecified = 0,
    /// A [`SignDoc`].
    Direct = 1,
    /// A text for people.
    Textual = 2,
    /// A [`SignDoc`] without the other signers' part.
    DirectAux = 3,
    /// JSON.
    LegacyAminoJson = 127,
}

/// What is paid.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Fee {
    /// How much.
    #[prost(message, repeated, tag = "1")]
    pub amount: Vec<Coin>,
    /// The most gas that may be used.
    #[prost(uint64, tag = "2")]
    pub gas_limit: u64,
    /// Who pays, and has to sign; empty for the first signer.
    #[prost(string, tag = "3")]
    pub payer: String,
    /// Who pays instead, by an earlier grant.
    #[prost(string, tag = "4")]
    pub granter: String,
}

/// Deprecated: what somebody pays on top.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Tip {
    /// How much.
    #[prost(message, repeated, tag = "1")]
    pub amount: Vec<Coin>,
    /// Who.
    #[prost(string, tag = "2")]
    pub tipper: String,
}

/// `cosmos.base.v1beta1.Coin`: an amount of one unit.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Coin {
    /// The unit.
    #[prost(string, tag = "1")]
    pub denom: String,
    /// A whole number, decimal.
    #[prost(string, tag = "2")]
    pub amount: String,
}

/// What SIGN_MODE_DIRECT signs.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct SignDoc {
    /// See [`TxRaw::body_bytes`].
    #[prost(bytes = "vec", tag = "1")]
    pub body_bytes: Vec<u8>,
    /// See [`TxRaw::auth_info_bytes`].
    #[prost(bytes = "vec", tag = "2")]
    pub auth_info_bytes: Vec<u8>,
    /// The chain that it is for.
    #[prost(string, tag = "3")]
    pub chain_id: String,
    /// The number of the signing account there.
    #[prost(uint64, tag = "4")]
    pub account_number: u64,
}

/// `cosmos.crypto.secp256k1.PubKey`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PubKey {
    /// 33 bytes, compressed.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
}

impl PubKey {
    /// Its name in an [`Any`].
    pub const TYPE_URL: &'static str = "/cosmos.crypto.secp256k1.PubKey";
}

/// `cosmos.bank.v1beta1.MsgSend`: moves money between accounts.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct MsgSend {
    /// Who pays, and signs.
    #[prost(string, tag = "1")]
    pub from_address: String,
    /// Who is paid.
    #[prost(string, tag = "2")]
    pub to_address: String,
    /// How much.
    #[prost(message, repeated, tag = "3")]
    pub amount: Vec<Coin>,
}

/// `cosmos.bank.v1beta1.MsgSendResponse`.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct MsgSendResponse {}

/// `cosmos.base.abci.v1beta1.TxMsgData`: what the messages of a transaction answer.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TxMsgData {
    /// One for each message.
    #[prost(message, repeated, tag = "2")]
    pub msg_responses: Vec<Any>,
}

/// `cheqd.did.v2.MsgCreateDidDocResponse`, and that of an update and a deactivation.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct DidDocResponse {
    /// The version that was made.
    #[prost(message, optional, tag = "1")]
    pub value: Option<did::proto::DidDocWithMetadata>,
}

/// `cheqd.resource.v2.MsgCreateResourceResponse`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ResourceResponse {
    /// The resource that was made.
    #[prost(message, optional, tag = "1")]
    pub resource: Option<did::proto::resource::Metadata>,
}
