//! What the layer tells handlers of their request, as one extension of it.

use std::sync::Arc;

use axum::http::Extensions;

use super::request_id::RequestId;
use crate::config::Limits;
use crate::http::description::RouteFacts;
use crate::http::dialect::Wording;

/// What is known of a request before its handler runs.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its name in the log.
    pub id: RequestId,
    /// How answers to it are worded.
    pub wording: Wording,
    /// What its route declares; `None` where no route was found in the description.
    pub route: Option<Arc<RouteFacts>>,
    /// The limits on its body.
    pub body: BodyLimits,
}

/// Limits of one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// Longest body of most routes, in bytes.
    pub usual_bytes_max: usize,
    /// Longest body of this route, in bytes.
    pub bytes_max: usize,
    /// Deepest nesting of JSON.
    pub json_depth_max: usize,
}

impl BodyLimits {
    const NONE: BodyLimits = BodyLimits {
        usual_bytes_max: 0,
        bytes_max: 0,
        json_depth_max: 0,
    };

    /// Those of a route that declares no limit of its own.
    pub fn usual(limits: &Limits) -> BodyLimits {
        BodyLimits {
            usual_bytes_max: limits.body_bytes,
            bytes_max: limits.body_bytes,
            json_depth_max: limits.json_depth,
        }
    }

    /// Those of the request with these extensions. One that no layer has seen may have no body.
    pub fn of(extensions: &Extensions) -> BodyLimits {
        let context = extensions.get::<Context>();
        context.map_or(BodyLimits::NONE, |context| context.body)
    }

    pub(super) fn with(self, declared: Option<usize>) -> BodyLimits {
        BodyLimits {
            bytes_max: self.bytes_max.max(declared.unwrap_or_default()),
            ..self
        }
    }
}

#[cfg(test)]
impl Context {
    /// That of a request which no layer has seen.
    pub(crate) fn of_test(bytes_max: usize, json_depth_max: usize) -> Context {
        use axum::response::IntoResponse;
        Context {
            id: RequestId::of(&axum::http::HeaderMap::new()),
            wording: Wording {
                refusal: |refusal| refusal.status().into_response(),
                fault: |fault| fault.status().into_response(),
            },
            route: None,
            body: BodyLimits {
                usual_bytes_max: bytes_max,
                bytes_max,
                json_depth_max,
            },
        }
    }
}
