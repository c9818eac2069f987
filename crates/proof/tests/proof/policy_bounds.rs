//! The sidecar of a policy: replaced keys, pinned roots and networks.

use proof::checkpoint::Checkpoint;
use proof::note::{Note, NoteSigner};
use proof::policy::{InvalidBounds, InvalidPolicy, MAX_POLICY_BYTES, Policy, PolicyRejection};
use proof::{Hash, NetworkId};

use crate::policies::{ORIGIN, OTHER, checkpoint, log, open, signed, vkey};

fn sidecar(bounds: &[(&NoteSigner, u64)], network: Option<NetworkId>) -> String {
    use base64::Engine;
    let entry = |(key, size): &(&NoteSigner, u64)| {
        let root = checkpoint(ORIGIN, *size).root;
        let root = base64::engine::general_purpose::STANDARD.encode(root);
        serde_json::json!({"key": key.verifier().to_string(), "size": size, "root": root})
    };
    let bounds: Vec<_> = bounds.iter().map(entry).collect();
    let networks: Vec<_> = network
        .iter()
        .map(|id| serde_json::json!({"origin": ORIGIN, "networkId": id.to_string()}))
        .collect();
    serde_json::json!({"bounds": bounds, "networks": networks}).to_string()
}

#[test]
fn a_key_that_was_replaced_counts_up_to_its_bound() {
    let (old, new) = (log(ORIGIN, 1), log(ORIGIN, 2));
    let text = format!(
        "log {}\nlog {}\nquorum none\n",
        old.verifier(),
        new.verifier()
    );
    let network = NetworkId::from([7; 32]);
    let json = sidecar(&[(&old, 50)], Some(network));
    let policy = Policy::parse(&text, Some(&json)).unwrap();
    assert_eq!(policy.network_id_of(ORIGIN), Some(network));
    assert_eq!(policy.network_id_of(OTHER), None);
    assert_eq!(policy.bound_of(old.verifier()).unwrap().size, 50);
    assert_eq!(policy.bound_of(new.verifier()), None);

    let key_of = |note: &Note| open(&policy, note).map(|opened| opened.log_key);
    for size in [0, 49, 50] {
        assert_eq!(
            key_of(&signed(size, &[&old])),
            Ok(old.verifier().clone()),
            "{size}"
        );
    }
    for size in [51, u64::MAX] {
        let beyond = PolicyRejection::BeyondBound {
            key_id: old.verifier().key_id(),
            until: 50,
            size,
        };
        assert_eq!(key_of(&signed(size, &[&old])), Err(beyond), "{size}");
        assert_eq!(
            key_of(&signed(size, &[&old, &new])),
            Ok(new.verifier().clone())
        );
    }
    // The checkpoint of the rotation itself bears both; without the sidecar no key is bounded.
    assert_eq!(
        key_of(&signed(50, &[&old, &new])),
        Ok(old.verifier().clone())
    );
    let unbounded = Policy::parse(&text, None).unwrap();
    assert!(open(&unbounded, &signed(51, &[&old])).is_ok());
}

#[test]
fn a_pinned_root_binds_every_key_of_its_log() {
    let (old, new) = (log(ORIGIN, 1), log(ORIGIN, 2));
    let text = format!(
        "log {}\nlog {}\nquorum none\n",
        old.verifier(),
        new.verifier()
    );
    let policy = Policy::parse(text, Some(&sidecar(&[(&old, 50)], None))).unwrap();
    let other_root = Checkpoint {
        root: Hash::from([9; 32]),
        ..checkpoint(ORIGIN, 50)
    };
    for key in [&old, &new] {
        let refused = open(&policy, &other_root.sign(key).unwrap());
        let expected = PolicyRejection::OtherRoot {
            origin: ORIGIN.to_owned(),
            size: 50,
        };
        assert_eq!(refused, Err(expected));
    }
}

#[test]
fn a_wrong_sidecar_is_refused() {
    let key = log(ORIGIN, 1);
    let text = format!("log {}\nquorum none\n", key.verifier());
    let parse = |json: &str| match Policy::parse(&text, Some(json)) {
        Err(InvalidPolicy::Bounds(problem)) => problem,
        other => panic!("{json}: {other:?}"),
    };
    for json in ["{}", r#"{"bounds":[]}"#, r#" {"networks" : [] } "#] {
        assert!(Policy::parse(&text, Some(json)).is_ok(), "{json}");
    }
    let good = sidecar(&[(&key, 5)], Some(NetworkId::from([7; 32])));
    assert!(Policy::parse(&text, Some(&good)).is_ok());
    let malformed = [
        "".to_owned(),
        "null".to_owned(),
        format!("{good}{good}"),
        good.replace("bounds", "bound"),
        good.replace("\"size\":5", "\"size\":-5"),
        good.replace("\"size\":5", "\"size\":5,\"size\":6"),
        good.replace("\"size\":5", "\"size\":5,\"more\":6"),
        good.replace("\"size\":5", "\"size\":18446744073709551616"),
        good.replace("networkId", "network_id"),
    ];
    for json in malformed {
        let problem = parse(&json);
        assert!(matches!(problem, InvalidBounds::Json(_)), "{problem:?}");
    }
    let network = "07".repeat(32);
    let upper = good.replace(&network, &"0A".repeat(32));
    assert!(matches!(parse(&upper), InvalidBounds::NetworkId { .. }));
    let no_key = good.replace(&key.verifier().to_string(), "x");
    assert!(matches!(parse(&no_key), InvalidBounds::Key { .. }));
    let witness_key = good.replace(&key.verifier().to_string(), &vkey(1));
    assert!(matches!(parse(&witness_key), InvalidBounds::Key { .. }));
    let stranger = sidecar(&[(&log(ORIGIN, 2), 5)], None);
    assert!(matches!(parse(&stranger), InvalidBounds::Unlisted(_)));
    let no_log = good.replace(&format!("\"{ORIGIN}\""), &format!("\"{OTHER}\""));
    assert!(matches!(parse(&no_log), InvalidBounds::Unlisted(_)));
    let twice = sidecar(&[(&key, 5), (&key, 6)], None);
    assert!(matches!(parse(&twice), InvalidBounds::Twice(_)));
    let root = "=\"";
    let no_root = good.replacen(root, "\"", 1);
    assert!(matches!(parse(&no_root), InvalidBounds::Root { .. }));
    let blank = " ".repeat(MAX_POLICY_BYTES + 1);
    assert!(matches!(parse(&blank), InvalidBounds::TooLarge { .. }));
}
