//! What handlers work with.

use std::ops::Deref;
use std::sync::{Arc, Weak};

use access::Access;
use axum::http::Extensions;
use axum::response::Response;
use chain::Chain;
use keystore::Keystore;
use ledger::Networks;
use publication::Publication;
use registrar::Registrar;
use resolver::Resolver;
use vault::Vault;

use crate::config::{Limits, Origins, Registration};
use crate::http::gate::Gate;
use crate::http::rate::Rates;
use crate::metrics::Metrics;

/// Everything that handlers use: the state of all routers. Clones share it.
#[derive(Clone)]
pub struct App(Arc<Services>);

/// The services of one server.
pub struct Services {
    /// The ledgers, one for each network that is served.
    pub networks: Networks,
    /// The chain that Cosmos transactions go to, where they are taken.
    pub chain: Option<Chain>,
    /// How DIDs change.
    pub registrar: Registrar,
    /// Who can sign.
    pub keystore: Keystore,
    /// Who may ask.
    pub access: Access,
    /// Secrets of other systems.
    pub vault: Vault,
    /// What dialects keep between requests, each under a type that no other module knows.
    pub extensions: Extensions,
    /// How a DID is resolved for contracts from before 2025: the full result, by DID and query.
    pub legacy_resolution: fn(&App, &str, Option<&str>) -> Response,
    /// How DIDs are read.
    pub resolver: Resolver,
    /// How the logs become public.
    pub publication: Publication,
    /// Its settings.
    pub publication_settings: crate::config::Publication,
    /// How DIDs are read over HTTP.
    pub resolution: crate::config::Resolution,
    /// What is limited for all clients together.
    pub gate: Gate,
    /// How often one may ask, and how often one may be wrong.
    pub rates: Rates,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Limits on requests.
    pub limits: Limits,
    /// How the routes of DIF DID Registration answer.
    pub registration: Registration,
    /// Who may read from a browser.
    pub origins: Origins,
}

impl App {
    /// Shares the services.
    pub fn new(services: Services) -> App {
        App(Arc::new(services))
    }

    /// The services as long as somebody else holds them: for what runs beside the requests.
    pub fn downgrade(&self) -> Weak<Services> {
        Arc::downgrade(&self.0)
    }

    /// The services, unless the server has ended.
    pub fn upgrade(services: &Weak<Services>) -> Option<App> {
        services.upgrade().map(App)
    }
}

impl Deref for App {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}
