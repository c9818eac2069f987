//! The description of the API holds: requests that Schemathesis generates from it, right ones and wrong ones, get no
//! 500, no status that it does not name, no body of another type or shape.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;

use serde_json::Value;
use tests::python;
use tests::server::{API_KEY, Place, Server};

/// Of the test vector in RFC 8032, section 7.1. Nobody signs with it here.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

/// More than is generated, so that it is the routes which answer.
const RATES: [&str; 6] = [
    "--rates-key-requests-per-s",
    "100000",
    "--rates-tenant-requests-per-s",
    "100000",
    "--rates-failed-logins-per-min",
    "100000",
];

/// Asks with this header, for the paths that fit.
fn generated(place: &Place, server: &Server, header: &str, paths: &str) {
    let address = format!("http://{}", server.address());
    let schema = format!("{address}/openapi.json");
    let mut command = python::schemathesis(place.folder()).unwrap();
    command.args(["run", &schema, "--url", &address, "--header", header]);
    command.args(["--include-path-regex", paths]);
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("Test cases:"), "{printed}");
}

#[test]
fn it_is_what_the_owner_of_an_api_key_gets() {
    let place = Place::new().unwrap();
    let server = place.start_with(&RATES).unwrap();
    generated(&place, &server, &format!("x-api-key: {API_KEY}"), "^/");
    server.stop().unwrap();
}

#[test]
fn it_is_what_a_person_gets() {
    let place = Place::new().unwrap();
    let server = place.start_with(&RATES).unwrap();
    let file = place.folder().join("key.pem");
    fs::write(&file, PUBLIC_KEY).unwrap();
    let arguments = ["user", "create", "person@example.org", "--public-key"];
    let made = place
        .run(&[&arguments[..], &[file.to_str().unwrap()]].concat())
        .unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let token = made["token"].as_str().unwrap();
    generated(
        &place,
        &server,
        &format!("authorization: Bearer {token}"),
        "^/auth/",
    );
    server.stop().unwrap();
}
