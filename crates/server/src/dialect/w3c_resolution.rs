//! The DID Resolution dialect: `/1.0/identifiers/…`.
//!
//! Strict W3C answers by default; the older shapes that existing clients ask for are chosen by their media types alone,
//! and those that a Universal Resolver wants from its drivers by configuration.

mod answer;
mod identifier;
mod negotiate;
mod options;
mod problem;
mod route;
mod view;

use crate::app::App;
use crate::http::{Dialect, Wording};

pub use negotiate::{NotAcceptable, Representation, negotiate};
pub use problem::{ErrorKind, Problem};
pub(crate) use route::legacy_result;
pub use view::{Function, View};

/// DID Resolution over HTTP.
pub const DIALECT: Dialect<App> = Dialect {
    contract: "W3C DID Resolution",
    owns: &["/1.0/identifiers/"],
    not_served: &[],
    wording: Wording {
        refusal: |refusal| problem::worded(refusal.status(), refusal.to_string()),
        fault: |fault| problem::worded(fault.status(), fault.to_string()),
    },
    routes: route::router,
};
