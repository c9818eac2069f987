//! Resources of a DID: which one is requested, and its metadata.

use did::Did;
use ledger::{Ledger, RESOURCES_READ_MAX, ResourceData, ResourceMetadata};
use percent_encoding::percent_decode_str;

use crate::error::{InvalidOptions, ResolveError};
use crate::options::{Rules, time_ms};
use crate::parameters::{Parameter, Parameters};
use crate::query::ResourceQuery;
use crate::resolution::Resolution;

/// Most resources of one DID that are searched by their properties.
const SEARCHED_MAX: usize = 16 * RESOURCES_READ_MAX;

/// A resource, or what is known of resources.
#[derive(Clone, Debug)]
pub struct FoundResources {
    pub(crate) resolution: Resolution,
    pub(crate) content: ResourceContent,
}

#[derive(Clone, Debug)]
pub(crate) enum ResourceContent {
    /// One, with its data.
    Data {
        metadata: Box<ResourceMetadata>,
        data: Vec<u8>,
    },
    /// What is known of one.
    Metadata(Box<ResourceMetadata>),
    /// What is known of those that match, the newest first.
    List(Vec<ResourceMetadata>),
}

impl FoundResources {
    /// Finds what a query requests. With an older version of the DID, only resources from its time are found.
    ///
    /// # Errors
    /// Nothing matches, or it is not clear which one is meant.
    pub(crate) fn of(
        ledger: &dyn Ledger,
        resolution: Resolution,
        query: &ResourceQuery,
        rules: Rules,
    ) -> Result<FoundResources, ResolveError> {
        let did = resolution.did();
        let content = match query {
            ResourceQuery::Data(id) => with_data(ledger, did, id)?,
            ResourceQuery::Metadata(id) => {
                let metadata = ledger.resource_metadata(did, id)?;
                ResourceContent::Metadata(Box::new(metadata.ok_or(NONE)?))
            }
            ResourceQuery::Matching(parameters) => {
                let found = matching(ledger, &resolution, parameters, rules)?;
                match parameters.flag(Parameter::ResourceMetadata)? {
                    Some(true) => ResourceContent::List(found),
                    _ => with_data(ledger, did, &only(&found, parameters)?.header.id)?,
                }
            }
        };
        Ok(FoundResources {
            resolution,
            content,
        })
    }

    /// Whether the DID is deactivated. Its resources stay readable: credentials from its time rest on them.
    pub fn is_deactivated(&self) -> bool {
        self.resolution.is_deactivated()
    }

    /// The media type and the data, where data was requested.
    pub fn data(&self) -> Option<(&str, &[u8])> {
        match &self.content {
            ResourceContent::Data { metadata, data } => Some((&metadata.media_type, data)),
            _ => None,
        }
    }

    /// Identifies this answer, for an entity tag; `None` for a list.
    pub fn tag(&self) -> Option<String> {
        match &self.content {
            ResourceContent::Data { metadata, .. } | ResourceContent::Metadata(metadata) => {
                let next = metadata.next_id.as_deref().unwrap_or_default();
                Some(format!("{}-{next}", metadata.header.id))
            }
            ResourceContent::List(_) => None,
        }
    }
}

const NONE: ResolveError = ResolveError::NotFound("this DID has no such resource");

fn with_data(ledger: &dyn Ledger, did: &Did, id: &str) -> Result<ResourceContent, ResolveError> {
    let resource = ledger.resource(did, id)?.ok_or(NONE)?;
    match resource.data {
        ResourceData::Present(data) => Ok(ResourceContent::Data {
            metadata: Box::new(resource.metadata),
            data,
        }),
        ResourceData::Absent => Err(ResolveError::NotFound(
            "the data of this resource was erased; its metadata is still there",
        )),
    }
}

/// Those that match all parameters, the newest first.
fn matching(
    ledger: &dyn Ledger,
    resolution: &Resolution,
    parameters: &Parameters,
    rules: Rules,
) -> Result<Vec<ResourceMetadata>, ResolveError> {
    let time = parameters
        .value(Parameter::ResourceVersionTime)
        .map(|text| time_ms(text, rules));
    let time_ms = time.transpose().map_err(|_| InvalidOptions::ResourceTime)?;
    let is_wanted = |one: &ResourceMetadata| {
        has_all(one, parameters) && time_ms.is_none_or(|time_ms| one.created_ms <= time_ms)
    };
    let mut found = Vec::new();
    let mut before = resolution.version().next_mark;
    for _ in 0..SEARCHED_MAX / RESOURCES_READ_MAX {
        let page = ledger.resources(resolution.did(), before, RESOURCES_READ_MAX)?;
        before = page.last().map(|last| last.mark);
        let is_last = page.len() < RESOURCES_READ_MAX;
        found.extend(page.into_iter().filter(&is_wanted));
        if is_last {
            return if found.is_empty() {
                Err(NONE)
            } else {
                Ok(found)
            };
        }
    }
    Err(InvalidOptions::TooMany.into())
}

fn has_all(one: &ResourceMetadata, parameters: &Parameters) -> bool {
    let header = &one.header;
    let is =
        |parameter, holds: &dyn Fn(&str) -> bool| parameters.value(parameter).is_none_or(holds);
    is(Parameter::ResourceId, &|id| {
        header.id.eq_ignore_ascii_case(id)
    }) && is(Parameter::ResourceCollectionId, &|id| {
        header.collection_id.eq_ignore_ascii_case(id)
    }) && is(Parameter::ResourceName, &|name| {
        // Some clients encode names twice.
        header.name == name || percent_decode_str(name).eq(header.name.bytes())
    }) && is(Parameter::ResourceType, &|text| {
        header.resource_type == text
    }) && is(Parameter::ResourceVersion, &|text| header.version == text)
        && is(Parameter::Checksum, &|text| {
            one.checksum.as_deref() == Some(text)
        })
}

/// The newest, if there is no doubt which of them is meant.
fn only<'a>(
    found: &'a [ResourceMetadata],
    parameters: &Parameters,
) -> Result<&'a ResourceMetadata, ResolveError> {
    let newest = found.first().ok_or(NONE)?;
    let mut others = found.iter().map(|one| &one.header);
    if others.any(|other| other.name != newest.header.name) {
        return Err(InvalidOptions::Several(Parameter::ResourceName.as_str()).into());
    }
    let mut others = found.iter().map(|one| &one.header);
    if others.any(|other| other.resource_type != newest.header.resource_type) {
        let reason = "resources of several types have this name; add resourceType";
        return Err(ResolveError::NotFound(reason));
    }
    if found.len() > 1 && parameters.value(Parameter::Checksum).is_some() {
        return Err(InvalidOptions::Several(Parameter::ResourceId.as_str()).into());
    }
    Ok(newest)
}
