//! Ceremonies that are over are swept away: at the start, and every now and then.

use std::time::Duration;

use registrar::ceremony::Ceremonies;

use crate::app::App;

/// How often.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Sweeps now and from time to time, as long as the server lives.
pub(super) async fn sweep(app: &App) {
    turn(app.registrar.ceremonies()).await;
    let services = app.downgrade();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(app) = App::upgrade(&services) else {
                return;
            };
            let ceremonies = app.registrar.ceremonies();
            drop(app);
            turn(ceremonies).await;
        }
    });
}

async fn turn(ceremonies: Ceremonies) {
    match ceremonies.sweep().await {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "ceremonies that were over are swept away"),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "ceremonies that are over cannot be swept away"
        ),
    }
}
