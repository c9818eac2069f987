//! `grpc.health.v1.Health`: whether the ledger still takes operations.

use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, health_reporter};

use crate::Chain;

/// The whole server, as the protocol names it.
const ALL: &str = "";

/// The service, and the task that keeps its states current until the server closes.
pub(super) async fn service(
    chain: &Chain,
    closing: impl Future<Output = ()> + Send + 'static,
) -> HealthServer<impl Health> {
    let (reporter, service) = health_reporter();
    let mut names: Vec<String> = crate::query::services().map(str::to_owned).collect();
    names.push(ALL.to_owned());
    for name in &names {
        reporter
            .set_service_status(name, ServingStatus::Serving)
            .await;
    }
    let ledger = chain.ledger().clone();
    tokio::spawn(async move {
        let mut closing = std::pin::pin!(closing);
        tokio::select! {
            () = &mut closing => {}
            _ = ledger.stopped() => {
                report_stopped(&reporter, &names).await;
                closing.await;
            }
        }
        report_stopped(&reporter, &names).await;
        // An open watch would keep the server from ending.
        let mut reporter = reporter;
        for name in &names {
            reporter.clear_service_status(name).await;
        }
    });
    service
}

async fn report_stopped(reporter: &HealthReporter, names: &[String]) {
    for name in names {
        reporter
            .set_service_status(name, ServingStatus::NotServing)
            .await;
    }
}
