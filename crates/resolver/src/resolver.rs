//! From a text to the version that was asked for.

use did::Did;
use ledger::{Ledger, Networks, Resolved};

use crate::error::ResolveError;
use crate::options::{Options, Wanted};
use crate::resolution::Resolution;
use crate::resource::LinkedResource;

/// Resources that the metadata of a DID lists: the newest ones. Whoever wants all of them asks for the collection.
pub const LINKED_RESOURCES_MAX: usize = 256;

/// Reads DIDs from the ledgers. Clones share them.
#[derive(Clone)]
pub struct Resolver {
    networks: Networks,
}

impl Resolver {
    /// A resolver over these ledgers.
    pub fn new(networks: Networks) -> Resolver {
        Resolver { networks }
    }

    /// Resolves a DID: the checks come in the order of DID Resolution v1, section 4.1.
    ///
    /// Reads from memory or the page cache; may block for a read from the disk.
    ///
    /// # Errors
    /// [`ResolveError`]. A DID that has ended is no error.
    pub fn resolve(&self, did: &str, options: &Options<'_>) -> Result<Resolution, ResolveError> {
        let did = parse(did)?;
        let wanted = Wanted::of(options)?;
        let ledger = self.networks.of(&did)?;
        let found = match &wanted {
            Wanted::Latest => ledger.latest(&did)?,
            Wanted::Version(id) => ledger.version(&did, id)?,
            Wanted::At { time_ms } => ledger.at(&did, *time_ms)?,
        };
        match found {
            Some(version) => {
                let resources = resources_of(ledger, &did, &version)?;
                Ok(Resolution::new(did, version).with_resources(resources))
            }
            None if wanted == Wanted::Latest => {
                Err(ResolveError::NotFound("there is no such DID".into()))
            }
            None => Err(ResolveError::NotFound(
                "there is no such DID, or it has no such version".into(),
            )),
        }
    }
}

/// What a version lists: the resources from before the version after it, the newest first. Of a DID without any
/// nothing more is read than its head and its document.
fn resources_of(
    ledger: &Ledger,
    did: &Did,
    version: &Resolved,
) -> Result<Vec<LinkedResource>, ResolveError> {
    if !version.has_resources {
        return Ok(Vec::new());
    }
    let found = ledger.resources(did, version.next_log_index, LINKED_RESOURCES_MAX)?;
    Ok(found.into_iter().map(LinkedResource::from).collect())
}

fn parse(text: &str) -> Result<Did, ResolveError> {
    match Did::parse(text) {
        Ok(did) => Ok(did),
        Err(_) if is_of_another_method(text) => Err(ResolveError::MethodNotSupported),
        Err(_)
            if text
                .find(['#', '?', '/'])
                .is_some_and(|end| Did::parse(&text[..end]).is_ok()) =>
        {
            Err(ResolveError::DidUrl)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a text begins like a DID (DID Core, section 3.1) whose method is not ours.
fn is_of_another_method(text: &str) -> bool {
    let Some((method, id)) = text
        .strip_prefix("did:")
        .and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    let is_name = !method.is_empty()
        && method
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'));
    let known_bytes = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte);
    is_name && method != did::METHOD && !id.is_empty() && id.bytes().all(known_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_dids_of_ours_are_told_apart() {
        let id = "7bf81a20-633c-4cc7-bc4a-5a45801005e0";
        for text in [
            "",
            "did",
            "did:cheqd",
            "did:cheqd:testnet:",
            "did:cheqd:testnet:x",
            "did:Web:x",
            "did:web:",
            "did:web:a b",
        ] {
            assert!(
                matches!(parse(text), Err(ResolveError::InvalidDid(_))),
                "{text}"
            );
        }
        for text in ["did:web:example.com", "did:web:a:b:c:d", "did:key:z6Mk%3A"] {
            assert!(
                matches!(parse(text), Err(ResolveError::MethodNotSupported)),
                "{text}"
            );
        }
        for tail in ["#key-1", "?versionId=1", "/path"] {
            let url = format!("did:cheqd:testnet:{id}{tail}");
            assert!(matches!(parse(&url), Err(ResolveError::DidUrl)), "{url}");
        }
        let upper = format!("did:cheqd:testnet:{}", id.to_ascii_uppercase());
        assert_eq!(parse(&upper).unwrap().unique_id(), id);
    }
}
