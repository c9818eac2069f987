//! Private keys that were handed to the server: nothing that it writes holds them, in whatever form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use tests::client::Client;
use tests::scan::{Needles, files_below};
use tests::server::{API_KEY, Place};
use tests::studio::{expect_200, new_key};
use tests::wallet::Wallet;

const SEED: [u8; 32] = *b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
                          \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";

fn public_key() -> [u8; 32] {
    SigningKey::from_bytes(&SEED).verifying_key().to_bytes()
}

#[tokio::test]
async fn no_file_and_no_log_line_holds_an_imported_key() {
    let place = Place::new().unwrap();
    let server = place.start_with(&["--log-filter", "trace"]).unwrap();
    let client = server.client().unwrap();
    import_in_every_form(&client).await;
    errors_with_the_key_in_them(&client).await;
    let did = use_it(&client).await;
    server.stop().unwrap();

    // A second run finds the key again, and so does one that ends without warning.
    let server = place.start_with(&["--log-filter", "trace"]).unwrap();
    let client = server.client().unwrap();
    expect_200(
        client
            .get(&format!("/key/read/{}", hex::encode(public_key())))
            .await
            .unwrap(),
    )
    .unwrap();
    let answer = client
        .post_nothing(&format!("/did/deactivate/{did}"))
        .await
        .unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    server.kill().unwrap();

    let needles = Needles::of_seed(&SEED, &public_key());
    assert_eq!(needles.find_below(place.folder()).unwrap(), []);
    the_scan_reaches_everything(&place, &needles);
}

/// The key itself is accepted once; the other requests are refused, with the key inside.
async fn import_in_every_form(client: &Client) {
    let hex = hex::encode(SEED);
    let import = |key: &str| json!({"privateKeyHex": key, "type": "Ed25519", "encrypted": false, "alias": "known"});
    let stored = expect_200(client.post("/key/import", &import(&hex)).await.unwrap()).unwrap();
    assert_eq!(stored["publicKeyHex"], hex::encode(public_key()));
    let pair = format!("{hex}{}", hex::encode(public_key()));
    let answers = [
        client.post("/key/import", &import(&pair)).await.unwrap(),
        client
            .post("/key/import", &import(&hex.to_uppercase()))
            .await
            .unwrap(),
    ];
    for answer in answers {
        assert!(answer.status < 500, "{}", answer.text());
    }
}

async fn errors_with_the_key_in_them(client: &Client) {
    let (hex, base58) = (hex::encode(SEED), bs58::encode(SEED).into_string());
    let bodies: [(&str, Value); 9] = [
        (
            "/key/import",
            json!({"privateKeyHex": format!("0x{hex}"), "encrypted": false}),
        ),
        (
            "/key/import",
            json!({"privateKeyHex": format!("{hex}00"), "encrypted": false}),
        ),
        (
            "/key/import",
            json!({"privateKeyHex": base58, "encrypted": false}),
        ),
        (
            "/key/import",
            json!({"privateKeyHex": hex, "encrypted": "false"}),
        ),
        (
            "/key/import",
            json!({"privateKeyHex": hex, "encrypted": false, "type": "Secp256k1"}),
        ),
        (
            "/key/import",
            json!({"privateKeyHex": hex, "encrypted": true, "ivHex": "aa", "salt": "bb"}),
        ),
        (
            "/did/import",
            json!({"did": Wallet::did_of(5), "keys": [{"privateKeyHex": hex, "type": "Ed25519", "encrypted": false}]}),
        ),
        (
            "/did/import",
            json!({"did": Wallet::did_of(5), "keys": [{"privateKeyHex": hex, "type": "x", "encrypted": false}]}),
        ),
        (
            "/did/create",
            json!({"network": "testnet", "verificationMethodType": "JsonWebKey2020", "key": hex}),
        ),
    ];
    for (path, body) in &bodies {
        let answer = client.post(path, body).await.unwrap();
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
    }
    let broken = format!(r#"{{"privateKeyHex":"{hex}","encrypted":false,"#);
    assert_eq!(
        client
            .post_bytes("/key/import", "application/json", broken)
            .await
            .unwrap()
            .status,
        400
    );
    let text = format!("privateKeyHex={hex}&encrypted=maybe");
    let form = client
        .post_bytes("/key/import", "application/x-www-form-urlencoded", text)
        .await
        .unwrap();
    assert_eq!(form.status, 400);
    // Where nobody should put it: in a path, a query and a header.
    for path in [
        format!("/key/read/{hex}"),
        format!("/key/create/{hex}"),
        format!("/key/list?after={hex}x"),
    ] {
        assert!(client.get(&path).await.unwrap().status < 500);
    }
    assert_eq!(
        client
            .with_key(Some(&hex))
            .get("/key/list")
            .await
            .unwrap()
            .status,
        401
    );
}

/// A DID with the imported key, updated once; its id.
async fn use_it(client: &Client) -> String {
    let body = json!({
        "network": "testnet", "verificationMethodType": "Ed25519VerificationKey2020", "key": hex::encode(public_key()),
    });
    let made = expect_200(client.post("/did/create", &body).await.unwrap()).unwrap();
    let did = made["did"].as_str().unwrap().to_owned();
    let service = json!([{"id": format!("{did}#web"), "type": "LinkedDomains", "serviceEndpoint": ["https://a.b"]}]);
    expect_200(
        client
            .post("/did/update", &json!({"did": did, "service": service}))
            .await
            .unwrap(),
    )
    .unwrap();
    new_key(client).await.unwrap();
    did
}

/// The scan would have found the key: it reads every kind of file, and finds each form when it is put there.
fn the_scan_reaches_everything(place: &Place, needles: &Needles) {
    let names: Vec<String> = files_below(place.folder())
        .unwrap()
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    for part in [
        "data/atropos.sqlite",
        "data/ledger/testnet/",
        "data.guard/",
        "data.keys/",
        "run-0000.err",
        "run-0001.err",
    ] {
        assert!(
            names.iter().any(|name| name.contains(part)),
            "no {part} among {names:?}"
        );
    }
    let kept = files_below(place.folder())
        .unwrap()
        .into_iter()
        .map(|path| fs::read(path).unwrap())
        .collect::<Vec<_>>();
    let holds = |text: &str| {
        kept.iter().any(|bytes| {
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
    };
    assert!(
        holds(&hex::encode(public_key())),
        "what is public is there to be found"
    );
    let bytes = fs::read(place.folder().join("data/atropos.sqlite")).unwrap();
    for (form, needle) in needles.forms() {
        let mut spoilt = bytes.clone();
        let middle = spoilt.len() / 2;
        spoilt.splice(middle..middle, needle.iter().copied());
        let planted = place.folder().join("data/planted");
        fs::write(&planted, spoilt).unwrap();
        assert_eq!(
            needles.find_below(place.folder()).unwrap(),
            [(planted.clone(), form)]
        );
        fs::remove_file(planted).unwrap();
    }
}

#[tokio::test]
async fn no_file_and_no_log_line_holds_an_api_key() {
    let place = Place::new().unwrap();
    let server = place.start_with(&["--log-filter", "trace"]).unwrap();
    let client = server.client().unwrap();
    new_key(&client).await.unwrap();
    assert_eq!(
        client
            .with_key(Some(&format!("{API_KEY}x")))
            .get("/key/list")
            .await
            .unwrap()
            .status,
        401
    );
    server.stop().unwrap();
    for path in files_below(place.folder()).unwrap() {
        let bytes = fs::read(&path).unwrap();
        let found = bytes
            .windows(API_KEY.len())
            .any(|window| window == API_KEY.as_bytes());
        assert!(!found, "{} holds the API key", path.display());
    }
}
