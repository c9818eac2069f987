//! The auth dialect: credentials, personal access tokens, and requests that are signed one by one. The paths and bodies
//! are those of dfns. Described in `docs/auth-api.md`.

mod action;
mod call;
mod credentials;
mod error;
mod factor;
mod login;
mod logs;
mod nonce;
mod pats;
mod shown;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::{Dialect, Wording};

pub use error::{AuthProblem, DfnsError};

/// The API of dfns, as far as it is about credentials, tokens and signed requests.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "dfns",
    owns: &["/auth/"],
    not_served: &[],
    wording: Wording::of::<DfnsError>(),
    routes: |_| router(),
};

fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(action::init))
        .routes(routes!(action::sign))
        .routes(routes!(login::init))
        .routes(routes!(login::finish))
        .routes(routes!(login::logout))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::init))
        .routes(routes!(credentials::activate))
        .routes(routes!(credentials::deactivate))
        .routes(routes!(pats::list, pats::create))
        .routes(routes!(pats::read, pats::update, pats::archive))
        .routes(routes!(pats::activate))
        .routes(routes!(pats::deactivate))
        .routes(routes!(logs::list))
        .routes(routes!(logs::read))
}
