//! DIDs whose keys the server holds, made over the Studio routes.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

/// The three ways in which a document can hold an Ed25519 key.
pub const METHOD_TYPES: [&str; 3] = [
    "Ed25519VerificationKey2020",
    "Ed25519VerificationKey2018",
    "JsonWebKey2020",
];

/// A DID and its keys, which the server holds.
pub struct Held {
    /// The DID.
    pub did: String,
    /// Public keys in hexadecimal, in the order of the methods `#key-1`, `#key-2`, ...
    pub keys: Vec<String>,
    /// The document it was made with.
    pub document: Value,
}

impl Held {
    /// Makes keys with `/key/create` and the DID `did` with them, the methods taking turns in [`METHOD_TYPES`].
    ///
    /// # Errors
    /// A request is refused.
    pub async fn create(client: &Client, did: &str, keys: usize) -> Result<Self> {
        let mut public_keys = Vec::new();
        for _ in 0..keys {
            public_keys.push(new_key(client).await?);
        }
        let document = document(client, did, &public_keys).await?;
        let body = json!({"didDocument": document, "options": {"verificationMethodType": METHOD_TYPES[0]}});
        expect_200(client.post("/did/create", &body).await?)?;
        Ok(Self {
            did: did.to_owned(),
            keys: public_keys,
            document,
        })
    }

    /// Id of the method at a position, counted from 0.
    pub fn method_id(&self, position: usize) -> String {
        format!("{}#key-{}", self.did, position + 1)
    }

    /// Deactivates the DID with these keys.
    ///
    /// # Errors
    /// No answer.
    pub async fn deactivate_with(&self, client: &Client, keys: &[&String]) -> Result<Answer> {
        client
            .post(
                &format!("/did/deactivate/{}", self.did),
                &json!({"publicKeyHexs": keys}),
            )
            .await
    }
}

/// Makes a key; its public key in hexadecimal.
///
/// # Errors
/// It is refused.
pub async fn new_key(client: &Client) -> Result<String> {
    let key = expect_200(client.post_nothing("/key/create").await?)?;
    key["publicKeyHex"]
        .as_str()
        .map(str::to_owned)
        .context("a key without publicKeyHex")
}

/// A document with methods for these keys, as the server writes them.
///
/// # Errors
/// A key is not held.
pub async fn document(client: &Client, did: &str, keys: &[String]) -> Result<Value> {
    let mut methods = Vec::new();
    for (position, key) in keys.iter().enumerate() {
        let (number, method_type) = (position + 1, METHOD_TYPES[position % METHOD_TYPES.len()]);
        let query =
            format!("verificationMethodType={method_type}&id=key-{number}&controller={did}");
        methods.push(expect_200(
            client
                .get(&format!("/key/{key}/verification-method?{query}"))
                .await?,
        )?);
    }
    let ids: Vec<&Value> = methods.iter().map(|method| &method["id"]).collect();
    Ok(
        json!({"id": did, "controller": [did], "authentication": ids, "verificationMethod": methods}),
    )
}

/// The body of a success.
///
/// # Errors
/// It is none.
pub fn expect_200(answer: Answer) -> Result<Value> {
    if answer.status != 200 {
        bail!("{}: {}", answer.status, answer.text());
    }
    answer.json()
}
