//! `grpc.health.v1.Health`: whether the ledger still takes operations.

use chain::Chain;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, health_reporter};

use crate::app::App;

/// The whole server, as the protocol names it.
const ALL: &str = "";

/// The service, and what keeps it right until the server closes.
pub(super) async fn service(app: &App, chain: &Chain) -> HealthServer<impl Health> {
    let (reporter, service) = health_reporter();
    let mut names: Vec<String> = chain::query::services().map(str::to_owned).collect();
    names.push(ALL.to_owned());
    for name in &names {
        reporter
            .set_service_status(name, ServingStatus::Serving)
            .await;
    }
    let (closing, ledger) = (app.gate.closing(), chain.ledger().clone());
    tokio::spawn(async move {
        let mut closing = std::pin::pin!(closing);
        tokio::select! {
            () = &mut closing => {}
            _ = ledger.stopped() => {
                say_stopped(&reporter, &names).await;
                closing.await;
            }
        }
        say_stopped(&reporter, &names).await;
        // Whoever watches would keep the server from ending.
        let mut reporter = reporter;
        for name in &names {
            reporter.clear_service_status(name).await;
        }
    });
    service
}

async fn say_stopped(reporter: &HealthReporter, names: &[String]) {
    for name in names {
        reporter
            .set_service_status(name, ServingStatus::NotServing)
            .await;
    }
}
