//! Requests about keys.

use ::did::MethodType;
use serde_json::Value;
use zeroize::Zeroizing;

use super::body::Input;
use super::did::{self, CheqdDid};
use super::error::StudioError;
use super::fields::{Fields, TEXT_BYTES_MAX};

/// Kinds of key that the contract names. Which of them the keystore makes or takes is its own affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// Ed25519.
    Ed25519,
    /// P-256.
    Secp256r1,
    /// The curve of ledger accounts. Cannot sign for a DID.
    Secp256k1,
}

impl KeyType {
    fn of(text: &str) -> Option<KeyType> {
        match text {
            "Ed25519" => Some(KeyType::Ed25519),
            "Secp256r1" => Some(KeyType::Secp256r1),
            "Secp256k1" => Some(KeyType::Secp256k1),
            _ => None,
        }
    }
}

/// `POST /key/create`: its query.
#[derive(Debug, PartialEq, Eq)]
pub struct CreateKey {
    /// Kind of key to make.
    pub key_type: KeyType,
}

impl CreateKey {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(input: Input) -> Result<CreateKey, StudioError> {
        let mut fields = Fields::from(input);
        let key_type = key_type(&mut fields)?;
        fields.finish(&["network", "providerId"])?;
        Ok(CreateKey { key_type })
    }
}

/// A private key to be taken over. Has no `Debug`, and wipes the key when dropped.
pub struct ImportedKey {
    /// The private key, or its ciphertext, in hexadecimal.
    pub private_key_hex: Zeroizing<String>,
    /// Kind of key.
    pub key_type: KeyType,
    /// How it is encrypted, if it is: (iv, salt).
    pub encryption: Option<(String, String)>,
    /// A name for it.
    pub alias: Option<String>,
}

/// `POST /key/import`.
pub struct ImportKey(pub ImportedKey);

impl ImportKey {
    /// Reads the body.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(input: Input) -> Result<ImportKey, StudioError> {
        let mut fields = Fields::from(input);
        let private_key_hex = secret(&mut fields)?;
        let encrypted = match fields.take("encrypted") {
            Some(Value::Bool(encrypted)) => encrypted,
            _ => return Err(StudioError::bad_request("encrypted is required")),
        };
        let iv = hexadecimal(&mut fields, "ivHex")?;
        let salt = hexadecimal(&mut fields, "salt")?;
        let encryption = match (encrypted, iv, salt) {
            (false, _, _) => None,
            (true, Some(iv), Some(salt)) => Some((iv, salt)),
            (true, _, _) => {
                let text = "Property ivHex, salt is required when encrypted is set to true";
                return Err(StudioError::bad_request(text));
            }
        };
        let key_type = key_type(&mut fields)?;
        let alias = fields.text("alias", "alias should be a string")?;
        fields.finish(&["network", "providerId"])?;
        Ok(ImportKey(ImportedKey {
            private_key_hex,
            key_type,
            encryption,
            alias,
        }))
    }
}

/// One entry of `keys` in `POST /did/import`. There is one text for whatever is wrong with it.
pub(super) fn imported_key(value: Value) -> Result<ImportedKey, StudioError> {
    let invalid = || {
        let text = "KeyImportRequest object is invalid, privateKeyHex is required, Property ivHex, salt is required \
                    when encrypted is set to true, property type should be Ed25519 or Secp256k1";
        StudioError::bad_request(text)
    };
    let Value::Object(map) = value else {
        return Err(invalid());
    };
    let has_type = map.get("type").is_some_and(Value::is_string);
    let ImportKey(key) = ImportKey::parse(Input(map)).map_err(|_| invalid())?;
    match key.key_type {
        KeyType::Ed25519 | KeyType::Secp256k1 if has_type => Ok(key),
        _ => Err(invalid()),
    }
}

/// `GET /key/{kid}/verification-method`: its query.
#[derive(Debug, PartialEq, Eq)]
pub struct VerificationMethodQuery {
    /// How the key is to be written.
    pub method_type: MethodType,
    /// Fragment of the method's id.
    pub fragment: String,
    /// DID of the method's id and controller.
    pub controller: Option<CheqdDid>,
}

impl VerificationMethodQuery {
    /// Reads the query.
    ///
    /// # Errors
    /// 400 with the contract's text.
    pub fn parse(input: Input) -> Result<VerificationMethodQuery, StudioError> {
        let mut fields = Fields::from(input);
        let wrong = "Unsupported verificationMethod type";
        let kind = fields
            .text("verificationMethodType", wrong)?
            .and_then(|kind| MethodType::of_str(&kind));
        let controller = fields.text("controller", "DID should be a string")?;
        let query = VerificationMethodQuery {
            method_type: kind.ok_or_else(|| StudioError::bad_request(wrong))?,
            fragment: fields
                .text("id", "id should be a string")?
                .unwrap_or_else(|| "key-1".into()),
            controller: controller.as_deref().map(did::did).transpose()?,
        };
        fields.finish(&["network", "providerId"])?;
        Ok(query)
    }
}

/// `GET /key/list`: the key id after which the page begins.
pub(super) fn after(input: Input) -> Result<Option<String>, StudioError> {
    let mut fields = Fields::from(input);
    let after = fields.text("after", "after should be a string")?;
    fields.finish(&[])?;
    after
        .map(|text| kid(&text).map(str::to_ascii_lowercase))
        .transpose()
}

/// The id of a key in a path.
///
/// # Errors
/// 400 with the contract's text.
pub fn kid(text: &str) -> Result<&str, StudioError> {
    if is_hexadecimal(text) {
        return Ok(text);
    }
    Err(StudioError::bad_request(
        "keyId should be a hexadecimal string",
    ))
}

fn secret(fields: &mut Fields) -> Result<Zeroizing<String>, StudioError> {
    match fields.take("privateKeyHex") {
        None => Err(StudioError::bad_request("Private key was not provided")),
        Some(Value::String(text)) => {
            let text = Zeroizing::new(text);
            let wrong = || StudioError::bad_request("Private key should be a hexadecimal string");
            is_hexadecimal(&text).then_some(text).ok_or_else(wrong)
        }
        Some(_) => Err(StudioError::bad_request(
            "Private key should be a hexadecimal string",
        )),
    }
}

fn hexadecimal(fields: &mut Fields, name: &str) -> Result<Option<String>, StudioError> {
    let wrong = format!("{name} should be a hexadecimal string");
    match fields.text(name, &wrong)? {
        Some(text) if !is_hexadecimal(&text) => Err(StudioError::bad_request(wrong)),
        text => Ok(text),
    }
}

fn is_hexadecimal(text: &str) -> bool {
    (1..=TEXT_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn key_type(fields: &mut Fields) -> Result<KeyType, StudioError> {
    let Some(text) = fields.text("type", "type should be a string")? else {
        return Ok(KeyType::Ed25519);
    };
    KeyType::of(&text).ok_or_else(|| StudioError::bad_request("Invalid key type"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text<T>(result: Result<T, StudioError>) -> String {
        result.err().unwrap().to_string()
    }

    #[test]
    fn create_takes_known_kinds_and_nothing_else() {
        let parse = |query: &str| {
            CreateKey::parse(Input::of_query(Some(query)).unwrap()).map(|key| key.key_type)
        };
        assert_eq!(parse(""), Ok(KeyType::Ed25519));
        assert_eq!(parse("type=Secp256r1"), Ok(KeyType::Secp256r1));
        assert_eq!(text(parse("type=X25519")), "Invalid key type");
        assert_eq!(
            text(parse("kind=Ed25519")),
            "kind is not a field of this request"
        );
    }

    #[test]
    fn import_follows_the_contract() {
        let parse = |value| ImportKey::parse(Input::of_json(value));
        let ImportKey(key) =
            parse(json!({"privateKeyHex": "AB01", "encrypted": false, "alias": "a"})).unwrap();
        assert_eq!(
            (key.private_key_hex.as_str(), key.key_type),
            ("AB01", KeyType::Ed25519)
        );
        assert_eq!((key.encryption, key.alias), (None, Some("a".into())));
        let sealed = json!({"privateKeyHex": "ab", "encrypted": true, "ivHex": "01", "salt": "02"});
        assert_eq!(
            parse(sealed).unwrap().0.encryption,
            Some(("01".into(), "02".into()))
        );
        for (value, expected) in [
            (json!({}), "Private key was not provided"),
            (
                json!({"privateKeyHex": "xy"}),
                "Private key should be a hexadecimal string",
            ),
            (
                json!({"privateKeyHex": 12}),
                "Private key should be a hexadecimal string",
            ),
            (json!({"privateKeyHex": "ab"}), "encrypted is required"),
            (
                json!({"privateKeyHex": "ab", "encrypted": "true"}),
                "encrypted is required",
            ),
            (
                json!({"privateKeyHex": "ab", "encrypted": true, "ivHex": "01"}),
                "Property ivHex, salt is required when encrypted is set to true",
            ),
            (
                json!({"privateKeyHex": "ab", "encrypted": true, "ivHex": "zz", "salt": "02"}),
                "ivHex should be a hexadecimal string",
            ),
            (
                json!({"privateKeyHex": "ab", "encrypted": false, "type": 1}),
                "type should be a string",
            ),
            (
                json!({"privateKeyHex": "ab", "encrypted": false, "x": 1}),
                "x is not a field of this request",
            ),
        ] {
            assert_eq!(text(parse(value)), expected);
        }
    }

    #[test]
    fn verification_method_query_has_defaults() {
        let parse =
            |query: &str| VerificationMethodQuery::parse(Input::of_query(Some(query)).unwrap());
        let query = parse("verificationMethodType=JsonWebKey2020").unwrap();
        assert_eq!(
            (query.method_type, query.fragment.as_str()),
            (MethodType::JsonWebKey2020, "key-1")
        );
        assert_eq!(text(parse("")), "Unsupported verificationMethod type");
        assert_eq!(
            text(parse("verificationMethodType=X")),
            "Unsupported verificationMethod type"
        );
        let controller = "verificationMethodType=JsonWebKey2020&id=k&controller=did:web:x";
        assert_eq!(text(parse(controller)), "DID method web is not supported");
    }

    #[test]
    fn key_ids_are_hexadecimal() {
        assert_eq!(kid("aB09"), Ok("aB09"));
        for wrong in ["", "0x12", "xyz", "é"] {
            assert_eq!(text(kid(wrong)), "keyId should be a hexadecimal string");
        }
    }
}
