//! The apiops dialect: credentials of projects, as Apinizer's management API has them. Described in
//! `docs/apiops-api.md`.
//!
//! A *credential* here is a client of the access model: a username and password with which a program is let in.

mod access;
mod body;
mod caller;
mod credential;
mod credentials;
mod deploy;
mod environments;
mod error;
mod projects;
mod token;

use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{Dialect, Wording};

pub use deploy::{
    Deployer, DeploymentResult, EnvironmentResult, Login, NodeResult, Probe, SelfProbe,
};
pub(crate) use deploy::{catch_up, keep_trying};
pub use error::{ApinizerError, ApiopsProblem, ValidationError};

const PROJECTS: &str = "/apiops/projects";
const ENVIRONMENTS: &str = "/apiops/environments";
const OF_PROJECT: &str = "/apiops/projects/{projectName}/environments";
const DEPLOYMENTS: &str = "/apiops/projects/{projectName}/deployments";
const CREDENTIALS: &str = "/apiops/projects/{projectName}/credentials";
const CREDENTIAL: &str = "/apiops/projects/{projectName}/credentials/{username}";
const ACCESS: &str = "/apiops/projects/{projectName}/credentials/{username}/access";
const TOKEN: &str = "/apiops/auth/token/";

/// Apinizer's management of credentials.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "Apinizer",
    owns: &["/apiops/"],
    not_served: &[],
    wording: Wording::of::<ApinizerError>(),
    routes: |_| router(),
};

fn router() -> OpenApiRouter<App> {
    let routes = [
        (PROJECTS, routes!(projects::list, projects::create)),
        (ENVIRONMENTS, routes!(environments::list)),
        (OF_PROJECT, routes!(environments::of_project)),
        (DEPLOYMENTS, routes!(environments::deployments)),
        (
            CREDENTIALS,
            routes!(credentials::list, credentials::create, credentials::update),
        ),
        (
            CREDENTIAL,
            routes!(
                credentials::get,
                credentials::change_password,
                credentials::delete
            ),
        ),
        (ACCESS, routes!(access::list, access::grant, access::revoke)),
        (TOKEN, routes!(token::token)),
    ];
    routes
        .into_iter()
        .fold(OpenApiRouter::new(), with_and_without_slash)
}

/// The contract writes a slash at the end of its paths; both forms are served, one is described.
fn with_and_without_slash(
    router: OpenApiRouter<App>,
    (other, described): (&str, UtoipaMethodRouter<App>),
) -> OpenApiRouter<App> {
    let methods = described.2.clone();
    router.routes(described).route(other, methods)
}
