//! Finding resources by what is said of them.
//!
//! The filters are those of cheqd's resolver, in its order, and the newest of what remains is the answer.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use did::Did;
use ledger::{Ledger, RESOURCES_READ_MAX, ReadError, ResourceData, ResourceMetadata};
use resolver::{LinkedResource, RESOLUTION_CONTEXT, Seconds, parse_time_ms};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::body::Input;
use super::super::did::did as parse_did;
use super::super::error::StudioError;
use super::super::fields::Fields;
use super::{Texts, registered};
use crate::app::App;
use crate::http::description;

const PARAMETERS: [&str; 8] = [
    "resourceId",
    "resourceCollectionId",
    "resourceName",
    "resourceType",
    "resourceVersion",
    "checksum",
    "resourceVersionTime",
    "resourceMetadata",
];
/// None of these says alone which resource is meant.
const NOT_ALONE: [&str; 3] = [
    "resourceCollectionId",
    "resourceVersion",
    "resourceVersionTime",
];
/// Resources of one collection that are looked through. Beyond it, `resourceId` finds them still.
const LOOKED_AT_MAX: usize = 4 * RESOURCES_READ_MAX;

/// Search DID-linked resources.
///
/// The data of the newest resource that fits, under its media type; with `resourceMetadata=true` what is said of all
/// that fit. Needs no API key.
#[utoipa::path(
    get, path = "/resource/search/{did}", tag = description::RESOURCES, security(()),
    params(
        ("did" = String, Path, description = "The DID that they belong to."),
        ("resourceId" = Option<String>, Query, description = "Id of the resource."),
        ("resourceCollectionId" = Option<String>, Query, description = "Id of the collection: that of the DID."),
        ("resourceName" = Option<String>, Query, description = "Name."),
        ("resourceType" = Option<String>, Query, description = "Type."),
        ("resourceVersion" = Option<String>, Query, description = "Version label."),
        ("checksum" = Option<String>, Query, description = "SHA-256 of the data in hexadecimal."),
        ("resourceVersionTime" = Option<String>, Query, description = "Not newer than this (RFC 3339)."),
        ("resourceMetadata" = Option<bool>, Query, description = "What is said of them, without the data."),
    ),
    responses((status = 200, description = "The data, or the metadata.")),
    extensions(("x-errors" = json!([400, 404, 410, 503]))),
)]
pub(super) async fn search(
    State(app): State<App>,
    Path(did): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, StudioError> {
    let did = registered(&parse_did(&did)?)?;
    let wanted = Wanted::parse(Input::of_query(query.as_deref())?)?;
    let networks = app.networks.clone();
    let found = tokio::task::spawn_blocking(move || {
        let ledger = networks.of(&did);
        let ledger = ledger.map_err(|error| StudioError::BadRequest(error.to_string()))?;
        answer(ledger, &did, &wanted)
    })
    .await;
    found.map_err(|error| {
        tracing::error!(%error, "a search for resources has failed");
        StudioError::Internal
    })?
}

/// What is searched for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    texts: Texts,
    /// Not newer than this, in Unix milliseconds.
    until_ms: Option<u64>,
    shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Data,
    Metadata,
}

impl Wanted {
    fn parse(input: Input) -> Result<Wanted, StudioError> {
        let mut fields = Fields::from(input);
        let mut texts = Texts::new();
        for name in PARAMETERS {
            let found = fields.text(name, &format!("{name} should be shorter"))?;
            texts.extend(found.map(|text| (name.to_owned(), text)));
        }
        fields.finish(&[])?;
        let shown = match texts.remove("resourceMetadata").as_deref() {
            Some("true") => Shown::Metadata,
            Some("false") => Shown::Data,
            // Without any wish, what there is.
            None if texts.is_empty() => Shown::Metadata,
            None => Shown::Data,
            Some(_) => {
                return Err(StudioError::bad_request(
                    "resourceMetadata should be true or false",
                ));
            }
        };
        if shown == Shown::Data && texts.keys().all(|name| NOT_ALONE.contains(&name.as_str())) {
            return Err(StudioError::bad_request(
                "say which resource is meant: resourceId, resourceName, resourceType or checksum",
            ));
        }
        let id = texts.get("resourceId");
        if id.is_some_and(|id| uuid::Uuid::try_parse(id).is_err()) {
            return Err(StudioError::bad_request("resourceId should be a UUID"));
        }
        let until_ms = match texts.remove("resourceVersionTime") {
            None => None,
            Some(time) => Some(parse_time_ms(&time).ok_or_else(|| {
                StudioError::bad_request(
                    "resourceVersionTime should be a time such as 2026-01-31T12:00:00Z",
                )
            })?),
        };
        Ok(Wanted {
            texts,
            until_ms,
            shown,
        })
    }

    fn fits(&self, metadata: &ResourceMetadata) -> bool {
        let header = &metadata.header;
        let is = |name: &str, found: &str| self.texts.get(name).is_none_or(|text| text == found);
        let is_any_case = |name: &str, found: &str| {
            let wanted = self.texts.get(name);
            wanted.is_none_or(|text| text.eq_ignore_ascii_case(found))
        };
        is_any_case("resourceId", &header.id)
            && is_collection(self.texts.get("resourceCollectionId"), &metadata.did)
            && is("resourceName", &header.name)
            && is("resourceType", &header.resource_type)
            && is("resourceVersion", &header.version)
            && is_any_case("checksum", metadata.checksum.as_deref().unwrap_or_default())
            && self
                .until_ms
                .is_none_or(|until| metadata.created_ms <= until)
    }
}

/// A UUID is the same in either case, base58 is not.
fn is_collection(wanted: Option<&String>, did: &Did) -> bool {
    let namespace = did.namespace().unwrap_or_default();
    wanted.is_none_or(|id| Did::of_collection(namespace, id).as_ref() == Ok(did))
}

fn answer(ledger: &dyn Ledger, did: &Did, wanted: &Wanted) -> Result<Response, StudioError> {
    if ledger.latest(did).map_err(unreadable)?.is_none() {
        return Err(StudioError::NotFound(format!("there is no DID {did}")));
    }
    let found = fitting(ledger, did, wanted).map_err(unreadable)?;
    if wanted.shown == Shown::Metadata {
        return Ok(Json(ListJson::of(found)).into_response());
    }
    let newest = one_of(&found, wanted)?;
    let read = ledger
        .resource(did, &newest.header.id)
        .map_err(unreadable)?;
    match read.map(|resource| resource.data) {
        Some(ResourceData::Present(data)) => Ok(raw(&newest.media_type, data)),
        Some(ResourceData::Absent) => Err(StudioError::plain(
            StatusCode::GONE,
            "the data of this resource was erased; resourceMetadata=true tells what is left",
        )),
        None => Err(not_found()),
    }
}

/// All that fit, the newest first.
fn fitting(
    ledger: &dyn Ledger,
    did: &Did,
    wanted: &Wanted,
) -> Result<Vec<ResourceMetadata>, ReadError> {
    if let Some(id) = wanted.texts.get("resourceId") {
        let found = ledger.resource_metadata(did, id)?;
        return Ok(found.filter(|one| wanted.fits(one)).into_iter().collect());
    }
    let (mut fitting, mut before, mut looked_at) = (Vec::new(), None, 0);
    while looked_at < LOOKED_AT_MAX && fitting.len() < RESOURCES_READ_MAX {
        let page = ledger.resources(did, before, RESOURCES_READ_MAX)?;
        let Some(last) = page.last() else { break };
        before = Some(last.mark);
        looked_at += page.len();
        fitting.extend(page.into_iter().filter(|one| wanted.fits(one)));
    }
    fitting.truncate(RESOURCES_READ_MAX);
    Ok(fitting)
}

/// The newest, where all that fit are versions of one resource.
fn one_of<'f>(
    found: &'f [ResourceMetadata],
    wanted: &Wanted,
) -> Result<&'f ResourceMetadata, StudioError> {
    let newest = found.first().ok_or_else(not_found)?;
    let differs = |read: fn(&ResourceMetadata) -> &str| {
        let first = read(newest);
        found.iter().any(|one| read(one) != first)
    };
    if differs(|one| &one.header.name) {
        return Err(StudioError::bad_request(
            "several resources with different names fit; name one, or ask with resourceMetadata=true",
        ));
    }
    if differs(|one| &one.header.resource_type) {
        return Err(StudioError::NotFound(
            "resources of different types have this name; give resourceType too".into(),
        ));
    }
    if wanted.texts.contains_key("checksum") && found.len() > 1 {
        return Err(StudioError::bad_request(
            "several resources have this checksum; give resourceId",
        ));
    }
    Ok(newest)
}

fn not_found() -> StudioError {
    StudioError::NotFound("no such resource".into())
}

fn unreadable(error: ReadError) -> StudioError {
    match error {
        ReadError::Withheld(withheld) => StudioError::Unavailable(withheld.to_string()),
        error => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a resource cannot be read"
            );
            StudioError::Internal
        }
    }
}

fn raw(media_type: &str, data: Vec<u8>) -> Response {
    let octets = HeaderValue::from_static("application/octet-stream");
    let media_type = HeaderValue::from_str(media_type).unwrap_or(octets);
    ([(header::CONTENT_TYPE, media_type)], data).into_response()
}

/// What is said of resources, as cheqd's resolver answers it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListJson {
    #[serde(rename = "@context")]
    context: &'static str,
    dereferencing_metadata: Value,
    content_stream: Content,
    content_metadata: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    linked_resource_metadata: Vec<LinkedResource>,
}

impl ListJson {
    fn of(found: Vec<ResourceMetadata>) -> ListJson {
        ListJson {
            context: RESOLUTION_CONTEXT,
            dereferencing_metadata: json!({
                "contentType": "application/json", "retrieved": Seconds::now().to_string(),
            }),
            content_stream: Content {
                linked_resource_metadata: found.into_iter().map(LinkedResource::from).collect(),
            },
            content_metadata: json!({}),
        }
    }
}
