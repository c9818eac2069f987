//! What an identifier and its options ask for.

use did::{Did, DidUrl, MethodType};

use crate::error::{InvalidOptions, ResolveError};
use crate::name::Name;
use crate::options::{Options, Rules, Wanted, is_uuid};
use crate::parameters::{Parameter, Parameters};
use crate::relative_ref::RelativeRef;
use crate::services::ServiceQuery;

/// An identifier taken apart, with its options: it is known what is asked for, and not yet whether that makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    name: Name,
    path: Path,
    fragment: Option<String>,
    parameters: Parameters,
}

/// What an answer is about. It decides in which types there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The DID document, or a version of it: the answer of DID resolution.
    Document,
    /// Only what is said about the document.
    Metadata,
    /// A part of the document.
    Part,
    /// Services, or where they are.
    Services,
    /// The list of versions.
    Versions,
    /// The data of a resource.
    Resource,
    /// What is known of resources.
    ResourceMetadata,
}

/// What is done with the document of a DID that has ended, unless the request says what it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `null` stands for it, as DID Resolution v1 asks for.
    Withheld,
    /// The last document is shown.
    Shown,
}

/// A question that makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub(crate) did: Did,
    pub(crate) wanted: Wanted,
    pub(crate) subject: Subject,
    pub(crate) part: Option<Part>,
    pub(crate) keys_as: Option<MethodType>,
    pub(crate) ended: Ended,
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

/// Which resources of a DID are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceQuery {
    /// The data of the resource with this id.
    Data(String),
    /// What is known of the resource with this id.
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

impl Question {
    /// Takes a DID or DID URL apart, and reads the names of all parameters and options.
    ///
    /// # Errors
    /// No DID or DID URL, another method, or a name that is unknown or stands twice: in this order, which is that of
    /// DID Resolution v1.
    pub fn parse(
        identifier: &str,
        options: Vec<(String, String)>,
    ) -> Result<Question, ResolveError> {
        let end = identifier.find(['/', '?', '#']);
        let name = Name::of(&identifier[..end.unwrap_or(identifier.len())])?;
        let url = DidUrl::parse(identifier)?;
        let mut parameters = Parameters::of_query(url.query.unwrap_or_default())?;
        for (name, value) in options {
            parameters.add_option(&name, value)?;
        }
        Ok(Question {
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
    pub fn kind(&self) -> Kind {
        let asks = |parameter| self.parameters.value(parameter).is_some();
        match &self.path {
            Path::Metadata | Path::VersionMetadata(_) => Kind::Metadata,
            Path::Versions => Kind::Versions,
            Path::Resource(ResourceQuery::Metadata(_)) => Kind::ResourceMetadata,
            Path::Resource(_) => Kind::Resource,
            _ if asks(Parameter::Service) || asks(Parameter::ServiceType) => Kind::Services,
            _ if self.parameters.value(Parameter::ResourceMetadata) == Some("true") => {
                Kind::ResourceMetadata
            }
            _ if self.parameters.first(Parameter::is_of_resources).is_some() => Kind::Resource,
            _ if self.fragment.is_some() || self.path == Path::Unknown => Kind::Part,
            _ if self.parameters.value(Parameter::Metadata) == Some("true") => Kind::Metadata,
            _ => Kind::Document,
        }
    }

    /// Checks that everything fits together.
    ///
    /// # Errors
    /// Values that cannot be used, or that contradict each other.
    pub fn judge(self, rules: Rules, ended: Ended) -> Result<Asked, ResolveError> {
        use Parameter::{ExpandRelativeUrls, NoCache, ReturnDeactivatedDidDocument};
        let given = &self.parameters;
        let no_cache = given.flag(NoCache)?.unwrap_or(false);
        // What the ledger stores has no relative URLs, so that both values mean the same.
        given.flag(ExpandRelativeUrls)?;
        let ended = match given.flag(ReturnDeactivatedDidDocument)? {
            Some(true) => Ended::Shown,
            _ => ended,
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
            Some(_) => return Err(ResolveError::NotFound("there are no parts of this")),
            None => None,
        };
        Ok(Asked {
            did: self.name.did,
            wanted,
            subject,
            part,
            keys_as,
            ended,
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
            Kind::Part => Ok(Some(known)),
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
            Kind::Document | Kind::Part | Kind::Services => Ok(Some(method_type)),
            _ => Err(InvalidOptions::Together(name.as_str(), "what shows no keys").into()),
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

    fn question(after: &str) -> Question {
        Question::parse(&format!("{DID}{after}"), vec![]).unwrap()
    }

    fn judged(after: &str, rules: Rules) -> Result<Asked, ResolveError> {
        question(after).judge(rules, Ended::Withheld)
    }

    proptest! {
        #[test]
        fn any_text_is_a_question_or_an_error(after in "[/?#%&=.a-z0-9é-]{0,60}", text in ".{0,60}") {
            for identifier in [format!("{DID}{after}"), text] {
                if let Ok(question) = Question::parse(&identifier, vec![]) {
                    let _ = question.kind();
                    let _ = question.judge(Rules::Legacy, Ended::Shown);
                }
            }
        }
    }

    #[test]
    fn every_form_has_its_kind() {
        for (after, kind) in [
            (String::new(), Kind::Document),
            ("?".into(), Kind::Document),
            ("?versionId=x".into(), Kind::Document),
            (format!("/version/{ID}"), Kind::Document),
            (format!("/version/{ID}#key-1"), Kind::Part),
            ("#key-1".into(), Kind::Part),
            ("#".into(), Kind::Part),
            ("/unknown".into(), Kind::Part),
            ("?metadata=true".into(), Kind::Metadata),
            ("?metadata=false".into(), Kind::Document),
            ("/metadata".into(), Kind::Metadata),
            (format!("/version/{ID}/metadata"), Kind::Metadata),
            ("/versions".into(), Kind::Versions),
            ("?service=a#b".into(), Kind::Services),
            ("?serviceType=a".into(), Kind::Services),
            (format!("/resources/{ID}"), Kind::Resource),
            (format!("/resources/{ID}/metadata"), Kind::ResourceMetadata),
            ("?resourceName=a".into(), Kind::Resource),
            (
                "?resourceName=a&resourceMetadata=true".into(),
                Kind::ResourceMetadata,
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
            let found = Question::parse(&format!("{DID}{after}"), vec![])
                .and_then(|question| question.judge(Rules::Standard, Ended::Withheld));
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
            let found = judged(after, Rules::Standard);
            assert!(found.is_err(), "{after}: {found:?}");
        }
        assert!(matches!(
            judged("/versions#a", Rules::Standard),
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
            let found = Question::parse(identifier, vec![]).unwrap_err().to_string();
            assert!(found.contains(expected), "{identifier}: {found}");
        }
        let option = vec![("versionId".to_owned(), "a".to_owned())];
        let twice = Question::parse(&format!("{DID}?versionId=a"), option);
        assert!(matches!(
            twice,
            Err(ResolveError::InvalidOptions(InvalidOptions::Twice(_)))
        ));
    }

    #[test]
    fn older_clients_may_give_both_ways_to_choose_a_version() {
        let both = format!("?versionId={ID}&versionTime=2026-01-01");
        assert!(judged(&both, Rules::Legacy).is_ok());
        assert!(judged("?versionId=x", Rules::Legacy).is_err());
        assert!(judged("?versionId=x", Rules::Standard).is_ok());
    }
}
