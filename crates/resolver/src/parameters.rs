//! Names and values of a request: parameters of a DID URL, and options beside it.

use percent_encoding::percent_decode_str;

use crate::error::{InvalidOptions, ResolveError};

/// All parameters.
///
/// The first block is that of DID Resolution v1, but for `returnDeactivatedDidDocument`, which is proposed and not
/// registered. The others are parameters of the method `cheqd`, and `before`, which is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The version with this id.
    VersionId,
    /// The version that was the latest at this time.
    VersionTime,
    /// Whether a cache may answer. Nothing is cached here.
    NoCache,
    /// Whether relative DID URLs become absolute. The ledger stores absolute ones only.
    ExpandRelativeUrls,
    /// Whether the last document of a deactivated DID is returned.
    ReturnDeactivatedDidDocument,
    /// The service with this id.
    Service,
    /// Services of this type.
    ServiceType,
    /// A reference to something at the service.
    RelativeRef,
    /// What the verification method must be authorized for.
    VerificationRelationship,
    /// The type in which keys are returned.
    TransformKeys,
    /// Whether only metadata is returned.
    Metadata,
    /// The version that a page of the history ends before.
    Before,
    /// The resource with this id.
    ResourceId,
    /// The collection of resources.
    ResourceCollectionId,
    /// The name of a resource.
    ResourceName,
    /// The type of a resource.
    ResourceType,
    /// The version that its maker gave a resource.
    ResourceVersion,
    /// When the resource was the newest.
    ResourceVersionTime,
    /// Checksum of the data of a resource.
    Checksum,
    /// Whether metadata of resources is returned.
    ResourceMetadata,
}

impl Parameter {
    /// All of them.
    pub const ALL: [Parameter; 20] = [
        Parameter::VersionId,
        Parameter::VersionTime,
        Parameter::NoCache,
        Parameter::ExpandRelativeUrls,
        Parameter::ReturnDeactivatedDidDocument,
        Parameter::Service,
        Parameter::ServiceType,
        Parameter::RelativeRef,
        Parameter::VerificationRelationship,
        Parameter::TransformKeys,
        Parameter::Metadata,
        Parameter::Before,
        Parameter::ResourceId,
        Parameter::ResourceCollectionId,
        Parameter::ResourceName,
        Parameter::ResourceType,
        Parameter::ResourceVersion,
        Parameter::ResourceVersionTime,
        Parameter::Checksum,
        Parameter::ResourceMetadata,
    ];

    /// The name in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Parameter::VersionId => "versionId",
            Parameter::VersionTime => "versionTime",
            Parameter::NoCache => "noCache",
            Parameter::ExpandRelativeUrls => "expandRelativeUrls",
            Parameter::ReturnDeactivatedDidDocument => "returnDeactivatedDidDocument",
            Parameter::Service => "service",
            Parameter::ServiceType => "serviceType",
            Parameter::RelativeRef => "relativeRef",
            Parameter::VerificationRelationship => "verificationRelationship",
            Parameter::TransformKeys => "transformKeys",
            Parameter::Metadata => "metadata",
            Parameter::Before => "before",
            Parameter::ResourceId => "resourceId",
            Parameter::ResourceCollectionId => "resourceCollectionId",
            Parameter::ResourceName => "resourceName",
            Parameter::ResourceType => "resourceType",
            Parameter::ResourceVersion => "resourceVersion",
            Parameter::ResourceVersionTime => "resourceVersionTime",
            Parameter::Checksum => "checksum",
            Parameter::ResourceMetadata => "resourceMetadata",
        }
    }

    /// Whether it selects resources.
    pub fn is_of_resources(self) -> bool {
        matches!(
            self,
            Parameter::ResourceId
                | Parameter::ResourceCollectionId
                | Parameter::ResourceName
                | Parameter::ResourceType
                | Parameter::ResourceVersion
                | Parameter::ResourceVersionTime
                | Parameter::Checksum
                | Parameter::ResourceMetadata
        )
    }

    fn of(name: &str) -> Result<Parameter, ResolveError> {
        if name == "accept" {
            return Err(InvalidOptions::Accept.into());
        }
        Parameter::ALL
            .into_iter()
            .find(|parameter| parameter.as_str() == name)
            .ok_or_else(|| ResolveError::UnknownOption(shortened(name)))
    }
}

/// Longest name that is repeated in an error, in characters.
const NAME_CHARACTERS_MAX: usize = 64;

fn shortened(name: &str) -> String {
    name.chars().take(NAME_CHARACTERS_MAX).collect()
}

/// Each parameter of a request, with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(Parameter, String)>);

impl Parameters {
    /// The parameters in the query of a DID URL. A `+` there is a `+` (RFC 3986).
    ///
    /// # Errors
    /// One that is unknown, appears twice, has no value or is not UTF-8.
    pub(crate) fn of_query(query: &str) -> Result<Parameters, ResolveError> {
        let mut parameters = Parameters::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let parameter = Parameter::of(&decoded(name)?)?;
            if parameters.value(parameter).is_some() {
                let name = parameter.as_str();
                return Err(ResolveError::InvalidDidUrl(format!(
                    "{name} is given twice"
                )));
            }
            parameters.add(parameter, decoded(value)?)?;
        }
        Ok(parameters)
    }

    /// Adds an option given beside the DID or DID URL.
    ///
    /// # Errors
    /// One that is unknown, is there already or has no value.
    pub(crate) fn add_option(&mut self, name: &str, value: String) -> Result<(), ResolveError> {
        self.add(Parameter::of(name)?, value)
    }

    fn add(&mut self, parameter: Parameter, value: String) -> Result<(), ResolveError> {
        let name = parameter.as_str();
        if self.value(parameter).is_some() {
            return Err(InvalidOptions::Twice(name).into());
        }
        if value.is_empty() {
            return Err(InvalidOptions::Empty(name).into());
        }
        self.0.push((parameter, value));
        Ok(())
    }

    /// The value of a parameter.
    pub(crate) fn value(&self, parameter: Parameter) -> Option<&str> {
        let mut found = self.0.iter().filter(|(own, _)| *own == parameter);
        found.next().map(|(_, value)| value.as_str())
    }

    /// A parameter that is `true` or `false`.
    pub(crate) fn flag(&self, parameter: Parameter) -> Result<Option<bool>, InvalidOptions> {
        match self.value(parameter) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(InvalidOptions::Value {
                name: parameter.as_str(),
                allowed: "true, false",
            }),
        }
    }

    /// The only parameter of resources, if it selects none without others.
    pub(crate) fn alone_of_resources(&self) -> Option<Parameter> {
        use Parameter::{ResourceCollectionId, ResourceVersion, ResourceVersionTime};
        let all = self.0.iter().map(|(parameter, _)| *parameter);
        let mut of_resources = all.filter(|one| one.is_of_resources());
        match (of_resources.next(), of_resources.next()) {
            (Some(one @ (ResourceCollectionId | ResourceVersion | ResourceVersionTime)), None) => {
                Some(one)
            }
            _ => None,
        }
    }

    /// The first parameter for which this holds.
    pub(crate) fn first(&self, holds: impl Fn(Parameter) -> bool) -> Option<Parameter> {
        let mut all = self.0.iter().map(|(parameter, _)| *parameter);
        all.find(|parameter| holds(*parameter))
    }
}

fn decoded(text: &str) -> Result<String, ResolveError> {
    let text = percent_decode_str(text).decode_utf8();
    let text = text.map_err(|_| ResolveError::InvalidDidUrl("its query is not UTF-8".into()))?;
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_once_and_a_plus_stays() {
        let query = "service=a%2Bb+c&&relativeRef=%252e";
        let parameters = Parameters::of_query(query).unwrap();
        assert_eq!(parameters.value(Parameter::Service), Some("a+b+c"));
        assert_eq!(parameters.value(Parameter::RelativeRef), Some("%2e"));
        assert_eq!(parameters.value(Parameter::VersionId), None);
    }

    #[test]
    fn every_parameter_stands_once_and_has_a_value() {
        let twice = Parameters::of_query("service=a&service=a");
        assert!(matches!(twice, Err(ResolveError::InvalidDidUrl(_))));
        let mut parameters = Parameters::of_query("service=a").unwrap();
        assert!(matches!(
            parameters.add_option("service", "a".into()),
            Err(ResolveError::InvalidOptions(InvalidOptions::Twice(_)))
        ));
        for query in ["service=", "service"] {
            let empty = Parameters::of_query(query);
            assert!(matches!(
                empty,
                Err(ResolveError::InvalidOptions(InvalidOptions::Empty(_)))
            ));
        }
        for query in ["x=1", "versionid=1", "=1"] {
            let unknown = Parameters::of_query(query);
            assert!(matches!(unknown, Err(ResolveError::UnknownOption(_))));
        }
        let text = Parameters::of_query("service=%ff");
        assert!(matches!(text, Err(ResolveError::InvalidDidUrl(_))));
    }

    #[test]
    fn every_parameter_has_its_name() {
        for parameter in Parameter::ALL {
            assert_eq!(Parameter::of(parameter.as_str()).unwrap(), parameter);
        }
    }
}
