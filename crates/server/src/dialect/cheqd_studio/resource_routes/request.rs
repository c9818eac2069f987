//! What the routes for resources take.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use did::proto::resource::AlternativeUri;
use registrar::LIST_MAX;
use serde_json::{Map, Value};

use super::super::body::Input;
use super::super::did::{self as dids, CheqdDid};
use super::super::error::StudioError;
use super::super::fields::{Fields, text};
use crate::config::Network;

const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `POST /resource/create/{did}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewResource {
    pub(super) did: CheqdDid,
    pub(super) name: String,
    pub(super) resource_type: String,
    pub(super) version: String,
    pub(super) also_known_as: Vec<AlternativeUri>,
    pub(super) data: Vec<u8>,
    pub(super) public_key_hexs: Vec<String>,
}

impl NewResource {
    /// Reads path and body.
    pub(super) fn parse(did: &str, input: Input) -> Result<NewResource, StudioError> {
        let did = dids::did(did)?;
        let mut fields = Fields::from(input);
        let data = required(&mut fields, "data", |value| match value {
            Value::String(text) => Ok(text),
            _ => Err(StudioError::bad_request("data should be a string")),
        })?;
        let plain =
            |name: &'static str| move |value| text(value, &format!("{name} should be a string"));
        let encoding = required(&mut fields, "encoding", plain("encoding"))?;
        let resource = NewResource {
            did,
            name: required(&mut fields, "name", plain("name"))?,
            resource_type: required(&mut fields, "type", plain("type"))?,
            version: fields
                .text("version", "version should be a string")?
                .unwrap_or_default(),
            also_known_as: also_known_as(&mut fields)?,
            data: decoded(&data, &encoding)?,
            public_key_hexs: fields.public_key_hexs()?,
        };
        // The DID names the network.
        fields.finish(&["network"])?;
        Ok(resource)
    }
}

fn required(
    fields: &mut Fields,
    name: &str,
    read: impl FnOnce(Value) -> Result<String, StudioError>,
) -> Result<String, StudioError> {
    let missing = || StudioError::bad_request(format!("{name} is required"));
    let found = read(fields.take(name).ok_or_else(missing)?)?;
    if found.is_empty() {
        return Err(missing());
    }
    Ok(found)
}

fn decoded(data: &str, encoding: &str) -> Result<Vec<u8>, StudioError> {
    let decoded = match encoding {
        "hex" => hex::decode(data).ok(),
        "base64" => STANDARD.decode(data).ok(),
        "base64url" => URL_SAFE.decode(data).ok(),
        _ => {
            return Err(StudioError::bad_request(
                "Invalid encoding value, should be one of hex, base64, base64url",
            ));
        }
    };
    decoded.ok_or_else(|| StudioError::bad_request(format!("data should be encoded as {encoding}")))
}

fn also_known_as(fields: &mut Fields) -> Result<Vec<AlternativeUri>, StudioError> {
    const WRONG: &str = "alsoKnownAs should be an array of objects with uri and description";
    let entries = fields.objects("alsoKnownAs", WRONG)?.unwrap_or_default();
    let entry = |map: Map<String, Value>| {
        let mut fields = Fields::from(map);
        let entry = AlternativeUri {
            uri: required(&mut fields, "uri", |value| text(value, WRONG))?,
            description: fields.text("description", WRONG)?.unwrap_or_default(),
        };
        fields.finish(&[])?;
        Ok(entry)
    };
    entries.into_iter().map(entry).collect()
}

/// `GET /resource/list`: its query.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListResources {
    pub(super) did: Option<CheqdDid>,
    pub(super) network: Option<Network>,
    pub(super) name: Option<String>,
    pub(super) resource_type: Option<String>,
    /// Counted from 1.
    pub(super) page: u64,
    pub(super) limit: u32,
}

impl ListResources {
    pub(super) fn parse(input: Input) -> Result<ListResources, StudioError> {
        const NETWORK: &str = "Invalid network";
        let mut fields = Fields::from(input);
        let mut take = |name: &str| {
            let found = fields.text(name, &format!("{name} should be a string"));
            found.map(|text| text.filter(|text| !text.is_empty()))
        };
        let did = take("did")?.map(|text| dids::did(&text)).transpose()?;
        let network = take("network")?.map(|text| text.parse());
        let (name, resource_type) = (take("resourceName")?, take("resourceType")?);
        let page = number("page", take("page")?)?.unwrap_or(1);
        let limit = number("limit", take("limit")?)?;
        match take("encrypted")?.as_deref() {
            None | Some("false") => {}
            Some(_) => {
                return Err(StudioError::bad_request(
                    "Nothing is encrypted here; leave encrypted out",
                ));
            }
        }
        fields.finish(&["createdAt"])?;
        let limit = limit.map_or(LIST_MAX, |limit| u32::try_from(limit).unwrap_or(LIST_MAX));
        Ok(ListResources {
            did,
            network: network
                .transpose()
                .map_err(|_| StudioError::bad_request(NETWORK))?,
            name,
            resource_type,
            page,
            limit: limit.min(LIST_MAX),
        })
    }
}

/// A number from 1.
fn number(name: &str, text: Option<String>) -> Result<Option<u64>, StudioError> {
    let read = |text: String| {
        let number = text.parse().ok().filter(|number| *number > 0);
        number
            .ok_or_else(|| StudioError::bad_request(format!("{name} should be a positive number")))
    };
    text.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn parse(body: Value) -> Result<NewResource, String> {
        NewResource::parse(DID, Input::of_json(body)).map_err(|error| error.to_string())
    }

    #[test]
    fn data_is_read_in_the_encoding_that_is_named() {
        for (encoding, data) in [
            ("hex", "fbff61"),
            ("hex", "FBFF61"),
            ("base64", "+/9h"),
            ("base64url", "-_9h"),
        ] {
            let body = json!({"name": "n", "type": "T", "data": data, "encoding": encoding});
            assert_eq!(parse(body).unwrap().data, b"\xfb\xffa", "{encoding}");
        }
        for data in ["YQ", "YQ=="] {
            let body = json!({"name": "n", "type": "T", "data": data, "encoding": "base64url"});
            assert_eq!(parse(body).unwrap().data, b"a", "{data}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let whole = json!({"name": "n", "type": "T", "data": "YQ==", "encoding": "base64"});
        for (field, value, text) in [
            ("name", json!(null), "name is required"),
            ("name", json!(""), "name is required"),
            ("type", json!(null), "type is required"),
            ("data", json!(null), "data is required"),
            ("data", json!(""), "data is required"),
            ("encoding", json!(null), "encoding is required"),
            (
                "encoding",
                json!("utf8"),
                "Invalid encoding value, should be one of hex, base64, base64url",
            ),
            ("data", json!("*"), "data should be encoded as base64"),
            ("data", json!(7), "data should be a string"),
            ("version", json!(7), "version should be a string"),
            (
                "alsoKnownAs",
                json!(["x"]),
                "alsoKnownAs should be an array of objects with uri and description",
            ),
            ("alsoKnownAs", json!([{}]), "uri is required"),
            (
                "colour",
                json!("red"),
                "colour is not a field of this request",
            ),
        ] {
            let mut body = whole.clone();
            body[field] = value;
            assert_eq!(parse(body), Err(text.to_owned()), "{field}");
        }
        assert!(parse(whole).is_ok());
    }
}
