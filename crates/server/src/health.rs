//! `GET /health`: whether this server can be trusted with a request.

mod protection;
mod view;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger::{Assurance, Embedded, Ledger, Networks};
use publication::Publication;
use serde::Serialize;
use utoipa::ToSchema;

pub use protection::{Protection, WitnessHealth};
pub use view::{AssuranceView, BoundsView, CheckpointView};

/// State of a network's ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Reads and writes.
    Ok,
    /// Writes, but reports no DID as active: the witnesses have not confirmed the log.
    Unconfirmed,
    /// Accepts no operations: an entry of the log must be restored, or a contradicting log was shown.
    ReadOnly,
    /// Neither, for now: no node of the remote network can be reached.
    Unreachable,
    /// Neither: the ledger has stopped, and the process is about to end.
    Stopped,
}

/// One network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NetworkHealth {
    /// Its name.
    #[schema(value_type = String)]
    pub network: crate::config::Network,
    /// State of its ledger.
    pub state: State,
    /// Entries in its log; absent for remote networks, as are root and protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Root of its log at that size, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// Why it does not accept operations, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The safeguards against a rollback to an older state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Protection>,
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

impl HealthReport {
    /// The state of the ledgers that are served, from memory.
    pub fn of(networks: &Networks, publication: &Publication) -> HealthReport {
        let of = |ledger: &dyn Ledger| match ledger.log() {
            Some(log) => log_health(log, publication),
            None => remote_health(ledger),
        };
        HealthReport::from(networks.iter().filter_map(of).collect::<Vec<_>>())
    }
}

impl From<Vec<NetworkHealth>> for HealthReport {
    fn from(networks: Vec<NetworkHealth>) -> HealthReport {
        let states = networks.iter().map(|network| network.state);
        HealthReport {
            status: states.max().unwrap_or(State::Ok),
            version: env!("CARGO_PKG_VERSION"),
            networks,
        }
    }
}

fn log_health(ledger: &Embedded, publication: &Publication) -> Option<NetworkHealth> {
    let published = ledger.published();
    let standing = ledger.assurance();
    let (state, fault) = match (ledger.fault(), &standing) {
        (Some(fault), _) if fault.ends_process() => (State::Stopped, Some(fault.to_string())),
        (Some(fault), _) => (State::ReadOnly, Some(fault.to_string())),
        (None, Assurance::Asking | Assurance::Paused { .. } | Assurance::Contradicted { .. }) => {
            (State::ReadOnly, Some(standing.to_string()))
        }
        (None, Assurance::Unconfirmed) => (State::Unconfirmed, Some(standing.to_string())),
        (None, Assurance::Alone | Assurance::Confirmed { .. }) => (State::Ok, None),
    };
    Some(NetworkHealth {
        network: ledger.namespace().parse().ok()?,
        state,
        size: Some(published.size),
        root: Some(published.root.to_string()),
        fault,
        protection: Some(Protection::of(
            standing,
            publication.protection(ledger.namespace()).ok(),
        )),
    })
}

fn remote_health(ledger: &dyn Ledger) -> Option<NetworkHealth> {
    let withheld = ledger.withheld();
    Some(NetworkHealth {
        network: ledger.namespace().parse().ok()?,
        state: withheld.as_ref().map_or(State::Ok, |_| State::Unreachable),
        size: None,
        root: None,
        fault: withheld.map(|withheld| withheld.to_string()),
        protection: None,
    })
}

impl IntoResponse for HealthReport {
    /// 503 only when a ledger has stopped: a server that still answers reads should keep getting them.
    fn into_response(self) -> Response {
        let status = match self.status {
            State::Ok | State::Unconfirmed | State::ReadOnly | State::Unreachable => StatusCode::OK,
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
            size: Some(7),
            root: Some("ab".into()),
            fault: None,
            protection: Some(Protection::of(Assurance::Alone, None)),
        };
        for (other, status, http) in [
            (State::Ok, "ok", 200),
            (State::Unconfirmed, "unconfirmed", 200),
            (State::ReadOnly, "read-only", 200),
            (State::Unreachable, "unreachable", 200),
            (State::Stopped, "stopped", 503),
        ] {
            let report = HealthReport::from(vec![
                network(Network::Mainnet, other),
                network(Network::Testnet, State::Ok),
            ]);
            let protection =
                json!({"standing": {"state": "alone"}, "guard": true, "witnesses": []});
            let expected = json!({
                "status": status, "version": env!("CARGO_PKG_VERSION"),
                "networks": [
                    {"network": "mainnet", "state": status, "size": 7, "root": "ab", "protection": protection},
                    {"network": "testnet", "state": "ok", "size": 7, "root": "ab", "protection": protection},
                ],
            });
            assert_eq!(serde_json::to_value(&report).unwrap(), expected);
            assert_eq!(report.into_response().status(), http);
        }
    }
}
