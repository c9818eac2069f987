//! The routes, as the served description names them.

use serde_json::Value;

use crate::support::{Server, get};

/// One operation of the description.
#[derive(Debug)]
pub struct Route {
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// Whether the description says that no credential is needed.
    pub is_public: bool,
    /// Names of the schemes that it takes.
    pub schemes: Vec<String>,
    /// Names of the parameters in the path.
    pub parameters: Vec<String>,
    /// Statuses that it says it answers with.
    pub statuses: Vec<String>,
}

impl Route {
    /// Such as `POST /did/create`.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// All of them, from `/openapi.json`.
pub async fn described(server: &Server) -> Vec<Route> {
    let description = get(&server.router, "/openapi.json").await.json();
    let everywhere = &description["security"];
    assert!(schemes(everywhere).contains(&"ApiKeyAuth".to_owned()));
    let mut routes = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let methods = ["get", "put", "post", "delete", "patch", "head", "options"];
            if !methods.contains(&method.as_str()) {
                continue;
            }
            let own = operation.get("security");
            let schemes = schemes(own.unwrap_or(everywhere));
            let statuses = operation["responses"].as_object().unwrap().keys();
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                is_public: schemes.is_empty(),
                schemes,
                parameters: in_braces(path),
                statuses: statuses.cloned().collect(),
            });
        }
    }
    routes
}

/// The names of the schemes of a security requirement. `[]` and `[{}]` ask for none. Beside others, an empty
/// alternative is for what some bodies ask for; the bodies in `fill.rs` ask for what needs a credential.
fn schemes(security: &Value) -> Vec<String> {
    let alternatives = security.as_array().unwrap().iter();
    alternatives
        .filter_map(|one| one.as_object().unwrap().keys().next().cloned())
        .collect()
}

fn in_braces(path: &str) -> Vec<String> {
    let parts = path.split('{').skip(1);
    parts
        .map(|part| part.split('}').next().unwrap().to_owned())
        .collect()
}
