//! Stateless validation: every rule with the exact text of its refusal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "validation/resources.rs"]
mod resources;
#[path = "validation/rows.rs"]
mod rows;

use common::{DID, OTHER, VERSION, method, payload, public_key};
use did::proto::{MsgCreateDidDocPayload, MsgDeactivateDidDocPayload, Service, VerificationMethod};
use did::{Document, MethodType, Operation, OperationKind};
use prost::Message;

const UPPER: &str = "did:cheqd:testnet:6981F795-F2F5-43DB-AB18-E161F9241BF8";
const DID_SYNTAX: &str = "unable to split did into method, namespace and id";
const INLINE: &str = "assertionMethod should be a valid DIDUrl or an Escaped JSON string with \
     id, type and controller values";
const REFERENCE: &str =
    "assertionMethod should be a valid key reference within the DID document's verification method";

fn changed(change: impl FnOnce(&mut MsgCreateDidDocPayload)) -> MsgCreateDidDocPayload {
    let mut payload = payload();
    change(&mut payload);
    payload
}

/// The whole refusal, without what is around the fields of the payload.
fn refusal(change: impl FnOnce(&mut MsgCreateDidDocPayload)) -> String {
    let payload = changed(change);
    let rejection = Document::from_payload(&payload).unwrap_err();
    assert_eq!(rejection.code().as_u32(), 1205);
    rows::keep(OperationKind::Create, payload.encode_to_vec(), &rejection);
    let text = rejection.to_string();
    let inner = text
        .strip_prefix("payload: (")
        .and_then(|text| text.strip_suffix(".).: basic validation failed"));
    inner.unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn accepted(change: impl FnOnce(&mut MsgCreateDidDocPayload)) -> Document {
    Document::from_payload(&changed(change)).unwrap_or_else(|rejection| panic!("{rejection}"))
}

/// A change of one row of a table.
type Change<T> = Box<dyn Fn(&mut T)>;

fn on_payload(
    change: impl Fn(&mut MsgCreateDidDocPayload) + 'static,
) -> Change<MsgCreateDidDocPayload> {
    Box::new(change)
}

fn on_method(change: impl Fn(&mut VerificationMethod) + 'static) -> Change<VerificationMethod> {
    Box::new(change)
}

fn on_service(change: impl Fn(&mut Service) + 'static) -> Change<Service> {
    Box::new(change)
}

fn service(fragment: &str) -> Service {
    Service {
        id: format!("{DID}#{fragment}"),
        service_type: "LinkedDomains".to_owned(),
        service_endpoint: vec!["https://example.com".to_owned()],
        ..Service::default()
    }
}

fn quoted(json: &str) -> String {
    serde_json::to_string(json).unwrap()
}

#[test]
fn ids_and_controllers() {
    assert_eq!(
        refusal(|it| it.id = "did:key:testnet:x".into())
            .split("; ")
            .find(|text| text.starts_with("id:")),
        Some("id: did method must be: cheqd")
    );
    let bare = MsgCreateDidDocPayload::default();
    assert_eq!(
        Document::from_payload(&bare).unwrap_err().to_string(),
        "payload: (id: cannot be blank; version_id: cannot be blank.).: basic validation failed"
    );
    for (controllers, text) in [
        (
            vec![DID, DID],
            "controller: there should be no duplicates".to_owned(),
        ),
        (
            vec![DID, UPPER],
            "controller: there should be no duplicates".to_owned(),
        ),
        (
            vec![OTHER, "", DID],
            format!("controller: (1: {DID_SYNTAX}.)"),
        ),
        (
            vec![OTHER; 9],
            "controller: must hold at most 8 entries".to_owned(),
        ),
    ] {
        assert_eq!(
            refusal(|it| it.controller = controllers.into_iter().map(Into::into).collect()),
            text
        );
    }
    assert_eq!(
        refusal(|it| it.version_id.clear()),
        "version_id: cannot be blank"
    );
    assert_eq!(
        refusal(|it| it.version_id = "v".repeat(65)),
        "version_id: must be at most 64 bytes"
    );
    accepted(|it| it.version_id = "any text, not only a UUID".into());
    accepted(|it| it.controller.clear());
}

#[test]
fn the_id_may_be_upper_case_but_ids_inside_may_not() {
    let document = accepted(|it| {
        it.id = UPPER.into();
        it.controller = vec![UPPER.into()];
        it.verification_method[0].controller = UPPER.into();
    });
    assert_eq!(document.id().as_str(), DID);
    assert_eq!(document.proto(), accepted(|_| {}).proto());
    let prefix = format!("must have prefix: {DID}");
    for (text, apply) in [
        (
            "verification_method: (0: (id: PREFIX.).)",
            on_payload(|it| {
                it.authentication.clear();
                it.verification_method[0].id = format!("{UPPER}#key-1");
            }),
        ),
        (
            "authentication: (0: PREFIX.)",
            on_payload(|it| it.authentication = vec![format!("{UPPER}#key-1")]),
        ),
        (
            "key_agreement: (0: PREFIX.)",
            on_payload(|it| it.key_agreement = vec![format!("{OTHER}#key-1")]),
        ),
        (
            "service: (0: (id: PREFIX.).)",
            on_payload(|it| {
                it.service = vec![Service {
                    id: format!("{UPPER}#s"),
                    ..service("s")
                }];
            }),
        ),
    ] {
        assert_eq!(refusal(apply), text.replace("PREFIX", &prefix));
    }
}

/// A DID that another one starts with, which a comparison of texts takes for the same.
#[test]
fn a_longer_did_is_another_did() {
    let short = OTHER.strip_suffix('Z').unwrap();
    let (own, foreign) = (format!("{short}#key-1"), format!("{OTHER}#key-1"));
    let with = |id: &str| MsgCreateDidDocPayload {
        id: short.to_owned(),
        authentication: vec![id.to_owned()],
        version_id: VERSION.to_owned(),
        ..MsgCreateDidDocPayload::default()
    };
    Document::from_payload(&with(&own)).unwrap();
    assert_eq!(
        Document::from_payload(&with(&foreign))
            .unwrap_err()
            .description(),
        format!("payload: (authentication: (0: must have prefix: {short}.).).")
    );
}

#[test]
fn verification_methods() {
    let prefix = "verification_method: (0: (";
    for (text, apply) in [
        ("id: cannot be blank", on_method(|it| it.id.clear())),
        (
            "id: fragment is required",
            on_method(|it| it.id = DID.into()),
        ),
        (
            "id: query must be empty",
            on_method(|it| it.id = format!("{DID}?#key-1")),
        ),
        (
            "id: unable to split did url into did, path, query and fragment",
            on_method(|it| it.id = format!("x#{DID}#key-1")),
        ),
        (
            "id: did url must be at most 256 bytes",
            on_method(|it| it.id = format!("{DID}#{}", "k".repeat(256))),
        ),
        (
            "controller: cannot be blank",
            on_method(|it| it.controller.clear()),
        ),
        (
            "controller: did method must be: cheqd",
            on_method(|it| it.controller = "did:key:z6M".into()),
        ),
        (
            "type: cannot be blank",
            on_method(|it| it.verification_method_type.clear()),
        ),
        (
            "type: must be a valid value",
            on_method(|it| it.verification_method_type = "Multikey".into()),
        ),
        (
            "verification_material: cannot be blank",
            on_method(|it| it.verification_material.clear()),
        ),
        (
            "controller: cannot be blank; id: cannot be blank; type: cannot be blank",
            on_method(|it| *it = Default::default()),
        ),
        (
            "verification_material: can't parse jwk: kty is missing",
            on_method(|it| {
                it.verification_method_type = "JsonWebKey2020".into();
                it.verification_material = "{}".into();
            }),
        ),
        (
            "verification_material: weak public key: a point of small order",
            on_method(|it| {
                it.verification_method_type = "Ed25519VerificationKey2018".into();
                it.verification_material = bs58::encode([0; 32]).into_string();
            }),
        ),
    ] {
        let refusal = refusal(|it| {
            it.authentication.clear();
            apply(&mut it.verification_method[0]);
        });
        assert_eq!(refusal, format!("{prefix}{text}.).)"));
    }
    let twice = refusal(|it| it.verification_method.push(method(1)));
    assert_eq!(
        twice,
        "verification_method: there are verification method duplicates"
    );
}

#[test]
fn relationships() {
    for name in [
        "authentication",
        "capability_invocation",
        "capability_delegation",
        "key_agreement",
    ] {
        let refused = |list: Vec<String>| {
            refusal(|it| {
                *match name {
                    "authentication" => &mut it.authentication,
                    "capability_invocation" => &mut it.capability_invocation,
                    "capability_delegation" => &mut it.capability_delegation,
                    _ => &mut it.key_agreement,
                } = list;
            })
        };
        let id = format!("{DID}#unknown");
        assert_eq!(
            refused(vec![id.clone(), id.clone()]),
            format!("{name}: there should be no duplicates")
        );
        assert_eq!(
            refused(vec![id, DID.into()]),
            format!("{name}: (1: fragment is required.)")
        );
        let many = (0..65).map(|at| format!("{DID}#{at}")).collect();
        assert_eq!(
            refused(many),
            format!("{name}: must hold at most 64 entries")
        );
    }
    accepted(|it| it.capability_delegation = vec![format!("{DID}#unknown")]);
}

#[test]
fn assertion_methods() {
    let key = public_key(1);
    let material = MethodType::Ed25519VerificationKey2020.encode(&key).unwrap();
    let same = format!(
        r#"{{"id":"{DID}#key-1","type":"Ed25519VerificationKey2020","controller":"{DID}",{}}}"#,
        format_args!(r#""publicKeyMultibase":"{material}""#)
    );
    let inline = |rest: &str| {
        quoted(&format!(
            r#"{{"id":"{DID}#inline","type":"T","controller":"{DID}"{rest}}}"#
        ))
    };
    for (entry, text) in [
        (String::new(), INLINE),
        (format!("{OTHER}#key-1"), INLINE),
        (format!("{UPPER}#key-1"), INLINE),
        (format!("{DID}#unknown"), REFERENCE),
        (quoted("not json"), "input should be a valid JSON string"),
        (quoted("[]"), "input should be a valid JSON string"),
        (inline(r#","a":null"#), "field a is not protobuf-supported"),
        (inline(r#","a":{}"#), "field a is not protobuf-supported"),
        (
            inline(r#","publicKeyJwk":{}"#),
            "field publicKeyJwk is not protobuf-supported",
        ),
        (inline(r#","publicKeyJwk":1"#), INLINE),
        (inline(r#","metadata":1"#), INLINE),
        (inline(r#","metadata":{"participantId":"1"}"#), INLINE),
        (
            quoted(&same),
            "assertionMethod should be a unique inline key fragment definition",
        ),
        (
            quoted("{}"),
            "(controller: cannot be blank; id: cannot be blank.)",
        ),
        (
            quoted(&format!(r#"{{"id":"{OTHER}#a","controller":"x"}}"#)),
            &format!("(controller: {DID_SYNTAX}; id: {INLINE}.)"),
        ),
    ] {
        let refusal = refusal(|it| it.assertion_method = vec![entry.clone()]);
        assert_eq!(
            refusal,
            format!("assertion_method: (0: {text}.)"),
            "{entry}"
        );
    }
    let good = [
        format!("{DID}#key-1"),
        inline(""),
        inline(r#","metadata":{"participantId":1,"paramsRef":"x"},"n":1"#),
    ];
    let document = accepted(|it| it.assertion_method = good.to_vec());
    assert_eq!(document.proto().assertion_method, good);
    accepted(|it| it.assertion_method = vec![format!("`{same}`").replace("key-1", "key-2")]);
}

#[test]
fn services() {
    let each = "service: (0: (";
    for (text, apply) in [
        ("id: cannot be blank", on_service(|it| it.id.clear())),
        (
            "id: must not be the id of a verification method",
            on_service(|it| it.id = format!("{DID}#key-1")),
        ),
        (
            "type: cannot be blank",
            on_service(|it| it.service_type.clear()),
        ),
        (
            "type: the length must be between 1 and 255",
            on_service(|it| it.service_type = "t".repeat(256)),
        ),
        (
            "service_endpoint: (1: cannot be blank.)",
            on_service(|it| it.service_endpoint.push(String::new())),
        ),
        (
            "service_endpoint: (1: must be at most 8192 bytes.)",
            on_service(|it| it.service_endpoint.push("e".repeat(8193))),
        ),
        (
            "routing_keys: must hold at most 64 entries",
            on_service(|it| it.routing_keys = vec!["k".into(); 65]),
        ),
    ] {
        let mut wrong = service("s");
        apply(&mut wrong);
        assert_eq!(
            refusal(|it| it.service = vec![wrong]),
            format!("{each}{text}.).)")
        );
    }
    assert_eq!(
        refusal(|it| it.service = vec![service("s"); 2]),
        "service: there are service duplicates"
    );
    let many = (0..65).map(|at| service(&format!("s{at}"))).collect();
    assert_eq!(
        refusal(|it| it.service = many),
        "service: must hold at most 64 entries"
    );
    accepted(|it| {
        it.service = vec![Service {
            service_endpoint: vec![],
            ..service("s")
        }]
    });
    assert!(!accepted(|it| it.service = vec![service("s")]).is_guarded());
    assert!(
        accepted(|it| it.service = vec![Service {
            service_type: "KeySetGuard".into(),
            ..service("s")
        }])
        .is_guarded()
    );
}

#[test]
fn other_lists() {
    assert_eq!(
        refusal(|it| it.also_known_as = vec!["a".into(); 2]),
        "also_known_as: there should be no duplicates"
    );
    assert_eq!(
        refusal(|it| it.context = vec!["c".into(); 17]),
        "context: must hold at most 16 entries"
    );
    accepted(|it| it.context = vec!["c".into(); 16]);
    accepted(|it| it.also_known_as = vec![String::new()]);
}

#[test]
fn deactivations() {
    let text = |id: &str, version_id: &str| {
        let payload = MsgDeactivateDidDocPayload {
            id: id.into(),
            version_id: version_id.into(),
        };
        let payload = payload.encode_to_vec();
        let parsed = Operation::parse(OperationKind::Deactivate, &payload, vec![]);
        parsed.map_or_else(
            |rejection| {
                rows::keep(OperationKind::Deactivate, payload, &rejection);
                rejection.to_string()
            },
            |operation| operation.version_id().to_owned(),
        )
    };
    let basic = |inner: &str| format!("payload: {inner}: basic validation failed");
    for (id, version_id, expected) in [
        ("", "", basic("cannot be blank.")),
        ("", VERSION, basic("(id: cannot be blank.).")),
        (
            "did:x:testnet:y",
            VERSION,
            basic("(id: did method must be: cheqd.)."),
        ),
        (DID, "", basic("(version_id: cannot be blank.).")),
        (
            DID,
            "x",
            basic(
                "(version_id: uuid must be of length 36 (in form of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).).",
            ),
        ),
        (
            DID,
            &"x".repeat(36),
            basic("(version_id: invalid UUID format.)."),
        ),
        (
            UPPER,
            "AAAAAAAA-bbbb-4CCC-8ddd-EEEEEEEEEEEE",
            "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee".to_owned(),
        ),
    ] {
        assert_eq!(text(id, version_id), expected);
    }
}

/// For code that takes whole messages in other ways, and has to refuse them alike.
#[test]
fn every_refused_message_is_in_the_fixture() {
    for table in [
        ids_and_controllers as fn(),
        the_id_may_be_upper_case_but_ids_inside_may_not,
        a_longer_did_is_another_did,
        verification_methods,
        relationships,
        assertion_methods,
        services,
        other_lists,
        deactivations,
        resources::resources,
    ] {
        table();
    }
    rows::compare("refusals.json");
}
