//! `GET /health`: whether this server can be trusted with a request.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger::{Ledger, Networks};
use serde::Serialize;
use utoipa::ToSchema;

/// How a network's ledger stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Reads and writes.
    Ok,
    /// Reads what is undamaged, and accepts nothing: an entry of the log has to be restored.
    ReadOnly,
    /// Neither: the ledger has stopped, and the process is about to end.
    Stopped,
}

/// One network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkHealth {
    /// Its name.
    #[schema(value_type = String)]
    pub network: crate::config::Network,
    /// How its ledger stands.
    pub state: State,
    /// Entries in its log.
    pub size: u64,
    /// Root of its log at that size, in hexadecimal.
    pub root: String,
    /// Why it does not accept operations, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// The whole server.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthReport {
    /// The worst state of any network.
    pub status: State,
    /// Version of the server.
    pub version: &'static str,
    /// The networks served.
    pub networks: Vec<NetworkHealth>,
}

/// Gathers health when asked.
#[derive(Clone)]
pub struct Health(Arc<dyn Fn() -> Vec<NetworkHealth> + Send + Sync>);

impl Health {
    /// The state of open ledgers.
    pub fn of(networks: Networks) -> Health {
        Health::new(move || networks.iter().filter_map(network_health).collect())
    }

    /// Asks `networks` each time; it must answer from memory.
    pub fn new(networks: impl Fn() -> Vec<NetworkHealth> + Send + Sync + 'static) -> Health {
        Health(Arc::new(networks))
    }

    /// The present state.
    pub fn report(&self) -> HealthReport {
        let networks = (self.0)();
        let status = networks
            .iter()
            .map(|network| network.state)
            .max()
            .unwrap_or(State::Ok);
        HealthReport {
            status,
            version: env!("CARGO_PKG_VERSION"),
            networks,
        }
    }
}

fn network_health(ledger: &Ledger) -> Option<NetworkHealth> {
    let published = ledger.published();
    let fault = ledger.fault();
    let state = match &fault {
        None => State::Ok,
        Some(fault) if fault.ends_the_process() => State::Stopped,
        Some(_) => State::ReadOnly,
    };
    Some(NetworkHealth {
        network: ledger.namespace().parse().ok()?,
        state,
        size: published.size,
        root: published.root.to_string(),
        fault: fault.map(|fault| fault.to_string()),
    })
}

impl IntoResponse for HealthReport {
    /// 503 only when a ledger has stopped: a server that still answers reads should keep getting them.
    fn into_response(self) -> Response {
        let status = match self.status {
            State::Ok | State::ReadOnly => StatusCode::OK,
            State::Stopped => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Network;

    #[test]
    fn the_worst_network_decides() {
        let network = |network, state| NetworkHealth {
            network,
            state,
            size: 7,
            root: "ab".into(),
            fault: None,
        };
        for (other, status, http) in [
            (State::Ok, "ok", 200),
            (State::ReadOnly, "read-only", 200),
            (State::Stopped, "stopped", 503),
        ] {
            let health = Health::new(move || {
                vec![
                    network(Network::Mainnet, other),
                    network(Network::Testnet, State::Ok),
                ]
            });
            let expected = json!({
                "status": status, "version": env!("CARGO_PKG_VERSION"),
                "networks": [
                    {"network": "mainnet", "state": status, "size": 7, "root": "ab"},
                    {"network": "testnet", "state": "ok", "size": 7, "root": "ab"},
                ],
            });
            assert_eq!(serde_json::to_value(health.report()).unwrap(), expected);
            assert_eq!(health.report().into_response().status(), http);
        }
    }
}
