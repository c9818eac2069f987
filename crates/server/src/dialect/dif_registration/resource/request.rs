//! Requests about resources, from members to types.

use did::Did;
use did::proto::resource::AlternativeUri;
use ledger::ResourceMetadata;
use registrar::CreateResource;
use serde_json::Value;

use super::super::algorithm;
use super::super::document;
use super::super::error::RegistrationError;
use super::super::members::Members;

/// What stands before the id of a resource in a relative DID URL.
const PATH: &str = "/resources/";

/// `POST /1.0/createResource`.
pub(super) struct Create {
    did: Did,
    /// Its id, where the caller has chosen one.
    id: Option<String>,
    described: Described,
    data: Vec<u8>,
}

/// `POST /1.0/updateResource`.
pub(super) struct Update {
    pub(super) did: Did,
    /// The id of the one that is updated.
    pub(super) resource: String,
    options: Options,
    data: Vec<u8>,
}

/// What is said of a resource besides its data.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) resource_type: String,
    pub(super) also_known_as: Vec<AlternativeUri>,
}

struct Options {
    name: Option<String>,
    resource_type: Option<String>,
    version: Option<String>,
    also_known_as: Vec<AlternativeUri>,
}

impl Create {
    pub(super) fn parse(mut members: Members) -> Result<Create, RegistrationError> {
        let (did, id, options) = head(&mut members)?;
        let required = |name: &str, value: Option<String>| {
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                RegistrationError::options(format!("options.{name} is required for a new resource"))
            })
        };
        let described = Described {
            name: required("name", options.name)?,
            resource_type: required("type", options.resource_type)?,
            version: options.version.unwrap_or_default(),
            also_known_as: options.also_known_as,
        };
        let data = data(members.text("content")?)?;
        members.finish()?;
        Ok(Create {
            did,
            id,
            described,
            data,
        })
    }

    pub(super) fn into_request(self) -> CreateResource {
        super::request(self.did, self.id, self.described, self.data)
    }
}

impl Update {
    pub(super) fn parse(mut members: Members) -> Result<Update, RegistrationError> {
        let (did, resource, options) = head(&mut members)?;
        let resource = resource.ok_or_else(|| {
            RegistrationError::options(
                "relativeDidUrl is required: /resources/ and the id of the resource that is updated",
            )
        })?;
        match members.texts("contentOperation")?.as_deref() {
            None => {}
            Some([one]) if one == "setContent" => {}
            Some(_) => {
                return Err(RegistrationError::options(
                    "contentOperation should be [\"setContent\"]: content is replaced as a whole",
                ));
            }
        }
        let data = match members.texts("content")?.map(<[String; 1]>::try_from) {
            Some(Ok([one])) => data(Some(one))?,
            _ => {
                return Err(RegistrationError::options(
                    "content should be a list with one string: the data in base64",
                ));
            }
        };
        members.finish()?;
        Ok(Update {
            did,
            resource,
            options,
            data,
        })
    }

    /// The resource that comes after the present one.
    pub(super) fn after(
        self,
        present: ResourceMetadata,
    ) -> Result<CreateResource, RegistrationError> {
        if let Some(next) = present.next_id {
            return Err(RegistrationError::options(format!(
                "{} is not the newest of its name and type, {next} comes after it; update the newest",
                self.resource
            )));
        }
        let header = present.header;
        for (name, given, present) in [
            ("name", self.options.name, &header.name),
            ("type", self.options.resource_type, &header.resource_type),
        ] {
            if given.is_some_and(|given| given != *present) {
                return Err(RegistrationError::options(format!(
                    "options.{name} is not that of the present resource, {present:?}; a resource of another {name} \
                     is created, not updated"
                )));
            }
        }
        let described = Described {
            name: header.name,
            resource_type: header.resource_type,
            version: self.options.version.unwrap_or_default(),
            also_known_as: self.options.also_known_as,
        };
        Ok(super::request(self.did, None, described, self.data))
    }
}

/// The DID, the resource that `relativeDidUrl` names, and the options.
fn head(members: &mut Members) -> Result<(Did, Option<String>, Options), RegistrationError> {
    if members.has("jobId") {
        return Err(RegistrationError::not_found(
            "there is no such job: resources are signed here at once; leave jobId out",
        ));
    }
    let did = members.text("did")?;
    let did = did.ok_or_else(|| {
        RegistrationError::did("did is required: the DID that the resource belongs to")
    })?;
    let did = document::did(&did)?;
    let resource = members.text("relativeDidUrl")?.map(|url| id_of(&url, &did));
    let mut options = members.object("options")?;
    if options.boolean("clientSecretMode")? == Some(true) {
        return Err(RegistrationError::options(
            "options.clientSecretMode: resources are signed here, with keys that are held here. To sign yourself send \
             the signed message to POST /v1/operations",
        ));
    }
    if members.object("secret")?.len() > 0 {
        return Err(RegistrationError::options(
            "secret: keys that sign here are held here, so a request brings none",
        ));
    }
    let network = options.text("network")?;
    if network.is_some_and(|network| did.namespace() != Some(&*network)) {
        return Err(RegistrationError::options(format!(
            "options.network is not the network of {did}; leave it out"
        )));
    }
    let read = Options {
        name: options.text("name")?,
        resource_type: options.text("type")?,
        version: options.text("versionId")?,
        also_known_as: places(options.list("alsoKnownAs")?)?,
    };
    options.finish()?;
    Ok((did, resource.transpose()?, read))
}

/// The id in `/resources/<id>`, or in the whole DID URL.
fn id_of(url: &str, did: &Did) -> Result<String, RegistrationError> {
    let path = url.strip_prefix(did.as_str()).unwrap_or(url);
    let id = path.strip_prefix(PATH).and_then(|id| {
        let uuid = uuid::Uuid::try_parse(id).ok();
        uuid.filter(|_| id.len() == 36)
    });
    id.map(|id| id.to_string()).ok_or_else(|| {
        RegistrationError::options(
            "relativeDidUrl should be /resources/ and the id of a resource, a UUID",
        )
    })
}

fn places(list: Option<Vec<Value>>) -> Result<Vec<AlternativeUri>, RegistrationError> {
    let one = |value: Value| {
        let mut members = Members::of(value, "options.alsoKnownAs")?;
        let uri = members.text("uri")?;
        let uri = uri.ok_or_else(|| {
            RegistrationError::options("options.alsoKnownAs: each entry needs a uri")
        })?;
        let description = members.text("description")?.unwrap_or_default();
        members.finish()?;
        Ok(AlternativeUri { uri, description })
    };
    list.unwrap_or_default().into_iter().map(one).collect()
}

fn data(content: Option<String>) -> Result<Vec<u8>, RegistrationError> {
    let wrong = || RegistrationError::options("content is required: the data in base64");
    algorithm::from_base64(&content.ok_or_else(wrong)?)
        .ok_or_else(|| RegistrationError::options("content should be base64"))
}
