//! Names become addresses once, and only what was checked is connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::{PublicAddress, Reach, RefusedAddress};

/// Addresses of one name that are looked at.
const ADDRESSES_MAX: usize = 16;

/// What [`NameSource::addresses_of`] gives.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where names are looked up: the operating system, and in tests a list of answers.
pub trait NameSource: Send + Sync + 'static {
    /// The addresses of a name, as they are now.
    fn addresses_of(&self, name: &str) -> Lookup;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl NameSource for SystemNames {
    fn addresses_of(&self, name: &str) -> Lookup {
        let name = name.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Why a name gives no address to connect to.
#[derive(Debug, Error)]
pub(crate) enum Unreachable {
    #[error("the name {0} is not known")]
    Unknown(String, #[source] io::Error),
    #[error("the name {0} has no address")]
    NoAddress(String),
    #[error("the name {name} leads to an address that is refused: {refused}")]
    Refused {
        name: String,
        refused: RefusedAddress,
    },
}

/// Resolves for the HTTP client. The client connects only to the addresses that it is given here, so
/// a name that changes its mind between check and connection changes nothing.
pub(crate) struct Guarded {
    names: Arc<dyn NameSource>,
    reach: Arc<Reach>,
}

impl Guarded {
    pub(crate) fn new(names: Arc<dyn NameSource>, reach: Arc<Reach>) -> Self {
        Self { names, reach }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, reach) = (Arc::clone(&self.names), Arc::clone(&self.reach));
        Box::pin(async move {
            let checked = addresses(names.as_ref(), name.as_str(), &reach).await?;
            let sockets = checked
                .into_iter()
                .map(|address| SocketAddr::new(address.address(), 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

/// The addresses of a name, all of them public: one that is not spoils the name.
pub(crate) async fn addresses(
    names: &dyn NameSource,
    name: &str,
    reach: &Reach,
) -> Result<Vec<PublicAddress>, Unreachable> {
    let found = names.addresses_of(name).await;
    let found = found.map_err(|error| Unreachable::Unknown(name.to_owned(), error))?;
    if found.is_empty() {
        return Err(Unreachable::NoAddress(name.to_owned()));
    }
    let checked = found
        .into_iter()
        .take(ADDRESSES_MAX)
        .map(|address| PublicAddress::check(address, reach));
    checked
        .collect::<Result<_, _>>()
        .map_err(|refused| Unreachable::Refused {
            name: name.to_owned(),
            refused,
        })
}
