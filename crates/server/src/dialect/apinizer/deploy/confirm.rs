//! Asking every node whether it has what the store says, and believing nothing but a login.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use access::{
    AccessToken, Caller, Client, ClientPlace, Deployment, Goal, Principal, Rights, THIS_NODE,
    Username,
};

use super::Deployer;
use super::probe::Login;
use super::result::{DeploymentResult, Direction, Heard};
use crate::app::App;

/// How long a node may take.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// How often a node is asked again because the client was changed while it was asked.
const OVERTAKEN_MAX: usize = 3;

/// Asks every node about a client.
pub(super) async fn everywhere(
    app: &App,
    username: &Username,
    direction: Direction,
) -> DeploymentResult {
    let deployments = match app.access.deployments(username) {
        Ok(deployments) => deployments,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a change is made, and its deployments cannot be read"
            );
            return DeploymentResult::unknown(direction);
        }
    };
    let mut heard = Vec::with_capacity(deployments.len());
    for deployment in deployments {
        heard.push(node(app, deployment).await);
    }
    DeploymentResult::of(direction, heard)
}

/// Asks one node, and notes what it said.
pub(super) async fn node(app: &App, mut deployment: Deployment) -> Heard {
    let begin = Instant::now();
    let mut outcome = answer(app, &deployment).await;
    for _ in 1..OVERTAKEN_MAX {
        match newer(app, &deployment).filter(|_| outcome.is_err()) {
            Some(newer) => deployment = newer,
            None => break,
        }
        outcome = answer(app, &deployment).await;
    }
    if let Err(error) = app.access.acknowledge(&deployment, outcome.clone()).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a deployment cannot be noted"
        );
        outcome = Err("what the node said cannot be stored".into());
    }
    let (revision, node) = (deployment.revision, deployment.node.id.as_str());
    match &outcome {
        Ok(()) if deployment.goal == Goal::Removed => {
            Deployer::of(app).forget(&deployment.username)
        }
        Ok(()) => {}
        Err(reason) => {
            tracing::warn!(
                revision,
                node,
                reason,
                "a change of a client is not confirmed"
            );
        }
    }
    Heard {
        node: deployment.node,
        outcome,
        took_ms: u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// Whether a token is let in while its client still exists: only then its refusal afterwards proves something.
pub(super) async fn let_in_before(app: &App, client: &Client, token: &AccessToken) -> bool {
    let deployer = Deployer::of(app);
    let login = deployer.probe.token(app, token, address_of(client));
    match tokio::time::timeout(ANSWER_MAX, login).await {
        Ok(Login::LetIn(caller)) => is(&caller, client),
        Ok(Login::Refused | Login::Unanswered(_)) | Err(_) => false,
    }
}

async fn answer(app: &App, deployment: &Deployment) -> Result<(), String> {
    if deployment.node.id != THIS_NODE {
        return Err("this server does not reach other nodes".into());
    }
    let asked = async {
        match deployment.goal {
            Goal::Applied => applied(app, deployment).await,
            Goal::Removed => removed(app, &deployment.username).await,
        }
    };
    let answered = tokio::time::timeout(ANSWER_MAX, asked).await;
    answered.unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER_MAX.as_secs())))
}

/// The same deployment, if a later change has overtaken it.
fn newer(app: &App, deployment: &Deployment) -> Option<Deployment> {
    let now = app.access.deployments(&deployment.username).ok()?;
    now.into_iter()
        .find(|now| now.node == deployment.node && now.revision > deployment.revision)
}

/// A deleted client must be gone from the store, and a login that worked before must not work.
///
/// After a restart no such login is left. Then another one with its username must be refused; a process that began
/// after the deletion has nothing but the store to let anybody in by.
async fn removed(app: &App, username: &Username) -> Result<(), String> {
    match app.access.client_leaves_traces(username) {
        Ok(false) => {}
        Ok(true) => return Err("the store still holds something of the client".into()),
        Err(error) => return Err(unreadable(&error)),
    }
    let deployer = Deployer::of(app);
    let probe = &deployer.probe;
    let login = match deployer.kept(username) {
        Some(token) => probe.token(app, &token, None).await,
        None => {
            let password = random_password().ok_or("no random bytes from the operating system")?;
            probe.password(app, username.as_str(), &password).await
        }
    };
    match login {
        Login::Refused => Ok(()),
        Login::LetIn(_) => Err("a login of the deleted client was let in".into()),
        Login::Unanswered(reason) => Err(format!("the login could not be tried: {reason}")),
    }
}

/// A client that may be used must be let in as itself, with the rights it was granted; any other must not be.
async fn applied(app: &App, deployment: &Deployment) -> Result<(), String> {
    let place = ClientPlace {
        tenant: deployment.tenant.clone(),
        project: deployment.project.clone(),
        username: deployment.username.clone(),
    };
    let access = &app.access;
    let client = access.client(&place).map_err(|error| unreadable(&error))?;
    let tenant = access
        .tenant(&client.tenant)
        .map_err(|error| unreadable(&error))?;
    let usable = client.usable_at(access::now_ms())
        && tenant.is_some_and(|tenant| tenant.revoked_ms.is_none());
    let grants = access
        .client_grants(&place)
        .map_err(|error| unreadable(&error))?;
    let rights = grants.iter().fold(Rights::NONE, |rights, grant| {
        rights.union(grant.target.rights())
    });
    let token = access
        .issue_probe_token(&deployment.username)
        .await
        .map_err(|error| unreadable(&error))?;
    match Deployer::of(app)
        .probe
        .token(app, &token, address_of(&client))
        .await
    {
        Login::LetIn(_) if !usable => Err("a client that is disabled or expired was let in".into()),
        Login::LetIn(caller) if !is(&caller, &client) => Err("somebody else was let in".into()),
        Login::LetIn(caller) if caller.rights != rights => {
            Err("the client was let in with other rights than it was granted".into())
        }
        Login::LetIn(_) => Ok(()),
        Login::Refused if usable => Err("a login of the client was refused".into()),
        Login::Refused => Ok(()),
        Login::Unanswered(reason) => Err(format!("the login could not be tried: {reason}")),
    }
}

fn is(caller: &Caller, client: &Client) -> bool {
    let own = |username: &str, project: &str| {
        username == client.username.as_str() && project == client.project
    };
    caller.tenant == client.tenant
        && matches!(&caller.principal, Principal::Client { project, username, .. } if own(username, project))
}

/// An address that the client may come from.
fn address_of(client: &Client) -> Option<IpAddr> {
    client
        .details
        .networks()
        .first()
        .map(access::Network::first)
}

fn random_password() -> Option<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).ok()?;
    Some(hex::encode(random))
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> String {
    tracing::error!(error, "a login cannot be prepared");
    "the store cannot be read or written".into()
}
