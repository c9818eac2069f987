//! What an identifier and its options request.

use did::{Did, DidUrl, MethodType};

use crate::error::{InvalidOptions, ResolveError};
use crate::name::Name;
use crate::options::{Options, Rules, Wanted, is_uuid};
use crate::parameters::{Parameter, Parameters};
use crate::relative_ref::RelativeRef;
use crate::services::ServiceQuery;

/// A parsed identifier with its options. They have not yet been checked against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    name: Name,
    path: Path,
    fragment: Option<String>,
    parameters: Parameters,
}

/// What an answer is about. It decides in which types there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// The DID document, or a version of it: the answer of DID resolution.
    Document,
    /// Only the metadata of the document.
    Metadata,
    /// A part of the document.
    Part,
    /// Services, or where they are.
    Services,
    /// The list of versions.
    Versions,
    /// The data of a resource.
    Resource,
    /// Metadata of resources.
    ResourceMetadata,
}

/// What becomes of the document of a deactivated DID, unless the request decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeactivatedDocument {
    /// `null`, as DID Resolution v1 requires.
    Omitted,
    /// The last document is returned.
    Included,
}

/// A query whose options fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedQuery {
    pub(crate) did: Did,
    pub(crate) wanted: Wanted,
    pub(crate) subject: Subject,
    pub(crate) part: Option<Part>,
    pub(crate) keys_as: Option<MethodType>,
    pub(crate) deactivated: DeactivatedDocument,
    pub(crate) rules: Rules,
    /// Whether no cache may keep the answer.
    pub no_cache: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Document,
    Metadata,
    Services(ServiceQuery),
    Versions { before: Option<String> },
    Resources(ResourceQuery),
}

/// The part of a document that a fragment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) fragment: String,
    pub(crate) relationship: Option<Relationship>,
}

/// Which resources of a DID are requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceQuery {
    /// The data of the resource with this id.
    Data(String),
    /// The metadata of the resource with this id.
    Metadata(String),
    /// Those that have all of these.
    Matching(Parameters),
}

/// What a verification method may be authorized for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// `authentication`
    Authentication,
    /// `assertionMethod`
    AssertionMethod,
    /// `keyAgreement`
    KeyAgreement,
    /// `capabilityInvocation`
    CapabilityInvocation,
    /// `capabilityDelegation`
    CapabilityDelegation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Path {
    None,
    Metadata,
    Versions,
    Version(String),
    VersionMetadata(String),
    Resource(ResourceQuery),
    Unknown,
}

impl Query {
    /// Takes a DID or DID URL apart, and reads the names of all parameters and options.
    ///
    /// # Errors
    /// No DID or DID URL, another method, or a name that is unknown or is listed twice: in this order, which is that of
    /// DID Resolution v1.
    pub fn parse(identifier: &str, options: Vec<(String, String)>) -> Result<Query, ResolveError> {
        let end = identifier.find(['/', '?', '#']);
        let name = Name::of(&identifier[..end.unwrap_or(identifier.len())])?;
        let url = DidUrl::parse(identifier)?;
        let mut parameters = Parameters::of_query(url.query.unwrap_or_default())?;
        for (name, value) in options {
            parameters.add_option(&name, value)?;
        }
        Ok(Query {
            name,
            path: Path::of(url.path),
            fragment: url.fragment.map(str::to_owned),
            parameters,
        })
    }

    /// The DID.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What the answer is about.
    pub fn kind(&self) -> AnswerKind {
        let has = |parameter| self.parameters.value(parameter).is_some();
        match &self.path {
            Path::Metadata | Path::VersionMetadata(_) => AnswerKind::Metadata,
            Path::Versions => AnswerKind::Versions,
            Path::Resource(ResourceQuery::Metadata(_)) => AnswerKind::ResourceMetadata,
            Path::Resource(_) => AnswerKind::Resource,
            _ if has(Parameter::Service) || has(Parameter::ServiceType) => AnswerKind::Services,
            _ if self.parameters.value(Parameter::ResourceMetadata) == Some("true") => {
                AnswerKind::ResourceMetadata
            }
            _ if self.parameters.first(Parameter::is_of_resources).is_some() => {
                AnswerKind::Resource
            }
            _ if self.fragment.is_some() || self.path == Path::Unknown => AnswerKind::Part,
            _ if self.parameters.value(Parameter::Metadata) == Some("true") => AnswerKind::Metadata,
            _ => AnswerKind::Document,
        }
    }

    /// Checks that everything fits together.
    ///
    /// # Errors
    /// Values that cannot be used, or that contradict each other.
    pub fn check(
        self,
        rules: Rules,
        deactivated: DeactivatedDocument,
    ) -> Result<CheckedQuery, ResolveError> {
        use Parameter::{ExpandRelativeUrls, NoCache, ReturnDeactivatedDidDocument};
        let given = &self.parameters;
        let no_cache = given.flag(NoCache)?.unwrap_or(false);
        // What the ledger stores has no relative URLs, so that both values mean the same.
        given.flag(ExpandRelativeUrls)?;
        let deactivated = match given.flag(ReturnDeactivatedDidDocument)? {
            Some(true) => DeactivatedDocument::Included,
            _ => deactivated,
        };
        let wanted = self.wanted(rules)?;
        let relationship = self.relationship()?;
        let keys_as = self.keys_as()?;
        let subject = self.subject()?;
        let part = match self.fragment {
            Some(fragment) if subject == Subject::Document => Some(Part {
                fragment,
                relationship,
            }),
            // The fragment of a service is part of its address.
            Some(_) if matches!(subject, Subject::Services(_)) => None,
            Some(_) => return Err(ResolveError::NotFound("this has no parts")),
            None => None,
        };
        Ok(CheckedQuery {
            did: self.name.did,
            wanted,
            subject,
            part,
            keys_as,
            deactivated,
            rules,
            no_cache,
        })
    }

    fn wanted(&self, rules: Rules) -> Result<Wanted, ResolveError> {
        use Parameter::{VersionId, VersionTime};
        let (id, time) = (
            self.parameters.value(VersionId),
            self.parameters.value(VersionTime),
        );
        let in_path = match &self.path {
            Path::Version(id) | Path::VersionMetadata(id) => Some(id.as_str()),
            _ => None,
        };
        let chosen = self
            .parameters
            .first(|parameter| matches!(parameter, VersionId | VersionTime));
        let needless = in_path.is_some() || self.path == Path::Versions;
        if let Some(parameter) = chosen.filter(|_| needless) {
            return Err(InvalidOptions::Together(parameter.as_str(), "this path").into());
        }
        Ok(Wanted::of(&Options {
            version_id: in_path.or(id),
            version_time: time,
            rules,
        })?)
    }

    fn relationship(&self) -> Result<Option<Relationship>, ResolveError> {
        let name = Parameter::VerificationRelationship;
        let Some(value) = self.parameters.value(name) else {
            return Ok(None);
        };
        let known = Relationship::ALL
            .into_iter()
            .find(|known| known.as_str() == value);
        let known = known.ok_or(InvalidOptions::Value {
            name: name.as_str(),
            allowed: "authentication, assertionMethod, keyAgreement, capabilityInvocation, capabilityDelegation",
        })?;
        match self.kind() {
            AnswerKind::Part => Ok(Some(known)),
            _ => Err(InvalidOptions::Needs(name.as_str(), "the fragment of a method").into()),
        }
    }

    fn keys_as(&self) -> Result<Option<MethodType>, ResolveError> {
        let name = Parameter::TransformKeys;
        let Some(value) = self.parameters.value(name) else {
            return Ok(None);
        };
        let method_type = value.parse().map_err(|_| InvalidOptions::Value {
            name: name.as_str(),
            allowed: "Ed25519VerificationKey2018, Ed25519VerificationKey2020, JsonWebKey2020",
        })?;
        match self.kind() {
            AnswerKind::Document | AnswerKind::Part | AnswerKind::Services => Ok(Some(method_type)),
            _ => Err(InvalidOptions::Together(name.as_str(), "an answer without keys").into()),
        }
    }

    fn subject(&self) -> Result<Subject, ResolveError> {
        use Parameter::{Before, Metadata, RelativeRef as Reference, Service, ServiceType};
        let given = &self.parameters;
        let of_services = |parameter| matches!(parameter, Service | ServiceType | Reference);
        let services = given.first(of_services);
        let resources = given.first(Parameter::is_of_resources);
        let metadata = given.flag(Metadata)?.filter(|metadata| *metadata);
        let together = |one: Parameter, other: &'static str| {
            Err(InvalidOptions::Together(one.as_str(), other).into())
        };
        match (services, resources) {
            (Some(service), Some(resource)) => return together(service, resource.as_str()),
            (Some(service), None) if metadata.is_some() => return together(service, "metadata"),
            (None, Some(resource)) if metadata.is_some() => return together(resource, "metadata"),
            (Some(other), _) | (_, Some(other)) if self.path != Path::None => {
                return together(other, "a path");
            }
            _ => {}
        }
        let before = given.value(Before).map(str::to_owned);
        match &self.path {
            Path::Unknown => return Err(ResolveError::NoSuchPath),
            Path::Versions => return Ok(Subject::Versions { before }),
            _ if before.is_some() => {
                return Err(InvalidOptions::Needs(Before.as_str(), "the path /versions").into());
            }
            Path::Metadata | Path::VersionMetadata(_) => return Ok(Subject::Metadata),
            Path::Resource(query) => return query.clone().checked().map(Subject::Resources),
            Path::None | Path::Version(_) => {}
        }
        if services.is_some() {
            return self.services().map(Subject::Services);
        }
        if resources.is_some() {
            let query = ResourceQuery::Matching(given.clone());
            return query.checked().map(Subject::Resources);
        }
        Ok(match metadata {
            Some(_) => Subject::Metadata,
            None => Subject::Document,
        })
    }

    fn services(&self) -> Result<ServiceQuery, ResolveError> {
        use Parameter::{RelativeRef as Reference, Service, ServiceType};
        let text = |parameter| self.parameters.value(parameter).map(str::to_owned);
        let (service, service_type) = (text(Service), text(ServiceType));
        if service.is_none() && service_type.is_none() {
            let needs = InvalidOptions::Needs(Reference.as_str(), "service or serviceType");
            return Err(needs.into());
        }
        let reference = self.parameters.value(Reference).map(RelativeRef::parse);
        Ok(ServiceQuery {
            service,
            service_type,
            reference: reference.transpose()?,
            fragment: self.fragment.clone(),
        })
    }
}

impl ResourceQuery {
    /// Ids are UUIDs, flags are flags.
    fn checked(self) -> Result<ResourceQuery, ResolveError> {
        const ID: &str = "the id of a resource";
        match &self {
            ResourceQuery::Data(id) | ResourceQuery::Metadata(id) if !is_uuid(id) => {
                return Err(InvalidOptions::NotUuid(ID).into());
            }
            ResourceQuery::Matching(parameters) => {
                parameters.flag(Parameter::ResourceMetadata)?;
                if let Some(alone) = parameters.alone_of_resources() {
                    return Err(InvalidOptions::Alone(alone.as_str()).into());
                }
                let id = parameters.value(Parameter::ResourceId);
                if id.is_some_and(|id| !is_uuid(id)) {
                    return Err(InvalidOptions::NotUuid(Parameter::ResourceId.as_str()).into());
                }
            }
            _ => {}
        }
        Ok(self)
    }
}

impl Path {
    fn of(path: &str) -> Path {
        let mut parts = path.split('/').skip(1);
        let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
        match parts {
            [None, ..] => Path::None,
            [Some("metadata"), None, ..] => Path::Metadata,
            [Some("versions"), None, ..] => Path::Versions,
            [Some("version"), Some(id), None, _] => Path::Version(id.into()),
            [Some("version"), Some(id), Some("metadata"), None] => Path::VersionMetadata(id.into()),
            [Some("resources"), Some(id), None, _] => {
                Path::Resource(ResourceQuery::Data(id.into()))
            }
            [Some("resources"), Some(id), Some("metadata"), None] => {
                Path::Resource(ResourceQuery::Metadata(id.into()))
            }
            _ => Path::Unknown,
        }
    }
}

impl Relationship {
    /// All of them.
    pub const ALL: [Relationship; 5] = [
        Relationship::Authentication,
        Relationship::AssertionMethod,
        Relationship::KeyAgreement,
        Relationship::CapabilityInvocation,
        Relationship::CapabilityDelegation,
    ];

    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Relationship::Authentication => "authentication",
            Relationship::AssertionMethod => "assertionMethod",
            Relationship::KeyAgreement => "keyAgreement",
            Relationship::CapabilityInvocation => "capabilityInvocation",
            Relationship::CapabilityDelegation => "capabilityDelegation",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";
    const ID: &str = "11111111-1111-4111-8111-111111111111";

    fn question(after: &str) -> Query {
        Query::parse(&format!("{DID}{after}"), vec![]).unwrap()
    }

    fn checked(after: &str, rules: Rules) -> Result<CheckedQuery, ResolveError> {
        question(after).check(rules, DeactivatedDocument::Omitted)
    }

    proptest! {
        #[test]
        fn any_text_is_a_question_or_an_error(after in "[/?#%&=.a-z0-9é-]{0,60}", text in ".{0,60}") {
            for identifier in [format!("{DID}{after}"), text] {
                if let Ok(question) = Query::parse(&identifier, vec![]) {
                    let _ = question.kind();
                    let _ = question.check(Rules::Legacy, DeactivatedDocument::Included);
                }
            }
        }
    }

    #[test]
    fn every_form_has_its_kind() {
        for (after, kind) in [
            (String::new(), AnswerKind::Document),
            ("?".into(), AnswerKind::Document),
            ("?versionId=x".into(), AnswerKind::Document),
            (format!("/version/{ID}"), AnswerKind::Document),
            (format!("/version/{ID}#key-1"), AnswerKind::Part),
            ("#key-1".into(), AnswerKind::Part),
            ("#".into(), AnswerKind::Part),
            ("/unknown".into(), AnswerKind::Part),
            ("?metadata=true".into(), AnswerKind::Metadata),
            ("?metadata=false".into(), AnswerKind::Document),
            ("/metadata".into(), AnswerKind::Metadata),
            (format!("/version/{ID}/metadata"), AnswerKind::Metadata),
            ("/versions".into(), AnswerKind::Versions),
            ("?service=a#b".into(), AnswerKind::Services),
            ("?serviceType=a".into(), AnswerKind::Services),
            (format!("/resources/{ID}"), AnswerKind::Resource),
            (
                format!("/resources/{ID}/metadata"),
                AnswerKind::ResourceMetadata,
            ),
            ("?resourceName=a".into(), AnswerKind::Resource),
            (
                "?resourceName=a&resourceMetadata=true".into(),
                AnswerKind::ResourceMetadata,
            ),
        ] {
            assert_eq!(question(&after).kind(), kind, "{after}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for after in [
            "?versionId=a&versionTime=2026-01-01T00:00:00Z",
            "?versionTime=2026-01-01T00:00:00.1Z",
            "?noCache=1",
            "?expandRelativeUrls=yes",
            "?returnDeactivatedDidDocument=",
            "?relativeRef=a",
            "?service=a&resourceName=b",
            "?service=a&metadata=true",
            "?resourceName=a&metadata=true",
            "?resourceId=a",
            "?resourceVersion=1",
            "?resourceCollectionId=a",
            "?resourceVersionTime=2026-01-01T00:00:00Z",
            "?resourceName=a&resourceMetadata=1",
            "?transformKeys=Multikey",
            "?transformKeys=JsonWebKey2020&resourceName=a",
            "?transformKeys=JsonWebKey2020&metadata=true",
            "?verificationRelationship=authentication",
            "?verificationRelationship=signing#key-1",
            "?before=a",
            "/version/a?versionId=b",
            "/versions?versionId=b",
            "/metadata?service=a",
            "/resources/a",
        ] {
            let found = Query::parse(&format!("{DID}{after}"), vec![])
                .and_then(|question| question.check(Rules::Standard, DeactivatedDocument::Omitted));
            let found = found.unwrap_err();
            assert!(
                matches!(found, ResolveError::InvalidOptions(_)),
                "{after}: {found:?}"
            );
        }
        for after in [
            "/x",
            "/version",
            "/version/",
            "/metadata/",
            "//",
            "/version/a/b",
        ] {
            let found = checked(after, Rules::Standard);
            assert!(found.is_err(), "{after}: {found:?}");
        }
        assert!(matches!(
            checked("/versions#a", Rules::Standard),
            Err(ResolveError::NotFound(_))
        ));
    }

    #[test]
    fn errors_come_in_the_order_of_the_standard() {
        for (identifier, expected) in [
            ("nonsense?x=1", "this is not a DID"),
            ("did:web:a?x=1", "only DIDs of the method"),
            (
                &format!("{DID}?x=1&versionId=") as &str,
                "does not know the option x",
            ),
            (&format!("{DID}#a#b"), "cannot be used"),
            (&format!("{DID}?a b"), "cannot be used"),
        ] {
            let found = Query::parse(identifier, vec![]).unwrap_err().to_string();
            assert!(found.contains(expected), "{identifier}: {found}");
        }
        let option = vec![("versionId".to_owned(), "a".to_owned())];
        let twice = Query::parse(&format!("{DID}?versionId=a"), option);
        assert!(matches!(
            twice,
            Err(ResolveError::InvalidOptions(InvalidOptions::Twice(_)))
        ));
    }

    #[test]
    fn older_clients_may_give_both_ways_to_choose_a_version() {
        let both = format!("?versionId={ID}&versionTime=2026-01-01");
        assert!(checked(&both, Rules::Legacy).is_ok());
        assert!(checked("?versionId=x", Rules::Legacy).is_err());
        assert!(checked("?versionId=x", Rules::Standard).is_ok());
    }
}
