//! The `.proto` files, the structs and the committed descriptors say the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use cosmos::proto::{
    auth, bank, did as did_queries, feemarket, oracle, page, resource, tendermint,
};
use cosmos::proto::{tx, tx_service};
use did::proto as did_proto;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};

/// Set to write the descriptors anew after a change of a `.proto` file.
const WRITE: &str = "WRITE_DESCRIPTORS";
/// Deeper than any message but those that hold themselves.
const DEPTH_MAX: u32 = 7;

#[test]
fn the_committed_descriptors_are_what_the_files_compile_to() {
    let compiled = compiled();
    let committed = folder().join("descriptors.bin");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(committed, &compiled).unwrap();
    }
    assert!(
        compiled == cosmos::proto::DESCRIPTORS,
        "run once with {WRITE}=1, and commit the file"
    );
}

#[test]
fn every_message_has_a_struct_with_the_same_fields() {
    let pool = DescriptorPool::decode(compiled().as_slice()).unwrap();
    let mut checked = Checked {
        pool: &pool,
        names: BTreeSet::new(),
    };
    documents(&mut checked);
    queries(&mut checked);
    blocks(&mut checked);
    transactions(&mut checked);
    let own = pool.all_messages().filter(|message| {
        message.parent_message().is_none() && message.package_name() != "google.protobuf"
    });
    let declared: BTreeSet<String> = own.map(|message| message.full_name().to_owned()).collect();
    assert_eq!(declared, checked.names);
}

#[test]
fn enumerations_have_the_same_values() {
    let pool = DescriptorPool::decode(compiled().as_slice()).unwrap();
    let shown = |name: &str, show: fn(i32) -> String| {
        let declared = pool.get_enum_by_name(name).unwrap();
        for value in declared.values() {
            let variant = show(value.number());
            let letters = value.name().replace('_', "").to_lowercase();
            assert!(
                letters.ends_with(&variant.to_lowercase()),
                "{} is {variant}",
                value.name()
            );
        }
    };
    shown("cosmos.tx.signing.v1beta1.SignMode", |number| {
        format!("{:?}", tx::SignMode::try_from(number).unwrap())
    });
    shown("cosmos.tx.v1beta1.BroadcastMode", |number| {
        format!("{:?}", tx_service::BroadcastMode::try_from(number).unwrap())
    });
}

fn documents(checked: &mut Checked<'_>) {
    checked.same::<did_proto::DidDoc>("cheqd.did.v2.DidDoc");
    checked.same::<did_proto::VerificationMethod>("cheqd.did.v2.VerificationMethod");
    checked.same::<did_proto::Service>("cheqd.did.v2.Service");
    checked.same::<did_proto::DidDocWithMetadata>("cheqd.did.v2.DidDocWithMetadata");
    checked.same::<did_proto::Metadata>("cheqd.did.v2.Metadata");
    checked.same::<did_proto::SignInfo>("cheqd.did.v2.SignInfo");
    checked.same::<did_proto::MsgCreateDidDoc>("cheqd.did.v2.MsgCreateDidDoc");
    checked.same::<did_proto::MsgUpdateDidDoc>("cheqd.did.v2.MsgUpdateDidDoc");
    checked.same::<did_proto::MsgDeactivateDidDoc>("cheqd.did.v2.MsgDeactivateDidDoc");
    checked.same::<did_proto::MsgCreateDidDocPayload>("cheqd.did.v2.MsgCreateDidDocPayload");
    checked.same::<did_proto::MsgUpdateDidDocPayload>("cheqd.did.v2.MsgUpdateDidDocPayload");
    checked
        .same::<did_proto::MsgDeactivateDidDocPayload>("cheqd.did.v2.MsgDeactivateDidDocPayload");
    checked.same::<tx::DidDocResponse>("cheqd.did.v2.MsgCreateDidDocResponse");
    checked.same::<tx::DidDocResponse>("cheqd.did.v2.MsgUpdateDidDocResponse");
    checked.same::<tx::DidDocResponse>("cheqd.did.v2.MsgDeactivateDidDocResponse");
    checked.same::<did_proto::resource::Metadata>("cheqd.resource.v2.Metadata");
    checked.same::<did_proto::resource::AlternativeUri>("cheqd.resource.v2.AlternativeUri");
    checked.same::<did_proto::resource::MsgCreateResource>("cheqd.resource.v2.MsgCreateResource");
    checked.same::<did_proto::resource::MsgCreateResourcePayload>(
        "cheqd.resource.v2.MsgCreateResourcePayload",
    );
    checked.same::<resource::QueryResourceMetadataResponse>(
        "cheqd.resource.v2.MsgCreateResourceResponse",
    );
    checked.same::<resource::Resource>("cheqd.resource.v2.Resource");
    checked.same::<resource::ResourceWithMetadata>("cheqd.resource.v2.ResourceWithMetadata");
}

fn queries(checked: &mut Checked<'_>) {
    let mut did = checked.package("cheqd.did.v2");
    did.same::<did_queries::FeeRange>("FeeRange");
    did.same::<did_queries::FeeParams>("FeeParams");
    did.same::<did_queries::QueryDidDocRequest>("QueryDidDocRequest");
    did.same::<did_queries::QueryDidDocResponse>("QueryDidDocResponse");
    did.same::<did_queries::QueryDidDocVersionRequest>("QueryDidDocVersionRequest");
    did.same::<did_queries::QueryDidDocVersionResponse>("QueryDidDocVersionResponse");
    did.same::<did_queries::QueryAllDidDocVersionsMetadataRequest>(
        "QueryAllDidDocVersionsMetadataRequest",
    );
    did.same::<did_queries::QueryAllDidDocVersionsMetadataResponse>(
        "QueryAllDidDocVersionsMetadataResponse",
    );
    did.same::<did_queries::QueryParamsRequest>("QueryParamsRequest");
    did.same::<did_queries::QueryParamsResponse>("QueryParamsResponse");

    let mut resources = checked.package("cheqd.resource.v2");
    resources.same::<resource::FeeParams>("FeeParams");
    resources.same::<resource::QueryResourceRequest>("QueryResourceRequest");
    resources.same::<resource::QueryResourceResponse>("QueryResourceResponse");
    resources.same::<resource::QueryResourceMetadataRequest>("QueryResourceMetadataRequest");
    resources.same::<resource::QueryResourceMetadataResponse>("QueryResourceMetadataResponse");
    resources
        .same::<resource::QueryLatestResourceVersionRequest>("QueryLatestResourceVersionRequest");
    resources
        .same::<resource::QueryLatestResourceVersionResponse>("QueryLatestResourceVersionResponse");
    resources.same::<resource::QueryLatestResourceVersionMetadataRequest>(
        "QueryLatestResourceVersionMetadataRequest",
    );
    resources.same::<resource::QueryLatestResourceVersionMetadataResponse>(
        "QueryLatestResourceVersionMetadataResponse",
    );
    resources.same::<resource::QueryCollectionResourcesRequest>("QueryCollectionResourcesRequest");
    resources
        .same::<resource::QueryCollectionResourcesResponse>("QueryCollectionResourcesResponse");
    resources.same::<resource::QueryParamsRequest>("QueryParamsRequest");
    resources.same::<resource::QueryParamsResponse>("QueryParamsResponse");

    let mut prices = checked.package("cheqd.oracle.v2");
    prices.same::<oracle::Params>("Params");
    prices.same::<oracle::Denom>("Denom");
    prices.same::<oracle::QueryParams>("QueryParams");
    prices.same::<oracle::QueryParamsResponse>("QueryParamsResponse");
    prices.same::<oracle::ConvertUsdcToCheqRequest>("ConvertUSDCtoCHEQRequest");
    prices.same::<oracle::ConvertUsdcToCheqResponse>("ConvertUSDCtoCHEQResponse");

    let mut gas = checked.package("feemarket.feemarket.v1");
    gas.same::<feemarket::Params>("Params");
    gas.same::<feemarket::State>("State");
    gas.same::<feemarket::ParamsRequest>("ParamsRequest");
    gas.same::<feemarket::ParamsResponse>("ParamsResponse");
    gas.same::<feemarket::StateRequest>("StateRequest");
    gas.same::<feemarket::StateResponse>("StateResponse");
    gas.same::<feemarket::GasPriceRequest>("GasPriceRequest");
    gas.same::<feemarket::GasPriceResponse>("GasPriceResponse");
    gas.same::<feemarket::GasPricesRequest>("GasPricesRequest");
    gas.same::<feemarket::GasPricesResponse>("GasPricesResponse");

    let mut accounts = checked.package("cosmos.auth.v1beta1");
    accounts.same::<auth::BaseAccount>("BaseAccount");
    accounts.same::<auth::QueryAccountRequest>("QueryAccountRequest");
    accounts.same::<auth::QueryAccountResponse>("QueryAccountResponse");
    accounts.same::<auth::QueryAccountInfoRequest>("QueryAccountInfoRequest");
    accounts.same::<auth::QueryAccountInfoResponse>("QueryAccountInfoResponse");

    let mut balances = checked.package("cosmos.bank.v1beta1");
    balances.same::<bank::QueryBalanceRequest>("QueryBalanceRequest");
    balances.same::<bank::QueryBalanceResponse>("QueryBalanceResponse");
    balances.same::<bank::QueryAllBalancesRequest>("QueryAllBalancesRequest");
    balances.same::<bank::QueryAllBalancesResponse>("QueryAllBalancesResponse");
    balances.same::<bank::QuerySpendableBalancesRequest>("QuerySpendableBalancesRequest");
    balances.same::<bank::QuerySpendableBalancesResponse>("QuerySpendableBalancesResponse");

    checked.same::<page::PageRequest>("cosmos.base.query.v1beta1.PageRequest");
    checked.same::<page::PageResponse>("cosmos.base.query.v1beta1.PageResponse");
}

fn blocks(checked: &mut Checked<'_>) {
    let mut service = checked.package("cosmos.base.tendermint.v1beta1");
    service.same::<tendermint::SdkBlock>("Block");
    service.same::<tendermint::SdkHeader>("Header");
    service.same::<tendermint::VersionInfo>("VersionInfo");
    service.same::<tendermint::GetNodeInfoRequest>("GetNodeInfoRequest");
    service.same::<tendermint::GetNodeInfoResponse>("GetNodeInfoResponse");
    service.same::<tendermint::GetSyncingRequest>("GetSyncingRequest");
    service.same::<tendermint::GetSyncingResponse>("GetSyncingResponse");
    service.same::<tendermint::GetLatestBlockRequest>("GetLatestBlockRequest");
    service.same::<tendermint::GetLatestBlockResponse>("GetLatestBlockResponse");
    service.same::<tendermint::GetBlockByHeightRequest>("GetBlockByHeightRequest");
    service.same::<tendermint::GetBlockByHeightResponse>("GetBlockByHeightResponse");

    let mut types = checked.package("tendermint.types");
    types.same::<tendermint::PartSetHeader>("PartSetHeader");
    types.same::<tendermint::BlockId>("BlockID");
    types.same::<tendermint::Header>("Header");
    types.same::<tendermint::Data>("Data");
    types.same::<tendermint::Commit>("Commit");
    types.same::<tendermint::Block>("Block");
    checked.same::<tendermint::Consensus>("tendermint.version.Consensus");
    checked.same::<tendermint::ProtocolVersion>("tendermint.p2p.ProtocolVersion");
    checked.same::<tendermint::DefaultNodeInfo>("tendermint.p2p.DefaultNodeInfo");
    checked.same::<tendermint::DefaultNodeInfoOther>("tendermint.p2p.DefaultNodeInfoOther");
    checked.same::<tx_service::Event>("tendermint.abci.Event");
    checked.same::<tx_service::EventAttribute>("tendermint.abci.EventAttribute");
}

fn transactions(checked: &mut Checked<'_>) {
    let mut base = checked.package("cosmos.base");
    base.same::<tx::Coin>("v1beta1.Coin");
    base.same::<feemarket::DecCoin>("v1beta1.DecCoin");
    base.same::<tx_service::TxResponse>("abci.v1beta1.TxResponse");
    base.same::<tx_service::GasInfo>("abci.v1beta1.GasInfo");
    base.same::<tx_service::RunResult>("abci.v1beta1.Result");
    base.same::<tx::TxMsgData>("abci.v1beta1.TxMsgData");
    checked.same::<tx::PubKey>("cosmos.crypto.secp256k1.PubKey");
    checked
        .same::<tx::mode_info::CompactBitArray>("cosmos.crypto.multisig.v1beta1.CompactBitArray");
    checked.same::<tx::MsgSend>("cosmos.bank.v1beta1.MsgSend");
    checked.same::<tx::MsgSendResponse>("cosmos.bank.v1beta1.MsgSendResponse");

    let mut transactions = checked.package("cosmos.tx.v1beta1");
    transactions.same::<tx::Tx>("Tx");
    transactions.same::<tx::TxRaw>("TxRaw");
    transactions.same::<tx::SignDoc>("SignDoc");
    transactions.same::<tx::TxBody>("TxBody");
    transactions.same::<tx::AuthInfo>("AuthInfo");
    transactions.same::<tx::SignerInfo>("SignerInfo");
    transactions.same::<tx::ModeInfo>("ModeInfo");
    transactions.same::<tx::Fee>("Fee");
    transactions.same::<tx::Tip>("Tip");
    transactions.same::<tx_service::SimulateRequest>("SimulateRequest");
    transactions.same::<tx_service::SimulateResponse>("SimulateResponse");
    transactions.same::<tx_service::GetTxRequest>("GetTxRequest");
    transactions.same::<tx_service::GetTxResponse>("GetTxResponse");
    transactions.same::<tx_service::BroadcastTxRequest>("BroadcastTxRequest");
    transactions.same::<tx_service::BroadcastTxResponse>("BroadcastTxResponse");
}

struct Checked<'a> {
    pool: &'a DescriptorPool,
    names: BTreeSet<String>,
}

struct Package<'a, 'b> {
    checked: &'a mut Checked<'b>,
    name: &'static str,
}

impl<'b> Checked<'b> {
    fn package(&mut self, name: &'static str) -> Package<'_, 'b> {
        Package {
            checked: self,
            name,
        }
    }

    /// A message with something in every field comes through the struct unchanged, and the struct has no field more.
    fn same<M: prost::Message + Default + Debug>(&mut self, name: &str) {
        let declared = self.pool.get_message_by_name(name).expect(name);
        for alternative in 0..2 {
            let sent = filled(&declared, alternative, 0);
            let bytes = prost::Message::encode_to_vec(&sent);
            let taken = M::decode(bytes.as_slice()).expect(name);
            assert_eq!(without_type_names(&taken), shown(&sent), "{name}");
            assert_eq!(
                hex::encode(taken.encode_to_vec()),
                hex::encode(&bytes),
                "{name}"
            );
        }
        self.names.insert(name.to_owned());
    }
}

impl Package<'_, '_> {
    fn same<M: prost::Message + Default + Debug>(&mut self, name: &str) {
        self.checked.same::<M>(&format!("{}.{name}", self.name));
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proto")
}

fn compiled() -> Vec<u8> {
    let mut files = Vec::new();
    find(&folder(), &mut files);
    files.sort();
    protox::Compiler::new([folder()])
        .unwrap()
        .include_imports(true)
        .include_source_info(false)
        .open_files(files)
        .unwrap()
        .encode_file_descriptor_set()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            files.push(path);
        }
    }
}

/// The message with a value of its own in every field; of alternatives that exclude each other the one with this
/// position.
fn filled(declared: &MessageDescriptor, alternative: usize, depth: u32) -> DynamicMessage {
    let mut message = DynamicMessage::new(declared.clone());
    for field in declared.fields() {
        let excluded = field.containing_oneof().is_some_and(|oneof| {
            let position = oneof.fields().position(|other| other == field);
            position != Some(alternative)
        });
        let nested = matches!(field.kind(), Kind::Message(_));
        if excluded || (nested && depth == DEPTH_MAX) {
            continue;
        }
        let one = |count: u32| value(&field, alternative, depth, count);
        let value = match field.is_list() {
            true => Value::List(vec![one(1), one(2)]),
            false => one(1),
        };
        message.set_field(&field, value);
    }
    message
}

fn value(field: &FieldDescriptor, alternative: usize, depth: u32, count: u32) -> Value {
    let number = field.number() * 10 + count;
    match field.kind() {
        Kind::String => Value::String(format!("text-{number}")),
        Kind::Bytes => Value::Bytes(number.to_be_bytes().to_vec().into()),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(-(number as i32)),
        Kind::Int64 => Value::I64(-i64::from(number)),
        Kind::Uint32 => Value::U32(number),
        Kind::Uint64 => Value::U64(u64::from(number) << 40),
        // No variant has such a number, so it is shown as the number.
        Kind::Enum(_) => Value::EnumNumber(1000 + count as i32),
        Kind::Message(declared) => Value::Message(filled(&declared, alternative, depth + 1)),
        kind => panic!("{kind:?} is new here"),
    }
}

/// What the struct of such a message looks like, without names of types.
fn shown(message: &DynamicMessage) -> String {
    let mut parts = Vec::new();
    for field in message.descriptor().fields() {
        let has = message.has_field(&field);
        let text = match message.get_field(&field).as_ref() {
            Value::List(values) => {
                let values: Vec<String> = values.iter().map(shown_value).collect();
                format!("[{}]", values.join(", "))
            }
            Value::Message(_) if !has => "None".to_owned(),
            value @ Value::Message(_) => format!("Some({})", shown_value(value)),
            value => shown_value(value),
        };
        match field.containing_oneof() {
            None => parts.push(format!("{}: {text}", field.name())),
            Some(oneof) if has => {
                let variant = upper_camel(field.name());
                let text = text.replacen('(', &format!("({variant}("), 1);
                parts.push(format!("{}: {text})", oneof.name()));
            }
            Some(oneof) if oneof.fields().all(|other| !message.has_field(&other)) => {
                parts.push(format!("{}: None", oneof.name()));
            }
            Some(_) => {}
        }
    }
    parts.dedup();
    match parts.is_empty() {
        true => String::new(),
        false => format!("{{ {} }}", parts.join(", ")),
    }
}

fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("{:?}", bytes.to_vec()),
        Value::Bool(value) => value.to_string(),
        Value::I32(number) | Value::EnumNumber(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::Message(message) => shown(message),
        value => panic!("{value:?} is new here"),
    }
}

fn upper_camel(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn without_type_names(message: &impl Debug) -> String {
    let text = format!("{message:?}").replace("r#", "");
    let mut shown = String::new();
    for (position, part) in text.split(" {").enumerate() {
        if position > 0 {
            let name = shown.rfind(|letter: char| !letter.is_alphanumeric());
            shown.truncate(name.map_or(0, |end| end + 1));
            shown.push('{');
        }
        shown.push_str(part);
    }
    match shown.contains('{') {
        true => shown,
        // A message without fields is shown by its name alone.
        false => String::new(),
    }
}
