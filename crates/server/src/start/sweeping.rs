//! Removes finished ceremonies: at the start, and from time to time.

use std::time::Duration;

use registrar::ceremony::Ceremonies;

use crate::app::App;

/// Time between two sweeps.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Sweeps now and from time to time, as long as the server runs.
pub(super) async fn sweep(app: &App) {
    sweep_once(app.registrar.ceremonies()).await;
    let services = app.downgrade();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(app) = App::upgrade(&services) else {
                return;
            };
            let ceremonies = app.registrar.ceremonies();
            drop(app);
            sweep_once(ceremonies).await;
        }
    });
}

async fn sweep_once(ceremonies: Ceremonies) {
    match ceremonies.sweep().await {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "finished ceremonies are removed"),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "finished ceremonies cannot be removed"
        ),
    }
}
