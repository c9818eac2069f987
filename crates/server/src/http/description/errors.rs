//! The errors of a dialect in the description: each described once, and named by the routes that answer with it.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, Content, OpenApi, PathItem, Ref, RefOr, Response};
use utoipa_axum::router::OpenApiRouter;

/// The extension in which a route lists the statuses of its errors. It is not published: the responses are.
const ERRORS: &str = "x-errors";

/// The statuses that every route with a body can answer with where it can answer with 400.
const OF_BODIES: [u16; 2] = [413, 415];

/// The errors of a dialect.
pub struct Errors {
    /// The dialect, as the names of its reusable responses begin.
    pub dialect: &'static str,
    /// The media types of their bodies.
    pub media_types: &'static [&'static str],
    /// What each status means.
    pub texts: &'static [(u16, &'static str)],
}

impl Errors {
    /// The routes with their errors described, whose bodies are a `T`.
    pub fn describe<T, S>(&self, router: OpenApiRouter<S>) -> OpenApiRouter<S>
    where
        T: ToSchema,
        S: Clone + Send + Sync + 'static,
    {
        let content = Content::new(Some(Ref::from_schema_name(T::name())));
        let mut router = self.describe_as(content, router);
        let components = router.get_openapi_mut().components.get_or_insert_default();
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        components.schemas.extend(schemas);
        router
    }

    /// The same for bodies that have no schema.
    pub fn describe_untyped<S>(&self, router: OpenApiRouter<S>) -> OpenApiRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        self.describe_as(Content::default(), router)
    }

    fn describe_as<S>(&self, content: Content, mut router: OpenApiRouter<S>) -> OpenApiRouter<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let description = router.get_openapi_mut();
        for item in description.paths.paths.values_mut() {
            for operation in operations(item) {
                self.name_in(operation);
            }
        }
        let components = description.components.get_or_insert_default();
        self.add_to(components, &content);
        router
    }

    fn name_in(&self, operation: &mut Operation) {
        let listed = operation
            .extensions
            .as_mut()
            .and_then(|all| all.remove(ERRORS));
        let Some(Value::Array(listed)) = listed else {
            return;
        };
        let mut statuses: Vec<u64> = listed.iter().filter_map(Value::as_u64).collect();
        if operation.request_body.is_some() && statuses.contains(&400) {
            statuses.extend(OF_BODIES.map(u64::from));
        }
        for status in statuses {
            let response = RefOr::Ref(Ref::from_response_name(self.name(status)));
            operation
                .responses
                .responses
                .insert(status.to_string(), response);
        }
        // An empty table of extensions would be the same, but read as if there were some.
        if operation
            .extensions
            .as_ref()
            .is_some_and(|all| all.is_empty())
        {
            operation.extensions = None;
        }
    }

    fn add_to(&self, components: &mut Components, content: &Content) {
        for (status, text) in self.texts {
            let mut response = Response::new(*text);
            for media_type in self.media_types {
                response
                    .content
                    .insert((*media_type).to_owned(), RefOr::T(content.clone()));
            }
            components
                .responses
                .insert(self.name(u64::from(*status)), RefOr::T(response));
        }
    }

    fn name(&self, status: u64) -> String {
        format!("{}_{status}", self.dialect)
    }
}

/// Names of responses that a description uses and does not have: a status that a dialect has no text for.
pub fn undescribed(description: &mut OpenApi) -> Vec<String> {
    let known = description.components.clone().unwrap_or_default().responses;
    let mut missing = Vec::new();
    for item in description.paths.paths.values_mut() {
        for operation in operations(item) {
            for response in operation.responses.responses.values() {
                let RefOr::Ref(reference) = response else {
                    continue;
                };
                let name = reference
                    .ref_location
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                if !known.contains_key(name) {
                    missing.push(name.to_owned());
                }
            }
        }
    }
    missing
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}
