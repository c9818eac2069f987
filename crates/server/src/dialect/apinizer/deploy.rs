//! From a change in the store to nodes that have confirmed it.
//!
//! The change comes first and stands in any case: switching off must not depend on a node. Then every node of every
//! environment is asked; one that does not confirm is reported, and asked again in the background until it does. This
//! process is the one node there is. It reads the store at every request, so it has nothing to take over, and
//! confirms by a login through the same door that every request comes through.

mod confirm;
mod probe;
mod result;
mod retry;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{AccessToken, Changed, ClientPlace, Username};

use super::error::ApinizerError;
use crate::app::App;
use crate::authentication::Caller;

pub use probe::{Login, Probe, SelfProbe};
use result::Direction;
pub use result::{DeploymentResult, EnvironmentResult, NodeResult};
pub(crate) use retry::{catch_up, keep_trying};

/// Dead tokens that are kept to try them again.
const DEAD_TOKENS_MAX: usize = 1_000;

/// What this node tries logins with.
pub struct Deployer {
    probe: Arc<dyn Probe>,
    /// Tokens of clients that were deleted, until their end is confirmed. They are nobody's any more.
    dead_tokens: Mutex<HashMap<Username, Arc<AccessToken>>>,
}

impl Deployer {
    /// Confirms with this probe.
    pub fn new(probe: Arc<dyn Probe>) -> Deployer {
        Deployer {
            probe,
            dead_tokens: Mutex::default(),
        }
    }

    /// The one of this server.
    fn of(app: &App) -> Arc<Deployer> {
        let own = app.extensions.get::<Arc<Deployer>>().cloned();
        own.unwrap_or_else(|| Arc::new(Deployer::new(Arc::new(SelfProbe))))
    }

    fn keep(&self, username: &Username, token: AccessToken) {
        let mut tokens = self.tokens();
        // Without it the end is confirmed in another way, see `confirm`.
        if tokens.len() < DEAD_TOKENS_MAX {
            tokens.insert(username.clone(), Arc::new(token));
        }
    }

    fn kept(&self, username: &Username) -> Option<Arc<AccessToken>> {
        self.tokens().get(username).cloned()
    }

    fn forget(&self, username: &Username) {
        self.tokens().remove(username);
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<Username, Arc<AccessToken>>> {
        self.dead_tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has a change confirmed that lets a client in, or lets it call more.
pub(super) async fn deploy(app: &App, changed: &Changed) -> DeploymentResult {
    confirm::everywhere(app, &changed.username, Direction::Deploy).await
}

/// Has a change confirmed that lets a client call less.
pub(super) async fn deploy_less(app: &App, changed: &Changed) -> DeploymentResult {
    confirm::everywhere(app, &changed.username, Direction::Undeploy).await
}

/// Deletes a client, and has its end confirmed.
///
/// A token of the client is made before, so that there is something that was let in and must not be any more.
pub(super) async fn delete(
    app: &App,
    place: ClientPlace,
    caller: &Caller,
) -> Result<DeploymentResult, ApinizerError> {
    let client = app.access.client(&place)?;
    let token = app.access.issue_probe_token(&place.username).await?;
    let proves = confirm::let_in_before(app, &client, &token).await;
    let changed = app.access.delete_client(place, &caller.by).await?;
    if proves {
        Deployer::of(app).keep(&changed.username, token);
    }
    Ok(sealed(app, deploy_less(app, &changed)).await)
}

/// Follows a change that switches something off: first the ledger's log gets to know of it, so that no older copy of
/// the store brings it back, then the nodes are asked.
pub(super) async fn sealed(
    app: &App,
    confirmed: impl Future<Output = DeploymentResult>,
) -> DeploymentResult {
    let sealed = app.settled().await;
    let mut result = confirmed.await;
    if let Err(unsettled) = sealed {
        result.success = false;
        result.message = unsettled.to_string();
    }
    result
}
