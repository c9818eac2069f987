//! Asking again what was not confirmed: at the start, and from then on in the background.

use std::time::Duration;

use access::{DEPLOYMENTS_PAGE_MAX, THIS_NODE};

use super::confirm;
use crate::app::App;

/// How often the queue is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// Deployments that are asked about in one turn.
const TURN_MAX: usize = 100;

/// Looks at the queue from time to time, as long as the server lives.
pub(crate) fn keep_trying(app: &App) {
    let services = app.downgrade();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(INTERVAL).await;
            let Some(app) = App::upgrade(&services) else {
                return;
            };
            turn(&app, access::now_ms(), TURN_MAX).await;
        }
    });
}

/// Asks once about everything that an earlier process left open, due or not.
pub(crate) async fn catch_up(app: &App) {
    turn(app, i64::MAX as u64, DEPLOYMENTS_PAGE_MAX).await;
}

async fn turn(app: &App, by_ms: u64, limit: usize) {
    let due = match app.access.due_deployments(THIS_NODE, by_ms, limit) {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the queue of deployments cannot be read"
            );
            return;
        }
    };
    for deployment in due {
        confirm::node(app, deployment).await;
    }
}
