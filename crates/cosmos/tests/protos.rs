//! What is checked in is what the `.proto` files say: the generated messages, the descriptors, and the messages that
//! the crate `did` writes by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value,
};

/// Set to write the generated files anew after a change of a `.proto` file.
const WRITE: &str = "WRITE_MESSAGES";

/// Messages that are not generated: each with its type, and the check that both have the same fields.
macro_rules! written_by_hand {
    ($($name:literal => $message:ty),* $(,)?) => {
        const WRITTEN_BY_HAND: &[(&str, &str)] = &[$(($name, stringify!($message))),*];

        #[test]
        fn messages_written_by_hand_have_the_fields_of_the_files() {
            let pool = DescriptorPool::decode(descriptors().as_slice()).unwrap();
            $(same_fields::<$message>(&pool.get_message_by_name($name).expect($name));)*
        }
    };
}

written_by_hand! {
    "google.protobuf.Timestamp" => ::did::proto::Timestamp,
    "cheqd.did.v2.DidDoc" => ::did::proto::DidDoc,
    "cheqd.did.v2.VerificationMethod" => ::did::proto::VerificationMethod,
    "cheqd.did.v2.Service" => ::did::proto::Service,
    "cheqd.did.v2.DidDocWithMetadata" => ::did::proto::DidDocWithMetadata,
    "cheqd.did.v2.Metadata" => ::did::proto::Metadata,
    "cheqd.did.v2.SignInfo" => ::did::proto::SignInfo,
    "cheqd.did.v2.MsgCreateDidDoc" => ::did::proto::MsgCreateDidDoc,
    "cheqd.did.v2.MsgUpdateDidDoc" => ::did::proto::MsgUpdateDidDoc,
    "cheqd.did.v2.MsgDeactivateDidDoc" => ::did::proto::MsgDeactivateDidDoc,
    "cheqd.did.v2.MsgCreateDidDocPayload" => ::did::proto::MsgCreateDidDocPayload,
    "cheqd.did.v2.MsgUpdateDidDocPayload" => ::did::proto::MsgUpdateDidDocPayload,
    "cheqd.did.v2.MsgDeactivateDidDocPayload" => ::did::proto::MsgDeactivateDidDocPayload,
    "cheqd.resource.v2.Metadata" => ::did::proto::resource::Metadata,
    "cheqd.resource.v2.AlternativeUri" => ::did::proto::resource::AlternativeUri,
    "cheqd.resource.v2.MsgCreateResource" => ::did::proto::resource::MsgCreateResource,
    "cheqd.resource.v2.MsgCreateResourcePayload" => ::did::proto::resource::MsgCreateResourcePayload,
}

#[test]
fn the_generated_files_are_what_the_proto_files_give() {
    let folder = folder().join("src/generated");
    let fresh = generated();
    if std::env::var_os(WRITE).is_some() {
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        for (name, text) in &fresh {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let committed = files_in(&folder);
    let same = |name: &String| fresh.get(name) == committed.get(name);
    let names = fresh.keys().chain(committed.keys());
    let differing: Vec<&String> = names.filter(|name| !same(name)).collect();
    assert!(
        differing.is_empty(),
        "{differing:?}: run once with {WRITE}=1, and commit the files"
    );
}

#[test]
fn the_committed_descriptors_are_what_the_files_compile_to() {
    let fresh = descriptors();
    if std::env::var_os(WRITE).is_some() {
        fs::write(folder().join("proto/descriptors.bin"), &fresh).unwrap();
    }
    assert!(
        fresh == cosmos::proto::DESCRIPTORS,
        "run once with {WRITE}=1, and commit the file"
    );
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn compiler() -> protox::Compiler {
    let root = folder().join("proto");
    let mut files = Vec::new();
    find(&root, &mut files);
    files.sort();
    let mut compiler = protox::Compiler::new([root]).unwrap();
    compiler.include_imports(true).open_files(files).unwrap();
    compiler
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|it| it == "proto") {
            files.push(path);
        }
    }
}

fn descriptors() -> Vec<u8> {
    compiler()
        .include_source_info(false)
        .encode_file_descriptor_set()
}

/// The generated files by name.
fn generated() -> BTreeMap<String, String> {
    let scratch = tempfile::tempdir().unwrap();
    let mut config = prost_build::Config::new();
    config
        .out_dir(scratch.path())
        .include_file("packages.rs")
        .compile_well_known_types()
        .disable_comments([".google"]);
    for (name, path) in WRITTEN_BY_HAND {
        config.extern_path(format!(".{name}"), *path);
    }
    let files = compiler().include_source_info(true).file_descriptor_set();
    config.compile_fds(files).unwrap();
    files_in(scratch.path())
}

fn files_in(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read_to_string(entry.path()).unwrap())
    });
    entries.collect()
}

/// A message with a value in every field passes through `M` unchanged, and `M` has no field more.
fn same_fields<M: Message + Default + Debug>(declared: &MessageDescriptor) {
    let bytes = filled(declared).encode_to_vec();
    let name = declared.full_name();
    let taken = M::decode(bytes.as_slice()).expect(name);
    assert_eq!(taken.encode_to_vec(), bytes, "{name}");
    let shown = format!("{:?}", M::default());
    let fields = shown.split_once(" { ").expect(&shown).1;
    let fields = fields.trim_end_matches(" }").split(", ");
    let fields = fields.map(|field| field.split_once(": ").expect(&shown).0.to_owned());
    let mut names: Vec<String> = declared
        .fields()
        .map(|field| field.name().to_owned())
        .collect();
    names.sort_unstable();
    let mut found: Vec<String> = fields.collect();
    found.sort_unstable();
    assert_eq!(found, names, "{}", declared.full_name());
}

/// The message with a value of its own in every field.
fn filled(declared: &MessageDescriptor) -> DynamicMessage {
    let mut message = DynamicMessage::new(declared.clone());
    for field in declared.fields() {
        let value = match field.is_list() {
            true => Value::List(vec![value(&field, 1), value(&field, 2)]),
            false => value(&field, 1),
        };
        message.set_field(&field, value);
    }
    message
}

fn value(field: &FieldDescriptor, count: u32) -> Value {
    let number = field.number() * 10 + count;
    match field.kind() {
        Kind::String => Value::String(format!("text-{number}")),
        Kind::Bytes => Value::Bytes(number.to_be_bytes().to_vec().into()),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(-(number as i32)),
        Kind::Int64 => Value::I64(-i64::from(number)),
        Kind::Uint32 => Value::U32(number),
        Kind::Message(declared) => Value::Message(filled(&declared)),
        kind => panic!("{kind:?} is new here"),
    }
}
