//! The shapes in which resources are answered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::dereferencing::ContentNames;
use crate::resolution::ResolutionMetadata;
use crate::resource::LinkedResource;
use crate::resources::{FoundResources, ResourceContent};
use crate::shape::{RESOLUTION_CONTEXT, ResultContext};

/// The media type of nothing but metadata.
const METADATA_CONTENT_TYPE: &str = "application/json";

/// The full result of dereferencing to resources.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesJson<'a> {
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<&'static str>,
    dereferencing_metadata: ResolutionMetadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Option<DataJson<'a>>>,
    content_stream: Option<DataJson<'a>>,
    content_metadata: ContentMetadata,
}

/// Data as a JSON value: JSON and text as they are, everything else in Base64.
#[derive(Clone, Serialize)]
#[serde(untagged)]
enum DataJson<'a> {
    Json(&'a RawValue),
    Text(&'a str),
    Base64(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContentMetadata {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deactivated: bool,
    #[serde(flatten)]
    one: Option<LinkedResource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_resource_metadata: Option<Vec<LinkedResource>>,
}

impl FoundResources {
    /// The full result of dereferencing.
    pub fn dereferencing(&self, context: ResultContext, names: ContentNames) -> ResourcesJson<'_> {
        let resolution = &self.resolution;
        let content = self
            .data()
            .map(|(media_type, data)| DataJson::of(media_type, data));
        let content_type = self
            .data()
            .map_or(METADATA_CONTENT_TYPE, |(media_type, _)| media_type);
        ResourcesJson {
            context: (context == ResultContext::Included).then_some(RESOLUTION_CONTEXT),
            dereferencing_metadata: ResolutionMetadata::of(
                resolution.did(),
                resolution.retrieved,
                content_type,
            ),
            content: (names == ContentNames::Both).then(|| content.clone()),
            content_stream: content,
            content_metadata: self.metadata(),
        }
    }

    fn metadata(&self) -> ContentMetadata {
        let (one, list) = match &self.content {
            ResourceContent::Data { metadata, .. } | ResourceContent::Metadata(metadata) => {
                (Some(LinkedResource::from(metadata.as_ref().clone())), None)
            }
            ResourceContent::List(list) => {
                let list = list.iter().cloned().map(LinkedResource::from);
                (None, Some(list.collect()))
            }
        };
        ContentMetadata {
            deactivated: self.is_deactivated(),
            one,
            linked_resource_metadata: list,
        }
    }
}

impl<'a> DataJson<'a> {
    fn of(media_type: &str, data: &'a [u8]) -> Self {
        let media_type = media_type.split(';').next().unwrap_or_default();
        let is_json = media_type == "application/json" || media_type.ends_with("+json");
        match (std::str::from_utf8(data), is_json) {
            (Ok(text), true) => match serde_json::from_str(text) {
                Ok(json) => DataJson::Json(json),
                Err(_) => DataJson::Text(text),
            },
            (Ok(text), false) => DataJson::Text(text),
            (Err(_), _) => DataJson::Base64(STANDARD.encode(data)),
        }
    }
}
