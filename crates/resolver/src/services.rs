//! Services of a document, and where they are.

use did::Did;
use did::proto::{DidDoc, Service};
use fluent_uri::Uri;

use crate::error::ResolveError;
use crate::relative_ref::RelativeRef;

/// A selection of services of a document, and a reference below them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceQuery {
    pub(crate) service: Option<String>,
    pub(crate) service_type: Option<String>,
    pub(crate) reference: Option<RelativeRef>,
    pub(crate) fragment: Option<String>,
}

impl ServiceQuery {
    /// Takes all other services out of the document.
    ///
    /// # Errors
    /// No service is left.
    pub(crate) fn reduce(&self, did: &Did, document: &mut DidDoc) -> Result<(), ResolveError> {
        document
            .service
            .retain(|service| self.selects(did, service));
        if document.service.is_empty() {
            return Err(ResolveError::NotFound("this DID has no such service"));
        }
        Ok(())
    }

    /// An id may be written as a whole, or relative to the DID with or without its `#`.
    fn selects(&self, did: &Did, service: &Service) -> bool {
        let by_id = self.service.as_deref().is_none_or(|wanted| {
            let fragment = service.id.strip_prefix(did.as_str());
            let fragment = fragment.and_then(|rest| rest.strip_prefix('#'));
            service.id == wanted
                || fragment
                    .is_some_and(|fragment| wanted.strip_prefix('#').unwrap_or(wanted) == fragment)
        });
        let by_type = self.service_type.as_deref();
        by_id && by_type.is_none_or(|wanted| wanted == service.service_type)
    }

    /// Where the services of a reduced document are. Endpoints that are not URLs or that are
    /// objects are left out. An endpoint that is itself a DID URL is returned and not followed.
    ///
    /// # Errors
    /// No URL is left, or one already has a fragment and another is requested.
    pub(crate) fn urls(&self, document: &DidDoc) -> Result<Vec<String>, ResolveError> {
        let endpoints = document.service.iter();
        let endpoints = endpoints.flat_map(|service| &service.service_endpoint);
        let mut urls = Vec::new();
        for endpoint in endpoints {
            let Ok(endpoint) = Uri::parse(endpoint.as_str()) else {
                continue;
            };
            let url = match &self.reference {
                Some(reference) => reference.at(&endpoint),
                None => Some(endpoint.as_str().to_owned()),
            };
            urls.extend(url);
        }
        if urls.is_empty() {
            let reason = "the service has no endpoint that is a URL and can be followed so";
            return Err(ResolveError::NotFound(reason));
        }
        if let Some(fragment) = &self.fragment {
            if urls.iter().any(|url| url.contains('#')) {
                let reason = "the service already has a fragment, so none can be added";
                return Err(ResolveError::InvalidDidUrl(reason.into()));
            }
            for url in &mut urls {
                url.push('#');
                url.push_str(fragment);
            }
        }
        Ok(urls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DID: &str = "did:cheqd:testnet:7bf81a20-633c-4cc7-bc4a-5a45801005e0";

    fn service(fragment: &str, service_type: &str, endpoints: &[&str]) -> Service {
        Service {
            id: format!("{DID}#{fragment}"),
            service_type: service_type.into(),
            service_endpoint: endpoints.iter().map(|text| text.to_string()).collect(),
            ..Service::default()
        }
    }

    fn urls(query: &ServiceQuery) -> Result<Vec<String>, ResolveError> {
        let mut document = DidDoc {
            id: DID.into(),
            service: vec![
                service(
                    "a",
                    "Files",
                    &["https://a.example/x/", "not a url", "urn:b"],
                ),
                service("ab", "Files", &["https://b.example/#top"]),
                service("c", "Chat", &["no url"]),
            ],
            ..DidDoc::default()
        };
        query.reduce(&Did::parse(DID).unwrap(), &mut document)?;
        query.urls(&document)
    }

    fn by(service: Option<&str>, service_type: Option<&str>) -> ServiceQuery {
        ServiceQuery {
            service: service.map(str::to_owned),
            service_type: service_type.map(str::to_owned),
            reference: None,
            fragment: None,
        }
    }

    #[test]
    fn services_are_selected_by_their_whole_id_and_type() {
        let whole = format!("{DID}#a");
        for id in ["a", "#a", &whole] {
            let found = urls(&by(Some(id), None)).unwrap();
            assert_eq!(found, ["https://a.example/x/", "urn:b"], "{id}");
        }
        let files = urls(&by(None, Some("Files"))).unwrap();
        assert_eq!(files.len(), 3);
        assert_eq!(urls(&by(Some("ab"), Some("Files"))).unwrap().len(), 1);
        for query in [
            by(Some("ab"), Some("Chat")),
            by(Some("b"), None),
            by(Some("c"), None),
            by(None, Some("files")),
        ] {
            assert!(matches!(urls(&query), Err(ResolveError::NotFound(_))));
        }
    }

    #[test]
    fn references_and_fragments_follow_the_endpoint() {
        let reference = Some(RelativeRef::parse("y?z").unwrap());
        let query = ServiceQuery {
            reference,
            fragment: Some("intro".into()),
            ..by(Some("a"), None)
        };
        assert_eq!(urls(&query).unwrap(), ["https://a.example/x/y?z#intro"]);
        let query = ServiceQuery {
            fragment: Some("intro".into()),
            ..by(Some("ab"), None)
        };
        assert!(matches!(urls(&query), Err(ResolveError::InvalidDidUrl(_))));
    }
}
