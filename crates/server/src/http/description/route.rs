//! What is known of every route, read from the description: the one place where a route is declared.

use std::collections::HashMap;
use std::sync::Arc;

use access::Right;
use axum::http::Method;
use serde_json::Value;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, PathItem, RefOr};

/// The extension that says how long the bodies of a route may be where they are long by nature, in bytes. Their
/// handlers read them in their turn.
pub const BODY_BYTES_MAX: &str = "x-body-bytes-max";

/// The extension that names the right, or the list of rights, that the caller of a route needs.
const PERMISSION: &str = "x-permission";

/// What the description says of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteFacts {
    /// The parameters of its query, in their order.
    pub query: Vec<String>,
    /// [`PERMISSION`].
    pub rights: Vec<Right>,
    /// [`BODY_BYTES_MAX`].
    pub body_bytes_max: Option<usize>,
}

/// The facts of all routes, by the pattern of their path and their method.
#[derive(Clone, Default)]
pub struct RouteTable(HashMap<String, Vec<(Method, Arc<RouteFacts>)>>);

impl RouteTable {
    /// From the description as the routers made it, whose paths are the patterns of the router.
    pub fn of(description: &OpenApi) -> RouteTable {
        let paths = description.paths.paths.iter();
        RouteTable(
            paths
                .map(|(path, item)| (normal(path).to_owned(), operations(item)))
                .collect(),
        )
    }

    /// The facts of the route with this pattern. A slash at the end makes no other route, and what `GET` answers,
    /// `HEAD` answers, too.
    pub fn facts(&self, pattern: &str, method: &Method) -> Option<Arc<RouteFacts>> {
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let methods = self.0.get(normal(pattern))?;
        let found = methods.iter().find(|(known, _)| known == method);
        found.map(|(_, facts)| Arc::clone(facts))
    }
}

fn normal(pattern: &str) -> &str {
    pattern.strip_suffix('/').unwrap_or(pattern)
}

fn operations(item: &PathItem) -> Vec<(Method, Arc<RouteFacts>)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    let declared = all.into_iter().filter_map(|(method, operation)| {
        let facts = RouteFacts::of(operation.as_ref()?)?;
        Some((method, Arc::new(facts)))
    });
    declared.collect()
}

impl RouteFacts {
    /// `None` where an extension has another form: a route with an unknown right is not served.
    fn of(operation: &Operation) -> Option<RouteFacts> {
        let parameters = operation.parameters.iter().flatten();
        let query = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => {
                Some(parameter.name.clone())
            }
            _ => None,
        });
        let extension = |name| operation.extensions.as_ref().and_then(|all| all.get(name));
        let rights = extension(PERMISSION).map_or(Some(Vec::new()), rights)?;
        let body_bytes_max = match extension(BODY_BYTES_MAX) {
            Some(value) => Some(usize::try_from(value.as_u64()?).ok()?),
            None => None,
        };
        Some(RouteFacts {
            query: query.collect(),
            rights,
            body_bytes_max,
        })
    }
}

fn rights(value: &Value) -> Option<Vec<Right>> {
    match value {
        Value::Array(list) => list.iter().map(|one| Right::parse(one.as_str()?)).collect(),
        one => Some(vec![Right::parse(one.as_str()?)?]),
    }
}
