//! Resources: every rule with the exact text of its refusal.

use did::proto::resource::MsgCreateResourcePayload;
use did::{Operation, OperationKind};
use prost::Message;

use crate::common::{self, DID, public_key};
use crate::{UPPER, rows};

const RESOURCE_ID: &str = "11111111-2222-4333-8444-666666666666";

fn resource() -> MsgCreateResourcePayload {
    MsgCreateResourcePayload {
        data: b"data".to_vec(),
        collection_id: DID.rsplit(':').next().unwrap().to_owned(),
        id: RESOURCE_ID.to_owned(),
        name: "name".to_owned(),
        version: String::new(),
        resource_type: "Type".to_owned(),
        also_known_as: vec![],
    }
}

fn of_resource(payload: &MsgCreateResourcePayload) -> Result<Operation, did::Rejection> {
    let payload = payload.encode_to_vec();
    let signature = did::proto::SignInfo {
        verification_method_id: format!("{DID}#key-1"),
        signature: common::sign(1, &payload),
    };
    Operation::parse(OperationKind::CreateResource, &payload, vec![signature])
}

#[test]
pub fn resources() {
    use did::proto::resource::AlternativeUri;
    let uri = |uri: &str, description: &str| AlternativeUri {
        uri: uri.to_owned(),
        description: description.to_owned(),
    };
    type Row<'a> = (&'a dyn Fn(&mut MsgCreateResourcePayload), &'a str);
    let rows: [Row<'_>; 16] = [
        (
            &|it| it.collection_id.clear(),
            "resourceCollectionId: cannot be blank",
        ),
        (
            &|it| it.collection_id = DID.to_owned(),
            "resourceCollectionId: unique id should be one of: 16 bytes of decoded base58 string or UUID",
        ),
        (
            &|it| it.collection_id = "x".to_owned(),
            "resourceCollectionId: unique id should be one of: 16 bytes of decoded base58 string or UUID",
        ),
        (&|it| it.id.clear(), "resourceId: cannot be blank"),
        (
            &|it| it.id = "x".to_owned(),
            "resourceId: uuid must be of length 36 (in form of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)",
        ),
        (&|it| it.name.clear(), "resourceName: cannot be blank"),
        (
            &|it| it.name = "n".repeat(65),
            "resourceName: the length must be between 1 and 64",
        ),
        (
            &|it| it.version = "v".repeat(65),
            "resourceVersion: the length must be between 1 and 64",
        ),
        (
            &|it| it.resource_type.clear(),
            "resourceType: cannot be blank",
        ),
        (
            &|it| it.resource_type = "t".repeat(65),
            "resourceType: the length must be between 1 and 64",
        ),
        (&|it| it.data.clear(), "data: cannot be blank"),
        (
            &|it| it.data = vec![1; 2_097_153],
            "data: the length must be between 1 and 2097152",
        ),
        (
            &|it| it.also_known_as = vec![uri("", "x")],
            "resourceAlternativeUri: (0: (uri: cannot be blank.).)",
        ),
        (
            &|it| it.also_known_as = vec![uri(&"u".repeat(257), &"d".repeat(129))],
            "resourceAlternativeUri: (0: (description: the length must be between 1 and 128; \
             uri: the length must be between 1 and 256.).)",
        ),
        (
            &|it| it.also_known_as = vec![uri("u", ""); 33],
            "resourceAlternativeUri: must hold at most 32 entries",
        ),
        (
            &|it| {
                it.name.clear();
                it.id.clear();
            },
            "resourceId: cannot be blank; resourceName: cannot be blank",
        ),
    ];
    for (change, text) in rows {
        let mut payload = resource();
        change(&mut payload);
        let rejection = of_resource(&payload).unwrap_err();
        let expected = format!("payload: ({text}.).: DID namespace validation failed");
        assert_eq!(rejection.to_string(), expected);
        assert_eq!(rejection.code().as_u32(), 1206);
        rows::keep(
            OperationKind::CreateResource,
            payload.encode_to_vec(),
            &rejection,
        );
    }
    let largest = MsgCreateResourcePayload {
        data: vec![1; 2_097_152],
        name: "n".repeat(64),
        version: "v".repeat(64),
        resource_type: "t".repeat(64),
        also_known_as: vec![uri(&"u".repeat(256), &"d".repeat(128)); 32],
        ..resource()
    };
    let operation = of_resource(&largest).unwrap();
    assert_eq!(operation.resource().unwrap().data, largest.data);
    let message = operation.to_message_bytes();
    assert_eq!(
        Operation::decode(OperationKind::CreateResource, &message),
        Ok(operation)
    );
}

#[test]
fn ids_of_resources_are_brought_to_lower_case_and_signed_as_they_came() {
    let upper = MsgCreateResourcePayload {
        collection_id: UPPER.rsplit(':').next().unwrap().to_owned(),
        id: RESOURCE_ID.replace('6', "A"),
        ..resource()
    };
    let operation = of_resource(&upper).unwrap();
    assert_eq!(operation.did().as_str(), DID);
    assert_eq!(operation.version_id(), RESOURCE_ID.replace('6', "a"));
    assert_eq!(operation.payload(), upper.encode_to_vec());
    let made = operation.resource().unwrap();
    assert_eq!(made.header.collection_id, operation.did().unique_id());
    assert_eq!(
        did::resource_payload(made.signed_header, made.data),
        operation.payload()
    );
    let key = public_key(1);
    let signature = &operation.signatures()[0].bytes;
    assert!(key.verify(operation.payload(), signature).is_ok());
}

#[test]
fn a_resource_without_a_signature_names_no_network() {
    let payload = resource().encode_to_vec();
    let rejection = Operation::parse(OperationKind::CreateResource, &payload, vec![]).unwrap_err();
    assert_eq!(rejection.code().as_u32(), 1101);
    let text = format!(
        "signer: {}: signature is required but not found",
        resource().collection_id
    );
    assert_eq!(rejection.to_string(), text);
}
